"""train(): from a table to a predictor, whatever happens on the way."""

import json
import math
import pickle
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trimtab
from tests.support.close import assert_close
from tests.support.refusals import assert_refused
from trimtab.core.container import read as read_contents
from trimtab.errors import FileFormatError, InvalidArgument, InvalidData
from trimtab.predictor import Remarks
from trimtab.predictor.training import defaults, events

SMALL = {"layers": "8 relu", "epochs": 4, "batch_size": 32, "effort": "quick"}


def frame_of(rows=160, seed=0):
    """Numbers, categories and groups, and targets of both kinds that depend on them."""
    generator = np.random.default_rng(seed)
    size = generator.normal(size=rows)
    colour = generator.choice(["red", "green", "blue"], rows)
    price = 1000 + 50 * size + 30 * (colour == "red") + generator.normal(size=rows)
    return pd.DataFrame(
        {
            "size": size,
            "width": generator.normal(size=rows),
            "colour": colour,
            "shop": [f"shop {number % 16}" for number in range(rows)],
            "weight": generator.uniform(0.5, 2.0, rows),
            "price": price,
            "kind": np.where(size > 0.3, "large", "small"),
        }
    )


REGRESSION = frame_of().drop(columns=["kind", "shop", "weight"])
CLASSES = frame_of().drop(columns=["price", "shop", "weight"])


@pytest.fixture(autouse=True)
def _quick_picture(monkeypatch, quick_report):
    """Matplotlib takes longer than these trainings, and so does a report."""
    monkeypatch.setattr(
        "trimtab.predictor.training.curves.draw",
        lambda p, n, title, path: path.write_bytes(b"picture"),
    )


class Listener:
    """Remembers events, and sends Ctrl-C at the first one that ``stop`` is true of."""

    def __init__(self, stop=None):
        self.events = []
        self._stop = stop

    def __call__(self, event):
        self.events.append(event)
        if self._stop is not None and self._stop(event):
            self._stop = None
            signal.raise_signal(signal.SIGINT)

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


def at_epoch(number, part=""):
    """Ctrl-C at the end of this epoch."""
    return lambda event: (
        isinstance(event, events.Epoch) and (event.epoch, event.part) == (number, part)
    )


def networks_of(predictor):
    model = predictor.model
    return list(getattr(model, "members", [model]))


def assert_same_predictor(one, other):
    """Weights, histories, scores and predictions, to the bit."""
    for a, b in zip(networks_of(one), networks_of(other), strict=True):
        for mine, theirs in zip(a.get_weights(), b.get_weights(), strict=True):
            np.testing.assert_array_equal(mine, theirs)
        assert a.runner.step == b.runner.step
        assert a.history.history == b.history.history
        assert a.history.epoch == b.history.epoch
    assert one.history.history == other.history.history
    assert {k: v.record() for k, v in one.scores.items()} == {
        k: v.record() for k, v in other.scores.items()
    }
    assert one.split == other.split
    assert (one.unfinished is None) == (other.unfinished is None)


# -- what it gives --------------------------------------------------------------------------------


def test_a_number(tmp_path, monkeypatch):
    monkeypatch.undo()  # the picture is drawn, and the report is made
    listener = Listener()
    predictor = trimtab.train(
        REGRESSION, "price", out=tmp_path / "price", report=listener, **{**SMALL, "epochs": 30}
    )
    assert predictor.task == "regression" and predictor.unfinished is None
    scores = predictor.scores["valid"]
    assert scores.metrics["mae"].value < 0.5 * scores.baseline["mae"].value
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "price.html", "price.png", "price.toml", "price.trimtab",
    ]  # fmt: skip
    again = trimtab.load(tmp_path / "price.trimtab")
    np.testing.assert_array_equal(again.predict(REGRESSION), predictor.predict(REGRESSION))
    assert_same_predictor(again, predictor)
    kinds = [type(event).__name__ for event in listener.events if not event.passing]
    assert kinds[:5] == ["Read", "Understood", "Divided", "Prepared", "Network"]
    assert kinds[-6:] == ["Ended", *["Saved"] * 4, "Finished"]
    assert {"Epoch"} == set(kinds[5:-6])
    for event in listener.events:
        json.dumps(event.record(), allow_nan=False)
        assert all(isinstance(line, str) and line for line in event.lines())


def test_losses_are_in_the_units_of_the_target():
    """The history's last validation loss is what one computes from predictions."""
    predictor = trimtab.train(
        REGRESSION, "price", loss="mae", metric=["mse"], **{**SMALL, "epochs": 2}
    )
    assert predictor.preprocessor.scale > 10
    history = predictor.history.history
    best = int(np.argmin(history["val_loss"]))
    score = predictor.scores["valid"].metrics
    assert_close(history["val_loss"][best], score["mae"].value, 1e-5)
    assert_close(history["val_mse"][best], score["rmse"].value ** 2, 1e-5)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_classes(task):
    predictor = trimtab.train(CLASSES, "kind", task=task, lr=0.03, **{**SMALL, "epochs": 30})
    assert predictor.task == task
    assert list(predictor.classes) == ["large", "small"]
    accuracy = predictor.scores["valid"].metrics["accuracy"].value
    assert 0.85 < accuracy <= 1
    labels = predictor.predict(CLASSES)
    assert np.mean(labels == CLASSES["kind"].to_numpy()) > 0.85


