"""What a coaching says: what helps, by how much and how surely, or that nothing does."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab.coaching.boosting import Boosting
from trimtab.coaching.reaching import epochs_to_base
from trimtab.coaching.rounds import Rounds, Tried
from trimtab.core.notebook import html_table, paragraph
from trimtab.core.words import count, figure, listed
from trimtab.errors import InvalidArgument
from trimtab.insight.coach import Findings
from trimtab.trials.edits import Edit
from trimtab.trials.results import Comparison
from trimtab.trials.statistics import LEVEL
from trimtab.trials.trial import BASE
from trimtab.trials.verdicts import Verdict

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trimtab.model.sequential import Sequential
    from trimtab.predictor.predictor import Predictor

__all__ = ["Handed", "Held", "Prescription", "prescribed", "winner_of"]

#: Pairs in which one of two networks diverges, and never the other, that are no chance.
_SIGNS = math.ceil(math.log(LEVEL) / math.log(0.5))

#: Pairs from which on it can be said how many more are needed.
_FEW = 3


@dataclass(frozen=True)
class Held:
    """The metric on the validation rows, which no trial has seen.

    Attributes:
        before: of the present network.
        after: of the prescribed one.
    """

    before: float
    after: float


@dataclass(frozen=True, eq=False)
class Handed:
    """What helps, to be used at once; empty where nothing does.

    Attributes:
        model: the network, trained on all rows, where a network was coached.
        predictor: the same where a table was.
        code: as Python to paste.
        command: the same as a command; empty: the table is no file, or a network was coached.
        options: of ``train``, where a table was coached.
        held: what it is worth on validation rows.
        remarks: what one should know to use it, a sentence each.
    """

    model: Sequential | None = None
    predictor: Predictor | None = None
    code: str = ""
    command: str = ""
    options: Mapping[str, Any] | None = None
    held: Held | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Prescription:
    """What a coaching found, tried and says; ``print`` shows it.

    Attributes:
        findings: of the watched training, with evidence.
        comparison: of all changes that were tried; those that the pairs that choose dropped are
            "dropped".
        tried: the changes, the best first by the pairs that choose.
        epochs_to_base: name of a change, or ``"base"`` -> epochs until its loss is as low as the
            base's lowest, the mean over the pairs that report; infinite: never in half of them;
            None: its loss is on another scale.
        boosting: gradient boosting on the same pairs; None: there was no time, or no scikit-learn.
        seconds: all of it took.
        subject: what was coached, in a few words; empty: a network.
    """

    findings: Findings
    comparison: Comparison
    tried: tuple[Tried, ...]
    epochs_to_base: Mapping[str, float | None]
    boosting: Boosting | None
    seconds: float
    subject: str = ""
    _handed: Handed = field(default_factory=Handed)

    # -- what helps -------------------------------------------------------------------------------

    @property
    def winner(self) -> str:
        """The change that helps; ``"base"``: nothing surely does.

        Of several that help it is the first by the pairs that choose.
        """
        return winner_of(self.comparison, self.tried)

    @property
    def model(self) -> Sequential | None:
        """The prescribed network, trained on all rows; None: nothing helped, or of a table."""
        return self._handed.model

    @property
    def predictor(self) -> Predictor | None:
        """The prescribed predictor, trained on all rows; None: nothing helped, or of a network."""
        return self._handed.predictor

    @property
    def held(self) -> Held | None:
        """The metric on validation rows; None: there were none, or nothing helped."""
        return self._handed.held

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The changes that help; empty: nothing does."""
        names = {each.candidate.name: each.candidate.edits for each in self.tried}
        return names.get(self.winner, ())

    def code(self) -> str:
        """The network that helps as Python to paste.

        Raises:
            InvalidArgument: nothing helped.
        """
        self._need_winner("code")
        return self._handed.code

    def command(self) -> str:
        """The command that trains with what helps; empty: the table is no file, or a network was.

        Raises:
            InvalidArgument: nothing helped.
        """
        self._need_winner("command")
        return self._handed.command

    def options(self) -> dict[str, Any]:
        """Options of ``train`` that help.

        Raises:
            InvalidArgument: nothing helped, or a network was coached.
        """
        self._need_winner("options")
        if self._handed.options is None:
            raise InvalidArgument(
                "options() is for tables; this is a network. Use code() and edits."
            )
        return dict(self._handed.options)

    def retold(self, code: str, options: Mapping[str, Any]) -> Prescription:
        """The same, with what helps in the words of an estimator.

        Args:
            code: as Python to paste.
            options: arguments of the estimator.
        """
        return replace(self, _handed=replace(self._handed, code=code, options=options, command=""))

    def save(self, filepath: str | os.PathLike[str]) -> Path:
        """Writes what helps, trained on all rows, as a ``.trimtab`` file.

        Args:
            filepath: of the file.

        Raises:
            InvalidArgument: nothing helped.
        """
        self._need_winner("save")
        trained: Any = self.model if self.predictor is None else self.predictor
        trained.save(filepath)
        return Path(filepath)

    def _need_winner(self, what: str) -> None:
        if self.winner == BASE:
            raise InvalidArgument(
                f"{what}: nothing surely beat the present network, so there is nothing to hand "
                "over. print(prescription) says what was tried."
            )

    # -- in words ---------------------------------------------------------------------------------

    @property
    def reported(self) -> list[Verdict]:
        """The verdicts from the pairs that report, the best first by those that choose."""
        return [self.comparison[each.candidate.name] for each in self.tried if each.reported]

    @property
    def dropped(self) -> list[str]:
        """Names of the changes that the pairs that choose left behind, the best first."""
        return [each.candidate.name for each in self.tried if not each.reported]

    def sentences(self) -> list[str]:
        """What to do and how sure it is, the most useful first."""
        found, metric = self.comparison, self.comparison.metric
        said = []
        if found.unfinished == "interrupted":
            said.append(f"Stopped by hand after {count(len(found.outcomes), 'trial')}.")
        elif found.unfinished:
            said.append(
                f"The time ended after {count(len(found.outcomes), 'trial')}, before all pairs "
                "had run."
            )
        ran = not found.unfinished or any(each.effect.pairs for each in self.reported)
        if self.winner == BASE and ran:
            said.append("Nothing surely beat the present network.")
        for verdict in self.reported:
            said += _about(verdict, metric, found.smallest)
        if self.boosting is not None:
            said.append(self.boosting.sentence(metric))
        if self.held is not None:
            said.append(
                "On the validation rows, which no trial has seen: "
                f"{_before_and_after(self.held, metric)}."
            )
        return [each for each in [*said, *self._handed.remarks] if each]

    def notes(self) -> list[str]:
        """How it was measured, a sentence each."""
        said = [f"Findings: {listed(self.findings.codes, most=20)}."] if self.findings else []
        if self.dropped:
            said.append(f"Also tried, less promising: {', '.join(self.dropped)}.")
        return [*said, *self.comparison.notes()]

    def lines(self) -> list[str]:
        """A heading and a line for each change that was reported, as text."""
        head, *rows = self.cells()
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

        def line(cells: list[str]) -> str:
            first, *rest = cells
            padded = [f"{cell:>{width}}" for cell, width in zip(rest, widths[1:], strict=True)]
            return "  ".join([f"{first:{widths[0]}}", *padded]).rstrip()

        return [line(head), *map(line, rows)]

    def __str__(self) -> str:
        return "\n".join([*self.lines(), "", *self.sentences(), "", *self.notes()])

    def __repr__(self) -> str:
        return f"<Prescription: {self.winner if self.winner != BASE else 'nothing helped'}>"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        head, *rows = self.cells()
        said = [paragraph(each) for each in [*self.sentences(), *self.notes()]]
        code = [] if self.winner == BASE else [paragraph(self._handed.code, code=True)]
        return "".join([html_table(head, rows), *said, *code])

    def cells(self) -> list[list[str]]:
        """The ranked table as text: a heading, then a row for each change that was reported."""
        metric = self.comparison.metric
        head = ["change", f"gain in {metric}", "95 % interval", "p", "verdict", "seconds"]
        return [[*head, "epochs to base's loss"], *map(self._row, self.reported)]

    def _row(self, each: Verdict) -> list[str]:
        found = each.effect
        known = found.pairs > 1 and not found.signs
        reach = self.epochs_to_base.get(each.variant)
        return [
            each.variant,
            figure(found.mean) if known else "",
            f"{figure(found.low)} to {figure(found.high)}" if known else "",
            (f"{each.p_value:.3f}" if each.p_value >= 0.001 else "<0.001")
            if found.pairs > 1
            else "",
            each.word,
            f"{each.seconds:.2f}" if math.isfinite(each.seconds) else "",
            "" if reach is None else "never" if math.isinf(reach) else f"{reach:.0f}",
        ]

    # -- for programs -----------------------------------------------------------------------------

    def record(self) -> dict[str, Any]:
        """All of it as plain data."""
        boosting = self.boosting
        reach = {
            name: None if value is None or math.isinf(value) else value
            for name, value in self.epochs_to_base.items()
        }
        return {
            "winner": self.winner,
            "edits": [edit.record() for edit in self.edits],
            "sentences": self.sentences(),
            "findings": [
                {"code": each.code, "severity": str(each.severity), "sentence": each.sentence}
                for each in self.findings
            ],
            "comparison": self.comparison.record(),
            "epochs_to_base": reach,
            "boosting": None
            if boosting is None
            else {
                "word": boosting.word,
                "value": boosting.value,
                "gain": _finite(boosting.effect.mean),
                "low": _finite(boosting.effect.low),
                "high": _finite(boosting.effect.high),
                "beside": boosting.beside,
            },
            "held": None
            if self.held is None
            else {"before": _finite(self.held.before), "after": _finite(self.held.after)},
            "code": self._handed.code or None,
            "command": self._handed.command or None,
            "options": None if self._handed.options is None else dict(self._handed.options),
            "seconds": round(self.seconds, 3),
        }

    def section(self) -> dict[str, Any]:
        """The facts of its section in a report, plain data."""
        from trimtab.coaching.section import section_facts

        return section_facts(self)

    def report(self, path: str | os.PathLike[str], title: str | None = None) -> Path:
        """Writes a page about the coaching: one HTML file that works offline.

        It says what helps, shows what each change gained and the curves before and after, and has
        the change to paste, the findings, and how all was measured.

        Args:
            path: of the page; ``.html`` is added if there is no extension.
            title: what was coached; by default the target of a table, or "the network".

        Returns:
            The path of the page.

        Raises:
            InvalidArgument: nothing can be written there.
        """
        from trimtab.coaching.section import page_facts
        from trimtab.predictor.reporting.writing import checked_page, write_page

        place = checked_page(path)
        return write_page(page_facts(self, title or self.subject or "the network"), place)

    def plot(self, path: str | os.PathLike[str] | None = None) -> Figure:
        """Draws differences and curves; see :meth:`trimtab.trials.Comparison.plot`.

        Args:
            path: a PNG to write, too.
        """
        return self.comparison.plot(path)


