"""Writes the report of a predictor: the page, and the facts as JSON if asked for."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab.core.replacing import replacing
from trimtab.errors import InvalidArgument
from trimtab.predictor.reporting.facts import Settings, collect
from trimtab.predictor.reporting.rows import Known, Seen, rows_of_table
from trimtab.report.page import GENERATOR, page

if TYPE_CHECKING:
    from trimtab.predictor.base import PredictorBase
    from trimtab.predictor.remarks import Remarks
    from trimtab.tables.files.table import Table

__all__ = ["checked_page", "facts_of", "is_ours", "write_page"]

#: Endings of pages.
_ENDINGS = (".html", ".htm")


def checked_page(path: str | os.PathLike[str], name: str = "path") -> Path:
    """The path of a page to write; ``.html`` is added if there is no extension.

    Raises:
        InvalidArgument: it has another extension, is a folder, or has no folder to be in.
    """
    if not isinstance(path, str | os.PathLike) or not str(path):
        raise InvalidArgument(
            f"{name} must be the path of a page, received {path!r}. Use 'report.html'."
        )
    place = Path(path)
    if place.is_dir():
        raise InvalidArgument(f"cannot write {place}: it is a folder. Name a file in it.")
    if not place.suffix:
        place = place.with_suffix(".html")
    if place.suffix.lower() not in _ENDINGS:
        raise InvalidArgument(
            f"{name} must end in .html, received {str(place)!r}. Use "
            f"{str(place.with_suffix('.html'))!r}."
        )
    if not place.parent.is_dir():
        raise InvalidArgument(
            f"cannot write {place}: there is no folder {place.parent}. Create it, or choose "
            "another place."
        )
    return place


def is_ours(path: Path) -> bool:
    """Whether a file is a page that trimtab made."""
    try:
        with open(path, "rb") as file:
            return GENERATOR.encode() in file.read(4096)
    except OSError:
        return False


def facts_of(
    predictor: PredictorBase, table: Table | None, settings: Settings, remarks: Remarks
) -> dict[str, Any]:
    """The facts of a model that was loaded.

    Args:
        predictor: the model.
        table: with the target: the one it was trained on, or another; None: there is none at hand.
        settings: what to look at.
        remarks: collects what is worth knowing.

    Raises:
        InvalidData: the table lacks columns, or has no row with a target.
    """
    seen: Seen | None = None
    known: Known | None = None
    if table is not None:
        seen, known = rows_of_table(predictor, table, remarks)
    return collect(predictor, seen, known, settings)


def write_page(
    facts: dict[str, Any], path: Path, json_path: str | os.PathLike[str] | None = None
) -> Path:
    """Writes a page, whole or not at all, and its facts beside it if ``json_path`` is given."""
    with replacing(path) as file:
        # What is no character at all, as in names of broken encodings, becomes a question mark.
        file.write(page(facts).encode("utf-8", "replace"))
    if json_path is not None:
        with replacing(Path(json_path)) as file:
            text = json.dumps(facts, ensure_ascii=True, allow_nan=False, indent=1)
            file.write(text.encode("ascii"))
    return path
