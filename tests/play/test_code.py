"""The code that is shown makes the very numbers that are on the screen, and so does the command."""

import json
import shlex

import pytest

from trimtab.play.choices import Choices
from trimtab.play.code import command, python
from trimtab.play.data import Shelf

SHELF = Shelf()

CHOSEN = [
    {},
    {"data": "moons", "dropout": 0.3, "batch_norm": "before", "rows": 60, "seed": 7},
    {"data": "curve", "hidden": [], "optimizer": "sgd", "weight_decay": 0.01},
    {"data": "hills", "hidden": [3, 5, 2], "batch_norm": "after", "activation": "elu"},
    {"data": "blobs", "optimizer": "sgd", "batch_size": 7, "dropout": 0.1, "hidden": [4]},
    {"data": "red-wine", "hidden": [8], "dropout": 0.2, "weight_decay": 0.05, "momentum": 0.99},
    {"data": "concrete", "hidden": [6, 4], "batch_norm": "before", "seed": 2**32 - 1},
]


@pytest.mark.parametrize("asked", CHOSEN, ids=lambda asked: str(asked.get("data", "first")))
def test_the_code_runs_and_gives_the_losses_on_the_screen(asked, opens, capsys):
    opened = opens(shelf=SHELF)
    opened.playground.choose(asked)
    now = opened.trains(2)
    shown = opened.told("setup")["code"]
    assert "epochs=2," in shown
    names = {}
    exec(compile(shown, "the code on the page", "exec"), names)
    history = names["history"].history
    for name in ("loss", "val_loss"):
        assert [float(f"{value:.5g}") for value in history[name]] == now["curves"][name]


def test_the_command_trains_the_same_network(trimtab):
    choices = Choices(data="concrete", hidden=(8, 4), dropout=0.2, batch_norm="before", seed=3)
    data = SHELF.data(choices)
    text = command(choices, data, 2)
    names = {}
    exec(python(choices, data, 2), names)
    shown = names["history"].history
    words = shlex.split(text.replace("\\\n", ""))
    assert words[:2] == ["trimtab", "train"]
    result = trimtab.does(*words[1:], "--json", "--no-report", "--no-baselines")
    events = [json.loads(line) for line in result.out.splitlines() if line.startswith("{")]
    losses = [each["losses"] for each in events if each["event"] == "epoch"]
    assert len(losses) == 2
    for name in ("loss", "val_loss"):
        scale = losses[0][name] / shown[name][0]  # losses of train are in the target's units
        assert abs(losses[1][name] / shown[name][1] - scale) <= 1e-5 * scale


def test_a_large_table_is_cut_in_the_code_too(monkeypatch, opens, capsys):
    for module in ("data", "code", "playground"):
        monkeypatch.setattr(f"trimtab.play.{module}.MOST_ROWS", 100)
    opened = opens(shelf=Shelf("red-wine"))
    setup, now = opened.told("setup"), opened.trains(1)
    assert "1,205 rows" in " ".join(setup["notes"]) and "100 rows to train on" in setup["notes"][0]
    assert "on all rows, not on the first 100" in setup["only"]
    names = {}
    exec(opened.told("setup")["code"], names)
    assert [float(f"{names['history'].history['loss'][0]:.5g}")] == now["curves"]["loss"]


def test_there_is_no_command_for_what_train_does_not_do():
    for asked in ({}, {"data": "red-wine", "optimizer": "sgd"}, {"data": "concrete", "hidden": []}):
        choices = Choices().changed(asked)
        assert command(choices, SHELF.data(choices), 5) == ""
