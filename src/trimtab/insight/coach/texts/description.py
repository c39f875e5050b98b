"""What each finding says of itself: how much it matters, and its fixed texts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Description", "Severity"]


class Severity(StrEnum):
    """How much a finding matters.

    - ``error``: training fails or cannot succeed, whatever the seed.
    - ``warning``: training runs, but its results are worse than they could be, or the reported
      numbers mislead.
    - ``note``: a small cost, or a matter of judgment.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Description:
    """The fixed texts of a finding.

    Attributes:
        severity: How much it matters.
        title: A few words.
        meaning: Why it matters, in one sentence.
        remedy: Code to paste; names in braces are filled in for the model.
        source: Paper or documentation.
    """

    severity: Severity
    title: str
    meaning: str
    remedy: str
    source: str
