"""Training with classes in mind: the positive class, thresholds, costs, corrected probabilities."""

import dataclasses
import json
import warnings

import numpy as np
import pandas as pd
import pytest

import trimtab
from tests.support.close import assert_close
from trimtab.core.container import read as read_file
from trimtab.errors import FileFormatError, InvalidArgument, InvalidData
from trimtab.predictor.class_words import class_notes, class_rules
from trimtab.predictor.classes.deciding import Threshold
from trimtab.predictor.classes.recalibration import Curve, Recalibration
from trimtab.predictor.training import events

SMALL = {"layers": "8 relu", "epochs": 8, "lr": 0.01, "effort": "quick"}


def payments(rows=1600, seed=0, labels=("ok", "fraud"), rare=-3.6):
    """A rare class that two columns tell something about."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(rows, 2))
    p = 1 / (1 + np.exp(-(1.8 * x[:, 0] + x[:, 1] + rare)))
    y = (generator.random(rows) < p).astype(int)
    named = pd.Series(np.array(labels)[y])
    return pd.DataFrame({"a": x[:, 0].round(6), "b": x[:, 1].round(6), "y": named})


@pytest.fixture(scope="module")
def balanced():
    return trimtab.train(payments(), "y", class_weight="balanced", **SMALL)


@pytest.fixture(scope="module")
def costly():
    return trimtab.train(payments(), "y", cost={"fraud": 30}, **SMALL)


@pytest.fixture(scope="module")
def corrected():
    return trimtab.train(
        payments(), "y", class_weight="balanced", calibrate="sigmoid", test=0.25, **SMALL
    )


@pytest.fixture(scope="module")
def folded():
    return trimtab.train(payments(), "y", fold=3, calibrate="isotonic", threshold="f1", **SMALL)


# -- what is quoted -------------------------------------------------------------------------------


def test_balanced_weights_are_judged_by_balanced_accuracy(balanced):
    scores = balanced.best_evidence
    assert scores.quoted == "balanced_accuracy"
    assert "its balanced accuracy is " in scores.sentence()
    assert "always predicting one class gives 50 %" in scores.sentence()
    assert scores.metrics["balanced_accuracy"].value >= 0.65
    assert "percentage points more." in scores.sentence()
    assert "worse than no model" not in scores.sentence()
    # The accuracy that is no longer asked for is lower than that of no model.
    assert scores.metrics["accuracy"].value <= scores.baseline["accuracy"].value
    assert balanced.evaluate(payments(seed=1)).quoted == "balanced_accuracy"


def test_rare_classes_are_judged_by_how_rows_are_ranked():
    predictor = trimtab.train(payments(), "y", **SMALL)
    assert predictor.best_evidence.quoted == "roc_auc"
    assert (
        "it ranks a row of class 'fraud' above another one in "
        in predictor.best_evidence.sentence()
    )


def test_the_metric_that_is_asked_for_is_quoted():
    frame = payments(400)
    for asked, name in (("f1", "f1"), ("neg_log_loss", "log_loss"), ("accuracy", "accuracy")):
        predictor = trimtab.train(frame, "y", metric=asked, **SMALL | {"epochs": 1})
        assert predictor.best_evidence.quoted == name
        assert ("accuracy" in predictor.history.history) == (asked == "accuracy")
    numbers = frame.assign(y=frame["a"] * 2)
    predictor = trimtab.train(numbers, "y", metric="neg_root_mean_squared_error", **SMALL)
    assert "predicting the mean y (" in predictor.best_evidence.sentence()
    predictor = trimtab.train(numbers, "y", **SMALL)
    assert "predicting the median y (" in predictor.best_evidence.sentence()


# -- the positive class ---------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [("ok", "fraud"), ("a", "z"), (0, 1), (1, 0), (False, True)])
def test_the_rarer_class_is_positive(labels, tmp_path):
    """Of all rows, whatever the order of the labels; stored, so a later table changes nothing."""
    predictor = trimtab.train(payments(500, labels=labels), "y", **SMALL | {"epochs": 1})
    assert predictor.positive == labels[1] and type(predictor.positive) is type(labels[1])
    assert predictor.classes.tolist() == sorted(labels)
    again = trimtab.load(predictor.save(tmp_path / "m"))
    turned = payments(300, seed=1, labels=labels, rare=3.6)
    assert again.positive == labels[1]
    assert again.evaluate(turned).positive == labels[1]
    assert (again.predict_proba(turned) == predictor.predict_proba(turned)).all()


@pytest.mark.parametrize(
    ("labels", "told", "positive"),
    [
        (("ok", "fraud"), "ok", "ok"),
        ((0, 1), "0", 0),
        ((0, 1), 0.0, 0),
        ((0, 1), np.int64(0), 0),
        ((0, 1), False, 0),
        ((False, True), "False", False),
        ((False, True), "false", False),
        ((False, True), 0, False),
        (("01", "1"), "01", "01"),
    ],
)
def test_the_positive_class_can_be_told(labels, told, positive):
    predictor = trimtab.train(
        payments(300, labels=labels),
        "y",
        positive=told,
        types={"y": "category"} if labels == ("01", "1") else {},
        **SMALL | {"epochs": 1},
    )
    assert predictor.positive == positive and type(predictor.positive) is type(positive)
    assert predictor.best_evidence.positive == positive
    other = trimtab.train(
        payments(300, labels=labels),
        "y",
        types={"y": "category"} if labels == ("01", "1") else {},
        **SMALL | {"epochs": 1},
    )
    frame = payments(50, labels=labels)
    assert (other.classes == predictor.classes).all()
    assert (other.predict_proba(frame) == predictor.predict_proba(frame)).all()
    assert (other.predict(frame) == predictor.predict(frame)).all()


def test_of_several_classes_one_may_be_positive():
    frame = payments(600)
    frame["y"] = np.where(frame["a"] > 1, "high", np.where(frame["b"] > 0, "mid", "low"))
    none = trimtab.train(frame, "y", **SMALL)
    assert none.positive is None and "f1" not in none.best_evidence.metrics
    one = trimtab.train(frame, "y", positive="high", metric="f1", **SMALL)
    assert one.positive == "high" and "its F1 of 'high' is " in one.best_evidence.sentence()
    assert (one.predict(frame) == none.predict(frame)).all()


# -- thresholds -----------------------------------------------------------------------------------


def test_a_threshold_for_one_prediction(balanced):
    frame = payments(200, seed=2)
    p = balanced.predict_proba(frame)[:, balanced.classes.tolist().index("fraud")]
    for threshold in (0.0, 0.1, 0.5, 0.9, 1.0):
        found = balanced.predict(frame, threshold=threshold)
        assert ((found == "fraud") == (p >= threshold)).all()
        assert (balanced.predict_frame(frame, threshold=threshold)["prediction"] == found).all()
        chunks = balanced.predict_chunks(frame, rows=30, threshold=threshold)
        assert pd.concat(chunks)["prediction"].tolist() == found.tolist()
    scores = balanced.evaluate(frame, threshold=0.9)
    share = (balanced.predict(frame, threshold=0.9) == frame["y"]).mean()
    assert_close(np.array(scores.metrics["accuracy"].value), np.array(share), 1e-12)
    assert scores.threshold == 0.9 and balanced.threshold is None


def test_a_threshold_for_a_cost(costly, tmp_path):
    assert costly.deciding.why == "cost" and costly.deciding.part == "valid"
    assert costly.deciding.costs == (30.0, 1.0)  # of fraud, of ok
    scores = costly.scores["valid"]
    assert scores.quoted == "cost" and scores.threshold == costly.threshold
    assert scores.metrics["cost"].value <= scores.baseline["cost"].value
    new = payments(3000, seed=5)
    chosen = costly.evaluate(new).metrics["cost"].value
    # A miss costs far more than a false alarm: half is far too late.
    assert chosen <= 0.75 * costly.evaluate(new, threshold=0.5).metrics["cost"].value
    again = trimtab.load(costly.save(tmp_path / "m"))
    assert again.deciding == costly.deciding
    assert (again.predict(new) == costly.predict(new)).all()
    assert (
        again.predict(new)
        == np.where(again.predict_proba(new)[:, 0] >= again.threshold, "fraud", "ok")
    ).all()
    assert again.evaluate(new).metrics["cost"].value == chosen


def test_a_threshold_for_balanced_accuracy():
    frame, new = payments(), payments(3000, seed=7)
    plain = trimtab.train(frame, "y", **SMALL)
    chosen = trimtab.train(frame, "y", threshold="balanced", **SMALL)
    assert (chosen.predict_proba(new) == plain.predict_proba(new)).all()
    assert chosen.evaluate(new).quoted == "balanced_accuracy"
    before, after = (
        each.evaluate(new).metrics["balanced_accuracy"].value for each in (plain, chosen)
    )
    assert after >= before + 0.1


def test_a_threshold_as_asked(tmp_path):
    predictor = trimtab.train(payments(400), "y", threshold=0.2, **SMALL)
    assert predictor.deciding == Threshold(0.2)
    assert trimtab.load(predictor.save(tmp_path / "m")).threshold == 0.2
    assert "threshold" not in predictor.caveat


def test_what_was_chosen_on_the_rows_that_are_quoted_is_said(costly, corrected, folded):
    assert costly.caveat.startswith("The best epoch and threshold were picked on these rows")
    assert costly.caveat.endswith("Use --test 0.2 for an unbiased one.")
    assert corrected.caveat == ""  # test rows
    assert folded.caveat.startswith("The threshold was picked on these rows")
    rules = dict(class_rules(costly))
    assert rules["positive"] == "'fraud'"
    assert rules["predicts"] == (
        f"'fraud' from a probability of {costly.threshold:.4g} on, for the lowest cost on the "
        "validation rows"
    )
    assert class_notes(costly)[0] == f"Predicts {rules['predicts']}."
    assert dict(class_rules(folded))["calibrated"] == "isotonic, fitted on 1,600 rows out of fold"


# -- probabilities --------------------------------------------------------------------------------


def test_balanced_weights_raise_probabilities_and_that_is_said(balanced):
    (said,) = [note for note in class_notes(balanced) if note.startswith("Probabilities")]
    assert "Probabilities of 'fraud' are too high: on these rows they average " in said
    assert said.endswith("Train with calibrate='sigmoid' (--calibrate sigmoid) to correct them.")
    assert balanced.evaluate(payments(seed=3)).notes()


def test_the_advice_on_probabilities_fits_what_was_asked():
    frame = payments()
    several = frame.assign(y=np.where(frame["a"] > 1.8, "rare", np.where(frame["b"] > 0, "b", "c")))
    predictor = trimtab.train(several, "y", class_weight="balanced", **SMALL)
    (said,) = [note for note in class_notes(predictor) if note.startswith("Probabilities")]
    assert said.endswith("(--class-weight balanced) does that; without it they are shares.")
    without = trimtab.train(several, "y", **SMALL)
    assert not any("too high" in note for note in class_notes(without))


def test_probabilities_are_corrected_on_request(balanced, corrected, tmp_path):
    new = payments(4000, seed=4)
    fraud = (new["y"] == "fraud").to_numpy()
    before, after = (each.predict_proba(new) for each in (balanced, corrected))
    assert abs(before[:, 0].mean() - fraud.mean()) >= 0.1
    assert abs(after[:, 0].mean() - fraud.mean()) <= 0.02
    assert_close(after.sum(axis=1), np.ones(4000), 1e-12)
    assert corrected.evaluate(new).notes() == []
    # Not the validation rows' own verdict: that would always be good.
    assert corrected.scores["valid"].reliability is None
    assert corrected.scores["test"].reliability is not None
    again = trimtab.load(corrected.save(tmp_path / "m"))
    assert again.recalibration == corrected.recalibration
    assert (again.predict_proba(new) == after).all()
    # Plain numbers in the file.
    document = read_file(tmp_path / "m.trimtab").documents["recalibration"]
    assert json.loads(json.dumps(document))["method"] == "sigmoid"


def test_corrected_probabilities_keep_balanced_predictions_balanced(corrected):
    assert corrected.deciding.why == "balanced"
    new = payments(4000, seed=4)
    assert corrected.evaluate(new).metrics["balanced_accuracy"].value >= 0.7


def test_probabilities_are_not_fitted_on_training_rows(corrected, folded):
    assert (corrected.recalibration.part, corrected.recalibration.rows) == (
        "valid",
        corrected.split["valid"],
    )
    assert (folded.recalibration.part, folded.recalibration.rows) == ("folds", 1600)


def test_each_fold_is_corrected_by_the_others(folded):
    """An isotonic curve on its own rows would have no error at all in the large."""
    reliability = folded.scores["folds"].reliability
    assert reliability is not None
    assert reliability.all_rows.mean != pytest.approx(reliability.all_rows.share.value, abs=1e-6)
    assert folded.scores["folds"].quoted == "f1"


def test_a_committee_and_weights():
    frame = payments(800).assign(w=np.random.default_rng(0).integers(1, 4, 800))
    predictor = trimtab.train(
        frame,
        "y",
        weight="w",
        committee=2,
        calibrate="isotonic",
        cost={"fraud": 9},
        **SMALL | {"epochs": 3},
    )
    assert predictor.recalibration is not None and predictor.deciding is not None
    p = predictor.predict_proba(frame)
    assert ((p > 0) & (p < 1)).all()


def test_several_classes_are_corrected():
    frame = payments(900)
    frame["y"] = np.where(frame["a"] > 1.2, "high", np.where(frame["b"] > 0, "mid", "low"))
    predictor = trimtab.train(frame, "y", calibrate="isotonic", **SMALL)
    assert len(predictor.recalibration.curves) == 3
    p = predictor.predict_proba(frame)
    assert_close(p.sum(axis=1), np.ones(900), 1e-12)


def test_predictions_of_a_row_do_not_depend_on_others(corrected):
    frame = payments(64, seed=8)
    whole = corrected.predict_proba(frame)
    parts = np.concatenate([corrected.predict_proba(frame[i : i + 1]) for i in range(64)])
    assert (whole == parts).all()


def test_a_run_that_is_resumed_ends_with_the_same_rules(tmp_path):
    frame = payments(400)
    options = {"cost": {"fraud": 20}, "calibrate": "sigmoid", "valid": 0.4, **SMALL}

    whole = trimtab.train(frame, "y", **options)
    path = tmp_path / "m.trimtab"
    trimtab.train(frame, "y", out=path, time_limit=1e-3, **options)
    resumed = trimtab.train(frame, "y", out=path, resume=True, time_limit=None)
    assert resumed.unfinished is None
    assert resumed.deciding == whole.deciding and resumed.recalibration == whole.recalibration


# -- refusals -------------------------------------------------------------------------------------

NUMBERS = payments(200).assign(y=lambda f: f["a"])
SEVERAL = payments(200).assign(
    y=lambda f: np.where(f["a"] > 0, "a", np.where(f["b"] > 0, "b", "c"))
)


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (
            NUMBERS,
            {"metric": "auc"},
            "metric 'roc_auc' does not fit: 'y' is predicted as a number. "
            "Use one of 'mae', 'rmse', 'r2'.",
        ),
        (
            NUMBERS,
            {"threshold": 0.3},
            "threshold needs classes, and 'y' is predicted as a number. Leave it out.",
        ),
        (
            NUMBERS,
            {"positive": 1},
            "positive needs classes, and 'y' is predicted as a number. Leave it out.",
        ),
        (
            SEVERAL,
            {"metric": "f1"},
            "metric 'f1' speaks of one class, and 'y' has 3. Name it with "
            "positive='CLASS' (--positive CLASS), or use one of 'accuracy', 'balanced_accuracy', "
            "'log_loss'.",
        ),
        (
            SEVERAL,
            {"metric": "mae"},
            "metric 'mae' does not fit: 'y' has classes. Use one of "
            "'accuracy', 'balanced_accuracy', 'log_loss'.",
        ),
        (
            SEVERAL,
            {"cost": {"a": 2}},
            "cost needs two classes, and 'y' has 3. Leave it out: the "
            "most likely class is predicted. class_weight='balanced' (--class-weight balanced) "
            "favors rare ones.",
        ),
        (
            SEVERAL,
            {"calibrate": "sigmoid", "class_weight": "balanced"},
            "calibrate would undo "
            "class_weight='balanced': with probabilities that are shares, the most likely of the 3 "
            "classes of 'y' is again a frequent one. Leave out one of the two.",
        ),
        (
            payments(200),
            {"positive": "frud"},
            "positive must name a class of 'y' ('fraud', 'ok'), "
            "received 'frud'. Did you mean 'fraud'?",
        ),
        (
            payments(200),
            {"cost": {"frud": 2}},
            "cost must name a class of 'y' ('fraud', 'ok'), received 'frud'. Did you mean 'fraud'?",
        ),
        (
            payments(200),
            {"cost": {"fraud": -2}},
            "cost of 'fraud' must be a number above 0, received -2.",
        ),
        (
            payments(200),
            {"threshold": 30},
            "threshold must be a probability between 0 and 1, or "
            "what to choose it for, 'balanced', 'f1', received 30. Use threshold=0.3 for 30 %.",
        ),
        (
            payments(200),
            {"threshold": 0.3, "cost": {"ok": 2}},
            "a cost chooses the threshold, but threshold=0.3 is set, too. Remove one of the two.",
        ),
        (
            payments(200),
            {"metric": "cost"},
            "the metric 'cost' needs the cost of a class: cost={'CLASS': 50} (--cost CLASS=50).",
        ),
        (
            payments(200),
            {"calibrate": "magic"},
            "calibrate must be one of 'isotonic', 'sigmoid', received 'magic'.",
        ),
    ],
)
def test_refusals(frame, options, message):
    with pytest.raises(InvalidArgument) as refusal:
        trimtab.train(frame, "y", **options, **SMALL)
    assert str(refusal.value) == message


def test_remedies_work():
    for options in (
        {"metric": "f1", "positive": "c"},
        {"metric": "balanced_accuracy"},
        {"class_weight": "balanced"},
    ):
        trimtab.train(SEVERAL, "y", **options, **SMALL | {"epochs": 1})
    whole = payments(200).assign(y=lambda f: np.digitize(f["a"], [-1, 1]))
    with pytest.raises(InvalidArgument, match=r"or use task='multiclass' \(--task multiclass\)"):
        trimtab.train(whole, "y", positive=2, **SMALL)
    predictor = trimtab.train(whole, "y", positive=2, task="multiclass", **SMALL | {"epochs": 1})
    assert predictor.positive == 2


def test_rows_are_needed_to_choose_on():
    frame = payments(300)
    few = frame[(frame["y"] == "ok") | (frame.groupby("y").cumcount() < 3)]
    message = "calibrate needs at least 5 rows of each class among the validation rows; of class "
    with pytest.raises(InvalidData) as refusal:
        trimtab.train(few, "y", calibrate="sigmoid", valid=0.3, **SMALL)
    assert str(refusal.value).startswith(message)
    assert str(refusal.value).endswith(
        "'fraud' there is 1 of 3. There are too few: leave calibrate out."
    )
    enough = frame[(frame["y"] == "ok") | (frame.groupby("y").cumcount() < 12)]
    with pytest.raises(InvalidData, match=r"Hold more rows out \(valid, --valid\), or use fold=5"):
        trimtab.train(enough, "y", calibrate="sigmoid", valid=0.1, **SMALL)
    for remedy in ({"valid": 0.6}, {"fold": 5}):
        trimtab.train(enough, "y", calibrate="sigmoid", **remedy, **SMALL | {"epochs": 1})
    with pytest.raises(InvalidData, match=r"threshold needs at least 1 row of each class"):
        trimtab.train(frame, "y", threshold="balanced", valid=0.02, stratify=False, **SMALL)


def test_a_file_of_other_rules_is_refused(balanced, tmp_path):
    path = tmp_path / "m"
    wrong = dataclasses.replace(balanced)
    wrong.recalibration = Recalibration("sigmoid", "valid", 9, (Curve(),) * 3)
    with pytest.raises(FileFormatError, match="probabilities of other classes are corrected"):
        trimtab.load(wrong.save(path))
    numbers = trimtab.train(NUMBERS, "y", **SMALL | {"epochs": 1})
    numbers.deciding = Threshold(0.5)
    with pytest.raises(FileFormatError, match="the threshold is not for regression"):
        trimtab.load(numbers.save(tmp_path / "n"))


# -- tables to evaluate ---------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["ok", "fraud"])
@pytest.mark.parametrize("rows", [1, 2, 30])
def test_a_table_of_one_class(balanced, label, rows):
    frame = payments(300, seed=9).assign(y=label)[:rows]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        scores = balanced.evaluate(frame)
    assert list(scores.metrics) == ["accuracy", "log_loss"]
    assert scores.quoted == "accuracy" and scores.sentence() and scores.lines()
    told = [str(each.message) for each in said]
    expected = f"All {rows} rows are {label!r}: only accuracy and log loss are known."
    assert (expected in told) == (rows > 1)


# -- advice ---------------------------------------------------------------------------------------


def prepared_notes(frame, **options):
    found = []
    trimtab.train(frame, "y", report=found.append, **SMALL | {"epochs": 1}, **options)
    (event,) = [each for each in found if isinstance(each, events.Prepared)]
    return event.notes


def test_advice_that_is_followed_is_not_given():
    frame = NUMBERS.copy()
    frame.loc[3, "y"] = 1234567.0
    (default,) = prepared_notes(frame)
    assert default.startswith("The target has heavy tails: it reaches 1,234,567, while half")
    assert default.endswith("The loss, the absolute error, weighs all rows alike.")
    assert prepared_notes(frame, loss="mean_absolute_error") == (default,)
    (squared,) = prepared_notes(frame, loss="mse")
    assert squared.endswith("loss='mae' (--loss mae) weighs all alike.")


def test_copies_together_is_no_advice_where_it_is_set():
    frame = payments(200)
    frame = pd.concat([frame, frame[:60]], ignore_index=True)
    for copies, advised in (("apart", True), ("together", False)):
        predictor = trimtab.train(frame, "y", copies=copies, test=0.3, **SMALL | {"epochs": 1})
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            predictor.evaluate(frame, part="test")
        text = " ".join(str(each.message) for each in said)
        assert ("--copies together" in text) == advised


# -- yes and no in several spellings --------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "positive"), [(None, "yes"), ("no", "no"), ("NO", "no"), ("y", "yes"), (True, "yes")]
)
def test_words_for_yes_and_no_name_the_class(told, positive):
    words = np.where(np.arange(300) % 4 == 0, "yes", np.where(np.arange(300) % 3 == 0, "NO ", "no"))
    words[::20] = "Yes"
    frame = payments(300).assign(y=words)
    options = SMALL | {"epochs": 1}
    predictor = trimtab.train(frame, "y", positive=told, **options)
    assert (predictor.classes.tolist(), predictor.positive) == (["no", "yes"], positive)
    costly = trimtab.train(frame, "y", cost={"Y": 5}, **options)
    assert costly.deciding.costs == (1.0, 5.0)
