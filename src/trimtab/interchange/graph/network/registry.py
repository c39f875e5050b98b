"""A program as nodes: which function translates which op."""

from __future__ import annotations

from trimtab.core.types import Floats
from trimtab.interchange.graph.graph import Graph
from trimtab.interchange.graph.network.activation import activation
from trimtab.interchange.graph.network.activity_penalty import activity_penalty
from trimtab.interchange.graph.network.add import add
from trimtab.interchange.graph.network.batch_normalization import batch_normalization
from trimtab.interchange.graph.network.call import call
from trimtab.interchange.graph.network.context import Context, Translation
from trimtab.interchange.graph.network.dense import bias, matmul
from trimtab.interchange.graph.network.discretization import category_encoding, discretization
from trimtab.interchange.graph.network.drop_connect import drop_connect
from trimtab.interchange.graph.network.dropout import dropout
from trimtab.interchange.graph.network.embedding import embedding
from trimtab.interchange.graph.network.gaussian_noise import gaussian_noise
from trimtab.interchange.graph.network.glu import glu
from trimtab.interchange.graph.network.increasing import increasing
from trimtab.interchange.graph.network.joining import concatenate, select
from trimtab.interchange.graph.network.layer_normalization import layer_normalization
from trimtab.interchange.graph.network.members import affine, average, heads
from trimtab.interchange.graph.network.merging import (
    maximum,
    minimum,
    multiply,
    scale,
    subtract,
)
from trimtab.interchange.graph.network.one_column import spread, sum_columns
from trimtab.interchange.graph.network.periodic import periodic
from trimtab.interchange.graph.network.piecewise_linear import piecewise_linear
from trimtab.interchange.graph.network.prelu import prelu
from trimtab.interchange.graph.network.rescaling import normalization, rescaling
from trimtab.interchange.graph.network.softmax import softmax
from trimtab.program import Program

__all__ = ["TRANSLATIONS", "emit"]

TRANSLATIONS: dict[str, Translation] = {
    "activation": activation,
    "activity_penalty": activity_penalty,
    "add": add,
    "affine": affine,
    "average": average,
    "batch_normalization": batch_normalization,
    "bias": bias,
    "call": call,
    "category_encoding": category_encoding,
    "concatenate": concatenate,
    "discretization": discretization,
    "drop_connect": drop_connect,
    "dropout": dropout,
    "embedding": embedding,
    "gaussian_noise": gaussian_noise,
    "glu": glu,
    "heads": heads,
    "increasing": increasing,
    "layer_normalization": layer_normalization,
    "matmul": matmul,
    "maximum": maximum,
    "minimum": minimum,
    "multiply": multiply,
    "normalization": normalization,
    "periodic": periodic,
    "piecewise_linear": piecewise_linear,
    "prelu": prelu,
    "rescaling": rescaling,
    "scale": scale,
    "select": select,
    "softmax": softmax,
    "spread": spread,
    "subtract": subtract,
    "sum_columns": sum_columns,
}


def emit(graph: Graph, program: Program, parameters: Floats, state: Floats, x: str) -> str:
    """The nodes of a program, in inference.

    Args:
        graph: takes them.
        program: a network.
        parameters: its parameters as a flat vector.
        state: its moving statistics as a flat vector.
        x: its input, ``(rows, width)`` in float32.

    Returns:
        The name of its prediction, ``(rows, width)`` in float32.

    Raises:
        Unsupported: it has a custom layer.
    """
    values = [x]
    for op in program.ops:
        context = Context(
            graph=graph,
            inputs=tuple(values[number] for number in op.inputs),
            widths=tuple(program.widths[number] for number in op.inputs),
            parameters=tuple(
                parameters[slot.place].reshape(slot.shape)
                for slot in (program.parameters[number] for number in op.parameters)
            ),
            state=tuple(
                state[slot.place].reshape(slot.shape)
                for slot in (program.state[number] for number in op.state)
            ),
        )
        values.append(TRANSLATIONS[op.kind](op, context))
    return values[program.output]
