"""What an operation is: a frozen record of attributes, and the rules its shapes obey.

An op holds no arithmetic. Values are ``(rows, width)`` float32; an op reads values by number,
writes one new value, and names the parameter and state slots it uses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Function:
    """A user's function, written in ``jax.numpy``, as an attribute of an op.

    Attributes:
        call: the function. Compared by identity; bound methods by that of their object.
        name: for messages.
        version: differs whenever something that the function reads has been set anew.
    """

    call: Callable[..., Any]
    name: str
    version: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return self.name


_STRUCTURE = ("inputs", "output", "parameters", "state")


@dataclass(frozen=True, kw_only=True)
class Op:
    """One step of a program.

    Attributes:
        inputs: numbers of the values it reads.
        output: number of the value it writes.
        parameters: numbers of its parameter slots, in the order its formula names them.
        state: numbers of its state slots.
    """

    kind: ClassVar[str]
    #: How many values it reads.
    arity: ClassVar[int] = 1
    #: Whether the native engine computes it; the JAX engine computes every op.
    native: ClassVar[bool] = True

    inputs: tuple[int, ...]
    output: int
    parameters: tuple[int, ...] = field(default=())
    state: tuple[int, ...] = field(default=())

    def output_width(self, widths: Sequence[int], parameters: Sequence[Shape]) -> int:
        """Width of the output, from the widths of the inputs and the shapes of the parameters.

        Element-wise ops keep the width of their (first) input.
        """
        return widths[0]

    def parameter_shapes(self, widths: Sequence[int], output_width: int) -> tuple[Shape, ...]:
        """The shapes its parameters must have."""
        return ()

    def state_shapes(self, widths: Sequence[int]) -> tuple[Shape, ...]:
        """The shapes its state must have."""
        return ()

    @property
    def label(self) -> str:
        """What it is, in words, for messages."""
        return f"op {self.kind}"

    def check(self) -> None:
        """Raises ``InvalidProgram`` where an attribute is out of range."""

    def attributes(self) -> dict[str, Any]:
        """The op's own fields (everything but inputs, output, parameters and state)."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in _STRUCTURE}

    def record(self) -> dict[str, Any]:
        """The op as plain data: what engines written in other languages read."""
        return {"kind": self.kind, **{name: getattr(self, name) for name in _STRUCTURE}} | (
            self.attributes()
        )

    @classmethod
    def examples(cls) -> list[Example]:
        """Cases that the contract tests run on every engine: values, gradients, threads."""
        raise NotImplementedError(f"{cls.kind} states no examples for the contract tests")


@dataclass(frozen=True)
class Example:
    """One case for the contract tests of an op.

    Attributes:
        widths: widths of the inputs.
        parameters: shapes of the parameters.
        state: shapes of the state.
        attributes: the op's own fields.
        positive_state: whether state holds variances (drawn positive).
        training: modes to run it in.
    """

    widths: tuple[int, ...]
    parameters: tuple[Shape, ...] = ()
    state: tuple[Shape, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)
    training: tuple[bool, ...] = (False, True)
