"""Several targets from the command line: every command."""

import io
import json

import numpy as np
import pandas as pd
import pytest

QUICK = ("--layers", "8 relu", "--epochs", "3", "--effort", "quick")


def frame_of(rows=120):
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(2, rows))
    return pd.DataFrame(
        {
            "lot": [f"L{number:03d}" for number in range(rows)],
            "x": x.round(4),
            "y": y.round(4),
            "a": (3 * x + generator.normal(size=rows)).round(3),
            "b": (1000 * y + 900 * x).round().astype(int),
            "kind": np.where(x > 0, "ale", "stout"),
        }
    )


@pytest.fixture
def table(trimtab):
    frame = frame_of()
    frame.loc[7, "a"] = np.nan
    frame.to_csv(trimtab.folder / "lots.csv", index=False)
    frame.to_parquet(trimtab.folder / "lots.parquet", index=False)
    return "lots.csv"


@pytest.fixture
def model(trimtab, table):
    trimtab.does(
        "train", table, "--target", "b,a", "--drop", "kind", "--id", "lot", *QUICK, "--quiet"
    )
    return "lots.trimtab"


def test_train_says_what_it_predicts_and_how_well(trimtab, table):
    out = trimtab.does("train", table, "--target", "b, a", "--drop", "kind", *QUICK).out
    assert "target    b, a (2 targets), regression\n" in out
    assert "          1 row without all targets left out (missing: a in 1). A model for each" in out
    assert (
        "          Losses are means over 2 targets, each in units of its standard deviation.\n"
        in out
    )
    assert "less error than predicting the medians, on average over 2 targets. b: its mean" in out
    assert " a: its mean absolute error is " in out
    assert (trimtab.folder / "lots.png").read_bytes().startswith(b"\x89PNG")
    assert 'target = ["b", "a"]' in (trimtab.folder / "lots.toml").read_text()


def test_the_option_may_be_repeated(trimtab, table):
    both = ("--target", "b", "--target", "a", "--drop", "kind", *QUICK)
    assert "target    b, a (2 targets), regression\n" in trimtab.does("train", table, *both).out
    assert "targets b, a: regression\n" in trimtab.does("inspect", table, *both[:4]).out


def test_train_as_json_has_the_scores_of_each(trimtab, table):
    out = trimtab.does("train", table, "--target", "b,a", "--drop", "kind", *QUICK, "--json").out
    records = [json.loads(line) for line in out.splitlines()]
    scores = records[-1]["scores"]
    assert scores["target"] == ["b", "a"]
    assert list(scores["targets"]) == ["b", "a"]
    assert scores["targets"]["a"]["metrics"].keys() == {"mae", "rmse", "r2"}
    assert 0 < scores["relative"][0] < 1


def test_the_options_file_repeats_the_run(trimtab, model):
    first = trimtab("predict", model, "lots.csv").out
    trimtab.does("train", "lots.csv", "--config", "lots.toml", "--out", "again.trimtab", "--quiet")
    assert trimtab("predict", "again.trimtab", "lots.csv").out == first != ""


def test_a_column_with_a_comma_in_its_name_wins(trimtab):
    frame = frame_of().assign(**{"a,b": lambda each: each["x"] * 2})
    frame.to_csv(trimtab.folder / "odd.csv", index=False)
    out = trimtab.does("train", "odd.csv", "--target", "a,b", *QUICK).out
    assert "target    a,b, regression\n" in out
    assert "'a,b' is the column of that name. To predict 'a' and 'b' instead, write" in out
    # What the sentence says works.
    (trimtab.folder / "both.toml").write_text('target = ["a", "b"]\n')
    told = trimtab.does(
        "train", "odd.csv", "--config", "both.toml", *QUICK, "--out", "both.trimtab"
    )
    assert "target    a, b (2 targets), regression\n" in told.out


