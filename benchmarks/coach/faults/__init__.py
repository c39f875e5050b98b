"""All faults. A file is a theme; a function is a way in which people get there."""

from benchmarks.coach.faults import (  # noqa: F401
    batches,
    capacity,
    outputs,
    rates,
    scales,
    splits,
    stopping,
    units,
    values,
    weights,
)
from benchmarks.coach.faults.registry import FAULTS, Fault

__all__ = ["FAULTS", "Fault"]
