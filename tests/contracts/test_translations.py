"""Every op as nodes of a graph, in both files that are written from one, beside its oracle."""

from __future__ import annotations

import numpy as np
import pytest

from tests.contracts.checks import case_rows
from tests.contracts.oracles import Mode, Oracles
from tests.support.programs import initial_state, op_program
from trimtab.errors import Unsupported
from trimtab.interchange.graph.graph import Graph
from trimtab.interchange.graph.network.registry import TRANSLATIONS, emit
from trimtab.interchange.onnx.running import run
from trimtab.interchange.onnx.writing import as_bytes
from trimtab.interchange.python_file.operators import EXPRESSIONS
from trimtab.interchange.python_file.writing import computed
from trimtab.program.ops import OPS, Example, Op

pytest.importorskip("onnxruntime")

ORACLES = Oracles()
ROWS = 5


def graph_of(op: type[Op], example: Example) -> tuple[Graph, np.ndarray, np.ndarray]:
    """The graph of an example, some rows, and what the oracle makes of them."""
    program = op_program(op, example)
    state = initial_state(program)
    x = case_rows(program, ROWS).x
    values, _ = ORACLES.run(program, state.parameters, state.state, x, Mode())
    graph = Graph()
    given = graph.input("x", "float32", program.input_width)
    made = emit(graph, program, state.parameters, state.state, given)
    graph.output("y", made, "float32", program.output_width)
    return graph, x, values[-1]


CASES = [
    pytest.param(op, example, id=f"{kind}-{number}")
    for kind, op in OPS.items()
    if kind != "call"
    for number, example in enumerate(op.examples())
]


def test_every_op_is_translated_or_refused():
    assert set(TRANSLATIONS) == set(OPS)


@pytest.mark.parametrize(("op", "example"), CASES)
def test_op(op, example):
    graph, x, expected = graph_of(op, example)
    assert {node.operator for node in graph.nodes} <= set(EXPRESSIONS)
    size = 1 + np.abs(expected)
    for made in (run(as_bytes(graph, {}, ""), {"x": x}), computed(graph, {"x": x})):
        assert made["y"].dtype == np.float32
        assert made["y"].shape == expected.shape
        assert (np.abs(made["y"] - expected) <= 2e-5 * size).all()


def test_a_custom_layer_is_refused_by_name():
    with pytest.raises(Unsupported, match="layer shifted_tanh is written in Python"):
        graph_of(OPS["call"], OPS["call"].examples()[0])
