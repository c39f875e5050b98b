"""The measurements: one file each, one row each in `MEASUREMENTS`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.measurements import (
    cold,
    compilation,
    first,
    fits,
    many,
    memory,
    neighbours,
    phases,
    rows,
    steps,
    sweep,
    table,
    warm,
    widths,
)
from benchmarks.session import Record, Session


@dataclass(frozen=True)
class Measurement:
    """`value` says what one record's value is, unit included; less is better in all of them.

    `page` writes a measurement's own paragraphs, where a table for each case is not what shows it.
    `picture` draws SVG that its paragraphs show; it lies beside the page, under the same name.
    """

    title: str
    value: str
    measure: Callable[[Session], None]
    page: Callable[[Sequence[Record]], list[str]] | None = None
    picture: Callable[[Sequence[Record]], str] | None = None


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
    "steps": Measurement("Steps of small batches", "microseconds a training step", steps.measure),
    "phases": Measurement(
        "Phases of a step",
        "microseconds a training step",
        phases.measure,
        phases.page,
        phases.picture,
    ),
    "widths": Measurement("Widths", "microseconds a training step", widths.measure),
    "neighbours": Measurement(
        "Busy neighbours", "seconds a fit or a prediction", neighbours.measure, neighbours.page
    ),
    "sweep": Measurement(
        "Widths and batch sizes", "seconds a training step", sweep.measure, sweep.page
    ),
    "memory": Measurement(
        "Peak memory", "MiB of a first fit beyond imports and data", memory.measure
    ),
    "table": Measurement(
        "Peak memory from a table", "MiB of a whole `trimtab train`, Parquet in", table.measure
    ),
}

#: Taken by `python -m benchmarks accelerator`; `sweep` only there, unless asked for by name.
ON_ACCELERATOR = ("fits", "sweep", "many")
ON_PROCESSOR = tuple(name for name in MEASUREMENTS if name != "sweep")
