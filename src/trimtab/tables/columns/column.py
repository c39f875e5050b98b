"""One column: the kind of its cells and its role."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from trimtab.core import checks
from trimtab.core.words import brief, one_line
from trimtab.errors import InvalidArgument
from trimtab.tables.columns import dates
from trimtab.tables.columns.alike import ALIKE
from trimtab.tables.files.numbers.number_forms import NumberForm

__all__ = ["KINDS", "ON_REQUEST", "ROLES", "Column", "Label", "parse_kind"]

#: Kinds of cells. ``integer``: whole numbers with few distinct values; networks read them as
#: numbers. ``time``: the time of a day. ``text``: identifiers and free text, which networks do not
#: read.
KINDS = ("numeric", "integer", "boolean", "category", "datetime", "time", "text")
#: Roles of columns. ``id`` is passed through to predictions; ``dropped`` has a reason.
ROLES = ("feature", "target", "group", "time", "weight", "id", "dropped")

#: The reason of columns that the user drops.
ON_REQUEST = "left out on request"

Label = str | int | float | bool


def parse_kind(name: str, kind: Any) -> tuple[str, str]:
    """Parses the kind of a column, such as ``"category"`` or ``"datetime:%d/%m/%Y"``.

    Args:
        name: The column.
        kind: A kind; for dates and numbers, a format may follow.

    Returns:
        The kind, and the format or ``""``: of dates, or of numbers by an example.

    Raises:
        InvalidArgument: There is no such kind or format.

    Example:
        >>> parse_kind("sold", "datetime:%d/%m/%Y")
        ('datetime', '%d/%m/%Y')
        >>> parse_kind("price", "numeric:1.234,5 €")
        ('numeric', '1.234,5 €')
        >>> parse_kind("sold", "date")
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: the type of column 'sold' must be one of 'numeric', \
'integer', 'boolean', 'category', 'datetime', 'time', 'text', received 'date'. \
Did you mean 'datetime'?
    """
    shown = brief(name)
    plain, colon, pattern = kind.partition(":") if isinstance(kind, str) else (kind, "", "")
    if plain == "date":  # no known kind is spelled like it
        raise InvalidArgument(
            f"the type of column {shown} must be one of {checks.listing(KINDS)}, received "
            f"{brief(kind)}. Did you mean 'datetime'?"
        )
    checks.choice(f"the type of column {shown}", plain, KINDS)
    if not colon:
        return plain, ""
    if plain == "category" and pattern == ALIKE:
        return plain, pattern
    if plain in ("numeric", "integer"):
        return plain, NumberForm.of(pattern).example
    if plain != "datetime":
        raise InvalidArgument(
            f"the type of column {shown}: only datetime and numeric take a format, received "
            f"{brief(kind)}. Use {brief(plain)}."
        )
    return plain, dates.check_format(pattern)


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: Its name.
        kind: One of :data:`KINDS`.
        role: One of :data:`ROLES`.
        reason: Why it is dropped.
        format: The format of dates written as text; for numbers that are not written as programs
            do, an example of their writing, such as ``1.234,5 €``. For categories, ``alike`` if
            capitals and blanks do not count.
        numbers: For categories, whether their cells were numbers: ``1.0`` is then ``1``. None: not
            known, as in files of earlier versions.
    """

    name: str
    kind: str
    role: str
    reason: str = ""
    format: str = ""
    numbers: bool | None = field(default=None, repr=False, compare=False)

    @property
    def written(self) -> NumberForm | None:
        """How the numbers are written, if not as programs do."""
        numbers = self.format and self.kind in ("numeric", "integer")
        return NumberForm.of(self.format) if numbers else None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", one_line(self.name))  # as reading has it
        checks.choice(f"kind of column {self.name!r}", self.kind, KINDS)
        checks.choice(f"role of column {self.name!r}", self.role, ROLES)
        if self.format and self.kind in ("numeric", "integer"):
            NumberForm.of(self.format)
        elif self.format and not (self.kind == "category" and self.format == ALIKE):
            dates.check_format(self.format)
