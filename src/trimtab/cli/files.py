"""What commands that read one file and write another have in common."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from trimtab.errors import InvalidArgument

if TYPE_CHECKING:
    from trimtab.predictor import Remarks

__all__ = ["print_notes", "spare_inputs"]


def spare_inputs(out: Path, *sources: str | list[str]) -> None:
    """Refuses an output that would replace a file the command reads.

    Raises:
        InvalidArgument: ``out`` is one of the sources, under this name or another.
    """
    from trimtab.tables.files.several.several import named_files

    for source in (file for each in sources for file in named_files(each)):
        if out.exists() and source.exists() and os.path.samefile(out, source):
            raise InvalidArgument(
                f"--out {out} is an input of this command. Choose another output file."
            )


def print_notes(remarks: Remarks) -> None:
    """Prints each remark once, on standard error: standard output may be the result."""
    from trimtab.predictor.training.own_words import own_words

    for sentence in remarks.sentences():
        typer.echo(f"Note: {own_words(sentence)}", err=True)