@pytest.mark.parametrize("committee", [1, 2])
def test_members_that_share_kernels(tmp_path, committee):
    path = tmp_path / "model.trimtab"
    listener = Listener()
    given = {**SMALL, "members": 3, "committee": committee, "out": path, "report": listener}
    predictor = trimtab.train(CLASSES, "kind", **given)
    networks = [predictor.model] if committee == 1 else predictor.model.members
    assert [len(each) for each in networks] == [3] * committee
    network = next(each for each in listener.events if isinstance(each, events.Network))
    assert network.sharing == network.record()["sharing"] == 3
    assert "3 members that share kernels, " in network.facts()[1][1]
    loaded = trimtab.load(path)
    assert loaded.options["members"] == 3
    np.testing.assert_array_equal(loaded.predict_proba(CLASSES), predictor.predict_proba(CLASSES))


def test_a_shipped_table_knows_its_target():
    predictor = trimtab.train("red-wine", layers="8 relu", epochs=1, effort="quick")
    assert predictor.target == "quality"
    assert predictor.provenance["data"] == "red-wine"
    assert predictor.provenance["rows"] == 1599


def test_the_data_frame_that_was_passed_stays_as_it_was():
    frame = REGRESSION.copy()
    trimtab.train(frame, "price", **SMALL)
    pd.testing.assert_frame_equal(frame, REGRESSION)


def test_twenty_rows_are_enough():
    predictor = trimtab.train(REGRESSION.iloc[:20], "price", epochs=3)
    assert np.isfinite(predictor.predict(REGRESSION)).all()


def test_the_same_call_gives_the_same_file_but_for_seconds_and_salts(tmp_path):
    found = []
    for name in ("a", "b"):
        trimtab.train(REGRESSION, "price", out=tmp_path / name, committee=2, **SMALL)
        contents = read_contents(tmp_path / f"{name}.trimtab")
        contents.documents["provenance"].pop("seconds")
        contents.documents.pop("prints")
        contents.tables.pop("prints")
        found.append(contents)
    one, other = found
    assert one.documents == other.documents
    assert one.tables.keys() == other.tables.keys()
    for name, table in one.tables.items():
        for key, array in table.items():
            np.testing.assert_array_equal(array, other.tables[name][key])


def test_threads_are_as_before_afterwards():
    before = trimtab.config.get_threads()
    one = trimtab.train(REGRESSION, "price", threads=1, **SMALL)
    assert trimtab.config.get_threads() == before
    other = trimtab.train(REGRESSION, "price", threads=3, **SMALL)
    assert other.provenance["threads"] == 3
    np.testing.assert_array_equal(one.predict(REGRESSION), other.predict(REGRESSION))


