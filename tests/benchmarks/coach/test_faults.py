"""Each fault makes a run that differs from its mended twin, and both can be built and trained."""

import numpy as np
import pytest

from benchmarks.coach.criteria import Pair, Trial, clearly
from benchmarks.coach.families import FAMILIES
from benchmarks.coach.faults import FAULTS
from benchmarks.coach.job import attempt, codes
from benchmarks.coach.recipe import Recipe, train
from benchmarks.coach.remedies import REMEDIES

from .made import rows

KINDS = {"regression": 0, "binary": 2, "multiclass": 4}


def base(task: str, family: str = "two-relu") -> Recipe:
    return FAMILIES[family].recipe(rows(KINDS[task])).with_(epochs=2)


@pytest.mark.parametrize("label", FAULTS)
def test_both_twins_are_built(label: str) -> None:
    for fault in FAULTS[label]:
        for family in ("two-relu", "normalized-dropout"):
            pair = fault.make(base(fault.tasks[0], family), np.random.default_rng(0))
            assert pair.sick != pair.mended or label == "training-above-validation"
            for recipe in (pair.sick, pair.mended):
                recipe.model(0).build((None, recipe.rows.x.train.shape[1]))
                x, truth = recipe.validation()
                assert len(x) == len(truth) > 0


SHOWN = (
    ("non-finite-values", "gaps-in-a-column"),
    ("labels-mismatch", "indicators-for-a-sparse-loss"),
    ("nothing-to-train", "frozen-network"),
    ("constant-columns", "one-value"),
    ("float32-resolution", "seconds-since-1970"),
    ("softmax-of-one", "softmax-for-a-number"),
    ("unusable-weights", "far-too-large"),
    ("exploding-activations", "unit-normal-weights"),
    ("vanishing-gradients", "deep-sigmoids"),
    ("saturated-units", "large-weights-before-tanh"),
    ("dead-units", "negative-biases"),
    ("leaking-column", "the-target-in-other-units"),
    ("duplicate-rows", "files-joined-twice"),
)


@pytest.mark.parametrize(("label", "way"), SHOWN)
def test_criterion_tells_sick_from_mended(label: str, way: str) -> None:
    (fault,) = (each for each in FAULTS[label] if each.way == way)
    task = "regression" if "regression" in fault.tasks else fault.tasks[0]
    start = base(task).with_(epochs=25, patience=None)
    pair = fault.make(start, np.random.default_rng(0))
    sick, refused = attempt(pair.sick)
    mended, _ = attempt(pair.mended)
    assert fault.shown(Trial(pair, sick, mended, refused))[0]
    assert not fault.shown(Trial(Pair(pair.mended, pair.mended), mended, mended))[0]


def test_clear_differences_are_paired() -> None:
    assert clearly([0.5, 0.6, 0.7], [0.4, 0.5, 0.6])
    assert not clearly([0.5, 0.6, 0.4], [0.4, 0.5, 0.5])
    assert not clearly([0.41, 0.51, 0.61], [0.4, 0.5, 0.6])
    assert clearly([np.inf, np.nan], [0.5, 0.5])
    assert not clearly([0.5, 0.5], [np.nan, 0.4])


def test_training_is_deterministic() -> None:
    one, two = (train(base("binary", "dropout"), 3) for _ in range(2))
    assert (one.error, one.told) == (two.error, two.told)
    assert train(base("binary", "dropout"), 4).error != one.error


@pytest.mark.parametrize("family", FAMILIES)
def test_remedies_change_every_family(family: str) -> None:
    recipe = base("regression", family)
    for change in REMEDIES.values():
        changed = change(recipe)
        changed.model(0).build((None, 3))
    assert sum(change(recipe) != recipe for change in REMEDIES.values()) >= 6


def test_errors_are_shares_of_those_of_a_constant() -> None:
    numbers, classes = rows(), rows(4)
    mean = np.full((120, 1), numbers.truth.train.mean())
    assert numbers.error(mean) == pytest.approx(1)
    assert numbers.error(numbers.truth.test[:, None]) == pytest.approx(0)
    prior = np.bincount(classes.truth.train, minlength=4) / 120
    assert classes.error(np.tile(prior, (120, 1))) == pytest.approx(1)
    assert classes.error(np.eye(4)[classes.truth.test]) == pytest.approx(0)
    assert numbers.error(mean * np.nan) == np.inf


def test_what_the_coach_says_is_plain_data() -> None:
    recipe = base("regression").on(rows().with_x(lambda x: 1e4 * x))
    found = codes(recipe.model(0), recipe.arguments())
    assert [finding["code"] for finding in found if finding["severity"] != "note"] == [
        "input-scales"
    ]
    assert all(isinstance(finding["evidence"], dict) for finding in found)