def prescribed(
    findings: Findings,
    rounds: Rounds,
    boosting: Boosting | None,
    handed: Handed,
    begin: float,
    subject: str = "",
) -> Prescription:
    """The end of each coaching.

    Args:
        findings: of the watched training.
        rounds: the trials.
        boosting: gradient boosting on the same pairs, or None.
        handed: what helps.
        begin: when the coaching began, on the clock of ``time.monotonic``.
        subject: what was coached, in a few words.
    """
    edits = {each.candidate.name: each.candidate.edits for each in rounds.tried}
    reach = epochs_to_base(rounds.comparison.outcomes, edits, rounds.design.reporting)
    return Prescription(
        findings=findings,
        comparison=rounds.comparison,
        tried=rounds.tried,
        epochs_to_base=reach,
        boosting=boosting,
        seconds=time.monotonic() - begin,
        subject=subject,
        _handed=handed,
    )


def winner_of(comparison: Comparison, tried: tuple[Tried, ...]) -> str:
    """The first change by the pairs that choose of those that helped; else ``"base"``."""
    for each in tried:
        if each.reported and comparison[each.candidate.name].word == "helped":
            return each.candidate.name
    return BASE


def _before_and_after(held: Held, metric: str) -> str:
    if math.isnan(held.before):
        return f"it diverged before, {metric} {figure(held.after)} after"
    return f"{metric} {figure(held.before)} before, {figure(held.after)} after"


