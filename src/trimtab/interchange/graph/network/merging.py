"""Two values made into one, element by element; a value times a number."""

from __future__ import annotations

from trimtab.interchange.graph.graph import f32
from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import Maximum, Minimum, Multiply, Scale, Subtract

__all__ = ["maximum", "minimum", "multiply", "scale", "subtract"]


def subtract(op: Subtract, call: Context) -> str:
    """``a - b``."""
    return call.graph("Sub", *call.inputs)


def multiply(op: Multiply, call: Context) -> str:
    """``a * b``."""
    return call.graph("Mul", *call.inputs)


def maximum(op: Maximum, call: Context) -> str:
    """``max(a, b)``."""
    return call.graph("Max", *call.inputs)


def minimum(op: Minimum, call: Context) -> str:
    """``min(a, b)``."""
    return call.graph("Min", *call.inputs)


def scale(op: Scale, call: Context) -> str:
    """``factor * x + offset``."""
    value = call.graph("Mul", *call.inputs, f32(op.factor))
    return call.graph("Add", value, f32(op.offset)) if op.offset else value
