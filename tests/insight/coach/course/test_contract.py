"""One contract for every rule of the course: it names sick runs, with whole texts and a remedy."""

import json
import re

import numpy as np
import pytest

from tests.insight.coach.course.runs import HEALTHY, SICK, healthy, trained
from trimtab import Sequential
from trimtab.insight.coach import COURSE_RULES, Code
from trimtab.insight.coach.course import thresholds

RUNS = [(code, number) for code, runs in SICK.items() for number in range(len(runs))]

#: Names of edits that trials know.
EDITS = set(
    "batch_norm no_batch_norm dropout no_dropout dropout_last batch_norm_momentum "
    "population_statistics learning_rate schedule optimizer clip_norm weight_decay no_penalty "
    "activation output_activation loss initializer units depth epochs batch_size early_stopping "
    "no_early_stopping shuffle standardize_inputs standardize_target log_target class_weight "
    "drop_columns group_split unfreeze".split()
)


def name(value):
    return value.code if isinstance(value, Code) else str(value)


def found(code, number):
    coach, _, _ = trained(code, number)
    return [finding for finding in coach.findings if finding.code == code.code]


def test_every_rule_has_sick_runs():
    assert set(COURSE_RULES) == set(SICK)
    assert all(len(runs) >= 2 for runs in SICK.values())
    assert len(set(COURSE_RULES.values())) == len(COURSE_RULES)
    assert all(rule.__doc__ for rule in COURSE_RULES.values())


@pytest.mark.parametrize(("code", "number"), RUNS, ids=name)
def test_names_a_sick_run(code, number):
    findings = found(code, number)
    assert len(findings) == 1
    for finding in findings:
        assert finding.severity == code.value.severity and finding.title == code.value.title
        assert finding.sentence and not re.search(r"[{}]|\bnan\b|\binf\b", finding.sentence)
        assert not finding.sentence.endswith(".")
        assert any(isinstance(each, int | float) for each in finding.evidence.values())
        json.dumps(dict(finding.evidence), allow_nan=False)
        assert {edit.name for edit in finding.edits} <= EDITS
        for edit in finding.edits:
            json.dumps(edit.record(), allow_nan=False)


@pytest.mark.parametrize(("code", "number"), RUNS, ids=name)
def test_the_remedy_runs(code, number, monkeypatch):
    """What is pasted runs as it is, with what was passed to ``fit``."""
    mends = code is Code.STALE_STATISTICS  # the model itself: this one is not shared
    _, model, _ = SICK[code][number].train() if mends else trained(code, number)
    (finding,) = found(code, number)
    compile(finding.remedy, "remedy", "exec")
    assert max(map(len, finding.remedy.splitlines())) <= 110
    x, y, x_valid, y_valid = SICK[code][number].data()
    names = {"model": model, "x": x, "y": y, "x_valid": x_valid, "y_valid": y_valid}
    names["callbacks"] = SICK[code][number].callbacks()
    fit, fitted = Sequential.fit, []

    def once(own, *given, **options):
        fitted.append(options)
        return fit(own, *given, **{**options, "epochs": 1, "verbose": 0})

    monkeypatch.setattr(Sequential, "fit", once)
    weights = [weight.copy() for weight in model.get_weights()]
    exec(finding.remedy, names)
    if code is not Code.TRAINING_ABOVE_VALIDATION:
        assert fitted
    if "clone_model" in finding.remedy and not mends:
        assert names["model"] is not model
        for before, now in zip(weights, model.get_weights(), strict=True):
            np.testing.assert_array_equal(before, now)


@pytest.mark.parametrize("which", HEALTHY)
def test_healthy_networks_have_no_warning(which):
    coach, _, _ = healthy(which)
    assert [each for each in coach.findings if each.severity != "note"] == []


@pytest.mark.parametrize("which", ["small", "normalized", "classes", "cosine", "sgd"])
def test_so_does_the_history_alone(which):
    _, model, history = healthy(which)
    run = HEALTHY[which]
    x, y, x_valid, y_valid = run.data()
    options = {"epochs": 20, "batch_size": 32, **run.options}
    findings = model.check(x, y, validation_data=(x_valid, y_valid), history=history, **options)
    assert [each for each in findings if each.severity != "note"] == []


@pytest.mark.parametrize(
    "code",
    [
        Code.OVERFITTING, Code.UNDERFITTING, Code.RATE_TOO_HIGH, Code.RATE_TOO_LOW, Code.FEW_STEPS,
        Code.DEAD_UNITS, Code.SATURATED_UNITS, Code.STALE_STATISTICS, Code.NOISY_VALIDATION,
        Code.STILL_FALLING, Code.DECAY_TOO_EARLY, Code.PLATEAU, Code.VANISHING_GRADIENTS,
        Code.EXPLODING_ACTIVATIONS, Code.TRAINING_ABOVE_VALIDATION,
    ],
    ids=name,
)  # fmt: skip
def test_check_with_the_history_names_it_too(code):
    """What needs no watching is found from what is left after training."""
    _, model, history = trained(code, 0)
    run = SICK[code][0]
    x, y, x_valid, y_valid = run.data()
    options = {"epochs": 20, "batch_size": 32, **run.options}
    before = [weight.copy() for weight in model.get_weights()]
    findings = model.check(x, y, validation_data=(x_valid, y_valid), history=history, **options)
    assert code.code in findings.codes
    for weight, now in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, now)


def test_thresholds_are_numbers():
    values = {key: value for key, value in vars(thresholds).items() if key.isupper()}
    assert len(values) > 30
    assert all(isinstance(value, int | float) and value > 0 for value in values.values())
