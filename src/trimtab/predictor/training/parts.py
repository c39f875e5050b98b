"""The rows that train, validate and test a network, and its inputs from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles, Floats
from trimtab.engines.base import Rows

if TYPE_CHECKING:
    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.files.table import Table
    from trimtab.tables.preprocessing import Preprocessor, Unseen

__all__ = ["Chosen", "balanced_rows", "numbered", "prepared"]

Numbers = NDArray[np.int64]


@dataclass
class Chosen:
    """Rows of a table, with their targets, weights and groups.

    Attributes:
        table: they are in.
        rows: their numbers.
        y: targets in their own units, ``(rows,)`` or, of several, ``(rows, targets)``; or class
            numbers.
        weights: of the rows; None: all are equal.
        groups: the group number of each row; None where every row is a draw by itself.
    """

    table: Table
    rows: Numbers
    y: Doubles
    weights: Doubles | None
    groups: Numbers | None

    @classmethod
    def of(
        cls, schema: Schema, table: Table, rows: Numbers, groups: Numbers | None = None
    ) -> Chosen:
        """Targets and weights of rows.

        Args:
            groups: of all rows of the table.
        """
        weights = None
        for name in schema.role("weight"):
            weights = schema.values(table, name, rows)
        return cls(
            table,
            rows,
            schema.targets(table, rows),
            weights,
            None if groups is None else groups[rows],
        )

    def taken(self, numbers: Numbers) -> Chosen:
        """Some of the rows, by their numbers in the table (sorted, as all are)."""
        places = np.searchsorted(self.rows, numbers)
        return Chosen(
            self.table,
            numbers,
            self.y[places],
            None if self.weights is None else self.weights[places],
            None if self.groups is None else self.groups[places],
        )

    def __len__(self) -> int:
        return len(self.rows)


def prepared(
    preprocessor: Preprocessor,
    chosen: Sequence[Chosen],
    *,
    balanced: bool,
    consume: bool,
    report: Unseen,
) -> list[Rows]:
    """Inputs, targets and weights of parts; each column of a table is visited once.

    Args:
        preprocessor: fitted.
        chosen: the parts, the one to train on first.
        balanced: whether all classes weigh the same in training.
        consume: release columns of the table once they are prepared.
        report: counts what rows held out have that training rows lack.
    """
    targets = [preprocessor.targets(each.table, each.rows) for each in chosen]
    inputs: dict[int, Floats] = {}
    for table in {id(each.table): each.table for each in chosen}.values():
        own = [number for number, each in enumerate(chosen) if each.table is table]
        report.begin()
        report.named = table is chosen[0].table  # when it was read
        made = preprocessor.transform_parts(
            table, [chosen[number].rows for number in own], consume=consume, report=report
        )
        report.named = False
        report.check()
        inputs |= dict(zip(own, made, strict=True))
    found = []
    for number, (each, y) in enumerate(zip(chosen, targets, strict=True)):
        weights = None if each.weights is None else _relative(each.weights)
        if balanced and number == 0:  # class weights are for training
            weights = _balanced(each, weights)
        w = None if weights is None else weights.astype(np.float32)
        found.append(Rows(inputs[number], y, w))
    return found


def balanced_rows(chosen: Chosen, rows: Rows) -> Rows:
    """The same rows with weights that make all classes count the same."""
    weights = None if chosen.weights is None else _relative(chosen.weights)
    return Rows(rows.x, rows.y, _balanced(chosen, weights).astype(np.float32))


def _relative(weights: Doubles) -> Doubles:
    """Weights with mean 1, so that losses are means over rows in the target's own units."""
    largest = float(weights.max())
    if not largest > 0:
        return weights
    shares = weights / largest  # the sum of large ones may be more than float64 holds
    return np.asarray(shares / shares.mean())


def _balanced(chosen: Chosen, weights: Doubles | None) -> Doubles:
    """Weights that make all classes count the same: ``n / (classes * n of the class)``."""
    own = np.ones(len(chosen)) if weights is None else weights
    classes = chosen.y.astype(np.int64)
    sums = np.bincount(classes, weights=own)
    # A class whose rows all have weight 0 keeps it.
    factors = own.sum() / (np.count_nonzero(sums) * np.where(sums > 0, sums, math.inf))
    return np.asarray(own * factors[classes])


def numbered(schema: Schema, table: Table, name: str) -> Numbers:
    """A number for each value of a column; missing is a value."""
    from trimtab.tables.columns.equality import coded

    codes, uniques = coded(table, schema.column(name))
    return np.where(codes < 0, len(uniques), codes)
