"""A program as a pure function of its weights; everything compiled is built on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from trimtab.engines.jax import registry
from trimtab.engines.jax.context import Array, Context, Knobs, full
from trimtab.engines.jax.losses import magnitude
from trimtab.errors import InvalidArgument
from trimtab.program import Op, Program, Slot
from trimtab.program.ops import LossOp

#: One entry an op; None for ops that draw nothing.
AllKnobs = tuple[Knobs | None, ...]


@dataclass(frozen=True)
class Setup:
    """What to compile for.

    Attributes:
        program: its structure.
        shards: number of devices that the rows of a batch are split over.
        precision: ``float32`` or ``mixed_bfloat16``.
    """

    program: Program
    shards: int = 1
    precision: str = "float32"

    @property
    def dtype(self) -> Any:
        """The type of values and products."""
        return jnp.bfloat16 if self.precision == "mixed_bfloat16" else jnp.float32

    @property
    def trainable(self) -> int:
        """Number of trainable parameters; they come first."""
        return sum(slot.trainable for slot in self.program.parameters)


class Weights(NamedTuple):
    """Everything that training changes, one array per weight.

    Attributes:
        parameters: one per parameter slot of the program.
        state: one per state slot.
        slots: of the optimizer, for each trainable parameter.
        step: batches trained so far; 32 bits.
    """

    parameters: tuple[Array, ...]
    state: tuple[Array, ...]
    slots: tuple[tuple[Array, ...], ...]
    step: Array


class DeviceRows(NamedTuple):
    """Rows on the devices.

    Attributes:
        x: ``(n, columns)``.
        y: ``(n, targets)``.
        weight: ``(n,)``; None for all ones.
    """

    x: Array
    y: Array
    weight: Array | None


class Steps(NamedTuple):
    """The steps of one call.

    Attributes:
        chosen: ``(capacity, batch)``, row numbers of each batch; a short batch is padded with one
            of its own rows.
        sizes: ``(capacity,)``, rows of each batch without padding.
        rates: of the optimizer, each ``(capacity,)``.
        number: steps to do; entries after it are ignored.
        dropping: limits and scales of dropout ops with a rate for each step, each
            ``(capacity,)``; the key is the number of the value that the op writes.
    """

    chosen: Array
    sizes: Array
    rates: dict[str, Array]
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
    """All values of one batch, and the updated state.

    ``taps`` are zeros added to the values, so that gradients with respect to a tap are gradients
    with respect to the value.
    """
    statistics = list(state)
    given = x if taps is None else x + taps[0]
    values = [given.astype(setup.dtype)]
    # Codes are whole numbers, which need float32: columns of the input as they were given.
    exact = {0: given}
    for op, own in zip(setup.program.ops, knobs, strict=True):
        passed = op.kind in ("select", "concatenate") and all(i in exact for i in op.inputs)
        codes = passed or _reads_codes(op)
        call = Context(
            inputs=tuple(exact[i] if codes and i in exact else values[i] for i in op.inputs),
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
        if passed:
            exact[op.output] = value
        value = value.astype(setup.dtype)
        values.append(value if taps is None else value + taps[op.output])
    return values, tuple(statistics)


def _reads_codes(op: Op) -> bool:
    return op.kind == "embedding"


def _cast(setup: Setup, op: Op, parameter: Array) -> Array:
    """A parameter in the precision of products.

    Normalizations stay in float32, and so do embeddings, because gradients of tables are long sums.
    """
    exact = op.kind in ("batch_normalization", "periodic", "piecewise_linear") or _reads_codes(op)
    return parameter if exact else parameter.astype(setup.dtype)


def penalty(program: Program, parameters: tuple[Array, ...]) -> Array:
    """``sum l1 |w| + l2 w^2`` over the trainable parameters, and what is custom."""
    total = jnp.zeros((), jnp.float32)
    for slot, weight in zip(program.parameters, parameters, strict=True):
        if slot.trainable and slot.l1:
            total += slot.l1 * jnp.sum(magnitude(weight))
        if slot.trainable and slot.l2:
            total += slot.l2 * jnp.sum(jnp.square(weight))
        if slot.trainable and slot.penalty is not None:
            total += _number(slot, jnp.asarray(slot.penalty.call(weight)))
    return total


def _number(slot: Slot, value: Array) -> Array:
    """What a custom regularizer returned, if it is a number."""
    if value.shape != ():
        assert slot.penalty is not None
        raise InvalidArgument(
            f"regularizer {slot.penalty.name} must return a single number, received an array of "
            f"shape {value.shape} for {slot.shape}. Use jnp.sum(...)."
        )
    return value.astype(jnp.float32)


def row_losses(setup: Setup, prediction: Array, table: DeviceRows) -> Array:
    """Weighted loss of each row, ``(rows,)``."""
    op = setup.program.loss
    assert op is not None
    losses = _losses(op, table.y, full(prediction))
    return losses if table.weight is None else losses * table.weight


def _losses(op: LossOp, targets: Array, prediction: Array) -> Array:
    """Loss of each row; of several losses the sum, each of its own columns."""
    if not op.parts:
        losses = registry.LOSSES[op.loss](op, targets, prediction)
        return jnp.broadcast_to(losses, (len(prediction),))
    total, place = jnp.zeros(len(prediction), jnp.float32), 0
    for part in op.parts:
        own = targets[:, place : place + part.targets]
        losses = _losses(part.loss, own, prediction[:, part.columns])
        if part.weighted:
            losses *= targets[:, place + part.targets]
        total += part.weight * losses
        place += part.target_columns
    return total


def training_losses(setup: Setup, values: list[Array], table: DeviceRows) -> Array:
    """Weighted loss of each row in training, ``(rows,)``: the mean over the members."""
    program = setup.program
    assert program.loss is not None
    members, given = program.loss.members, values[program.loss_value]
    if members == 1:
        return row_losses(setup, given, table)
    each = jnp.swapaxes(given.reshape(len(given), members, -1), 0, 1)
    return jnp.mean(jax.vmap(lambda one: row_losses(setup, one, table))(each), axis=0)


def predicted(
    setup: Setup,
    parameters: tuple[Array, ...],
    state: tuple[Array, ...],
    x: Array,
    *,
    knobs: AllKnobs,
    step: Array | None = None,
    training: bool = False,
) -> Array:
    """Predictions of one batch; an updated state is dropped."""
    step = jnp.uint32(0) if step is None else step
    values, _ = run(setup, parameters, state, x, knobs=knobs, step=step, training=training)
    return full(values[setup.program.output])
