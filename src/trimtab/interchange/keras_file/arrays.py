"""Arrays in the HDF5 part of a file of Keras, read with nothing of HDF5 that Keras does not use.

Keras writes plain arrays of numbers, each in one piece. Links that point elsewhere, arrays that lie
in other files or are put together from several, compressed ones, and those that are declared larger
than what is stored are refused, so what is read is never more than the file.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Floats
from trimtab.core.words import brief
from trimtab.errors import EngineError, FileFormatError
from trimtab.interchange.keras_file.archive import refuse

__all__ = ["Arrays", "arrays_in", "bytes_of", "need_h5py"]

#: What the library raises about a damaged file.
_DAMAGED = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, OverflowError)


def need_h5py() -> None:
    """Raises ``EngineError`` if h5py is not installed; does not import it."""
    if importlib.util.find_spec("h5py") is None:
        raise EngineError(
            "Files of Keras need h5py, which is not installed. Run: pip install 'trimtab[keras]'"
        )


class Arrays:
    """The groups of arrays in an open file."""

    def __init__(self, path: Path, file: Any) -> None:
        self._path, self._file = path, file

    def __contains__(self, group: str) -> bool:
        with self._said(group):
            return self._group(group) is not None

    def of(self, group: str) -> list[NDArray[Any]]:
        """The arrays ``0``, ``1``, ... of a group, in order; none if there is no such group."""
        with self._said(group):
            found = self._group(f"{group}/vars" if group else "vars")
            if found is None:
                return []
            names = list(found)
            if sorted(names) != sorted(str(number) for number in range(len(names))):
                refuse(self._path, f"has weights of unknown names in {group!r}")
            return [self._array(found, str(number)) for number in range(len(names))]

    @contextmanager
    def _said(self, group: str) -> Iterator[None]:
        try:
            yield
        except FileFormatError:
            raise
        except _DAMAGED as problem:
            refuse(self._path, f"has damaged weights in {group!r} ({brief(str(problem))})")

    def _group(self, name: str) -> Any:
        import h5py

        found = self._file
        for part in name.split("/"):
            self._check_link(found, part)
            if part not in found:
                return None
            found = found[part]
            if not isinstance(found, h5py.Group):
                refuse(self._path, f"has an array in place of the group {name!r}")
        return found

    def _check_link(self, group: Any, name: str) -> None:
        import h5py

        link = group.get(name, getlink=True)
        if link is not None and not isinstance(link, h5py.HardLink):
            refuse(
                self._path,
                f"has a link that points elsewhere in its weights, {name!r}, which Keras never "
                "writes",
            )

    def _array(self, group: Any, name: str) -> NDArray[Any]:
        import h5py

        self._check_link(group, name)
        found = group[name]
        if not isinstance(found, h5py.Dataset):
            refuse(self._path, f"has a group in place of the weight {found.name!r}")
        creation = found.id.get_create_plist()
        plain = (
            creation.get_layout() in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)
            and creation.get_external_count() == 0
            and creation.get_nfilters() == 0
            and found.dtype.kind in "fiu"
            and found.dtype.itemsize <= 8
            and found.shape is not None
        )
        size = found.dtype.itemsize * int(np.prod(found.shape, dtype=object)) if plain else 0
        if not plain or found.id.get_storage_size() != size:
            refuse(
                self._path,
                f"has the weight {found.name!r} of shape {brief(found.shape)} in another form than "
                "Keras writes: compressed, in other files, or declared larger than it is",
            )
        array: NDArray[Any] = found[()] if found.shape else np.asarray(found[()])
        return array


@contextmanager
def arrays_in(path: Path, weights: bytes) -> Iterator[Arrays]:
    """The arrays of an HDF5 file in memory.

    Args:
        path: for messages.
        weights: the file's bytes.

    Raises:
        EngineError: h5py is not installed.
        FileFormatError: it is damaged.
    """
    need_h5py()
    import h5py

    try:
        file = h5py.File(h5py.h5f.open_file_image(weights))
    except _DAMAGED as problem:
        refuse(path, f"has damaged weights ({brief(str(problem))})")
    with file:
        yield Arrays(path, file)


def bytes_of(groups: Mapping[str, tuple[str | None, Iterable[Floats | np.int32]]]) -> bytes:
    """An HDF5 file of these arrays.

    Args:
        groups: path of a group -> the name of what the arrays belong to, and the arrays.
    """
    need_h5py()
    import io

    import h5py

    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        for path, (name, arrays) in groups.items():
            group = file.require_group(f"{path}/vars" if path else "vars")
            if name is not None:
                group.attrs["name"] = name
            for number, array in enumerate(arrays):
                group[str(number)] = array
    return memory.getvalue()
