"""Many networks of one architecture, trained together.

Experiments train the same small network many times, with different seeds, dropout rates, learning
rates or rows. One such network uses a fraction of an accelerator; a *population* of them is one
computation with one more axis. On the native engine it is one network per thread. The members are
independent: each gives the result that it gives alone, bit for bit on the native engine. On JAX
one step from the same state agrees to 1e-6, because sums over one more axis may run in another
order.

:func:`trimtab.model.population.fit_population` does this for compiled models.

Example:
    >>> import numpy as np
    >>> from trimtab.engines import EngineState, Rows, TrainCall
    >>> from trimtab.engines.population import make_population
    >>> from trimtab.program import Builder
    >>> from trimtab.program.ops import LossOp, OptimizerOp
    >>> class Kernel:
    ...     path, shape, trainable = "dense/kernel", (2, 1), True
    ...     penalty, own_penalty, constraint, decays = (0.0, 0.0), None, None, True
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
    >>> rates = np.full(3, 0.1, np.float32)
    >>> results = population.train([
    ...     TrainCall(rows, batch_size=2, seed=1, learning_rates=rates),
    ...     # The second trains on the first three rows.
    ...     TrainCall(rows, np.arange(3), batch_size=2, seed=2, learning_rates=rates[:2]),
    ... ])
    >>> [result.steps for result in results]
    [3, 2]
    >>> population.predict(rows.x).shape
    (2, 5, 1)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab.engines.choosing import choose
from trimtab.engines.members import Population
from trimtab.errors import InvalidArgument
from trimtab.program import Program
from trimtab.program.structure import difference

__all__ = ["Population", "make_population"]


def make_population(
    programs: Sequence[Program],
    engine: str = "auto",
    *,
    devices: Any = None,
    precision: str = "float32",
    threads: int | None = None,
) -> Population:
    """A population of these programs; see the module's docstring for an example.

    Args:
        programs: one per member. They may differ in names, dropout rates above 0, seeds and weight
            decay only. (``Dropout(0)`` adds no op, so a rate of 0 is another architecture.)
        engine: ``auto``, ``native`` or ``jax``; see :func:`~trimtab.engines.choose`.
        devices: for the JAX engine, which distributes the members over them.
        precision: ``float32`` or ``mixed_bfloat16``.
        threads: maximum number for the native engine, all members together; None for
            ``trimtab.config.get_threads()`` at each call.

    Raises:
        InvalidArgument: no programs, or programs that differ in anything else.
    """
    programs = tuple(programs)
    if not programs:
        raise InvalidArgument("a population needs at least one program, received none.")
    for number, program in enumerate(programs[1:], start=1):
        what = difference(programs[0], program)
        if what is not None:
            raise InvalidArgument(
                f"all networks of a population must have one architecture, but in member {number} "
                f"{what} as in member 0. They may differ in seeds, dropout rates above 0, learning "
                "rates, weight decay and rows. Make one population for each architecture."
            )
    if choose(programs[0], engine, devices, precision) == "native":
        from trimtab.engines.native.population import NativePopulation

        return NativePopulation(programs, threads=threads)
    from trimtab.engines.jax.population import JaxPopulation

    return JaxPopulation(programs, devices=devices, precision=precision)
