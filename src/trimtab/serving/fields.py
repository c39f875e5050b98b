"""The columns that a request may have: what each may hold, and what is usual in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.predictor.base import PredictorBase
from trimtab.tables.columns import dates
from trimtab.tables.columns.column import Column
from trimtab.tables.preprocessing.also_categories import AlsoCategories
from trimtab.tables.preprocessing.categories import Codes, OneHot
from trimtab.tables.preprocessing.dates import Moment
from trimtab.tables.preprocessing.numeric import Numeric
from trimtab.tables.preprocessing.step import Step

__all__ = ["MOST_CATEGORIES", "Field", "fields_of", "usual_row"]

#: Categories of a column that a form offers; of more, only these are listed.
MOST_CATEGORIES = 1000


@dataclass(frozen=True)
class Field:
    """A column that predictions depend on.

    Attributes:
        column: Name, kind and writing.
        usual: The median of numbers and dates, the more frequent of yes and no, the commonest
            category; None if it is not known.
        categories: Of a column of categories those with inputs of their own; rare ones are not
            listed.
        gaps: Whether training rows had missing cells in it.
    """

    column: Column
    usual: Any
    categories: tuple[str, ...] = ()
    gaps: bool = False

    @property
    def name(self) -> str:
        """The column's name."""
        return self.column.name

    @property
    def kind(self) -> str:
        """The column's kind."""
        return self.column.kind

    def record(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "name": self.name,
            "kind": self.kind,
            "usual": self.usual,
            "format": self.column.format,
            "gaps": self.gaps,
            "categories": list(self.categories[:MOST_CATEGORIES]),
        }


def fields_of(predictor: PredictorBase) -> tuple[Field, ...]:
    """The columns that inputs are made of, in the order of the training table.

    Example:
        >>> import trimtab
        >>> data = {"size": [1, 2, 2, 4] * 10, "hue": ["red", "red", "blue", "red"] * 10}
        >>> y = [5.0, 6, 8, 9] * 10
        >>> predictor = trimtab.train(data, y, epochs=1, layers="4 relu", effort="quick")
        >>> [(field.name, field.usual) for field in fields_of(predictor)]
        [('size', 2), ('hue', 'red')]
    """
    steps: dict[str, Step] = {}
    for step in predictor.preprocessor.steps:
        steps.setdefault(step.source, step)
    return tuple(
        _field(column, steps[column.name])
        for column in predictor.schema.features
        if column.name in steps
    )


def usual_row(fields: tuple[Field, ...]) -> dict[str, Any]:
    """A made-up row, the usual value in each column: it is no row of the table."""
    return {field.name: field.usual for field in fields}


def _field(column: Column, step: Step) -> Field:
    if isinstance(step, OneHot | Codes):
        vocabulary = step.vocabulary
        commonest = vocabulary.commonest or next(iter(vocabulary.categories), None)
        return Field(column, commonest, vocabulary.categories, vocabulary.missing != "never")
    if isinstance(step, Numeric | AlsoCategories):
        numeric = step.numeric if isinstance(step, AlsoCategories) else step
        usual = bool(numeric.fill) if column.kind == "boolean" else _plain(numeric.fill)
        return Field(column, usual, gaps=numeric.flagged)
    if isinstance(step, Moment):
        return Field(column, _written(column, step), gaps=step.flagged)
    return Field(column, None)


def _plain(number: float) -> float | int:
    """Whole numbers without a point; others as short as float32 is precise."""
    return int(number) if number == int(number) else float(f"{number:.7g}")


def _written(column: Column, step: Moment) -> str:
    import pandas as pd

    moment = pd.Timestamp(np.datetime64(step.fill, "ns"))
    if column.kind == "time":
        return f"{moment:%H:%M:%S}"
    if column.format not in ("", dates.ISO):
        return moment.strftime(column.format)
    return f"{moment:%Y-%m-%d}" if moment == moment.normalize() else f"{moment:%Y-%m-%d %H:%M:%S}"
