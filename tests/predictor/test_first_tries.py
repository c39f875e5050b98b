"""What users of scikit-learn and AutoGluon type first."""

import copy
import pickle
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trimtab
from tests.support.close import assert_close, assert_same_bits
from trimtab.errors import InvalidArgument, InvalidData, PredictionWarning

QUICK = {"epochs": 1, "layers": "8 relu", "effort": "quick"}


def inputs(rows=120):
    generator = np.random.default_rng(0)
    return pd.DataFrame(
        {"x": generator.normal(size=rows), "z": generator.integers(0, 5, rows).astype(float)}
    )


X = inputs()
Y = (3 * X["x"] + X["z"]).rename("y")
FULL = X.assign(y=Y)


@pytest.fixture(scope="module")
def predictor():
    return trimtab.train(FULL, "y", epochs=3, layers="8 relu", effort="quick")


@pytest.fixture(scope="module")
def classifier():
    return trimtab.train(X, np.where(Y > 2, "high", "low"), **QUICK)


def weights(predictor):
    return np.concatenate([weight.ravel() for weight in predictor.model.get_weights()])


# -- training -------------------------------------------------------------------------------------


@pytest.mark.parametrize("y", [Y, Y.to_numpy(), list(Y), Y.to_frame()])
def test_x_and_y_train_the_same_network_as_a_table(predictor, y):
    trained = trimtab.train(X, y, epochs=3, layers="8 relu", effort="quick")
    assert trained.target == ("y" if hasattr(y, "columns") or hasattr(y, "name") else "target")
    assert_same_bits(weights(trained), weights(predictor))


def test_y_by_its_name_as_an_argument(predictor):
    assert_same_bits(
        weights(trimtab.train(X, y=Y, epochs=3, layers="8 relu", effort="quick")),
        weights(predictor),
    )


@pytest.mark.parametrize(
    ("data", "target"), [(FULL.to_numpy(), 2), (pd.DataFrame(FULL.to_numpy()), np.int64(2))]
)
def test_columns_by_number(predictor, data, target):
    trained = trimtab.train(data, target, epochs=3, layers="8 relu", effort="quick")
    assert trained.target == "2"
    assert_same_bits(weights(trained), weights(predictor))


def test_roles_and_types_by_number():
    array = np.c_[np.arange(120) % 7, FULL.to_numpy(), np.arange(120)]
    trained = trimtab.train(array, 3, drop=[4], types={2: "category"}, group=0, **QUICK)
    roles = {column.name: (column.role, column.kind) for column in trained.schema.columns}
    assert roles["4"][0] == "dropped" and roles["2"] == ("feature", "category")
    assert roles["0"][0] == "group"
    assert trimtab.train(FULL, "y", drop=FULL.columns[:1], **QUICK).schema.role("dropped") == ("x",)


@pytest.mark.parametrize(
    ("data", "target", "better"), [(FULL, 2, "y"), (FULL, -1, "y"), (FULL.to_numpy(), -1, "2")]
)
def test_a_place_is_no_name(data, target, better):
    with pytest.raises(InvalidData, match=f"use target='{better}'"):
        trimtab.train(data, target)
    assert trimtab.train(data, better, **QUICK).target == better


def test_the_target_twice():
    with pytest.raises(InvalidArgument, match="train received the target twice: y, and target='y'"):
        trimtab.train(FULL, "y", y=Y)
    with pytest.raises(TypeError, match="received target twice"):
        trimtab.train(X, Y, target="y")
    with pytest.raises(InvalidArgument, match="X has a column 'y' already"):
        trimtab.train(FULL, Y)


# -- rows of their own ----------------------------------------------------------------------------


def test_valid_and_test_in_memory_as_in_files(tmp_path):
    parts = {"train": FULL[:60], "valid": FULL[60:90], "test": FULL[90:]}
    for name, frame in parts.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    paths = {name: str(tmp_path / f"{name}.csv") for name in parts}
    files = trimtab.train(paths["train"], "y", valid=paths["valid"], test=paths["test"], **QUICK)
    frames = trimtab.train(parts["train"], "y", valid=parts["valid"], test=parts["test"], **QUICK)
    pairs = trimtab.train(
        X[:60], Y[:60], valid=(X[60:90], Y[60:90]), test=(X[90:].to_numpy(), list(Y[90:])), **QUICK
    )
    for other in (frames, pairs):
        assert_same_bits(weights(other), weights(files))
        assert other.scores["test"].metrics == files.scores["test"].metrics
        assert other.split["valid"] == 30 and other.split["test"] == 30


