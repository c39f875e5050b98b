"""The table that is drawn while a comparison runs: in the terminal, and in the live view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from trimtab.core.live_line import clock
from trimtab.core.types import Doubles
from trimtab.core.words import figure
from trimtab.live.view import current_view

if TYPE_CHECKING:
    from trimtab.live.board import Trials

__all__ = ["Nobody", "Table", "watcher"]


class Nobody:
    """Draws nothing.

    Attributes:
        stopping: whether somebody who watches wants it to end.
    """

    stopping = False

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

    def tell(self, said: Sequence[str]) -> None:
        """Called at the end, with what came of it, a sentence each."""


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


class Page(Nobody):
    """The table in the live view, and what else is drawn.

    Args:
        variants: their names.
        metric: that decides.
        trials: the table of the live view.
        beside: what is drawn besides.
    """

    def __init__(
        self, variants: Sequence[str], metric: str, trials: Trials, beside: Nobody
    ) -> None:
        self._variants, self._metric = variants, metric
        self._trials, self._beside = trials, beside

    def __enter__(self) -> Self:
        self._beside.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._beside.__exit__(*problem)
        self._trials.end()

    @property
    def stopping(self) -> bool:  # type: ignore[override]
        return self._trials.stopping

    def show(
        self,
        gains: Mapping[str, Doubles],
        done: int,
        left: int,
        seconds: float,
        dropped: Sequence[str],
    ) -> None:
        rows = [
            {"name": name, "gains": gains.get(name, np.empty(0)), "dropped": name in dropped}
            for name in self._variants
        ]
        self._trials.show(self._metric, rows, done, left, seconds)
        self._beside.show(gains, done, left, seconds, dropped)

    def tell(self, said: Sequence[str]) -> None:
        self._trials.end(said)


def watcher(variants: Sequence[str], metric: str, title: str, *, drawn: bool) -> Nobody:
    """Who is told of a comparison while it runs.

    Args:
        variants: their names.
        metric: that decides.
        title: of the table in the live view, where that is open.
        drawn: whether a table is drawn in the terminal.
    """
    drawing = Table(variants, metric) if drawn else Nobody()
    view = current_view()
    if view is None:
        return drawing
    return Page(variants, metric, view.board.trials(title), drawing)
