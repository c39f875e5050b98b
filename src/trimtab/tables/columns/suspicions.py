"""What is suspicious about a table: findings in a sentence or two, with numbers and the next step.

What takes more than a look at each cell is looked for in a sample of rows, and then says so.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trimtab.core.tasks import BINARY, REGRESSION
from trimtab.core.words import count, listed
from trimtab.tables.columns import storage
from trimtab.tables.columns.copies import Copies
from trimtab.tables.columns.inference import bad_column
from trimtab.tables.columns.kinds import is_whole
from trimtab.tables.columns.schema import ON_REQUEST, Column, Schema
from trimtab.tables.columns.storage import shown

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["SUSPICIONS", "Suspicion", "suspicions"]

#: Rows of the sample; more rows would not change what is suspicious.
SAMPLE = 100_000
#: A correlation with the target that measurements do not reach.
LEAK = 0.9999
#: Where so many rows show a smaller rank correlation than this, all do not reach that one.
PROBE, PROBED = 500, 0.9
#: A column tells the target if it does so for all but this share of the rows ...
EXCEPTIONS = 0.001
#: ... and if chance would bring that about less often than this.
CHANCE = 1e-6
#: Rows of a value on average, at least and at most, for values to look like groups of rows.
GROUP_ROWS = (1.1, 20.0)
#: Fewer groups than this say nothing.
GROUPS = 20
#: Distance of the farthest value from the median, in standard deviations (by the quartiles).
TAIL = 30.0
#: A class of a smaller share is rare.
RARE = 0.02
#: Rows repeat for a reason where so many times more do than by chance.
TIMES_CHANCE = 3.0
#: Fewer rows than this are looked at in vain.
FEWEST = 20

_ID_NAME = re.compile(
    r"(?i)(^|[^a-z])(id|ids|uuid|guid|nr|no|key|code|index|row|record|serial|subject|patient|person|"
    r"customer|client|user|member|household|family|account|case)$|[a-z]ID$|[a-z]Id$"
)


@dataclass(frozen=True)
class Suspicion:
    """One thing that is worth a look before training.

    Attributes:
        what: a word that programs can rely on; one of :data:`SUSPICIONS`.
        columns: which it is about.
        text: what was seen, and what to do.
        brief: the same in one line, of what bears on how good a model seems; empty for the rest.
    """

    what: str
    columns: tuple[str, ...]
    text: str
    brief: str = ""


class _Look:
    """A table, its schema and a sample of the rows that have a target."""

    def __init__(self, table: Table, schema: Schema, most: int) -> None:
        self.table, self.schema = table, schema
        rows = schema.usable_rows(table)
        self.sampled = len(rows) > most
        if self.sampled:
            rows = np.sort(np.random.default_rng(0).choice(rows, most, replace=False))
        self.rows = rows

    @functools.cached_property
    def target(self) -> NDArray[np.float64]:
        """Targets of the sample."""
        return self.schema.targets(self.table, self.rows)

    @property
    def seen_in(self) -> str:
        """Said where only a sample was seen."""
        return f" in a sample of {len(self.rows):,} rows" if self.sampled else ""

    def numbers(self, column: Column) -> NDArray[np.float64] | None:
        """The sample's cells as numbers; None for texts."""
        if column.kind in ("category", "text"):
            return None
        values = self.schema.values(self.table, column.name, self.rows)
        if column.kind == "datetime":
            missing = np.isnat(values)
            values = np.where(missing, np.nan, values.astype(np.int64).astype(np.float64))
        return np.asarray(values, np.float64)

    def codes(self, column: Column) -> NDArray[np.int64]:
        """A number for each different cell of the sample; missing is a value of its own."""
        import pandas as pd

        cells = self.table.frame[column.name].iloc[self.rows]
        return np.asarray(pd.factorize(cells, use_na_sentinel=False)[0], np.int64)


def suspicions(
    table: Table,
    schema: Schema,
    *,
    only: Collection[str] | None = None,
    most: int | None = None,
) -> Iterator[Suspicion]:
    """What is suspicious about a table whose columns are those of the schema.

    Args:
        only: words of :data:`SUSPICIONS` to look for; None: all.
        most: rows of the sample, at most; None: :data:`SAMPLE`.
    """
    look = _Look(table, schema, SAMPLE if most is None else most)
    for what, find in SUSPICIONS.items():
        if only is None or what in only:
            for columns, *texts in find(look):
                yield Suspicion(what, columns, *texts)


#: Columns, text and, where there is one, the brief text.
_Findings = Iterator[tuple[tuple[str, ...], str] | tuple[tuple[str, ...], str, str]]


