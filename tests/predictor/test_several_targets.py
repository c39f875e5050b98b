"""One network for several targets, from the table to the file and back."""

import dataclasses
import pickle
import shutil
import signal
import tomllib

import numpy as np
import pandas as pd
import pytest

import trimtab
from tests.support.close import assert_close, assert_same_bits
from tests.support.refusals import assert_refused
from trimtab.core.container import read as read_contents
from trimtab.errors import FileFormatError, InvalidArgument, InvalidData
from trimtab.model.contents import write
from trimtab.predictor import Remarks
from trimtab.predictor.several.scores import SeveralScores
from trimtab.predictor.training import events
from trimtab.tables.files.reading import read

SMALL = {"layers": "8 relu", "epochs": 4, "batch_size": 32, "effort": "quick"}


def frame_of(rows=240, seed=0):
    """Strength depends on x alone, and weight on what x decides and on y; in very unlike units."""
    generator = np.random.default_rng(seed)
    x, y = generator.normal(size=(2, rows))
    colour = generator.choice(["red", "blue"], rows)
    strength = 5e4 * (np.sin(x) + 0.5 * (colour == "red")) + 2e3 * generator.normal(size=rows)
    weight = np.round(200 + 40 * np.sin(x) + 30 * y + 2 * generator.normal(size=rows))
    return pd.DataFrame(
        {
            "x": x,
            "y": y,
            "colour": colour,
            "shop": [f"shop {number % 24}" for number in range(rows)],
            "day": pd.date_range("2024", periods=rows),
            "share": generator.uniform(0.5, 2.0, rows),
            "strength": strength,
            "weight": weight.astype(int),
        }
    )


def plain(rows=240, seed=0):
    """The same without the columns that say how rows are divided and weighted."""
    return frame_of(rows, seed).drop(columns=["shop", "day", "share"])


FRAME, PLAIN = frame_of(), plain()
BOTH = ["weight", "strength"]  # not in the order of the table


@pytest.fixture(autouse=True)
def _quick_picture(monkeypatch):
    """Matplotlib takes longer than these trainings."""
    monkeypatch.setattr(
        "trimtab.predictor.training.curves.draw",
        lambda p, n, title, path: path.write_bytes(title.encode()),
    )


@pytest.fixture(scope="module")
def good():
    """Trained until it is good."""
    options = {"layers": "64 relu, 64 relu", "epochs": 60, "test": 0.2, "lr": 0.005}
    options["effort"] = "quick"
    return trimtab.train(plain(600), BOTH, **options)


@pytest.fixture(scope="module")
def small():
    return trimtab.train(PLAIN, BOTH, **SMALL)


# -- how good -------------------------------------------------------------------------------------


def test_both_are_learned_about_as_well_as_each_alone(good):
    frame = plain(600)
    options = {"layers": "64 relu, 64 relu", "epochs": 60, "test": 0.2, "lr": 0.005}
    options["effort"] = "quick"
    fresh = plain(400, seed=9)
    together = good.predict(fresh)
    assert together.shape == (400, 2)
    for place, name in enumerate(BOTH):
        other = BOTH[1 - place]
        alone = trimtab.train(frame.drop(columns=other), name, **options)
        errors = [
            np.abs(predicted - fresh[name]).mean() / fresh[name].std()
            for predicted in (together[:, place], alone.predict(fresh.drop(columns=other)))
        ]
        assert errors[0] < 0.16
        assert errors[0] < 1.35 * errors[1]
        assert alone.scores["test"].rows == good.scores["test"].rows


def test_the_quoted_score_is_the_mean_of_both(good):
    scores = good.best_evidence
    assert isinstance(scores, SeveralScores)
    assert scores is good.scores["test"]
    assert scores.target == ("weight", "strength")
    assert_close(
        scores.relative.value,
        (scores["weight"].relative.value + scores["strength"].relative.value) / 2,
        1e-12,
    )
    assert scores.relative.value > 0.75
    assert scores.sentence().startswith("On 120 test rows it makes ")
    assert " strength: its mean absolute error is " in scores.sentence()