def test_members_of_a_committee_differ_and_the_first_is_the_one_trained_alone():
    alone = trimtab.train(REGRESSION, "price", **SMALL)
    committee = trimtab.train(REGRESSION, "price", committee=3, **SMALL)
    first, second, third = networks_of(committee)
    for mine, theirs in zip(first.get_weights(), alone.model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert not np.array_equal(second.get_weights()[0], third.get_weights()[0])
    assert committee.history.history == alone.history.history


def test_networks_of_the_folds_are_scored_out_of_fold_and_predict_together():
    listener = Listener()
    predictor = trimtab.train(REGRESSION, "price", fold=4, test=0.25, report=listener, **SMALL)
    assert list(predictor.scores) == ["test", "folds"]
    assert predictor.scores["folds"].rows == 120 and predictor.scores["test"].rows == 40
    assert predictor.scores["folds"].part == "4-fold"
    assert predictor.best_evidence is predictor.scores["folds"]
    assert len(networks_of(predictor)) == 4
    assert [fold["rows"] for fold in predictor.split["folds"]] == [30] * 4
    histories = [fold["history"]["val_loss"] for fold in predictor.split["folds"]]
    assert_close(predictor.history.history["val_loss"], np.mean(histories, axis=0), 1e-12)
    assert predictor.split["train"] == 120
    (ended,) = listener.of(events.Ended)
    assert ended.part == "4 networks" and len(ended.epochs) == 4
    assert [event.epoch for event in listener.of(events.Epoch)] == [1, 2, 3, 4]
    finished = listener.of(events.Finished)[0]
    assert "4-fold cross-validation" in finished.sentence
    assert "for one network, about" in finished.sentence
    assert any("test rows" in note for note in finished.notes)


def test_by_time_a_network_on_all_rows_predicts():
    """The latest rows are most like those to come; what scored them did not train on them."""
    frame = frame_of(160).assign(day=pd.date_range("2024-01-01", periods=160))
    listener = Listener()
    predictor = trimtab.train(
        frame.drop(columns=["kind", "shop"]), "price", fold=3, time="day", report=listener, **SMALL
    )
    assert len(networks_of(predictor)) == 1
    assert list(predictor.history.history) == ["loss"]
    best = [fold["best_epoch"] for fold in predictor.split["folds"]]
    assert len(predictor.history.epoch) == round(float(np.median(best)))
    assert [event.part for event in listener.of(events.Ended)] == [
        *(f"fold {number} of 3" for number in (1, 2, 3)),
        "final network",
    ]
    assert any("refit on all rows" in note for note in listener.of(events.Finished)[0].notes)
    assert predictor.scores["folds"].averaged is None


def test_out_of_fold_each_row_is_predicted_by_a_network_that_did_not_see_it():
    """A table whose target is noise: in the fold it could be learned by heart, out of it not."""
    generator = np.random.default_rng(0)
    noise = pd.DataFrame(generator.normal(size=(60, 6)), columns=list("abcdef"))
    predictor = trimtab.train(
        noise, "f", fold=3, layers="256 relu", epochs=40, lr=0.01, batch_size=16
    )
    scores = predictor.scores["folds"]
    assert scores.metrics["mae"].value >= 0.9 * scores.baseline["mae"].value


# -- parts and weights ----------------------------------------------------------------------------


def test_validation_and_test_rows_from_files(tmp_path):
    valid, test = frame_of(60, seed=1), frame_of(50, seed=2)
    valid.to_csv(tmp_path / "valid.csv", index=False)
    test[test.columns[::-1]].to_csv(tmp_path / "test.csv", index=False)
    predictor = trimtab.train(
        frame_of(),
        "price",
        valid=str(tmp_path / "valid.csv"),
        test=str(tmp_path / "test.csv"),
        drop=["kind", "shop", "weight"],
        **SMALL,
    )
    assert (predictor.split["train"], predictor.split["valid"], predictor.split["test"]) == (
        160, 60, 50,
    )  # fmt: skip
    assert predictor.split["plan"] is None
    assert "valid.csv" in predictor.split["how"] and "test.csv" in predictor.split["how"]
    for part, frame in (("valid", valid), ("test", test)):
        error = np.abs(predictor.predict(frame[["size", "width", "colour"]]) - frame["price"])
        assert_close(predictor.scores[part].metrics["mae"].value, error.mean(), 1e-6)


def test_a_file_of_validation_rows_that_lacks_a_column_is_refused(tmp_path):
    frame_of(30).drop(columns=["colour", "width"]).to_csv(tmp_path / "valid.csv", index=False)
    with pytest.raises(InvalidData, match=r"valid\.csv lacks 2 columns.*width.*colour"):
        trimtab.train(REGRESSION, "price", valid=str(tmp_path / "valid.csv"), **SMALL)


def test_a_group_in_two_files_is_refused(tmp_path):
    frame = frame_of(60)
    frame["owner"] = [f"owner {row % 12}" for row in range(len(frame))]
    other = frame_of(30, seed=5)
    other["owner"] = [f"owner {10 + row % 12}" for row in range(len(other))]
    other.to_csv(tmp_path / "valid.csv", index=False)
    options = {**SMALL, "valid": str(tmp_path / "valid.csv")}
    words = r"each group of 'owner' .* valid.csv shares 2 with the data frame, such as 'owner 10'\."
    with pytest.raises(InvalidData, match=words):
        trimtab.train(frame, "price", group="owner", **options)
    other[~other["owner"].isin(set(frame["owner"]))].to_csv(tmp_path / "valid.csv", index=False)
    assert trimtab.train(frame, "price", group="owner", **options).scores["valid"].rows == 24


def test_a_bad_cell_of_a_file_of_test_rows_is_found_in_that_file(tmp_path):
    frame = frame_of(30).drop(columns=["kind", "shop", "weight"]).astype(object)
    frame["size"] = "huge"
    frame.to_csv(tmp_path / "test.csv", index=False)
    with pytest.raises(InvalidData, match=r"test\.csv, line 2, column 'size': 'huge'"):
        trimtab.train(REGRESSION, "price", test=str(tmp_path / "test.csv"), **SMALL)


def test_no_group_is_on_both_sides_and_errors_are_of_groups():
    frame = frame_of().drop(columns=["kind", "weight"])
    predictor = trimtab.train(frame, "price", group="shop", **SMALL)
    assert predictor.schema.role("group") == ("shop",)
    assert predictor.scores["valid"].groups == 4
    assert predictor.calibration.groups is not None


def test_rows_weigh_what_their_column_says():
    """A weight of 0 is no row: whatever stands there."""
    frame = frame_of().drop(columns=["kind", "shop"])
    frame["weight"] = np.where(np.arange(len(frame)) % 2, 1.0, 0.0)
    spoilt = frame.copy()
    spoilt.loc[spoilt["weight"] == 0, "price"] = 1000.0
    options = {**SMALL, "target_scaling": False, "weight": "weight"}
    one, other = (trimtab.train(each, "price", **options) for each in (frame, spoilt))
    np.testing.assert_array_equal(one.predict(frame), other.predict(frame))
    assert one.scores["valid"].metrics == other.scores["valid"].metrics
    plain = trimtab.train(frame.drop(columns="weight"), "price", **SMALL)
    assert one.scores["valid"].metrics["mae"] != plain.scores["valid"].metrics["mae"]


def test_balanced_classes_find_the_rare_one():
    generator = np.random.default_rng(0)
    x = generator.normal(size=600)
    kind = np.where(x + generator.normal(size=600) > 2.2, "rare", "usual")
    frame = pd.DataFrame({"x": x, "kind": kind})
    options = {"layers": "8 relu", "epochs": 20, "lr": 0.002, "effort": "quick"}
    plain = trimtab.train(frame, "kind", **options)
    balanced = trimtab.train(frame, "kind", class_weight="balanced", **options)
    found = [(each.predict(frame) == "rare").mean() for each in (plain, balanced)]
    assert found[0] < 0.08 < 0.12 < found[1]


# -- interrupted and resumed ----------------------------------------------------------------------

RUNS = {
    "one network": ({}, at_epoch(2)),
    "the last epoch but one": ({}, at_epoch(5)),
    "classes": ({"target": "kind"}, at_epoch(1)),
    "first member": ({"committee": 2}, at_epoch(3, "network 1 of 2")),
    "second member": ({"committee": 2}, at_epoch(1, "network 2 of 2")),
    "by default": ({"effort": "default"}, at_epoch(2, f"{defaults.folds(160)} networks")),
    "folds": ({"fold": 3}, at_epoch(2, "3 networks")),
    "folds, one thread": ({"fold": 3, "threads": 1, "test": 0.2}, at_epoch(4, "3 networks")),
    "folds of classes": ({"fold": 3, "target": "kind"}, at_epoch(1, "3 networks")),
    "folds, committee": ({"fold": 2, "committee": 2, "patience": 99}, at_epoch(1, "4 networks")),
    "first fold by time": ({"fold": 2, "time": "size"}, at_epoch(2, "fold 1 of 2")),
    "second fold by time": ({"fold": 2, "time": "size"}, at_epoch(2, "fold 2 of 2")),
    "last network": ({"fold": 2, "time": "size"}, at_epoch(1, "final network")),
    **{
        f"{name}, average of weights {memory}": ({**options, "average_weights": memory}, stop)
        for memory in (0.0, 0.7)
        for name, options, stop in (
            ("one network", {}, at_epoch(3)),
            ("folds", {"fold": 3}, at_epoch(2, "3 networks")),
            ("last network", {"fold": 2, "time": "size"}, at_epoch(2, "final network")),
        )
    },
}


@pytest.mark.parametrize("name", RUNS)
def test_interrupted_and_resumed_is_as_never_interrupted(name, tmp_path):
    options, stop = RUNS[name]
    given = {"layers": "8 bn relu dropout:0.2", "epochs": 6, "batch_size": 16, "effort": "quick"}
    options = {**given, **options}
    target = options.pop("target", "price")
    data = CLASSES if target == "kind" else REGRESSION
    whole = trimtab.train(data, target, **options)
    out = tmp_path / "model.trimtab"
    listener = Listener(stop)
    left = trimtab.train(data, target, out=out, report=listener, **options)
    assert left.unfinished.reason == "interrupted"
    ended = listener.of(events.Ended)[-1]
    assert ended.reason == "interrupted"
    assert any("resume" in note for note in listener.of(events.Finished)[0].notes)
    zeros = np.zeros((3, left.preprocessor.width), np.float32)
    assert np.isfinite(trimtab.load(out).outputs_of_inputs(zeros)).all()
    listener = Listener()
    rest = trimtab.train(data, target, out=out, resume=True, report=listener)
    assert len(listener.of(events.Resumed)) == 1
    assert_same_predictor(rest, whole)
    assert_same_predictor(trimtab.load(out), whole)
    np.testing.assert_array_equal(rest.predict(data), whole.predict(data))


def test_interrupted_in_the_middle_of_an_epoch_and_resumed_twice(tmp_path, monkeypatch):
    monkeypatch.setattr("trimtab.predictor.training.watch.STEP_PERIOD", 0.0)
    data = frame_of(4000).drop(columns=["kind", "shop", "weight"])
    options = {"layers": "512 relu dropout:0.1, 512 relu", "epochs": 2, "batch_size": 8, "fold": 0}
    whole = trimtab.train(data, "price", **options)
    out = tmp_path / "model.trimtab"
    middle = lambda event: isinstance(event, events.Step) and event.step < event.steps  # noqa: E731
    listener = Listener(middle)
    trimtab.train(data, "price", out=out, report=listener, **options)
    assert listener.of(events.Ended)[-1].whole == 0
    again = Listener(middle)
    trimtab.train(data, "price", out=out, resume=True, report=again)
    resumed = again.of(events.Resumed)[0]
    assert (resumed.epoch, resumed.batch > 1) == (1, True)
    rest = trimtab.train(data, "price", out=out, resume=True)
    assert_same_predictor(rest, whole)


def test_what_is_interrupted_keeps_its_best_epoch(tmp_path):
    options = {"layers": "8 relu", "epochs": 50, "batch_size": 16, "lr": 0.3, "effort": "quick"}
    listener = Listener(at_epoch(9))
    left = trimtab.train(REGRESSION, "price", out=tmp_path / "m", report=listener, **options)
    losses = [event.losses["val_loss"] for event in listener.of(events.Epoch)]
    assert len(losses) == 9
    assert listener.of(events.Ended)[0].best_epoch == int(np.argmin(losses)) + 1
    error = left.scores["valid"].metrics["rmse" if left.options["loss"] == "mse" else "mae"].value
    least = min(losses)
    assert_close(error, math.sqrt(least) if left.options["loss"] == "mse" else least, 1e-5)


def test_the_time_limit_ends_it_and_it_can_go_on(tmp_path):
    out = tmp_path / "model.trimtab"
    options = {"layers": "8 relu", "batch_size": 16, "patience": 100_000, "epochs": 100_000}
    options["effort"] = "quick"
    listener = Listener()
    left = trimtab.train(REGRESSION, "price", out=out, time_limit=0.3, report=listener, **options)
    assert left.unfinished.reason == "time"
    assert "time limit" in listener.of(events.Ended)[0].sentence
    before = len(left.history.epoch)
    on = trimtab.train(REGRESSION, "price", out=out, time_limit=0.2, resume=True)
    assert len(on.history.epoch) > before
    assert on.history.history["loss"][:before] == left.history.history["loss"]


def test_each_member_of_a_committee_has_its_share_of_the_time(tmp_path):
    options = {"layers": "8 relu", "batch_size": 16, "patience": 100_000, "epochs": 100_000}
    out = tmp_path / "model.trimtab"
    left = trimtab.train(REGRESSION, "price", out=out, committee=3, time_limit=0.6, **options)
    epochs = [len(network.history.epoch) for network in networks_of(left)]
    assert len(epochs) == 3 and min(epochs) > 0
    on = trimtab.train(REGRESSION, "price", out=out, resume=True)
    for before, network in zip(epochs, networks_of(on), strict=True):
        assert len(network.history.epoch) > before


def test_a_run_goes_on_for_more_epochs_than_it_was_begun_with(tmp_path):
    out = tmp_path / "model.trimtab"
    options = {**SMALL, "patience": 100}
    trimtab.train(REGRESSION, "price", out=out, report=Listener(at_epoch(2)), **options)
    rest = trimtab.train(REGRESSION, "price", out=out, resume=True, epochs=9)
    assert len(rest.history.epoch) == 9
    assert rest.options["epochs"] == 9


def test_a_state_saved_on_the_way_is_enough_to_go_on(tmp_path, monkeypatch):
    """What a power cut leaves."""
    monkeypatch.setattr("trimtab.predictor.training.watch.STATE_PERIOD", 0.0)
    out = tmp_path / "model.trimtab"
    kept = []

    def keep(event):
        if isinstance(event, events.Saved) and event.what == "state":
            kept.append(shutil.copy(out, tmp_path / f"copy{len(kept)}.trimtab"))

    whole = trimtab.train(REGRESSION, "price", out=out, committee=2, report=keep, **SMALL)
    assert len(kept) >= 6  # a slow machine has states inside epochs, too
    monkeypatch.setattr("trimtab.predictor.training.watch.STATE_PERIOD", 60.0)
    for path in kept:
        meanwhile = trimtab.load(path)
        assert meanwhile.unfinished.reason == "running"
        assert np.isfinite(meanwhile.predict(REGRESSION)).all()
        rest = trimtab.train(REGRESSION, "price", out=path, resume=True)
        assert_same_predictor(rest, whole)


KILLED = """
import os, signal, sys
import trimtab
from trimtab.predictor.training import events, watch

watch.STATE_PERIOD, watch.STEP_PERIOD = 0.02, 0.0
saved = False


def report(event):
    global saved
    if isinstance(event, events.Epoch):
        os._exit(1)  # too late
    saved = saved or isinstance(event, events.Saved)
    if saved and isinstance(event, events.Step):
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    options = dict(layers=sys.argv[2], epochs=2, batch_size=1, effort="quick")
    trimtab.train("red-wine", out=sys.argv[1], report=report, **options)
"""


def test_a_run_that_is_killed_in_its_first_epoch_goes_on_from_inside_it(tmp_path):
    layers = "256 relu dropout:0.1, 256 relu"
    out = tmp_path / "model.trimtab"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(out), layers], timeout=120)
    assert killed.returncode == -signal.SIGKILL
    meanwhile = trimtab.load(out)
    assert meanwhile.unfinished.reason == "running" and meanwhile.history.epoch == []
    listener = Listener()
    rest = trimtab.train("red-wine", out=out, resume=True, report=listener)
    (resumed,) = listener.of(events.Resumed)
    assert resumed.epoch == 1 and 1 < resumed.batch <= 1205
    whole = trimtab.train("red-wine", layers=layers, epochs=2, batch_size=1, effort="quick")
    assert_same_predictor(rest, whole)


