"""``check`` takes what ``fit`` takes, and hands it on in its remedies."""

import inspect

import numpy as np
import pytest

from tests.insight.coach.cases import case, classes, dense, normalized, probability, table, target
from tests.support.refusals import assert_refused
from trimtab import Sequential
from trimtab.errors import InvalidArgument, InvalidData, Unsupported
from trimtab.keras.callbacks import EarlyStopping
from trimtab.nn import layers


def test_every_argument_of_fit():
    fit, check = (inspect.signature(f).parameters for f in (Sequential.fit, Sequential.check))
    assert set(fit) - set(check) == set()
    assert set(check) - set(fit) == {"groups", "history"}


def test_all_at_once():
    model = case().model
    found = model.check(
        table(),
        target(table()),
        batch_size=16,
        epochs=60,
        verbose=2,
        callbacks=[EarlyStopping(patience=3)],
        validation_split=0.2,
        shuffle=False,
        sample_weight=np.ones(256),
        initial_epoch=2,
        steps_per_epoch=None,
        validation_steps=None,
        validation_batch_size=64,
        validation_freq=[1, 5],
        statistics="population",
        freeze_statistics_after=3,
        track=["statistics"],
        last_batch="even",
    )
    assert found == []


def test_they_stand_in_the_fit_of_a_remedy():
    model = case(*normalized()).model
    found = model.check(
        table(65),
        target(table(65)),
        epochs=400,
        verbose=0,
        shuffle=False,
        initial_epoch=1,
        sample_weight=np.ones(65),
        validation_freq=2,
        track=["layers"],
    )
    assert found.codes == ["tiny-last-batch"]
    remedy = found[0].remedy
    for argument in (
        "verbose=0",
        "shuffle=False",
        "initial_epoch=1",
        "sample_weight=sample_weight",
        "validation_freq=2",
        'track=["layers"]',
        'last_batch="even"',
    ):
        assert argument in " ".join(remedy.split())
    names = {"model": model, "x": table(65), "y": target(table(65)), "sample_weight": np.ones(65)}
    exec(remedy.replace("epochs=400", "epochs=2"), names)


@pytest.mark.parametrize(
    ("error", "message", "arguments"),
    [
        (InvalidArgument, "shuffle must be True or False, received 'no'.", {"shuffle": "no"}),
        (
            InvalidArgument,
            "verbose must be 'auto', 0, 1 or 2, received 'loud'.",
            {"verbose": "loud"},
        ),
        (
            InvalidData,
            "x has 256 rows and sample_weight has 3. They must have the same number.",
            {"sample_weight": [1, 2, 3]},
        ),
        (
            InvalidArgument,
            "class_weight must be a dict from class number to weight, received list. Use "
            "class_weight={0: 1.0, 1: 5.0}.",
            {"class_weight": [1, 2]},
        ),
    ],
)
def test_refusals_are_those_of_fit(error, message, arguments):
    model = case(*probability(), loss="bce", y=classes(2)).model
    given = {"x": table(), "y": classes(2), **arguments}
    assert_refused(error, message, lambda: model.check(**given))
    assert_refused(error, message, lambda: model.fit(**given))


def test_typos_name_the_nearest():
    with pytest.raises(TypeError, match="shuffle"):
        case().model.check(table(), target(table()), shufle=False)


def test_steps_per_epoch_is_refused():
    with pytest.raises(Unsupported, match="steps_per_epoch"):
        case().model.check(table(), target(table()), steps_per_epoch=3)


def test_epochs_that_are_left_count():
    model = case(*normalized()).model
    x, y = table(), target(table())
    assert model.check(x, y, epochs=100).codes == []
    assert model.check(x, y, epochs=100, initial_epoch=90).codes == ["slow-moving-averages"]
    found = model.check(x, y, epochs=100, freeze_statistics_after=10)
    assert found.codes == ["slow-moving-averages"]


def test_without_epochs_nothing_is_said_of_steps():
    found = case(*normalized()).model.check(table(), target(table()))
    assert found == []
    assert found.unchecked == ("what depends on the number of steps (no epochs were passed)",)
    assert "no epochs were passed" in str(found)


@pytest.mark.parametrize("data", [table(), table(seed=5)])
def test_population_statistics_cure_slow_averages(data):
    """Also those of an earlier fit: the layers hold the statistics of the rows."""
    model = case(*normalized()).model
    x, y = table(), target(table())
    assert model.check(x, y, epochs=3).codes == ["slow-moving-averages"]
    assert model.check(x, y, epochs=3, statistics="population").codes == []
    model.fit(x, y, epochs=3, verbose=0)
    assert model.check(x, y, epochs=3).codes == ["slow-moving-averages"]
    model.fit(x, y, epochs=3, statistics="population", verbose=0)
    assert model.check(data, target(data), epochs=3).codes == []
    assert model.check(100 + data, target(data), epochs=3).codes[-1:] == ["slow-moving-averages"]


def test_one_cause_is_one_finding():
    stack = []
    for _ in range(4):
        stack += [layers.Dense(64), layers.Dropout(0.9), layers.BatchNormalization(), layers.ReLU()]
    found = case(*stack, layers.Dense(1), epochs=2, batch_size=8).check()
    assert len(found) == len(found.codes) >= 3
    for finding in found:
        if finding.layer is not None:
            assert len(finding.evidence["layers"]) == 4 and len(finding.layers) == 4
    found = case(*[dense(64), layers.BatchNormalization()] * 1, layers.Dense(1), epochs=2).check()
    assert found[0].layers == [found[0].layer]
