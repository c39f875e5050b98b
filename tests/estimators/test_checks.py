"""scikit-learn's own checks, at a quick setting; those of the defaults are slow."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

import trimtab

#: Check -> why it is expected to fail, for all estimators.
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": (
        "batches and row orders are drawn by place, so repeated rows train otherwise than weighted "
        "ones; with full batches they agree to float32 (test_weights.py)"
    ),
    "check_sample_weight_equivalence_on_sparse_data": "the same, from a sparse matrix",
}

#: At which the floors of accuracy and R² hold as well.
QUICK = {"layers": "32 relu", "epochs": 40, "batch_size": 16, "lr": 0.01}

TABULAR = (trimtab.TabularRegressor, trimtab.TabularClassifier)

# Warnings of rows too few to hold some out, and of y as a column.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@parametrize_with_checks(
    [each(**QUICK) for each in TABULAR], expected_failed_checks=lambda _: EXPECTED
)
def test_quick(estimator, check):
    check(estimator)


@pytest.mark.slow
@pytest.mark.parametrize("estimator", TABULAR)
def test_defaults(estimator):
    found = check_estimator(
        estimator(), expected_failed_checks=EXPECTED, on_fail=None, on_skip=None
    )
    failed = {each["check_name"]: each["exception"] for each in found if each["status"] == "failed"}
    assert failed == {}
    expected = {each["check_name"] for each in found if each["status"] == "xfail"}
    assert expected == set(EXPECTED)
