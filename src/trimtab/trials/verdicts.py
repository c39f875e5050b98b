"""What is said of each variant, from the pairs that report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.core.types import Doubles
from trimtab.core.words import count, figure
from trimtab.trials.sequential import wealth
from trimtab.trials.statistics import LEVEL, Effect, effect, holm, in_order, pairs_needed
from trimtab.trials.trial import Outcome

__all__ = ["WORDS", "Verdict", "verdicts"]

#: What can be said, and what it means.
WORDS = {
    "helped": "better than the base; a false claim in at most 2.5 % of comparisons",
    "hurt": "worse than the base, as surely",
    "same": "no difference that matters: the interval lies within the smallest that does",
    "unclear": "no difference found; it may be there",
    "dropped": "dropped by successive halving, not tested",
    "not run": "too few of its pairs have run to say anything",
    "failed": "its trials failed",
}


@dataclass(frozen=True)
class Verdict:
    """What is said of one variant.

    Attributes:
        variant: its name.
        word: one of :data:`WORDS`.
        effect: its gain over the base, in units of the metric; above 0 is better.
        p_value: one-sided, raised for the number of variants.
        needed: splits in which the smallest difference that matters would be found in 80 % of
            cases; None: no number is enough, or none is known.
        seconds: of one trial, the mean.
        epochs: of one trial, the mean.
        diverged: trials whose network diverged.
        failed: why trials failed; empty: they did not.
    """

    variant: str
    word: str
    effect: Effect
    p_value: float
    needed: int | None
    seconds: float
    epochs: float
    diverged: int = 0
    failed: str = ""

    def sentence(self, metric: str, smallest: float) -> str:
        """The verdict in words.

        Args:
            metric: that decided.
            smallest: difference that matters.
        """
        found = self.effect
        if self.word == "failed":
            return f"{self.variant} failed: {self.failed}"
        if self.word in ("dropped", "not run"):
            return f"{self.variant}: {WORDS[self.word]}."
        if found.signs:
            end = (
                f"in {count(self.diverged, 'trial')} its own network diverged"
                if self.diverged
                else "the base diverged where it did not"
            )
            return f"{self.variant} {_plain(self.word)}: {end}."
        by = f"{metric} {'better' if found.mean >= 0 else 'worse'} by {figure(abs(found.mean))}"
        within = f"95 % interval of the gain {figure(found.low)} to {figure(found.high)}"
        on_average = "" if self.word in ("helped", "hurt") else " on average"
        said = (
            f"{self.variant} {_plain(self.word)}: {by}{on_average} ({within}, {found.pairs} pairs)."
        )
        if self.word != "unclear":
            return said
        if self.needed is None:
            more = (
                f"No number of such pairs finds {figure(smallest)}: the splits overlap. More rows "
                "would."
                if found.overlap
                else f"Too many pairs to name would be needed to find {figure(smallest)}."
            )
        elif self.needed <= found.pairs:
            more = f"A true gain of {figure(smallest)} would have been found in most cases."
        else:
            more = f"{self.needed:,} pairs find a gain of {figure(smallest)} in 80 % of cases."
        return f"{said} {more}"


def _plain(word: str) -> str:
    return {
        "same": "makes no difference that matters",
        "unclear": "is not surely different",
    }.get(word, word)


def verdicts(
    found: Mapping[str, Doubles],
    outcomes: Iterable[Outcome],
    *,
    metric: str,
    overlap: float,
    smallest: float,
    planned: int,
    dropped: Sequence[str] = (),
    sequential: bool = False,
    order: Sequence[str] = (),
) -> list[Verdict]:
    """The verdict on each variant.

    Args:
        found: gains of each variant on the splits that report, in their order.
        outcomes: of all trials.
        metric: that decides.
        overlap: of the design.
        smallest: difference that matters, in units of the metric.
        planned: pairs that should have run.
        dropped: variants that successive halving dropped.
        sequential: whether looks were taken along the way, so that the e-process decides.
        order: the best first, by rows that report nothing: gains are tested in this order and
            losses in the reverse one, in place of Holm's rule; empty: by Holm's rule.
    """
    ran: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        ran.setdefault(outcome.trial.variant, []).append(outcome)
    tested = [name for name in found if name not in dropped]
    effects = {name: effect(found[name], overlap) for name in found}
    single = {
        side: {name: float(getattr(effects[name], side)) for name in tested}
        for side in ("p_better", "p_worse")
    }
    raised: dict[str, dict[str, float]] = {side: holm(single[side]) for side in single}
    if order:
        ranked = [name for name in order if name in tested]
        raised["p_better"] = in_order(single["p_better"], ranked)
        raised["p_worse"] = in_order(single["p_worse"], ranked[::-1])
    if sequential:
        for name in tested:
            known = wealth(_finite(found[name]), len(tested))
            if math.isfinite(known.mean) and len(_finite(found[name])) == len(found[name]):
                p = min(1.0, known.p_value() * len(tested))
                raised["p_better"][name] = p if known.mean > 0 else 1.0
                raised["p_worse"][name] = p if known.mean < 0 else 1.0
                own = effects[name]
                effects[name] = Effect(
                    known.mean, known.low, known.high, p, p, own.pairs, own.deviation, 0.0
                )
    said = []
    for name in found:
        trials = ran.get(name, [])
        failed = next((each.failed for each in trials if each.failed), "")
        own = effects[name]
        sides = tuple(raised[side].get(name, 1.0) for side in ("p_better", "p_worse"))
        if failed and all(each.failed for each in trials):
            word = "failed"
        elif name in dropped:
            word = "dropped"
        elif own.pairs < 2:
            word = "not run"
        else:
            word = _word(own, sides, smallest)
        needed = pairs_needed(smallest, own.deviation, own.overlap)
        finished = [each for each in trials if not each.failed]
        said.append(
            Verdict(
                name,
                word,
                own,
                min(sides),
                needed if word == "unclear" else None,
                float(np.mean([each.seconds for each in finished])) if finished else math.nan,
                float(np.mean([each.epochs for each in finished])) if finished else math.nan,
                sum(math.isnan(each.value(metric)) and not each.failed for each in trials),
                failed,
            )
        )
    return said


def _word(own: Effect, sides: tuple[Any, ...], smallest: float) -> str:
    better, worse = sides
    if better <= LEVEL:
        return "helped"
    if worse <= LEVEL:
        return "hurt"
    if not own.signs and -smallest <= own.low and own.high <= smallest:
        return "same"
    return "unclear"


def _finite(values: Doubles) -> Doubles:
    found: Doubles = values[np.isfinite(values)]
    return found
