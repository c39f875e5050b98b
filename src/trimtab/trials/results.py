"""What a comparison found: verdicts, outcomes, tables and pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trimtab.core.notebook import html_table, paragraph
from trimtab.core.types import Doubles
from trimtab.core.words import brief, count, figure
from trimtab.errors import InvalidArgument
from trimtab.trials.designs import Design
from trimtab.trials.trial import BASE, Outcome, finite
from trimtab.trials.verdicts import Verdict

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Comparison"]


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Variants beside a base.

    Attributes:
        metric: that decided.
        design: which rows each trial had.
        seeds: of each split.
        outcomes: of all trials, by split, seed and variant.
        gains: of each variant on the splits that report; above 0 is better than the base.
        verdicts: of each variant, in the order they were given.
        best: the variant that the choosing splits prefer, or ``"base"``; the only one there is.
        smallest: difference of the metric that matters.
        unfinished: why it ended early: ``interrupted``, ``time``; empty: it did not.
        decided: whether it stopped early since all variants were decided.
        seconds: it took.
        results: the file of outcomes, or None.
        in_order: whether variants were tested one after another, in the order of the pairs that
            choose, and not by Holm's rule.
    """

    metric: str
    design: Design
    seeds: tuple[int, ...]
    outcomes: tuple[Outcome, ...]
    gains: Mapping[str, Doubles]
    verdicts: tuple[Verdict, ...]
    best: str
    smallest: float
    unfinished: str
    decided: bool
    seconds: float
    results: str | None
    in_order: bool = False

    def __getitem__(self, variant: str) -> Verdict:
        """The verdict on a variant.

        Raises:
            KeyError: there is none of this name.
        """
        for verdict in self.verdicts:
            if verdict.variant == variant:
                return verdict
        raise KeyError(f"{variant!r}: there are {', '.join(self.gains)}")

    @property
    def winner(self) -> str:
        """The best variant if it helped, else ``"base"``."""
        if self.best == BASE or self[self.best].word != "helped":
            return BASE
        return self.best

    def sentence(self) -> str:
        """What to do, in one sentence."""
        if self.unfinished:
            return f"Unfinished: {len(self.outcomes):,} trials have run."
        if self.winner != BASE:
            return self[self.winner].sentence(self.metric, self.smallest)
        if self.best == BASE:
            return "Nothing beat the present network on the pairs that choose."
        if len(self.verdicts) == 1:
            return self.verdicts[0].sentence(self.metric, self.smallest)
        said = self[self.best].sentence(self.metric, self.smallest)
        return f"Nothing surely beat the present network. The best on the pairs that choose: {said}"

    def lines(self) -> list[str]:
        """A heading and a line for each variant, as text."""
        head, *rows = self._cells()
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

        def line(cells: list[str]) -> str:
            first, *rest = cells
            padded = [f"{cell:>{width}}" for cell, width in zip(rest, widths[1:], strict=True)]
            return "  ".join([f"{first:{widths[0]}}", *padded]).rstrip()

        return [line(head), *map(line, rows)]

    def notes(self) -> list[str]:
        """How it was measured, and what went wrong, a sentence each."""
        seeds = count(len(self.seeds), "seed")
        said = [f"{self.design.how} {seeds} each. A gain in {self.metric} above 0 is better."]
        if self.in_order:
            said.append(
                "Gains are tested in the order of the pairs that choose, losses in the reverse "
                "one, each only if the one before is clear."
            )
        elif len(self.verdicts) > 1:
            said.append("p is raised for the number of variants (Holm).")
        if self.decided:
            said.append("Stopped early: all were decided, by a test that allows for looking.")
        if self.design.overlap:
            said.append(
                "The splits share rows: the intervals are wider for it (Nadeau & Bengio), and "
                "small differences stay unseen."
            )
        for verdict in self.verdicts:
            if verdict.diverged:
                trials = count(verdict.diverged, "trial")
                said.append(f"{verdict.variant} diverged in {trials}.")
            if verdict.failed and verdict.word != "failed":
                said.append(f"Some trials of {verdict.variant} failed: {verdict.failed}")
        if self.unfinished == "interrupted":
            said.append("Stopped by hand: p values hold only if no look at the gains decided it.")
        if self.unfinished and self.results is not None:
            said.append(f"Run the same again to go on from {self.results}.")
        return said

    def __str__(self) -> str:
        return "\n".join([*self.lines(), "", self.sentence(), *self.notes()])

    def __repr__(self) -> str:
        words = ", ".join(f"{each.variant} {each.word}" for each in self.verdicts)
        return f"<Comparison of {count(len(self.verdicts), 'variant')}: {words}>"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        head, *rows = self._cells()
        said = [paragraph(self.sentence()), *map(paragraph, self.notes())]
        return "".join([html_table(head, rows), *said])

    def _cells(self) -> list[list[str]]:
        head = ["variant", f"gain in {self.metric}", "95 % interval", "p", "verdict", "seconds"]
        return [head, *map(self._row, self.verdicts)]

    def _row(self, each: Verdict) -> list[str]:
        found = each.effect
        known = found.pairs > 0 and not found.signs
        interval = f"{figure(found.low)} to {figure(found.high)}" if known else ""
        return [
            each.variant,
            f"{figure(found.mean)}" if known else "",
            interval if found.pairs > 1 else "",
            _p_value(each.p_value) if found.pairs > 1 else "",
            each.word,
            f"{each.seconds:.2f}",
        ]

    # -- for programs -----------------------------------------------------------------------------

    def record(self) -> dict[str, Any]:
        """All verdicts as plain data."""
        return {
            "metric": self.metric,
            "design": {"kind": self.design.kind, "how": self.design.how},
            "seeds": list(self.seeds),
            "trials": len(self.outcomes),
            "best": self.best,
            "winner": self.winner,
            "smallest": finite({"": self.smallest})[""],
            "unfinished": self.unfinished or None,
            "seconds": round(self.seconds, 3),
            "sentence": self.sentence(),
            "variants": [
                {
                    "variant": each.variant,
                    "verdict": each.word,
                    **finite(
                        {
                            "gain": each.effect.mean,
                            "low": each.effect.low,
                            "high": each.effect.high,
                            "p_value": each.p_value,
                            "seconds": each.seconds,
                            "epochs": each.epochs,
                        }
                    ),
                    "pairs": each.effect.pairs,
                    "pairs_needed": each.needed,
                    "diverged": each.diverged,
                    "failed": each.failed or None,
                }
                for each in self.verdicts
            ],
        }

    def to_frame(self) -> pd.DataFrame:
        """A row for each trial: variant, split, seed, whether the split chooses, metrics, time."""
        import pandas as pd

        chooses = set(self.design.choosing)
        return pd.DataFrame(
            [
                {
                    "variant": each.trial.variant,
                    "split": each.trial.split,
                    "seed": each.trial.seed,
                    "chooses": each.trial.split in chooses,
                    **each.metrics,
                    "epochs": each.epochs,
                    "seconds": each.seconds,
                    "failed": each.failed,
                }
                for each in self.outcomes
            ]
        )

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Writes :meth:`to_frame` as Parquet, whole or not at all.

        Args:
            path: of the file.

        Raises:
            InvalidArgument: pyarrow is not installed.
        """
        from pathlib import Path

        from trimtab.core.replacing import replacing

        try:
            import pyarrow  # noqa: F401
        except ImportError:
            raise InvalidArgument(
                "Parquet needs pyarrow, which is not installed. Run: pip install 'trimtab[files]'"
            ) from None
        with replacing(Path(path)) as file:
            self.to_frame().to_parquet(file, index=False)

    def plot(self, path: str | os.PathLike[str] | None = None, curve: str | None = None) -> Figure:
        """Draws the paired differences with their intervals, and the curves with their seeds.

        Args:
            path: a PNG to write, too.
            curve: which curve: ``val_loss``, or else ``loss``, by default.

        Raises:
            InvalidArgument: no trial has this curve.
        """
        from trimtab.trials.plotting import draw

        names = {name for each in self.outcomes for name in each.history}
        if curve is not None and curve not in names:
            raise InvalidArgument(
                f"curve must be one of {', '.join(sorted(names))}, received {brief(curve)}."
            )
        shown = curve or ("val_loss" if "val_loss" in names else "loss")
        reports = set(self.design.reporting)  # the others are trained on fewer rows
        outcomes = [each for each in self.outcomes if each.trial.split in reports]
        return draw(self.verdicts, self.gains, outcomes, self.metric, shown, path)


def _p_value(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.3f}"