def test_losses_are_in_standard_deviations_and_decide_together(good):
    history = good.history.history
    assert list(history) == ["loss", "val_loss"]
    scales = good.preprocessor.scale
    assert scales[1] / scales[0] > 500
    valid = good.scores["valid"]
    best = min(history["val_loss"])
    ours = [
        valid[name].metrics["mae"].value / scale for name, scale in zip(BOTH, scales, strict=True)
    ]
    assert_close(best, np.mean(ours), 1e-4)


@pytest.mark.parametrize("loss", ["mae", "mse", "mean_squared_error"])
def test_each_loss_for_numbers_trains_both(loss):
    predictor = trimtab.train(PLAIN, BOTH, loss=loss, metric=["mae", "rmse"], **SMALL)
    history = predictor.history.history
    assert all(np.isfinite(values).all() for values in history.values())
    assert history["loss"][-1] < history["loss"][0] < 2


def test_a_loss_for_classes_is_refused():
    with pytest.raises(InvalidArgument, match=r"loss must be one of 'mae', .* for regression"):
        trimtab.train(PLAIN, BOTH, loss="binary_crossentropy", **SMALL)
    with pytest.raises(InvalidArgument, match="class_weight needs classes"):
        trimtab.train(PLAIN, BOTH, class_weight="balanced", **SMALL)


def test_without_scaling_losses_are_those_of_the_table():
    frame = PLAIN.assign(strength=PLAIN["strength"] / 1e5, weight=PLAIN["weight"] / 1e2)
    told = []
    predictor = trimtab.train(frame, BOTH, target_scaling=False, report=told.append, **SMALL)
    scores = predictor.scores["valid"]
    mean = np.mean([scores[name].metrics["mae"].value for name in BOTH])
    assert_close(min(predictor.history.history["val_loss"]), mean, 1e-4)
    (prepared,) = [each for each in told if isinstance(each, events.Prepared)]
    assert "Losses are means over 2 targets, unscaled." in prepared.notes


# -- every way to train ---------------------------------------------------------------------------

WAYS = {
    "plain": {},
    "test": {"test": 0.2},
    "group": {"group": "shop"},
    "time": {"time": "day"},
    "weights": {"weight": "share"},
    "committee": {"committee": 2},
    "folds": {"fold": 3},
    "grouped folds and weights": {"fold": 2, "group": "shop", "weight": "share"},
    "folds and a test": {"fold": 2, "test": 0.2},
    "raw": {"raw": True, "layers": None},
    "jax": {"engine": "jax"},
}


@pytest.mark.parametrize(
    "way",
    # JAX is started and compiles four functions for one network.
    [pytest.param(way, marks=pytest.mark.slow) if way == "jax" else way for way in WAYS],
)
def test_every_way_to_train_scores_and_calibrates_each(way):
    options = WAYS[way]
    used = [value for value in options.values() if value in FRAME.columns]
    frame = FRAME[[*PLAIN.columns, *used]]
    predictor = trimtab.train(frame, BOTH, **{**SMALL, **options})
    assert predictor.targets == predictor.target == ("weight", "strength")
    predicted = predictor.predict(frame)
    assert predicted.shape == (240, 2)
    assert np.isfinite(predicted).all()
    scale = frame[BOTH].abs().mean().to_numpy()
    assert (np.abs(predicted).max(axis=0) < 20 * scale).all()
    for scores in predictor.scores.values():
        assert scores.groups == (scores["strength"].groups)
        mean = np.mean([scores[name].relative.value for name in BOTH])
        assert_close(scores.relative.value, mean, 1e-12)
    part = next(part for part in ("test", "valid", "folds") if part in predictor.scores)
    for name in BOTH:  # both come from the same rows, out of fold too
        errors = predictor.calibration[name].scores
        assert len(errors) == predictor.scores[part].rows
        if "weight" not in options:
            assert_close(errors.mean(), predictor.scores[part][name].metrics["mae"].value, 1e-9)
        train = frame[name] if part == "folds" and "test" not in options else None
        if train is not None and "weight" not in options:
            assert_close(predictor.baseline[name].mean, train.mean(), 1e-9)


