import importlib.util
from typing import Any

import numpy as np
import pytest

from benchmarks.data import synthetic
from benchmarks.measurements.neighbours import BUSY, CROWDED, QUIET, neighbours, page
from benchmarks.networks import BatchNormalization, Dense, Dropout, Run
from benchmarks.peers import load
from benchmarks.summary import Spread, ratio_of_cases

FIT = "fit of red-wine"


def record(load: str, peer: str, turn: int, value: float) -> dict[str, Any]:
    case = f"{FIT}, {load}"
    return {"case": case, "peer": peer, "turn": turn, "value": value, "task": FIT, "load": load}


def test_a_slow_down_is_taken_within_a_round() -> None:
    records = [
        record(QUIET, "trimtab", 1, 1.0),
        record(BUSY, "trimtab", 1, 2.0),
        record(QUIET, "trimtab", 2, 2.0),
        record(BUSY, "trimtab", 2, 6.0),
        record(QUIET, "pytorch", 1, 0.5),
        record(BUSY, "pytorch", 1, 5.0),
    ]
    found = ratio_of_cases(records, f"{FIT}, {BUSY}", f"{FIT}, {QUIET}", "trimtab")
    assert found == Spread(2.5, 2.0, 3.0)
    assert ratio_of_cases(records, f"{FIT}, {CROWDED}", f"{FIT}, {QUIET}", "trimtab") is None
    text = "\n".join(page(records))
    assert "| fit of red-wine | trimtab | 1.5 s | 2.5 (2–3) | – |" in text
    assert "10 (10–10)" in text


def test_neighbours_are_gone_afterwards() -> None:
    with neighbours(2) as processes:
        assert [process.poll() for process in processes] == [None, None]
    assert all(process.returncode is not None for process in processes)


@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("onnxruntime", "onnx")),
    reason="needs onnxruntime and onnx",
)
def test_onnxruntime_computes_the_network() -> None:
    layers = (Dense(7, relu=True), Dropout(0.3), BatchNormalization(), Dense(1))
    data = synthetic(20, 5)
    peer: Any = load("onnxruntime")(Run("small", layers, "adam", 4, 1), data)
    peer.build(3)
    generator = np.random.default_rng(3)
    kernels = [
        generator.uniform(-limit, limit, shape)
        for shape in ((5, 7), (7, 1))
        for limit in [(6 / sum(shape)) ** 0.5]
    ]
    hidden = np.maximum(data.x_train @ kernels[0], 0) / np.sqrt(1 + 1e-3)
    assert np.all(np.abs(peer.predict(data.x_train) - hidden @ kernels[1]) <= 1e-5)
    before = peer.predict(data.x_train)
    peer.set_threads(1)
    assert np.all(np.abs(peer.predict(data.x_train) - before) <= 1e-5)
