"""Constraints on parameters, applied after each update."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from trimtab.core.words import brief
from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Function, Shape

#: Kinds of constraints that every engine knows.
CONSTRAINTS = ("non_negative", "norm")
#: The kind that only JAX runs.
FUNCTION = "function"


@dataclass(frozen=True, kw_only=True)
class ConstraintOp:
    """Applied to a trainable parameter after each update.

    - non_negative: ``w = max(w, 0)``
    - norm: ``w *= (rate clip(n, minimum, maximum) + (1 - rate) n) / (1e-7 + n)`` with
      ``n = sqrt(sum w^2)`` over the axes; a rate of 1 omits the second term
    - function: a custom function of w, written in ``jax.numpy``

    Nan stays nan; a sum that includes nan is nan.

    Attributes:
        axes: of the parameter, in ascending order, not negative.
        function: of the last kind; None for the others.
    """

    kind: str
    minimum: float = 0.0
    maximum: float = 0.0
    rate: float = 1.0
    axes: tuple[int, ...] = ()
    function: Function | None = None

    def check(self, shape: Shape) -> None:
        if self.kind not in (*CONSTRAINTS, FUNCTION):
            raise InvalidProgram(
                f"a constraint must be one of {', '.join(CONSTRAINTS)}, received "
                f"{brief(self.kind)}."
            )
        if (self.kind == FUNCTION) != isinstance(self.function, Function):
            raise InvalidProgram(
                "kind='function' needs a function, and no other constraint takes one, received "
                f"kind={brief(self.kind)}, function={brief(self.function)}."
            )
        if self.kind != "norm":
            return
        if self.axes != tuple(sorted(set(self.axes))) or not all(
            0 <= axis < len(shape) for axis in self.axes
        ):
            raise InvalidProgram(
                f"axes of a norm must be axes of {shape} in ascending order, received {self.axes}."
            )
        if not 0 <= self.minimum <= self.maximum < math.inf or not 0 <= self.rate <= 1:
            raise InvalidProgram(
                f"a norm needs 0 <= minimum <= maximum and a rate between 0 and 1, received {self}."
            )

    def record(self, shape: Shape) -> dict[str, Any]:
        """As plain data: the parameter seen as (outer, length, inner), with norms over length.

        Parameters of native ops have at most two axes, so the axes of a norm are adjacent.
        """
        first, end = (self.axes[0], self.axes[-1] + 1) if self.axes else (0, 0)
        return {
            "kind": self.kind,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "rate": self.rate,
            "outer": math.prod(shape[:first]),
            "length": math.prod(shape[first:end]),
            "inner": math.prod(shape[end:]),
        }
