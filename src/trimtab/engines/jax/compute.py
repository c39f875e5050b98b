"""A program as pure functions of its weights: what is compiled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from trimtab.engines.jax import constraints, optimizers, registry
from trimtab.engines.jax.context import Array, Context, Knobs, full
from trimtab.engines.jax.losses import magnitude
from trimtab.program import Op, Program

#: One entry an op; None for ops that draw nothing.
AllKnobs = tuple[Knobs | None, ...]


@dataclass(frozen=True)
class Setup:
    """What is compiled for.

    Attributes:
        program: its structure.
        shards: devices that the rows of a batch are split over.
        precision: ``float32`` or ``mixed_bfloat16``.
    """

    program: Program
    shards: int = 1
    precision: str = "float32"

    @property
    def dtype(self) -> Any:
        """What values and products are computed in."""
        return jnp.bfloat16 if self.precision == "mixed_bfloat16" else jnp.float32

    @property
    def trainable(self) -> int:
        """How many of the parameters the optimizer moves; they come first."""
        return sum(slot.trainable for slot in self.program.parameters)


class Weights(NamedTuple):
    """Everything that training changes, one array a weight.

    Attributes:
        parameters: by slot.
        state: by slot.
        slots: of the optimizer, by trainable parameter.
        step: batches trained so far; 32 bits.
    """

    parameters: tuple[Array, ...]
    state: tuple[Array, ...]
    slots: tuple[tuple[Array, ...], ...]
    step: Array


class Table(NamedTuple):
    """Rows on the device: ``(n, columns)``, ``(n, targets)`` and ``(n,)`` or None."""

    x: Array
    y: Array
    weight: Array | None


class Steps(NamedTuple):
    """What a call trains on.

    Attributes:
        chosen: ``(capacity, batch)``, rows of the table; what fills up a short batch is one of
            its own rows.
        sizes: ``(capacity,)``, rows that count.
        rate: each part ``(capacity,)``.
        number: steps to do; those behind it are not looked at.
        dropping: limit and scale of the ops whose rates are said for each step, each
            ``(capacity,)``, by the number of the value that the op writes; None: of none.
    """

    chosen: Array
    sizes: Array
    rate: optimizers.Rate
    number: Array
    dropping: dict[int, tuple[Array, Array]] | None = None


def run(
    setup: Setup,
    parameters: tuple[Array, ...],
    state: tuple[Array, ...],
    x: Array,
    *,
    knobs: AllKnobs,
    step: Array,
    training: bool,
    valid: Array | None = None,
    mask: Array | None = None,
    weight: Array | None = None,
    taps: list[Array] | None = None,
) -> tuple[list[Array], tuple[Array, ...]]:
    """All values, and the moved state.

    ``taps`` are zeros added to the values: the gradient by a tap is the gradient by the value.
    """
    statistics = list(state)
    given = x if taps is None else x + taps[0]
    values = [given.astype(setup.dtype)]
    for op, own in zip(setup.program.ops, knobs, strict=True):
        call = Context(
            # Codes are whole numbers, which only float32 holds.
            inputs=tuple(given if i == 0 and _reads_codes(op) else values[i] for i in op.inputs),
            parameters=tuple(_cast(setup, op, parameters[i]) for i in op.parameters),
            state=tuple(statistics[i] for i in op.state),
            training=training,
            knobs=own,
            step=step,
            valid=valid,
            mask=mask,
            weight=weight,
            shards=setup.shards,
        )
        value, moved = registry.FORWARD[op.kind](op, call)
        for i, statistic in zip(op.state, moved, strict=True):
            statistics[i] = statistic
        value = value.astype(setup.dtype)
        values.append(value if taps is None else value + taps[op.output])
    return values, tuple(statistics)


def _reads_codes(op: Op) -> bool:
    return op.kind == "embedding"


def _cast(setup: Setup, op: Op, parameter: Array) -> Array:
    """Parameters in the precision of products, but where float32 holds throughout.

    That is in normalizations and, since gradients of tables are long sums, in embeddings.
    """
    exact = op.kind == "batch_normalization" or _reads_codes(op)
    return parameter if exact else parameter.astype(setup.dtype)


def penalty(program: Program, parameters: tuple[Array, ...]) -> Array:
    """``sum l1 |w| + l2 w^2`` over the trainable parameters."""
    total = jnp.zeros((), jnp.float32)
    for slot, weight in zip(program.parameters, parameters, strict=True):
        if slot.trainable and slot.l1:
            total += slot.l1 * jnp.sum(magnitude(weight))
        if slot.trainable and slot.l2:
            total += slot.l2 * jnp.sum(jnp.square(weight))
    return total


def row_losses(setup: Setup, prediction: Array, table: Table) -> Array:
    """``(rows,)``, weighted."""
    op = setup.program.loss
    assert op is not None
    losses = registry.LOSSES[op.loss](op, table.y, full(prediction))
    losses = jnp.broadcast_to(losses, (len(prediction),))
    return losses if table.weight is None else losses * table.weight


def objective(
    trainable: tuple[Array, ...],
    taps: list[Array] | None,
    setup: Setup,
    frozen: tuple[Array, ...],
    state: tuple[Array, ...],
    table: Table,
    valid: Array | None,
    **common: Any,
) -> tuple[Array, tuple[list[Array], tuple[Array, ...]]]:
    """Batch loss, penalties included; also all values and the moved state."""
    parameters = (*trainable, *frozen)
    values, moved = run(
        setup, parameters, state, table.x, taps=taps, valid=valid, weight=table.weight, **common
    )
    losses = row_losses(setup, values[setup.program.output], table)
    loss = jnp.mean(losses) if valid is None else jnp.sum(losses * valid) / jnp.sum(valid)
    return loss + penalty(setup.program, parameters), (values, moved)


def train_step(
    setup: Setup,
    weights: Weights,
    table: Table,
    valid: Array | None,
    rate: optimizers.Rate,
    knobs: AllKnobs,
) -> tuple[Weights, Array, Array]:
    """One batch: new weights, its loss, and the predictions it was taken from."""
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
    update = registry.RULES[optimizer.rule]
    parameters, slots = [], []
    clipped = optimizers.clip(optimizer, gradients)
    moving = setup.program.parameters[:cut]
    for slot, weight, kept, gradient in zip(moving, trainable, weights.slots, clipped, strict=True):
        if optimizer.weight_decay and slot.decays:
            weight = weight - weight * rate.decay
        weight, moments = update(optimizer, weight, kept, gradient, rate)
        parameters.append(constraints.apply(slot.constraint, weight))
        slots.append(tuple(moments))
    moved = Weights((*parameters, *frozen), state, tuple(slots), weights.step + 1)
    return moved, loss, full(values[setup.program.output])


def nth_step(
    setup: Setup,
    weights: Weights,
    table: Table,
    steps: Steps,
    i: Array,
    knobs: AllKnobs,
    *,
    padded: bool,
) -> tuple[Weights, Array, Array]:
    """:func:`train_step` on the rows of step ``i``."""
    part: Table = jax.tree.map(lambda array: array[steps.chosen[i]], table)
    valid = None
    if padded:
        valid = (jnp.arange(steps.chosen.shape[1]) < steps.sizes[i]).astype(jnp.float32)
    rate = optimizers.Rate(*(each[i] for each in steps.rate))
    knobs = _knobs_of(setup.program, knobs, steps, i)
    return train_step(setup, weights, part, valid, rate, knobs)


def _knobs_of(program: Program, knobs: AllKnobs, steps: Steps, i: Array) -> AllKnobs:
    """The knobs of step ``i``: rates that are said for each step go before those of the run."""
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
    table: Table,
    steps: Steps,
    knobs: AllKnobs,
    *,
    padded: bool,
    predictions: bool,
) -> tuple[Weights, Array, Array | None]:
    """``steps.number`` training steps: new weights, each one's loss and predictions.

    The number is not part of what is compiled: one batch, an epoch and several epochs are the
    same code, and so give the same bits.
    """
    capacity, batch = steps.chosen.shape
    losses = jnp.zeros(capacity, jnp.float32)
    outputs = None
    if predictions:
        outputs = jnp.zeros((capacity, batch, setup.program.output_width), jnp.float32)

    def body(i: Array, carry: tuple[Any, ...]) -> tuple[Any, ...]:
        weights, losses, outputs = carry
        weights, loss, output = nth_step(setup, weights, table, steps, i, knobs, padded=padded)
        if outputs is not None:
            outputs = outputs.at[i].set(output)
        return weights, losses.at[i].set(loss), outputs

    weights, losses, outputs = jax.lax.fori_loop(0, steps.number, body, (weights, losses, outputs))
    return weights, losses, outputs


def predict(
    setup: Setup,
    parameters: tuple[Array, ...],
    state: tuple[Array, ...],
    x: Array,
    number: Array,
    knobs: AllKnobs,
) -> Array:
    """Predictions of the first ``number`` blocks, ``(blocks, rows, columns)`` in and out."""

    def body(i: Array, outputs: Array) -> Array:
        values, _ = run(
            setup, parameters, state, x[i], knobs=knobs, step=jnp.uint32(0), training=False
        )
        return outputs.at[i].set(full(values[setup.program.output]))

    outputs = jnp.zeros((*x.shape[:2], setup.program.output_width), jnp.float32)
    predictions: Array = jax.lax.fori_loop(0, number, body, outputs)
    return predictions


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
    """Losses of the rows, their predictions, and the penalties; ``x`` in blocks, filled up."""
    outputs = predict(setup, parameters, state, x, number, knobs)
    outputs = outputs.reshape(-1, outputs.shape[-1])[: len(y)]
    losses = row_losses(setup, outputs, Table(outputs, y, weight))
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
    """Prediction and moved state of one batch."""
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
    """Predictions in training mode at ``number`` steps from ``first``: ``(capacity, rows, width)``.

    Moved state is dropped.
    """

    def body(i: Array, outputs: Array) -> Array:
        step = first + i.astype(jnp.uint32)
        values, _ = run(setup, parameters, state, x, knobs=knobs, step=step, training=True)
        return outputs.at[i].set(full(values[setup.program.output]))

    outputs = jnp.zeros((capacity, len(x), setup.program.output_width), jnp.float32)
    predictions: Array = jax.lax.fori_loop(0, number, body, outputs)
    return predictions


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
    table: Table,
    knobs: AllKnobs,
    step: Array,
    *,
    training: bool,
) -> tuple[Array, list[Array], tuple[Array, ...], list[Array]]:
    """Loss, values, gradients by the trainable parameters and by the values."""
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
