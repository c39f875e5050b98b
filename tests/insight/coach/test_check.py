"""``model.check``: what it takes, what it leaves alone, what it says, and when it keeps still."""

import copy
import json
import math
import re

import numpy as np
import pandas as pd
import pytest

import trimtab
from tests.insight.coach.cases import case, dense, frame, table, target
from tests.support.close import assert_close
from tests.support.refusals import assert_refused
from tests.support.small import everything
from trimtab import Sequential, config
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.insight.coach import Code, Finding, Findings
from trimtab.insight.coach.collecting import collect
from trimtab.insight.coach.rules.normalization import predicted_ratio
from trimtab.keras.callbacks import EarlyStopping
from trimtab.nn import layers
from trimtab.training.settings import FitSettings


def good():
    """Everything done right."""
    return case(
        layers.BatchNormalization(),
        dense(32),
        layers.BatchNormalization(momentum=0.9),
        dense(32),
        layers.Dropout(0.3),
        layers.Dense(1),
        epochs=100,
        valid=(table(seed=1), target(table(seed=1))),
        callbacks=[EarlyStopping(patience=5)],
        groups=(np.arange(256), -1 - np.arange(256)),
    )


# -- when there is nothing to say ---------------------------------------------------------------


def test_a_good_network_gives_an_empty_list():
    found = good().check()
    assert found == [] and found.unchecked == () and str(found) == "No findings."


