"""A population on JAX: one computation with one more axis, the members'."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec
from numpy.typing import NDArray

from trimtab import config
from trimtab.core.types import Floats
from trimtab.engines.base import (
    DropoutRates,
    EngineState,
    Evaluation,
    Rows,
    TrainResult,
    Watch,
    check_state,
)
from trimtab.engines.jax import compute, runtime
from trimtab.engines.jax.compiled import Capacities, use_disk
from trimtab.engines.jax.compute import AllKnobs, Setup, Steps, Table, Weights
from trimtab.engines.jax.context import Array, full
from trimtab.engines.jax.devices import Placement, placement
from trimtab.engines.jax.engine import ACCELERATOR_BLOCK, BLOCK
from trimtab.engines.jax.interrupt import Interrupts
from trimtab.engines.jax.layout import pack, unpack
from trimtab.engines.jax.optimizers import Rate
from trimtab.engines.jax.resident import Resident
from trimtab.engines.jax.steps import Ledger, Pace, Plan
from trimtab.engines.population import Orders, check_members, check_training, each_of
from trimtab.errors import EngineError, Unsupported
from trimtab.program import Program
from trimtab.program.ops import Dropping
from trimtab.program.ops.dropout import limits_and_scales
from trimtab.program.structure import structure

#: Most numbers that the rows' numbers or the predictions of one call may be.
MOST_NUMBERS = 1 << 24

#: Fewest rows a member in one block of predictions.
LEAST_BLOCK = 256


# -- what is compiled -----------------------------------------------------------------------------


def train(
    setup: Setup,
    weights: Weights,
    table: Table,
    steps: Steps,
    knobs: AllKnobs,
    *,
    padded: bool,
    uneven: bool,
    predictions: bool,
) -> tuple[Weights, Array, Array | None]:
    """:func:`~trimtab.engines.jax.compute.train` of all members; the table is common to them.

    Args:
        uneven: whether members may differ in their number of steps; one that is done stands still.
    """
    members, capacity, batch = steps.chosen.shape
    losses = jnp.zeros((members, capacity), jnp.float32)
    outputs = None
    if predictions:
        width = setup.program.output_width
        outputs = jnp.zeros((members, capacity, batch, width), jnp.float32)

    def body(i: Array, carry: tuple[Any, ...]) -> tuple[Any, ...]:
        weights, losses, outputs = carry

        def member(own: Weights, steps: Steps, knobs: AllKnobs) -> tuple[Weights, Array, Array]:
            moved, loss, output = compute.nth_step(
                setup, own, table, steps, i, knobs, padded=padded
            )
            if uneven:
                live = i < steps.number
                moved = jax.tree.map(lambda new, old: jnp.where(live, new, old), moved, own)
            return moved, loss, output

        weights, loss, output = jax.vmap(member)(weights, steps, knobs)
        if outputs is not None:
            outputs = outputs.at[:, i].set(output)
        return weights, losses.at[:, i].set(loss), outputs

    # The number is the same for all: a loop of its own for each member would pick between old and
    # new values of everything at every step.
    number = jnp.max(steps.number)
    weights, losses, outputs = jax.lax.fori_loop(0, number, body, (weights, losses, outputs))
    return weights, losses, outputs


def evaluate(
    setup: Setup,
    parameters: tuple[Array, ...],
    state: tuple[Array, ...],
    table: Table,
    chosen: Array,
    number: Array,
    knobs: AllKnobs,
    *,
    length: int,
    common: bool,
) -> tuple[Array, Array, Array]:
    """Losses and predictions of the first ``length`` rows chosen, and penalties, by member.

    Args:
        chosen: ``(members, blocks, rows)`` rows of the table; without members if ``common``.
        number: blocks to do.
    """

    def member(
        parameters: tuple[Array, ...], state: tuple[Array, ...], chosen: Array
    ) -> tuple[Array, Array, Array]:
        def body(i: Array, outputs: Array) -> Array:
            values, _ = compute.run(
                setup,
                parameters,
                state,
                table.x[chosen[i]],
                knobs=knobs,
                step=jnp.uint32(0),
                training=False,
            )
            return outputs.at[i].set(full(values[setup.program.output]))

        outputs = jnp.zeros((*chosen.shape, setup.program.output_width), jnp.float32)
        outputs = jax.lax.fori_loop(0, number, body, outputs)
        outputs = outputs.reshape(-1, outputs.shape[-1])[:length]
        part: Table = jax.tree.map(lambda array: array[chosen.reshape(-1)[:length]], table)
        losses = compute.row_losses(setup, outputs, part)
        return losses, outputs, compute.penalty(setup.program, parameters)

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
    """:func:`~trimtab.engines.jax.compute.predict` of all members."""
    every = jax.vmap(partial(compute.predict, setup), in_axes=(0, 0, None, None, None))
    predictions: Array = every(parameters, state, x, number, knobs)
    return predictions


class Functions(Capacities):
    """What a population calls, compiled when first called with arrays of new shapes.

    Where there are several devices, each runs its share of the members by itself.
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


