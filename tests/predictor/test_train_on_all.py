"""Training on all rows: no validation, no scores; and further training of a network."""

from __future__ import annotations

import json

import numpy as np
import pytest

import trimtab
from tests.support.close import assert_same_bits
from tests.support.commands import Command
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.predictor.training import events
from trimtab.predictor.training.job import Job
from trimtab.predictor.training.options import TrainOptions
from trimtab.predictor.training.start import Start
from trimtab.predictor.training.train import run_stages

QUICK = {"layers": "8 relu", "batch_size": 8}


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3))
    return x, x[:, 0] - 2 * x[:, 1]


def test_all_rows_train_for_all_epochs(rows):
    seen = []
    predictor = trimtab.train(*rows, valid=0, epochs=7, report=seen.append, **QUICK)
    assert list(predictor.history.history) == ["loss"]
    assert predictor.history.epoch == list(range(7))
    assert predictor.scores == {} and predictor.best_evidence is None
    assert [each.train for each in seen if isinstance(each, events.Divided)] == [40]
    finished = seen[-1]
    assert finished.scores is None and finished.record()["scores"] is None
    assert finished.sentence == (
        "All rows were trained on: no scores, and no intervals. Use valid=0.2 (--valid 0.2) for "
        "both."
    )


def test_what_needs_rows_held_out_says_so(rows):
    predictor = trimtab.train(*rows, valid=0, epochs=1, **QUICK)
    with pytest.raises(InvalidArgument, match="intervals need errors on rows that the model was"):
        predictor.predict_interval(rows[0])
    x, y = rows
    with pytest.raises(InvalidArgument, match="calibrate needs rows that the network is not"):
        trimtab.train(x, y > 0, valid=0, epochs=1, calibrate="sigmoid", **QUICK)


def test_a_test_part_still_scores(rows):
    predictor = trimtab.train(*rows, valid=0, test=0.25, epochs=2, **QUICK)
    assert list(predictor.scores) == ["test"]
    assert predictor.split["train"] == 30 and predictor.split["valid"] == 0


def test_two_rows_are_enough_where_none_are_held_out(rows):
    x, y = rows
    assert np.isfinite(trimtab.train(x[:2], y[:2], valid=0, epochs=1, **QUICK).predict(x)).all()
    with pytest.raises(InvalidData, match="training needs at least 20 rows with a target"):
        trimtab.train(x[:19], y[:19], valid=0.2, epochs=1, **QUICK)


def test_the_command_and_its_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = Command(tmp_path, monkeypatch, capsys)
    quick = ("--epochs", "1", "--layers", "8 relu", "--out", "wine.trimtab")
    done = command.does("train", "red-wine", "--valid", "0", "--json", *quick)
    assert json.loads(done.out.splitlines()[-1])["scores"] is None
    assert trimtab.load("wine.trimtab").scores == {}
    assert "training    1 epoch\n\nversions" in command.does("show", "wine.trimtab").out


def test_a_run_that_is_resumed_ends_with_the_same_bits(rows, tmp_path):
    options = {"valid": 0, "epochs": 20, "out": tmp_path / "all.trimtab", **QUICK}
    begun = trimtab.train(*rows, time_limit=1e-6, **options)
    assert begun.unfinished.reason == "time" and begun.scores == {}
    resumed = trimtab.train(*rows, resume=True, time_limit=100, out=options["out"])
    options["out"] = None
    assert_same_bits(resumed.predict(rows[0]), trimtab.train(*rows, **options).predict(rows[0]))


# -- further --------------------------------------------------------------------------------------


def further(predictor, table, *, optimizer=False, classes=(), **options):
    given = TrainOptions.of({"target": "target", "valid": 0, "epochs": 2, **QUICK, **options})
    start = None if predictor is None else Start(predictor, optimizer)
    return run_stages(Job(given, None, lambda _: None, start=start, classes=classes), table)


def table_of(x, y):
    return {**{f"x{at}": x[:, at] for at in range(x.shape[1])}, "target": y}


def test_further_training_begins_with_the_weights_and_the_preparation(rows):
    x, y = rows
    first = further(None, table_of(x, y))
    weights = first.model.get_weights()
    more = further(first, table_of(10 * x[:20], y[:20]))
    assert more.preprocessor.columns == first.preprocessor.columns
    assert more.history.history["loss"][0] != first.history.history["loss"][0]
    for now, before in zip(first.model.get_weights(), weights, strict=True):
        assert_same_bits(now, before)
    assert any((a != b).any() for a, b in zip(more.model.get_weights(), weights, strict=True))


def test_with_its_optimizer_two_trainings_are_one(rows):
    """Where no order of rows is drawn: one batch an epoch."""
    table = table_of(*rows)
    one = {"batch_size": 64, "schedule": "constant", "layers": "8 relu"}
    whole = further(None, table, **one | {"epochs": 4})
    parts = further(further(None, table, **one), table, optimizer=True, **one)
    for a, b in zip(parts.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_classes_that_the_first_rows_lack(rows):
    x, y = rows
    labels = np.where(y > 0, "high", "low").astype(object)
    table = table_of(x, labels)
    low = {name: np.asarray(cells)[labels == "low"] for name, cells in table.items()}
    with pytest.raises(InvalidData, match="is 'low' in every row"):
        further(None, low)
    first = further(None, low, classes=("high", "low"), task="binary")
    assert first.classes.tolist() == ["high", "low"]
    assert further(first, table, optimizer=True).predict_proba(x[:3].copy()).shape == (3, 2)


def test_what_cannot_go_on_says_why(rows):
    table = table_of(*rows)
    first = further(None, table)
    with pytest.raises(InvalidArgument, match="its layers differ from those asked for"):
        further(first, table, layers="9 relu")


def test_of_several_networks_the_first_goes_on(rows):
    table = table_of(*rows)
    several = trimtab.train(table, "target", fold=2, epochs=3, **QUICK)
    more = further(several, table, epochs=1, lr=1e-9)
    first = several.model.members[0].get_weights()
    for now, before in zip(more.model.get_weights(), first, strict=True):
        np.testing.assert_allclose(now, before, atol=1e-6)


def test_edges_of_embedded_numbers_stay(rows):
    x, y = rows
    layers = "ple:4x2 8 relu"
    first = further(None, table_of(x, y), layers=layers)
    for optimizer in (False, True):
        more = further(
            first,
            table_of(5 * x, y),
            layers=layers,
            lr=1e-9,
            schedule="constant",
            optimizer=optimizer,
        )
        for now, before in zip(more.model.get_weights(), first.model.get_weights(), strict=True):
            np.testing.assert_allclose(now, before, atol=1e-6)