@pytest.mark.parametrize("loss", ["mae", "mse", "bce", "sparse_categorical_crossentropy"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_good_heads_give_an_empty_list(loss, optimizer):
    heads = {
        "bce": (layers.Dense(1, activation="sigmoid"), np.arange(256) % 2),
        "sparse_categorical_crossentropy": (
            layers.Dense(3, activation="softmax"),
            np.arange(256) % 3,
        ),
    }
    head, y = heads.get(loss, (layers.Dense(1), target(table())))
    assert case(dense(), head, y=y, loss=loss, optimizer=optimizer).check() == []


# -- what it takes ------------------------------------------------------------------------------


def test_a_model_alone():
    model = Sequential([layers.Dense(64), layers.Dropout(0.5), layers.BatchNormalization()])
    found = model.check()
    assert found.codes == ["variance-shift"] and not model.built
    assert_close(found[0].evidence["ratio"], 0.5, 1e-12)
    assert found.unchecked == (
        "data and number of steps (no x was passed)",
        "optimizer and loss (the model is not compiled)",
    )


def test_not_compiled_and_not_built():
    model = Sequential([layers.Dense(1, activation="relu")])
    found = model.check(table(), target(table()))
    assert found == [] and model.built
    assert found.unchecked == ("optimizer and loss (the model is not compiled)",)


def test_only_x():
    assert case().model.check(table()).unchecked == ("targets (no y was passed)",)


def test_layers_of_ones_own_are_named_and_passed_over():
    class Own(layers.Layer):
        def call(self, x):
            return x

    model = Sequential([layers.Dropout(0.3), Own(name="mine"), layers.BatchNormalization()])
    found = model.check()
    assert found.codes == ["variance-shift"] and found[0].evidence["ratio"] is None
    assert "the inside of custom layers (mine)" in found.unchecked


def test_validation_rows_come_from_the_split():
    x = np.concatenate([table(), table()[:64]])
    found = case(x=x, validation_split=0.2).check()
    assert [f.code for f in found] == ["shared-rows"] and found[0].evidence["copies"] == 64


def test_weights_of_validation_rows_are_taken():
    model = case().model
    other = table(seed=1)
    ones = np.ones(256)
    assert model.check(table(), target(table()), 32, 9, (other, target(other), ones)) == []


@pytest.mark.parametrize(
    ("error", "message", "arguments"),
    [
        (
            InvalidData,
            "x has 2 columns, but the model takes 3. Pass the 3 columns it was built for.",
            {"x": table()[:, :2]},
        ),
        (
            InvalidData,
            "x has 256 rows and y has 255. They must have the same number.",
            {"y": np.zeros(255)},
        ),
        (
            InvalidData,
            "y has 2 columns, but the model has 1 output. Make the last layer 2 wide, or pass "
            "1 target column.",
            {"y": np.zeros((256, 2))},
        ),
        (
            InvalidData,
            "x is missing. Pass the rows that y, groups and validation_data belong to.",
            {"x": None},
        ),
        (
            InvalidArgument,
            "validation_data must be (x, y) or (x, y, sample_weight), received a ndarray.",
            {"validation_data": table()},
        ),
        (
            InvalidData,
            "validation x has 256 rows and validation y has 3. They must have the same number.",
            {"validation_data": (table(), np.zeros(3))},
        ),
        (
            InvalidArgument,
            "groups are compared between training and validation rows, and there are no validation "
            "rows. Add validation_data=(x_valid, y_valid) or validation_split=0.2.",
            {"groups": np.arange(256)},
        ),
        (
            InvalidArgument,
            "with validation_data, groups must be a pair: groups of the training rows, groups of "
            "the validation rows. Use groups=(groups_train, groups_valid).",
            {"groups": np.arange(256), "validation_data": (table(), np.zeros(256))},
        ),
        (
            InvalidData,
            "groups must hold one label per row of x, shape (256,), received shape (3,).",
            {"groups": [1, 2, 3], "validation_split": 0.5},
        ),
        (
            InvalidArgument,
            "batch_size must be a positive integer, received 0. Leave it out for 32.",
            {"batch_size": 0},
        ),
        (
            InvalidArgument,
            "last_batch must be one of 'keep', 'even', 'drop', received 'even out'. "
            "Did you mean 'even'?",
            {"last_batch": "even out"},
        ),
    ],
)
def test_refusals(error, message, arguments):
    model = case().model
    given = {"x": table(), "y": target(table()), **arguments}
    model.build(3)
    assert_refused(error, message, lambda: model.check(**given))


# -- what it leaves alone -----------------------------------------------------------------------


def test_nothing_is_changed():
    found = good()
    model, data = found.model, found.data
    model.fit(data["x"], data["y"], epochs=2, verbose=0)
    given = copy.deepcopy(data)
    before, seed = everything(model), config.next_seed()
    trimtab.set_random_seed(5)
    expected = config.next_seed()
    trimtab.set_random_seed(5)
    position, history = model.position, model.history
    found.check()
    assert config.next_seed() == expected != seed
    for one, other in zip(before, everything(model), strict=True):
        np.testing.assert_array_equal(one, other)
    assert model.position is position and model.history is history
    for name in ("x", "y", "x_valid", "y_valid"):
        np.testing.assert_array_equal(given[name], data[name])


def test_training_afterwards_is_the_same():
    def trained(check):
        trimtab.set_random_seed(3)
        model = Sequential([dense(), layers.Dropout(0.3), layers.BatchNormalization(), dense(1)])
        model.compile("adam", "mse")
        x = table()
        if check:
            model.check(x, target(x), epochs=3)
        model.fit(x, target(x), epochs=3, verbose=0)
        return everything(model)

    for one, other in zip(trained(False), trained(True), strict=True):
        np.testing.assert_array_equal(one, other)


def test_names_of_layers_are_not_counted_up():
    trimtab.keras.utils.clear_session()
    case(dense(), layers.BatchNormalization(), layers.Dense(1), epochs=1).check()
    assert layers.BatchNormalization().name == "batch_normalization_1"


def test_a_trained_model_has_forgotten_its_start():
    found = case(dense(), layers.BatchNormalization(), layers.Dense(1), epochs=10)
    assert found.check().codes == ["slow-moving-averages"]
    found.model.fit(found.data["x"], found.data["y"], epochs=40, verbose=0)
    assert found.check() == []


# -- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", None, "tanh"])
@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5])
def test_the_predicted_ratio_is_that_of_simulated_variances(activation, rate):
    stack = [layers.Dense(8, activation=activation), layers.Dropout(rate)]
    facts = collect(Sequential([*stack, layers.BatchNormalization()]), None, None, FitSettings())
    generator = np.random.default_rng(0)
    values = generator.normal(size=4_000_000)
    if activation == "relu":
        values = np.maximum(values, 0)
    dropped = values * (generator.random(values.shape) >= rate) / (1 - rate)
    predicted = predicted_ratio(facts, facts.moving[0])
    assert_close(predicted, values.var() / dropped.var(), 0.005)
    if activation == "relu":
        c = 1 / math.sqrt(2 * math.pi)
        v = 0.5 - c * c
        assert_close(predicted, v / ((v + c * c) / (1 - rate) - c * c), 1e-12)


