"""What is aimed at on a 2-core machine: one row a goal. No test depends on a timing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Goal:
    """In `measurement`, `over` divided by `under` should be at most, or at least, `bound`."""

    measurement: str
    case: str
    over: str
    under: str
    sense: Literal["at most", "at least"]
    bound: float

    def met(self, ratio: float) -> bool:
        return ratio <= self.bound if self.sense == "at most" else ratio >= self.bound


LESSONS = ("spotify", "concrete", "red-wine")

BESIDE_THE_SCAN = tuple(
    Goal("fits", lesson, "trimtab-jax", "jax-scan", "at most", 1.1) for lesson in LESSONS
)

BELOW_1024 = (64, 128, 256, 512)

GOALS = (
    *(Goal("fits", lesson, "trimtab", "floor", "at most", 0.9) for lesson in LESSONS),
    Goal("fits", "spotify", "jax-scan", "trimtab", "at least", 4.2),
    Goal("fits", "concrete", "jax-scan", "trimtab", "at least", 1.4),
    Goal("fits", "red-wine", "jax-scan", "trimtab", "at least", 1.35),
    Goal("fits", "spotify", "keras-jax", "trimtab", "at least", 5),
    Goal("fits", "concrete", "keras-jax", "trimtab", "at least", 1.8),
    Goal("fits", "red-wine", "keras-jax", "trimtab", "at least", 1.4),
    *BESIDE_THE_SCAN,
    Goal("steps", "2 x 256, batches of 32", "keras-jax", "trimtab", "at least", 6),
    Goal("steps", "2 x 256, batches of 32", "trimtab-single", "trimtab", "at least", 1.7),
    *(Goal("widths", f"2 x {width}", "jax-scan", "trimtab", "at least", 1) for width in BELOW_1024),
    Goal("widths", "2 x 1024", "jax-scan", "trimtab", "at least", 1.3),
    Goal("many", "16 x spotify", "trimtab-single", "trimtab", "at least", 1.8),
    Goal("first", "spotify", "keras-jax", "trimtab", "at least", 6),
    Goal("first", "concrete", "keras-jax", "trimtab", "at least", 2),
    Goal("first", "red-wine", "keras-jax", "trimtab", "at least", 1.4),
    Goal("cold", "spotify", "keras-tensorflow", "trimtab", "at least", 7),
    Goal("cold", "spotify", "keras-jax", "trimtab", "at least", 3.5),
    Goal("warm", "arrays to trained spotify", "trimtab-jax", "limit", "at most", 1),
    Goal("warm", "CSV to trained spotify", "trimtab-jax", "limit", "at most", 1),
    Goal("many", "16 x spotify", "keras-jax", "trimtab", "at least", 7),
    Goal("memory", "spotify", "trimtab", "limit", "at most", 1),
    Goal("memory", "concrete", "trimtab", "limit", "at most", 1),
    Goal("memory", "red-wine", "trimtab", "limit", "at most", 1),
    Goal("table", "10,000,000 rows", "trimtab", "limit", "at most", 1),
)

# What is aimed at on an accelerator, whichever it is.
ACCELERATOR_GOALS = BESIDE_THE_SCAN

# Slowest size over quickest, from 25,000 to 10 million rows.
ROWS_SPREAD = 1.3
