"""Error rates and power on simulated differences, which are normal."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.trials.selection import chosen
from trimtab.trials.sequential import wealth
from trimtab.trials.statistics import LEVEL, effect, holm

COMPARISONS, PAIRS = 200, 16

#: Test rows over training rows of splits of 4:1.
OVERLAP = 0.25

Gains = NDArray[np.float64]


def correlated(rng: np.random.Generator, pairs: int, overlap: float, shift: float) -> Gains:
    """Differences of splits that share rows, as Nadeau & Bengio have it.

    Any two of them have the correlation ``test / (test + train)``.
    """
    shared = overlap / (1 + overlap)
    own = rng.normal(size=pairs) * np.sqrt(1 - shared)
    found: Gains = own + rng.normal() * np.sqrt(shared) + shift
    return found


def claims(gains: list[Gains], overlap: float = 0.0) -> int:
    """In how many comparisons of one variant "helped" is claimed."""
    return sum(effect(each, overlap).p_better <= LEVEL for each in gains)


def several(rng: np.random.Generator, variants: int) -> tuple[int, float, float]:
    """Comparisons of variants without a difference.

    Returns:
        In how many one "helped", and the mean gain of the chosen one on the pairs that chose it and
        on those that report, in deviations.
    """
    claimed, inside, outside = 0, [], []
    for _ in range(COMPARISONS):
        choosing, reporting = (rng.normal(size=(variants, pairs)) for pairs in (PAIRS // 2, PAIRS))
        p_values = {str(i): effect(each).p_better for i, each in enumerate(reporting)}
        claimed += min(holm(p_values).values()) <= LEVEL
        best = chosen({str(i): each for i, each in enumerate(choosing)})
        if best != "base":
            inside.append(float(choosing[int(best)].mean()))
            outside.append(float(reporting[int(best)].mean()))
    return claimed, float(np.mean(inside)), float(np.mean(outside))


def peeking(rng: np.random.Generator, shift: float, most: int) -> tuple[int, float]:
    """How often the sequential test claims "helped", and after how many pairs it decides."""
    claimed, needed = 0, []
    for _ in range(COMPARISONS):
        gains = rng.normal(shift, 1.0, most)
        for pairs in range(2, most + 1):
            found = wealth(gains[:pairs])
            if found.decided(1):
                claimed += found.mean > 0
                needed.append(pairs)
                break
    return claimed, float(np.mean(needed)) if needed else float("nan")


def record(seed: int = 0) -> dict[str, Any]:
    """All figures."""
    rng = np.random.default_rng(seed)

    def independent(shift: float) -> list[Gains]:
        return [rng.normal(shift, 1.0, PAIRS) for _ in range(COMPARISONS)]

    def overlapping(shift: float) -> list[Gains]:
        return [correlated(rng, PAIRS, OVERLAP, shift) for _ in range(COMPARISONS)]

    no_looks, looks = peeking(rng, 0.0, 64), peeking(rng, 1.0, 64)
    claimed, inside, outside = several(rng, 5)
    return {
        "comparisons": COMPARISONS,
        "pairs": PAIRS,
        "independent, no difference": claims(independent(0.0)),
        "independent, one deviation": claims(independent(1.0)),
        "overlapping, no difference": claims(overlapping(0.0), OVERLAP),
        "overlapping, no difference, no correction": claims(overlapping(0.0)),
        "overlapping, one deviation": claims(overlapping(1.0), OVERLAP),
        "five variants, no difference": claimed,
        "five variants, chosen, on the pairs that chose": round(inside, 3),
        "five variants, chosen, on the pairs that report": round(outside, 3),
        "sequential up to 64 pairs, no difference": no_looks[0],
        "sequential up to 64 pairs, one deviation": looks[0],
        "sequential, pairs to decide one deviation": round(looks[1], 1),
    }