def test_early_stopping_looks_at_both():
    """Rows that cannot be predicted at all stop training, however many epochs there are."""
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.normal(size=(80, 4)), columns=["u", "v", "a", "b"])
    told = []
    trimtab.train(
        frame,
        ["a", "b"],
        layers="64 relu",
        epochs=400,
        patience=5,
        report=told.append,
        effort="quick",
    )
    (ended,) = [each for each in told if isinstance(each, events.Ended)]
    assert ended.reason == "patience"


def test_the_same_seed_gives_the_same_bits(small):
    again = trimtab.train(PLAIN, tuple(BOTH), **SMALL)
    np.testing.assert_array_equal(again.predict(PLAIN), small.predict(PLAIN))


@pytest.mark.parametrize(
    "target", ["weight,strength", " weight , strength", tuple(BOTH), pd.Index(BOTH)]
)
def test_any_way_to_name_them_is_the_same(small, target):
    again = trimtab.train(PLAIN, target=target, **SMALL)
    np.testing.assert_array_equal(again.predict(PLAIN), small.predict(PLAIN))
    assert again.options["target"] == BOTH


def test_a_list_of_one_is_one_target():
    one, other = (trimtab.train(PLAIN, target, **SMALL) for target in (["weight"], "weight"))
    assert one.target == "weight"
    assert one.options == other.options
    assert one.predict(PLAIN).shape == (240,)
    np.testing.assert_array_equal(one.predict(PLAIN), other.predict(PLAIN))


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ([], "target must name at least one column, received []."),
        (
            ["weight", "x", "weight"],
            "target must name each column once, received 'weight' twice. Use ['weight', 'x'].",
        ),
        ({"weight"}, "target must be a column name, received {'weight'}."),
    ],
)
def test_targets_that_say_nothing_are_refused(target, text):
    assert_refused(InvalidArgument, text, lambda: trimtab.train(PLAIN, target, **SMALL))


def test_what_is_no_number_is_refused_by_name():
    with pytest.raises(InvalidData, match=r"target 'colour' holds text .* Train a model for 'col"):
        trimtab.train(PLAIN, ["weight", "colour"], **SMALL)
    with pytest.raises(InvalidData, match=r"target 'day' holds dates"):
        trimtab.train(FRAME, ["weight", "day"], **SMALL)


# -- gaps -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("container", ["pandas", "polars", "arrow", "dict", "csv"])
def test_a_gap_in_one_leaves_its_row_out_and_says_so(container, tmp_path):
    frame = PLAIN.copy()
    frame.loc[[3, 4], "strength"] = np.nan
    frame["weight"] = frame["weight"].astype("float64")
    frame.loc[[4, 200], "weight"] = np.nan
    data = {
        "pandas": lambda: frame,
        "polars": lambda: pytest.importorskip("polars").from_pandas(frame),
        "arrow": lambda: pytest.importorskip("pyarrow").Table.from_pandas(frame),
        "dict": lambda: {name: frame[name].tolist() for name in frame},
        "csv": lambda: frame.to_csv(tmp_path / "t.csv", index=False) or str(tmp_path / "t.csv"),
    }[container]()
    told = []
    predictor = trimtab.train(data, BOTH, report=told.append, **SMALL)
    (understood,) = [each for each in told if isinstance(each, events.Understood)]
    assert understood.rows == 237
    assert understood.notes == (
        "3 rows without all targets left out (missing: weight in 2, strength in 2). A model for "
        "each target would use the rows of the others.",
    )
    expected = trimtab.train(frame.dropna().reset_index(drop=True), BOTH, **SMALL)
    np.testing.assert_array_equal(predictor.predict(PLAIN), expected.predict(PLAIN))
    remarks = Remarks()
    assert predictor.evaluate(data, remarks=remarks).rows == 237
    assert "3 rows of 240 without 'weight' or 'strength' left out." in remarks.sentences()


def test_rows_to_evaluate_need_both(small):
    frame = PLAIN.copy()
    frame.loc[:119, "strength"] = np.nan
    frame.loc[120:, "weight"] = np.nan
    text = (
        "the data frame: no row has a target in columns 'weight' and 'strength' at once. Pass rows "
        "whose targets are known."
    )
    assert_refused(InvalidData, text, lambda: small.evaluate(frame))
    assert_refused(InvalidData, text, lambda: small.explain(frame))
    with pytest.raises(InvalidData, match="lacks a column that the model was trained with: 'str"):
        small.evaluate(PLAIN.drop(columns="strength"))


