"""From a table as it comes to predictions in the target's units."""

import copy
import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest

from tests.support.close import assert_close, assert_same_bits
from tests.support.predictors import TARGETS, houses, small_predictor
from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument, InvalidData, PredictionWarning
from trimtab.predictor import Predictor, Remarks
from trimtab.predictor.base import labels_of
from trimtab.tables.files.read_options import ReadOptions
from trimtab.tables.files.reading import read


@pytest.fixture(scope="module", params=TARGETS)
def task(request):
    return request.param


@pytest.fixture(scope="module")
def predictor(task):
    return small_predictor(task)


@pytest.fixture(scope="module")
def prices():
    return small_predictor()


@pytest.fixture
def new(task):
    """Rows that come without a target."""
    return houses(30, seed=1, task=task).drop(columns=TARGETS[task])


# -- what predictions are -------------------------------------------------------------------------


def test_numbers_are_in_the_targets_units():
    predictor = small_predictor(epochs=60, units=8)
    frame = houses(200, seed=2)
    predicted = predictor.predict(frame)
    assert predicted.dtype == np.float64 and predicted.shape == (200,)
    error = np.abs(predicted - frame["price"]).mean()
    assert error <= 0.8 * np.abs(frame["price"] - frame["price"].mean()).mean()
    table = read(frame)
    scaled = predictor.model.predict(predictor.preprocessor.transform(table), verbose=0)
    by_hand = scaled[:, 0].astype(np.float64) * predictor.preprocessor.scale
    assert_close(predicted, by_hand + predictor.preprocessor.shift, 1e-12)


@pytest.mark.parametrize(("task", "kind"), [("binary", str), ("multiclass", np.int64)])
def test_labels_come_back_in_their_own_type(task, kind):
    predictor, frame = small_predictor(task), houses(30, seed=1, task=task)
    labels, proba = predictor.predict(frame), predictor.predict_proba(frame)
    assert set(labels) <= set(frame[TARGETS[task]])
    assert all(isinstance(label, kind) for label in labels)
    assert proba.shape == (30, len(predictor.classes)) and proba.dtype == np.float64
    assert_close(proba.sum(axis=1), np.ones(30), 1e-12)
    assert labels.tolist() == predictor.classes[proba.argmax(axis=1)].tolist()


@pytest.mark.parametrize(
    ("classes", "kind"),
    [
        ((False, True), np.bool_),
        ((1, 2), np.int64),
        ((0.5, 1.5), np.float64),
        (("a", "bcd"), object),
        ((1, 2**70), object),
        ((1, 2.5), np.float64),
        ((2**53 + 1, 2.5), object),
    ],
)
def test_labels_have_the_type_of_the_classes(classes, kind):
    labels = labels_of(classes)
    assert labels.dtype == kind and labels.tolist() == list(classes)


def test_intervals(prices):
    frame = houses(400, seed=3)
    intervals = prices.predict_interval(frame, 0.8)
    assert_same_bits(intervals.prediction[:, 0], prices.predict(frame))
    reach = prices.calibration.quantile(0.8)
    assert_close(intervals.width, np.full((400, 1), 2 * reach), 1e-12)
    # 20 calibration rows: coverage varies by some 9 %; four of those
    assert abs(intervals.contains(frame["price"]).mean() - 0.8) <= 0.36
    assert "20 rows that also picked the best epoch" in repr(intervals)


def test_sets_of_classes_have_their_labels():
    predictor, frame = small_predictor("binary"), houses(50, seed=3, task="binary")
    sets = predictor.predict_interval(frame, 0.8)
    assert {label for labels in sets.classes() for label in labels} <= {"no", "yes"}
    by_hand = predictor.predict_proba(frame) >= 1 - predictor.calibration.quantile(0.8)
    assert sets.sets.tolist() == by_hand.tolist()
    inside = [label in labels for label, labels in zip(frame["sold"], sets.classes(), strict=True)]
    assert sets.contains(frame["sold"]).tolist() == inside
    assert "yes (0." in repr(sets) or "no (0." in repr(sets)
    with pytest.raises(InvalidData, match="y must hold labels, 'no', 'yes', received 'maybe'"):
        sets.contains(["maybe"] * 50)


def test_no_intervals_without_calibration(prices):
    bare = dataclasses.replace(prices, calibration=None)
    text = (
        "intervals need errors on rows that the model was not trained on, and this model has none. "
        "Train it with --valid 0.25 or --test 0.2 (test=0.2)."
    )
    assert_refused(InvalidArgument, text, lambda: bare.predict_interval(houses(5)))
    assert_refused(InvalidArgument, text, lambda: bare.predict_frame(houses(5), interval=0.9))


