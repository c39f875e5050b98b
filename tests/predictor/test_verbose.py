"""What train prints when called from Python."""

import re

import numpy as np
import pandas as pd
import pytest

import trimtab
from tests.support.commands import trimtab as command  # noqa: F401 - a fixture
from tests.support.notebooks import notebook  # noqa: F401 - a fixture
from trimtab.errors import InvalidArgument
from trimtab.predictor.training.python_words import python_words

OPTIONS = {"epochs": 2, "layers": "4 relu", "effort": "quick"}


@pytest.fixture(scope="module")
def table():
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(80, 2)).round(3), columns=["a", "b"])
    frame["id"] = np.arange(80) + 1000
    frame["price"] = [f"1,{i:03d}" for i in random.permutation(80)]
    frame["y"] = (frame["a"] * 2).round(3)
    frame.loc[::20, "y"] = np.nan
    return frame


def told(capsys, table, **options):
    trimtab.train(table, "y", **OPTIONS, **options)
    return capsys.readouterr().out


@pytest.mark.parametrize("options", [{}, {"verbose": "auto"}, {"verbose": 0}, {"verbose": False}])
def test_a_script_is_told_nothing(capsys, table, options):
    assert told(capsys, table, **options) == ""


@pytest.mark.parametrize("verbose", [1, True, np.int64(1)])
def test_rows_and_columns_left_out_and_the_scores(capsys, table, verbose):
    text = told(capsys, table, verbose=verbose)
    for part in ("4 rows without y left out.", "left out  id (", "\nOn 19 validation rows"):
        assert part in text
    assert "epoch 1/2" not in text


def test_the_command_prints_the_same(command, capsys, table):  # noqa: F811
    table.to_csv(command.folder / "t.csv", index=False)
    told_by_command = command.does(
        "train", "t.csv", "--target", "y", "--epochs", 2, "--layers", "4 relu", "--effort", "quick"
    ).out
    trimtab.train("t.csv", "y", **OPTIONS, verbose=1)
    python = capsys.readouterr().out.splitlines()
    assert len(python) > 12
    # The command also says where the model is saved.
    assert [line for line in python if line not in python_words(told_by_command)] == []


def test_each_epoch(capsys, table):
    text = told(capsys, table, verbose=2)
    found = re.findall(r"^epoch (\d)/2: loss \d+\.\d+, val_loss \d+\.\d+$", text, re.MULTILINE)
    assert found == ["1", "2"]
    assert "4 rows without y left out." in text


def test_each_epoch_of_the_networks_of_folds(capsys, table):
    text = told(capsys, table, verbose=2, fold=3)
    assert re.findall(r"^(.+), epoch (\d)/2: loss", text, re.MULTILINE) == [
        ("3 networks", "1"),
        ("3 networks", "2"),
    ]


@pytest.mark.parametrize(
    "verbose", [3, -1, 0.5, "1", "yes", None, [1], np.array([1, 2]), float("nan"), "x" * 10_000]
)
def test_refusals(table, verbose):
    with pytest.raises(InvalidArgument, match="verbose must be 'auto', 0, 1 or 2") as caught:
        trimtab.train(table, "y", **OPTIONS, verbose=verbose)
    assert len(str(caught.value)) < 200


def test_a_notebook_is_told(capsys, table, notebook):  # noqa: F811
    text = told(capsys, table)
    assert "4 rows without y left out." in text and "left out  id (" in text
    assert max(map(len, text.splitlines())) <= 80
    (place,) = notebook.places
    assert place.text.splitlines()[0] == "epoch 2/2"
    assert [line.split()[0] for line in place.text.splitlines()[1:]] == ["epoch", "1", "2"]


def test_a_notebook_has_one_table_for_all_folds(table, notebook):  # noqa: F811
    trimtab.train(table, "y", fold=3, **OPTIONS)
    (place,) = notebook.places
    assert place.text.splitlines()[0] == "3 networks, epoch 2/2"


def test_a_notebook_is_silent_on_request(capsys, table, notebook):  # noqa: F811
    assert told(capsys, table, verbose=0) == "" and notebook.places == []


def test_who_receives_the_events_prints_them(capsys, table, notebook):  # noqa: F811
    events = []
    assert told(capsys, table, report=events.append) == ""
    assert events and notebook.places == []


def test_advice_is_pythons(capsys, table):
    text = told(capsys, table, verbose=1)
    assert "types={'price': 'numeric:1234,5'}" in text and "test=0.2 or fold=5" in text
    assert " --" not in text
    trimtab.train(table, "y", types={"price": "numeric:1234,5"}, test=0.2, **OPTIONS)
