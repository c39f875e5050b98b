"""Rows, targets and weights: what is taken, without which copies, and what is refused."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from tests.support.refusals import assert_refused
from tests.support.small import small_data, small_model
from trimtab import Sequential
from trimtab.errors import InvalidArgument, InvalidData, Unsupported
from trimtab.nn import data, layers
from trimtab.program.ops import LossOp

GRID = np.array([[1.5, -2.0, 3.0], [4.0, 5.0, 0.0]])
SPARSE = LossOp(loss="sparse_categorical_crossentropy")
BINARY = LossOp(loss="binary_crossentropy")


def frame(**columns):
    return pd.DataFrame(columns)


@pytest.mark.parametrize(
    "x",
    [
        GRID,
        GRID.astype(np.float32),
        np.asfortranarray(GRID),
        GRID.astype(np.float16),
        np.repeat(GRID, 2, axis=1)[:, ::2],
        GRID.tolist(),
        [tuple(row) for row in GRID],
        GRID.astype(object),
        GRID.astype(">f8"),
        pd.DataFrame(GRID),
        pd.DataFrame(GRID).astype("Float64"),
        pd.DataFrame(GRID).astype(object),
        pd.DataFrame(GRID).astype({0: "float32", 1: "float64"}),
        scipy.sparse.csr_matrix(GRID),
        scipy.sparse.csc_array(GRID),
        scipy.sparse.coo_array(GRID),
        GRID.view(np.matrix),  # np.matrix(...) would warn
        np.ma.masked_array(GRID),
    ],
    ids=lambda x: type(x).__name__,
)
def test_everything_that_holds_numbers(x):
    array = data.as_features(x)
    assert array.dtype == np.float32 and array.flags.c_contiguous
    np.testing.assert_array_equal(array, GRID.astype(np.float32))


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (np.array([[True, False]]), [[1, 0]]),
        (np.array([[3, -4]], dtype=np.int8), [[3, -4]]),
        (np.array([[3, 200]], dtype=np.uint8), [[3, 200]]),
        (frame(a=[1, 2], b=[True, False]), [[1, 1], [2, 0]]),
        (frame(a=pd.array([1, None], dtype="Int64"), b=[0.5, 1]), [[1, 0.5], [np.nan, 1]]),
        (frame(a=[1, None], b=[None, 2.5]), [[1, np.nan], [np.nan, 2.5]]),
        (frame(a=np.array([1, None], dtype=object)), [[1], [np.nan]]),
        (frame(a=pd.Categorical([3, 4])), [[3], [4]]),
        (np.array([[1, None], [pd.NA, 2]], dtype=object), [[1, np.nan], [np.nan, 2]]),
        ([[np.inf, -np.inf, np.nan]], [[np.inf, -np.inf, np.nan]]),
        ([[1e300]], [[np.inf]]),
        (np.ma.masked_array([[1, 2]], mask=[[False, True]]), [[1, np.nan]]),
    ],
)
def test_other_numbers(x, expected):
    np.testing.assert_array_equal(data.as_features(x), np.array(expected, np.float32))


def test_float32_in_rows_is_not_copied(tmp_path):
    x = np.ones((4, 3), np.float32)
    assert data.as_features(x) is x
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert np.shares_memory(data.as_features(mapped), mapped)
    assert np.shares_memory(data.as_features(x[1:3]), x)


def test_data_is_left_as_it_was():
    x, y = small_data()
    x, y = x.astype(np.float64), y.astype(np.float64)
    before = x.copy(), y.copy()
    x.flags.writeable = y.flags.writeable = False
    small_model().fit(x, y, verbose=0, validation_split=0.2, sample_weight=np.ones(len(x)))
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(y, before[1])


def test_all_forms_train_alike(tmp_path):
    x, y = small_data()
    np.save(tmp_path / "x.npy", x)
    forms = [
        (x, y),
        (pd.DataFrame(x), pd.Series(y)),
        (x.astype(float), y.reshape(-1, 1).astype(float)),
        (np.asfortranarray(x), y.tolist()),
        (scipy.sparse.csr_array(x), pd.DataFrame(y)),
        (np.load(tmp_path / "x.npy", mmap_mode="r"), y.astype(object)),
        (x.tolist(), y),
    ]
    runs = [small_model().fit(a, b, epochs=2, verbose=0).history for a, b in forms]
    assert all(run == runs[0] for run in runs)


def test_vector_for_a_model_of_one_column():
    model = Sequential([layers.Dense(1, input_shape=[1])])
    assert model.predict(np.arange(4.0)).shape == (4, 1)


def text_frame():
    return frame(a=[1.0, 2.0], b=["red", "white"])


@pytest.mark.parametrize(
    ("x", "error", "text"),
    [
        (None, InvalidData, "x is missing."),
        ("table.csv", InvalidData, "x must hold numbers, received the text 'table.csv'."),
        (
            {"a": [1]},
            Unsupported,
            "x is a dict, which only models of named inputs and outputs take, for x and y. Pass "
            "one array.",
        ),
        (
            (row for row in GRID),
            Unsupported,
            "x is a generator, which is no table. Pass an array, a DataFrame or a list of rows; "
            "fit, evaluate and predict of a network take batches from generators, too: "
            "model.fit(batches).",
        ),
        (
            [[1, 2], [3]],
            InvalidData,
            "x is a list of rows of different lengths. Every row needs the same columns.",
        ),
        (
            np.ones(3),
            InvalidData,
            "x must have two dimensions (rows, columns), received shape (3,). "
            "Use x.reshape(-1, 1) for one column.",
        ),
        (
            np.ones((2, 2, 2)),
            InvalidData,
            "x must have two dimensions (rows, columns), received shape (2, 2, 2).",
        ),
        (1.0, Unsupported, None),
        (np.ones((0, 3)), InvalidData, "x has no rows. At least one is needed."),
        (
            [],
            InvalidData,
            "x must have two dimensions (rows, columns), received shape (0,). "
            "Use x.reshape(-1, 1) for one column.",
        ),
        (np.ones((3, 0)), InvalidData, "x has no columns. At least one is needed."),
        (
            np.array([["1", "2"]]),
            InvalidData,
            "x must hold numbers, received the text '1' at row 0, column 0. "
            "Encode text columns as numbers first.",
        ),
        (
            np.array([[1, "two"]], dtype=object),
            InvalidData,
            "x must hold numbers, received the text 'two' at row 0, column 1. "
            "Encode text columns as numbers first.",
        ),
        (
            text_frame(),
            InvalidData,
            "x must hold numbers, received the text 'red' at row 0, column 'b'. "
            "Encode text columns as numbers first.",
        ),
        (
            frame(a=pd.Categorical(["x", "y"])),
            InvalidData,
            "x must hold numbers, received the text 'x' at row 0, column 'a'. "
            "Encode text columns as numbers first.",
        ),
        (
            frame(when=pd.to_datetime(["2024-01-01"])),
            InvalidData,
            "x holds dates, column 'when'. Turn them into plain numbers first.",
        ),
        (
            np.array([["2024-01-01"]], dtype="datetime64[D]"),
            InvalidData,
            "x holds dates. Turn them into plain numbers first.",
        ),
        (
            np.array([[1j]]),
            InvalidData,
            "x holds complex numbers. Turn them into plain numbers first.",
        ),
        (
            np.array([[1, object]], dtype=object),
            InvalidData,
            "x must hold numbers, received a type at row 0, column 1.",
        ),
    ],
)
def test_features_refused(x, error, text):
    if text is None:
        with pytest.raises(error):
            data.as_features(x)
    else:
        assert_refused(error, text, lambda: data.as_features(x))


def test_wrong_width_names_both():
    assert_refused(
        InvalidData,
        "x has 2 columns, but the model takes 3. Pass the 3 columns it was built for.",
        lambda: small_model().predict(np.ones((4, 2))),
    )
    assert_refused(
        InvalidData,
        "x has 1 column, but the model takes 3. Pass the 3 columns it was built for.",
        lambda: small_model().fit(np.ones((4, 1)), np.ones(4)),
    )


def test_targets_line_up():
    for y in ([1, 2], [[1], [2]], pd.Series([1, 2]), pd.DataFrame([1, 2])):
        np.testing.assert_array_equal(data.as_targets(y, 2, 1), [[1], [2]])
    assert data.as_targets([[1, 2], [3, 4]], 2, 2).shape == (2, 2)
    np.testing.assert_array_equal(data.as_targets([0, 2], 2, 3, SPARSE), [[0], [2]])
    np.testing.assert_array_equal(data.as_targets([[0.0], [2.0]], 2, 3, SPARSE), [[0], [2]])


@pytest.mark.parametrize(
    ("y", "outputs", "loss", "text"),
    [
        ([1, 2], 1, None, "x has 3 rows and y has 2. They must have the same number."),
        (
            [[1, 2], [3, 4], [5, 6]],
            1,
            None,
            "y has 2 columns, but the model has 1 output. "
            "Make the last layer 2 wide, or pass 1 target column.",
        ),
        (
            [1, 2, 3],
            2,
            None,
            "y has 1 column, but the model has 2 outputs. "
            "Make the last layer 1 wide, or pass 2 target columns.",
        ),
        (
            [1, np.nan, 3],
            1,
            None,
            "y is missing (nan) at row 1. Drop those rows or fill them in before training.",
        ),
        (
            [[1, 2], [3, np.nan], [np.nan, 1]],
            2,
            None,
            "y is missing (nan) at row 1, column 1 (2 such values in all). "
            "Drop those rows or fill them in before training.",
        ),
        (
            [1, 2, np.inf],
            1,
            None,
            "y is infinite (inf) at row 2. Drop those rows or fill them in before training.",
        ),
        (
            ["a", "b", "c"],
            1,
            None,
            "y must hold numbers, received the text 'a' at row 0. "
            "Encode text columns as numbers first.",
        ),
        (
            pd.Series(["a", "b", "c"]),
            1,
            None,
            "y must hold numbers, received the text 'a' at row 0. "
            "Encode text columns as numbers first.",
        ),
        (
            [0, 1, 3],
            3,
            SPARSE,
            "y must hold class numbers from 0 to 2 (the model has 3 outputs), received 3 at row 2.",
        ),
        (
            [0, -1, 1],
            3,
            SPARSE,
            "y must hold class numbers from 0 to 2 (the model has 3 outputs), "
            "received -1 at row 1.",
        ),
        (
            [0, 0.5, 1],
            3,
            SPARSE,
            "y must hold class numbers from 0 to 2 (the model has 3 outputs), "
            "received 0.5 at row 1.",
        ),
        (
            np.eye(3),
            3,
            SPARSE,
            "y has 3 columns, but sparse_categorical_crossentropy takes one class number a row. "
            "Pass y.argmax(axis=1) if y is one-hot.",
        ),
        (
            [0, 1, 2],
            1,
            BINARY,
            "y must lie between 0 and 1 for binary cross-entropy, received 2 at row 2.",
        ),
        (
            np.ones((3, 1, 1)),
            1,
            None,
            "y must have one or two dimensions, received shape (3, 1, 1).",
        ),
    ],
)
def test_targets_refused(y, outputs, loss, text):
    assert_refused(InvalidData, text, lambda: data.as_targets(y, 3, outputs, loss))


def test_missing_targets():
    assert_refused(
        InvalidData,
        "y is missing. Pass one target for each row of x.",
        lambda: small_model().fit(np.ones((4, 3))),
    )


def test_validation_data_is_called_what_it_is():
    x, y = small_data()
    assert_refused(
        InvalidData,
        "validation x has 2 columns, but the model takes 3. Pass the 3 columns it was built for.",
        lambda: small_model().fit(x, y, validation_data=(x[:, :2], y), verbose=0),
    )
    assert_refused(
        InvalidData,
        "validation x has 50 rows and validation y has 3. They must have the same number.",
        lambda: small_model().fit(x, y, validation_data=(x, y[:3]), verbose=0),
    )


@pytest.mark.parametrize(
    ("weight", "text"),
    [
        ([1, 2], "x has 3 rows and sample_weight has 2. They must have the same number."),
        (
            np.ones((3, 2)),
            "sample_weight must hold one number a row, received shape (3, 2).",
        ),
        (
            [1, np.nan, 1],
            "sample_weight is missing (nan) at row 1. Use 0 for rows that should not count.",
        ),
        (
            [1, 1, np.inf],
            "sample_weight is infinite (inf) at row 2. Use 0 for rows that should not count.",
        ),
    ],
)
def test_weights_refused(weight, text):
    assert_refused(InvalidData, text, lambda: data.as_weights(weight, 3))


def test_weights_line_up():
    assert data.as_weights(None, 3) is None
    np.testing.assert_array_equal(data.as_weights([[1], [2], [0]], 3), [1, 2, 0])


def test_class_weights():
    y = np.array([[0], [1], [2], [1]], np.float32)
    np.testing.assert_array_equal(data.class_weights({1: 3, 2: 0.5, 9: 7}, y), [1, 3, 0.5, 3])
    np.testing.assert_array_equal(data.class_weights({1: 3}, np.eye(3, dtype="f")), [1, 3, 1])


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        ({"red": 1}, "class_weight: classes are numbers, received 'red'."),
        ({0.5: 1}, "class_weight: classes are numbers, received 0.5."),
        ({np.nan: 1}, "class_weight: classes are numbers, received nan."),
        (
            {0: "x"},
            "class_weight: the weight of class 0 must be a finite number, received 'x'.",
        ),
    ],
)
def test_class_weights_refused(weights, text):
    y = np.zeros((2, 1), np.float32)
    assert_refused(InvalidArgument, text, lambda: data.class_weights(weights, y))


def test_class_weights_need_classes():
    assert_refused(
        InvalidData,
        "class_weight needs class numbers in y, received 0.25 at row 1. "
        "Use sample_weight for other targets.",
        lambda: data.class_weights({0: 1}, np.array([[0], [0.25]], np.float32)),
    )