def _about(verdict: Verdict, metric: str, smallest: float) -> list[str]:
    found, name = verdict.effect, verdict.variant
    if verdict.word == "hurt" and not found.signs:
        return [
            f"{name} makes it worse here, by {figure(-found.mean)} in {metric} (95 % interval "
            f"{figure(-found.high)} to {figure(-found.low)}, {found.pairs} pairs)."
        ]
    if verdict.word == "not run" and verdict.diverged:
        return [f"{name} diverged, as the present network did."]
    if verdict.word == "not run":
        have = count(found.pairs, "pair has run", "pairs have run")
        return [f"{name}: {have}, about {_SIGNS} are needed. Give it more time."]
    if verdict.word == "unclear" and found.signs and 0 < found.pairs < _SIGNS:
        more = count(_SIGNS - found.pairs, "more pair")
        said = verdict.sentence(metric, smallest)
        return [f"{said} The pairs are too few to tell: about {more} like these would."]
    if verdict.word != "unclear" or found.signs:
        return [verdict.sentence(metric, smallest)]
    way = "gained" if found.mean >= 0 else "lost"
    said = (
        f"{name} {way} {figure(abs(found.mean))} in {metric} on average, which may be chance "
        f"(95 % interval of the gain {figure(found.low)} to {figure(found.high)}, {found.pairs} "
        "pairs)."
    )
    if found.pairs < _FEW:
        more = f"{found.pairs} pairs are too few to tell."
    elif verdict.needed is None:
        more = (
            "The rows are too few to tell, and more pairs of the same rows would not."
            if found.overlap
            else "The data are too few to tell."
        )
    elif verdict.needed > found.pairs:
        pairs = count(verdict.needed - found.pairs, "more pair")
        more = (
            f"The data are too few to tell: about {pairs} would, for a difference of "
            f"{figure(smallest)}."
        )
    else:
        more = f"A true gain of {figure(smallest)} would have been found in most cases."
    return [f"{said} {more}"]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
