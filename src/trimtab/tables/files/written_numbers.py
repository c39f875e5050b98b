"""Columns of text that hold numbers as people write them: found, read, and said.

A column is read as numbers if all its cells agree on a writing and a unit. Whatever keeps a column
from it is remembered in the table: cells that are no numbers, or mixed units.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core.words import count, listed
from trimtab.tables.files import cells
from trimtab.tables.files.assembly import SHOWN, spoken
from trimtab.tables.files.near_numbers import is_near_number
from trimtab.tables.files.numbers.number_forms import NumberForm
from trimtab.tables.files.numbers.whole import is_large
from trimtab.tables.files.numbers.written_cells import (
    MARKS,
    Written,
    alike_digits,
    fits,
    take_apart,
    value_of,
)
from trimtab.tables.files.table import BadCell

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from trimtab.tables.files.table import Table

__all__ = ["Found", "find_form", "settle_written"]

#: Cells that are looked at first; at least this share of them must be written like numbers.
_FIRST = 200
_LIKELY = 0.5
#: A column is one of numbers about which something is said, if so many cells are.
_NEARLY_ALL = 0.9
#: From here on a note shows all digits.
_ROUNDED = 1e12
#: A column with more cells that are no numbers than this share does not mix units, it is text.
_STRAY = 0.05
#: Multiples as in 19M and 201k, which are units although they are single letters.
_MULTIPLES = frozenset("kKMB")
#: Columns that one note names.
_NAMED = 6


@dataclass(frozen=True)
class Found:
    """What the cells of a column have in common.

    Args:
        form: The writing of all cells but a few; None if they do not agree.
        wrong: Distinct cells that are no numbers.
        mixed: What is mixed, such as ``"units"``, with a cell of each.
        example: A cell that shows the writing.
        value: What it means.
        certain: Whether the cells show which mark is the decimal one.
    """

    form: NumberForm | None = None
    wrong: frozenset[str] = frozenset()
    mixed: tuple[str, tuple[str, ...]] | None = None
    example: str = ""
    value: float = 0.0
    certain: bool = False


def settle_written(
    table: Table,
    keep: Collection[str] = (),
    told: Mapping[str, NumberForm] | None = None,
    *,
    sure: bool = False,
) -> None:
    """Turns the columns of text that hold numbers into numbers, and says so in the notes.

    Args:
        table: The table, which is changed.
        keep: Columns that stay text.
        told: The writing of columns for which the user gives it.
        sure: Whether to leave columns alone that may be read in two ways, as in a part of a file.
    """
    told = told or {}
    said: dict[tuple[str, bool], list[tuple[str, Found]]] = {}
    spelled: dict[str, cells.Settled] = {}
    changed: dict[str, Any] = {}
    for name, found in _looks(table, keep, told).items():
        text = table.frame[name]
        if found.mixed is not None:
            table.unread[name] = _mixed(table, name, text, found.mixed)
        form = found.form
        if form is None or (sure and form.ambiguous):
            _remember_bad(table, name, text, found.wrong)
            continue
        if name not in told and _is_plain(table, name, text, found):
            continue
        table.forms[name] = form
        table.bad.pop(name, None)
        table.bad_counts.pop(name, None)
        if found.wrong:  # they are named and missing once it is known what the column is for
            _remember_bad(table, name, text, found.wrong)
        else:
            plain = table.plain.get(name)
            values, _ = form.read(text, cells.MISSING, plain)
            large = form.whole(text, cells.MISSING, plain) if is_large(values) else None
            changed[name] = cells.as_whole(values) if large is None else large
            spelled[name] = cells.Settled(values, _spelled(text, values))
        if name not in told:
            said.setdefault((form.example, form.ambiguous), []).append((name, found))
    if changed:
        table.frame = table.frame.assign(**changed)
    if not sure:  # a part of a file: whoever reads it by a schema says more
        table.notes += [_sentence(group) for group in said.values()]
    table.notes += spoken(spelled)


def _is_plain(table: Table, name: str, text: pd.Series, found: Found) -> bool:
    """Whether all cells but the wrong ones are written as programs do, and were read so."""
    form = found.form
    if form is None or form.thousands or form.unit or form.mark != table.decimal:
        return False
    return bool(found.wrong) and table.bad_counts.get(name) == text.isin(list(found.wrong)).sum()


def _is_text(text: pd.Series) -> bool:
    return getattr(text.dtype, "kind", "O") not in "iufbM"


def _looks(table: Table, keep: Collection[str], told: Mapping[str, NumberForm]) -> dict[str, Found]:
    """What was found in each column of text; columns that are just text are left out."""
    given = any(guess.what == "decimal mark" and guess.told for guess in table.guesses)
    # A comma is detected only where whole columns are numbers with it.
    decided = given or table.decimal == ","
    looks: dict[str, Found] = {}
    for name in table.frame.columns:
        text = table.frame[name]
        if not _is_text(text) or (name in keep and name not in told):
            continue
        found = (
            _as_told(text, told[name])
            if name in told
            else find_form(text, table.decimal, decided=decided, plain=table.plain.get(name))
        )
        if found is not None:
            looks[name] = found
    # What is ambiguous alone is not beside a column that shows the decimal mark.
    shown = {found.form.mark for found in looks.values() if found.form and found.certain}
    if len(shown) == 1:
        (mark,) = shown
        for name, found in looks.items():
            if found.form is not None and found.form.ambiguous:
                plain = table.plain.get(name)
                again = find_form(table.frame[name], mark, decided=True, plain=plain)
                looks[name] = found if again is None else again
    return looks


def find_form(
    text: pd.Series,
    decimal: str = ".",
    *,
    decided: bool = False,
    plain: NDArray[np.bool_] | None = None,
) -> Found | None:
    """The writing in which every cell of a column is a number, but for a few.

    Args:
        text: The cells.
        decimal: The decimal mark of other numbers in the table.
        decided: Whether that mark is certain, so that no cell can be read in two ways.
        plain: Cells that were numbers in their source.

    Returns:
        What was found; None if the column is text, or whole numbers stored as text, which may as
        well be names.

    Example:
        >>> import pandas as pd
        >>> find_form(pd.Series(["1.299,99 \u20ac", "5,00 \u20ac"])).form.example
        '1.234,5 \u20ac'
        >>> find_form(pd.Series(["1,234", "5,678"])).form.ambiguous
        True
        >>> sorted(find_form(pd.Series(["$5", "$7", "\u20ac9"])).mixed[1])
        ['$5', '\u20ac9']
        >>> find_form(pd.Series(["red", "blue"])) is None
        True
    """
    present = (text if plain is None else text[~plain]).dropna()
    step = max(1, len(present) // _FIRST)
    first = [str(cell) for cell in present.iloc[::step].unique() if cell not in cells.MISSING]
    alike = sum(take_apart(cell) is not None for cell in first)
    if not first or alike < _LIKELY * len(first):
        near = sum(map(is_near_number, first))
        return _near(present) if first and alike + near >= _NEARLY_ALL * len(first) else None
    counts, cells_of = _writings(present)
    if any(map(_is_name, counts)):
        return None
    taken = {writing: take_apart(each[0]) for writing, each in cells_of.items()}
    parts = {writing: part for writing, part in taken.items() if part is not None}
    wrong = {writing for writing in counts if writing not in parts}
    mixed, strays = _units(parts, counts, wrong)
    if mixed is not None:
        what, writings = mixed
        return Found(mixed=(what, tuple(cells_of[writing][0] for writing in writings)))
    wrong |= strays
    good = {writing: part for writing, part in parts.items() if writing not in strays}
    marks, fitting, others = _marks(good, counts, decimal)
    wrong |= good.keys() - fitting
    right = (cell for each in good if each not in wrong for cell in cells_of[each])
    said = bool(wrong) and all(map(is_near_number, wrong))
    if plain is None and not said and all(map(_is_whole, right)):
        return None  # names, for all that the cells tell
    cells_wrong = frozenset(cell for each in wrong for cell in cells_of[each])
    if wrong:
        known = all(part.unit is None or part.unit.known for part in good.values())
        share = sum(counts[each] for each in wrong) / sum(counts.values())
        if not known or share > 1 - _LIKELY:
            return None
        if share > _STRAY:
            return Found(wrong=cells_wrong)
        good = {each: part for each, part in good.items() if each not in wrong}
    with_unit = max(good.values(), key=lambda part: part.unit is not None)
    example = cells_of[max(good, key=lambda each: _telling(cells_of[each][0], good[each]))][0]
    shown = take_apart(example)
    assert shown is not None
    value = value_of(shown.core, marks) * (-1 if shown.negative else 1)
    # Beside 950, the comma of 1,234 separates thousands: decimals would not all have three digits.
    small = any(
        part.core.isdigit() and part.core != "0" and len(part.core) <= 3 for part in good.values()
    )
    ambiguous = others is True and not decided and not (marks[0] == "," and small)
    form = NumberForm(*marks, with_unit.before, with_unit.after, ambiguous=ambiguous)
    return Found(form, cells_wrong, example=example, value=value, certain=others is None)


def _near(present: pd.Series) -> Found:
    """A column of numbers most of which say more than a number, as in ``approx 5``."""
    texts = map(str, present.unique())
    return Found(wrong=frozenset(t for t in texts if t not in cells.MISSING and not take_apart(t)))


def _writings(present: pd.Series) -> tuple[dict[str, int], dict[str, list[str]]]:
    """The rows and the distinct cells of each writing; missing values left out."""
    counts: dict[str, int] = {}
    cells_of: dict[str, list[str]] = {}
    for cell, number in present.value_counts(sort=False).items():
        text = str(cell)
        if text in cells.MISSING or text.strip() in cells.MISSING:
            continue
        writing = alike_digits(text)
        counts[writing] = counts.get(writing, 0) + int(number)
        cells_of.setdefault(writing, []).append(text)
    return counts, cells_of


def _is_name(cell: str) -> bool:
    """Whether a cell is a name made of digits, such as 007."""
    bare = cell.strip().lstrip("+-")
    return len(bare) > 1 and bare[0] == "0" and bare.isdigit()


def _is_whole(cell: str) -> bool:
    """Whether a cell is a whole number as programs write it."""
    return cell.isascii() and cell.strip().removeprefix("-").isdigit()


def _telling(cell: str, part: Written) -> tuple[int, int]:
    """How much an example shows: signs besides digits, then its length, but not a long one."""
    signs = sum(sign in part.core for sign in ",.' _") + (part.negative and not part.plain)
    signs += any(sign in part.core for sign in ",' _")  # more than a program would write
    units = (part.unit is not None) + (part.core.strip("0.,") != "")
    return signs + units, -len(cell)


def _units(
    parts: Mapping[str, Written], counts: Mapping[str, int], wrong: Collection[str]
) -> tuple[tuple[str, tuple[str, ...]] | None, set[str]]:
    """What is mixed with a cell of each, or the cells without the unit that most cells have."""
    by: dict[str | None, list[str]] = {}
    for cell, part in parts.items():
        if part.unit is None and not part.core.strip("0.,"):
            continue  # zero is zero in any unit
        by.setdefault(part.unit.key if part.unit else None, []).append(cell)
    if len(by) < 2:
        return None, set()
    units = [part.unit for part in parts.values() if part.unit is not None]
    usual = all(unit.known for unit in units) and (
        any(not unit.code for unit in units) or {unit.key for unit in units} <= _MULTIPLES
    )
    stray = sum(counts[cell] for cell in wrong) > _STRAY * sum(counts.values())
    if usual and not stray:
        examples = tuple(cells_of[0] for cells_of in by.values())
        if None in by:
            return ("numbers with and without a unit", examples), set()
        currencies = all(key is not None and key.isupper() and len(key) == 3 for key in by)
        return ("currencies" if currencies else "units", examples), set()
    most = max(by, key=lambda key: sum(counts[cell] for cell in by[key]))
    return None, {cell for key, each in by.items() if key != most for cell in each}


def _marks(
    good: Mapping[str, Written], counts: Mapping[str, int], decimal: str
) -> tuple[tuple[str, str], set[str], bool | None]:
    """The separators that fit most cells, the cells they fit, and what another mark would do.

    None: it fits fewer cells. False: the numbers would be the same. True: they would be others.
    """
    best: tuple[tuple[str, str], set[str]] = (MARKS[0], set())
    most = 0
    whole = []
    for marks in sorted(MARKS, key=lambda marks: marks[1] != decimal):
        fitting = {cell for cell, part in good.items() if fits(part.core, marks)}
        rows = sum(counts[cell] for cell in fitting)
        if len(fitting) == len(good):
            whole.append(marks)
        if rows > most:
            best, most = (marks, fitting), rows
    others = [marks for marks in whole if marks[1] != best[0][1]]
    if not others:
        return *best, None
    cores = [part.core for part in good.values()]
    two = any(
        value_of(core, marks) != value_of(core, best[0]) for marks in others for core in cores
    )
    return *best, two


def _as_told(text: pd.Series, form: NumberForm) -> Found:
    _, bad = form.read(text, cells.MISSING)
    return Found(form, frozenset(map(str, text[bad].unique())))


def _remember_bad(table: Table, name: str, text: pd.Series, wrong: Collection[str]) -> None:
    """The first cells that are no numbers, for messages."""
    if not wrong:
        return
    rows = np.flatnonzero(text.isin(list(wrong)).to_numpy())
    table.bad[name] = [
        BadCell(int(row), table.line(row), str(text.iloc[row])) for row in rows[:SHOWN]
    ]
    table.bad_counts[name] = len(rows)


def _spelled(text: pd.Series, values: NDArray[np.float64]) -> Counter[str]:
    """How often each spelling of a missing value occurs."""
    found = Counter(str(cell) for cell in text[np.isnan(values)].dropna())
    found.pop("", None)
    return found


def _mixed(table: Table, name: str, text: pd.Series, mixed: tuple[str, tuple[str, ...]]) -> str:
    what, examples = mixed
    where = []
    for cell in examples:
        row = int(np.argmax((text == cell).fillna(False).to_numpy(bool)))
        where.append(f"{_short(cell)} ({table.place(row)})")
    one = "one unit" if what != "currencies" else "one currency"
    return (
        f"mixed {what}, such as {listed(where, 3)}: convert all cells to {one}, or use --type "
        f"{quote(name + '=category')} if they are names"
    )


def _short(cell: str) -> str:
    return repr(cell if len(cell) <= 40 else cell[:37] + "...")


def _sentence(group: list[tuple[str, Found]]) -> str:
    """The note on columns with the same writing."""
    (name, found), names = group[0], [name for name, _ in group]
    form = found.form
    assert form is not None
    value = f"{found.value:.12g}"
    if abs(found.value) >= _ROUNDED and (digits := form.digits(found.example)) is not None:
        value = digits
    unit = f" {form.unit}" if form.unit else ""
    columns = f"{count(len(names), 'column')} " if len(names) > 1 else "Column "
    said = (
        f"{columns}{listed(map(repr, names), _NAMED)} {'are' if len(names) > 1 else 'is'} read as "
        f"numbers{' in' + unit if unit else ''}: {_short(found.example)} is {value}."
    )
    if not form.ambiguous:
        return said
    other = other_form(form, found.example)
    return (
        f"{said} It could also be {other[1]:.12g}; if it is, use --type "
        f"{quote(f'{name}=numeric:{other[0].example}')}."
    )


def other_form(form: NumberForm, example: str) -> tuple[NumberForm, float]:
    """The other writing in which an example is a number, and what it means then."""
    parts = take_apart(example)
    assert parts is not None
    for marks in MARKS:
        if marks[1] != form.mark and fits(parts.core, marks):
            value = value_of(parts.core, marks) * (-1 if parts.negative else 1)
            if value != value_of(parts.core, (form.thousands, form.mark)):
                return NumberForm(*marks, form.before, form.after), value
    return form, value_of(parts.core, (form.thousands, form.mark))
