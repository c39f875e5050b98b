"""A fault: a code, a way in which people get there, and what shows that they did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.coach.criteria import Criterion, Pair, worse
from benchmarks.coach.recipe import Recipe

Draw = np.random.Generator
Make = Callable[[Recipe, Draw], Pair]

NUMBER = ("regression",)
CLASSES = ("binary", "multiclass")
ANY = ("regression", "binary", "multiclass")


@dataclass(frozen=True)
class Fault:
    """One way to get one code.

    Attributes:
        make: From a healthy recipe to the sick one and the mended one beside it.
        shown: What the trainings of both must show, or the run does not count.
        tasks: Tables it is for.
        size: Training rows of its runs; None: drawn.
    """

    code: str
    way: str
    make: Make
    shown: Criterion
    tasks: tuple[str, ...]
    size: int | None


FAULTS: dict[str, list[Fault]] = {}


def fault(
    code: str,
    shown: Criterion = worse,
    *,
    tasks: tuple[str, ...] = ANY,
    size: int | None = None,
) -> Callable[[Make], Make]:
    """Enter a function as a way to get this code; its name is that of the way."""

    def enter(make: Make) -> Make:
        way = make.__name__.strip("_").replace("_", "-")
        FAULTS.setdefault(code, []).append(Fault(code, way, make, shown, tasks, size))
        return make

    return enter