@pytest.fixture
def left(tmp_path):
    """The file of an interrupted run."""
    out = tmp_path / "model.trimtab"
    trimtab.train(REGRESSION, "price", out=out, report=Listener(at_epoch(2)), **SMALL)
    return out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": "9 relu"}, r"layers is '8 relu' in the run to resume, received '9 relu'"),
        ({"seed": 1}, r"seed is 0 in the run to resume, received 1\. Leave seed out"),
        ({"epochs": 3}, r"epochs can only be raised when a run is resumed: it has 4, received 3"),
        ({"target": "size"}, r"target is 'price' in the run to resume, received 'size'"),
    ],
)
def test_other_options_are_refused_by_name(left, options, message):
    before = left.read_bytes()
    with pytest.raises(InvalidArgument, match=message):
        trimtab.train(REGRESSION, out=left, resume=True, **options)
    assert left.read_bytes() == before


def test_options_that_are_the_same_may_be_given_again(left):
    trimtab.train(REGRESSION, "price", out=left, resume=True, **SMALL)


@pytest.mark.parametrize(
    "data",
    [
        REGRESSION.assign(size=REGRESSION["size"].round(3)),
        REGRESSION.iloc[1:],
        REGRESSION.iloc[::-1],
    ],
    ids=["a column", "a row less", "another order"],
)
def test_other_data_is_refused(left, data):
    with pytest.raises(InvalidArgument, match=r"is not the table that the run in .* started with"):
        trimtab.train(data, out=left, resume=True)


