"""Ops: frozen records of attributes, with rules for shapes.

An op has no arithmetic. Values are ``(rows, width)`` float32. An op reads values by number, writes
one new value, and names the parameter and state slots that it uses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from trimtab.core.words import brief
from trimtab.errors import InvalidProgram

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Function:
    """A custom function, written in ``jax.numpy``, as an attribute of an op.

    Attributes:
        call: the function; compared by identity, bound methods by the identity of their object.
        name: for messages.
        version: changes whenever something that the function reads is set.
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
        inputs: numbers of the values that it reads.
        output: number of the value that it writes.
        parameters: numbers of its parameter slots, in the order of its formula.
        state: numbers of its state slots.
    """

    kind: ClassVar[str]
    #: Number of values that it reads; None for any.
    arity: ClassVar[int | None] = 1
    #: Whether all values that it reads have one width.
    same_widths: ClassVar[bool] = True
    #: Whether the native engine computes it; the JAX engine computes every op.
    native: ClassVar[bool] = True
    #: Whether it gives what it gets, in inference.
    passes: ClassVar[bool] = False

    inputs: tuple[int, ...]
    output: int
    parameters: tuple[int, ...] = field(default=())
    state: tuple[int, ...] = field(default=())

    def output_width(self, widths: Sequence[int], parameters: Sequence[Shape]) -> int:
        """Width of the output, from the widths of the inputs and the shapes of the parameters.

        By default that of the first input.
        """
        return widths[0]

    def parameter_shapes(self, widths: Sequence[int], output_width: int) -> tuple[Shape, ...]:
        """Required shapes of the parameters."""
        return ()

    def state_shapes(self, widths: Sequence[int]) -> tuple[Shape, ...]:
        """Required shapes of the state."""
        return ()

    @property
    def label(self) -> str:
        """What it is, for messages."""
        return f"op {self.kind}"

    def check(self) -> None:
        """Raises ``InvalidProgram`` if an attribute is out of range."""

    def check_widths(self, widths: Sequence[int]) -> None:
        """Raises ``InvalidProgram`` if it cannot read values of these widths."""

    def attributes(self) -> dict[str, Any]:
        """All fields except inputs, output, parameters and state."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in _STRUCTURE}

    def record(self) -> dict[str, Any]:
        """The op as plain data, for engines in other languages."""
        return {"kind": self.kind, **{name: getattr(self, name) for name in _STRUCTURE}} | (
            self.attributes()
        )

    @classmethod
    def examples(cls) -> list[Example]:
        """Cases for the contract tests, which run them on every engine."""
        raise NotImplementedError(f"{cls.kind} has no examples for the contract tests")


def check_members(kind: str, members: int) -> None:
    """Raises ``InvalidProgram`` for a number of members that cannot be."""
    if not isinstance(members, int) or isinstance(members, bool) or members < 1:
        raise InvalidProgram(f"{kind}: members must be 1 or more, received {brief(members)}.")


def check_divided(kind: str, members: int, width: int) -> None:
    """Raises ``InvalidProgram`` if the members cannot have equal shares of a row."""
    if width % members:
        raise InvalidProgram(
            f"{kind}: {members} members need a width that {members} divides, received {width}."
        )


@dataclass(frozen=True)
class Example:
    """One case for the contract tests of an op.

    Attributes:
        widths: widths of the inputs.
        parameters: shapes of the parameters.
        state: shapes of the state.
        attributes: see :meth:`Op.attributes`.
        training: modes to run it in.
    """

    widths: tuple[int, ...]
    parameters: tuple[Shape, ...] = ()
    state: tuple[Shape, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)
    training: tuple[bool, ...] = (False, True)
