"""The container: a zip of JSON documents and safetensors tables, written completely or not at all.

Nothing in a file is executed, and nothing in it is trusted. Members are stored without compression
and do not overlap, so that a small file cannot expand into a large one. The manifest lists every
member with its length, and the zip's CRC-32 checks it. Tables have the types of numbers that belong
to their name. Anything else is a :class:`~trimtab.errors.FileFormatError`. Members are read into
memory, never extracted to disk.
"""

from __future__ import annotations

import errno
import json
import math
import os
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from trimtab.core import checks
from trimtab.core.replacing import replacing
from trimtab.core.version import __version__
from trimtab.core.words import brief
from trimtab.errors import FileFormatError, InvalidArgument

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "EXTENSION",
    "FORMAT",
    "Contents",
    "checked_path",
    "holds_container",
    "is_container",
    "read",
    "refuse",
    "write",
]

#: Increases when older versions of trimtab could not read the file correctly.
FORMAT = 1
EXTENSION = ".trimtab"

#: What to do about a file that trimtab did not write.
_OURS = "Pass a file written by trimtab train or model.save()."

_MANIFEST = "manifest.json"
_DOCUMENT = ".json"
_TABLE = ".safetensors"
#: The most bytes of a manifest, which is a page of text.
_LARGEST_MANIFEST = 1 << 20
#: The types of numbers in tables, by the last part of their names; float32 in all others.
_NUMBERS = {
    "preprocessing": frozenset({"float32", "float64", "int64"}),
    "prints": frozenset({"uint64"}),
    "calibration": frozenset({"float64", "int64"}),
    "looked": frozenset({"float32", "float64"}),
    "callbacks": frozenset(
        {"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"}
        | {"float16", "float32", "float64"}
    ),
}
_WEIGHTS = frozenset({"float32"})
#: What formats of Keras are, where a file of trimtab is written; longer endings first.
_OF_KERAS = {
    ".weights.h5": "Keras' format of weights alone, which model.save_weights() writes.",
    ".keras": "Keras' format, which holds one network and nothing of its table.",
    ".hdf5": "Keras' old format, which trimtab does not write; Keras 3 reads '{stem}.keras'.",
    ".h5": "Keras' old format, which trimtab does not write; Keras 3 reads '{stem}.keras'.",
}
_EPOCH = (1980, 1, 1, 0, 0, 0)  # no time stamp: the same model gives the same bytes


@dataclass
class Contents:
    """What a file holds.

    Attributes:
        kind: ``model``, ``weights``, ``committee`` or ``predictor``.
        documents: Name -> plain data; infinities and NaN are kept.
        tables: Name -> arrays by name; float32 unless ``_NUMBERS`` says otherwise.
    """

    kind: str
    documents: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, dict[str, NDArray[Any]]] = field(default_factory=dict)

    def nest(self, prefix: str, other: Contents) -> None:
        """Adds the contents of another file, ``name`` as ``prefix/name``."""
        for name, document in other.documents.items():
            self.documents[f"{prefix}/{name}"] = document
        for name, table in other.tables.items():
            self.tables[f"{prefix}/{name}"] = table

    def nested(self, prefix: str, kind: str) -> Contents:
        """The contents that :meth:`nest` added, with their own names."""
        start = f"{prefix}/"
        return Contents(
            kind,
            {k.removeprefix(start): v for k, v in self.documents.items() if k.startswith(start)},
            {k.removeprefix(start): v for k, v in self.tables.items() if k.startswith(start)},
        )


def checked_path(filepath: str | os.PathLike[str], name: str = "filepath") -> Path:
    """The path to write: with ``.trimtab`` if it has no extension.

    Args:
        filepath: As the user has it.
        name: What messages call it.

    Raises:
        InvalidArgument: It is no path, or its extension is that of a Keras format.
    """
    path = checks.path(name, filepath)
    lower = path.name.lower()
    end = next((each for each in _OF_KERAS if lower.endswith(each)), None)
    if end is not None:
        stem = path.name[: -len(end)] or "model"
        raise InvalidArgument(
            f"{path.name!r} names {_OF_KERAS[end].format(stem=stem)} Use {stem + EXTENSION!r}."
        )
    # The number in a name ("0.25") is no extension.
    if not path.suffix[1:2].isalpha():
        path = path.with_name(path.name + EXTENSION)
    return path