def test_only_what_is_unfinished_is_resumed(tmp_path, left):
    trimtab.train(REGRESSION, out=left, resume=True)
    with pytest.raises(InvalidArgument, match="is finished: there is nothing to resume"):
        trimtab.train(REGRESSION, out=left, resume=True)
    with pytest.raises(InvalidArgument, match=r"there is no run to resume: .*nowhere"):
        trimtab.train(REGRESSION, out=tmp_path / "nowhere", resume=True)
    with pytest.raises(InvalidArgument, match="resume needs the file of the run"):
        trimtab.train(REGRESSION, "price", resume=True)


@pytest.mark.parametrize("part", ["run", "0/stopping", "0/network", "0/training", "0/history"])
def test_a_state_that_is_nonsense_is_refused_in_one_message(left, part):
    from trimtab.model.contents import write

    contents = read_contents(left)
    contents.documents[f"run/{part}"] = {"history": {"loss": 3}, "epoch": "x", "networks": 1}
    write(left, contents)
    with pytest.raises(FileFormatError):
        trimtab.train(REGRESSION, out=left, resume=True)


# -- what must not happen -------------------------------------------------------------------------


def test_a_run_that_never_learned_is_refused_and_leaves_nothing(tmp_path):
    with pytest.raises(InvalidArgument, match=r"training diverged in epoch 1.*lower the learning"):
        trimtab.train(REGRESSION, "price", out=tmp_path / "m", lr=1e30, loss="mse", **SMALL)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stage", [events.Read, events.Divided, events.Prepared, events.Network])
