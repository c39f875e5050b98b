"""Frames of pandas, polars and Arrow: their numbers, and the names that fit remembers."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pytest

import trimtab
from tests.support.refusals import assert_refused
from tests.support.small import small_data, small_model
from trimtab.errors import InvalidData, Unsupported
from trimtab.nn import data, frames

pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")

X, Y = small_data()
NAMES = ["a", "b", "c"]


class ByProtocol:
    """A frame of which nothing is known but Arrow's protocol."""

    def __init__(self, columns):
        self._table = pa.table(columns)

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


KINDS = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "arrow": pa.table,
    "batch": pa.RecordBatch.from_pydict,
    "protocol": ByProtocol,
}


def columns(x=X, names=NAMES):
    return {name: x[:, i] for i, name in enumerate(names)}


def taken(x, names):
    """The columns of these names, in their order."""
    return {name: x[name] for name in names}


@pytest.mark.parametrize("kind", KINDS)
def test_frames_train_as_arrays(kind):
    frame = KINDS[kind](columns())
    runs = []
    for x in (X, frame):
        model = small_model()
        model.fit(x, Y, epochs=2, validation_data=(x, Y), verbose=0)
        runs.append((model.history.history, model.predict(x).tolist(), model.evaluate(x, Y)))
    assert runs[0] == runs[1]


def test_targets_and_weights_from_columns():
    weight = np.linspace(0.5, 1, 50)
    runs = []
    for y, given in (
        (Y, weight),
        (pl.Series(Y), pl.Series(weight)),
        (pa.array(Y), pa.array(weight)),
    ):
        model = small_model()
        runs.append(model.fit(X, y, sample_weight=given, verbose=0).history)
    assert runs[0] == runs[1] == runs[2]
    model = small_model()
    assert model.fit(X, pl.DataFrame({"y": Y}), sample_weight=weight, verbose=0).history == runs[0]


@pytest.mark.parametrize("kind", ["polars", "arrow", "protocol"])
@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([1, 2], [1, 2]),
        ([1, None], [1, np.nan]),
        ([True, False], [1, 0]),
        ([True, None], [1, np.nan]),
        ([0.5, None], [0.5, np.nan]),
        ([None, None], [np.nan, np.nan]),
        ([decimal.Decimal("1.5"), None], [1.5, np.nan]),
        ([1e300, -1.0], [np.inf, -1]),
    ],
)
def test_numbers(kind, cells, expected):
    table = data.as_features(KINDS[kind]({"first": [3.0, 4.0], "a": cells}))
    np.testing.assert_array_equal(table, np.array([[3, 4], expected], np.float32).T)


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow", "protocol"])
@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (
            ["red", "white"],
            "x must hold numbers, received the text 'red' at row 0, column 'a'. Encode text "
            "columns as numbers first.",
        ),
        (
            [datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 2)],
            "x holds dates, column 'a'. Turn them into plain numbers first.",
        ),
    ],
)
def test_columns_without_numbers_are_named(kind, cells, text):
    frame = KINDS[kind]({"first": [3.0, 4.0], "a": cells})
    assert_refused(InvalidData, text, lambda: data.as_features(frame))


def test_a_plan_holds_no_rows():
    assert_refused(
        Unsupported,
        "x is a LazyFrame: it holds no rows yet. Pass x.collect().",
        lambda: data.as_features(pl.DataFrame(columns()).lazy()),
    )
    with pytest.raises(InvalidData, match="x has no rows"):
        data.as_features(pl.DataFrame({"a": []}))


# -- names ---------------------------------------------------------------------------------------


def test_names():
    assert [frames.names_of(kind(columns())) for kind in KINDS.values()] == [NAMES] * 5
    for given in (X, X.tolist(), None, pd.DataFrame(X), pd.Series(Y), pl.Series(Y), pa.array(Y)):
        assert frames.names_of(given) is None