def is_container(filepath: str | os.PathLike[str]) -> bool:
    """Whether a path names a file that trimtab wrote; its contents are not checked.

    Example:
        >>> is_container("no such file")
        False
    """
    try:
        path = _existing(Path(os.fspath(filepath)))
        if not path.is_file():  # opening a pipe would wait for a writer
            return False
        with zipfile.ZipFile(path) as archive:
            return holds_container(archive)
    except (OSError, ValueError, zipfile.BadZipFile):
        return False


def holds_container(archive: zipfile.ZipFile) -> bool:
    """Whether an open zip archive is a container, judged by its manifest."""
    try:
        entry = archive.getinfo(_MANIFEST)
        if entry.file_size > _LARGEST_MANIFEST or entry.flag_bits & 1:
            return False
        manifest = _from_json(archive.read(entry))
    except (KeyError, OSError, RuntimeError, ValueError, zipfile.BadZipFile):
        return False
    return isinstance(manifest, dict) and manifest.get("format") == "trimtab"


def write(path: Path, contents: Contents, overwrite: bool, *, previous: Path | None = None) -> None:
    """Writes a file completely or not at all.

    Args:
        path: The file.
        contents: What it holds.
        overwrite: Whether to replace a file that exists.
        previous: Where the file that is replaced stays; None: nowhere.

    Raises:
        InvalidArgument: The file exists, and ``overwrite`` is False.
    """
    if not overwrite and path.exists():
        raise InvalidArgument(f"{str(path)!r} exists already. Use overwrite=True to replace it.")
    from safetensors.numpy import save

    members = {
        name + _DOCUMENT: _to_json(document).encode()
        for name, document in contents.documents.items()
    }
    members |= {name + _TABLE: save(table) for name, table in contents.tables.items()}
    manifest = {
        "format": "trimtab",
        "version": FORMAT,
        "kind": contents.kind,
        "written_by": f"trimtab {__version__}",
        "members": {name: len(member) for name, member in members.items()},
    }
    members = {_MANIFEST: _to_json(manifest).encode(), **members}
    with (
        replacing(path, previous) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
    ):
        for name, member in members.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), member)


def read(filepath: str | os.PathLike[str]) -> Contents:
    """Reads and checks a file.

    Args:
        filepath: The file; ``.trimtab`` may be left out.

    Raises:
        FileNotFoundError: There is no such file.
        FileFormatError: It is damaged, no trimtab file, or written by a newer trimtab.
    """
    path = _existing(checks.path("filepath", filepath))
    if path.is_dir():
        refuse(path, "is a folder, not a model file")
    if not path.is_file():  # opening a pipe would wait for a writer
        refuse(path, "is not a regular file", _OURS)
    try:
        with path.open("rb") as file:
            _check_start(path, file)
            with zipfile.ZipFile(file) as archive:
                return _read(path, archive)
    except FileFormatError:
        raise
    except (ValueError, RecursionError, OverflowError, MemoryError) as problem:
        refuse(path, f"does not match its manifest ({type(problem).__name__})")
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as problem:
        refuse(path, f"is damaged ({problem})")
    except OSError as problem:
        if problem.errno != errno.EINVAL:  # a seek before the start of the file
            raise
        refuse(path, "is damaged (it points outside itself)")


def _existing(path: Path) -> Path:
    """The path, with ``.trimtab`` if only that file exists."""
    if path.exists():
        return path
    with_extension = path.with_name(path.name + EXTENSION)
    if not with_extension.exists():
        raise FileNotFoundError(f"there is no file {brief(str(path), 300)}.")
    return with_extension


def refuse(path: Path | str, problem: str, advice: str | None = None) -> NoReturn:
    """Refuses a file; all such messages come from here."""
    advice = "Save the model again with model.save()." if advice is None else advice
    raise FileFormatError(f"{str(path)!r} {problem}. {advice}")