def _mistakes(look: _Look) -> _Findings:
    """Numbers but for some cells."""
    table = look.table
    for name, cells in table.bad.items():
        column = look.schema.column(name)
        asked = column.role not in ("feature", "dropped") or column.reason == ON_REQUEST
        if not cells or asked or column.kind not in ("category", "text"):
            continue
        bad, first = table.bad_counts[name], cells[0]
        cell = f"{shown(first.value)} in {table.place(first.row)}"
        if bad_column(table, name):
            yield (
                (name,),
                f"{name} holds numbers but for {count(bad, 'cell')}, first {cell}: training "
                f"refuses that. Correct {'it' if bad == 1 else 'them'}, use --missing "
                f"{quote(first.value)} if that means missing, or --type "
                f"{quote(name + '=category')} if these are names.",
            )
        elif not 1 < len(cells) == len({cell.value for cell in cells}):
            # Where they all differ, they are names, of which many happen to be digits.
            present = int(table.frame[name].notna().sum())
            yield (
                (name,),
                f"{name} holds numbers, but {_share(bad, present)} of its cells are no numbers, "
                f"first {cell}: taken as text. Where that means missing, use --missing "
                f"{quote(first.value)}.",
            )


def _leaks(look: _Look) -> _Findings:
    """Columns that tell the target."""
    target = look.schema.target
    if target is None or len(look.rows) < FEWEST:
        return
    for column in look.schema.features:
        how = _tells(look, column)
        if how is not None:
            group = f", or keep its rows together: --group {quote(column.name)}"
            grouping = "determines" in how and _groups_rows(look, column) is not None
            yield (
                (column.name,),
                f"{column.name} {how}{look.seen_in}. Where it is not known when {target} is to be "
                f"predicted, leave it out: --drop {quote(column.name)}"
                f"{group if grouping else ''}.",
                f"{column.name} {how}{look.seen_in}: --drop {quote(column.name)} where it is not "
                "known beforehand.",
            )