def test_no_probabilities_of_numbers(prices):
    with pytest.raises(InvalidArgument, match=r"'price' is a number and has no classes\."):
        prices.predict_proba(houses(5))
    with pytest.raises(InvalidArgument, match=r"'price' is a number and has no classes\."):
        prices.predict_frame(houses(5), proba=True)


def test_a_committee_predicts_the_mean_of_its_members():
    predictor, frame = small_predictor(members=3), houses(10, seed=1)
    alone = [
        dataclasses.replace(predictor, model=m).predict(frame) for m in predictor.model.members
    ]
    assert_close(predictor.predict(frame), np.mean(alone, axis=0), 1e-6)
    proba = small_predictor("multiclass", members=2).predict_proba(houses(10, task="multiclass"))
    assert_close(proba.sum(axis=1), np.ones(10), 1e-6)


# -- rows and columns -----------------------------------------------------------------------------


def test_a_row_gets_the_same_whatever_rows_are_beside_it(predictor, new):
    whole = predictor.outputs(read(new))
    order = np.random.default_rng(0).permutation(len(new))
    assert_same_bits(predictor.outputs(read(new.iloc[order])), whole[order])
    for rows in (1, 2, 7):
        parts = [predictor.outputs(read(new[at : at + rows])) for at in range(0, len(new), rows)]
        assert_same_bits(np.concatenate(parts), whole)


def test_columns_are_found_by_name(predictor, new):
    expected = predictor.predict(new)
    shuffled = new[new.columns[::-1]]
    np.testing.assert_array_equal(predictor.predict(shuffled), expected)
    with pytest.warns(PredictionWarning, match=r"'colour' is ignored"):
        np.testing.assert_array_equal(predictor.predict(new.assign(colour="red")), expected)


def test_missing_columns_are_all_listed(prices):
    frame = houses(5).drop(columns=["size", "town"]).assign(Size=1.0)
    with pytest.raises(InvalidData, match=r"lacks 2 columns.*'size' \(there is 'Size'\)"):
        prices.predict(frame)


def test_unseen_categories_are_counted(prices):
    frame = houses(30, seed=1)
    frame.loc[3:5, "town"] = "Trier"
    with pytest.warns(PredictionWarning, match=r"'town': 3 cells .*'Trier'") as caught:
        prices.predict(frame)
    assert [each.filename for each in caught] == [__file__]


def test_a_cell_of_another_kind(prices):
    frame = houses(5).astype({"rooms": object})
    frame.loc[2, "rooms"] = "many"
    with pytest.warns(PredictionWarning) as said:
        found = prices.predict(frame)
    assert "1 cell is not a number ('many' in row 3)" in str(said[0].message)
    frame.loc[2, "rooms"] = None
    with pytest.warns(PredictionWarning, match="missing"):
        assert np.array_equal(found, prices.predict(frame))
    frame["rooms"] = "many"
    with pytest.raises(InvalidData, match=r"the data frame, row 1, column 'rooms': 'many' is not"):
        prices.predict(frame)


def test_no_rows(predictor, new):
    assert predictor.outputs(read(new[:1]), np.empty(0, np.int64)).shape[0] == 0


def test_what_was_missing_in_training_is_missing_again(prices, tmp_path):
    told = dataclasses.replace(prices, options={"missing": ["-99"]})
    frame = houses(6, seed=1)
    blank, coded = frame.copy(), frame.copy()
    blank["size"] = np.nan
    coded["size"] = -99
    for name, each in (("blank", blank), ("coded", coded)):
        each.to_csv(tmp_path / f"{name}.csv", index=False)
    assert_same_bits(told.predict(tmp_path / "coded.csv"), prices.predict(tmp_path / "blank.csv"))
    options = ReadOptions(missing=("-99",))
    assert_same_bits(
        prices.predict(tmp_path / "coded.csv", options), prices.predict(tmp_path / "blank.csv")
    )


def test_predictions_that_are_not_finite_are_said(prices):
    broken = copy.deepcopy(prices)
    weights = broken.model.get_weights()
    weights[0][:] = np.nan
    broken.model.set_weights(weights)
    with pytest.warns(PredictionWarning, match=r"5 predictions of 5 are not finite"):
        broken.predict(houses(5))


# -- as a table -----------------------------------------------------------------------------------


def test_frame(prices):
    frame = houses(12, seed=1)
    found = prices.predict_frame(frame, interval=0.5)
    assert list(found) == ["house", "prediction", "lower", "upper"]
    assert found["house"].tolist() == frame["house"].tolist()
    assert_same_bits(found["prediction"].to_numpy(), prices.predict(frame))
    assert (found["lower"] <= found["prediction"]).all()
    everything = prices.predict_frame(frame, all_columns=True)
    assert list(everything) == [*frame, "prediction"]
    assert list(prices.predict_frame(frame, ids=["town", "house"])) == [
        *("house", "town", "prediction")
    ]