@pytest.mark.parametrize("name", ["lots.csv", "lots.parquet"])
@pytest.mark.parametrize("rows", ["1000", "50"])
def test_predict_writes_columns_for_each(trimtab, model, name, rows):
    arguments = ("predict", model, name, "--interval", "0.8", "--chunk-rows", rows)
    text = trimtab(*arguments).out
    found = pd.read_csv(io.StringIO(text))
    assert list(found.columns) == [
        *("lot", "prediction_b", "lower_b", "upper_b", "prediction_a", "lower_a", "upper_a")
    ]
    assert len(found) == 120
    for each in "ab":
        assert (found[f"lower_{each}"] < found[f"prediction_{each}"]).all()
        assert (found[f"prediction_{each}"] < found[f"upper_{each}"]).all()
    for ending in ("parquet", "feather"):
        assert trimtab(*arguments, "--out", f"out.{ending}").status == 0
        read = getattr(pd, f"read_{ending}")(trimtab.folder / f"out.{ending}")
        pd.testing.assert_frame_equal(read[found.columns[1:]], found[found.columns[1:]])


def test_predict_refuses_probabilities(trimtab, model):
    message = trimtab.refuses("predict", model, "lots.csv", "--proba")
    assert message == (
        "'b' and 'a' are numbers and have no classes. Leave out proba (--proba), or ask for an "
        "interval."
    )


def test_evaluate_shows_a_table_for_each(trimtab, model):
    told = trimtab("evaluate", model, "lots.csv", "--part", "valid")
    heads = [line.split()[0] for line in told.out.splitlines() if line.endswith("best constant")]
    assert heads == ["b", "a"]
    assert "Note: 1 row of 120 without 'b' or 'a' left out.\n" in told.err
    record = json.loads(trimtab("evaluate", model, "lots.csv", "--json").out)
    assert record["target"] == ["b", "a"]
    assert record["rows"] == 119
    assert record["sentence"].startswith("On 119 rows of lots.csv it makes ")


def test_explain_measures_all_or_one(trimtab, model):
    out = trimtab("explain", model, "lots.csv", "--repeats", "2").out
    assert "error relative to predicting the median, a mean over b and a, when a column" in out
    assert "picture: lots-importance.png" in out
    one = trimtab("explain", model, "lots.csv", "--repeats", "2", "--target", "b", "--json").out
    assert json.loads(one)["target"] == "b"
    both = trimtab("explain", model, "lots.csv", "--repeats", "2", "--json").out
    assert json.loads(both)["target"] == ["b", "a"]
    message = trimtab.refuses("explain", model, "lots.csv", "--target", "x")
    assert message == "target must be one of 'b', 'a', received 'x'."


def test_show_names_both(trimtab, model):
    out = trimtab.does("show", model).out
    assert "target      b, a (regression)\n" in out
    assert "network     2 inputs, 2 outputs, " in out
    record = json.loads(trimtab.does("show", model, "--json").out)
    assert record["target"] == ["b", "a"]
    assert record["scores"]["valid"]["sentence"] in out


def test_inspect_looks_for_leaks_into_both(trimtab):
    frame = frame_of()
    frame["half"] = frame["b"] / 2
    frame.to_csv(trimtab.folder / "leak.csv", index=False)
    out = trimtab.does("inspect", "leak.csv", "--target", "a,b").out
    assert "targets a, b: regression\n" in out
    assert "half is b on another scale" in out
    record = json.loads(trimtab.does("inspect", "leak.csv", "--target", "a,b", "--json").out)
    assert record["target"] == ["a", "b"]


@pytest.mark.parametrize("command", [("train", "--quiet"), ("inspect",)])
@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("a,kind", "lots.csv, target 'kind' holds text ('ale', 'stout'), and several targets at "),
        ("a,nope", "lots.csv has no column 'nope' (target). Its columns are"),
        ("a,a", "several targets must be different columns, separated by commas, received 'a,a'."),
    ],
)
def test_what_cannot_be_predicted_together_is_refused(trimtab, table, command, target, said):
    assert trimtab.refuses(*command, table, "--target", target).startswith(said)


def test_a_limit_of_time_and_a_resumed_run(trimtab, table):
    options = ("--target", "b,a", "--drop", "kind", "--layers", "8 relu", "--quiet")
    said = trimtab.does("train", table, *options, "--epochs", "100000", "--time-limit", "0.5s").out
    assert "Resume it with --resume." in said
    said = trimtab.does(
        "train", table, "--resume", "--target", "b,a", "--time-limit", "0.5s", "--quiet"
    )
    assert "on average over 2 targets" in said.out
    assert "target is" in trimtab.refuses("train", table, "--resume", "--target", "a,b")
