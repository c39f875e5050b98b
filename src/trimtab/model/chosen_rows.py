"""Which rows of a table each model of a population uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Floats
from trimtab.engines.base import Rows
from trimtab.errors import InvalidArgument, InvalidData

__all__ = ["ChosenRows", "RowNumbers", "chosen_rows"]

RowNumbers = NDArray[np.int64]


class ChosenRows:
    """Some rows of a table, usable as :class:`Rows`; ``x`` is copied only when it is read.

    Attributes:
        chosen: row numbers; None: all rows.
    """

    def __init__(self, table: Rows, chosen: RowNumbers | None) -> None:
        self._table = table
        self.chosen = chosen
        assert table.y is not None
        self.y: Floats = table.y if chosen is None else table.y[chosen]
        weight = table.weight
        self.weight = weight if weight is None or chosen is None else weight[chosen]

    @property
    def x(self) -> Floats:
        return self._table.x if self.chosen is None else self._table.x[self.chosen]

    def __len__(self) -> int:
        return len(self.y)


def chosen_rows(
    name: str, given: Sequence[Any] | None, models: int, table: Rows
) -> list[ChosenRows]:
    """The rows of each model.

    Args:
        name: of the argument, for messages.
        given: row numbers, a mask or None for each model; None: all rows for all models.
        models: how many models there are.
        table: what the rows are chosen from.

    Raises:
        InvalidArgument: not one choice for each model.
        InvalidData: a choice is empty, or names rows that do not exist.
    """
    if given is None:
        given = [None] * models
    if len(given) != models:
        raise InvalidArgument(
            f"{name} must hold one array of row numbers per model, {models} of them, received "
            f"{len(given)}."
        )
    return [
        ChosenRows(
            table,
            None if each is None else _row_numbers(f"{name}[{number}]", each, len(table)),
        )
        for number, each in enumerate(given)
    ]


def _row_numbers(name: str, given: Any, count: int) -> RowNumbers:
    """Row numbers from row numbers or a mask."""
    array = np.asarray(given)
    if array.dtype.kind == "b":
        if array.shape != (count,):
            raise InvalidData(
                f"{name} is a mask of shape {array.shape}, but x has {count} rows. Pass one value "
                "a row, or row numbers."
            )
        array = np.flatnonzero(array)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise InvalidData(
            f"{name} must hold row numbers in one vector, received {array.dtype} of shape "
            f"{array.shape}."
        )
    if len(array) == 0:
        raise InvalidData(f"{name} has no rows. At least one is needed.")
    if array.min() < 0 or array.max() >= count:
        wrong = array.min() if array.min() < 0 else array.max()
        raise InvalidData(f"{name} names row {wrong}, but x has the rows 0 to {count - 1}.")
    return np.ascontiguousarray(array, np.int64)
