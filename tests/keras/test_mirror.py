"""Keras' module names lead to trimtab's objects."""

import importlib
import random

import numpy as np
import pytest

import trimtab
from tests.support.refusals import assert_refused
from trimtab import keras
from trimtab.core.catalogue import MissingAttribute, UnknownAttribute

MODULES = {
    "keras.activations": "activations",
    "keras.callbacks": "callbacks",
    "keras.constraints": "constraints",
    "keras.initializers": "initializers",
    "keras.layers": "layers",
    "keras.losses": "losses",
    "keras.metrics": "metrics",
    "keras.optimizers": "optimizers",
    "keras.optimizers.schedules": "schedules",
    "keras.regularizers": "regularizers",
}


@pytest.mark.parametrize(("mirror", "module"), MODULES.items())
def test_same_objects(mirror, module):
    theirs = importlib.import_module(f"trimtab.{mirror}")
    ours = importlib.import_module(f"trimtab.{module}")
    assert theirs.__all__ == ours.__all__
    for name in ours.__all__:
        assert getattr(theirs, name) is getattr(ours, name)


def test_imports_as_users_write_them():
    from trimtab.keras import Sequential, callbacks, layers, optimizers
    from trimtab.keras.callbacks import EarlyStopping
    from trimtab.keras.layers import Dense
    from trimtab.keras.models import load_model
    from trimtab.keras.optimizers import Adam
    from trimtab.keras.optimizers.schedules import ExponentialDecay

    assert Dense is layers.Dense is trimtab.layers.Dense
    assert EarlyStopping is callbacks.EarlyStopping is trimtab.callbacks.EarlyStopping
    assert Adam is optimizers.Adam
    assert ExponentialDecay is keras.optimizers.schedules.ExponentialDecay
    assert Sequential is keras.models.Sequential is trimtab.Sequential
    assert load_model is keras.saving.load_model is trimtab.load_model


def test_public_names():
    for name in trimtab.__all__:
        assert getattr(trimtab, name) is not None
        assert name in dir(trimtab)


@pytest.mark.parametrize("module", [trimtab, keras])
def test_functional_api(module):
    assert_refused(
        MissingAttribute,
        "keras.KerasTensor is not supported. Use Model(inputs, outputs) of symbols: Input((n,)) "
        "and what layers return.",
        lambda: module.KerasTensor,
    )
    assert_refused(
        UnknownAttribute,
        f"{module.__name__.rpartition('.')[2]} has no 'Sequentail'. Did you mean 'Sequential'?",
        lambda: module.Sequentail,
    )
    assert hasattr(module, "Model") and not hasattr(module, "zzz")


@pytest.mark.parametrize(
    ("module", "name", "text"),
    [
        ("utils", "FeatureSpace", "Use trimtab.train(table, target), which prepares the columns."),
    ],
)
def test_refused_by_name(module, name, text):
    with pytest.raises(MissingAttribute) as refusal:
        getattr(getattr(keras, module), name)
    assert str(refusal.value).startswith(f"{module}.{name} is not supported. {text}")


def test_applications():
    assert_refused(
        MissingAttribute,
        "keras.applications is not supported: trimtab trains dense networks with dropout and "
        "batch normalization on tables. Use Keras here.",
        lambda: keras.applications,
    )


def test_set_random_seed_seeds_everything():
    state, old = np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        draws = []
        for _ in range(2):
            keras.utils.set_random_seed(3)
            kernel = keras.initializers.GlorotUniform()((3, 2))
            draws.append([kernel.tolist(), np.random.rand(), random.random()])  # noqa: NPY002
        assert draws[0] == draws[1]
        keras.utils.set_random_seed(2**64 - 1)
    finally:
        np.random.set_state(state)  # noqa: NPY002
        random.setstate(old)


def test_trimtabs_own_seed_leaves_the_others_alone():
    before = np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    trimtab.set_random_seed(3)
    assert before == (np.random.get_state()[1].tolist(), random.getstate())  # noqa: NPY002


def test_backend():
    keras.backend.clear_session()
    assert keras.layers.Dense(3).name == "dense"
    keras.utils.clear_session()
    assert keras.layers.Dense(3).name == "dense"
    assert keras.backend.epsilon() == 1e-7 and keras.backend.floatx() == "float32"
