"""Committees in files: the contents of every member's file, side by side in one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab.bundle.container import Contents, checked_path, read, refuse, write
from trimtab.bundle.model_file import model_contents, model_from
from trimtab.errors import FileFormatError, InvalidArgument, TrimtabError

if TYPE_CHECKING:
    from trimtab.committee import Committee

__all__ = ["committee_contents", "committee_from", "load_committee", "save_committee"]

#: Of the members' documents and tables: ``0/model``, ``0/weights``, ``1/model``, ...
_SEPARATOR = "/"


def save_committee(
    committee: Committee, filepath: str | os.PathLike[str], overwrite: bool = True
) -> None:
    """Writes a committee to one file; see :meth:`trimtab.Committee.save`."""
    write(checked_path(filepath), committee_contents(committee), overwrite)


def committee_contents(committee: Committee) -> Contents:
    """What a committee's file holds."""
    contents = Contents("committee")
    contents.documents["committee"] = {
        "name": committee.name,
        "members": len(committee.members),
    }
    for number, member in enumerate(committee.members):
        contents.nest(str(number), model_contents(member))
    return contents


def load_committee(
    filepath: str | os.PathLike[str], custom_objects: Mapping[str, Any] | None = None
) -> Committee:
    """The committee in a file; see :meth:`trimtab.Committee.load`."""
    path = Path(os.fspath(filepath))
    contents = read(path)
    if contents.kind != "committee":
        refuse(path, f"holds a {contents.kind}, no committee", "Use trimtab.load_model().")
    return committee_from(path, contents, custom_objects, True)


def committee_from(
    path: Path,
    contents: Contents,
    custom_objects: Mapping[str, Any] | None,
    compile: bool,  # noqa: A002 (as in load_model)
) -> Committee:
    """The committee that these contents of a file are."""
    from trimtab.committee import Committee

    if not compile:
        raise InvalidArgument(
            f"{str(path)!r} holds a committee, which needs its members' loss to know what they "
            "predict. Leave compile=False out."
        )
    record = contents.documents.get("committee")
    if not isinstance(record, dict) or not isinstance(record.get("name"), str):
        refuse(path, "lacks its part 'committee'")
    members = _parted(path, contents)
    if not members or record.get("members") != len(members):
        refuse(path, "holds another number of members than it says")
    models = [model_from(path, member, custom_objects, compile) for member in members]
    try:
        return Committee(models, name=record["name"])
    except TrimtabError as problem:
        raise FileFormatError(
            f"{str(path)!r} holds models that are no committee ({problem}). "
            "Save the committee again with committee.save()."
        ) from problem


def _parted(path: Path, contents: Contents) -> list[Contents]:
    """The contents of the members' own files."""
    numbers: dict[str, None] = {}
    for name in (*contents.documents, *contents.tables):
        if name == "committee":
            continue
        number, separator, _ = name.partition(_SEPARATOR)
        if not separator:
            refuse(path, f"holds {name!r}, which is no member's")
        numbers[number] = None
    members = {number: contents.nested(number, "model") for number in numbers}
    if set(members) != {str(number) for number in range(len(members))}:
        refuse(path, "numbers its members otherwise than 0, 1, 2, ...")
    return [members[str(number)] for number in range(len(members))]
