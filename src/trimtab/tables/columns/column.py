"""What one column is: the kind of its cells, and the role it plays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trimtab.core import checks
from trimtab.errors import InvalidArgument
from trimtab.tables.columns import dates

__all__ = ["KINDS", "ON_REQUEST", "ROLES", "Column", "Label", "parse_kind"]

#: What the cells of a column are. ``integer``: whole numbers of which there are few different ones;
#: they enter a network as numbers do. ``text``: identifiers and free text, which do not enter.
KINDS = ("numeric", "integer", "boolean", "category", "datetime", "text")
#: What a column is for. ``id`` is passed through to predictions; ``dropped`` has a reason.
ROLES = ("feature", "target", "group", "time", "weight", "id", "dropped")

#: The reason of a column that somebody left out.
ON_REQUEST = "left out on request"

Label = str | int | float | bool


def parse_kind(name: str, kind: Any) -> tuple[str, str]:
    """A kind and, for dates, their format, from ``"category"`` or ``"datetime:%d/%m/%Y"``.

    >>> parse_kind("sold", "datetime:%d/%m/%Y")
    ('datetime', '%d/%m/%Y')
    >>> parse_kind("sold", "date")
    Traceback (most recent call last):
    trimtab.errors.InvalidArgument: the type of column 'sold' must be one of 'numeric', 'integer', \
'boolean', 'category', 'datetime', 'text', received 'date'. Did you mean 'datetime'?
    """
    plain, colon, pattern = kind.partition(":") if isinstance(kind, str) else (kind, "", "")
    if plain == "date":  # the nearest name by spelling alone would be none
        raise InvalidArgument(
            f"the type of column {name!r} must be one of {checks.listing(KINDS)}, received "
            f"{kind!r}. Did you mean 'datetime'?"
        )
    checks.choice(f"the type of column {name!r}", plain, KINDS)
    if not colon:
        return plain, ""
    if plain != "datetime":
        raise InvalidArgument(
            f"the type of column {name!r}: only datetime takes a format, received {kind!r}."
        )
    return plain, dates.check_format(pattern)


@dataclass(frozen=True)
class Column:
    """One column: what its cells are, what it is for, and why it is left out where it is."""

    name: str
    kind: str
    role: str
    reason: str = ""
    format: str = ""  # of dates written as text

    def __post_init__(self) -> None:
        checks.choice(f"kind of column {self.name!r}", self.kind, KINDS)
        checks.choice(f"role of column {self.name!r}", self.role, ROLES)
        if self.format:
            dates.check_format(self.format)