def test_files_to_validate_and_test_with(tmp_path):
    for name, rows in (("valid", slice(0, 60)), ("test", slice(60, 120))):
        PLAIN[rows].to_csv(tmp_path / f"{name}.csv", index=False)
    valid, test = (str(tmp_path / f"{name}.csv") for name in ("valid", "test"))
    predictor = trimtab.train(PLAIN[120:], BOTH, valid=valid, test=test, **SMALL)
    assert {part: scores.rows for part, scores in predictor.scores.items()} == {
        "valid": 60,
        "test": 60,
    }
    PLAIN.assign(weight=np.nan).to_csv(valid, index=False)
    with pytest.raises(InvalidData, match=r"valid\.csv: no row has a target in columns 'weight'"):
        trimtab.train(PLAIN[120:], BOTH, valid=valid, **SMALL)


# -- predicting -----------------------------------------------------------------------------------


def test_a_frame_has_columns_for_each_target(small):
    frame = small.predict_frame(PLAIN, interval=0.8, ids=["colour"])
    assert list(frame.columns) == [
        *("colour", "prediction_weight", "lower_weight", "upper_weight"),
        *("prediction_strength", "lower_strength", "upper_strength"),
    ]
    predicted = small.predict(PLAIN)
    np.testing.assert_array_equal(frame[["prediction_weight", "prediction_strength"]], predicted)
    intervals = small.predict_interval(PLAIN, level=0.8)
    np.testing.assert_array_equal(frame[["lower_weight", "lower_strength"]], intervals.lower)
    np.testing.assert_array_equal(frame[["upper_weight", "upper_strength"]], intervals.upper)
    assert list(small.predict_frame(PLAIN).columns) == ["prediction_weight", "prediction_strength"]
    chunks = list(small.predict_chunks(PLAIN, rows=100, interval=0.8, ids=["colour"]))
    assert [len(chunk) for chunk in chunks] == [100, 100, 40]
    pd.testing.assert_frame_equal(pd.concat(chunks, ignore_index=True), frame)


def test_intervals_hold_each_target_as_often_as_they_say(good):
    fresh = plain(2000, seed=77)
    intervals = good.predict_interval(fresh, level=0.8)
    inside = intervals.contains(fresh[BOTH].to_numpy()).mean(axis=0)
    assert ((inside > 0.68) & (inside < 0.92)).all()
    assert intervals.basis == "calibrated on 120 rows that were used for nothing else"
    assert intervals.reach.startswith("weight ± ") and "; strength ± " in intervals.reach


def test_no_rows_are_predicted_as_no_rows(small):
    inputs = small.preprocessor.transform(read(PLAIN))[:0]
    assert small.outputs_of_inputs(inputs).shape == (0, 2)


def test_classes_and_columns_of_that_name_are_refused(small):
    text = (
        "'weight' and 'strength' are numbers and have no classes. Use predict() or "
        "predict_interval()."
    )
    assert_refused(InvalidArgument, text, lambda: small.predict_proba(PLAIN))
    with pytest.raises(InvalidArgument, match="'weight' and 'strength' are numbers and have no"):
        small.predict_frame(PLAIN, proba=True)
    clash = PLAIN.assign(prediction_weight=1)
    with pytest.raises(InvalidArgument, match="has a column 'prediction_weight', and so have the"):
        small.predict_frame(clash, ids=["prediction_weight"])
    with pytest.raises(InvalidData, match=r"level=0\.9999 needs at least"):
        small.predict_frame(PLAIN, interval=0.9999)


def test_a_target_is_not_needed_to_predict(small):
    expected = small.predict(PLAIN)
    for frame in (PLAIN.drop(columns=BOTH), PLAIN.drop(columns="weight")):
        np.testing.assert_array_equal(small.predict(frame), expected)


# -- evaluating and explaining --------------------------------------------------------------------