def test_ctrl_c_before_training_leaves_nothing(tmp_path, stage):
    with pytest.raises(KeyboardInterrupt):
        trimtab.train(
            REGRESSION,
            "price",
            out=tmp_path / "m",
            report=Listener(lambda event: isinstance(event, stage)),
            **SMALL,
        )
    assert list(tmp_path.iterdir()) == []


def test_a_second_ctrl_c_while_saving_leaves_no_half_file(tmp_path, monkeypatch):
    import os

    trimtab.train(REGRESSION, "price", out=tmp_path / "m", **SMALL)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(os, "replace", lambda *paths: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        trimtab.train(
            REGRESSION, "price", out=tmp_path / "m", report=Listener(at_epoch(2)), **SMALL
        )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_full_disk_is_one_message_and_states_on_the_way_are_left_out(tmp_path, monkeypatch):
    import os

    def full(*paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("trimtab.predictor.training.watch.STATE_PERIOD", 0.0)
    monkeypatch.setattr(os, "replace", full)
    listener = Listener()
    with pytest.raises(InvalidArgument, match=r"cannot write .*m\.trimtab: No space left"):
        trimtab.train(REGRESSION, "price", out=tmp_path / "m", report=listener, **SMALL)
    assert len(listener.of(events.Epoch)) == 4
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_cannot_be_written_is_a_note(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("trimtab.predictor.training.curves.draw", full)
    listener = Listener()
    trimtab.train(REGRESSION, "price", out=tmp_path / "m", report=listener, **SMALL)
    assert trimtab.load(tmp_path / "m.trimtab").unfinished is None
    notes = listener.of(events.Finished)[0].notes
    assert "The files beside the model could not be written: No space left on device." in notes


def test_ctrl_c_after_training_does_not_lose_it(tmp_path):
    listener = Listener(lambda event: isinstance(event, events.Ended))
    predictor = trimtab.train(REGRESSION, "price", out=tmp_path / "m", report=listener, **SMALL)
    assert predictor.unfinished is None
    assert trimtab.load(tmp_path / "m.trimtab").unfinished is None


def test_a_model_of_something_else_is_not_replaced(tmp_path):
    out = tmp_path / "m.trimtab"
    trimtab.train(REGRESSION, "price", out=out, **SMALL)
    trimtab.train(REGRESSION, "price", out=out, **SMALL)  # the same again
    with pytest.raises(InvalidArgument, match=r"m\.trimtab already exists and holds a model of"):
        trimtab.train(REGRESSION, "size", out=out, **SMALL)
    with pytest.raises(InvalidArgument, match="already exists"):  # another data frame
        trimtab.train(REGRESSION.drop(columns="width"), "price", out=out, **SMALL)
    trimtab.train(REGRESSION, "size", out=out, overwrite=True, **SMALL)
    out.write_text("my notes")
    with pytest.raises(InvalidArgument, match="is not a model that train wrote"):
        trimtab.train(REGRESSION, "price", out=out, **SMALL)
    assert out.read_text() == "my notes"


def test_a_model_of_a_file_is_replaced_by_one_of_the_file_as_it_is_now(tmp_path):
    table, out = tmp_path / "table.csv", tmp_path / "m.trimtab"
    for frame in (REGRESSION, REGRESSION.drop(columns="width")):
        frame.to_csv(table, index=False)
        predictor = trimtab.train(table, "price", out=out, **SMALL)
        assert len(predictor.schema.features) == len(frame.columns) - 1
    assert trimtab.load(out).schema == predictor.schema


def test_a_place_that_cannot_be_written_is_found_before_reading(tmp_path):
    (tmp_path / "folder.trimtab").mkdir()
    for out, message in (
        (tmp_path / "no" / "m", "there is no folder .*no"),
        (tmp_path / "folder.trimtab", "it is a folder"),
        (tmp_path / "model.keras", "Keras"),
    ):
        with pytest.raises(InvalidArgument, match=message):
            trimtab.train("not-there.csv", "price", out=out)


def test_options_that_somebody_wrote_are_left_alone(tmp_path):
    mine = tmp_path / "m.toml"
    mine.write_text("epochs = 4\n")
    listener = Listener()
    trimtab.train(REGRESSION, "price", out=tmp_path / "m", report=listener, **SMALL)
    assert mine.read_text() == "epochs = 4\n"
    assert any("m.toml" in note for note in listener.of(events.Finished)[0].notes)
    mine.unlink()
    trimtab.train(REGRESSION, "price", out=tmp_path / "m", **SMALL)
    first = mine.read_text()
    trimtab.train(REGRESSION, "price", out=tmp_path / "m", **{**SMALL, "epochs": 3})
    assert mine.read_text() != first
    from trimtab.predictor.training.options import read_toml

    again = trimtab.train(REGRESSION, **read_toml(mine))
    assert_same_predictor(again, trimtab.load(tmp_path / "m.trimtab"))


def test_refusals():
    assert_refused(
        InvalidArgument,
        "train needs the column to predict: target='COLUMN' (--target COLUMN). "
        f"the data frame has {', '.join(map(repr, REGRESSION))}. Or pass the values themselves: "
        "train(X, y).",
        lambda: trimtab.train(REGRESSION),
    )
    with pytest.raises(InvalidArgument, match="has no argument 'epoch'"):
        trimtab.train(REGRESSION, "price", epoch=3)
    with pytest.raises(InvalidData, match="prize"):
        trimtab.train(REGRESSION, "prize", **SMALL)


def test_what_preparing_left_out_and_found_is_said():
    frame = REGRESSION.assign(flat=np.where(np.arange(160) == 159, 2.0, 1.0), day=range(160))
    frame.loc[3, "price"] = 1e7
    listener = Listener()
    trimtab.train(frame, "price", time="day", report=listener, **SMALL)
    (prepared,) = listener.of(events.Prepared)
    assert any("Column 'flat' is left out: all training rows" in line for line in prepared.lines())
    assert any("The target has heavy tails" in line for line in prepared.lines())
    assert prepared.record()["notes"] == list(prepared.notes)


def test_what_rows_held_out_have_alone_is_said():
    columns = {f"kind {number}": ["a", "b"] * 60 + ["late"] * 40 for number in range(7)}
    frame = REGRESSION.assign(day=range(160), **columns)
    listener = Listener()
    options = {"types": dict.fromkeys(columns, "category"), "time": "day", **SMALL}
    trimtab.train(frame, "price", report=listener, **options)
    (prepared,) = listener.of(events.Prepared)
    said = [note for note in prepared.notes if "that is not in the training rows" in note]
    assert len(said) == 5 and "cells of validation rows have a category" in said[0]
    assert prepared.notes[-1] == "The same holds for 2 more columns."


# -- tables of others -----------------------------------------------------------------------------

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.parametrize("name", ["breast_cancer", "wine", "iris"])
def test_classes_of_tables_that_scikit_learn_ships(name):
    from sklearn import datasets

    frame = getattr(datasets, f"load_{name}")(as_frame=True).frame
    predictor = trimtab.train(
        frame, "target", task="multiclass", epochs=30, layers="32 relu", lr=0.02, effort="quick"
    )
    scores = predictor.scores["valid"]
    assert scores.metrics["accuracy"].value > 0.85
    assert scores.gain.value > 2 * scores.gain.error
    assert predictor.predict(frame).dtype.kind == "i"


def test_concrete_on_raw_inputs():
    predictor = trimtab.train(
        "concrete", raw=True, epochs=15, layers="bn 64 relu, 64 relu", effort="quick"
    )
    assert predictor.target == "CompressiveStrength"
    scores = predictor.scores["valid"]
    assert scores.metrics["mae"].value < 0.8 * scores.baseline["mae"].value


@pytest.mark.skipif(not (DATA / "spotify.csv").is_file(), reason="no spotify.csv")
def test_spotify_by_artist():
    path = DATA / "spotify.csv"
    columns = pd.read_csv(path, nrows=5).select_dtypes("number").columns.drop("track_popularity")
    everything = pd.read_csv(path, nrows=5).columns
    keep = {*columns, "track_popularity", "track_artist"}
    predictor = trimtab.train(
        path,
        "track_popularity",
        group="track_artist",
        drop=[name for name in everything if name not in keep],
        layers="32 relu",
        epochs=3,
        effort="quick",
    )
    scores = predictor.scores["valid"]
    assert scores.groups is not None and 1000 < scores.groups < scores.rows
    assert scores.metrics["mae"].value < scores.baseline["mae"].value


def test_a_run_on_the_other_engine_is_left_and_gone_on_with(tmp_path):
    pytest.importorskip("jax", reason="JAX is not installed")
    options = {**SMALL, "engine": "jax"}
    whole = trimtab.train(REGRESSION, "price", **options)
    assert whole.provenance["engine"] == "jax" and "jax" in whole.provenance["versions"]
    out = tmp_path / "m.trimtab"
    left = trimtab.train(REGRESSION, "price", out=out, report=Listener(at_epoch(2)), **options)
    assert left.unfinished.reason == "interrupted"
    rest = trimtab.train(REGRESSION, "price", out=out, resume=True)
    # Steps may be compiled in other groups, which add up in another order.
    assert_close(rest.predict(REGRESSION), whole.predict(REGRESSION), 1e-5)
    for key, values in whole.history.history.items():
        assert_close(rest.history.history[key], values, 1e-5)


@pytest.mark.parametrize("stop", [None, at_epoch(2)], ids=["finished", "interrupted"])
def test_what_comes_of_it_travels_and_does_not_hold_the_rows(stop):
    data = frame_of(20_000).drop(columns=["kind", "shop", "weight"])
    options = {"layers": "4 relu", "epochs": 3, "batch_size": 1024}
    predictor = trimtab.train(data, "price", report=Listener(stop), **options)
    kept = pickle.dumps(predictor)
    # Row prints and errors for intervals are numbers a row, of validation rows and some others.
    assert len(kept) < 250_000 < 20_000 * 5 * 4
    again = pickle.loads(kept)
    np.testing.assert_array_equal(again.predict(data), predictor.predict(data))
    assert again.history.history == predictor.history.history


# -- what may make scores too good ----------------------------------------------------------------


def shops(rows=240):
    """Prices by shop, with a column that tells them and one that numbers the rows."""
    generator = np.random.default_rng(0)
    size = generator.normal(size=rows)
    price = 3 * size + generator.normal(size=rows)
    return pd.DataFrame(
        {
            "size": size,
            "shop": [f"s{row // 4}" for row in range(rows)],
            "in_euros": 0.9 * price + 2,
            "visit": generator.permutation(rows) * 3 + 10,
            "visit_nr": generator.permutation(rows) * 7 + 1,
            "price": price,
        }
    )


def suspected(data, **options):
    said = []
    trimtab.train(data, "price", epochs=1, layers="4 relu", report=said.append, **options)
    names = [event.name for event in said]
    found = [event for event in said if event.name == "suspected"]
    assert len(found) <= 1
    if found:
        assert names[names.index("suspected") - 1] == "understood"
    return [(each.what, each.columns[0]) for event in found for each in event.suspicions], [
        line for event in found for line in event.lines()
    ]


def test_what_makes_scores_too_good_is_said():
    found, lines = suspected(shops())
    assert found == [("leak", "in_euros"), ("groups", "shop"), ("identifier", "visit_nr")]
    assert lines == [
        "suspicion: in_euros is price on another scale (correlation 1.000000): --drop "
        "in_euros if it is not known beforehand.",
        "shop repeats, 60 values in 240 rows: --group shop keeps rows that belong together on one "
        "side.",
        (
            "visit_nr holds a different whole number in each row: --drop visit_nr if it only "
            "identifies rows."
        ),
    ]


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({"group": "shop"}, ["leak", "identifier"]),
        ({"time": "visit"}, ["leak", "identifier"]),
        ({"drop": ("in_euros",)}, ["groups", "identifier"]),
        ({"id": ("visit_nr",)}, ["leak", "groups"]),
        ({"types": {"visit_nr": "numeric"}}, ["leak", "groups"]),
        ({"types": {"in_euros": "numeric"}}, ["leak", "groups", "identifier"]),
        ({"group": "shop", "drop": ("in_euros", "visit_nr")}, []),
    ],
)
def test_what_was_answered_is_not_asked(options, left):
    assert [what for what, _ in suspected(shops(), **options)[0]] == left


def test_rows_that_a_file_divides_are_not_asked_about(tmp_path):
    shops(40).to_csv(tmp_path / "valid.csv", index=False)
    valid = str(tmp_path / "valid.csv")
    assert "groups" not in [what for what, _ in suspected(shops(), valid=valid)[0]]
    assert "groups" in [what for what, _ in suspected(shops(), valid=valid, test=0.2)[0]]


def test_copies_are_on_one_side_and_evaluate_finds_none_across():
    remarks = Remarks()
    predictor = trimtab.train("red-wine", epochs=2, layers="8 relu", effort="quick")
    scores = predictor.evaluate("red-wine", part="valid", remarks=remarks)
    assert scores.rows == predictor.split["valid"] == 394
    assert remarks.sentences() == []
    apart = trimtab.train("red-wine", epochs=2, layers="8 relu", copies="apart", effort="quick")
    apart.evaluate("red-wine", part="valid", remarks=remarks)
    assert remarks.sentences() == [
        "84 of 400 rows are copies of rows that the model was trained on; --copies together keeps "
        "copies on one side."
    ]
