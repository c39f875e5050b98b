"""Many networks of one architecture, trained as one.

Trials train the same network over and over: other seeds, other dropout rates, other learning rates,
other rows. Each of these networks is small. On an accelerator one of them fills a fraction of the
card; a *population* of them is one computation with one more axis. On the native engine it is one
network a thread. Either way the members know nothing of each other, and each gives what it would
have given alone: the same bits on the native engine; on JAX one step from the same state agrees to
1e-6, since products over one more axis may add up in another order.

:func:`trimtab.training.population.fit_population` does the same to compiled models.

Example:
    >>> import numpy as np
    >>> from trimtab.engines import EngineState, Rows
    >>> from trimtab.engines.population import make_population
    >>> from trimtab.program import Builder
    >>> from trimtab.program.ops import LossOp, OptimizerOp
    >>> class Kernel:
    ...     path, shape, trainable = "dense/kernel", (2, 1), True
    ...     penalty, constraint = (0.0, 0.0), None
    >>> def program(rate):
    ...     builder = Builder(input_width=2)
    ...     x = builder.emit("dropout", [0], rate=rate, stream=builder.random_stream())
    ...     y = builder.emit("matmul", [x], [Kernel()])
    ...     loss = LossOp(loss="mean_squared_error")
    ...     return builder.finish(y, loss, OptimizerOp(rule="sgd"))
    >>> programs = [program(0.1), program(0.5)]
    >>> population = make_population(programs)
    >>> empty = np.zeros(0, np.float32)
    >>> population.load([EngineState(np.ones(2, np.float32), empty, empty) for _ in programs])
    >>> rows = Rows(np.ones((5, 2), np.float32), np.ones((5, 1), np.float32))
    >>> results = population.train(
    ...     rows,
    ...     [np.arange(5), np.arange(3)],  # the second trains on the first three rows
    ...     batch_size=2,
    ...     seeds=[1, 2],
    ...     learning_rates=[np.full(3, 0.1, np.float32), np.full(2, 0.1, np.float32)],
    ... )
    >>> [result.steps for result in results]
    [3, 2]
    >>> population.predict(rows.x).shape
    (2, 5, 1)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Floats
from trimtab.engines.base import (
    DropoutRates,
    EngineState,
    Evaluation,
    Rows,
    TrainResult,
    Watch,
    check_rates,
    check_sizes,
)
from trimtab.errors import EngineError
from trimtab.program import Program

__all__ = ["Orders", "Population", "check_training", "steps_of"]

#: Rows of one table, member by member; None: all of them, in their order.
Orders = Sequence[NDArray[np.int64] | None]


class Population(Protocol):
    """Several programs of one structure, each with weights of its own.

    Attributes:
        name: of the engine that runs them.
        programs: one a member.
    """

    name: str
    programs: tuple[Program, ...]

    def load(self, states: Sequence[EngineState]) -> None:
        """Copies everything in, member by member."""

    def dump(self) -> list[EngineState]:
        """Copies everything out, member by member."""

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
        """One pass of each member over its rows; see :meth:`~trimtab.engines.base.Engine.train`.

        Args:
            rows: one table for all.
            orders: the rows each member trains on. They may be different rows, and more or fewer
                of them: a member that is done, or has none at all, stands still.
            batch_size: of all members.
            seeds: of the dropout masks, one a member.
            learning_rates: one float32 a batch, for each member.
            sizes: rows of each batch, for each member; None: as ``batch_size`` says.
            dropout_rates: for each member; None: the ops' own.
            predictions: whether the results hold them.
            watch: its steps count those of all members; the loss is the mean over the members
                that have begun.

        Returns:
            One result a member. The loss of one that did no step is nan.

        Raises:
            KeyboardInterrupt: Ctrl-C, after the steps under way; ``partial`` is the list of results
                so far.
        """

    def evaluate(
        self, rows: Rows, which: Orders | None = None, *, predictions: bool = False
    ) -> list[Evaluation]:
        """Loss in inference mode, each member on its own rows of one table.

        Args:
            which: None: all rows, for every member.
        """

    def predict(self, x: Floats) -> Floats:
        """Predictions ``(members, rows, outputs)`` in inference mode."""


def steps_of(
    order: NDArray[np.int64] | None,
    rows: Rows,
    batch_size: int,
    sizes: NDArray[np.int32] | None = None,
) -> int:
    """Batches of one member's pass."""
    if sizes is not None:
        return len(sizes)
    return -(-(len(rows) if order is None else len(order)) // batch_size)


def each_of(given: Sequence[Any] | None, members: int) -> Sequence[Any]:
    """One entry a member, where None stands for None for all."""
    return [None] * members if given is None else given


def check_members(population: Population, **given: Sequence[Any]) -> None:
    """Raises ``EngineError`` unless there is one of everything a member."""
    for name, values in given.items():
        if len(values) != len(population.programs):
            raise EngineError(
                f"{name} must hold one entry a member, {len(population.programs)} of them, "
                f"received {len(values)}."
            )


def check_training(
    population: Population,
    rows: Rows,
    orders: Orders,
    batch_size: int,
    seeds: Sequence[int],
    learning_rates: Sequence[Floats],
    sizes: Sequence[NDArray[np.int32] | None],
    dropout_rates: Sequence[DropoutRates | None],
) -> None:
    """Raises ``EngineError`` where the arguments of ``train`` do not fit each other."""
    check_members(
        population,
        orders=orders,
        seeds=seeds,
        learning_rates=learning_rates,
        sizes=sizes,
        dropout_rates=dropout_rates,
    )
    if rows.y is None:
        raise EngineError("training needs targets, received rows without y.")
    for member, (order, rates) in enumerate(zip(orders, learning_rates, strict=True)):
        check_sizes(sizes[member], len(rows) if order is None else len(order), batch_size)
        steps = steps_of(order, rows, batch_size, sizes[member])
        check_rates(population.programs[member], dropout_rates[member], steps)
        if len(rates) != steps:
            raise EngineError(
                f"member {member} does {steps} steps and needs as many learning rates, "
                f"received {len(rates)}."
            )
