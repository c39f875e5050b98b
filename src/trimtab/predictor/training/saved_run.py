"""An unfinished run in a file: what was asked for, and its networks so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trimtab.core import checks
from trimtab.core.container import Contents
from trimtab.model.contents import BAD, broken
from trimtab.predictor.training.fits import REASONS, Fit
from trimtab.predictor.unfinished import Unfinished

__all__ = ["SavedRun"]


@dataclass(frozen=True, eq=False)
class SavedRun:
    """A run that is not over.

    Attributes:
        reason: why; see :class:`~trimtab.predictor.unfinished.Unfinished`.
        given: the options as they were given, before anything was decided.
        fingerprint: of the data.
        fits: the networks that are over and the one in training, in order.
    """

    reason: str
    given: Mapping[str, Any]
    fingerprint: int
    fits: Sequence[Fit]

    def unfinished(self) -> Unfinished:
        """For a file."""
        contents = Contents("run")
        contents.documents["run"] = {
            "reason": self.reason,
            "given": dict(self.given),
            "fingerprint": self.fingerprint,
            "networks": len(self.fits),
        }
        for number, fit in enumerate(self.fits):
            contents.nest(str(number), fit.contents())
        return Unfinished(contents.documents, contents.tables)

    @classmethod
    def of(cls, path: Path, unfinished: Unfinished) -> SavedRun:
        """The run that a file holds.

        Raises:
            FileFormatError: the file is damaged.
        """
        try:
            record = unfinished.documents["run"]
            count = checks.positive_integer("networks", record["networks"])
            whole = Contents("run", unfinished.documents, unfinished.tables)
            parts = [whole.nested(str(number), "network") for number in range(count)]
            given = record["given"]
            if not isinstance(given, dict):
                raise TypeError("given")
            return cls(
                reason=checks.choice("reason", record["reason"], REASONS),
                given=given,
                fingerprint=checks.integer(
                    "fingerprint", record["fingerprint"], minimum=0, maximum=2**64
                ),
                fits=[Fit.from_contents(path, part) for part in parts],
            )
        except BAD as problem:
            broken(path, "the state of a run", problem)
