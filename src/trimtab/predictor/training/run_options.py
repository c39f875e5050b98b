"""Options of a run: its seed, its limits, and its engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trimtab.core import checks
from trimtab.core.durations import seconds_in
from trimtab.core.options import number_in, one_of, option, optional
from trimtab.engines import choosing

__all__ = ["DEFAULT", "EFFORT_NAMES", "RunOptions"]

#: The effort where nothing is said, and all of them.
DEFAULT = "default"
EFFORT_NAMES = ("quick", DEFAULT, "best")


def _seed(name: str, value: Any) -> int:
    # scikit-learn's splitters take 32 bits.
    return checks.integer(name, value, minimum=0, maximum=2**32 - 1)


def _engine(name: str, value: Any) -> str:
    choosing.check_choice(value)
    return str(value)


@dataclass(frozen=True)
class RunOptions:
    """How a run goes, whatever it trains."""

    seed: int = option(
        "Training",
        "Seed of the split, initial weights, row order and dropout.",
        _seed,
        default=0,
        parse=number_in,
        metavar="N",
    )
    effort: str = option(
        "Training",
        "quick: one network on one split; default: one for each fold; best: three for each fold.",
        one_of(EFFORT_NAMES),
        default=DEFAULT,
        metavar="NAME",
    )
    committee: int = option(
        "Training",
        "Number of networks to train, each from its own seed, and average.",
        checks.positive_integer,
        default=1,
        parse=number_in,
        metavar="K",
    )
    members: int = option(
        "Training",
        "Number of members of each network: they share kernels and are averaged.",
        checks.positive_integer,
        default=1,
        parse=number_in,
        metavar="K",
    )
    time_limit: float | None = option(
        "Training",
        "Stop after this time: seconds, or 90s, 10m, 1h30m.",
        optional(seconds_in),
        unset="none",
        parse=number_in,
        metavar="TIME",
    )
    threads: int | None = option(
        "Training",
        "Maximum number of threads; results do not depend on it.",
        optional(checks.positive_integer),
        unset="all cores",
        parse=number_in,
        metavar="N",
    )
    engine: str = option(
        "Training",
        "Engine: native, jax (needs trimtab[jax]) or auto (TRIMTAB_ENGINE, else native).",
        _engine,
        default="auto",
        metavar="ENGINE",
    )