ORDER = (
    "x has the columns of fit in another order: 'b' is where 'a' was. Pass x[model.column_names]."
)


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow"])
def test_another_order_is_refused(kind):
    turned = KINDS[kind](taken(columns(), ["b", "a", "c"]))
    model = small_model()
    model.fit(KINDS[kind](columns()), Y, verbose=0)
    assert model.column_names == NAMES
    for call in (
        model.predict,
        lambda x: model.evaluate(x, Y),
        lambda x: model.fit(x, Y),
        lambda x: model(x),
        lambda x: model.train_on_batch(x, Y),
        model.predict_on_batch,
    ):
        assert_refused(InvalidData, ORDER, lambda call=call: call(turned))
    again = turned.select(NAMES) if kind == "arrow" else turned[model.column_names]
    assert model.predict(again).tolist() == model.predict(X).tolist()


def test_validation_calibration_and_batches_are_looked_at():
    right, turned = pd.DataFrame(columns()), pl.DataFrame(taken(columns(), ["b", "a", "c"]))
    model = small_model()
    assert_refused(
        InvalidData,
        f"batch 1 of the list_iterator: {ORDER}",
        lambda: model.fit(iter([(right, Y), (turned, Y)]), verbose=0),
    )
    model = small_model()
    assert_refused(
        InvalidData,
        f"validation {ORDER}".replace("Pass x", "Pass validation x"),
        lambda: model.fit(right, Y, validation_data=(turned, Y), verbose=0),
    )
    assert_refused(
        InvalidData,
        f"calibration {ORDER}".replace("Pass x", "Pass calibration x"),
        lambda: trimtab.uncertainty.calibrate(model, turned, Y),
    )


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (
            ["a", "b", "z"],
            "x lacks 'c', which fit had, and has 'z' instead. Name its columns as they were in "
            "fit, or pass an array if they are the same: x.to_numpy().",
        ),
        (
            ["a", "b"],
            "x lacks 'c', which fit had. Name its columns as they were in fit, or pass an array if "
            "they are the same: x.to_numpy().",
        ),
        (
            ["a", "b", "c", "z"],
            "x has more columns than fit had, such as 'z'. Pass x[model.column_names].",
        ),
    ],
)
def test_other_columns_are_refused(names, text):
    model = small_model()
    model.fit(pd.DataFrame(columns()), Y, verbose=0)
    frame = pd.DataFrame(np.ones((2, len(names))), columns=names)
    assert_refused(InvalidData, text, lambda: model.predict(frame))


def test_what_has_no_names_passes():
    model = small_model()
    model.fit(pd.DataFrame(columns()), Y, verbose=0)
    expected = model.predict(X).tolist()
    for given in (X, pd.DataFrame(X), X.tolist()):
        assert model.predict(given).tolist() == expected
    model.column_names = None
    turned = pd.DataFrame(columns(names=["b", "a", "c"]))
    assert model.predict(turned).tolist() == expected
    model.fit(turned, Y, verbose=0)
    assert model.column_names == ["b", "a", "c"]


def test_a_fit_that_is_refused_keeps_no_names():
    model = small_model()
    with pytest.raises(InvalidData):
        model.fit(pd.DataFrame(columns()), Y[:3], verbose=0)
    assert model.column_names is None


def test_names_are_in_files(tmp_path):
    model = small_model()
    model.fit(pd.DataFrame(columns()), Y, verbose=0)
    model.save(tmp_path / "model.trimtab")
    model.save_weights(tmp_path / "weights.trimtab")
    other = small_model()
    other.load_weights(tmp_path / "weights.trimtab")
    turned = pd.DataFrame(taken(columns(), ["b", "a", "c"]))
    for again in (trimtab.load_model(tmp_path / "model.trimtab"), other):
        assert again.column_names == NAMES
        assert_refused(InvalidData, ORDER, lambda again=again: again.predict(turned))
    assert trimtab.load_model(tmp_path / "model.trimtab", compile=False).column_names == NAMES


def test_committees_know_names_too():
    frame = pl.DataFrame(columns())
    committee = trimtab.Committee.fit(
        lambda seed: small_model(seed=seed), frame, Y, members=2, verbose=0
    )
    assert_refused(
        InvalidData,
        ORDER,
        lambda: committee.predict(pl.DataFrame(taken(columns(), ["b", "a", "c"]))),
    )