def test_rows_that_lack_the_target_are_refused():
    with pytest.raises(InvalidData, match=r"the table for valid lacks a column.*'y'"):
        trimtab.train(FULL[:60], "y", valid=X[60:], **QUICK)
    with pytest.raises(InvalidArgument, match="fold splits one table, but valid is another"):
        trimtab.train(FULL[:60], "y", valid=FULL[60:], fold=3, **QUICK)


def test_a_run_with_tables_in_memory_is_saved_and_resumed(tmp_path):
    out = tmp_path / "m.trimtab"
    parts = {"valid": FULL[80:]}
    whole = trimtab.train(FULL[:80], "y", epochs=4, layers="8 relu", **parts)

    def stop(event):
        if event.name == "epoch" and event.epoch == 2:
            signal.raise_signal(signal.SIGINT)

    first = trimtab.train(FULL[:80], "y", out=out, epochs=4, layers="8 relu", report=stop, **parts)
    assert first.unfinished is not None
    assert "# valid was a table in memory" in out.with_suffix(".toml").read_text()
    with pytest.raises(InvalidArgument, match="Pass valid= again"):
        trimtab.train(FULL[:80], "y", out=out, resume=True)
    with pytest.raises(InvalidArgument, match="differ"):
        trimtab.train(FULL[:80], "y", out=out, resume=True, valid=FULL[90:])
    again = trimtab.train(FULL[:80], "y", out=out, resume=True, **parts)
    assert_same_bits(weights(again), weights(whole))


# -- predicting -----------------------------------------------------------------------------------


def test_rows_of_every_kind_have_the_same_prediction(predictor):
    expected = predictor.predict(X)
    row, rows = X.iloc[3], X.iloc[3:6]
    assert predictor.predict(row).shape == (1,)
    one = [row, row.to_dict(), [row.to_dict()], [row], FULL.iloc[3], row.to_numpy()[None]]
    for data in one:
        assert_same_bits(predictor.predict(data), expected[3:4])
    several = [rows.to_dict("records"), rows.to_numpy(), rows.to_numpy().tolist(), rows[["z", "x"]]]
    for data in several:
        assert_same_bits(predictor.predict(data), expected[3:6])
    assert_same_bits(predictor.predict_frame(row.to_dict())["prediction"].to_numpy(), expected[3:4])
    (chunk,) = predictor.predict_chunks(rows.to_dict("records"))
    assert_same_bits(chunk["prediction"].to_numpy(), expected[3:6])
    assert predictor.predict_interval(row.to_dict()).lower.shape == (1, 1)


def test_an_array_with_the_target_is_said(predictor):
    with pytest.warns(PredictionWarning, match="all columns of training"):
        found = predictor.predict(FULL.to_numpy())
    assert_same_bits(found, predictor.predict(X))


def test_probabilities_of_a_row(classifier):
    assert classifier.predict_proba(X.iloc[0]).shape == (1, 2)
    assert classifier.predict({"x": 9.0, "z": 4.0})[0] in ("high", "low")


def test_the_message_says_what_an_array_lacks(predictor):
    with pytest.raises(InvalidData, match="trained with 2: 'x', 'z'"):
        predictor.predict(np.zeros((3, 7)))
    with pytest.raises(InvalidArgument, match=r"numpy.reshape"):
        predictor.predict([1.0, 2.0])
    with pytest.raises(InvalidData, match="lack a column that the model was trained with: 'z'"):
        predictor.predict({"x": 1})


# -- scores ---------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::trimtab.errors.PredictionWarning")
def test_score_is_that_of_scikit_learn(predictor, classifier):
    from sklearn.metrics import accuracy_score, r2_score

    assert_close(predictor.score(X, Y), r2_score(Y, predictor.predict(X)), 1e-12)
    labels = np.where(Y > 2, "high", "low")
    assert_close(classifier.score(X, labels), accuracy_score(labels, classifier.predict(X)), 1e-12)
    assert type(predictor.score(FULL)) is float


