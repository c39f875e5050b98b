"""Periodic embedding: numbers as waves."""

from __future__ import annotations

import math

from trimtab.interchange.graph.graph import f32
from trimtab.interchange.graph.network.context import Context
from trimtab.interchange.graph.network.passing import beside, cells_of
from trimtab.program.ops import Periodic
from trimtab.program.ops.periodic import WHOLE

__all__ = ["periodic"]


def periodic(op: Periodic, call: Context) -> str:
    """Columns that pass through, then the waves of the embedded ones."""
    g, number = call.graph, len(op.columns)
    w, *phases, kernel, bias, missing = call.parameters
    cells, gone = cells_of(op.columns, call)
    gone = g.reshape(gone, -1, number, 1)
    turns = g("Mul", g.reshape(cells, -1, number, 1), f32(w))
    if phases:
        turns = g("Add", turns, f32(phases[0]))
    small = g("Less", g("Abs", turns), f32(WHOLE))
    part = g("Sub", turns, g("Where", small, g("Round", turns), turns))
    angles = g("Mul", part, f32(2 * math.pi))
    waves = g("Cos", angles)
    if op.pairs:
        waves = g.joined([waves, g("Sin", angles)], axis=2)
    kernels = f32(kernel).reshape(number, op.waves, op.dim)
    products = g("MatMul", g("Transpose", waves, perm=[1, 0, 2]), kernels)
    vectors = g("Add", g("Transpose", products, perm=[1, 0, 2]), f32(bias))
    vectors = g("Where", gone, f32(missing), vectors)
    if op.relu:
        vectors = g("Relu", vectors)
    return beside(op.columns, vectors, number * op.dim, call, linear=op.linear)
