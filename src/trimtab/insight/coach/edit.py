"""A change of a network or of its training, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Edit"]


@dataclass(frozen=True)
class Edit:
    """One change: a name and arguments. What it does is decided where it is applied.

    Attributes:
        name: of the change: ``"dropout"``.
        arguments: plain values by name.

    Example:
        >>> from trimtab.insight.coach.edit import Edit
        >>> edit = Edit("dropout", {"rate": 0.3})
        >>> print(edit)
        dropout(rate=0.3)
        >>> Edit.from_record(edit.record()) == edit
        True
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        return f"{self.name}({inside})"

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"name": self.name, "arguments": dict(self.arguments)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Edit:
        """The edit that :meth:`record` wrote."""
        return cls(record["name"], dict(record["arguments"]))
