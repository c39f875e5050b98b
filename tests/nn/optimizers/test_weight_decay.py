"""Weights left out of weight decay: in programs, configurations, files and pickles."""

import copy
import pickle

import numpy as np
import pytest

import trimtab
from tests.support.refusals import assert_refused
from trimtab import layers
from trimtab.errors import InvalidArgument
from trimtab.nn import optimizers

X = np.linspace(-1, 1, 24, dtype=np.float32).reshape(-1, 2)


def network(optimizer):
    stack = [layers.Dense(3, "tanh", input_shape=[2], name="a"), layers.Dense(1, name="b")]
    model = trimtab.Sequential(stack, seed=4)
    model.compile(optimizer=optimizer, loss="mse")
    return model


def decaying(model):
    return {slot.name for slot in model.program().parameters if slot.decays}


def test_all_weights_decay_unless_told():
    model = network(optimizers.AdamW())
    assert decaying(model) == {weight.path for weight in model.weights}
    assert "exclude_from_weight_decay" not in model.optimizer.get_config()


@pytest.mark.parametrize("cls", [optimizers.Adam, optimizers.AdamW, optimizers.SGD])
def test_by_weight_and_by_name(cls):
    model = network(cls(weight_decay=0.1))
    model.optimizer.exclude_from_weight_decay([model.layers[0].kernel], ["bias$"])
    assert decaying(model) == {"b/kernel"}
    model.optimizer.exclude_from_weight_decay(var_names=["ker", "nothing"])  # replaces the first
    assert decaying(model) == {"a/bias", "b/bias"}


def test_an_excluded_weight_moves_as_without_decay():
    def weights(decay, excluded):
        optimizer = optimizers.AdamW(0.05, weight_decay=decay)
        optimizer.exclude_from_weight_decay(var_names=excluded)
        model = network(optimizer)
        model.fit(X, X[:, 0], epochs=1, batch_size=24, verbose=0)
        return model.get_weights()

    plain, excluded = weights(0.0, []), weights(0.5, ["kernel"])
    for number in (0, 2):  # kernels
        np.testing.assert_array_equal(excluded[number], plain[number])
    everything = weights(0.5, [])
    assert np.abs(everything[0] - plain[0]).max() > 1e-3


@pytest.mark.parametrize("way", ["config", "pickle", "copy", "file"])
def test_it_is_kept(way, tmp_path):
    model = network(optimizers.AdamW(weight_decay=0.1))
    model.optimizer.exclude_from_weight_decay([model.layers[1].kernel], ["bias"])
    if way == "config":
        record = optimizers.serialize(model.optimizer)
        again = network(optimizers.deserialize(record))
    elif way == "pickle":
        assert b"Dense" not in pickle.dumps(model.optimizer)  # a weight would drag its layer along
        again = network(pickle.loads(pickle.dumps(model.optimizer)))
    elif way == "copy":
        again = copy.deepcopy(model)
    else:
        model.fit(X, X[:, 0], epochs=1, verbose=0)
        model.save(tmp_path / "model.trimtab")
        again = trimtab.load_model(tmp_path / "model.trimtab")
    assert decaying(again) == {"a/kernel"}


def test_refused():
    optimizer = optimizers.AdamW()
    assert_refused(
        InvalidArgument,
        "var_names must be a list of texts or regular expressions, received 'bias'. "
        "Use var_names=['bias'].",
        lambda: optimizer.exclude_from_weight_decay(var_names="bias"),
    )
    assert_refused(
        InvalidArgument,
        "var_names must be a list of texts or regular expressions, received ['(']. "
        "Use var_names=['bias'].",
        lambda: optimizer.exclude_from_weight_decay(var_names=["("]),
    )
    assert_refused(
        InvalidArgument,
        "var_list must hold weights of layers, received 3. "
        "Use var_list=[layer.bias], or var_names=['bias'].",
        lambda: optimizer.exclude_from_weight_decay(var_list=[3]),
    )
    model = network(optimizer)
    model.fit(X, X[:, 0], epochs=1, batch_size=24, verbose=0)
    assert_refused(
        InvalidArgument,
        "exclude_from_weight_decay comes too late: this AdamW has already trained. "
        "Call it before fit, on a new optimizer.",
        lambda: optimizer.exclude_from_weight_decay(var_names=["bias"]),
    )
