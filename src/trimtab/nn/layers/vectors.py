"""Between the layers' weights and the flat vectors of an engine."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trimtab.core.types import Floats
from trimtab.engines.base import EngineState
from trimtab.nn.layers.weight import Weight
from trimtab.program import Program, Slot


def initialize(weights: list[Weight], seed: int) -> None:
    """Draws every weight that has no value yet; weight i draws from (seed, WEIGHTS, i)."""
    for index, weight in enumerate(weights):
        if weight.stored is None:
            weight.stored = weight.initializer(weight.shape, seed=seed, index=index)


def gather(slots: tuple[Slot, ...], weights: list[Weight], count: int) -> Floats:
    """The flat vector of these slots, filled from the weights of the same path."""
    return _filled(slots, {weight.path: weight.stored for weight in weights}, count)


def _filled(slots: tuple[Slot, ...], values: Mapping[str, Floats | None], count: int) -> Floats:
    vector = np.zeros(count, np.float32)
    for slot in slots:
        value = values[slot.name]
        assert value is not None
        vector[slot.place] = value.reshape(-1)
    return vector


def scatter(slots: tuple[Slot, ...], weights: list[Weight], vector: Floats) -> None:
    """The inverse of :func:`gather`."""
    by_path = {weight.path: weight for weight in weights}
    for slot in slots:
        by_path[slot.name].stored = vector[slot.place].reshape(slot.shape).copy()


def state_of(
    program: Program, weights: list[Weight], slots: Floats | None, step: int
) -> EngineState:
    """An engine state made from the weights' values; without slots, those of a new optimizer."""
    parameters = gather(program.parameters, weights, program.parameter_count)
    return EngineState(
        parameters,
        gather(program.state, weights, program.state_count),
        program.new_slots(parameters) if slots is None else slots,
        step,
    )


def first_state(program: Program, weights: list[Weight], seed: int) -> EngineState:
    """The state before training, as :func:`initialize` draws it; the weights stay as they are."""
    drawn = {
        weight.path: weight.initializer(weight.shape, seed=seed, index=index)
        for index, weight in enumerate(weights)
    }
    parameters = _filled(program.parameters, drawn, program.parameter_count)
    return EngineState(
        parameters,
        _filled(program.state, drawn, program.state_count),
        program.new_slots(parameters),
        0,
    )
