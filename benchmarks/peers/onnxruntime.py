"""onnxruntime: the run's network as an ONNX graph. It predicts and does not train.

Batch normalization is left as it is after no training; dropout does nothing in prediction.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from benchmarks.data import Data
from benchmarks.networks import BatchNormalization, Dense, Run
from benchmarks.peers import Peer, cores
from trimtab.core.types import Floats


def graph(run: Run, columns: int, seed: int) -> bytes:
    """The network with weights of its own: rows of float32 in, one float32 a row out."""
    generator = np.random.default_rng(seed)
    nodes: list[Any] = []
    constants: list[Any] = []
    name, width = "x", columns

    def constant(values: Any) -> str:
        constants.append(
            numpy_helper.from_array(np.asarray(values, np.float32), f"c{len(constants)}")
        )
        return str(constants[-1].name)

    def node(kind: str, *inputs: str, **attributes: Any) -> str:
        output = f"n{len(nodes)}"
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    for layer in run.layers:
        if isinstance(layer, Dense):
            limit = (6 / (width + layer.units)) ** 0.5
            kernel = generator.uniform(-limit, limit, (width, layer.units))
            name = node("Gemm", name, constant(kernel), constant(np.zeros(layer.units)))
            name = node("Relu", name) if layer.relu else name
            width = layer.units
        elif isinstance(layer, BatchNormalization):
            ones, zeros = constant(np.ones(width)), constant(np.zeros(width))
            name = node("BatchNormalization", name, ones, zeros, zeros, ones, epsilon=layer.epsilon)
    ends = [
        helper.make_tensor_value_info(end, TensorProto.FLOAT, ["rows", size])
        for end, size in (("x", columns), (name, width))
    ]
    made = helper.make_graph(nodes, run.name, ends[:1], ends[1:], constants)
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(made, opset_imports=opset, ir_version=9)
    return bytes(model.SerializeToString())


class PeerOf(Peer):
    def __init__(self, run: Run, data: Data) -> None:
        super().__init__(run, data)
        self.count = cores()
        self.seed = 0

    def build(self, seed: int) -> None:
        self.seed = seed
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.count
        model = graph(self.run, self.data.columns, seed)
        self.session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )

    def reset(self, seed: int) -> None:
        self.build(seed)

    def fit(self) -> list[float]:
        raise NotImplementedError("onnxruntime does not train")

    def set_threads(self, count: int) -> None:
        self.count = count
        self.build(self.seed)

    def predict(self, x: Floats) -> Floats:
        predicted: Floats = self.session.run(None, {"x": x})[0]
        return predicted
