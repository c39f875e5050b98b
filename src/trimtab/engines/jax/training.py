"""Training as pure functions: gradients, the update, and many steps in one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from trimtab.engines.jax import constraints, optimizers, registry
from trimtab.engines.jax.activity_penalty import row_penalties
from trimtab.engines.jax.compute import (
    AllKnobs,
    DeviceRows,
    Setup,
    Steps,
    Weights,
    penalty,
    run,
    training_losses,
)
from trimtab.engines.jax.context import Array, full
from trimtab.program import Program


def objective(
    trainable: tuple[Array, ...],
    taps: list[Array] | None,
    setup: Setup,
    frozen: tuple[Array, ...],
    state: tuple[Array, ...],
    table: DeviceRows,
    valid: Array | None,
    **common: Any,
) -> tuple[Array, tuple[list[Array], tuple[Array, ...]]]:
    """Batch loss, penalties included; all values; the updated state."""
    parameters = (*trainable, *frozen)
    values, moved = run(
        setup, parameters, state, table.x, taps=taps, valid=valid, weight=table.weight, **common
    )
    losses = training_losses(setup, values, table) + row_penalties(setup.program, values)
    loss = jnp.mean(losses) if valid is None else jnp.sum(losses * valid) / jnp.sum(valid)
    return loss + penalty(setup.program, parameters), (values, moved)


def train_step(
    setup: Setup,
    weights: Weights,
    table: DeviceRows,
    valid: Array | None,
    rates: optimizers.Rates,
    knobs: AllKnobs,
) -> tuple[Weights, Array, Array]:
    """One batch: new weights, its loss, and the predictions before the update."""
    optimizer = setup.program.optimizer
    assert optimizer is not None
    cut = setup.trainable
    trainable, frozen = weights.parameters[:cut], weights.parameters[cut:]
    (loss, (values, state)), gradients = jax.value_and_grad(objective, has_aux=True)(
        trainable,
        None,
        setup,
        frozen,
        weights.state,
        table,
        valid,
        knobs=knobs,
        step=weights.step,
        training=True,
    )
    moving = setup.program.parameters[:cut]
    moved_to, slots = optimizers.updated(
        optimizer,
        registry.RULES[optimizer.rule],
        trainable,
        weights.slots,
        gradients,
        [slot.decays for slot in moving],
        rates,
    )
    parameters = [
        constraints.apply(slot.constraint, weight)
        for slot, weight in zip(moving, moved_to, strict=True)
    ]
    moved = Weights((*parameters, *frozen), state, tuple(slots), weights.step + 1)
    return moved, loss, full(values[setup.program.output])


def nth_step(
    setup: Setup,
    weights: Weights,
    table: DeviceRows,
    steps: Steps,
    i: Array,
    knobs: AllKnobs,
    *,
    padded: bool,
) -> tuple[Weights, Array, Array]:
    """:func:`train_step` on the rows of step ``i``."""
    part: DeviceRows = jax.tree.map(lambda array: array[steps.chosen[i]], table)
    valid = None
    if padded:
        valid = (jnp.arange(steps.chosen.shape[1]) < steps.sizes[i]).astype(jnp.float32)
    rates = {name: each[i] for name, each in steps.rates.items()}
    knobs = _knobs_of(setup.program, knobs, steps, i)
    return train_step(setup, weights, part, valid, rates, knobs)


def _knobs_of(program: Program, knobs: AllKnobs, steps: Steps, i: Array) -> AllKnobs:
    """The knobs of step ``i``: rates given for each step override those of the call."""
    if not steps.dropping:
        return knobs
    made = []
    for op, own in zip(program.ops, knobs, strict=True):
        if own is not None and op.output in steps.dropping:
            limit, scale = steps.dropping[op.output]
            own = own._replace(limit=limit[i], scale=scale[i])
        made.append(own)
    return tuple(made)


def train(
    setup: Setup,
    weights: Weights,
    table: DeviceRows,
    steps: Steps,
    knobs: AllKnobs,
    *,
    padded: bool,
    predictions: bool,
) -> tuple[Weights, Array, Array | None]:
    """``steps.number`` training steps: new weights, and losses and predictions of each step.

    The number is an input of the compiled code, so one batch, an epoch and several epochs run the
    same code and give the same bits.
    """

    def step(i: Array, weights: Weights) -> tuple[Weights, Array, Array]:
        return nth_step(setup, weights, table, steps, i, knobs, padded=padded)

    width = setup.program.output_width if predictions else None
    return in_turn(step, weights, steps.number, steps.chosen.shape, width)


def in_turn(
    step: Callable[[Array, Weights], tuple[Weights, Array, Array]],
    weights: Weights,
    number: Array,
    shape: tuple[int, ...],
    width: int | None,
) -> tuple[Weights, Array, Array | None]:
    """Runs steps in a loop: the last weights, and losses and predictions of each step.

    Args:
        step: takes the number of a step and the weights before it; returns the weights after it,
            its loss and its predictions.
        weights: before the first step.
        number: of steps.
        shape: ``(..., capacity, batch)``; losses are ``(..., capacity)``.
        width: of the predictions, ``(..., capacity, batch, width)``; None if they are not kept.
    """
    losses = jnp.zeros(shape[:-1], jnp.float32)
    outputs = None if width is None else jnp.zeros((*shape, width), jnp.float32)
    ahead = (slice(None),) * (len(shape) - 2)

    def body(i: Array, carry: tuple[Any, ...]) -> tuple[Any, ...]:
        weights, losses, outputs = carry
        weights, loss, output = step(i, weights)
        if outputs is not None:
            outputs = outputs.at[(*ahead, i)].set(output)
        return weights, losses.at[(*ahead, i)].set(loss), outputs

    weights, losses, outputs = jax.lax.fori_loop(0, number, body, (weights, losses, outputs))
    return weights, losses, outputs
