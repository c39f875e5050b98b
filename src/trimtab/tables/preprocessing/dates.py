"""Dates and times: the time since the first one, and the place in year, week and day.

Times of day alone are dates of one day, of which only the place in the day counts.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks, records
from trimtab.core.types import Doubles, Floats
from trimtab.errors import InvalidArgument
from trimtab.tables.preprocessing.auto_scaling import fit_scaling
from trimtab.tables.preprocessing.scaling import Quantile, Scaling, scaling_from_record
from trimtab.tables.preprocessing.step import OutputColumn, Unseen

__all__ = ["CLOCK", "PARTS", "Moment", "circle", "fit_moment"]

Instants = NDArray[np.int64]

_MINUTE = 60 * 10**9
_DAY = 24 * 60 * _MINUTE


def circle(steps: int) -> tuple[Doubles, Doubles]:
    """Sine and cosine of so many steps around a circle, as a table: the same bits in every row."""
    angles = [2.0 * math.pi * step / steps for step in range(steps)]
    return np.array([math.sin(a) for a in angles]), np.array([math.cos(a) for a in angles])


_MONTHS, _WEEKDAYS, _MINUTES = circle(12), circle(7), circle(24 * 60)


def _in_unit(instants: Instants, unit: str) -> Instants:
    return instants.view("datetime64[ns]").astype(f"datetime64[{unit}]").view(np.int64)


def _elapsed(instants: Instants, origin: int) -> Doubles:
    days, rest = np.divmod(instants, _DAY)
    first, first_rest = divmod(origin, _DAY)
    return (days - first) + (rest - first_rest) / _DAY


def _year(instants: Instants, origin: int) -> Doubles:
    return (_in_unit(instants, "Y") + 1970).astype(np.float64)


def _day_of_year(instants: Instants, origin: int) -> Doubles:
    years = _in_unit(instants, "Y").view("datetime64[Y]").astype("datetime64[D]")
    return (_in_unit(instants, "D") - years.view(np.int64) + 1).astype(np.float64)


def _month(instants: Instants) -> Instants:
    return _in_unit(instants, "M") % 12


def _weekday(instants: Instants) -> Instants:
    return (instants // _DAY + 3) % 7  # the first of January 1970 was a Thursday


def _minute(instants: Instants) -> Instants:
    return instants % _DAY // _MINUTE


@functools.cache
def _seconds_around() -> tuple[Doubles, Doubles]:
    return circle(24 * 60 * 60)


def _second(part: int) -> Callable[[Instants, int], Doubles]:
    return lambda instants, origin: _seconds_around()[part][instants % _DAY // 10**9]


def _around(
    place: Callable[[Instants], Instants], circle: tuple[Doubles, Doubles], part: int
) -> Callable[[Instants, int], Doubles]:
    return lambda instants, origin: circle[part][place(instants)]


#: Name of a part -> its number for each instant (nanoseconds since 1970), given the first instant
#: of the training rows. In the order of the columns.
PARTS: Mapping[str, Callable[[Instants, int], Doubles]] = {
    "days elapsed": _elapsed,
    "year": _year,
    "day of year": _day_of_year,
    "month sin": _around(_month, _MONTHS, 0),
    "month cos": _around(_month, _MONTHS, 1),
    "weekday sin": _around(_weekday, _WEEKDAYS, 0),
    "weekday cos": _around(_weekday, _WEEKDAYS, 1),
    "time of day sin": _around(_minute, _MINUTES, 0),
    "time of day cos": _around(_minute, _MINUTES, 1),
}


#: The same for times of day, to the second.
CLOCK: Mapping[str, Callable[[Instants, int], Doubles]] = {
    "sin": _second(0),
    "cos": _second(1),
}
_ALL = {**PARTS, **CLOCK}


@dataclass(frozen=True)
class Moment:
    """A column of dates or times as several numbers, each scaled like a column of numbers.

    The parts are the days since the earliest training row, the year, the day of the year, and sine
    and cosine of month, weekday and time of day (by the minute), so that December is next to
    January; of a time of day sine and cosine alone, by the second. Parts that are the same in all
    training rows are left out. Missing cells become the
    median of the training rows, with a flag if training rows had some.

    Args:
        source: The column of the table.
        fill: What missing cells become, in nanoseconds since 1970.
        origin: The earliest training row, in nanoseconds since 1970.
        flagged: Whether there is a last input, 1 for missing cells.
        scalings: Part -> its scaling.

    Shape:
        ``(n,)`` datetime64[ns], NaT if missing, to ``(n, k)``.

    Example:
        >>> days = np.array(["2024-01-01", "2024-01-02", "2024-01-04"], "datetime64[ns]")
        >>> [column.name for column in fit_moment("sold", days).columns]
        ['sold days elapsed', 'sold day of year', 'sold weekday sin', 'sold weekday cos']
    """

    kind: ClassVar[str] = "datetime"
    source: str
    fill: int
    origin: int
    flagged: bool
    scalings: Mapping[str, Scaling]

    def __post_init__(self) -> None:
        for name in ("fill", "origin"):  # nanoseconds since 1970; -2**63 would be NaT
            checks.integer(name, getattr(self, name), minimum=1 - 2**63, maximum=2**63 - 1)
        for name in self.scalings:
            checks.choice("part of a date", name, _ALL)
        if not self.scalings and not self.flagged:
            raise ValueError("a step must write at least one column, received none.")
        ordered = {name: self.scalings[name] for name in _ALL if name in self.scalings}
        object.__setattr__(self, "scalings", ordered)

    @classmethod
    def from_record(cls, document: Any, arrays: Mapping[str, Any]) -> Moment:
        document = dict(document)
        parts = document.pop("scalings", None)
        if not isinstance(parts, dict):
            raise InvalidArgument(f"scalings must be a dict, received {parts!r:.40}.")
        own: dict[str, dict[str, Any]] = {name: {} for name in parts}
        for key, array in arrays.items():
            name, _, rest = key.partition("/")
            own[name][rest] = array
        scalings = {name: scaling_from_record(part, own[name]) for name, part in parts.items()}
        return records.from_record(cls, document, scalings=scalings)

    def record(self) -> tuple[dict[str, Any], Mapping[str, Doubles]]:
        scalings, arrays = {}, {}
        for name, scaling in self.scalings.items():
            scalings[name], own = scaling.record()
            arrays.update({f"{name}/{key}": array for key, array in own.items()})
        return records.to_record(self, without=("scalings",)) | {"scalings": scalings}, arrays

    @property
    def columns(self) -> tuple[OutputColumn, ...]:
        columns = [
            OutputColumn(f"{self.source} {name}", self.source, scaling.kind)
            for name, scaling in self.scalings.items()
        ]
        if self.flagged:
            columns.append(OutputColumn(f"{self.source} missing", self.source, "flag"))
        return tuple(columns)

    @property
    def of_day(self) -> bool:
        """Whether the column holds times of day."""
        return all(name in CLOCK for name in self.scalings) and bool(self.scalings)

    def transform(self, values: NDArray[Any], out: Floats, unseen: Unseen) -> None:
        missing = np.isnat(values)
        cells = int(np.count_nonzero(missing))
        instants = _instants(values)
        if cells:
            instants = np.where(missing, np.int64(self.fill), instants)
        for place, (name, scaling) in enumerate(self.scalings.items()):
            out[:, place] = scaling.apply(_ALL[name](instants, self.origin))
        if self.flagged:
            out[:, -1] = missing
        elif cells:
            fill = str(np.datetime64(self.fill, "ns"))
            day, _, time = fill.partition("T")
            unseen.absent(self.source, cells, f"counted as {time[:8] if self.of_day else day}")


def _instants(values: NDArray[Any]) -> Instants:
    return np.ascontiguousarray(values, "datetime64[ns]").view(np.int64)


def fit_moment(
    source: str,
    values: NDArray[Any],
    scaling: str = "auto",
    weights: Doubles | None = None,
    parts: Mapping[str, Callable[[Instants, int], Doubles]] = PARTS,
) -> Moment | None:
    """Fits the step for a column of dates or times of day.

    Args:
        source: The column of the table.
        values: ``(n,)`` datetime64[ns], NaT if missing.
        scaling: Scaling of the parts; see
            :func:`trimtab.tables.preprocessing.auto_scaling.fit_scaling`. ``"auto"`` uses
            ``"robust"`` instead of ``"quantile"``.
        weights: Weights of the rows.
        parts: The parts to write: :data:`PARTS`, or :data:`CLOCK` for times of day.

    Returns:
        The step, or None if there is nothing to learn from.
    """
    missing = np.isnat(values)
    if missing.all():
        return None
    flagged = bool(missing.any())
    instants = _instants(values[~missing] if flagged else values)
    if flagged and weights is not None:
        weights = weights[~missing]
    origin = int(instants.min())
    scalings = {}
    for name, part in parts.items():
        numbers = part(instants, origin)
        fitted = fit_scaling(numbers, scaling, weights)
        if scaling == "auto" and isinstance(fitted, Quantile):
            # New rows are later than all training rows, where ranks no longer grow.
            fitted = fit_scaling(numbers, "robust", weights)
        if fitted is not None:
            scalings[name] = fitted
    if not scalings and not flagged:
        return None
    middle = len(instants) // 2
    return Moment(source, int(np.partition(instants, middle)[middle]), origin, flagged, scalings)
