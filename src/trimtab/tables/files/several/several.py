"""Finding the files of a table that is in several: a folder, a pattern, or a list of paths.

Folders named ``year=2024`` hold the rows of that year: such names become columns, as pyarrow and
Spark read them. The order of the rows depends on the names of the files alone.
"""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from trimtab.core.words import count, listed
from trimtab.errors import InvalidData
from trimtab.tables.files.several.endings import ending_of

__all__ = ["Files", "are_paths", "files_of", "named_files"]

#: A folder that names a column and its value.
_PARTITION = re.compile(r"([^=/]+)=(.*)")
#: How Hive writes a missing value.
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"

#: Names that others' programs give to what is no table.
_HIDDEN = (".", "_", "~$")

Source = str | os.PathLike[str]


@dataclass(frozen=True)
class Files:
    """The files of one table.

    Attributes:
        name: What messages call the table.
        paths: The files, in the order of their rows.
        labels: What messages call each.
        order: How they are ordered, in words.
        notes: What was left out, a sentence each.
        partitions: The columns that the folders of each file name, and their values.
    """

    name: str
    paths: tuple[Path, ...]
    labels: tuple[str, ...]
    order: str
    notes: tuple[str, ...]
    partitions: tuple[dict[str, str | int | None], ...]


def are_paths(source: Any) -> bool:
    """Whether a source is a list of paths."""
    listlike = isinstance(source, list | tuple) and len(source) > 0
    return listlike and all(isinstance(each, str | os.PathLike) for each in source)


def files_of(source: Any) -> Files | None:
    """The files that a source names; None if it names a single one, or is no path at all.

    Args:
        source: A path, a pattern such as ``"sales/*.csv"`` (``**`` for folders at any depth), a
            folder, or a list of these.

    Raises:
        InvalidData: There are none, or they are of several formats.
    """
    if isinstance(source, list | tuple):
        return _of_list([os.fspath(each) for each in source]) if are_paths(source) else None
    if not isinstance(source, str | os.PathLike):
        return None
    path = os.fspath(source)
    notes: list[str] = []
    found = _expanded(path, notes)
    if found is not None:
        name = f"{Path(path).name or Path(path).resolve().name}/" if os.path.isdir(path) else path
        return _files(name, found, _root(path), "sorted by name", notes)
    if _PARTITION.fullmatch(Path(path).parent.name) and os.path.exists(path):
        return _files(Path(path).name, [Path(path)], Path(path).parent, "", notes)
    return None


def named_files(source: Any) -> tuple[Path, ...]:
    """The files that a source names; none for tables in memory and standard input."""
    files = files_of(source)
    if files is not None:
        return files.paths
    single = isinstance(source, str | os.PathLike) and os.fspath(source) != "-"
    return (Path(source),) if single else ()


def _of_list(paths: Sequence[str]) -> Files:
    notes: list[str] = []
    every: list[Path] = []
    for path in paths:
        if path == "-":
            raise InvalidData(
                "standard input ('-') cannot be one of several tables. Save it first."
            )
        found = _expanded(path, notes)
        every += [Path(path)] if found is None else found
    twice = [path for path, times in Counter(map(os.path.abspath, every)).items() if times > 1]
    if twice:
        raise InvalidData(f"{twice[0]} is named twice. Name each file once.")
    first = every[0].name
    more = f" and {count(len(every) - 1, 'more file')}" if len(every) > 1 else ""
    root = Path(os.path.commonpath([os.path.abspath(path.parent) for path in every]))
    order = "sorted by name" if every == sorted(every, key=lambda path: path.parts) else "as given"
    return _files(f"{first}{more}", every, root, order, notes)


def _files(name: str, paths: Sequence[Path], root: Path, order: str, notes: Sequence[str]) -> Files:
    above = os.path.abspath(root)
    labels = tuple(Path(os.path.relpath(path, above)).as_posix() for path in paths)
    return Files(name, tuple(paths), labels, order, tuple(notes), _partitions(paths))


