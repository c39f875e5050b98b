"""The study: the same rows for every variant, honest summaries, trials that are not run twice."""

import json
import math

import numpy as np
import pytest

from benchmarks.study import cli, summary
from benchmarks.study.tables import StudyTable, divided, listed, shipped
from benchmarks.study.trial import Trial, run

IRIS = StudyTable("iris", "sklearn:iris", "target", "multiclass")
DIABETES = StudyTable("diabetes", "sklearn:diabetes", "target", "regression")


def test_a_division_depends_on_its_seed_alone_and_shares_no_row():
    train, held = divided(DIABETES, 0, 5_000)
    again, _ = divided(DIABETES, 0, 5_000)
    other, _ = divided(DIABETES, 1, 5_000)
    assert train.equals(again) and not train.equals(other)
    assert (len(train), len(held)) == (331, 111)
    assert len(train.merge(held)) == 0
    few, rest = divided(IRIS, 0, 80)
    assert len(few) + len(rest) == 80 and few["target"].nunique() == 3


def test_only_tables_that_may_choose(tmp_path):
    index = tmp_path / "tables.json"
    each = [
        {"name": "a", "target": "y", "task": "binary", "half": "choose"},
        {"name": "b", "target": "y", "task": "binary", "half": "judge"},
    ]
    index.write_text(json.dumps(each))
    assert [table.name for table in listed(index)] == ["a"]
    assert listed(index)[0].path == str(tmp_path / "tables" / "a.parquet")


@pytest.mark.parametrize(
    ("table", "error"), [(DIABETES, "rmse"), (IRIS, "log_loss")], ids=["numbers", "classes"]
)
def test_a_trial_measures_held_out_rows(table, error):
    found = run(Trial(table, 0, "base", {"layers": "8 relu", "epochs": 3}, 200))
    assert "failed" not in found and found["train_rows"] == (150 if table is DIABETES else 112)
    train, held = divided(table, 0, 200)
    if error == "rmse":
        worst = np.sqrt(np.mean((held["target"] - train["target"].mean()) ** 2))
        assert 0.4 * worst < found["rmse"] < 1.6 * worst
    else:
        assert 0.1 < found["log_loss"] < 1.5


def test_a_variant_that_raises_is_told():
    found = run(Trial(DIABETES, 0, "bad", {"lr": -1}, 200))
    assert "lr must be a number above 0" in found["failed"]


def row(table, variant, rmse, seed=0):
    return {"table": table, "seed": seed, "variant": variant, "most_rows": 1, "rmse": rmse}


def test_ratios_are_paired_and_a_table_counts_once():
    rows = [
        *(row("a", "base", 2.0, seed) for seed in (0, 1)),
        *(row("a", "new", 1.0, seed) for seed in (0, 1)),
        row("b", "base", 4.0),
        row("b", "new", 8.0),
        row("c", "new", 1.0),  # no base: not compared
    ]
    found = summary.ratios(rows, "base", "rmse")["new"]
    assert set(found) == {"a", "b"} and len(found["a"]) == 2
    ratio, deviation, wins, losses, tables = summary.line(found)
    assert abs(ratio - 1) < 1e-12 and (wins, losses, tables) == (1, 1, 2)
    # Two logarithms, log 2 to either side of 0: the standard error of their mean.
    assert abs(deviation - math.log(2)) < 1e-12
    assert "new" in summary.text(rows, "base") and "1 : 1" in summary.text(rows, "base")


def test_what_is_known_is_not_run_again(tmp_path, capsys):
    variants, out = tmp_path / "v.json", tmp_path / "trials.jsonl"
    variants.write_text(json.dumps({"base": {"epochs": 1, "layers": "4 relu"}}))
    arguments = [str(variants), "--only", "iris", "--seeds", "0", "--processes", "1"]
    arguments += ["--most-rows", "60", "--out", str(out)]
    assert cli.main(arguments) == 0
    first = out.read_text()
    assert len(first.splitlines()) == 1 and "failed" not in json.loads(first)
    assert cli.main(arguments) == 0
    assert out.read_text() == first
    assert [table.name for table in shipped()] == ["diabetes", "breast_cancer", "wine", "iris"]


def test_options_by_task():
    variant = {"lr": 0.1, "classes": {"lr": 0.2}, "regression": {"loss": "mse"}}
    assert cli.options_for(variant, "multiclass") == {"lr": 0.2}
    assert cli.options_for(variant, "regression") == {"lr": 0.1, "loss": "mse"}