def test_frame_of_classes():
    predictor, frame = small_predictor("multiclass"), houses(12, seed=1, task="multiclass")
    found = predictor.predict_frame(frame, interval=0.8, proba=True)
    names = [f"probability_{number}" for number in (1, 2, 3)]
    assert list(found) == ["house", "prediction", "classes", *names]
    assert_same_bits(found[names].to_numpy(), predictor.predict_proba(frame))
    for text, label, row in zip(
        found["classes"], found["prediction"], found[names].to_numpy(), strict=True
    ):
        labels = [int(part) for part in text.split("|") if part]
        assert labels == sorted(labels, key=lambda number: -row[number - 1])
        assert not labels or labels[0] == label


def test_an_identifier_of_the_training_that_is_not_there_is_a_remark(prices):
    with pytest.warns(PredictionWarning, match=r"^Column 'house' cannot be passed through"):
        found = prices.predict_frame(houses(4).drop(columns="house"))
    assert list(found) == ["prediction"]
    assert_same_bits(found["prediction"].to_numpy(), prices.predict(houses(4)))


def test_frame_refusals(prices):
    frame = houses(4)
    assert_refused(
        InvalidData,
        "the data frame has no column 'hous' to pass through. Did you mean 'house'?",
        lambda: prices.predict_frame(frame, ids=["hous"]),
    )
    assert_refused(
        InvalidArgument,
        "the data frame has a column 'prediction', and so have the predictions. Rename it, or pass "
        "through only the columns you need: --id COLUMN (ids=[...]).",
        lambda: prices.predict_frame(frame.assign(prediction=1), all_columns=True),
    )
    with pytest.raises(InvalidArgument, match="level must be"):
        prices.predict_frame(frame, interval=90)
    with pytest.raises(InvalidData, match=r"level=0\.99 needs at least 99 calibration rows"):
        prices.predict_frame(frame, interval=0.99)
    with pytest.raises(InvalidArgument, match="rows must be a positive integer"):
        next(prices.predict_chunks(frame, rows=0))


@pytest.mark.parametrize("rows", [1, 7, 30, 100])
def test_chunks_are_the_frame(predictor, new, rows, tmp_path):
    path = tmp_path / "new.csv"
    new.to_csv(path, index=False)
    whole = predictor.predict_frame(path, proba=predictor.classifies)
    for source in (path, new):
        chunks = list(predictor.predict_chunks(source, rows=rows, proba=predictor.classifies))
        assert max(map(len, chunks)) <= rows
        pd.testing.assert_frame_equal(pd.concat(chunks, ignore_index=True), whole)


def test_remarks_are_collected_over_chunks(prices):
    frame = houses(30, seed=1).assign(colour="red")
    frame["town"] = "Trier"
    remarks = Remarks()
    list(prices.predict_chunks(frame, rows=10, remarks=remarks))
    assert remarks.rows == 30
    first, second = remarks.sentences()
    assert "'colour' is ignored" in first and "30 cells" in second
    with pytest.warns(PredictionWarning) as caught:
        list(prices.predict_chunks(frame, rows=10))
    assert [str(each.message) for each in caught] == [first, second]


# -- evaluating -----------------------------------------------------------------------------------


def test_evaluate_new_rows(predictor, task):
    frame = houses(50, seed=9, task=task)
    frame["size"] = np.arange(50) + 0.123  # no row is like one of the training
    scores = predictor.evaluate(frame)
    assert (scores.rows, scores.target) == (50, TARGETS[task])
    assert scores.part == "rows of the data frame"
    if task == "regression":
        assert_close(
            scores.metrics["mae"].value,
            np.abs(predictor.predict(frame) - frame["price"]).mean(),
            1e-12,
        )
    else:
        right = (predictor.predict(frame) == frame[TARGETS[task]]).mean()
        assert_close(scores.metrics["accuracy"].value, right, 1e-12)


def test_evaluate_a_part(task):
    predictor, frame = small_predictor(task, test=0.2), houses(task=task)
    frame = frame.iloc[np.random.default_rng(0).permutation(len(frame))]  # in any order
    remarks = Remarks()
    for part in ("train", "valid", "test"):
        scores = predictor.evaluate(frame, part=part, remarks=remarks)
        assert scores.rows == predictor.split[part] > 10
    again = predictor.evaluate(frame, part="valid", remarks=remarks)
    for name, score in predictor.scores["valid"].metrics.items():
        assert_close(again.metrics[name].value, score.value, 1e-6)


