"""Custom layers: a function written in ``jax.numpy``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from trimtab.core.words import brief
from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example, Function, Op, Shape


@dataclass(frozen=True, kw_only=True)
class Call(Op):
    """``y, moved = function(x, parameters, state, training=training, key=key)``.

    The function is pure: arrays in, arrays out. ``x`` is ``(rows, width)`` and ``y`` is
    ``(rows, units)``; ``parameters``, ``state`` and ``moved`` are tuples. ``moved`` replaces the
    state after a training step, and is dropped otherwise. ``key`` is a JAX random key of
    (seed, stream, step). Gradients come from automatic differentiation, so only JAX runs it.

    Attributes:
        function: the function.
        units: width of the output.
        stream: number of the random stream of its key.
        weights: shapes of the parameters.
        statistics: shapes of the state.
    """

    kind: ClassVar[str] = "call"
    native: ClassVar[bool] = False

    function: Function
    units: int
    stream: int
    weights: tuple[Shape, ...] = ()
    statistics: tuple[Shape, ...] = ()

    @property
    def label(self) -> str:
        return f"layer {self.function.name}"

    def output_width(self, widths: Sequence[int], parameters: Sequence[Shape]) -> int:
        return self.units

    def parameter_shapes(self, widths: Sequence[int], output_width: int) -> tuple[Shape, ...]:
        return self.weights

    def state_shapes(self, widths: Sequence[int]) -> tuple[Shape, ...]:
        return self.statistics

    def check(self) -> None:
        if not isinstance(self.function, Function):
            raise InvalidProgram(
                f"call: function must be a Function, received {brief(self.function)}."
            )

    def record(self) -> dict[str, Any]:
        # For people: no other language can run a Python function.
        return super().record() | {"function": self.function.name}

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(
                widths=(n,),
                parameters=((n, units), (units,)),
                state=((units,),),
                attributes={
                    "function": _EXAMPLE,
                    "units": units,
                    "stream": 3,
                    "weights": ((n, units), (units,)),
                    "statistics": ((units,),),
                },
            )
            for n, units in ((5, 3), (7, 7), (33, 9))
        ]


def _shifted_tanh(
    x: Any, parameters: Sequence[Any], state: Sequence[Any], *, training: bool, key: Any
) -> tuple[Any, tuple[Any, ...]]:
    """``tanh(x @ kernel + shift - moving)``; training moves the average."""
    import jax.numpy as jnp

    (kernel, shift), (moving,) = parameters, state
    product = x @ kernel + shift
    moved = 0.5 * moving + 0.5 * jnp.mean(product, axis=0)
    return jnp.tanh(product - moving), (moved,)


_EXAMPLE = Function(_shifted_tanh, "shifted_tanh")
