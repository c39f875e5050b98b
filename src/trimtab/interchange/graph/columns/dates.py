"""Columns of dates and times: nanoseconds since 1970 as parts of a date.

Years and months follow from whole days alone. Source: the proleptic Gregorian calendar, with years
that begin in March, so that the odd day comes last (Hinnant, "chrono-compatible low-level date
algorithms", 2013).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trimtab.interchange.graph.columns.numbers import Parts
from trimtab.interchange.graph.graph import Graph, Operand, f64, i64
from trimtab.tables.preprocessing.dates import Moment, circle

__all__ = ["MISSING", "dates"]

#: A missing date: NaT, as NumPy has it.
MISSING = -(2**63)

_MINUTE = 60 * 10**9
_DAY = 24 * 60 * _MINUTE

#: Days from the first of March of the year 0 to the first of January 1970.
_BEFORE = 719_468


def dates(graph: Graph, steps: Sequence[tuple[Moment, int]], parts: Parts) -> None:
    """Reads columns of dates and times of day.

    Args:
        graph: takes the nodes; the columns are inputs of it already, int64.
        steps: each with the first network input that it makes.
        parts: takes what is made.
    """
    for step, place in steps:
        gone = graph("Equal", step.source, i64(MISSING))
        instants = graph("Where", gone, i64(step.fill), step.source)
        calendar = _Calendar(graph, instants, step.origin)
        if step.scalings:
            values = [_PARTS[name](calendar) for name in step.scalings]
            places = [place + at for at in range(len(values))]
            parts.to_scale.append((graph.joined(values), [*step.scalings.values()], places))
        if step.flagged:
            flag = graph.cast(gone, "float32")
            parts.made.append((flag, [place + len(step.columns) - 1]))


class _Calendar:
    """Parts of instants, each made once."""

    def __init__(self, graph: Graph, instants: str, origin: int) -> None:
        self.graph, self.origin = graph, origin
        self._known: dict[str, str] = {}
        self.rest = graph("Mod", instants, i64(_DAY), fmod=0)
        self.days = graph("Div", graph("Sub", instants, self.rest), i64(_DAY))

    def whole(self, number: Operand, divisor: int) -> str:
        """The quotient of numbers that are 0 or more."""
        return self.graph("Div", number, i64(divisor))

    @property
    def elapsed(self) -> str:
        g = self.graph
        first, first_rest = divmod(self.origin, _DAY)
        days = g.cast(g("Sub", self.days, i64(first)), "float64")
        rest = g.cast(g("Sub", self.rest, i64(first_rest)), "float64")
        return g("Add", days, g("Div", rest, f64(_DAY)))

    @property
    def year(self) -> str:
        return self._once("year")

    @property
    def month(self) -> str:
        """From 0, January, to 11."""
        return self._once("month")

    def _once(self, name: str) -> str:
        if not self._known:
            self._count()
        return self._known[name]

    def _count(self) -> None:
        g, whole = self.graph, self.whole
        # Nanoseconds reach from 1677 to 2262: no number here is below 0.
        days = g("Add", self.days, i64(_BEFORE))
        era = whole(days, 146_097)
        day = g("Sub", days, g("Mul", era, i64(146_097)))
        leaps = g("Sub", whole(day, 36_524), g("Add", whole(day, 1_460), whole(day, 146_096)))
        years = whole(g("Add", day, leaps), 365)
        before = g("Add", g("Mul", years, i64(365)), g("Sub", whole(years, 4), whole(years, 100)))
        of_year = g("Sub", day, before)  # 0 on the first of March
        march = whole(g("Add", g("Mul", of_year, i64(5)), i64(2)), 153)
        new_year = whole(march, 10)  # 1 in January and February
        self._known["month"] = g("Sub", g("Add", march, i64(2)), g("Mul", new_year, i64(12)))
        passed = g("Add", g("Mul", era, i64(400)), years)
        self._known["year"] = g("Add", passed, new_year)

    @property
    def day_of_year(self) -> str:
        """1 on the first of January."""
        g, whole = self.graph, self.whole
        last = g("Sub", self.year, i64(1))
        leaps = g("Add", g("Sub", whole(last, 4), whole(last, 100)), whole(last, 400))
        # Days from the first of January of the year 1 to that of this year, then to 1970.
        first = g("Add", g("Mul", last, i64(365)), leaps)
        return g("Sub", g("Add", self.days, i64(719_163)), first)

    @property
    def weekday(self) -> str:
        return self.graph("Mod", self.graph("Add", self.days, i64(3)), i64(7), fmod=0)

    @property
    def minute(self) -> str:
        return self.whole(self.rest, _MINUTE)

    def number(self, value: str) -> str:
        return self.graph.cast(value, "float64")

    def around(self, place: str, steps: int, part: int) -> str:
        """Sine or cosine of a place on a circle of so many steps."""
        return self.graph("Gather", f64(circle(steps)[part]), place, axis=0)

    def second(self, part: int) -> str:
        """Sine or cosine of the second of the day, from those of its minute and the rest."""
        g = self.graph
        minute = self.minute
        second = self.whole(g("Sub", self.rest, g("Mul", minute, i64(_MINUTE))), 10**9)
        sines, cosines = (f64(each[:60]) for each in circle(24 * 60 * 60))
        sin, cos = (self.around(minute, 24 * 60, each) for each in (0, 1))
        small_sin, small_cos = (g("Gather", each, second, axis=0) for each in (sines, cosines))
        if part == 0:
            return g("Add", g("Mul", sin, small_cos), g("Mul", cos, small_sin))
        return g("Sub", g("Mul", cos, small_cos), g("Mul", sin, small_sin))


_PARTS: dict[str, Callable[[_Calendar], str]] = {
    "days elapsed": lambda c: c.elapsed,
    "year": lambda c: c.number(c.year),
    "day of year": lambda c: c.number(c.day_of_year),
    "month sin": lambda c: c.around(c.month, 12, 0),
    "month cos": lambda c: c.around(c.month, 12, 1),
    "weekday sin": lambda c: c.around(c.weekday, 7, 0),
    "weekday cos": lambda c: c.around(c.weekday, 7, 1),
    "time of day sin": lambda c: c.around(c.minute, 24 * 60, 0),
    "time of day cos": lambda c: c.around(c.minute, 24 * 60, 1),
    "sin": lambda c: c.second(0),
    "cos": lambda c: c.second(1),
}