@pytest.mark.filterwarnings("ignore::trimtab.errors.PredictionWarning")
def test_answers_apart_from_their_rows(predictor):
    together = predictor.evaluate(FULL)
    for data, y in [(X, Y), (X.to_numpy(), Y.to_numpy()), (X.to_dict("records"), list(Y))]:
        assert predictor.evaluate(data, y).metrics == together.metrics
    assert predictor.score(FULL, Y) == predictor.score(FULL)
    assert predictor.explain(X, Y, repeats=1).loss == predictor.explain(FULL, repeats=1).loss
    with pytest.raises(InvalidArgument, match="Leave y out"):
        predictor.score(FULL, Y + 1)
    with pytest.raises(InvalidData, match=r"y.loc\[X.index\]"):
        predictor.score(X, Y[::-1])


def test_the_picture_of_importance(predictor, tmp_path):
    importance = predictor.explain(FULL, repeats=1)
    axes = importance.plot()
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        each.column for each in importance.columns
    ]
    path = tmp_path / "importance.png"
    importance.plot(path, title="What matters")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert len(predictor.explain(FULL, repeats=1, columns="x").columns) == 1


def test_a_metric_as_a_text_and_as_a_list():
    for metric in ("mse", ["mse"], ("mse", "mae")):
        trained = trimtab.train(FULL, "y", metric=metric, **QUICK)
        assert "mse" in trained.history.history


# -- copies ---------------------------------------------------------------------------------------


def test_a_predictor_is_copied_and_pickled(predictor):
    expected = predictor.predict(X)
    for made in (copy.copy(predictor), copy.deepcopy(predictor)):
        assert_same_bits(made.predict(X), expected)
    assert_same_bits(pickle.loads(pickle.dumps(predictor)).predict(X), expected)


def test_its_repr_is_short(predictor):
    assert repr(predictor) == "<Predictor target='y', task=regression, 2 features>"
    long = trimtab.train(FULL.rename(columns={"y": "y" * 5000}), "y" * 5000, **QUICK)
    assert len(repr(long)) < 300


def test_paths_are_still_paths(tmp_path):
    path = Path(tmp_path / "t.csv")
    FULL.to_csv(path, index=False)
    for data in (path, str(path)):
        assert trimtab.train(data, "y", valid=path, **QUICK).target == "y"
    with pytest.raises(InvalidArgument, match=r"trimtab.tables.read\("):
        trimtab.train(path, Y)


# -- what is refused says what works --------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"loss": "huber"}, "Use loss='mae' or loss='mse' for numbers"),
        ({"loss": "mape"}, "Use loss='mae' or loss='mse' for numbers"),
        ({"loss": "nonsense"}, "Use loss='mae' or loss='mse' for numbers"),
        ({"optimizer": "adam"}, "It is AdamW: set lr and weight_decay."),
        ({"callbacks": []}, "Training stops by patience and time_limit"),
        ({"valid": "200%"}, "at least 0 and below 1, or a file, received 2.0."),
    ],
)
def test_options_of_other_libraries(options, says):
    with pytest.raises((InvalidArgument, NotImplementedError)) as refusal:
        trimtab.train(FULL, "y", **QUICK, **options)
    assert says in str(refusal.value)
    assert "Use valid=" not in str(refusal.value) and "jax" not in str(refusal.value)


def test_percentages_in_python():
    trained = trimtab.train(FULL, "y", valid="25%", test="12.5 %", **QUICK)
    assert {part: each.rows for part, each in trained.scores.items()} == {"valid": 30, "test": 15}


def test_an_expression_is_no_column():
    pl = pytest.importorskip("polars")
    with pytest.raises(InvalidArgument, match=r"received Expr\. Pass a Series.*target='COLUMN'"):
        trimtab.train(pl.from_pandas(FULL), target=pl.col("y"), **QUICK)


@pytest.mark.parametrize("cells", [[1.0, 2], (np.float64(1), 2), [1, "2"]])
def test_the_cells_of_one_row(predictor, cells):
    with pytest.raises(InvalidArgument, match=r"Pass \[data\] if they are one row\."):
        predictor.predict(cells)
    expected = predictor.predict(pd.DataFrame({"x": [1.0], "z": [2.0]}))
    assert_same_bits(predictor.predict([list(cells)]), expected)


