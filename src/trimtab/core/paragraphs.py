"""Sentences on a terminal or in a notebook: cut at blanks; in a pipe they stay whole."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable
from typing import NamedTuple

from trimtab.core.live_line import is_live
from trimtab.core.notebook import WIDTH, in_notebook

__all__ = ["WIDEST", "Paragraph", "print_lines", "wrapped"]

#: Lines of text are no longer than this, however wide the terminal is.
WIDEST = 120

#: Least width of text, however narrow the terminal is.
_NARROWEST = 20


class Paragraph(NamedTuple):
    """A sentence that may be wrapped, and the label in front of it."""

    text: str
    label: str = ""


def wrapped(text: str, indent: int = 0) -> list[str]:
    """The lines of a text behind an indent, on standard output as it is."""
    if is_live():
        width = min(WIDEST, shutil.get_terminal_size().columns)
    elif in_notebook():
        width = WIDTH
    else:
        return [text]
    room = max(_NARROWEST, width - indent)
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]


def print_lines(lines: Iterable[str | Paragraph]) -> None:
    """Prints lines as they are, and paragraphs wrapped behind their labels."""
    for line in lines:
        if isinstance(line, str):
            print(line)
            continue
        first, *rest = wrapped(line.text, len(line.label))
        print(line.label + first)
        for each in rest:
            print(" " * len(line.label) + each)
