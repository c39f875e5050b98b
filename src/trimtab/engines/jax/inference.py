"""Predictions, losses and probes as pure functions."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from trimtab.engines.jax.activity_penalty import row_penalties
from trimtab.engines.jax.compute import (
    AllKnobs,
    DeviceRows,
    Setup,
    penalty,
    predicted,
    row_losses,
    run,
)
from trimtab.engines.jax.context import Array, full
from trimtab.engines.jax.training import objective


def one_by_one(part: Callable[[Array], Array], number: Array, shape: tuple[int, ...]) -> Array:
    """An array of this shape, filled with ``part(0)``, ``part(1)``, ... ``part(number - 1)``."""

    def body(i: Array, whole: Array) -> Array:
        return whole.at[i].set(part(i))

    whole: Array = jax.lax.fori_loop(0, number, body, jnp.zeros(shape, jnp.float32))
    return whole


def measured(
    setup: Setup,
    parameters: tuple[Array, ...],
    state: tuple[Array, ...],
    x: Array,
    *,
    knobs: AllKnobs,
) -> Array:
    """Predictions of one batch; behind them the penalties of its values, if there are any."""
    if not setup.program.penalizes_values:
        return predicted(setup, parameters, state, x, knobs=knobs)
    values, _ = run(setup, parameters, state, x, knobs=knobs, step=jnp.uint32(0), training=False)
    penalties = row_penalties(setup.program, values)
    return jnp.column_stack([full(values[setup.program.output]), jnp.asarray(penalties)])


def predict(
    setup: Setup,
    parameters: tuple[Array, ...],
    state: tuple[Array, ...],
    x: Array,
    number: Array,
    knobs: AllKnobs,
) -> Array:
    """Predictions of the first ``number`` blocks, ``(blocks, rows, columns)`` in and out."""

    def block(i: Array) -> Array:
        return predicted(setup, parameters, state, x[i], knobs=knobs)

    return one_by_one(block, number, (*x.shape[:2], setup.program.output_width))


def evaluate(
    setup: Setup,
    parameters: tuple[Array, ...],
    state: tuple[Array, ...],
    x: Array,
    number: Array,
    y: Array,
    weight: Array | None,
    knobs: AllKnobs,
) -> tuple[Array, Array, Array]:
    """Losses and predictions of the rows, and the penalties; ``x`` in padded blocks."""

    def block(i: Array) -> Array:
        return measured(setup, parameters, state, x[i], knobs=knobs)

    columns = setup.program.output_width
    outputs = one_by_one(block, number, (*x.shape[:2], columns + setup.program.penalizes_values))
    outputs = outputs.reshape(-1, outputs.shape[-1])[: len(y)]
    outputs, penalties = outputs[:, :columns], outputs[:, columns:].sum(axis=1)
    losses = row_losses(setup, outputs, DeviceRows(outputs, y, weight)) + penalties
    return losses, outputs, penalty(setup.program, parameters)


def forward(
    setup: Setup,
    parameters: tuple[Array, ...],
    state: tuple[Array, ...],
    x: Array,
    mask: Array | None,
    knobs: AllKnobs,
    step: Array,
    *,
    training: bool,
) -> tuple[Array, tuple[Array, ...]]:
    """Predictions and updated state of one batch."""
    values, moved = run(
        setup, parameters, state, x, knobs=knobs, step=step, training=training, mask=mask
    )
    return full(values[setup.program.output]), moved


def samples(
    setup: Setup,
    parameters: tuple[Array, ...],
    state: tuple[Array, ...],
    x: Array,
    knobs: AllKnobs,
    first: Array,
    number: Array,
    *,
    capacity: int,
) -> Array:
    """Predictions in training mode for ``number`` steps from ``first``.

    ``(capacity, rows, width)``; the updated state is dropped.
    """

    def sample(i: Array) -> Array:
        step = first + i.astype(jnp.uint32)
        return predicted(setup, parameters, state, x, knobs=knobs, step=step, training=True)

    return one_by_one(sample, number, (capacity, len(x), setup.program.output_width))


def look(
    setup: Setup,
    parameters: tuple[Array, ...],
    state: tuple[Array, ...],
    x: Array,
    weight: Array | None,
    knobs: AllKnobs,
    step: Array,
    *,
    training: bool,
) -> list[Array]:
    """All values of one batch."""
    values, _ = run(
        setup, parameters, state, x, knobs=knobs, step=step, training=training, weight=weight
    )
    return [full(value) for value in values]


def look_back(
    setup: Setup,
    parameters: tuple[Array, ...],
    state: tuple[Array, ...],
    table: DeviceRows,
    knobs: AllKnobs,
    step: Array,
    *,
    training: bool,
) -> tuple[Array, list[Array], tuple[Array, ...], list[Array]]:
    """Loss, values, and gradients with respect to trainable parameters and values."""
    cut = setup.trainable
    taps = [jnp.zeros((len(table.x), width), setup.dtype) for width in setup.program.widths]
    (loss, (values, _)), (gradients, by_value) = jax.value_and_grad(
        objective, argnums=(0, 1), has_aux=True
    )(
        parameters[:cut],
        taps,
        setup,
        parameters[cut:],
        state,
        table,
        None,
        knobs=knobs,
        step=step,
        training=training,
    )
    return loss, [full(value) for value in values], gradients, [full(g) for g in by_value]
