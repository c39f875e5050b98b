"""Every remedy is pasted as it is, run, trained with and measured on rows held out."""

import numpy as np
import pandas as pd
import pytest

import trimtab
from tests.insight.coach import faults, structure_faults
from trimtab import Sequential
from trimtab.insight.coach import COURSE_RULES, Code
from trimtab.nn import layers

FAULTS = faults.FAULTS + structure_faults.FAULTS


def name(value):
    return value.code.code if hasattr(value, "code") else str(value)


def check(names, options):
    """``model.check`` with what a user has now."""
    given = dict(options)
    if "x_valid" in names:
        given["validation_data"] = (names["x_valid"], names["y_valid"])
        given.pop("validation_split", None)
    for key in ("groups", "class_weight", "sample_weight"):
        if key in names:
            given[key] = names[key]
    return names["model"].check(names["x"], names["y"], **given)


def paste(remedies, names, options, monkeypatch):
    """Runs remedies; what a ``fit`` in them is called with, is what will be trained with."""
    fit = Sequential.fit
    fits = []

    def recorded(model, x, y, **given):
        given.pop("validation_data", None)
        options.update(given)
        fits.append(model)
        return fit(model, x, y, **{**given, "epochs": 1}, verbose=0)

    with monkeypatch.context() as patch:
        patch.setattr(Sequential, "fit", recorded)
        for remedy in remedies:
            exec(remedy, names)
    return fits


def train(names, options):
    given = {key: value for key, value in options.items() if key != "validation_split"}
    if "x_valid" in names:
        given["validation_data"] = (names["x_valid"], names["y_valid"])
    elif "validation_split" in options:
        given["validation_split"] = options["validation_split"]
    for key in ("class_weight", "sample_weight"):
        if key in names:
            given[key] = names[key]
    names["model"].fit(names["x"], names["y"], **given, verbose=0)


def prepared(names, x):
    """Rows to predict, as the remedy says."""
    return (x - names["x_center"]) / names["x_scale"] if "x_center" in names else x


def mended(fault, monkeypatch, only=None):
    """The names after pasting all remedies, or those of one code, and what is trained with."""
    names, options = fault.names(), dict(fault.options)
    before = check(names, options)
    assert fault.code.code in before.codes
    assert len(before) == len(before.codes), "one cause is one finding"
    pasted = [finding.remedy for finding in before if only is None or finding.code == only]
    paste(pasted, names, options, monkeypatch)
    return before, names, options


@pytest.mark.parametrize("fault", FAULTS, ids=name)
def test_all_remedies_cure(fault, monkeypatch):
    _, names, options = mended(fault, monkeypatch)
    assert check(names, options).codes == []
    train(names, options)
    assert check(names, options).codes == []
    x, truth = fault.held_out()
    if fault.code is Code.CONSTANT_COLUMNS:
        x = x[:, :2]
    if fault.code is Code.FLOAT32_RESOLUTION:
        x = x - [0, 1e6, 0]
    if fault.code is Code.CODES_OUT_OF_RANGE:
        assert x[:, 2].max() == 4
    if fault.code is Code.NON_FINITE_VALUES:
        x = np.nan_to_num(np.asarray(x))
    score = fault.score(names, prepared(names, x), truth)
    assert score >= fault.least


@pytest.mark.parametrize("fault", FAULTS, ids=name)
def test_one_remedy_calls_up_nothing(fault, monkeypatch):
    before, names, options = mended(fault, monkeypatch, only=fault.code.code)
    after = check(names, options).codes
    assert set(after) <= set(before.codes) - {fault.code.code}
    train(names, options | {"epochs": 1})


def test_new_layers_find_free_names():
    """Automatic names begin again where a model was loaded."""
    stack = [layers.Dropout(0.1), layers.Dense(4), layers.BatchNormalization(), layers.ReLU()]
    model = Sequential([*stack, layers.Dropout(0.3), layers.Dense(8), layers.Dense(1)])
    stack = [*model.layers[1:5], layers.BatchNormalization(), *model.layers[5:]]
    model = Sequential(stack)
    model.compile("sgd", "mse")
    trimtab.keras.utils.clear_session()
    x = np.random.default_rng(0).normal(size=(256, 3)) * [1, 1000, 1]
    names = {"model": model, "x": x, "y": x[:, 0] + x[:, 2]}
    found = check(names, {"epochs": 200})
    assert {"input-scales", "variance-shift"} <= set(found.codes)
    for finding in found:
        exec(finding.remedy, names)
    assert check(names, {"epochs": 200}).codes == []


@pytest.mark.parametrize("as_frame", [False, True])
def test_columns_that_two_remedies_drop_are_the_right_ones(as_frame):
    """A constant column and one that tells the target, among others; and rows on both sides."""
    plain = np.random.default_rng(5).normal(size=(300, 3))
    y = plain[:, 0] - plain[:, 1] ** 2
    x = np.column_stack([plain[:, 0], 2 * y, np.ones(300), plain[:, 1:]])
    x = pd.DataFrame(x, columns=list("abcde")) if as_frame else x
    model = Sequential([layers.Dense(8, activation="relu"), layers.Dense(1)])
    model.compile("adam", "mse")
    names = {"model": model, "x": x[:260], "y": y[:260], "x_valid": x[200:], "y_valid": y[200:]}
    found = check(names, {"epochs": 100})
    assert found.codes == ["shared-rows", "leaking-column", "constant-columns"]
    for finding in found:
        exec(finding.remedy, names)
    assert check(names, {"epochs": 100}).codes == []
    values = np.asarray(names["x"])
    assert values.shape[1] == 3 and np.isin(values, plain).all()


def test_every_code_has_a_fault():
    assert {fault.code for fault in FAULTS} == set(Code) - set(COURSE_RULES)


def test_raw_columns_and_targets_are_mended_together_after_a_divergence():
    """Scaled columns alone would leave targets that make the steps diverge again."""
    generator = np.random.default_rng(3)
    x = 300 * generator.normal(size=(300, 3)) + [0, 200, 0]
    y = 150 + x[:, 0] / 2 + generator.normal(size=300)
    model = trimtab.Sequential(
        [layers.Dense(32, activation="relu", input_shape=[3]), layers.Dense(1)], seed=1
    )
    model.compile(optimizer="sgd", loss="mse")
    fit = {"epochs": 20, "batch_size": 32}
    history = model.fit(x, y, verbose=0, **fit)
    found = model.check(x, y, history=history, **fit)
    assert {"input-scales", "target-scale", "diverged"} <= {each.code for each in found}
    names = {"model": model, "x": x, "y": y, "callbacks": []}
    for each in found:
        if each.code in ("input-scales", "target-scale"):
            exec(each.remedy, names)
    again = names["model"].fit(names["x"], names["y"], verbose=0, **fit)
    assert again.history["loss"][-1] < 0.5
