"""What notebooks show: a place in the output that is drawn again and again, and small tables.

Everything is HTML through IPython's plain ``display``, which every front end has; no widgets.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from html import escape
from typing import Any

__all__ = ["WIDTH", "Display", "html_table", "in_notebook", "paragraph", "text_table"]

#: Columns of printed text that every front end has room for.
WIDTH = 80

# Nothing has a color of its own: a theme may be light or dark.
_CELL = "padding:0.15em 0.8em;text-align:right;border:none"
_NAME = "padding:0.15em 0.8em;text-align:left;border:none"
# Front ends take the letters of the text around for code, too, unless told.
_CODE = "margin:0.2em 0;font-family:monospace;line-height:1.3"


def in_notebook() -> bool:
    """Whether the program runs in the kernel of a notebook, where output can be HTML."""
    ipython = sys.modules.get("IPython")
    if ipython is None or "ipykernel" not in sys.modules:
        return False
    return getattr(ipython.get_ipython(), "kernel", None) is not None


class Display:
    """A place in the output of the cell that runs."""

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, html: str, text: str) -> None:
        """Draws the place.

        Args:
            html: For notebooks.
            text: The same for front ends without HTML.
        """
        from IPython.display import display

        bundle = {"text/html": html, "text/plain": text}
        if self._handle is None:
            show: Any = display
            self._handle = show(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)

    def clear(self) -> None:
        """Leaves the place empty."""
        if self._handle is not None:
            self._handle.update({"text/html": "", "text/plain": ""}, raw=True)


def html_table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    strong: int | None = None,
    words: Collection[int] = (),
) -> str:
    """A table in HTML; the first column is text, the others are numbers.

    Args:
        head: The names of the columns; none: no heading.
        rows: The cells, which are escaped here.
        strong: Number of a row to print in bold.
        words: Numbers of further columns that are text.

    Example:
        >>> "&lt;loss&gt;" in html_table(["epoch", "<loss>"], [["1", "0.5"]])
        True
    """

    def line(cells: Sequence[str], tag: str, weight: str = "") -> str:
        styles = [_NAME if at in (0, *words) else _CELL for at in range(len(cells))]
        return "".join(
            f'<{tag} style="{style}{weight}">{escape(cell)}</{tag}>'
            for cell, style in zip(cells, styles, strict=True)
        )

    body = "".join(
        f"<tr>{line(row, 'td', ';font-weight:bold' if number == strong else '')}</tr>"
        for number, row in enumerate(rows)
    )
    heading = f"<thead><tr>{line(head, 'th')}</tr></thead>" if head else ""
    return f'<table style="border-collapse:collapse">{heading}<tbody>{body}</tbody></table>'


def text_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The same as text.

    Example:
        >>> print(text_table(["epoch", "loss"], [["1", "0.5"], ["10", "0.25"]]))
        epoch  loss
        1       0.5
        10     0.25
    """
    lines = [list(head), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def paragraph(text: str, *, strong: bool = False, code: bool = False) -> str:
    """A text as a paragraph of HTML, its line breaks kept where it is code."""
    if code:
        return f'<pre style="{_CODE}">{escape(text)}</pre>'
    inner = f"<b>{escape(text)}</b>" if strong else escape(text)
    return f'<p style="margin:0.2em 0">{inner}</p>'
