"""Cells that are written like numbers, taken apart: sign, digits, unit."""

from __future__ import annotations

import re
from typing import NamedTuple

from trimtab.tables.files.numbers.units import Unit, unit_of

__all__ = [
    "MARKS",
    "Written",
    "alike_digits",
    "fits",
    "plain_signs",
    "take_apart",
    "value_of",
]

#: Pairs of a thousands separator ("": none) and a decimal mark.
MARKS = tuple(
    (thousands, mark)
    for mark in (".", ",")
    for thousands in ("", ",", ".", " ", "'", "_")
    if thousands != mark
)

#: Other characters for the same thing: blanks, minus signs, apostrophes, wide and other digits.
_SAME = str.maketrans(
    {
        **dict.fromkeys("\u00a0\u202f\u2009\u2007\u2008\u200a\u3000\t", " "),
        **dict.fromkeys("\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d", "-"),
        **dict.fromkeys("\u2018\u2019\u02bc\uff07\u00b4`", "'"),
        "\uff0b": "+",
        "\uff0c": ",",
        "\uff0e": ".",
        "\uff05": "%",
        "\uff04": "$",
        "\uffe5": "¥",
        "\uffe1": "£",
        "\uff08": "(",
        "\uff09": ")",
        "\u066b": ".",
        "٪": "%",
        "\u066c": ",",
        **{chr(zero + digit): str(digit) for zero in (0xFF10, 0x660, 0x6F0) for digit in range(10)},
        **dict.fromkeys("\u200e\u200f\ufeff", " "),
    }
)

_CELL = re.compile(
    r"\s*(?P<open>\()?\s*(?P<first>[+-])?\s*"
    r"(?P<before>[^\d\s+\-().,'_](?:[^\d+\-()]*[^\d\s+\-()])?)?(?P<gap>\s*)"
    r"(?P<second>[+-])?\s*(?P<inner>\()?\s*"
    r"(?P<core>[.,]?\d(?:[\d.,'_ ]*\d)?[.,]?(?:[eE][+-]?\d+)?)"
    r"(?P<room>\s*)(?P<behind>--?)?(?P<innerend>\))?\s*"
    r"(?P<after>[^\d\s+\-().,'_](?:[^()]*[^\s()\-])?)?"
    r"\s*(?P<last>-)?\s*(?P<close>\))?\s*"
)


#: Which digit it is does not matter for how a number is written, but for zeros.
_ONES = str.maketrans("23456789", "11111111")


def alike_digits(text: str) -> str:
    """Text as long as the given one that is written in the same way, with few different digits.

    Cells of a column have far fewer writings than values.

    Example:
        >>> alike_digits("$2,738.50"), alike_digits("0.07 m2"), alike_digits("\u22125")
        ('$1,111.10', '0.01 m2', '-1')
    """
    same = plain_signs(text)
    if same[-1:] in ("2", "3") and same[-2:-1].isalpha():
        return same[:-1].translate(_ONES) + same[-1]
    return same.translate(_ONES)


def plain_signs(text: str) -> str:
    """Text with ASCII digits, blanks, signs and apostrophes in place of others."""
    return text if text.isascii() else text.translate(_SAME)


class Written(NamedTuple):
    """A cell taken apart.

    Args:
        core: Digits and the marks between them.
        negative: Whether it is below zero.
        unit: What stands beside the number.
        before: The unit as it is written before the number, with a blank if one follows it.
        after: The unit as it is written behind the number, with a blank if one is before it.
        plain: Whether a program would write it so: no unit, and at most a minus sign.
        span: Where the core begins and ends.
    """

    core: str
    negative: bool
    unit: Unit | None
    before: str
    after: str
    plain: bool
    span: tuple[int, int]


def take_apart(text: str) -> Written | None:
    """The parts of a cell that is written like a number, or None.

    Example:
        >>> take_apart("(1,234.00)")[:2], take_apart("\u22125 km").unit.key
        (('1,234.00', True), 'km')
        >>> take_apart("agent 03") is None, take_apart("10-20") is None
        (True, True)
    """
    found = _CELL.fullmatch(plain_signs(text))
    if found is None:
        return None
    core, before, after = found["core"], found["before"] or "", found["after"] or ""
    brackets = [found[name] for name in ("open", "inner") if found[name]]
    if len(brackets) != len([name for name in ("innerend", "close") if found[name]]):
        return None
    signs = [found[name] for name in ("first", "second", "last") if found[name]]
    behind = found["behind"]
    if behind is not None and core[-1] not in ".,":  # as in "12-"; "12,-" has no cents
        if behind != "-":
            return None
        signs.append("-")
    if len(signs) + len(brackets) > 1:
        return None
    unit: Unit | None = None
    if before or after:
        unit = _beside(before, after, bool(found["gap"]), bool(found["room"]))
        if unit is None:
            return None
    return Written(
        core,
        bool(brackets) or "-" in signs,
        unit,
        before + (" " if before and found["gap"] else ""),
        (" " if after and found["room"] else "") + after,
        text.strip() == ("-" if found["first"] == "-" else "") + core,
        found.span("core"),
    )


def _beside(before: str, after: str, gap: bool, room: bool) -> Unit | None:
    """The unit before and behind a number together."""
    first = unit_of(before, before=True, apart=gap) if before else None
    last = unit_of(after, before=False, apart=room) if after else None
    if before and after:
        if first is None or last is None:
            return None
        if first.key == last.key:  # $5 USD
            return first
        blank = "" if last.key.startswith("/") else " "  # $5 per hour
        return Unit(first.key + blank + last.key, known=first.known and last.known)
    return first or last


def _pattern(thousands: str, mark: str) -> re.Pattern[str]:
    whole = "(?:0|[1-9][0-9]*)"
    if thousands:
        sign = re.escape(thousands)
        grouped = f"[1-9][0-9]{{0,2}}(?:{sign}[0-9]{{3}})+"
        indian = f"|[1-9][0-9]?(?:{sign}[0-9]{{2}})+{sign}[0-9]{{3}}" if thousands == "," else ""
        whole = f"(?:{grouped}{indian}|{whole})"
    decimal = re.escape(mark)
    return re.compile(f"(?:{whole}(?:{decimal}[0-9]*)?|{decimal}[0-9]+)(?:[eE][+-]?[0-9]+)?")


_PATTERNS = {marks: _pattern(*marks) for marks in MARKS}


def fits(core: str, marks: tuple[str, str]) -> bool:
    """Whether digits are written with this thousands separator and decimal mark.

    Example:
        >>> fits("1,163.74", (",", ".")), fits("1,163.74", (".", ",")), fits("007", ("", "."))
        (True, False, False)
    """
    return _PATTERNS[marks].fullmatch(core) is not None


def value_of(core: str, marks: tuple[str, str]) -> float:
    """The number that digits and marks mean."""
    thousands, mark = marks
    if thousands:
        core = core.replace(thousands, "")
    return float(core.replace(mark, ".") if mark != "." else core)
