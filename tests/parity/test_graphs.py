"""Generated graphs against Keras: values, gradients, one step, short runs, on both engines."""

from __future__ import annotations

import pickle
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest

import trimtab
from tests.parity.graphs import ROWS, Shape, graph, rows, shapes
from tests.support.drift import distance
from tests.support.engines import ENGINES, THREADS, levels, native_level
from trimtab import keras as ours
from trimtab.keras.models import clone_model

#: Of predictions, and of what one step changes.
VALUES, STEP, RUN = 2e-6, 2e-5, 1e-3

#: One input, several inputs, several outputs.
ALL = [*shapes(24), *shapes(18, inputs=3), *shapes(18, inputs=2, outputs=3)]
CASES = [pytest.param(shape, id=str(shape)) for shape in ALL]

#: Both engines are given the same program: JAX, which compiles each, half of them, of every size.
ON_ENGINES = [
    pytest.param(shape, name, id=f"{shape}-{name}")
    for shape in ALL
    for name in ENGINES
    if name == "native" or shape.seed % 4 in (0, 3)
]


def one_or_all(several: list[Any]) -> Any:
    return several[0] if len(several) == 1 else several


class Reference:
    """What Keras makes of a graph: first weights, predictions, a step, a short run.

    It keeps numbers only: a model of Keras holds on to its compiled code.
    """

    def __init__(self, shape: Shape) -> None:
        x, y = (one_or_all(each) for each in rows(shape))
        keras.utils.set_random_seed(shape.seed)
        model = graph(keras, shape)
        self.parameters = model.count_params()
        self.first = model.get_weights()
        self.predictions = model.predict(x, batch_size=ROWS, verbose=0)
        model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mse")
        self.loss = model.train_on_batch(x, y, return_dict=True)["loss"]
        self.stepped = model.get_weights()
        history = model.fit(x, y, batch_size=16, epochs=3, shuffle=False, verbose=0)
        self.history = history.history


@cache
def reference(shape: Shape) -> Reference:
    return Reference(shape)


def made(shape: Shape, engine: str) -> trimtab.Model:
    model: trimtab.Model = graph(ours, shape)
    model.compile(ours.optimizers.SGD(0.05, momentum=0.9), "mse", engine=engine)
    model.set_weights(reference(shape).first)
    return model


def far(actual: Any, expected: Any) -> float:
    several = expected if isinstance(expected, list) else [expected]
    found = actual if isinstance(expected, list) else [actual]
    return max(distance(a, e) for a, e in zip(found, several, strict=True))


@pytest.mark.parametrize(("shape", "name"), ON_ENGINES)
def test_a_graph_computes_what_it_computes_in_keras(shape: Shape, name: str) -> None:
    expected = reference(shape)
    x, y = (one_or_all(each) for each in rows(shape))
    model = made(shape, name)
    assert model.count_params() == expected.parameters
    assert far(model.predict(x, verbose=0), expected.predictions) < VALUES
    loss = model.train_on_batch(x, y, return_dict=True)["loss"]
    assert abs(loss - expected.loss) <= STEP * abs(expected.loss)
    # By the plain rule a step is the gradient times the rate: what differs is the gradient.
    for after, theirs, before in zip(
        model.get_weights(), expected.stepped, expected.first, strict=True
    ):
        step = float(np.linalg.norm(theirs - before))
        assert np.linalg.norm(after - theirs) <= STEP * step + 3e-7 * np.linalg.norm(before) + 1e-7
    history = model.fit(x, y, batch_size=16, epochs=3, shuffle=False, verbose=0).history
    assert history.keys() == expected.history.keys()
    for key, values in expected.history.items():
        assert distance(history[key], values) < RUN, key


@pytest.mark.parametrize("shape", CASES)
def test_a_graph_has_the_same_bits_for_any_number_of_threads(shape: Shape) -> None:
    x, y = (one_or_all(each) for each in rows(shape, 200))
    for level in levels("native"):
        found = []
        for threads in THREADS:
            with native_level(level):
                model = graph(ours, shape)
                model.compile("adam", "mse", engine="native")
                model.set_weights(reference(shape).first)
                model.runner.limit_threads(threads)
                model.fit(x, y, batch_size=150, epochs=2, shuffle=False, verbose=0)
            found.append(model.get_weights())
        for other in found[1:]:
            assert all(np.array_equal(a, b) for a, b in zip(found[0], other, strict=True)), level


@pytest.mark.parametrize("shape", CASES)
def test_a_graph_is_saved_loaded_pickled_and_cloned(shape: Shape, tmp_path: Any) -> None:
    x, y = (one_or_all(each) for each in rows(shape))
    model = made(shape, "native")
    model.fit(x, y, batch_size=16, epochs=1, verbose=0)
    model.save(tmp_path / "graph")
    clone = clone_model(model)
    clone.set_weights(model.get_weights())
    loaded = trimtab.load_model(tmp_path / "graph.trimtab")
    copies = [clone, loaded, pickle.loads(pickle.dumps(model))]
    for copy in copies:
        assert far(copy.predict(x, verbose=0), model.predict(x, verbose=0)) == 0
        assert copy.get_config() == model.get_config()
    for copy in copies[1:]:  # optimizer, seeds and orders are the same, too
        copy.fit(x, y, batch_size=16, epochs=1, verbose=0)
    model.fit(x, y, batch_size=16, epochs=1, verbose=0)
    for copy in copies[1:]:
        assert far(copy.get_weights(), model.get_weights()) == 0