def _check_start(path: Path, file: BinaryIO) -> None:
    start = file.read(8)
    file.seek(0)
    if not start:
        refuse(path, "is empty")
    if start.startswith(b"\x89HDF"):
        refuse(
            path,
            "is an HDF5 file, the format of Keras' .h5",
            "Load it in Keras 3 and save it as .keras; files of weights alone end in .weights.h5.",
        )
    if not start.startswith(b"PK"):
        refuse(path, "is not a trimtab file", _OURS)


def _read(path: Path, archive: zipfile.ZipFile) -> Contents:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if _MANIFEST not in names:
        if "model.weights.h5" in names or "config.json" in names:
            refuse(
                path,
                "is a .keras file, a network without a table",
                "Use trimtab.load_model() on a name that ends in .keras.",
            )
        refuse(path, "is not a trimtab file", _OURS)
    if len(set(names)) != len(names):
        refuse(path, "has two members of the same name")
    total = os.fstat(archive.fp.fileno()).st_size  # type: ignore[union-attr]
    for entry in entries:
        stored = (
            entry.compress_type == zipfile.ZIP_STORED and entry.file_size == entry.compress_size
        )
        if not stored or entry.flag_bits & 1 or entry.file_size > total:
            refuse(
                path,
                f"holds {entry.filename!r} compressed or encrypted, which trimtab never writes",
            )
    if sum(entry.file_size for entry in entries) > total:
        refuse(path, "holds members that overlap")
    sizes = {entry.filename: entry.file_size for entry in entries}
    if sizes[_MANIFEST] > _LARGEST_MANIFEST:
        refuse(path, "has a manifest that is too large")
    manifest = _from_json(archive.read(_MANIFEST))
    if not isinstance(manifest, dict) or manifest.get("format") != "trimtab":
        refuse(path, "is not a trimtab file", _OURS)
    version = manifest.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        refuse(path, f"has the unknown format version {version!r}")
    if version > FORMAT:
        refuse(
            path,
            f"was written by a newer trimtab (format {version}; this one reads up to {FORMAT})",
            "Update with: pip install --upgrade trimtab.",
        )
    listed = manifest.get("members")
    if listed != {name: size for name, size in sizes.items() if name != _MANIFEST}:
        refuse(path, "has other members than its manifest lists")
    contents = Contents(kind=str(manifest.get("kind")))
    for name in listed:
        data = archive.read(name)
        if name.endswith(_DOCUMENT):
            contents.documents[name.removesuffix(_DOCUMENT)] = _from_json(data)
        elif name.endswith(_TABLE):
            contents.tables[name.removesuffix(_TABLE)] = _table(path, name, data)
        else:
            refuse(path, f"holds {name!r}, which is neither JSON nor safetensors")
    return contents


def _table(path: Path, name: str, data: bytes) -> dict[str, NDArray[Any]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        table = load(data)
    except (SafetensorError, KeyError, TypeError, ValueError) as problem:
        refuse(path, f"holds {name!r}, which is damaged ({problem})")
    known = _NUMBERS.get(name.removesuffix(_TABLE).rsplit("/", 1)[-1], _WEIGHTS)
    for key, array in table.items():
        if str(array.dtype) not in known:
            refuse(path, f"holds {key!r} as {array.dtype} instead of {' or '.join(sorted(known))}")
    return table


# -- JSON with nan and infinity -------------------------------------------------------------------

_WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def _to_json(value: Any) -> str:
    return json.dumps(_encoded(value), allow_nan=False, sort_keys=False, separators=(",", ":"))


def _encoded(value: Any) -> Any:
    """JSON has no NaN or infinity: they become ``{"float": "nan"}``."""
    if isinstance(value, dict):
        return {str(key): _encoded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encoded(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(float(value))}
    if hasattr(value, "item"):  # a NumPy number
        return _encoded(value.item())
    return value


def _from_json(data: bytes) -> Any:
    def whole(pairs: list[tuple[str, Any]]) -> Any:
        record = dict(pairs)
        if len(record) != len(pairs):
            raise ValueError("a key comes twice")
        if record.keys() == {"float"} and record["float"] in _WORDS:
            return _WORDS[record["float"]]
        return record

    def constant(text: str) -> Any:
        raise ValueError(f"{text} is not JSON")

    return json.loads(data.decode("utf-8"), object_pairs_hook=whole, parse_constant=constant)
