"""Where bytes come from: a file or standard input, compressed or not."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from trimtab.core import checks
from trimtab.core.container import holds_container
from trimtab.core.words import brief, count
from trimtab.errors import InvalidData
from trimtab.tables.files import signatures
from trimtab.tables.files.named import SHIPPED
from trimtab.tables.files.table import NoRows

__all__ = ["COMPRESSIONS", "Source", "located"]

COMPRESSIONS = ("none", "gzip", "bz2", "xz", "zip", "zstd")

#: Bytes from which the format is detected.
HEAD = 1 << 18

_DAMAGED = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError)


@dataclass(frozen=True)
class Source:
    """A file that can be opened again and again.

    Args:
        path: Its path.
        name: What messages call it.
        compression: How it is compressed.
    """

    path: Path
    name: str
    compression: str

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """The file's bytes, decompressed."""
        with self.path.open("rb") as raw, _unpacked(raw, self.compression, self.name) as file:
            yield _Guarded(file, self.name)  # type: ignore[misc]

    def head(self, size: int = HEAD) -> bytes:
        """The first bytes, decompressed; fewer than ``size`` only if that is the whole file."""
        head = b""
        with self.opened() as file:
            while len(head) < size and (more := file.read(size - len(head))):
                head += more
        return head


class _Guarded(io.RawIOBase):
    """A file whose decompression errors are one sentence."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self._name = name

    def read(self, size: int = -1) -> bytes:
        try:
            return self._file.read(size)
        except _DAMAGED as problem:
            raise InvalidData(
                f"{self._name} is damaged or truncated: {problem}. Download it again."
            ) from None


@contextmanager
def located(source: str | os.PathLike[str], compression: str | None) -> Iterator[Source]:
    """A path, or ``"-"`` for standard input, as a file that can be opened again and again."""
    if compression is not None:
        checks.choice("compression", compression, COMPRESSIONS)
    text = str(os.fspath(source))
    if "\n" in text or "\0" in text:
        raise InvalidData(
            f"data must be a path, received a text of {count(text.count(chr(10)) + 1, 'line')}: "
            f"{brief(text, 60)}. Pass pandas.read_csv(io.StringIO(text)) if it is a table."
        )
    if os.fspath(source) == "-":
        with tempfile.TemporaryDirectory(prefix="trimtab-") as folder:
            path = Path(folder) / "standard-input"
            with path.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
            yield _packed(path, "standard input", compression)
    else:
        path = Path(source)
        yield _packed(path, path.name, compression, source)


def _packed(path: Path, name: str, compression: str | None, given: object = None) -> Source:
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except FileNotFoundError:
        raise InvalidData(
            f"there is no file {brief(str(given), 300)}. {_near(path, str(given))}"
        ) from None
    except IsADirectoryError:
        raise InvalidData(f"{str(path)!r} is a folder, not a table. Name a file in it.") from None
    except OSError as problem:
        raise InvalidData(f"{brief(str(path), 300)} cannot be read: {problem.strerror}.") from None
    if not head:
        raise NoRows(f"{name} is empty. A table needs a line of column names and rows of values.")
    found = signatures.compression_of(head)
    if found == "zip" and _office(path):
        found = "none"
    return Source(path, name, compression or found)


def _office(path: Path) -> bool:
    """Whether a zip archive is an Excel or OpenDocument file."""
    try:
        with zipfile.ZipFile(path) as archive:
            return not {"[Content_Types].xml", "mimetype"}.isdisjoint(archive.namelist())
    except _DAMAGED:
        return False  # opening it will say so


def _near(path: Path, given: str) -> str:
    if "://" in given:
        return (
            "Web addresses are not supported. Download the file and name it, or pass "
            f"pandas.read_csv({brief(given)}) in Python."
        )
    try:
        beside = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        beside = []
    # The ending alone makes no name alike: bus.csv is not meant by car.csv.
    alike = [each for each in (*beside, *SHIPPED) if checks.nearest(path.stem, [Path(each).stem])]
    hint = checks.nearest(path.name, alike)
    return hint or f"Name a file, '-' for standard input, or {checks.listing(SHIPPED)}."


@contextmanager
def _unpacked(raw: IO[bytes], compression: str, name: str) -> Iterator[Any]:
    if compression == "zip":
        with _member(raw, name) as file:
            yield file
    elif compression == "zstd":
        with _zstd(raw, name) as file:
            yield file
    elif compression == "none":
        yield raw
    else:
        opener: Any = {"gzip": gzip.open, "bz2": bz2.open, "xz": lzma.open}[compression]
        with opener(raw) as file:
            yield file


@contextmanager
def _member(raw: IO[bytes], name: str) -> Iterator[IO[bytes]]:
    """The one file in a zip archive."""
    try:
        archive = zipfile.ZipFile(raw)
    except _DAMAGED as problem:
        raise InvalidData(
            f"{name} is damaged or truncated: {problem}. Download it again."
        ) from None
    with archive:
        # macOS adds files of its own.
        members = [
            member
            for member in archive.infolist()
            if not member.is_dir() and not member.filename.startswith("__MACOSX/")
        ]
        if holds_container(archive):
            raise InvalidData(
                f"{name} is a model, not a table. See what it holds with: trimtab show {name}"
            )
        if len(members) != 1:
            listed = checks.listing(member.filename for member in members[:5])
            raise InvalidData(
                f"{name} is a zip archive of {len(members)} files"
                + (f" ({listed}{', ...' if len(members) > 5 else ''})" if members else "")
                + ". Extract the one with the table and name that."
            )
        if members[0].flag_bits & 1:
            raise InvalidData(f"{name} is a zip archive with a password. Extract the table first.")
        try:
            file = archive.open(members[0])
        except (*_DAMAGED, NotImplementedError) as problem:
            raise InvalidData(
                f"{name} cannot be decompressed: {problem}. Decompress it first."
            ) from None
        with file:
            yield file


@contextmanager
def _zstd(raw: IO[bytes], name: str) -> Iterator[Any]:
    try:
        import pyarrow as pa
    except ImportError:
        raise InvalidData(
            f"{name} is compressed with Zstandard, which needs pyarrow: "
            "pip install 'trimtab[files]'."
        ) from None
    with pa.CompressedInputStream(pa.PythonFile(raw), "zstd") as file:
        yield file


def unpacked_copy(source: Source, folder: str) -> Path:
    """The decompressed file in a folder, for readers that need to jump about in it."""
    if source.compression == "none":
        return source.path
    path = Path(folder) / "unpacked"
    with source.opened() as packed, path.open("wb") as file:
        while block := packed.read(1 << 20):
            file.write(block)
    return path
