"""The measurements: one file each, one row each in `MEASUREMENTS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.measurements import cold, compilation, first, fits, many, memory, rows, warm
from benchmarks.session import Session


@dataclass(frozen=True)
class Measurement:
    """`value` says what one record's value is, unit included; less is better in all of them."""

    title: str
    value: str
    measure: Callable[[Session], None]


MEASUREMENTS = {
    "fits": Measurement("Steady fits", "seconds a fit, compilation left out", fits.measure),
    "first": Measurement(
        "First fit in a fresh process", "seconds to build, compile and fit", first.measure
    ),
    "compilation": Measurement(
        "Compilation", "seconds of a first fit beyond those of a later one", compilation.measure
    ),
    "cold": Measurement(
        "Cold start", "seconds from process start to trained model, CSV included", cold.measure
    ),
    "warm": Measurement(
        "Warm start",
        "seconds from process start to trained model, compiled code in a cache",
        warm.measure,
    ),
    "many": Measurement("Many networks", "seconds for all networks", many.measure),
    "rows": Measurement("Time per row", "seconds per million rows and epoch", rows.measure),
    "memory": Measurement(
        "Peak memory", "MiB of a first fit beyond imports and data", memory.measure
    ),
}
