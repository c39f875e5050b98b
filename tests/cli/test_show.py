"""``trimtab show``: what a file is, in words and as plain data."""

import dataclasses
import json
import subprocess
import sys

import pytest

from tests.support.predictors import TARGETS, small_predictor
from tests.support.small import small_data, small_model
from trimtab import Committee
from trimtab.predictor.unfinished import Unfinished


def test_numbers(trimtab):
    predictor = small_predictor()
    predictor.options["layers"] = "4 relu"
    predictor.save("m")
    result = trimtab("show", "m")
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[:3] == [
        "target      price (regression)",
        "data        houses.csv, 80 rows",
        "rows        60 to train on, 20 to validate on. Drawn at random (seed 0).",
    ]
    assert "columns     3 features, 6 inputs" in lines
    assert "  size   numeric   standard; flag" in lines and "  town   category  one-hot" in lines
    assert "id          house" in lines
    assert (
        "network     6 inputs, 1 output, 33 parameters" in lines and "layers      4 relu" in lines
    )
    assert any(line.startswith("training    3 epochs, lowest val_loss ") for line in lines)
    place = lines.index(predictor.scores["valid"].sentence())
    assert lines[place + 1] == predictor.caveat != ""
    assert "versions    numpy 2" in lines
    code = result.out[result.out.index("from trimtab import") :]
    made: dict = {}
    exec(code, made)
    assert made["model"].count_params() == 33


@pytest.mark.parametrize(
    ("reason", "said"), [("epochs", ""), ("patience", "; stopped early, no longer improving")]
)
def test_how_training_ended(trimtab, reason, said):
    predictor = small_predictor()
    predictor.provenance["ended"] = reason
    predictor.save("m")
    assert f" in epoch 3{said}\n" in trimtab("show", "m").out


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_classes(trimtab, task):
    small_predictor(task).save("m")
    first = trimtab("show", "m").out.splitlines()[0]
    classes = {"binary": "no, yes", "multiclass": "1, 2, 3"}[task]
    assert first == f"target      {TARGETS[task]} ({task}: {classes})"


def test_layers(trimtab):
    small_predictor().save("m")
    assert "Layer (type)" not in trimtab("show", "m").out
    out = trimtab("show", "m", "--layers").out
    assert "Layer (type)" in out and "Total params: 33" in out


def test_committees_and_runs_that_are_not_over(trimtab):
    predictor = dataclasses.replace(
        small_predictor(members=2), unfinished=Unfinished({"run": {"reason": "time"}})
    )
    predictor.save("m")
    out = trimtab("show", "m").out
    assert "network     committee of 2, each 6 inputs, 1 output, 33 parameters" in out
    assert "unfinished  time; resume with trimtab train DATA --resume --out FILE" in out


def test_json(trimtab):
    predictor = small_predictor("multiclass")
    predictor.save("m")
    record = json.loads(trimtab("show", "m", "--json").out)
    assert record["kind"] == "predictor" and record["target"] == "grade"
    assert record["schema"] == predictor.schema.record()
    assert [each["source"] for each in record["inputs"]] == ["size"] * 2 + ["rooms"] + ["town"] * 3
    assert record["history"] == predictor.history.history
    assert record["network"]["weights"] == predictor.model.count_params()
    assert record["scores"]["valid"]["rows"] == 20 and record["unfinished"] is None
    assert record["caveat"] == predictor.caveat


def test_models_without_a_table(trimtab):
    model = small_model()
    model.save("m")
    out = trimtab("show", "m").out
    assert out.startswith("network     3 inputs, 1 output, ") and "compiled, not trained" in out
    x, y = small_data()
    model.fit(x, y, epochs=2, verbose=0)
    model.save("m")
    assert "training    2 epochs\n" in trimtab("show", "m").out
    Committee([model]).save("c")
    assert trimtab("show", "c").out.startswith(
        "network     committee of 1, each 3 inputs, 1 output"
    )
    record = json.loads(trimtab("show", "c", "--json").out)
    assert (record["kind"], record["members"], record["inputs"]) == ("committee", 1, 3)


def test_what_files_may_say_of_themselves_is_shown_as_it_is(trimtab):
    """Plain data may be anything: it is printed, whatever it is."""
    predictor = small_predictor()
    predictor.provenance.update(data=["x"], rows="many", columns=None, versions=[1])
    predictor.split.update(how=3, train="all", valid=0.5)
    predictor.save("m")
    result = trimtab("show", "m")
    assert result.status == 0 and "many rows" in result.out and "all to train on" in result.out


def test_refusals(trimtab):
    (trimtab.folder / "text").write_text("hello")
    assert "'text' is not a trimtab file" in trimtab.refuses("show", "text")
    small_model().save_weights("w")
    assert "holds weights only" in trimtab.refuses("show", "w")
    assert trimtab.refuses("show", "nothing") == "there is no file 'nothing'."


def test_it_needs_no_pandas(trimtab):
    small_predictor().save("m")
    code = """
import sys
sys.modules["pandas"] = None
sys.argv = ["trimtab", "show", "m"]
from trimtab.cli import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=trimtab.folder
    )
    assert done.stdout.startswith("target      price") and done.stderr == ""
