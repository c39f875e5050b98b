"""File formats of other libraries, by the end of a file's name.

Models save and load them, and the rooms that write and read them lie above models: the package
enters these here, and they are imported when the first file asks for one.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, cast

__all__ = ["Format", "Weights", "enter", "module", "named_by"]


class Weights(Protocol):
    """What reads and writes weights alone."""

    def save_weights(self, model: Any, path: Path, overwrite: bool) -> None: ...

    def load_weights(self, model: Any, path: Path) -> None: ...


class Format(Weights, Protocol):
    """What reads and writes whole models, too."""

    def save(self, model: Any, path: Path, overwrite: bool) -> None: ...

    def load(self, path: Path, custom_objects: Mapping[str, Any] | None, compiled: bool) -> Any: ...


_PLACES: dict[str, str] = {}


def enter(name: str, place: str) -> None:
    """Enters a module under the end of a file's name, or under the name of a library.

    Args:
        name: ``".keras"``, say.
        place: the module's name.
    """
    _PLACES[name] = place


def module(name: str) -> Any:
    """The module that was entered under this name."""
    return importlib.import_module(_PLACES[name])


def named_by(filepath: str | os.PathLike[str], ending: str) -> Format | None:
    """The format of a file whose name ends like this; None of any other file.

    Args:
        filepath: the file, which need not exist.
        ending: such as ``".keras"``.

    Example:
        >>> named_by("model.trimtab", ".keras") is None
        True
    """
    if not isinstance(filepath, str | os.PathLike):
        return None
    if not os.fsdecode(os.fspath(filepath)).lower().endswith(ending):
        return None
    return cast(Format, module(ending))
