"""The functions of a population: those of one network with one more axis, the members'."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import PartitionSpec

from trimtab.engines.jax import inference
from trimtab.engines.jax.compiled import Capacities
from trimtab.engines.jax.compute import (
    AllKnobs,
    DeviceRows,
    Setup,
    Steps,
    Weights,
    penalty,
    row_losses,
)
from trimtab.engines.jax.context import Array
from trimtab.engines.jax.devices import Placement
from trimtab.engines.jax.inference import measured, one_by_one
from trimtab.engines.jax.training import in_turn, nth_step


def train(
    setup: Setup,
    weights: Weights,
    table: DeviceRows,
    steps: Steps,
    knobs: AllKnobs,
    *,
    padded: bool,
    uneven: bool,
    predictions: bool,
) -> tuple[Weights, Array, Array | None]:
    """:func:`~trimtab.engines.jax.training.train` for all members, with one table.

    Args:
        uneven: whether members differ in their number of steps; one that is done does not change.
    """

    def step(i: Array, weights: Weights) -> tuple[Weights, Array, Array]:
        def member(own: Weights, steps: Steps, knobs: AllKnobs) -> tuple[Weights, Array, Array]:
            moved, loss, output = nth_step(setup, own, table, steps, i, knobs, padded=padded)
            if uneven:
                live = i < steps.number
                moved = jax.tree.map(lambda new, old: jnp.where(live, new, old), moved, own)
            return moved, loss, output

        stepped: tuple[Weights, Array, Array] = jax.vmap(member)(weights, steps, knobs)
        return stepped

    # One loop for all: with a loop per member, every step would choose between old and new values.
    number = jnp.max(steps.number)
    width = setup.program.output_width if predictions else None
    return in_turn(step, weights, number, steps.chosen.shape, width)


def evaluate(
    setup: Setup,
    parameters: tuple[Array, ...],
    state: tuple[Array, ...],
    table: DeviceRows,
    chosen: Array,
    number: Array,
    knobs: AllKnobs,
    *,
    length: int,
    common: bool,
) -> tuple[Array, Array, Array]:
    """Losses and predictions of each member's first ``length`` rows, and its penalties.

    Args:
        chosen: row numbers ``(members, blocks, rows)``; ``(blocks, rows)`` if ``common``.
        number: of blocks.
        length: number of rows, without padding.
        common: whether the rows are the same for all members.
    """

    def member(
        parameters: tuple[Array, ...], state: tuple[Array, ...], chosen: Array
    ) -> tuple[Array, Array, Array]:
        def block(i: Array) -> Array:
            return measured(setup, parameters, state, table.x[chosen[i]], knobs=knobs)

        columns = setup.program.output_width
        outputs = one_by_one(
            block, number, (*chosen.shape, columns + setup.program.penalizes_values)
        )
        outputs = outputs.reshape(-1, outputs.shape[-1])[:length]
        outputs, penalties = outputs[:, :columns], outputs[:, columns:].sum(axis=1)
        part: DeviceRows = jax.tree.map(lambda array: array[chosen.reshape(-1)[:length]], table)
        losses = row_losses(setup, outputs, part) + penalties
        return losses, outputs, penalty(setup.program, parameters)

    every = jax.vmap(member, in_axes=(0, 0, None if common else 0))
    results: tuple[Array, Array, Array] = every(parameters, state, chosen)
    return results


def predict(
    setup: Setup,
    parameters: tuple[Array, ...],
    state: tuple[Array, ...],
    x: Array,
    number: Array,
    knobs: AllKnobs,
) -> Array:
    """:func:`~trimtab.engines.jax.inference.predict` for all members."""
    every = jax.vmap(partial(inference.predict, setup), in_axes=(0, 0, None, None, None))
    predictions: Array = every(parameters, state, x, number, knobs)
    return predictions


class MemberFunctions(Capacities):
    """The functions of a population; each is compiled at its first call with new shapes.

    With several devices, each runs its share of the members.
    """

    def __init__(self, setup: Setup, place: Placement) -> None:
        super().__init__()
        own, whole = place.by_rows(0).spec, place.everywhere.spec

        def compiled(
            f: Callable[..., Any], inputs: Callable[..., tuple[PartitionSpec, ...]], *static: str
        ) -> Callable[..., Any]:
            def called(*arrays: Any, **options: Any) -> Any:
                each = jax.shard_map(
                    partial(f, setup, **options),
                    mesh=place.mesh,
                    in_specs=inputs(**options),
                    out_specs=own,
                    check_vma=False,
                )
                return each(*arrays)

            called.__name__ = f"{f.__name__}_population"  # in profiles and logs of JAX
            donated = 0 if f is train else ()
            return jax.jit(called, static_argnames=static, donate_argnums=donated)

        self.train = compiled(
            train, lambda **_: (own, whole, own, own), "padded", "uneven", "predictions"
        )
        self.evaluate = compiled(
            evaluate,
            lambda common, **_: (own, own, whole, whole if common else own, whole, whole),
            "length",
            "common",
        )
        self.predict = compiled(predict, lambda **_: (own, own, whole, whole, whole))
