"""One contract for every schedule: values and configuration as in Keras."""

import inspect

import numpy as np
import pytest

from tests.support.close import EPSILON, assert_close
from tests.support.keras import import_keras, plain
from trimtab import Sequential, layers, load_model
from trimtab.nn import optimizers, schedules

#: Schedules of learning rates that Keras has; the others are trimtab's own, see tests/nn/schedules.
OWN = {"FlatCosineDecay", "LogCosineDecay", "OneCycle"}
CLASSES = {
    name: cls
    for name, cls in schedules.REGISTRY.classes.items()
    if issubclass(cls, schedules.LearningRateSchedule) and name not in OWN
}

#: Class -> arguments to try; a new schedule is one row.
CASES = {
    "CosineDecay": [
        {"initial_learning_rate": 0.1, "decay_steps": 50},
        {"initial_learning_rate": 0.1, "decay_steps": 50, "alpha": 0.2},
        {
            "initial_learning_rate": 0.01,
            "decay_steps": 50,
            "warmup_target": 0.5,
            "warmup_steps": 13,
            "alpha": 0.1,
        },
        {"initial_learning_rate": 0.1, "decay_steps": 50, "warmup_target": 0.5},
    ],
    "ExponentialDecay": [
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9},
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9, "staircase": True},
        {"initial_learning_rate": 0.1, "decay_steps": 7.5, "decay_rate": 1.1, "name": "mine"},
    ],
    "InverseTimeDecay": [
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9},
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9, "staircase": True},
        {"initial_learning_rate": 0.1, "decay_steps": 7.5, "decay_rate": 3.1, "name": "mine"},
    ],
    "PiecewiseConstantDecay": [
        {"boundaries": [20], "values": [0.1, 0.2]},
        {"boundaries": [9, 20, 50], "values": [1.0, 0.5, 0.7, 0.1], "name": "mine"},
    ],
    "PolynomialDecay": [
        {"initial_learning_rate": 0.1, "decay_steps": 50},
        {"initial_learning_rate": 0.1, "decay_steps": 50, "power": 0.5, "end_learning_rate": 0.02},
        {"initial_learning_rate": 0.1, "decay_steps": 21, "power": 3.0, "cycle": True},
        {"initial_learning_rate": 0.1, "decay_steps": 7.5, "cycle": True, "name": "mine"},
    ],
    "CosineDecayRestarts": [
        {"initial_learning_rate": 0.1, "first_decay_steps": 21},
        {"initial_learning_rate": 0.1, "first_decay_steps": 21, "t_mul": 1.0, "m_mul": 0.8},
        {
            "initial_learning_rate": 0.1,
            "first_decay_steps": 10.5,
            "t_mul": 1.5,
            "m_mul": 1.2,
            "alpha": 0.1,
            "name": "mine",
        },
    ],
}
ALL = [(name, case) for name, cases in CASES.items() for case in cases]


def test_every_schedule_has_a_case():
    assert set(CASES) == set(CLASSES)


@pytest.mark.parametrize(("name", "case"), ALL)
def test_values(name, case):
    """Float32 throughout; powers and cosines of two libraries differ by a few ulps."""
    keras = import_keras()
    theirs = getattr(keras.optimizers.schedules, name)(**case)
    ours = CLASSES[name](**case)
    steps = [*range(0, 70, 3), 50, 63, 500]
    expected = np.array([float(theirs(step)) for step in steps])
    rates = ours(steps)
    assert rates.dtype == np.float32
    # The cosine's end is 1 - 1: its error counts against the rate at the top.
    assert_close(rates, expected, 8 * EPSILON, scale=expected.max())


@pytest.mark.parametrize(("name", "case"), ALL)
def test_one_step_and_many_are_the_same_bits(name, case):
    schedule = CLASSES[name](**case)
    many = schedule.learning_rates(5, 70)
    assert many.shape == (70,) and many.dtype == np.float32
    assert np.array_equal(many, schedule(np.arange(5, 75)))
    for index in (0, 8, 30, 69):
        one = schedule(5 + index)
        assert np.ndim(one) == 0 and abs(one - many[index]) <= EPSILON * many.max()
    assert schedule.learning_rates(3, 0).shape == (0,)


@pytest.mark.parametrize(("name", "case"), ALL)
def test_configuration(name, case):
    keras = import_keras()
    record = schedules.serialize(CLASSES[name](**case))
    assert schedules.serialize(schedules.deserialize(record)) == record
    theirs = getattr(keras.optimizers.schedules, name)(**case)
    assert plain(keras.optimizers.schedules.serialize(theirs)) == record
    assert CLASSES[name].from_config(theirs.get_config()).get_config() == record["config"]


@pytest.mark.parametrize("name", CLASSES)
def test_signature_is_that_of_keras(name):
    keras = import_keras()

    def described(cls):
        return [(p.name, p.default) for p in inspect.signature(cls).parameters.values()]

    assert described(CLASSES[name]) == described(getattr(keras.optimizers.schedules, name))


@pytest.mark.parametrize(("name", "case"), ALL)
def test_a_model_trains_by_it_and_keeps_it_in_its_file(name, case, tmp_path):
    model = Sequential([layers.Input((2,)), layers.Dense(1)], seed=0)
    model.compile(optimizers.SGD(CLASSES[name](**case)), "mse")
    x = np.linspace(-1, 1, 20, dtype=np.float32).reshape(10, 2)
    model.fit(x, x[:, 0], epochs=2, batch_size=2, verbose=0)
    model.save(tmp_path / "model.trimtab")
    again = load_model(tmp_path / "model.trimtab")
    rate = again.optimizer.learning_rates(10, 60)
    assert np.array_equal(rate, CLASSES[name](**case).learning_rates(10, 60))
    for each in (model, again):
        each.fit(x, x[:, 0], epochs=1, batch_size=2, verbose=0)
    assert np.array_equal(model.predict(x, verbose=0), again.predict(x, verbose=0))
