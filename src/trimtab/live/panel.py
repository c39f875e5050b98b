"""The live view as text: a panel with sparklines, drawn again and again in a terminal."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.core.live_line import clock
from trimtab.core.words import figure
from trimtab.live.board import Run

__all__ = ["Panel", "spark"]

#: Seconds between two drawings at least; or this multiple of what the last one took.
PERIOD, TIMES = 0.25, 100

#: Most lines of curves, layers and findings.
CURVES, LAYERS, FINDINGS = 8, 8, 3

_BARS = "▁▂▃▄▅▆▇█"

#: What is said of a layer, in so many letters: quantity -> (its word, whether it is a share).
_OF_LAYERS = {
    "zeros": ("zeros", True),
    "dead": ("dead", False),
    "update_ratio": ("update/weights", False),
    "statistics_distance": ("lag", False),
}


def spark(values: Sequence[float | None], width: int) -> str:
    """Numbers as a line of bars, the last ones at its end; means where there are many.

    Example:
        >>> spark([4.0, 3.0, 2.0, 1.0, None, 1.0], 6)
        '█▆▃▁ ▁'
        >>> spark(list(range(100)), 5)
        '▁▃▅▆█'
    """
    if len(values) > width:
        edges = [len(values) * i // width for i in range(width + 1)]
        values = [_mean(values[a:b]) for a, b in itertools.pairwise(edges)]
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return ""
    # A steep beginning must not flatten the rest.
    settled = [v for v in values[len(values) // 5 :] if v is not None and math.isfinite(v)] or known
    low, top = min(known), max(settled)
    high = top if max(known) - low > 4 * (top - low) > 0 else max(known)
    size = (high - low) / (len(_BARS) - 1) or 1.0
    return "".join(
        " "
        if value is None or not math.isfinite(value)
        else _BARS[min(len(_BARS) - 1, round((value - low) / size))]
        for value in values
    )


class Panel:
    """Draws a run in the terminal; the panel goes away when it is closed.

    It is drawn from the thread that trains, at most so often that drawing takes 1 % of the time.

    Args:
        run: what is drawn.
        url: of the same as a page, which is named below.
    """

    def __init__(self, run: Run, url: str = "") -> None:
        from rich.console import Console
        from rich.live import Live

        self._run, self._url = run, url
        self._console = Console()
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._begun = False
        self._drawn = -math.inf
        self._took = 0.0

    def draw(self) -> None:
        """Draws the run as it is now, if it is time for that."""
        begin = time.monotonic()
        if begin - self._drawn < max(PERIOD, TIMES * self._took):
            return
        if not self._begun:
            self._live.start()
            self._begun = True
        self._live.update(self.drawn(self._console.width), refresh=True)
        self._drawn = time.monotonic()
        self._took = self._drawn - begin

    def close(self) -> None:
        """Removes the panel."""
        if self._begun:
            self._live.stop()
            self._begun = False

    def drawn(self, width: int) -> Any:
        """What :meth:`draw` draws on a screen of so many columns."""
        from rich.panel import Panel as Box
        from rich.text import Text

        room = min(width, 100) - 4
        lines = [_where(self._run.now, room), *self._curves(room), *self._layers(room)]
        text = Text("\n".join(lines))
        for each in self._run.findings[:FINDINGS]:
            text.append(f"\n{each['severity']}: ", "bold")
            text.append(f"{each['title']} {each['text']}")
        foot = "Ctrl-C stops and keeps the best" + (f"; {self._url}" if self._url else "")
        if len(foot) > room:  # an address that is cut off is none
            text.append(f"\n{foot}", "dim")
            foot = ""
        return Box(text, title=Text(self._run.title), subtitle=Text(foot), width=room + 4)

    def _curves(self, room: int) -> list[str]:
        names = [name for name in self._run.series if not name.startswith("single/")]
        names.sort(key=lambda name: (name.removeprefix("val_") != "loss", "val_" in name))
        names = [name for name in names if name != "learning_rate"][:CURVES]
        wide = max((len(name) for name in names), default=0)
        lines = []
        for name in names:
            values = self._run.series[name]
            last = values[-1]
            said = figure(last, fixed=True) if last is not None else "not finite"
            lines.append(f"{name:<{wide}}  {said:>10}  {spark(values, max(8, room - wide - 14))}")
        return lines

    def _layers(self, room: int) -> list[str]:
        """A line for each layer: what it does now."""
        last: dict[str, list[str]] = {}
        for quantity, by_layer in self._run.health.items():
            if quantity not in _OF_LAYERS:
                continue
            word, share = _OF_LAYERS[quantity]
            for layer, values in by_layer.items():
                value = values[-1] if values else None
                if value is not None and (value or quantity == "zeros"):
                    said = f"{100 * value:.0f} %" if share else f"{value:.2g}"
                    last.setdefault(layer, []).append(f"{word} {said}")
        wide = max((len(name) for name in last), default=0)
        rows = [f"{name:<{wide}}  {', '.join(said)}"[:room] for name, said in last.items()]
        if len(rows) > LAYERS:
            rows[LAYERS - 1 :] = [f"and {len(rows) - LAYERS + 1} more layers"]
        return ["", *rows] if rows else []


def _where(now: Mapping[str, Any], room: int) -> str:
    """The epoch, a bar and the time left."""
    if not now.get("epoch"):
        return "has not begun its first epoch"
    epochs, share, left = (now.get(key) for key in ("epochs", "share", "left"))
    head = f"epoch {now['epoch']:,}" + (f"/{epochs:,}" if epochs else "")
    best = f"  best {now['best']:,}" if now.get("best") else ""
    tail = (f"  {clock(left)} left" if left is not None else "") + best
    if share is None:
        return head + tail
    size = max(5, min(30, room - len(head) - len(tail) - 2))
    done = round(min(max(share, 0.0), 1.0) * size)
    return f"{head}  {'━' * done}{'─' * (size - done)}{tail}"


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return sum(known) / len(known) if known else None
