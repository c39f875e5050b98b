"""The list of tables (`tables.toml`): where each lies, what is predicted, what is left out."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

LIST = Path(__file__).parent / "tables.toml"
LIMIT = 50_000  # rows; larger tables are sampled
LARGE = 8_000  # rows from which a table counts as a large one

Task = Literal["regression", "binary", "multiclass"]


@dataclass(frozen=True)
class Table:
    """One table as listed; `drop` maps each column left out, or a pattern, to the reason."""

    name: str
    package: str
    version: str
    file: str
    target: str
    task: Task
    source: str
    licence: str
    rows: int
    columns: int
    file_sha256: str
    sha256: str
    drop: Mapping[str, str] = field(default_factory=dict)
    limit: int = LIMIT
    categories: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    unnamed: int = 0

    @property
    def requirement(self) -> str:
        return f"{self.package}=={self.version}"

    @property
    def classes(self) -> bool:
        return self.task != "regression"

    @property
    def large(self) -> bool:
        return self.rows >= LARGE

    @property
    def names(self) -> tuple[str, ...]:
        """Names of columns for a file that has none."""
        if self.unnamed:
            return (*(f"v{number + 1}" for number in range(self.unnamed)), self.target)
        return self.header


def read(path: Path = LIST) -> dict[str, Table]:
    """The tables of a list, by name, in its order."""
    with path.open("rb") as file:
        listed = tomllib.load(file)
    return {name: _table(name, fields) for name, fields in listed.items()}


@cache
def tables() -> dict[str, Table]:
    """The arena's tables."""
    return read()


def find(name: str) -> Table:
    """The table of this name.

    Raises:
        KeyError: there is none.
    """
    if name not in tables():
        raise KeyError(f"no table {name}; have {', '.join(tables())}")
    return tables()[name]


def _table(name: str, fields: dict[str, Any]) -> Table:
    lists = {key: tuple(value) for key, value in fields.items() if isinstance(value, list)}
    return Table(name=name, **fields | lists)
