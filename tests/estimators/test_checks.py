"""scikit-learn's own checks, at a quick setting; those of the defaults are slow."""

from __future__ import annotations

import pytest
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator, estimator_checks_generator

import trimtab
from trimtab import Sequential, layers, optimizers

#: Check -> why it is expected to fail, for all estimators.
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": (
        "batches and row orders are drawn by place, so repeated rows train otherwise than weighted "
        "ones; with full batches they agree to float32 (test_weights.py)"
    ),
    "check_sample_weight_equivalence_on_sparse_data": "the same, from a sparse matrix",
}

#: The same, for an estimator with all its defaults.
OF_DEFAULTS = {
    trimtab.TabularRegressor: {},
    trimtab.TabularClassifier: {
        "check_class_weight_classifiers": (
            "of three classes weighted 10,000,000 : 1 : 1 in 50 rows, 86 % of new rows go to the "
            "heavy one, not 87 %: the loss on its few rows held out stops the networks early"
        ),
    },
}

#: Checks of how well it learns, and that it learns the same twice: with all defaults. What else is
#: checked, inputs and what is given back, ten epochs of the same networks show.
LEARNING = (
    "check_class_weight_classifiers",
    "check_classifiers_train",
    "check_fit_idempotent",
    "check_parameters_default_constructible",
    "check_regressors_train",
)
FEW = 10

#: At which the floors of accuracy and R² hold as well.
QUICK = {"layers": "32 relu", "epochs": 40, "batch_size": 16, "lr": 0.01}


def build(meta, compile_kwargs):
    """A network for whatever is asked for, as those who wrap one write it."""
    outputs = meta["n_outputs_"]
    ends = {"binary": "sigmoid", "multiclass": "softmax"}
    model = Sequential(
        [
            layers.Dense(32, activation="relu"),
            layers.Dense(outputs, activation=ends.get(meta["target_type_"])),
        ]
    )
    model.compile(**{**compile_kwargs, "optimizer": optimizers.Adam(0.01)})
    return model


#: Where arguments are routed.
ROUTED = {
    "check_no_attributes_set_in_init": "routed arguments are attributes, as in SciKeras",
}

KERAS = [
    kind(build, epochs=60, batch_size=16)
    for kind in (trimtab.KerasRegressor, trimtab.KerasClassifier)
]

TABULAR = (trimtab.TabularRegressor, trimtab.TabularClassifier)

# Warnings of rows too few to hold some out, and of y as a column.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def checks_of(estimator, reasons=EXPECTED):
    """Its checks, one by one; a list, unlike what ``parametrize_with_checks`` of 1.6 passes on.

    Array API is off unless SCIPY_ARRAY_API is set before SciPy loads; then its check passes, too.
    """
    tags = get_tags(estimator)
    expected = {
        name: why for name, why in reasons.items() if tags.input_tags.sparse or "sparse" not in name
    }
    found = estimator_checks_generator(estimator, expected_failed_checks=expected, mark="xfail")
    return [each for each in found if "array_api" not in str(each)]


def named(value):
    """The name of a check."""
    function = getattr(value, "func", None)
    return type(value).__name__ if function is None else function.__name__


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        each
        for estimator in (*(kind(**QUICK) for kind in TABULAR), *KERAS)
        for each in checks_of(estimator)
    ],
    ids=named,
)
def test_quick(estimator, check):
    check(estimator)


def test_routed_arguments():
    estimator = trimtab.KerasClassifier(build, epochs=60, batch_size=16, loss__name="own")
    failed = {
        each["check_name"]
        for each in check_estimator(estimator, on_fail=None, on_skip=None)
        if each["status"] == "failed"
    }
    assert failed == {*ROUTED, "check_sample_weight_equivalence_on_dense_data"}


def checks_of_defaults():
    found = []
    for kind in TABULAR:
        for estimator, learning in ((kind(), True), (kind(epochs=FEW), False)):
            for each in checks_of(estimator, EXPECTED | OF_DEFAULTS[kind]):
                _, check = getattr(each, "values", each)
                if (named(check) in LEARNING) == learning:
                    found.append(each)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("estimator", "check"), checks_of_defaults(), ids=named)
def test_defaults(estimator, check):
    check(estimator)
