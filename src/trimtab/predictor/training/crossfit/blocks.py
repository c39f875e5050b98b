"""One matrix for all networks: rows in the order of folds, so that every fold is a block of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.engines.base import Rows
from trimtab.model.chosen_rows import ChosenRows
from trimtab.predictor.training.data import Data
from trimtab.predictor.training.job import Job
from trimtab.predictor.training.parts import Chosen, balanced_rows
from trimtab.predictor.training.preparing import Prepared, prepare
from trimtab.tables.preprocessing import Preprocessor

__all__ = ["Blocks", "prepare_blocks"]

Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Blocks:
    """The training rows of a table, divided into folds.

    Attributes:
        prepared: all parts of the table; rows to train on are in the order of folds.
        rows: those to train on, with the weights of training.
        edges: fold ``k`` is the rows from ``edges[k]`` to ``edges[k + 1]``.
        chosen: the same rows of the table, in the same order.
    """

    prepared: Prepared
    rows: Rows
    edges: Numbers
    chosen: Chosen

    def __len__(self) -> int:
        return len(self.edges) - 1

    def fold(self, number: int) -> Rows:
        """The rows of a fold, to validate on: a view."""
        whole, place = self.prepared.inputs["train"], self.place(number)
        assert whole.y is not None
        weight = None if whole.weight is None else whole.weight[place]
        return Rows(whole.x[place], whole.y[place], weight)

    def place(self, number: int) -> slice:
        """Where the rows of a fold are."""
        return slice(int(self.edges[number]), int(self.edges[number + 1]))

    def without(self, number: int) -> ChosenRows:
        """The rows of the other folds, to train on; nothing is copied but targets and weights."""
        place = self.place(number)
        others = np.arange(self.edges[-1] - (place.stop - place.start), dtype=np.int64)
        others[place.start :] += place.stop - place.start
        return ChosenRows(self.rows, others)

    def weight(self, number: int) -> float:
        """How much a fold counts: its rows, or the sum of their weights."""
        rows = self.fold(number)
        return float(len(rows) if rows.weight is None else rows.weight.sum(dtype=np.float64))


def prepare_blocks(job: Job, data: Data, preprocessor: Preprocessor | None) -> Blocks:
    """Prepares all parts of a table at once.

    Columns are prepared by all rows to train on, those of the held-out fold included: scales,
    fills and categories. The only thing of the targets in it is their mean and spread.

    Args:
        job: what was asked for.
        data: the table and its folds.
        preprocessor: fitted already, or None.
    """
    order = np.concatenate([valid for _, valid in data.folds])
    chosen = _in_order(data.parts["train"], order)
    edges = np.cumsum([0, *(len(valid) for _, valid in data.folds)], dtype=np.int64)
    prepared = prepare(
        job,
        data,
        {**data.parts, "train": chosen},
        preprocessor,
        consume=data.owned,
        balanced=False,
    )
    rows = prepared.inputs["train"]
    if job.given.class_weight is not None:
        rows = balanced_rows(chosen, rows)
    return Blocks(prepared, rows, edges, chosen)


def _in_order(rows: Chosen, order: Numbers) -> Chosen:
    """The same rows in another order, by their numbers in the table."""
    places = np.searchsorted(rows.rows, order)

    def taken(values: Any) -> Any:
        return None if values is None else values[places]

    return replace(
        rows, rows=order, y=rows.y[places], weights=taken(rows.weights), groups=taken(rows.groups)
    )
