"""The archive of a ``.keras`` file: a zip of JSON and HDF5, of which only Keras' shape is read.

Keras stores its members without compression, side by side. A file that is shaped otherwise is
refused before anything in it is read, so a small file cannot become a large one. Members are read
into memory, never extracted to disk.
"""

from __future__ import annotations

import errno
import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from trimtab.core.replacing import replacing
from trimtab.core.words import brief
from trimtab.errors import FileFormatError, InvalidArgument

__all__ = ["Archive", "everything", "fresh", "read", "refuse", "regular", "write"]

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
#: The most bytes of the configuration, a page of text for each layer, and the most lists and
#: records in it.
_LARGEST_CONFIG = 1 << 23
_MOST_RECORDS = 100_000
_AGAIN = "Save the model again with Keras 3."


@dataclass(frozen=True)
class Archive:
    """What a ``.keras`` file holds.

    Attributes:
        config: the record of the model.
        version: of the Keras that wrote it.
        weights: an HDF5 file.
    """

    config: dict[str, Any]
    version: str
    weights: bytes


def refuse(path: Path, problem: str, advice: str | None = None) -> NoReturn:
    """Refuses a file of Keras; all such messages come from here.

    Args:
        path: the file.
        problem: what is wrong with it; the sentence goes on from the file's name.
        advice: the next step; empty where the problem names it.
    """
    advice = _AGAIN if advice is None else advice
    raise FileFormatError(f"{str(path)!r} {problem.removesuffix('.')}. {advice}".rstrip())


def regular(path: Path) -> None:
    """Refuses what is no file: opening a pipe would wait for a writer."""
    if not path.exists():
        raise FileNotFoundError(f"there is no file {brief(str(path), 300)}.")
    if path.is_dir():
        refuse(path, "is a folder, not a file", "Pass the .keras file itself.")
    if not path.is_file():
        refuse(path, "is not a regular file", "Pass a file that model.save() of Keras 3 wrote.")


def read(path: Path) -> Archive:
    """Reads and checks the archive.

    Raises:
        FileNotFoundError: there is no such file.
        FileFormatError: it is damaged, or shaped otherwise than Keras 3 shapes its files.
    """
    regular(path)
    try:
        with path.open("rb") as file:
            start = file.read(8)
            file.seek(0)
            if start.startswith(b"\x89HDF"):
                refuse(
                    path,
                    "is an HDF5 file, the format of Keras' .h5, not a zip archive",
                    "Load it in Keras and save it as .keras.",
                )
            with zipfile.ZipFile(file) as archive:
                return _read(path, archive)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as problem:
        refuse(path, f"is damaged ({problem})")
    except (UnicodeDecodeError, RecursionError, OverflowError, MemoryError) as problem:
        refuse(path, f"is damaged ({type(problem).__name__})")
    except OSError as problem:
        if problem.errno != errno.EINVAL:  # a seek before the start of the file
            raise
        refuse(path, "is damaged (it points outside itself)")


def _read(path: Path, archive: zipfile.ZipFile) -> Archive:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if "manifest.json" in names and _CONFIG not in names:
        refuse(path, "is a file of trimtab under the name of Keras' format", "Name it .trimtab.")
    if len(set(names)) != len(names):
        refuse(path, "has two members of the same name")
    total = os.fstat(archive.fp.fileno()).st_size  # type: ignore[union-attr]
    for entry in entries:
        name = entry.filename
        if name.startswith(("/", "\\")) or ":" in name or ".." in name.replace("\\", "/"):
            refuse(path, f"holds a member that points outside, {brief(name)}")
        stored = entry.compress_type == zipfile.ZIP_STORED
        if not stored or entry.file_size != entry.compress_size or entry.flag_bits & 1:
            refuse(path, f"holds {brief(name)} compressed or encrypted, which Keras never writes")
    if sum(entry.file_size for entry in entries) > total:
        refuse(path, "holds members that overlap")
    for needed in (_CONFIG, _METADATA, _WEIGHTS):
        if needed not in names:
            refuse(path, f"lacks {needed!r}, so it is no model of Keras 3")
    config = _json(path, archive, _CONFIG)
    version = _json(path, archive, _METADATA).get("keras_version")
    if not isinstance(version, str):
        refuse(path, "does not say which Keras wrote it")
    if not version.startswith("3."):
        refuse(
            path,
            f"was written by Keras {brief(version, 30)}, and trimtab reads files of Keras 3",
            "Load it with Keras 3 and save it again.",
        )
    return Archive(config, version, archive.read(_WEIGHTS))


def _json(path: Path, archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    if archive.getinfo(name).file_size > _LARGEST_CONFIG:
        refuse(path, f"holds {name!r} of more than {_LARGEST_CONFIG >> 20} MiB")
    try:
        found = json.loads(archive.read(name).decode("utf-8"))
    except ValueError as problem:
        refuse(path, f"holds {name!r}, which is not JSON ({problem})")
    if not isinstance(found, dict):
        refuse(path, f"holds {name!r}, which is no record")
    if sum(1 for _ in everything(found)) > _MOST_RECORDS:
        refuse(path, f"holds {name!r} with more than {_MOST_RECORDS:,} parts")
    return found


def everything(record: Any) -> Iterator[Any]:
    """All records and lists in plain data, outer ones first."""
    waiting = [record]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting += reversed(item.values())
        elif isinstance(item, list):
            yield item
            waiting += reversed(item)


def write(path: Path, archive: Archive, overwrite: bool, saved: str) -> None:
    """Writes the archive completely or not at all.

    Args:
        path: the file.
        archive: what it holds.
        overwrite: whether to replace a file that exists.
        saved: when, as Keras writes it.

    Raises:
        InvalidArgument: the file exists, and ``overwrite`` is False.
    """
    metadata = {"keras_version": archive.version, "date_saved": saved}
    members = {
        _METADATA: json.dumps(metadata).encode(),
        _CONFIG: json.dumps(archive.config).encode(),
        _WEIGHTS: archive.weights,
    }
    with fresh(path, overwrite) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as into:
        for name, member in members.items():
            into.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), member)


def fresh(path: Path, overwrite: bool) -> Any:
    """A file to write that replaces this one once it is complete.

    Raises:
        InvalidArgument: there is one, and ``overwrite`` is False.
    """
    if not overwrite and path.exists():
        raise InvalidArgument(f"{str(path)!r} exists already. Use overwrite=True to replace it.")
    return replacing(path)