def test_parts_of_the_table_are_found_again(small):
    found = small.evaluate(PLAIN, part="valid")
    assert found.record() == small.scores["valid"].record()
    remarks = Remarks()
    assert small.evaluate(PLAIN, part="train", remarks=remarks).rows == 180
    assert remarks.sentences() == [
        "The model was trained on these rows: it is less accurate on new ones."
    ]
    remarks = Remarks()
    assert small.evaluate(PLAIN, remarks=remarks).rows == 240
    assert [sentence[:44] for sentence in remarks.sentences()] == [
        "The model was trained on 180 of 240 rows: th",
        "The model was validated on 60 of 240 rows: t",
    ]


def test_importance_is_relative_or_of_one(good):
    frame = plain(600)
    both = good.explain(frame, repeats=3)
    assert (both.metric, both.target) == ("relative_mae", ("weight", "strength"))
    assert both.record()["target"] == ["weight", "strength"]
    assert both.sentence().startswith(
        "Increase of the error relative to predicting the median, a mean over weight and strength, "
        "when a column is shuffled"
    )
    alone = {name: good.explain(frame, repeats=3, target=name) for name in BOTH}
    assert [each.metric for each in alone.values()] == ["mae", "mae"]
    increase = {
        name: {each.column: each.increase.value for each in found.columns}
        for name, found in alone.items()
    }
    # y decides about weight only, the colour about strength only.
    assert increase["strength"]["y"] < 0.1 * increase["strength"]["x"]
    assert increase["weight"]["colour"] < 0.1 * increase["weight"]["y"]
    valid = good.scores["valid"]
    assert both.rows == valid.rows
    sizes = {name: valid[name].baseline["mae"].value for name in BOTH}
    for each in both.columns:
        mean = np.mean([increase[name][each.column] / sizes[name] for name in BOTH])
        assert_close(each.increase.value, mean, 1e-9)
    mean = np.mean([alone[name].loss.value / sizes[name] for name in BOTH])
    assert_close(both.loss.value, mean, 1e-9)
    with pytest.raises(InvalidArgument, match="target must be one of 'weight', 'strength', recei"):
        good.explain(frame, target="x")


def test_importance_of_one_target_knows_no_other():
    frame = PLAIN.drop(columns="weight")
    predictor = trimtab.train(frame, "strength", **SMALL)
    assert predictor.explain(frame, target="strength", repeats=1).metric == "mae"
    with pytest.raises(InvalidArgument, match=r"predicts 'strength', received target='weight'\. L"):
        predictor.explain(frame, target="weight")


def test_importance_is_drawn(good, tmp_path):
    found = good.explain(plain(600), repeats=1, remarks=Remarks())
    found.draw(tmp_path / "i.png")
    assert (tmp_path / "i.png").read_bytes().startswith(b"\x89PNG")


# -- files ----------------------------------------------------------------------------------------


def test_a_file_gives_all_of_it_back(small, tmp_path):
    path = small.save(tmp_path / "both")
    again = trimtab.load(path)
    assert_same_bits(again.predict(PLAIN), small.predict(PLAIN))
    assert (again.target, again.schema, again.baseline) == (
        small.target,
        small.schema,
        small.baseline,
    )
    assert again.preprocessor.target == small.preprocessor.target
    assert {part: s.record() for part, s in again.scores.items()} == {
        part: s.record() for part, s in small.scores.items()
    }
    ours, theirs = (each.predict_interval(PLAIN, 0.8) for each in (small, again))
    np.testing.assert_array_equal(ours.lower, theirs.lower)
    pickled = pickle.loads(pickle.dumps(small))
    np.testing.assert_array_equal(pickled.predict(PLAIN), small.predict(PLAIN))
    assert repr(again) == "<Predictor target=('weight', 'strength'), task=regression, 3 features>"


def _without_a_scale(documents, tables):
    documents["preprocessing"]["target"] = documents["preprocessing"]["target"]["each"][0]


def _a_target_less(documents, tables):
    del documents["baseline"]["targets"]["strength"]


def _calibration_of_another(documents, tables):
    targets = documents["calibration"]["targets"]
    targets["x"] = targets.pop("weight")


def _one_calibration(documents, tables):
    documents["calibration"] = documents["calibration"]["targets"]["weight"]
    tables["calibration"] = {"scores": tables["calibration"]["0/scores"]}


