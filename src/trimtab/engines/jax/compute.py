"""A program as pure functions of its vectors."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from trimtab.engines.jax import registry
from trimtab.engines.jax.call import Call
from trimtab.engines.jax.losses import magnitude
from trimtab.program import Program, Slot

#: parameters, state, optimizer slots, steps done.
Carry = tuple[jax.Array, jax.Array, jax.Array, jax.Array]
#: x, y, weight.
Table = tuple[jax.Array, jax.Array, jax.Array]


def _unpack(slots: tuple[Slot, ...], vector: jax.Array) -> list[jax.Array]:
    return [vector[slot.place].reshape(slot.shape) for slot in slots]


def run(
    program: Program,
    parameters: jax.Array,
    state: jax.Array,
    x: jax.Array,
    *,
    seed: jax.Array,
    step: jax.Array,
    training: bool,
    taps: list[jax.Array] | None = None,
) -> tuple[list[jax.Array], jax.Array]:
    """All values, and the moved state.

    ``taps`` are zeros added to the values: the gradient by a tap is the gradient by the value.
    """
    weights = _unpack(program.parameters, parameters)
    statistics = _unpack(program.state, state)
    values = [x if taps is None else x + taps[0]]
    for op in program.ops:
        call = Call(
            inputs=tuple(values[i] for i in op.inputs),
            parameters=tuple(weights[i] for i in op.parameters),
            state=tuple(statistics[i] for i in op.state),
            training=training,
            seed=seed,
            step=step,
        )
        value, moved = registry.FORWARD[op.kind](op, call)
        for i, statistic in zip(op.state, moved, strict=True):
            statistics[i] = statistic
        values.append(value if taps is None else value + taps[op.output])
    vector = jnp.concatenate([s.reshape(-1) for s in statistics]) if statistics else state
    return values, vector


def penalty(program: Program, parameters: jax.Array) -> jax.Array:
    """``sum l1 |w| + l2 w^2`` over the trainable parameters."""
    total = jnp.zeros((), jnp.float32)
    for slot in program.parameters:
        if slot.trainable and (slot.l1 or slot.l2):
            weight = parameters[slot.place]
            total += slot.l1 * jnp.sum(magnitude(weight)) + slot.l2 * jnp.sum(jnp.square(weight))
    return total


def _row_losses(
    program: Program, prediction: jax.Array, y: jax.Array, weight: jax.Array
) -> jax.Array:
    assert program.loss is not None
    return weight * registry.LOSSES[program.loss.loss](program.loss, y, prediction)


def _objective(
    trainable: jax.Array,
    taps: list[jax.Array] | None,
    program: Program,
    parameters: jax.Array,
    state: jax.Array,
    rows: Table,
    **common: Any,
) -> tuple[jax.Array, tuple[list[jax.Array], jax.Array]]:
    """Batch loss, penalties included; also all values and the moved state."""
    x, y, weight = rows
    parameters = parameters.at[: program.trainable_count].set(trainable)
    values, moved = run(program, parameters, state, x, taps=taps, **common)
    losses = _row_losses(program, values[program.output], y, weight)
    loss = jnp.sum(losses) / len(x) + penalty(program, parameters)
    return loss, (values, moved)


def chunk(
    program: Program,
    carry: Carry,
    table: Table,
    index: jax.Array,
    learning_rates: jax.Array,
    steps: jax.Array,
    seed: jax.Array,
) -> tuple[Carry, jax.Array, jax.Array]:
    """``steps`` training steps, one a row of ``index``: losses and predictions of each."""
    optimizer = program.optimizer
    assert optimizer is not None

    def train(carry: Carry, index: jax.Array, rate: jax.Array) -> tuple[Carry, Any]:
        parameters, state, slots, step = carry
        head = parameters[: program.trainable_count]
        rows = tuple(array[index] for array in table)
        (loss, (values, moved)), gradient = jax.value_and_grad(_objective, has_aux=True)(
            head, None, program, parameters, state, rows, seed=seed, step=step, training=True
        )
        update = registry.RULES[optimizer.rule]
        head, slots = update(optimizer, head, slots, gradient, rate, step)
        parameters = parameters.at[: program.trainable_count].set(head)
        return (parameters, moved, slots, step + 1), (loss, values[program.output])

    def skip(carry: Carry, index: jax.Array, rate: jax.Array) -> tuple[Carry, Any]:
        output = jnp.zeros((len(index), program.output_width), jnp.float32)
        return carry, (jnp.float32(0.0), output)

    def body(carry: Carry, step: tuple[jax.Array, ...]) -> tuple[Carry, Any]:
        number, index, rate = step
        after: tuple[Carry, Any] = jax.lax.cond(number < steps, train, skip, carry, index, rate)
        return after

    carry, (losses, outputs) = jax.lax.scan(
        body, carry, (jnp.arange(len(index)), index, learning_rates)
    )
    return carry, losses, outputs


def forward(
    program: Program,
    parameters: jax.Array,
    state: jax.Array,
    x: jax.Array,
    seed: jax.Array,
    step: jax.Array,
    training: bool,
) -> tuple[jax.Array, jax.Array]:
    """Prediction and moved state."""
    values, moved = run(program, parameters, state, x, seed=seed, step=step, training=training)
    return values[program.output], moved


def block(
    program: Program,
    parameters: jax.Array,
    state: jax.Array,
    x: jax.Array,
    y: jax.Array,
    weight: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """Losses of the rows and predictions, in inference mode."""
    zero = jnp.uint32(0)
    output, _ = forward(program, parameters, state, x, jnp.stack([zero, zero]), zero, False)
    return _row_losses(program, output, y, weight), output


def look(
    program: Program,
    parameters: jax.Array,
    state: jax.Array,
    x: jax.Array,
    y: jax.Array,
    weight: jax.Array,
    **common: Any,
) -> tuple[jax.Array, list[jax.Array], jax.Array, list[jax.Array]]:
    """Loss, values, gradient by the trainable parameters, gradients by the values."""
    taps = [jnp.zeros((len(x), width), jnp.float32) for width in program.widths]
    head = parameters[: program.trainable_count]
    (loss, (values, _)), (gradient, by_value) = jax.value_and_grad(
        _objective, argnums=(0, 1), has_aux=True
    )(head, taps, program, parameters, state, (x, y, weight), **common)
    return loss, values, gradient, by_value
