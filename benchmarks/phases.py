"""Where the time of a training step goes: the engine's phases, sorted into kinds of work.

The engine times each phase of its steps on each thread, and how long a thread waits before it.
Phases that it runs as one sweep over the rows are timed as one and count as the first of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

FORWARD, KERNEL, INPUT = "products forward", "kernel gradients", "input gradients"
PRODUCTS = (FORWARD, KERNEL, INPUT)
WAITING = "waiting"
OTHER = "other"

#: Kinds in the order in which they are shown, and how the names of their phases begin. The first
#: beginning that fits counts.
KINDS = {
    KERNEL: ("matmul kernel gradient", "sum gradients"),
    INPUT: ("matmul input gradient", "sum of halves"),
    FORWARD: ("matmul",),
    "batch normalization": ("batch normalization",),
    "bias, activation, dropout": ("bias", "activation", "dropout"),
    "optimizer": ("optimizer", "penalty", "gradient norms", "clipping", "constraints"),
    "loss": ("loss", "sum losses", "predictions", "watch", "stop"),
    "gather": ("gather",),
}
SHOWN = (FORWARD, KERNEL, INPUT, *(kind for kind in KINDS if kind not in PRODUCTS), OTHER, WAITING)

Phase = tuple[str, Sequence[float], Sequence[float]]


def kind(name: str) -> str:
    """The kind of work of a phase, or of several in one sweep."""
    for each, beginnings in KINDS.items():
        if name.startswith(beginnings):
            return each
    return OTHER


def seconds_by_kind(phases: Iterable[Phase]) -> dict[str, float]:
    """Seconds of a thread, the mean over threads, by kind; kinds without any are left out."""
    seconds = dict.fromkeys(SHOWN, 0.0)
    for name, work, wait in phases:
        seconds[kind(name)] += fmean(work)
        seconds[WAITING] += fmean(wait)
    return {name: value for name, value in seconds.items() if value > 0}


def network_of(model: Any) -> Any:
    """The native engine's network of a model that has been fitted."""
    return model.runner._engine._network


def timed(model: Any, fit: Any) -> list[Phase]:
    """The phases of all steps of ``fit()``, which trains the model."""
    network = network_of(model)
    network.time_phases(True)
    try:
        fit()
        if network_of(model) is not network:
            raise RuntimeError("the model was lowered anew while its phases were timed")
        phases: list[Phase] = network.phase_times()
        return phases
    finally:
        network.time_phases(False)