def _scores_of_one(documents, tables):
    documents["scores"]["valid"] = documents["scores"]["valid"]["targets"]["weight"]


def _a_third_target(documents, tables):
    for column in documents["schema"]["columns"]:
        if column["name"] == "x":
            column["role"] = "target"


DAMAGES = [
    *(_without_a_scale, _a_target_less, _calibration_of_another, _one_calibration),
    *(_scores_of_one, _a_third_target),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_parts_of_files_that_do_not_fit_are_refused(small, tmp_path, damage):
    path = small.save(tmp_path / "both")
    contents = read_contents(path)
    damage(contents.documents, contents.tables)
    write(path, contents, True)
    with pytest.raises(FileFormatError, match=r"both\.trimtab"):
        trimtab.load(path)


def test_a_model_of_the_same_targets_may_be_replaced(tmp_path):
    out = tmp_path / "m.trimtab"
    PLAIN.to_csv(tmp_path / "t.csv", index=False)
    data = str(tmp_path / "t.csv")
    trimtab.train(data, BOTH, out=out, **SMALL)
    trimtab.train(data, "strength,weight", out=out, **SMALL)
    assert trimtab.load(out).target == ("strength", "weight")
    assert out.with_suffix(".png").read_text() == "t.csv: weight, strength"  # of the first run
    with pytest.raises(InvalidArgument, match=r"holds a model of 't\.csv' for 'strength' and 'wei"):
        trimtab.train(data, "weight", out=out, **SMALL)


def test_options_repeat_the_run(tmp_path, small):
    out = tmp_path / "m.trimtab"
    trimtab.train(PLAIN, "weight,strength", out=out, **SMALL)
    options = tomllib.loads(out.with_suffix(".toml").read_text())
    assert options["Columns"]["target"] == BOTH
    again = trimtab.train(
        PLAIN, **trimtab.predictor.training.options.read_toml(out.with_suffix(".toml"))
    )
    np.testing.assert_array_equal(again.predict(PLAIN), small.predict(PLAIN))


class _Stop:
    """Ctrl-C at the end of an epoch."""

    def __init__(self, epoch, part=""):
        self._at = (epoch, part)

    def __call__(self, event):
        if isinstance(event, events.Epoch) and (event.epoch, event.part) == self._at:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(
    ("options", "stop"),
    [
        ({}, _Stop(2)),
        ({"fold": 3}, _Stop(2, "3 networks")),
        ({"committee": 2}, _Stop(1, "network 2 of 2")),
    ],
)
def test_interrupted_and_resumed_is_as_never_interrupted(options, stop, tmp_path):
    options = {**SMALL, **options}
    whole = trimtab.train(PLAIN, BOTH, **options)
    out = tmp_path / "m.trimtab"
    part = trimtab.train(PLAIN, "weight,strength", out=out, report=stop, **options)
    assert part.unfinished is not None
    assert part.predict(PLAIN).shape == (240, 2)
    shutil.copy(out, tmp_path / "copy.trimtab")
    rest = trimtab.train(PLAIN, BOTH, out=out, resume=True)
    np.testing.assert_array_equal(rest.predict(PLAIN), whole.predict(PLAIN))
    assert {k: s.record() for k, s in rest.scores.items()} == {
        k: s.record() for k, s in whole.scores.items()
    }
    with pytest.raises(InvalidArgument, match=r"target is 'weight,strength' in the run to resume"):
        trimtab.train(PLAIN, BOTH[::-1], out=tmp_path / "copy.trimtab", resume=True)


def test_events_say_what_is_trained(small):
    told = []
    trimtab.train(PLAIN, BOTH, report=told.append, **SMALL)
    lines = [line for each in told if not isinstance(each, events.Epoch) for line in each.lines()]
    assert "target: weight, strength (2 targets), regression" in lines
    assert "Losses are means over 2 targets, each in units of its standard deviation." in lines
    finished = told[-1].record()
    assert finished["scores"]["target"] == BOTH
    assert dataclasses.is_dataclass(told[-1].scores)
    assert told[-1].sentence == small.scores["valid"].sentence()