def _root(path: str) -> Path:
    """The folder above a pattern's first sign that stands for others; of a folder itself."""
    parts = Path(path).parts
    plain = next((at for at, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    return Path(path) if os.path.isdir(path) else Path(*parts[:plain])


def _expanded(path: str, notes: list[str]) -> list[Path] | None:
    """The files of a folder or a pattern, sorted; None for the path of a file."""
    if os.path.isdir(path):
        return _in_folder(path, notes)
    if os.path.exists(path) or not glob.has_magic(path) or "://" in path:
        return None
    found = []
    for each in sorted(glob.glob(path, recursive=True)):
        if os.path.isdir(each):
            found += _below(each)
        elif not Path(each).name.startswith(_HIDDEN):
            found.append(Path(each))
    if not found:
        raise InvalidData(
            f"no file fits {path!r}. Name a folder, or a pattern such as 'sales/*.csv'; ** stands "
            "for folders at any depth."
        )
    _one_format(path, found)
    return sorted(dict.fromkeys(found), key=lambda each: each.parts)


def _in_folder(folder: str, notes: list[str]) -> list[Path]:
    every = _below(folder)
    tables = [path for path in every if ending_of(path.name) is not None]
    # Other programs write tables without an ending: part-00000.
    tables = tables or [path for path in every if not path.suffix]
    if not tables:
        held = f"It holds {listed((path.name for path in every), 4)}" if every else "It is empty"
        raise InvalidData(f"{folder!r} is a folder without tables. {held}. Name a file.")
    _one_format(folder, tables)
    others = [path.name for path in every if path not in set(tables)]
    if others:
        notes.append(f"Not a table, left out: {listed(others, 4)}.")
    return tables


def _below(folder: str) -> list[Path]:
    """The files in a folder and the folders in it, sorted; hidden ones left out."""
    found = []
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(_HIDDEN)]
        found += [Path(here, name) for name in names if not name.startswith(_HIDDEN)]
    return sorted(found, key=lambda path: path.parts)


def _one_format(source: str, paths: Collection[Path]) -> None:
    """Refuses files whose endings belong to several formats."""
    forms: dict[str, list[Path]] = {}
    for path in paths:
        form = ending_of(path.name)
        if form is not None:
            forms.setdefault(form, []).append(path)
    if len(forms) > 1:
        each = listed(
            [f"{len(some):,} of {form}" for form, some in sorted(forms.items())], last=" and "
        )
        some = min(forms.values(), key=lambda paths: paths[0].parts)
        folder = Path(source) if os.path.isdir(source) else _root(source)
        deep = any(path.parent != folder for path in some)
        pattern = folder / ("**" if deep else "") / f"*{some[0].suffix}"
        raise InvalidData(
            f"{source!r} has files of several formats: {each}. Name those of one: {str(pattern)!r}."
        )


def _partitions(paths: Sequence[Path]) -> tuple[dict[str, str | int | None], ...]:
    """The columns that the innermost folders of each file name: whole numbers if all are."""
    found = []
    for path in paths:
        named: list[tuple[str, str]] = []
        for part in reversed(path.parts[:-1]):
            match = _PARTITION.fullmatch(part)
            if match is None:
                break
            named.append((unquote(match[1]), unquote(match[2])))
        found.append(dict(reversed(named)))
    columns = list(dict.fromkeys(name for each in found for name in each))
    for path, each in zip(paths, found, strict=True):
        if lacking := [name for name in columns if name not in each]:
            raise InvalidData(
                f"{path} is not in a folder that says its {lacking[0]!r}, as other files are "
                f"({lacking[0]}=...). Move it, or leave it out."
            )
    values = {name: [each[name] for each in found] for name in columns}
    whole = {
        name: all(re.fullmatch(r"-?\d{1,18}", cell) for cell in cells if cell != _NO_VALUE)
        for name, cells in values.items()
    }
    return tuple(
        {
            name: None if cell == _NO_VALUE else int(cell) if whole[name] else cell
            for name, cell in each.items()
        }
        for each in found
    )