def test_a_level_in_percent(predictor):
    with pytest.raises(InvalidArgument, match=r"received '90%'\. Use level=0\.9 for 90 %\."):
        predictor.predict_interval(X, "90%")


def test_metrics_by_name(predictor):
    with pytest.warns(PredictionWarning):
        found = predictor.evaluate(FULL)
    assert found["mae"].value == found.metrics["mae"].value


def test_r2_of_one_row_is_unknown(predictor):
    with pytest.warns(PredictionWarning):
        assert np.isnan(predictor.score(FULL[:1]))


def test_many_alike_remarks_are_folded():
    """One warning for each of hundreds of columns would bury the others."""
    names = [f"c{i}" for i in range(60)]
    generator = np.random.default_rng(0)
    table = pd.DataFrame({name: generator.choice(list("abc"), 80) for name in names})
    trained = trimtab.train(table, generator.normal(size=80), **QUICK)
    with pytest.warns(PredictionWarning) as warned:
        trained.predict(table.replace("a", "new"))
    said = [str(each.message) for each in warned]
    assert len(said) == 3 and said[0].startswith("Column 'c0': ")
    assert said[2].startswith("The same of 58 more: 'c2', 'c3', ")


def test_a_pair_is_rows_and_answers():
    random = np.random.default_rng(0)
    rows = random.normal(size=(60, 2))
    pair = trimtab.train((rows, rows[:, 0]), epochs=1, layers="4", effort="quick")
    apart = trimtab.train(rows, rows[:, 0], epochs=1, layers="4", effort="quick")
    assert pair.target == apart.target == "target"
    np.testing.assert_array_equal(pair.predict(rows[:5]), apart.predict(rows[:5]))
    frame = pd.DataFrame(rows, columns=["a", "b"])
    assert (
        trimtab.train(
            (frame, (frame["b"] > 0).to_numpy()), epochs=1, layers="4", effort="quick"
        ).task
        == "binary"
    )


@pytest.mark.parametrize("data", [({"x": 1}, {"x": 2}), [{"x": 1}, {"x": 2}], ("a.csv", "b.csv")])
def test_two_rows_or_two_files_are_no_pair(data):
    with pytest.raises((InvalidArgument, InvalidData)) as caught:
        trimtab.train(data)
    assert "target='COLUMN'" in str(caught.value) or "no file" in str(caught.value)


def test_a_table_within_a_table():
    bunch = {"data": np.ones((60, 2)), "target": np.arange(60.0), "DESCR": "text"}
    with pytest.raises(InvalidArgument, match=r"shape \(60, 2\)\. .*pass it alone: train\(X, y\)"):
        trimtab.train(bunch, "target")


def test_classes_of_numbers():
    rows = np.random.default_rng(0).normal(size=(60, 2))
    numbers = trimtab.train(rows, np.arange(60) % 3, epochs=1, layers="4", effort="quick")
    with pytest.raises(InvalidArgument, match="train with task='multiclass' to predict classes"):
        numbers.predict_proba(rows)
    classes = trimtab.train(
        rows, np.arange(60) % 3, task="multiclass", epochs=1, layers="4", effort="quick"
    )
    assert classes.predict_proba(rows).shape == (60, 3)
    several = trimtab.train(rows, rows * 2, epochs=1, layers="4", effort="quick")
    with pytest.raises(InvalidArgument, match=r"Use predict\(\) or predict_interval\(\)\.$"):
        several.predict_proba(rows)


def test_the_rows_of_scores_in_words():
    rows = np.random.default_rng(0).normal(size=(60, 2))
    folds = trimtab.train(rows, rows[:, 0], epochs=1, layers="4", fold=3)
    assert repr(folds.scores["folds"]).startswith("<Scores of 60 rows in 3-fold cross-validation: ")
    valid = trimtab.train(rows, rows * 2, epochs=1, layers="4", effort="quick")
    assert repr(valid.scores["valid"]).startswith("<Scores of 15 validation rows: ")


def test_loading_by_another_name():
    with pytest.raises(AttributeError, match=r"Use trimtab\.load\("):
        _ = trimtab.load_predictor