def _tells(look: _Look, column: Column) -> str | None:
    """How a column tells the target, or None."""
    target, y = look.schema.target, look.target
    x = look.numbers(column)
    if x is not None:
        both = ~np.isnan(x)
        x, z = x[both], y[both]
        if len(x) >= FEWEST and (x != x[0]).any() and (z != z[0]).any():
            if np.array_equal(x, z):
                return f"equals the target {target} in every row"
            if look.schema.task == REGRESSION or look.schema.task == BINARY:
                linear = _correlation(x, z)
                if abs(linear) > LEAK:
                    return f"is {target} on another scale (correlation {_near_one(linear)})"
            if look.schema.task == REGRESSION and len(np.unique(z)) > GROUPS:
                some_rows = slice(None, None, max(1, len(x) // PROBE))
                ranks = _correlation(_ranks(x[some_rows]), _ranks(z[some_rows]))
                if abs(ranks) > PROBED:
                    ranks = _correlation(_ranks(x), _ranks(z))
                if abs(ranks) > LEAK:
                    way = "rises" if ranks > 0 else "falls"
                    return f"{way} as {target} rises (rank correlation {_near_one(ranks)})"
    return _determines(look, column)


def _determines(look: _Look, column: Column) -> str | None:
    codes = look.codes(column)
    if 2 * (int(codes.max()) + 1) > len(codes):  # hardly fewer values than rows: groups
        return None
    found = _purity(codes, look.target)
    if found is None:
        return None
    values, wrong = found
    but = f" but for {count(wrong, 'row')}" if wrong else ""
    return f"determines {look.schema.target}: each of its {values:,} values goes with one{but}"


def _purity(codes: NDArray[np.int64], target: NDArray[np.float64]) -> tuple[int, int] | None:
    """How many values a column has and in how many rows the target is not its value's usual one.

    None where the target differs more often than in a few rows, or where chance may be the
    reason. Formula: the probability that m rows of one
    value share their target by chance is the sum over targets c of p(c)^m; of all values, the
    product.
    """
    rows = len(codes)
    sizes = np.bincount(codes)
    labels, y = np.unique(target, return_inverse=True)
    if len(labels) < 2 or len(sizes) < 2:
        return None
    pairs, counts = np.unique(codes * len(labels) + y, return_counts=True)
    usual = np.zeros(len(sizes), np.int64)
    np.maximum.at(usual, pairs // len(labels), counts)
    wrong = rows - int(usual.sum())
    if wrong > EXCEPTIONS * rows:
        return None
    shares = np.bincount(y) / rows
    times, of_size = np.unique(sizes[usual == sizes], return_counts=True)
    with np.errstate(under="ignore"):
        chances = [float((shares**m).sum()) for m in times]
    logarithm = float(np.dot(of_size, np.log(np.maximum(chances, 1e-300))))
    return (len(sizes), wrong) if logarithm < np.log(CHANCE) else None


def _correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    # Scaled first: squares of large numbers must not overflow.
    x, y = ((v - v.mean()) / max(float(np.abs(v - v.mean()).max()), 1e-300) for v in (x, y))
    norm = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / norm if norm > 0 else 0.0


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks without gaps, equal ones for equal values."""
    return np.unique(values, return_inverse=True)[1].astype(np.float64)


def _near_one(correlation: float) -> str:
    return f"{correlation:.6f}"


def _groups(look: _Look) -> _Findings:
    """Texts and numbers of persons or things that several rows belong to."""
    schema = look.schema
    if schema.role("group") or len(look.rows) < FEWEST:
        return
    found = []
    for column in schema.columns:
        counts = _groups_rows(look, column) if column.role != "target" else None
        if counts is not None and _may_name_groups(look, column):
            values, rows = counts
            found.append((rows / values, column.name, values, rows))
    if not found:
        return
    found.sort(key=lambda entry: -entry[0])  # the widest groups keep together what others would
    (_, name, values, rows), *others = found
    does = "does" if len(others) == 1 else "do"
    also = f" (so {does} {listed((each[1] for each in others), 4)})" if others else ""
    yield (
        tuple(entry[1] for entry in found),
        f"{name} repeats: {values:,} values in {rows:,} rows{look.seen_in}{also}."
        f"{_same_target(look, [entry[1] for entry in found])} A random split puts rows that belong "
        "together on both sides, and the score is then too good for new ones. "
        f"--group {quote(name)} keeps them together.",
        f"{name} repeats, {values:,} values in {rows:,} {'sampled ' if look.sampled else ''}rows: "
        f"--group {quote(name)} keeps rows that belong together on one side.",
    )


def _same_target(look: _Look, names: list[str]) -> str:
    """A sentence where all rows of a group have one target: then a split at random is no test."""
    target = look.schema.target
    if target is None:
        return ""
    for name in names:
        found = _purity(look.codes(look.schema.column(name)), look.target)
        if found is not None:
            but = f" but for {count(found[1], 'row')}" if found[1] else ""
            return f" Rows of one {name} have the same {target}{but}."
    return ""


def _groups_rows(look: _Look, column: Column) -> tuple[int, int] | None:
    """Different values and rows where each value has some rows, but few; else None."""
    cells = look.table.frame[column.name].iloc[look.rows]
    values, rows = int(cells.nunique()), int(cells.notna().sum())
    some_each = values >= GROUPS and GROUP_ROWS[0] <= rows / values <= GROUP_ROWS[1]
    return (values, rows) if some_each else None


def _may_name_groups(look: _Look, column: Column) -> bool:
    if column.kind in ("category", "text"):
        # Free text, and numbers with mistakes, repeat for other reasons.
        named = not column.reason.startswith("free text")
        return named and column.name not in look.table.bad
    cells = look.table.frame[column.name]
    named = bool(_ID_NAME.search(column.name))
    return named and storage.of(cells) == "number" and is_whole(cells)


def _duplicates(look: _Look) -> _Findings:
    """Rows that are the same in every column that is learned from, where chance is not the reason.

    Rows of a few codes and categories coincide by themselves: of n rows, about n^2 / 2 times the
    product over columns of the share of pairs of rows that agree there.
    """
    columns = [column for column in look.schema.columns if column.role in ("feature", "target")]
    rows = len(look.table)
    if not columns or rows < FEWEST or len(look.rows) < 2:
        return
    copies = Copies.of(look.table, look.schema)
    if copies is None:
        return
    alike = 1.0  # the probability that two rows agree by chance, columns taken as independent
    for column in columns:
        counts = np.bincount(look.codes(column))
        alike *= float((counts * (counts - 1.0)).sum()) / (counts.sum() * (counts.sum() - 1.0))
    if copies.repeats > TIMES_CHANCE * 0.5 * rows**2 * alike:
        repeat = "repeats" if copies.repeats == 1 else "repeat"
        does = (
            "Where they are different cases, that is well, and a split at random takes them for "
            "such; where they are one measurement more than once, --copies together keeps a row "
            "and its copies on one side."
            if copies.most
            else "Training keeps a row and its copies on one side of a split at random. Where "
            "they are one measurement more than once, leave the copies out of the file."
        )
        yield (
            (),
            f"{count(copies.repeats, 'row')} ({_share(copies.repeats, rows)}) {repeat} an earlier "
            f"row in every column that matters. {does}",
        )


def _tails(look: _Look) -> _Findings:
    """Numbers with values far out."""
    far = []
    for column in look.schema.features:
        if column.kind != "numeric":
            continue
        distance, value = _farthest(look, column)
        if distance > TAIL:
            far.append((distance, column.name, value))
    if far:
        far.sort(key=lambda entry: -entry[0])
        each = [f"{name} ({value:.6g}, {distance:,.0f} times)" for distance, name, value in far]
        yield (
            tuple(name for _, name, _ in far),
            f"Values many times the usual spread from the median{look.seen_in}: "
            f"{listed(each, 5)}. Preparation keeps them from dominating (--scaling "
            "auto); look whether they are mistakes.",
        )
    name = look.schema.target
    if name is not None and look.schema.task == REGRESSION:
        distance, value = _farthest(look, look.schema.column(name))
        if distance > TAIL:
            yield (
                (name,),
                f"The target {name} has values many times its usual spread from its median"
                f"{look.seen_in} ({value:.6g}, {distance:,.0f} times): a squared error is made of "
                "these few. --loss mae weighs all rows alike.",
            )


def _farthest(look: _Look, column: Column) -> tuple[float, float]:
    """The value farthest from the median, and how many standard deviations of the middle half."""
    values = look.numbers(column)
    values = values[~np.isnan(values)] if values is not None else np.empty(0)
    if len(values) < FEWEST:
        return 0.0, 0.0
    low, lower, median, upper, high = np.quantile(values, [0, 0.25, 0.5, 0.75, 1])
    spread = float(upper - lower) / 1.349  # of a normal distribution's standard deviation
    value = float(high if high - median >= median - low else low)
    return (abs(value - float(median)) / spread if spread > 0 else 0.0), value


def _identifiers(look: _Look) -> _Findings:
    """Numbers that name rows."""
    for column in look.schema.features:
        cells = look.table.frame[column.name]
        if column.kind != "numeric" or len(cells) < FEWEST or storage.of(cells) != "number":
            continue
        if not cells.iloc[look.rows].is_unique:  # told from a sample sooner than from all rows
            continue
        if not is_whole(cells) or cells.isna().any():
            continue
        numbers = cells.to_numpy()
        ordered = bool((numbers[1:] > numbers[:-1]).all() or (numbers[1:] < numbers[:-1]).all())
        if ordered or (_ID_NAME.search(column.name) and _all_differ(numbers)):
            order = ", in order" if ordered else ""
            time = f"; if it tells the time, --time {quote(column.name)}" if ordered else ""
            yield (
                (column.name,),
                f"{column.name} holds another whole number in each of {len(cells):,} rows{order}. "
                f"If it only names them, leave it out: --drop {quote(column.name)}{time}.",
                f"{column.name} holds another whole number in each row{order}: --drop "
                f"{quote(column.name)} if it only names them.",
            )


def _all_differ(numbers: NDArray[np.generic]) -> bool:
    placed = np.sort(numbers)  # several times as fast as a hash table
    return bool((placed[1:] != placed[:-1]).all())


def _order(look: _Look) -> _Findings:
    """Rows in the order of a date."""
    if look.schema.role("time") or len(look.rows) < FEWEST:
        return
    for column in look.schema.features:
        if column.kind != "datetime":
            continue
        dates = look.numbers(column)
        if dates is None or np.isnan(dates).any():
            continue
        steps = np.diff(dates)
        if (steps >= 0).all() or (steps <= 0).all():
            yield (
                (column.name,),
                f"Rows stand in the order of {column.name}. Where later rows are to be predicted, "
                f"--time {quote(column.name)} validates on the latest ones.",
            )
            return


def _rare(look: _Look) -> _Findings:
    """Classes of few rows."""
    if not look.schema.classes or not len(look.rows):
        return
    counts = np.bincount(look.target.astype(np.int64), minlength=len(look.schema.classes))
    rows = int(counts.sum())
    rare = [(int(counts[k]), k) for k in range(len(counts)) if counts[k] < RARE * rows]
    if rare:
        rare.sort()
        each = [f"{shown(look.schema.classes[k])} ({_share(n, rows)})" for n, k in rare]
        yield (
            (str(look.schema.target),),
            f"{'A rare class' if len(rare) == 1 else 'Rare classes'} of {look.schema.target}"
            f"{look.seen_in}: {listed(each, 5)}. Accuracy hardly sees "
            f"{'it' if len(rare) == 1 else 'them'}; --class-weight balanced gives every class the "
            "same weight.",
        )


#: Word -> what looks for it, in the order of the report.
SUSPICIONS: dict[str, Callable[[_Look], _Findings]] = {
    "mistakes": _mistakes,
    "leak": _leaks,
    "groups": _groups,
    "order": _order,
    "duplicates": _duplicates,
    "identifier": _identifiers,
    "rare": _rare,
    "tails": _tails,
}


def _share(part: int, whole: int) -> str:
    percent = 100 * part / whole
    return (
        f"{percent:.0f} %" if percent >= 10 else f"{percent:.1f} %" if percent >= 0.1 else "< 0.1 %"
    )
