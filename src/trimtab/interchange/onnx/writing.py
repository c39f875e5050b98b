"""A graph as an ONNX model, of standard operators alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.extras import need_onnx
from trimtab.core.version import __version__
from trimtab.interchange.graph.graph import Graph, Node, Port

__all__ = ["IR_VERSION", "OPSET", "OPSET_ML", "as_bytes"]

#: Of ``ai.onnx`` and ``ai.onnx.ml``, and of the format: of December 2020. Nothing newer is needed,
#: and every runtime since has these.
OPSET, OPSET_ML, IR_VERSION = 13, 2, 7

#: Operators of ``ai.onnx.ml``.
_ML = ("LabelEncoder",)


def as_bytes(graph: Graph, metadata: Mapping[str, str], about: str) -> bytes:
    """The file.

    Args:
        graph: what it computes.
        metadata: text by name, for whoever opens the file.
        about: a sentence on it.

    Raises:
        InvalidArgument: onnx is not installed.
    """
    need_onnx("to write an ONNX file")
    from onnx import helper

    nodes = [_node(node) for node in graph.nodes]
    nodes += [helper.make_node("Identity", [value], [port.name]) for port, value in graph.outputs]
    body = helper.make_graph(
        nodes,
        "trimtab",
        [_port(port) for port in graph.inputs],
        [_port(port) for port, _ in graph.outputs],
        [_constant(name, array) for name, array in graph.constants.items()],
    )
    opsets = [helper.make_operatorsetid("", OPSET)]
    if any(node.operator in _ML for node in graph.nodes):
        opsets.append(helper.make_operatorsetid("ai.onnx.ml", OPSET_ML))
    model = helper.make_model(
        body,
        opset_imports=opsets,
        ir_version=IR_VERSION,
        producer_name="trimtab",
        producer_version=__version__,
        doc_string=about,
    )
    helper.set_model_props(model, dict(metadata))
    made: bytes = model.SerializeToString()
    return made


def _type(dtype: str) -> int:
    from onnx import TensorProto

    types = {"float32": "FLOAT", "float64": "DOUBLE", "int64": "INT64", "bool": "BOOL"}
    return int(getattr(TensorProto, types.get(dtype, "STRING")))


def _node(node: Node) -> Any:
    from onnx import helper

    attributes = dict(node.attributes)
    if node.operator == "Cast":
        attributes["to"] = _type(attributes["to"])
    domain = "ai.onnx.ml" if node.operator in _ML else ""
    return helper.make_node(
        node.operator, list(node.inputs), [node.output], domain=domain, **attributes
    )


def _port(port: Port) -> Any:
    from onnx import helper

    shape: list[str | int | None] = ["rows", *([] if port.width is None else [port.width])]
    return helper.make_tensor_value_info(port.name, _type(port.dtype), shape)


def _constant(name: str, array: NDArray[Any]) -> Any:
    from onnx import numpy_helper

    if array.dtype.kind == "U":
        return numpy_helper.from_array(array.astype(object), name)
    return numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)
