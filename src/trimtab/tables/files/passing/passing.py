"""Columns that are only passed through: handed over as they came, never read to learn from.

What is learned from becomes numbers, dates or text. An identifier must not: as float64, one gap
makes 12 a 12.0, and 9007199254740993 is another number. So the cells of such columns are kept
beside those that were read: the text of a file, or the column of a data frame with its own type.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EVERY", "NOTHING", "Passing", "beside", "of_arrow"]


class _Every(Collection[str]):
    """All columns, whatever they are called."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


EVERY = _Every()


@dataclass(frozen=True)
class Passing:
    """Which columns are passed through.

    Attributes:
        names: those to hand over as they came; :data:`EVERY`: all.
        read: columns that are read even if they are passed through.

    Example:
        >>> import trimtab
        >>> cells = {"key": [2**60 + 1, None], "size": [1.5, 2.5]}
        >>> table = trimtab.tables.read(cells, passing=trimtab.tables.Passing(["key"]))
        >>> table.passed["key"].tolist(), list(table.frame)
        ([1152921504606846977, None], ['size'])
    """

    names: Collection[str] = ()
    read: Collection[str] = ()

    def reads(self, name: str) -> bool:
        """Whether the cells of a column are read."""
        return name not in self.names or name in self.read

    def places(
        self, names: Sequence[str], hidden: Collection[int] = (), trailing: bool = False
    ) -> list[int]:
        """The places of the columns to hand over.

        Args:
            names: the names of all columns of the source.
            hidden: places of columns that are only handed over if they are asked for by name.
            trailing: whether the last column is only the end of each line.
        """
        some = range(len(names) - trailing)
        return [
            at
            for at in some
            if names[at] in self.names and (self.names is not EVERY or at not in hidden)
        ]

    def __bool__(self) -> bool:
        return self.names is EVERY or bool(self.names)


NOTHING = Passing()


def beside(columns: Mapping[str, pd.Series], index: pd.Index) -> pd.DataFrame:
    """Columns as a frame with this index; nothing is copied or converted."""
    import pandas as pd

    if not columns:
        return pd.DataFrame(index=index)
    # One object as the index of all: no alignment, which fails where labels occur twice.
    parts = [column.set_axis(index).rename(name) for name, column in columns.items()]
    return pd.concat(parts, axis=1)


def of_arrow(parts: Sequence[Any], kind: Any) -> pd.Series:
    """Arrays of Arrow as a column with their own type."""
    import pandas as pd
    import pyarrow as pa

    column = pa.chunked_array(parts, kind)
    if str(kind) == "string_view":  # pyarrow cannot take rows of these
        column = column.cast(pa.large_string())
    try:
        return pd.Series(pd.arrays.ArrowExtensionArray(column))
    except NotImplementedError:  # rare types, such as intervals of months
        return pd.Series(column.to_pylist(), dtype=object)
