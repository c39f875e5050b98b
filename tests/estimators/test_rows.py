"""What X, y, weights and groups may be."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

import trimtab
from tests.estimators.support import classifier, labels, mixed, numbers, regressor
from tests.support.close import assert_same_bits
from trimtab.errors import InvalidArgument, InvalidData, UnknownArgument


def test_the_network_is_that_of_train():
    frame, price = mixed()
    known = {"layers": "16 relu", "epochs": 6}
    ours = trimtab.TabularRegressor(**known, random_state=3).fit(frame, price)
    plain = frame.reset_index(drop=True)
    train = trimtab.train(plain, price.reset_index(drop=True), task="regression", seed=3, **known)
    assert_same_bits(ours.predict(frame), train.predict(plain))
    assert ours.predictor_.scores.keys() == train.scores.keys()

    x, y = labels()
    ours = trimtab.TabularClassifier(**known, random_state=3).fit(x, y)
    train = trimtab.train(x, y, task="multiclass", types={"target": "category"}, seed=3, **known)
    assert_same_bits(ours.predict_proba(x), train.predict_proba(x))


def test_mixed_columns_of_pandas_and_polars():
    frame, price = mixed()
    model = regressor().fit(frame, price)
    assert model.feature_names_in_.tolist() == ["area", "town", "built", "garden"]
    assert model.predictor_.target == "price"
    kinds = {each.name: each.kind for each in model.predictor_.schema.features}
    assert kinds == {
        "area": "numeric",
        "town": "category",
        "built": "datetime",
        "garden": "boolean",
    }
    same = regressor().fit(pl.DataFrame(frame.reset_index(drop=True)), pl.Series(price))
    np.testing.assert_allclose(same.predict(pl.DataFrame(frame)), model.predict(frame), rtol=1e-6)


@pytest.mark.parametrize(
    "kind",
    [
        np.asfortranarray,
        lambda x: x.astype(object),
        lambda x: x.tolist(),
        sparse.csr_array,
        sparse.csc_matrix,
        sparse.dok_array,
    ],
)
def test_arrays_of_all_kinds_are_the_same_rows(kind):
    x, y = numbers()
    x[::5, 2] = 0
    assert_same_bits(regressor().fit(kind(x), y).predict(kind(x)), regressor().fit(x, y).predict(x))


def test_columns_that_are_called_as_the_answers():
    x, y = numbers(columns=3)
    frame = pd.DataFrame(x, columns=["target", "sample_weight", "groups"])
    model = regressor().fit(frame, y, sample_weight=np.ones(80), groups=np.arange(80) // 4)
    assert [each.name for each in model.predictor_.schema.features] == list(frame)
    assert model.predictor_.target == "target_"
    assert_same_bits(model.predict(frame), regressor().fit(
        x, y, sample_weight=np.ones(80), groups=np.arange(80) // 4
    ).predict(x))  # fmt: skip


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.filterwarnings("ignore:X has feature names")
def test_arrays_after_frames_go_by_the_order():
    """As scikit-learn has it, with a warning of its own."""
    x, y = numbers()
    frame = pd.DataFrame(x, columns=["a", "b", "c"])
    others = (x, pl.DataFrame(frame), pa.Table.from_pandas(frame), sparse.csr_array(x))
    named, plain = regressor().fit(frame, y), regressor().fit(x, y)
    for rows in others:
        assert_same_bits(named.predict(rows), plain.predict(frame))
        assert_same_bits(plain.predict(rows), plain.predict(frame))
    assert named.explain(x, y, repeats=2).columns[0].column == "a"
    warm = regressor(warm_start=True).fit(frame, y).fit(x, y)
    assert [each.name for each in warm.predictor_.schema.features] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "kind",
    [
        lambda y: pd.Series(y, dtype="category"),
        lambda y: pd.Series(y, dtype="string"),
        pl.Series,
        list,
        lambda y: y.astype(object),
    ],
)
def test_labels_of_all_kinds(kind):
    x, y = labels()
    model = classifier(epochs=40, lr=0.01).fit(x, kind(y))
    assert model.classes_.tolist() == ["ash", "birch", "cedar"]
    assert model.score(x, y) > 0.8


@pytest.mark.parametrize("dtype", ["Int64", "Float32", "int8", "float16"])
def test_numbers_of_all_kinds(dtype):
    x, y = numbers()
    series = pd.Series(10 * y).round().astype(dtype)
    frame = pd.DataFrame(x).round(2).astype("Float64" if dtype[0].isupper() else dtype)
    assert np.isfinite(regressor().fit(frame, series).predict(frame)).all()


def test_counting_numbers_are_a_feature_like_others():
    x = np.arange(100.0).reshape(-1, 1)
    assert regressor(epochs=80).fit(x, 3 * x[:, 0]).score(x, 3 * x[:, 0]) > 0.9
    assert regressor(epochs=80).fit(x.astype(int), x[:, 0]).score(x.astype(int), x[:, 0]) > 0.9


@pytest.mark.parametrize(
    "names",
    [
        [True, False],
        [3, 17],
        [1.0, 2.0],
        ["Yes", "yes"],
        ["1", "01"],
        ["a", "b", "a b"],
        [np.str_("x"), np.str_("y")],
        np.array([0, 255], np.uint8),
    ],
)
def test_labels_stay_what_they_are(names):
    x, y = numbers()
    order = np.argsort(np.argsort(y)) * len(names) // len(y)
    given = np.array(names)[order]
    model = classifier(epochs=40, lr=0.01).fit(x, given)
    assert model.classes_.tolist() == np.unique(given).tolist()
    assert model.classes_.dtype == given.dtype
    predicted = model.predict(x)
    assert predicted.dtype == given.dtype
    assert np.mean(predicted == given) > 0.8
    proba = model.predict_proba(x)
    assert (model.classes_[proba.argmax(axis=1)] == predicted).all()


def test_labels_that_look_like_missing_cells():
    x, y = numbers()
    for odd in ("NA", "nan", "None", " "):
        model = classifier().fit(x, np.where(y > 5, odd, "there").astype(object))
        assert model.classes_.tolist() == sorted([odd, "there"])
        assert model.predictor_.split["train"] + model.predictor_.split["valid"] == 80
    with pytest.raises(InvalidData, match=r"LabelEncoder\(\).fit_transform\(y\)"):
        classifier().fit(x, np.where(y > 5, "", "there").astype(object))


def test_missing_cells_and_text_are_inputs():
    x, y = numbers()
    x[::3, 0] = np.nan
    assert np.isfinite(regressor().fit(x, y).predict(x)).all()
    words = np.array([["red"], ["blue"]] * 40)
    assert np.isfinite(regressor().fit(words, y).predict(words)).all()


def test_few_rows_are_all_trained_on():
    x, y = numbers(rows=12)
    with pytest.warns(UserWarning, match="12 rows are too few to hold some out, 20 are needed"):
        model = regressor().fit(x, y)
    assert model.predictor_.split["valid"] == 0 and model.n_iter_ == 6


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        (np.zeros(80), "received zero for all"),
        (-np.ones(80), "must not be negative"),
        (np.ones(79), "one weight for each of 80 rows"),
        (2.0, "one weight for each row, received 2.0"),
    ],
)
def test_weights_that_are_none(weights, says):
    with pytest.raises(InvalidData, match=says):
        regressor().fit(*numbers(), sample_weight=weights)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {"fold": 3, "early_stopping": False},
            "early_stopping=False holds no rows out, but fold=3",
        ),
        ({"fold": 3, "warm_start": True}, "warm_start=True goes on with one network, but fold=3"),
        ({"early_stopping": "yes"}, "early_stopping must be True or False, received 'yes'"),
        ({"validation_fraction": "rows.csv"}, "must be a number between 0 and 1, or None"),
        ({"random_state": -1}, "random_state must be an integer"),
        ({"n_jobs": 0}, "n_jobs must be None or a whole number other than 0, received 0"),
        ({"epochs": 0}, "epochs must be a positive integer"),
        ({"layers": "16 rulu"}, "rulu"),
        ({"validation_fraction": 0.95}, "validation_fraction=0.2"),
    ],
)
def test_arguments_that_do_not_fit(options, says):
    with pytest.raises(ValueError, match=says):
        regressor(**options).fit(*numbers())


def test_what_needs_rows_held_out_says_so():
    x, y = numbers()
    model = regressor(early_stopping=False).fit(x, y)
    with pytest.raises(InvalidArgument, match="Fit with early_stopping=True, on 20 rows at least"):
        model.predict_interval(x)
    with pytest.raises(InvalidArgument, match="groups are passed to fit, but group='1' names"):
        regressor(group="1").fit(x, y, groups=np.arange(80))
    with pytest.raises(InvalidData, match="groups must hold one group for each of 80 rows"):
        regressor().fit(x, y, groups=np.arange(7))


@pytest.mark.parametrize(
    ("name", "here"),
    [
        ("max_iter", "epochs"),
        ("hidden_layer_sizes", "layers"),
        ("seed", "random_state"),
        ("valid", "validation_fraction"),
        ("threads", "n_jobs"),
        ("epoch", "epochs"),
    ],
)
def test_arguments_of_others_are_told_what_they_are_called(name, here):
    with pytest.raises(UnknownArgument, match=f"TabularRegressor has no argument '{name}'.*{here}"):
        trimtab.TabularRegressor(**{name: 3})
    assert here in trimtab.TabularRegressor().get_params()


@pytest.mark.parametrize(
    ("fit", "says"),
    [
        (lambda x, y: regressor().fit("a.csv", y), "received 'a.csv'. Read it first: trimtab.tab"),
        (lambda x, y: regressor().fit({"a": x[:, 0]}, y), "Use pandas.DataFrame(X)."),
        (lambda x, y: regressor().fit(pl.DataFrame(x).lazy(), y), "Use X.collect()."),
        (
            lambda x, y: regressor().fit(pd.DataFrame(x, columns=["a", "a", "b"]), y),
            "two columns of X are called 'a'",
        ),
        (
            lambda x, y: regressor().fit(x, np.where(y > 5, "up", "down")),
            "predicts numbers, and y holds text, '",
        ),
        (
            lambda x, y: regressor().fit(x, np.ones(80)),
            "y is 1.0 in each of 80 rows, so there is nothing to learn. Pass rows that differ, or",
        ),
        (
            lambda x, y: regressor().fit(x, np.column_stack([y, y * 0])),
            "column 1 of y is 0.0 in each of 80 rows",
        ),
        (
            lambda x, y: regressor(random_state=np.random.default_rng(0)).fit(x, y),
            "a numpy.random.RandomState or None, received Generator",
        ),
        (lambda x, y: regressor(n_jobs="2").fit(x, y), "Use n_jobs=1, or n_jobs=-1 for all cores"),
        (
            lambda x, y: trimtab.TabularRegressor("16 relu"),
            "TabularRegressor takes no argument without a name, received 1. Name the others",
        ),
        (
            lambda x, y: trimtab.KerasRegressor(None, "adam"),
            "KerasRegressor takes at most 1 argument without a name, received 2.",
        ),
        (
            lambda x, y: trimtab.KerasRegressor(warm_start="yes").fit(x, y),
            "warm_start must be True or False, received 'yes'",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_way_out(fit, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        fit(*numbers())


@pytest.mark.parametrize(
    ("class_weight", "says"),
    [
        ("bal", "must be 'balanced', a dict from label to weight, or None, received 'bal'"),
        ([1, 2], "must be 'balanced', a dict from label to weight, or None, received [1, 2]"),
        ({"a": -2, "b": 1}, "must hold numbers of 0 or more, received -2 for 'a'"),
        ({"a": float("nan"), "b": 1}, "must hold numbers of 0 or more, received nan for 'a'"),
        ({"q": 2}, "names 'q', which is none of the classes 'a', 'b'"),
        ({"a": 0, "b": 1}, "all rows with a weight above 0 (sample_weight times class_weight) are"),
    ],
)
@pytest.mark.parametrize("kind", [classifier, trimtab.KerasClassifier])
def test_weights_of_classes_that_are_none(kind, class_weight, says):
    x, y = numbers()
    with pytest.raises(ValueError, match=re.escape(says)):
        kind(class_weight=class_weight).fit(x, np.where(y > 5, "a", "b"))


def test_weights_of_classes_that_a_fold_lacks_are_left_out():
    x, y = numbers()
    model = classifier(class_weight={"a": 1, "b": 2, "rare": 9})
    assert model.fit(x, np.where(y > 5, "a", "b")).classes_.tolist() == ["a", "b"]


def test_whole_numbers_of_pandas_stay_whole():
    x, y = numbers()
    labels = pd.Series((y > 5).astype(int), dtype="Int64")
    model = classifier().fit(x, labels)
    assert model.classes_.dtype == np.int64 and model.predict(x).dtype == np.int64


def test_partial_fit_goes_on_with_a_single_row():
    x, y = numbers()
    assert regressor().partial_fit(x, y).partial_fit(x[:1], y[:1]).n_iter_ == 2


def test_warnings_point_at_the_caller():
    with pytest.warns(UserWarning, match="too few") as found:
        regressor().fit(*numbers(rows=12))
    assert found[0].filename == __file__
