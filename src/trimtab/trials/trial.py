"""One trial and what came of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["BASE", "Outcome", "Trial"]

#: The name of what variants are compared with.
BASE = "base"


@dataclass(frozen=True, order=True)
class Trial:
    """A variant on a split with a seed.

    Attributes:
        split: number of the split, from 0.
        seed: as it was asked for.
        variant: its name.
    """

    split: int
    seed: int
    variant: str


@dataclass(frozen=True)
class Outcome:
    """What came of a trial.

    Attributes:
        trial: which one.
        metrics: measured on the test rows of the split, by name; None where it is not finite.
        history: curves by name, one number per epoch.
        seconds: it took.
        failed: why there is no network, in words; empty: there is one.
    """

    trial: Trial
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    history: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    seconds: float = 0.0
    failed: str = ""

    def value(self, metric: str) -> float:
        """A metric; NaN where the network diverged or there is none."""
        found = self.metrics.get(metric)
        return math.nan if found is None else float(found)

    @property
    def epochs(self) -> int:
        """Epochs it was trained for."""
        return max((len(curve) for curve in self.history.values()), default=0)

    def record(self) -> dict[str, Any]:
        """As a line of JSON holds it."""
        return {
            "variant": self.trial.variant,
            "split": self.trial.split,
            "seed": self.trial.seed,
            "metrics": finite(self.metrics),
            "seconds": round(self.seconds, 3),
            "history": {name: _rounded(curve) for name, curve in self.history.items()},
            **({"failed": self.failed} if self.failed else {}),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Outcome:
        """The inverse of :meth:`record`."""
        trial = Trial(int(record["split"]), int(record["seed"]), str(record["variant"]))
        return cls(
            trial,
            dict(record["metrics"]),
            dict(record.get("history", {})),
            float(record.get("seconds", 0.0)),
            str(record.get("failed", "")),
        )


def finite(values: Mapping[str, Any]) -> dict[str, float | None]:
    """Numbers with None in place of those that are not finite."""
    return {name: _finite(value) for name, value in values.items()}


def _finite(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _rounded(curve: Sequence[Any]) -> list[float | None]:
    """A curve with the digits that a picture can show."""
    numbers = (_finite(value) for value in curve)
    return [None if number is None else float(f"{number:.6g}") for number in numbers]
