"""Events as text for people and as plain data."""

import dataclasses
import json
import math

import numpy as np
import pytest

from trimtab.core import words
from trimtab.predictor.scores import Baseline, score
from trimtab.predictor.training import events
from trimtab.tables.columns.schema import Column, Schema
from trimtab.tables.columns.suspicions import Suspicion
from trimtab.tables.files.table import Guess

SCHEMA = Schema(
    (
        Column("size", "numeric", "feature"),
        Column("colour", "category", "feature"),
        Column("shop", "text", "group"),
        Column("code", "text", "dropped", "identifier"),
        Column("kind", "category", "target"),
    ),
    "binary",
    ("large", "small"),
)
STEP = events.Step("", 2, 5, 10, 40, 0.25, 12.0)
EPOCH = events.Epoch("fold 1 of 3", 2, 5, {"loss": 0.5, "val_loss": math.nan}, 0.4, 1, 0.1, 0.3)

ALL = [
    events.Read("wine.csv", 1000, 3, (Guess("delimiter", "';'"), Guess("decimal", "','", True))),
    events.Understood(SCHEMA, 990, ("10 rows without kind: left out.",)),
    events.Suspected((Suspicion("leak", ("size",), "size tells kind.", "size tells"),)),
    events.Divided("Drawn at random (seed 0).", 600, 200, 200),
    events.Prepared(2, 4, ("colour",), ("1 numeric column: standard",), ("x never changes.",)),
    events.Network(
        "256 bn relu",
        1_234,
        "mse",
        32,
        100,
        0.001,
        members=3,
        statistics=512,
        edges=96,
        sharing=2,
        note="relu.",
    ),
    events.Resumed("m.trimtab", "fold 1 of 3", 4, 17),
    STEP,
    EPOCH,
    events.Ended(
        "3 networks", "time", 3, 2, 2, 0.4, "time limit reached in epoch 3.", epochs=(2, 2, 1)
    ),
    events.Saved("m.trimtab", "model"),
    events.Saved("m.trimtab", "state"),
]


@pytest.mark.parametrize("event", ALL, ids=lambda event: event.name)
def test_plain_data_is_json_without_nan(event):
    record = json.loads(json.dumps(event.record(), allow_nan=False))
    assert record["event"] == event.name


@pytest.mark.parametrize("event", ALL, ids=lambda event: event.name)
def test_each_field_is_in_the_record(event):
    fields = {field.name for field in dataclasses.fields(event)} - {"single"}  # for the live view
    assert event.record().keys() == {"event", *fields}


def test_names():
    assert [event.name for event in ALL] == [
        *("read", "understood", "suspected", "divided", "prepared", "network", "resumed"),
        *("step", "epoch", "ended", "saved", "saved"),
    ]


def test_only_steps_are_passing():
    assert [event for event in ALL if event.passing] == [STEP]
    assert STEP.lines() == []


def test_what_is_not_finite_is_none_in_the_record():
    assert EPOCH.record()["losses"] == {"loss": 0.5, "val_loss": None}


def test_numbers_of_numpy_are_plain():
    event = events.Epoch("", 1, 2, {"loss": np.float32(0.5)}, None, None, np.float64(1), 0.0)
    assert event.record()["losses"] == {"loss": 0.5}


def test_moving_statistics_count_as_parameters():
    network = next(event for event in ALL if isinstance(event, events.Network))
    assert network.lines()[1].startswith(
        "3 networks, each of 2 members that share kernels, 1,842 parameters "
        "(of which 512 are moving statistics and 96 are fixed edges), loss mse, "
    )
    without = dataclasses.replace(network, members=1, sharing=1, statistics=0, edges=0, note="")
    assert without.lines()[1].startswith("1,234 parameters, loss mse, ")
    assert without.record().keys() == (
        network.record().keys() - {"statistics", "edges", "note", "sharing"}
    )


def test_what_was_told_is_no_guess():
    text = "\n".join(ALL[0].lines())
    assert "wine.csv, 1,000 rows, 3 columns" in text
    assert "delimiter ';'" in text and "decimal" not in text


def test_understood_says_target_features_groups_and_what_is_left_out():
    lines = ALL[1].lines()
    assert lines[0] == "target: kind, binary, two classes (large, small)"
    assert "features: 1 numeric, 1 category" in lines
    assert "group: shop (not an input)" in lines
    assert "left out: code (identifier)" in lines
    assert "10 rows without kind: left out." in lines


def test_an_epoch_says_whose_it_is_and_what_was_best():
    assert EPOCH.lines() == [
        "fold 1 of 3, epoch 2/5  loss 0.5000  val_loss nan  best 0.4000 in epoch 1"
    ]


def test_many_columns_are_not_all_listed():
    event = events.Prepared(30, 60, how=tuple(f"column {n}: standard" for n in range(30)))
    lines = event.lines()
    assert len(lines) == 1 + events.MOST_LINES
    assert lines[-1] == f"and {30 - events.MOST_LINES + 1} more columns"


def test_a_line_for_each_suspicion_and_no_more_than_five():
    found = [Suspicion("leak", (f"x{k}",), "long", f"x{k} tells") for k in range(7)]
    few = events.Suspected(tuple(found[:5]))
    assert few.lines() == ["suspicion: x0 tells", *(f"x{k} tells" for k in range(1, 5))]
    many = events.Suspected(tuple(found))
    assert many.lines() == [*few.lines()[:4], "and 3 more: trimtab inspect shows all of them."]
    assert len(many.record()["suspicions"]) == 7


def test_a_caveat_stands_behind_the_sentence():
    y = np.arange(30.0)
    scores = score("regression", y, y, baseline=Baseline.of("regression", y))
    end = events.Finished("epochs", "It is good.", scores, ("A note.",), {})
    assert end.lines() == ["It is good.", "A note."]
    flattered = dataclasses.replace(end, caveat="For now.")
    assert flattered.lines() == ["It is good.", "For now.", "A note."]
    assert flattered.record()["caveat"] == "For now."
    assert flattered.record()["scores"] == end.record()["scores"]


def test_the_state_of_a_run_that_goes_on_is_not_news():
    assert ALL[-1].lines() == []
    assert ALL[-2].lines() == ["model: m.trimtab"]


def test_counts():
    assert words.count(1, "row") == "1 row"
    assert words.count(12_000, "row") == "12,000 rows"


@pytest.mark.parametrize(
    ("classes", "listed"),
    [
        (("large", "small"), "(large, small)"),
        ((0, 1), "(0, 1)"),
        (("oak", "oak "), "('oak', 'oak ')"),
        (("a, b", "c"), "('a, b', 'c')"),
        (("", "c"), "('', 'c')"),
    ],
)
def test_classes_are_in_quotes_where_their_list_is_unclear(classes, listed):
    schema = dataclasses.replace(ALL[1].schema, classes=classes)
    assert dataclasses.replace(ALL[1], schema=schema).lines()[0].endswith(listed)
