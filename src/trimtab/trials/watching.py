"""The table that is drawn while a comparison runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from trimtab.core.live_line import clock
from trimtab.core.types import Doubles
from trimtab.core.words import figure

__all__ = ["Nobody", "Table"]


class Nobody:
    """Draws nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        return None

    def show(
        self,
        gains: Mapping[str, Doubles],
        done: int,
        left: int,
        seconds: float,
        dropped: Sequence[str],
    ) -> None:
        """Called after each trial.

        Args:
            gains: of each variant on the splits so far.
            done, left: trials.
            seconds: that are left; fewer if variants are dropped.
            dropped: variants that halving dropped.
        """


class Table(Nobody):
    """A row a variant, with the time that is left below.

    It shows how far each is and its mean gain, but no p value: a look on the way is no test.

    Args:
        variants: their names.
        metric: that decides.
    """

    def __init__(self, variants: Sequence[str], metric: str) -> None:
        from rich.console import Console
        from rich.live import Live

        self._variants = variants
        self._metric = metric
        self._live = Live(console=Console(), auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._live.stop()

    def show(
        self,
        gains: Mapping[str, Doubles],
        done: int,
        left: int,
        seconds: float,
        dropped: Sequence[str],
    ) -> None:
        self._live.update(self.drawn(gains, done, left, seconds, dropped), refresh=True)

    def drawn(
        self,
        gains: Mapping[str, Doubles],
        done: int,
        left: int,
        seconds: float,
        dropped: Sequence[str],
    ) -> Any:
        """What :meth:`show` draws."""
        from rich import box
        from rich.table import Table as Grid
        from rich.text import Text

        whole = done + left
        foot = f"{done:,} of {whole:,} trials, about {clock(seconds)} left"
        grid = Grid(box=box.SIMPLE, caption=foot, caption_justify="left")
        for head in ("variant", "pairs", f"mean gain in {self._metric}"):
            grid.add_column(head, justify="left" if head == "variant" else "right")
        for name in self._variants:
            found = gains.get(name, np.empty(0))
            known = found[np.isfinite(found)]
            mean = figure(float(known.mean())) if len(known) else "–"
            grid.add_row(Text(name), str(len(found)), "dropped" if name in dropped else mean)
        return grid
