"""The protocol of populations: several networks of one architecture, trained side by side."""

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

#: Row numbers of one table, member by member; None: all rows, in their order.
Orders = Sequence[NDArray[np.int64] | None]

#: What the calls of one pass have in common.
_COMMON = ("rows", "batch_size", "predictions", "watch")


class Population(Protocol):
    """Several programs of one structure, each with its own weights.

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

    def train(self, calls: Sequence[TrainCall]) -> list[TrainResult]:
        """One pass of each member; see :meth:`~trimtab.engines.base.Engine.train`.

        Args:
            calls: one a member. Rows, batch size, ``predictions`` and ``watch`` are the same in
                all. Members may train on different rows of the table, and on more or fewer of
                them: one that is done, or has none at all, stands still. ``watch`` is told the
                steps of all members together, and the mean loss of those that have begun.

        Returns:
            One result a member. The loss of one that did no step is nan.

        Raises:
            EngineError: calls that do not fit the members or each other.
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


def check_members(population: Population, **given: Sequence[Any]) -> None:
    """Raises ``EngineError`` unless each of these has one entry a member."""
    for name, values in given.items():
        if len(values) != len(population.programs):
            raise EngineError(
                f"{name} must hold one entry a member, {len(population.programs)} of them, "
                f"received {len(values)}."
            )


def check_calls(population: Population, calls: Sequence[TrainCall]) -> None:
    """Raises ``EngineError`` where the calls of ``train`` do not fit the members or each other."""
    check_members(population, calls=calls)
    for member, (program, call) in enumerate(zip(population.programs, calls, strict=True)):
        for name in _COMMON:
            mine, first = getattr(call, name), getattr(calls[0], name)
            # Rows by identity: comparing arrays gives no yes or no.
            if not (mine is first if name == "rows" else mine == first):
                raise EngineError(
                    f"all members train with the same {name}, but those of member {member} and of "
                    "member 0 differ."
                )
        check_call(program, call, f"member {member}")