def test_the_predicted_ratio_through_several_dropouts():
    stack = [dense(), layers.Dropout(0.5), layers.ReLU(), layers.FeatureDropout(0.5)]
    facts = collect(Sequential([*stack, layers.BatchNormalization()]), None, None, FitSettings())
    assert predicted_ratio(facts, facts.moving[0]) == 0.25
    stack = [layers.Dropout(0.5), layers.Dense(3)]
    facts = collect(Sequential([*stack, layers.BatchNormalization()]), None, None, FitSettings())
    assert predicted_ratio(facts, facts.moving[0]) is None


@pytest.mark.parametrize("rate", [0.2, 0.3, 0.5])
def test_the_measured_ratio_is_near_the_predicted_one(rate):
    """Standardized columns, relu, many units: the two say the same within sampling error."""
    x = np.random.default_rng(1).normal(size=(512, 11)).astype(np.float32)
    stack = [dense(512), layers.Dropout(rate), layers.BatchNormalization(), layers.Dense(1)]
    found = case(*stack, x=x, y=target(x)).check()
    facts = collect(Sequential(stack), None, None, FitSettings())
    assert_close(found[0].evidence["ratio"], predicted_ratio(facts, facts.moving[0]), 0.03)
    assert found[0].evidence["rows"] == 512


def test_moving_averages_by_the_formula():
    found = case(dense(), layers.BatchNormalization(), layers.Dense(1), epochs=5).check()
    evidence = found[0].evidence
    assert evidence["steps"] == 40 and evidence["epoch_steps"] == 8 and evidence["epoch"] is None
    assert_close(evidence["percent"], 100 * 0.99**40, 1e-12)
    found = case(dense(), layers.BatchNormalization(), layers.Dense(1), epochs=60).check()
    epoch = found[0].evidence["epoch"]
    assert 0.99 ** (8 * epoch) <= 0.05 < 0.99 ** (8 * (epoch - 1))


def test_columns_go_by_their_names():
    x = frame(table()).assign(age=lambda t: 200 * t["age"])
    finding = case(x=x, y=target(table()), optimizer="sgd").check()[0]
    assert finding.evidence["largest"] == "age"
    assert finding.sentence.startswith("age (root mean square 203)")


# -- what it says -------------------------------------------------------------------------------


def test_findings_are_sorted_and_become_a_frame():
    found = case(
        layers.Dense(8),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Dropout(0.5),
        layers.Dense(1, activation="relu"),
        epochs=1,
    ).check()
    assert found.codes == ["unreachable-targets", "slow-moving-averages", "bias-without-effect"]
    assert [str(finding.severity) for finding in found] == ["error", "warning", "note"]
    table_of = found.to_frame()
    assert isinstance(table_of, pd.DataFrame) and list(table_of["code"]) == found.codes
    assert table_of["evidence"][0] == dict(found[0].evidence)
    assert list(Findings().to_frame().columns) == list(table_of.columns)
    json.dumps(table_of.to_dict("records"))


def test_layers_of_which_the_same_is_true_stand_together():
    text = str(
        case(
            *(dense(), layers.BatchNormalization(name="a")),
            *(dense(), layers.BatchNormalization(name="b"), layers.Dense(1)),
            epochs=1,
        ).check()
    )
    assert "  - a, b: with momentum 0.99 and 8 steps per epoch" in text
    assert text.count("Remedy:") == 1


def test_text_is_plain_and_narrow():
    found = case(
        layers.Dense(8),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Dropout(0.9),
        layers.Dense(1, activation="relu"),
        epochs=1,
    ).check()
    text = str(found)
    assert text == repr(found) and text.isascii() and "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 100
    assert text.startswith("1 error, 2 warnings, 1 note\n\nERROR unreachable-targets: ")
    for finding in found:
        assert f"{finding.severity.upper()} {finding.code}: {finding.title}\n" in text
        words = " ".join(text.split())
        assert finding.meaning in words and finding.source.rstrip("?") in words


def test_a_finding_is_made_from_its_evidence():
    finding = Finding.of(
        Code.SOFTMAX_OF_ONE,
        "its softmax has {units} output",
        {"units": 1},
        layer="out",
        place="model.layers[-1]",
        function="sigmoid",
    )
    assert finding.sentence == "its softmax has 1 output"
    assert finding.remedy.endswith("model.layers[-1].activation = activations.sigmoid")
    assert not re.search("[{}]", finding.remedy)