def test_evaluate_a_part_of_a_large_table(prices, monkeypatch):
    """Where prints of some rows only were kept, the table is divided again."""
    prints = {
        part: dataclasses.replace(each, prints=each.prints[::2], share=0.5)
        for part, each in prices.prints.items()
    }
    large, frame = dataclasses.replace(prices, prints=prints), houses()
    with pytest.warns(PredictionWarning) as caught:
        scores = large.evaluate(frame)
    assert scores.rows == 80
    assert "The model was trained on about 60 of 80 rows: " in str(caught[0].message)
    assert_close(
        large.evaluate(frame, part="valid").metrics["mae"].value,
        prices.evaluate(frame, part="valid").metrics["mae"].value,
        1e-12,
    )
    with pytest.raises(InvalidData, match="is not the table that this model was trained on"):
        large.evaluate(houses(80, seed=5), part="valid")
    with pytest.raises(InvalidData, match="is not the table that this model was trained on"):
        large.evaluate(houses(9, seed=5), part="valid")  # too few to be divided at all
    apart = dataclasses.replace(large, split={"plan": None})
    assert_refused(
        InvalidArgument,
        "the validation rows came from a separate file. Evaluate on that file and leave the part "
        "out.",
        lambda: apart.evaluate(frame, part="valid"),
    )


def test_rows_that_were_trained_on_are_told(prices):
    with pytest.warns(PredictionWarning) as caught:
        prices.evaluate(houses())
    assert [str(each.message) for each in caught] == [
        "The model was trained on 60 of 80 rows: these scores are better than on new rows.",
        "The model was validated on 20 of 80 rows: these scores are better than on new rows.",
    ]
    mixed = pd.concat([houses()[:3], houses(60, seed=4)])
    with pytest.warns(PredictionWarning, match=r"of 63 rows (is a copy|are copies) of"):
        prices.evaluate(mixed)


def test_rows_without_a_target_are_left_out(prices):
    frame = houses(20, seed=1)
    frame.loc[:4, "price"] = np.nan
    with pytest.warns(PredictionWarning, match=r"5 rows of 20 without 'price' left out"):
        assert prices.evaluate(frame).rows == 15
    frame["price"] = np.nan
    assert_refused(
        InvalidData,
        "the data frame: no row has a target in column 'price'. Pass rows whose target is known.",
        lambda: prices.evaluate(frame),
    )
    with pytest.raises(InvalidData, match=r"lacks a column .*'price'"):
        prices.evaluate(frame.drop(columns="price"))


def test_parts_there_are(prices):
    assert_refused(
        InvalidArgument,
        "this model was trained without test rows; it has 'train', 'valid' rows. Leave the part "
        "out to evaluate on all rows.",
        lambda: prices.evaluate(houses(), part="test"),
    )
    with pytest.raises(InvalidArgument, match="Did you mean 'valid'"):
        prices.evaluate(houses(), part="vali")
    with pytest.raises(InvalidData, match=r"it holds 0 of 20 validation rows"):
        prices.evaluate(houses(80, seed=5), part="valid")


# -- the object -----------------------------------------------------------------------------------


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_copies(predictor, new, copied):
    again = copied(predictor)
    assert isinstance(again, Predictor)
    assert_same_bits(again.outputs(read(new)), predictor.outputs(read(new)))


def test_what_it_says_of_itself(prices):
    assert repr(prices) == "<Predictor target='price', task=regression, 3 features>"
    assert prices.best_evidence is prices.scores["valid"]
    scores = {"valid": 1, "folds": 2, "test": 3}
    assert dataclasses.replace(prices, scores=scores).best_evidence == 2
    assert dataclasses.replace(prices, scores={}).best_evidence is None


def test_rows_that_chose_the_epoch_are_no_test(prices):
    assert prices.caveat == (
        "The best epoch was picked on these rows, so the score is slightly optimistic. Use "
        "--test 0.2 or --fold 5 for an unbiased one."
    )
    scores = prices.scores["valid"]
    for other in ("test", "folds"):
        both = {"valid": scores, other: dataclasses.replace(scores, part=other)}
        assert dataclasses.replace(prices, scores=both).caveat == ""
    assert dataclasses.replace(prices, scores={}).caveat == ""
    of_a_file = dataclasses.replace(prices, split={"plan": None})
    assert of_a_file.caveat.endswith(" Use --test 0.2 for an unbiased one.")
    once = copy.copy(prices.history)
    once.epoch = [0]
    assert dataclasses.replace(prices, history=once).caveat == ""  # there was nothing to choose
