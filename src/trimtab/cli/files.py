"""What commands that read one file and write another have in common."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from trimtab.errors import InvalidArgument

if TYPE_CHECKING:
    from trimtab.predictor import Remarks

__all__ = ["page_place", "print_notes", "spare_inputs"]


def spare_inputs(out: Path, *sources: str | list[str], name: str = "--out") -> None:
    """Refuses an output that would replace a file the command reads.

    Args:
        out: the output.
        sources: what the command reads.
        name: of the option, for the message.

    Raises:
        InvalidArgument: ``out`` is one of the sources, under this name or another.
    """
    from trimtab.tables.files.several.several import named_files

    for source in (file for each in sources for file in named_files(each)):
        if out.exists() and source.exists() and os.path.samefile(out, source):
            raise InvalidArgument(
                f"{name} {out} is an input of this command. Choose another output file."
            )


def page_place(path: Path, name: str, *sources: str | list[str]) -> Path:
    """The path of a page to write, checked before anything is computed.

    Args:
        path: as it was typed; ``.html`` is added if there is no extension.
        name: of the option, for the message.
        sources: what the command reads.

    Raises:
        InvalidArgument: nothing can be written there, or it is one of the sources.
    """
    from trimtab.predictor.reporting.writing import checked_page

    page = checked_page(path, name)
    if not os.access(page.parent, os.W_OK):
        raise InvalidArgument(
            f"folder {str(page.parent)!r} is not writable. Use {name} to write elsewhere."
        )
    spare_inputs(page, *sources, name=name)
    return page


def print_notes(remarks: Remarks) -> None:
    """Prints each remark once, on standard error: standard output may be the result."""
    from trimtab.predictor.training.own_words import own_words

    for sentence in remarks.sentences():
        typer.echo(f"Note: {own_words(sentence)}", err=True)