@lru_cache(maxsize=32)
def _shared(setup: Setup, place: Placement) -> Functions:
    return Functions(setup, place)


def functions(setup: Setup, place: Placement) -> Functions:
    """The compiled functions of a structure, as those of one network are kept."""
    use_disk()
    return _shared(setup, place) if setup.program.native else Functions(setup, place)


# -- what calls it --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Piece:
    """The steps of one call: so many of each member, from where it is, in batches of one size."""

    numbers: list[int]
    size: int


class JaxPopulation:
    """All members as one computation. See :class:`~trimtab.engines.population.Population`.

    Args:
        programs: of one structure.
        devices: see :func:`~trimtab.engines.jax.devices.placement`. The members are shared out
            among them, in equal numbers: where that does not come out even, the first member is
            computed some more times, for nobody.
        precision: ``float32`` or ``mixed_bfloat16``.

    Results do not depend on how an epoch is cut into calls, bit for bit.
    """

    name = "jax"

    def __init__(
        self, programs: Sequence[Program], *, devices: Any = None, precision: str = "float32"
    ) -> None:
        config.check_policy(precision)
        self.programs = tuple(programs)
        self._place = placement(devices)
        if self._place.several_processes:
            raise Unsupported(
                "a population runs in one process, received devices of several. Make one in each "
                "process, with devices=jax.local_devices(), for its share of the members."
            )
        self._filling = -len(self.programs) % self._place.shards
        self._setup = Setup(_common_structure(self.programs), 1, precision)
        self._call = functions(self._setup, self._place)
        block = BLOCK.get(self._place.devices[0].platform, ACCELERATOR_BLOCK)
        self._block = max(LEAST_BLOCK, block // len(self.programs))
        self._resident = Resident()
        self._pace = Pace()
        self._steps = [0] * len(self.programs)
        self.load(
            [
                EngineState(
                    np.zeros(program.parameter_count, np.float32),
                    np.zeros(program.state_count, np.float32),
                    np.zeros(program.slot_count, np.float32),
                )
                for program in self.programs
            ]
        )

    # -- state ----------------------------------------------------------------------------------

    def load(self, states: Sequence[EngineState]) -> None:
        check_members(self, states=states)
        packed = []
        for program, state in zip(self.programs, states, strict=True):
            check_state(program, state)
            packed.append(pack(program, state))
        self._weights: Weights = self._stacked(packed)
        self._steps = [state.step for state in states]

    def dump(self) -> list[EngineState]:
        whole = jax.tree.map(np.asarray, self._weights)
        return [
            unpack(program, jax.tree.map(lambda array, at=member: array[at], whole), step)
            for member, (program, step) in enumerate(zip(self.programs, self._steps, strict=True))
        ]

    def _stacked(self, trees: Sequence[Any]) -> Any:
        """One tree of arrays on the devices from one of NumPy arrays a member."""
        filled = [*trees, *[trees[0]] * self._filling]
        split = self._place.by_rows(0)
        return jax.tree.map(lambda *parts: self._place.share(np.stack(parts), split), *filled)

    # -- training -------------------------------------------------------------------------------

    def train(
        self,
        rows: Rows,
        orders: Orders,
        *,
        batch_size: int,
        seeds: Sequence[int],
        learning_rates: Sequence[Floats],
        sizes: Sequence[NDArray[np.int32] | None] | None = None,
        dropout_rates: Sequence[DropoutRates | None] | None = None,
        predictions: bool = False,
        watch: Watch | None = None,
    ) -> list[TrainResult]:
        if self._setup.program.loss is None or self._setup.program.optimizer is None:
            raise EngineError("these programs have no loss or no optimizer; they only predict.")
        cut, dropped = (each_of(given, len(self.programs)) for given in (sizes, dropout_rates))
        check_training(self, rows, orders, batch_size, seeds, learning_rates, cut, dropped)
        plans = [
            Plan.of([order], len(rows), batch_size, own)
            for order, own in zip(orders, cut, strict=True)
        ]
        run = _Run(self, rows, plans, batch_size, seeds, learning_rates, dropped, predictions)
        with Interrupts() as interrupts:
            while not run.over:
                piece = run.piece(self._pace.steps)
                start = time.perf_counter()
                self._do(run, piece)
                self._pace.took(time.perf_counter() - start, max(piece.numbers))
                try:
                    interrupts.deliver()
                    stop = watch is not None and watch(run.done, run.mean())
                except KeyboardInterrupt as interrupt:
                    interrupt.partial = run.results(stopped=True)  # type: ignore[attr-defined]
                    raise
                if stop and not run.over:
                    return run.results(stopped=True)
        return run.results()

    def _do(self, run: _Run, piece: _Piece) -> None:
        capacity = run.capacity(self._call, piece)
        steps = [run.steps(member, piece, capacity) for member in range(len(self.programs))]
        self._weights, losses, outputs = self._call.train(
            self._weights,
            run.table,
            self._stacked(steps),
            run.knobs,
            padded=run.padded,
            uneven=run.uneven,
            predictions=run.predictions,
        )
        run.take(piece, np.asarray(losses), None if outputs is None else np.asarray(outputs))
        for member, number in enumerate(piece.numbers):
            self._steps[member] += number

    # -- inference ------------------------------------------------------------------------------

    def evaluate(
        self, rows: Rows, which: Orders | None = None, *, predictions: bool = False
    ) -> list[Evaluation]:
        loss = self._setup.program.loss
        if loss is None:
            raise EngineError("these programs have no loss; they only predict.")
        given = [None] * len(self.programs) if which is None else list(which)
        check_members(self, which=given)
        table = self._table("train" if self._resident.holds("train", rows) else "evaluate", rows)
        common = all(each is given[0] for each in given)
        own = [np.arange(len(rows)) if each is None else each for each in given]
        blocks = max(1, max(-(-len(each) // self._block) for each in own))
        room = self._call.capacity(blocks, "evaluate", len(rows), common)
        if common:
            chosen = self._place.share(self._in_blocks(own[0], room))
        else:
            chosen = self._stacked([self._in_blocks(each, room) for each in own])
        made: list[Evaluation | None] = [None] * len(own)
        # What fills the blocks up is left out here. A user's loss may look at all its rows at once:
        # it is called without them.
        lengths = {room * self._block} if loss.function is None else {len(each) for each in own}
        parameters, state = self._weights[:2]
        for length in sorted(lengths):
            losses, outputs, penalty = self._call.evaluate(
                parameters,
                state,
                table,
                chosen,
                np.int32(blocks),
                runtime.knobs(self._setup.program, 0),
                length=length,
                common=common,
            )
            losses, penalty = np.asarray(losses, np.float64), np.asarray(penalty)
            whole = np.asarray(outputs) if predictions else None
            for member, rows_of in enumerate(own):
                if loss.function is None or len(rows_of) == length:
                    seen = losses[member, : len(rows_of)]
                    made[member] = Evaluation(
                        loss=float(np.mean(seen)) + float(penalty[member]),
                        predictions=None if whole is None else whole[member, : len(rows_of)].copy(),
                    )
        return [each for each in made if each is not None]

    def predict(self, x: Floats) -> Floats:
        parameters, state = self._weights[:2]
        number = -(-len(x) // self._block)
        room = self._call.capacity(number, "predict")
        filled = np.zeros((room * self._block, x.shape[1]), np.float32)
        filled[: len(x)] = x
        outputs = self._call.predict(
            parameters,
            state,
            self._place.share(filled.reshape(room, self._block, -1)),
            np.int32(number),
            runtime.knobs(self._setup.program, 0),
        )
        whole = np.asarray(outputs).reshape(len(outputs), -1, self._setup.program.output_width)
        return np.array(whole[: len(self.programs), : len(x)])

    # -- rows on the device ---------------------------------------------------------------------

    def _table(self, purpose: str, rows: Rows) -> Table:
        if rows.y is None:
            raise EngineError("training and evaluation need targets, received rows without y.")
        y, share = rows.y, self._place.share

        def made() -> Table:
            weight = None if rows.weight is None else share(rows.weight)
            return Table(share(rows.x), share(y), weight)

        table: Table = self._resident.get(purpose, rows, made)
        return table

    def _in_blocks(self, chosen: NDArray[Any], room: int) -> NDArray[np.int32]:
        filled = np.zeros(room * self._block, np.int32)
        filled[: len(chosen)] = chosen
        return filled.reshape(room, self._block)


class _Run:
    """One call of ``train``: what each member has to do, and what it has done."""

    def __init__(
        self,
        population: JaxPopulation,
        rows: Rows,
        plans: Sequence[Plan],
        batch_size: int,
        seeds: Sequence[int],
        learning_rates: Sequence[Floats],
        dropout_rates: Sequence[DropoutRates | None],
        predictions: bool,
    ) -> None:
        programs = population.programs
        self.table = population._table("train", rows)
        self.predictions = predictions
        self._batch = batch_size
        # A user's own code sees true batches: a call holds batches of one size.
        self.padded = programs[0].native
        width = programs[0].output_width
        self._width = width if predictions else None
        self._ledgers = [Ledger(plan, self._width) for plan in plans]
        first = plans[0]
        self.uneven = any(
            plan.steps != first.steps
            if self.padded
            else not np.array_equal(plan.count, first.count)
            for plan in plans
        )
        self._most = max(plan.steps for plan in plans)
        self._rates = []
        for program, rates, step in zip(programs, learning_rates, population._steps, strict=True):
            assert program.optimizer is not None
            self._rates.append(runtime.rates(program.optimizer, rates, step))
        # The computation is the same for all: what is said for one is said for each.
        said = sorted({value for rates in dropout_rates for value in rates or ()})
        self._dropping = [
            {value: _dropping(program, value, rates or {}, plan.steps) for value in said}
            for program, rates, plan in zip(programs, dropout_rates, plans, strict=True)
        ]
        drawn = [runtime.knobs(program, s) for program, s in zip(programs, seeds, strict=True)]
        self.knobs: AllKnobs = population._stacked(drawn)

    @property
    def over(self) -> bool:
        return all(ledger.done == ledger.plan.steps for ledger in self._ledgers)

    @property
    def done(self) -> int:
        """Steps of all members."""
        return sum(ledger.done for ledger in self._ledgers)

    def mean(self) -> float:
        """Loss, the mean over the members that have begun."""
        return float(np.mean([ledger.mean() for ledger in self._ledgers if ledger.done]))

    def piece(self, most: int) -> _Piece:
        """What the next call does, with at most so many steps of a member."""
        most = min(most, self._bound(self._batch))
        left = [ledger.plan.count[ledger.done :][:most] for ledger in self._ledgers]
        if self.padded:
            return _Piece([len(sizes) for sizes in left], self._batch)
        size = max(int(sizes[0]) for sizes in left if len(sizes))
        other = [np.flatnonzero(sizes != size) for sizes in left]
        return _Piece(
            [
                int(stops[0]) if len(stops) else len(sizes)
                for sizes, stops in zip(left, other, strict=True)
            ],
            size,
        )

    def _bound(self, size: int) -> int:
        """Most steps of a call: its arrays have a row for every step of every member."""
        each = len(self._ledgers) * size * max(1, self._width or 1)
        return max(1, 1 << (max(1, MOST_NUMBERS // each).bit_length() - 1))

    def capacity(self, call: Functions, piece: _Piece) -> int:
        """Steps that the call has room for.

        Those of the whole pass: its first piece, a short one, is not to be compiled by itself.
        """
        kind = (len(self._ledgers), piece.size, self.table.x.shape, self.table.weight is None)
        number = min(self._most, self._bound(piece.size))
        return call.capacity(number, "train", *kind, self.predictions, self.uneven)

    def steps(self, member: int, piece: _Piece, capacity: int) -> Steps:
        """A member's part of the call, in NumPy arrays."""
        ledger, number = self._ledgers[member], piece.numbers[member]
        part = slice(ledger.done, ledger.done + number)

        def filled(values: NDArray[Any]) -> Any:
            whole = np.ones((capacity, *values.shape[1:]), values.dtype)
            whole[:number] = values[part]
            return whole

        chosen = np.zeros((capacity, piece.size), np.int32)
        chosen[:number] = ledger.plan.index[part, : piece.size]
        rate = Rate(*(filled(np.asarray(each)) for each in self._rates[member]))
        return Steps(
            chosen,  # type: ignore[arg-type]
            filled(ledger.plan.count),
            rate,
            np.int32(number),  # type: ignore[arg-type]
            {
                value: (filled(limit), filled(scale))
                for value, (limit, scale) in self._dropping[member].items()
            },
        )

    def take(self, piece: _Piece, losses: Floats, outputs: Floats | None) -> None:
        """Takes in what a call gave."""
        for member, (ledger, number) in enumerate(zip(self._ledgers, piece.numbers, strict=True)):
            made = None if outputs is None else outputs[member, :number]
            ledger.take(losses[member, :number], made)

    def results(self, *, stopped: bool = False) -> list[TrainResult]:
        made = []
        for ledger in self._ledgers:
            short = stopped and ledger.done < ledger.plan.steps
            if ledger.done:
                made.append(replace(ledger.results()[0], stopped=short))
            else:
                outputs = None if self._width is None else np.zeros((0, self._width), np.float32)
                made.append(TrainResult(float("nan"), 0, outputs, short, 0.0))
        return made


def _dropping(program: Program, value: int, rates: DropoutRates, steps: int) -> tuple[Any, Any]:
    """Limits and scales of the op that writes ``value``, one a step."""
    (own,) = (op for op in program.ops if op.output == value)
    assert isinstance(own, Dropping)
    return limits_and_scales(rates.get(value, np.full(steps, own.rate)))


def _common_structure(programs: Sequence[Program]) -> Program:
    """The structure of all of them; weight decay is there if any of them has it."""
    common = structure(programs[0])
    if common.optimizer is None:
        return common
    decay = any(program.optimizer and program.optimizer.weight_decay for program in programs)
    return replace(common, optimizer=replace(common.optimizer, weight_decay=float(decay)))
