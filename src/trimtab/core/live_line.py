"""A line at the bottom of a terminal that is drawn again and again while something runs."""

from __future__ import annotations

import sys
from collections.abc import Iterable

__all__ = ["LiveLine", "clock", "fitting", "is_live"]


class LiveLine:
    """A head, a bar, and as many items as fit: the rest is left out from the right.

    Args:
        bar: Width of the bar in characters.
        keep: Whether the line stays on the screen when it is closed.
    """

    def __init__(self, *, bar: int, keep: bool = False) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._width = bar
        self._drawing = Progress(
            TextColumn("{task.fields[head]}", markup=False),
            BarColumn(bar_width=bar),
            TextColumn("{task.fields[text]}", markup=False),
            console=Console(),
            auto_refresh=False,
            transient=not keep,
        )
        self._task = self._drawing.add_task("line", total=1.0, head="", text="")
        self._drawing.start()

    def show(self, head: str, done: float, items: Iterable[str]) -> None:
        """Draws the line.

        Args:
            head: The text in front of the bar.
            done: The share of the bar that is filled, from 0 to 1.
            items: What follows the bar, the most important item first.
        """
        room = self._drawing.console.width - len(head) - self._width - 2
        self._drawing.update(self._task, completed=done, head=head, text=fitting(items, room))
        self._drawing.refresh()

    def close(self) -> None:
        """Ends the drawing; the line goes away unless it is kept."""
        self._drawing.stop()


def fitting(items: Iterable[str], width: int) -> str:
    """As many of the items as fit into a width, with two blanks between them.

    Example:
        >>> fitting(["0:12 left", "loss 0.5", "val_loss 0.6"], 20)
        '0:12 left  loss 0.5'
    """
    text = ""
    for item in items:
        longer = f"{text}  {item}" if text else item
        if len(longer) > width:
            break
        text = longer
    return text


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours from an hour on.

    Example:
        >>> clock(65), clock(7200)
        ('1:05', '2:00:00')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def is_live() -> bool:
    """Whether standard output is a terminal, where a line can be drawn again."""
    try:
        return bool(sys.stdout.isatty())
    except (AttributeError, ValueError):
        return False
