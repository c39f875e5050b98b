"""Sample weights of single outputs: in every form, on both engines, in files, refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import trimtab
from tests.support.close import assert_close
from tests.support.engines import ENGINES
from tests.support.refusals import assert_refused
from trimtab import Input, Model, layers
from trimtab.errors import InvalidData

RANDOM = np.random.default_rng(1)
X = RANDOM.normal(size=(60, 3)).astype(np.float32)
Y = {"a": X[:, :1] * 2, "b": (X[:, 1] > 0).astype(np.float32)}
W = {"a": RANDOM.uniform(0, 2, 60), "b": (RANDOM.random(60) < 0.5).astype(np.float32)}


def made(engine: str = "native") -> Any:
    x = Input((3,))
    hidden = layers.Dense(8, "tanh", name="hidden")(x)
    ends = {
        "a": layers.Dense(1, name="a")(hidden),
        "b": layers.Dense(1, "sigmoid", name="b")(hidden),
        "c": layers.Dense(2, name="c")(hidden),
    }
    model = Model(x, ends, seed=3)
    losses = {"a": "mse", "b": "binary_crossentropy"}
    model.compile("adam", losses, metrics={"a": "mae"}, weighted_metrics={"a": "mae"},
                  engine=engine)  # fmt: skip
    return model


def weights_after(fit: Any, engine: str = "native") -> Any:
    model = made(engine)
    fit(model)
    return model.get_weights()


def assert_same(one: Any, other: Any) -> None:
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_all_forms_are_one() -> None:
    given = {"epochs": 2, "batch_size": 20, "shuffle": False, "verbose": 0}
    one = weights_after(lambda m: m.fit(X, Y, sample_weight=W, **given))
    listed = weights_after(lambda m: m.fit(X, Y, sample_weight=[W["a"], W["b"]], **given))
    assert_same(one, listed)
    batches = [slice(i, i + 20) for i in (0, 20, 40)]

    def parts(of: Any, rows: slice) -> Any:
        return {key: value[rows] for key, value in of.items()}

    whole = weights_after(
        lambda m: m.fit(
            ((X[b], parts(Y, b), parts(W, b)) for _ in range(2) for b in batches),
            steps_per_epoch=3,
            **{name: value for name, value in given.items() if name != "batch_size"},
        )
    )
    assert_same(one, whole)
    plain = weights_after(lambda m: m.fit(X, Y, **given))
    only = weights_after(lambda m: m.fit(X, Y, sample_weight={"a": np.ones(60)}, **given))
    assert_same(plain, only)  # 1 where none are given
    assert not np.array_equal(one[0], plain[0])
    both = weights_after(lambda m: m.fit(X, Y, sample_weight={"a": W["b"], "b": W["b"]}, **given))
    assert_same(both, weights_after(lambda m: m.fit(X, Y, sample_weight=W["b"], **given)))


def test_rows_of_weight_0_teach_an_output_nothing() -> None:
    other = {**Y, "b": np.where(W["b"] > 0, Y["b"], 1 - Y["b"])}
    given = {"epochs": 2, "verbose": 0, "sample_weight": W}
    assert_same(weights_after(lambda m: m.fit(X, Y, **given)),
                weights_after(lambda m: m.fit(X, other, **given)))  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_losses_and_metrics(engine: str) -> None:
    model = made(engine)
    predicted = model.predict(X)
    logs = model.evaluate(X, Y, sample_weight=W, verbose=0, return_dict=True)
    error = np.abs(predicted["a"] - Y["a"])[:, 0]
    assert_close(logs["a_loss"], np.mean(W["a"] * error**2), 1e-5)
    assert_close(logs["loss"], logs["a_loss"] + logs["b_loss"], 1e-5)
    assert_close(logs["a_mae"], error.mean(), 1e-5)
    assert_close(logs["a_weighted_mae"], np.average(error, weights=W["a"]), 1e-5)
    without = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert_close(without["a_loss"], np.mean(error**2), 1e-5)


def test_a_loaded_model_goes_on(tmp_path: Any) -> None:
    model = made()
    model.fit(X, Y, sample_weight=W, epochs=1, verbose=0)
    model.save(tmp_path / "m")
    back = trimtab.load_model(tmp_path / "m.trimtab")
    for each in (model, back):
        each.fit(X, Y, sample_weight=W, epochs=1, verbose=0)
    assert_same(model.get_weights(), back.get_weights())


def test_what_is_refused() -> None:
    model = made()
    for weights, text in [
        ({"d": W["a"]}, "sample_weight: there is no output 'd' with a loss. Outputs are: a, b."),
        (
            [W["a"]],
            "sample_weight is a list of 1, but 2 outputs have a loss: a and b. Give one entry for "
            "each, or a dict by name.",
        ),
        (
            {"a": W["a"][:9]},
            "x has 60 rows and sample_weight['a'] has 9. They must have the same number.",
        ),
    ]:
        assert_refused(
            InvalidData, text, lambda w=weights: model.fit(X, Y, sample_weight=w, verbose=0)
        )
