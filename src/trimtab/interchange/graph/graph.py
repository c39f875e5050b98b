"""A graph of ONNX's operators, as plain data.

It is made once, by what knows layers, columns and targets. Two writers read it and know neither:
one makes a file for ONNX of it, the other a line of NumPy of each node.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Graph", "Node", "Operand", "Port", "f32", "f64", "i64"]

#: What a node reads: the name of a value, or numbers that are constants of the file.
Operand = str | NDArray[Any] | np.generic


def f32(numbers: Any) -> NDArray[np.float32]:
    """A constant in float32."""
    return np.asarray(numbers, np.float32)


def f64(numbers: Any) -> NDArray[np.float64]:
    """A constant in float64."""
    return np.asarray(numbers, np.float64)


def i64(numbers: Any) -> NDArray[np.int64]:
    """A constant of whole numbers: places, shapes, axes."""
    return np.asarray(numbers, np.int64)


@dataclass(frozen=True)
class Port:
    """An input or an output.

    Attributes:
        name: by which it is fed or asked for.
        dtype: ``float32``, ``float64``, ``int64``, ``bool`` or ``str``.
        width: columns; None for an output of one dimension, ``(rows,)``.
    """

    name: str
    dtype: str
    width: int | None


@dataclass(frozen=True)
class Node:
    """One operator.

    Attributes:
        operator: its name in ONNX.
        inputs: names of the values and constants that it reads.
        output: name of the value that it writes.
        attributes: numbers, text and lists of them.
    """

    operator: str
    inputs: tuple[str, ...]
    output: str
    attributes: dict[str, Any]


@dataclass
class Graph:
    """Nodes in the order in which they run.

    Attributes:
        inputs: in order.
        outputs: in order; a port's name is not the name of its value.
        nodes: in order; each writes a value of its own.
        constants: numbers and texts by name.

    Example:
        >>> graph = Graph()
        >>> x = graph.input("x", "float32", 2)
        >>> graph.output("y", graph("Add", x, f32([1, 2])), "float32", 2)
        >>> [(node.operator, node.inputs) for node in graph.nodes]
        [('Add', ('x', '_0'))]
    """

    inputs: list[Port] = field(default_factory=list)
    outputs: list[tuple[Port, str]] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, NDArray[Any]] = field(default_factory=dict)
    _known: dict[tuple[Any, ...], str] = field(default_factory=dict)
    _number: int = 0

    def input(self, name: str, dtype: str, width: int = 1) -> str:
        """Declares an input and returns the name of its value. All inputs come first."""
        self.inputs.append(Port(name, dtype, width))
        return name

    def output(self, name: str, value: str, dtype: str, width: int | None) -> None:
        """Declares an output; its name must be free."""
        self.outputs.append((Port(name, dtype, width), value))

    def free_output(self, name: str) -> str:
        """The name, or with a ``_`` behind it where an input or an output has it."""
        taken = {port.name for port in self.inputs} | {port.name for port, _ in self.outputs}
        while name in taken:
            name += "_"
        return name

    def constant(self, array: Any) -> str:
        """The name of a constant; the same numbers are kept once."""
        array = np.asarray(array)
        key = (
            array.dtype.str,
            array.shape,
            array.tobytes() if array.dtype != object else id(array),
        )
        if key not in self._known:
            self._known[key] = self._name()
            self.constants[self._known[key]] = array
        return self._known[key]

    def __call__(self, operator: str, *inputs: Operand, **attributes: Any) -> str:
        """Adds a node and returns the name of its value; that of the same node, if there is one."""
        names = tuple(each if isinstance(each, str) else self.constant(each) for each in inputs)
        key = (operator, names, repr(sorted(attributes.items())))
        if key not in self._known:
            self._known[key] = self._name()
            self.nodes.append(Node(operator, names, self._known[key], attributes))
        return self._known[key]

    def _name(self) -> str:
        taken = {port.name for port in self.inputs}
        while True:
            name = f"_{self._number}"
            self._number += 1
            if name not in taken:
                return name

    # -- some operators that are used in many places ----------------------------------------------

    def cast(self, value: str, dtype: str) -> str:
        """The value in another type."""
        return self("Cast", value, to=dtype)

    def reshape(self, value: str, *shape: int) -> str:
        """The value in another shape; -1 is what is left, and 0 what is there already."""
        return self("Reshape", value, i64(shape))

    def columns(self, value: str, places: Any) -> str:
        """These columns of ``(rows, width)``."""
        return self("Gather", value, i64(places), axis=1)

    def joined(self, values: list[str], axis: int = 1) -> str:
        """Values side by side."""
        return values[0] if len(values) == 1 else self("Concat", *values, axis=axis)

    def clipped(self, value: str, low: Any, high: Any) -> str:
        """The value from ``low`` to ``high``, which are constants of its type."""
        return self("Min", self("Max", value, low), high)

    def is_nan(self, value: str) -> str:
        """Where a value is NaN."""
        return self("IsNaN", value)
