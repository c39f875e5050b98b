"""Which changes are worth a trial: those that the findings name, then the usual ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from trimtab.errors import InvalidArgument
from trimtab.insight.coach import Finding, Severity
from trimtab.trials import edits
from trimtab.trials.edits import EDITS, Edit, changed
from trimtab.trials.recipe import Recipe, digest

__all__ = ["RANK", "USUAL", "Candidate", "candidates", "combined", "with_edits"]

#: Code of a finding -> names of its remedies in the order in which they are tried, those that cured
#: most of the runs that have it (docs/coach/measured.md#remedies). Others that a finding has come
#: behind, in its own order.
RANK: Mapping[str, tuple[str, ...]] = {
    "dead-units": ("activation", "batch_norm", "learning_rate"),
    "decay-too-early": ("schedule", "epochs"),
    "diverged": (
        "standardize_target",
        "batch_norm",
        "standardize_inputs",
        "clip_norm",
        "learning_rate",
    ),
    "exploding-activations": ("batch_norm", "initializer", "learning_rate"),
    "few-steps": ("epochs", "batch_size"),
    "input-scales": ("standardize_inputs", "batch_norm"),
    "jumping-validation": ("population_statistics", "dropout_last", "batch_norm_momentum"),
    "more-parameters-than-rows": ("early_stopping", "dropout"),
    "nearly-all-dropped": ("no_dropout", "dropout"),
    "overfitting": ("early_stopping", "dropout", "units", "weight_decay"),
    "plateau": ("batch_norm", "learning_rate"),
    "rate-too-high": ("learning_rate", "clip_norm", "schedule"),
    "saturated-units": ("standardize_inputs", "batch_norm", "activation"),
    "saturating-depth": ("activation", "batch_norm"),
    "slow-moving-averages": ("population_statistics", "batch_norm_momentum"),
    "small-batch-statistics": ("no_batch_norm", "batch_size", "population_statistics"),
    "stale-statistics": ("population_statistics", "dropout_last", "batch_norm_momentum"),
    "still-falling": ("epochs", "learning_rate"),
    "strong-penalty": ("weight_decay", "no_penalty"),
    "underfitting": ("no_penalty", "no_dropout", "epochs", "units"),
    "vanishing-gradients": ("depth", "batch_norm", "activation"),
    "variance-shift": ("dropout_last", "population_statistics"),
}

#: What is tried on any network, in this order, where it fits and is new.
USUAL: tuple[Edit, ...] = (
    edits.batch_norm("before_activation"),
    edits.dropout(0.2),
    edits.learning_rate(factor=0.3),
    edits.learning_rate(factor=3),
    edits.standardize_inputs(),
    edits.no_dropout(),
    edits.no_batch_norm(),
    edits.batch_norm("before_dense"),
    edits.early_stopping(20),
    edits.weight_decay(0.01),
    edits.schedule("cosine"),
    edits.units(2),
    edits.units(0.5),
    edits.epochs(2),
    edits.dropout(0.5),
)

#: Edits that contradict each other, or do the same: no combination has two of one row.
_RIVALS = (
    {"batch_norm", "no_batch_norm"},
    {"dropout", "no_dropout", "dropout_last"},
    {"batch_norm_momentum", "population_statistics", "no_batch_norm"},
    {"early_stopping", "no_early_stopping", "epochs"},
    {"weight_decay", "no_penalty"},
    {"standardize_target", "log_target"},
)


@dataclass(frozen=True)
class Candidate:
    """A change to try.

    Attributes:
        edits: applied one after another.
        why: code of the finding that names it; empty: it is one of the usual ones.
    """

    edits: tuple[Edit, ...]
    why: str = ""

    @property
    def name(self) -> str:
        """As a comparison calls it."""
        return " + ".join(map(str, self.edits))


def with_edits(base: Recipe | Mapping[str, Any], changes: Iterable[Edit]) -> Any:
    """A recipe, or options of ``train``, with several edits.

    Raises:
        InvalidArgument: one does not fit.
    """
    for edit in changes:
        base = changed(base, edit)
    return base


def candidates(
    base: Recipe | Mapping[str, Any],
    findings: Iterable[Finding],
    *,
    grouped: bool = False,
    usual: Sequence[Edit] = USUAL,
) -> list[Candidate]:
    """Changes that fit, the most promising first, each once.

    The first remedy of each finding comes before the second of any; those of notes come behind.

    Args:
        base: the present recipe, or options of ``train``.
        findings: causes first.
        grouped: whether there are groups of rows.
        usual: what is tried besides.

    Example:
        >>> [each.name for each in candidates({"layers": "8 relu"}, [], usual=USUAL[:2])]
        ["batch_norm(place='before_activation')", 'dropout(rate=0.2)']
    """
    found: list[Candidate] = []
    known = {_digest(base)}
    every = list(findings)
    serious = [each for each in every if each.severity != Severity.NOTE]
    notes = [each for each in every if each.severity == Severity.NOTE]
    for each in [*_in_turn(serious), *_in_turn(notes), *(Candidate((edit,)) for edit in usual)]:
        (edit,) = each.edits
        if edit.name == "group_split" and not grouped:
            continue
        try:
            edit = EDITS[edit.name].make(**edit.arguments)
            sign = _digest(with_edits(base, [edit]))
        except (InvalidArgument, KeyError, TypeError):
            continue  # it does not fit this network: nothing to try
        if sign not in known:
            known.add(sign)
            found.append(Candidate((edit,), each.why))
    return found


def combined(
    base: Recipe | Mapping[str, Any], best: Sequence[Candidate], most: int
) -> list[Candidate]:
    """The best candidates together, two by two and then all of them, where they go together.

    Args:
        base: the present recipe, or options of ``train``.
        best: the most promising first.
        most: how many combinations.
    """
    sets = [(0, 1), (0, 2), (1, 2), (0, 1, 2)]
    known = {_digest(base)} | {_digest(with_edits(base, each.edits)) for each in best}
    found: list[Candidate] = []
    for places in sets:
        if len(found) == most or max(places) >= len(best):
            break
        parts = [best[place] for place in places]
        together = tuple(edit for each in parts for edit in each.edits)
        if not _go_together(together):
            continue
        try:
            sign = _digest(with_edits(base, together))
        except InvalidArgument:
            continue
        if sign not in known:
            known.add(sign)
            found.append(Candidate(together, " ".join(filter(None, (e.why for e in parts)))))
    return found


def _go_together(changes: Sequence[Edit]) -> bool:
    names = [edit.name for edit in changes]
    if len(set(names)) < len(names):
        return False
    return not any(len(rivals.intersection(names)) > 1 for rivals in _RIVALS)


def _in_turn(findings: Iterable[Finding]) -> list[Candidate]:
    listed = [[Candidate((edit,), code) for edit in ranked] for code, ranked in _ranked(findings)]
    return [each for row in zip_longest(*listed) for each in row if each is not None]


def _ranked(findings: Iterable[Finding]) -> Iterator[tuple[str, list[Edit]]]:
    seen: dict[str, list[Edit]] = {}
    for finding in findings:
        seen.setdefault(finding.code, []).extend(finding.edits)
    for code, remedies in seen.items():
        order = RANK.get(code, ())
        place = {name: number for number, name in enumerate(order)}
        yield code, sorted(remedies, key=lambda edit: place.get(edit.name, len(order)))


def _digest(base: Recipe | Mapping[str, Any]) -> str:
    return digest(base.record() if isinstance(base, Recipe) else dict(base))
