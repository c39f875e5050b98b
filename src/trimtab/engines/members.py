"""The protocol of populations: several networks of one architecture, trained together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Floats
from trimtab.engines.base import EngineState, Evaluation, Rows, TrainCall, TrainResult
from trimtab.engines.checks import check_call
from trimtab.errors import EngineError
from trimtab.program import Program

__all__ = ["Orders", "Population", "check_calls", "check_members"]

#: Row numbers of one table for each member; None for all rows in their order.
Orders = Sequence[NDArray[np.int64] | None]

#: Fields that are the same in all calls of one pass.
_COMMON = ("rows", "batch_size", "predictions", "watch")


class Population(Protocol):
    """Several programs of one structure, each with its own weights.

    Attributes:
        name: of the engine.
        programs: one per member.
    """

    name: str
    programs: tuple[Program, ...]

    def load(self, states: Sequence[EngineState]) -> None:
        """Copies the state of every member in."""

    def dump(self) -> list[EngineState]:
        """Copies the state of every member out."""

    def train(self, calls: Sequence[TrainCall]) -> list[TrainResult]:
        """One pass of each member; see :meth:`~trimtab.engines.base.Engine.train`.

        Args:
            calls: one per member, all with the same ``rows``, ``batch_size``, ``predictions`` and
                ``watch``. Orders may hold different rows, and more or fewer of them; a member
                without rows does nothing. ``watch`` gets the steps of all members together, and
                the mean loss of those that have started.

        Returns:
            One result per member; its loss is nan if it did no step.

        Raises:
            EngineError: the calls do not fit the members or each other.
            KeyboardInterrupt: Ctrl-C, after the current steps. It carries the list of results so
                far as ``partial``.
        """

    def evaluate(
        self, rows: Rows, which: Orders | None = None, *, predictions: bool = False
    ) -> list[Evaluation]:
        """Loss in inference mode.

        Args:
            rows: one table for all members.
            which: the rows of each member; None for all rows.
            predictions: whether the results include predictions.
        """

    def predict(self, x: Floats) -> Floats:
        """Predictions ``(members, rows, outputs)`` in inference mode."""


def check_members(population: Population, **given: Sequence[Any]) -> None:
    """Raises ``EngineError`` unless each of these has one entry per member."""
    for name, values in given.items():
        if len(values) != len(population.programs):
            raise EngineError(
                f"{name} must have one entry per member ({len(population.programs)}), "
                f"received {len(values)}."
            )


def check_calls(population: Population, calls: Sequence[TrainCall]) -> None:
    """Raises ``EngineError`` if the calls do not fit the members or each other."""
    check_members(population, calls=calls)
    for member, (program, call) in enumerate(zip(population.programs, calls, strict=True)):
        for name in _COMMON:
            mine, first = getattr(call, name), getattr(calls[0], name)
            # Rows by identity: comparing arrays gives no yes or no.
            if not (mine is first if name == "rows" else mine == first):
                raise EngineError(
                    f"all members of a population must train with the same {name}; members 0 and "
                    f"{member} differ."
                )
        check_call(program, call, f"member {member}")
