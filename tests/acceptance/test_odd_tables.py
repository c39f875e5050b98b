"""``train`` and ``predict`` on tables that are small, wide, odd, or of no use."""

import csv
import re

import numpy as np
import pandas as pd
import pytest

import trimtab as package

#: A network and a training that take no time.
QUICK = ("--layers", "8 relu", "--epochs", "3", "--lr", "0.02", "--effort", "quick")


def numbers(rows, columns=3, seed=0):
    """A target that depends on the first columns."""
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame(
        generator.normal(size=(rows, columns)).round(3), columns=[f"x{n}" for n in range(columns)]
    )
    return frame.assign(y=(10 + 3 * frame.iloc[:, 0] + 0.1 * generator.normal(size=rows)).round(3))


@pytest.fixture
def trained(trimtab, monkeypatch):
    """Trains on a table; gives the predictor, what was said, and predictions of the same table."""

    def train(frame, *arguments, target="y", picture=False):
        frame.to_csv("table.csv", index=False)
        if not picture:  # it takes longer than the training
            monkeypatch.setattr(
                "trimtab.predictor.training.curves.draw",
                lambda *drawn: drawn[-1].write_bytes(b"picture"),
            )
        said = trimtab.does("train", "table.csv", "--target", target, *QUICK, *arguments).out
        out = trimtab("predict", "table", "table.csv", "-o", "out.csv")
        assert out.status == 0
        with open("out.csv", encoding="utf-8", newline="") as file:
            predictions = [row["prediction"] for row in csv.DictReader(file)]
        assert len(predictions) == len(frame)
        return package.load("table.trimtab"), said, predictions

    return train


def kinds(predictor):
    """The features by their kinds."""
    return {column.name: column.kind for column in predictor.schema.features}


def left_out(predictor):
    return {
        column.name: column.reason
        for column in predictor.schema.columns
        if column.role == "dropped"
    }


# -- how many -------------------------------------------------------------------------------------


def test_twenty_rows(trained):
    predictor, said, _ = trained(numbers(20))
    assert "15 to train on, 5 to validate on" in said
    assert predictor.scores["valid"].rows == 5


def test_nineteen_rows_are_refused(trimtab):
    numbers(19).to_csv("few.csv", index=False)
    message = trimtab.refuses("train", "-q", "few.csv", "--target", "y", *QUICK)
    assert "few.csv has 19" in message and "20" in message


def test_nineteen_targets_in_more_rows_are_refused(trimtab):
    frame = numbers(40)
    frame.loc[19:, "y"] = np.nan
    frame.to_csv("few.csv", index=False)
    message = trimtab.refuses("train", "-q", "few.csv", "--target", "y", *QUICK)
    assert "19" in message and "20" in message


def test_one_feature(trained):
    predictor, _, _ = trained(numbers(80, 1), "--epochs", "40")
    scores = predictor.scores["valid"]
    assert scores.metrics["mae"].value < 0.5 * scores.baseline["mae"].value
    assert kinds(predictor) == {"x0": "numeric"}


def test_three_hundred_columns(trained):
    predictor, said, _ = trained(numbers(60, 300), "--threads", "1")
    assert len(predictor.schema.features) == 300
    assert "features  300 numeric\n" in said and "x17" not in said


def test_no_feature_at_all(trimtab):
    numbers(30, 1)[["y"]].to_csv("bare.csv", index=False)
    assert "bare.csv" in trimtab.refuses("train", "-q", "bare.csv", "--target", "y")


def test_every_feature_is_left_out(trimtab):
    frame = pd.DataFrame(
        {
            "row": np.arange(40),
            "name": [f"person {number * 37}" for number in range(40)],
            "same": "x",
            "empty": np.nan,
            "y": numbers(40)["y"],
        }
    )
    frame.to_csv("none.csv", index=False)
    message = trimtab.refuses("train", "-q", "none.csv", "--target", "y")
    for name in ("row", "name", "same", "empty"):
        assert f"{name} (" in message
    told = trimtab.refuses(
        *("train", "-q", "none.csv", "--target", "y", "--drop", "row", "--drop", "name"),
        *("--drop", "same", "--drop", "empty"),
    )
    assert "none.csv" in told


# -- columns --------------------------------------------------------------------------------------


def test_columns_that_say_nothing(trained):
    predictor, _, _ = trained(numbers(60).assign(empty=np.nan, same=7, word="red"))
    assert set(kinds(predictor)) == {"x0", "x1", "x2"}
    assert set(left_out(predictor)) == {"empty", "same", "word"}


def test_a_column_that_is_empty_among_the_training_rows_only(trained):
    frame = numbers(40)
    frame["late"] = np.nan
    frame["when"] = np.arange(40)
    frame.loc[35:, "late"] = [1.5, 2.5, 3.5, 4.5, 5.5]
    predictor, said, predictions = trained(frame, "--time", "when")
    assert "late" not in kinds(predictor) or "'late'" in said
    assert np.isfinite([float(each) for each in predictions]).all()


def test_what_was_done_without_being_asked_is_said(trimtab):
    frame = numbers(60).astype(object)
    frame.loc[3, "x1"] = "inf"
    frame.loc[4, "x1"] = "-Infinity"
    frame.loc[5:8, "x2"] = "N/A"
    frame["grade"] = ["NA", "A", "B"] * 20  # a grade, not a gap
    frame.to_csv("table.csv")  # with pandas' numbers of the rows in front
    said = trimtab.does("train", "table.csv", "--target", "y", *QUICK).out
    assert "Column 1 has no name and only counts rows: left out." in said
    assert "Infinite numbers counted as missing: 2 in x1." in said
    assert "'N/A' 4 times in x2" in said
    predictor = package.load("table")
    assert predictor.schema.column("grade").kind == "category"
    with pytest.warns(package.errors.PredictionWarning, match="1 cell has a category"):
        found = predictor.predict(numbers(3).assign(grade=["NA", "A", "C"]))
    assert len(found) == 3


def test_rows_without_a_target(trained):
    frame = numbers(90)
    frame.loc[::3, "y"] = np.nan
    _, said, predictions = trained(frame)
    assert "30 rows" in said and "45 to train on, 15 to validate on" in said
    assert np.isfinite([float(each) for each in predictions]).all()


def test_no_row_has_a_target(trimtab):
    numbers(30).assign(y="").to_csv("none.csv", index=False)
    message = trimtab.refuses("train", "-q", "none.csv", "--target", "y")
    assert "none.csv" in message and "'y'" in message


def test_a_target_that_is_always_the_same(trimtab):
    numbers(30).assign(y=4).to_csv("same.csv", index=False)
    assert "nothing to predict" in trimtab.refuses("train", "-q", "same.csv", "--target", "y")


def test_five_thousand_categories(trained):
    generator = np.random.default_rng(0)
    town = generator.integers(0, 5000, 60_000)
    town[:50_000] = np.repeat(np.arange(5000), 10)
    height = generator.normal(size=5000)
    frame = pd.DataFrame(
        {"town": [f"town {number:04d}" for number in town], "y": height[town].round(3)}
    )
    predictor, said, _ = trained(frame, "--epochs", "1")
    ((name, size),) = predictor.preprocessor.embeddings
    assert name == "town" and 4500 < size <= 5002
    assert "embedding of " in said


def test_dates_booleans_and_gaps(trained):
    rows = 120
    generator = np.random.default_rng(0)
    days = pd.Timestamp("2023-01-01") + pd.to_timedelta(generator.integers(0, 700, rows), "D")
    open_ = generator.choice(["True", "False"], rows)
    frame = pd.DataFrame(
        {
            "day": days.strftime("%Y-%m-%d"),
            "moment": (days + pd.to_timedelta(generator.integers(0, 24, rows), "h")).astype(str),
            "open": open_,
            "member": generator.choice(["yes", "no", ""], rows),
            "shop": generator.choice(["A", "B", "NA", ""], rows),
            "size": generator.normal(size=rows).round(2),
            "y": np.where(open_ == "True", 5.0, 1.0) + days.month / 12,
        }
    )
    frame.loc[::9, "size"] = np.nan
    predictor, _, _ = trained(frame, "--epochs", "30")
    assert kinds(predictor) == {
        "day": "datetime", "moment": "datetime", "open": "boolean", "member": "boolean",
        "shop": "category", "size": "numeric",
    }  # fmt: skip
    scores = predictor.scores["valid"]
    assert scores.metrics["mae"].value < 0.5 * scores.baseline["mae"].value


def test_leading_zeros_stay(trained):
    frame = numbers(60)
    frame["plz"] = ["01067", "80331", "20095"] * 20
    frame["y"] += 5 * (frame["plz"] == "01067")
    predictor, _, _ = trained(frame, "--epochs", "40")
    assert kinds(predictor)["plz"] == "category"
    spread = predictor.predict(frame.assign(plz="01067")) - predictor.predict(
        frame.assign(plz="80331")
    )
    assert (spread > 1).all()


NAMES = [
    "Größe in m²", "价格", "a,b", 'the "best"', "two\nlines", "semi;colon", "tab\there", "🍷",
    "=1+1", "x" * 300, "None", "[bold]red[/bold]", "$a_b^^$", "%s {0}", "0", "e\u0301",
]  # fmt: skip


def test_names_of_any_kind(trimtab, trained):
    frame = numbers(60, len(NAMES))
    target = 'Preis, "netto"\nin € oder $x^^$ 价格 ' + "lang" * 60
    frame.columns = [*NAMES, target]
    frame['Städte, und "mehr"'] = ["Köln", 'a "b", c', "zwei\nZeilen", "東京"] * 15
    predictor, said, predictions = trained(frame, target=target, picture=True)
    # Line breaks and control signs become blanks.
    named = [" ".join(re.split("[\\n\\t]", name)) for name in NAMES]
    assert list(kinds(predictor)) == [*named, 'Städte, und "mehr"']
    expected = predictor.predict(frame)
    assert [float(each) for each in predictions] == expected.tolist()
    for arguments in (
        ("inspect", "table.csv"),
        ("show", "table"),
        ("explain", "table", "table.csv", "--repeats", "1"),
    ):
        assert "[bold]red[/bold]" in trimtab.does(*arguments).out
    assert trimtab("evaluate", "table", "table.csv").status == 0
    again = trimtab.does("train", "table.csv", "--config", "table.toml", "--out", "again")
    assert again.out.splitlines()[-2:] == said.splitlines()[-2:]
    assert package.load("again").predict(frame).tolist() == expected.tolist()


# -- classes --------------------------------------------------------------------------------------


def classes(frame, names):
    """A class for each part of the target's range."""
    return frame.assign(y=[names[n] for n in pd.qcut(frame["y"], len(names), labels=False)])


def test_a_class_with_one_row(trained):
    frame = classes(numbers(80), ["low", "middle", "high"])
    frame.loc[7, "y"] = "once"
    predictor, said, predictions = trained(frame)
    assert predictor.classes.tolist() == ["high", "low", "middle", "once"]
    assert "'once'" in said
    assert set(predictions) <= set(predictor.classes)


def test_names_of_classes_of_any_kind(trained):
    names = ["größer, als", 'so "groß"', "NA"]
    predictor, said, predictions = trained(classes(numbers(90), names), "--epochs", "20")
    assert sorted(predictor.classes) == sorted(names)
    assert set(predictions) <= set(names)
    assert "the most frequent class" in said


def test_classes_that_are_numbers_or_truth_values(trained):
    predictor, _, predictions = trained(classes(numbers(90), [1, 2, 3]), "--task", "multiclass")
    assert predictor.classes.tolist() == [1, 2, 3] and set(predictions) <= {"1", "2", "3"}
    predictor, _, predictions = trained(
        classes(numbers(90), ["True", "False"]), "--overwrite", "--out", "table"
    )
    assert predictor.task == "binary" and set(predictions) <= {"True", "False"}


def test_task_is_what_one_says(trained):
    frame = classes(numbers(90), [0, 1])
    assert trained(frame)[0].task == "binary"
    predictor, _, predictions = trained(frame, "--task", "regression", "--overwrite")
    assert predictor.task == "regression"
    assert len({float(each) for each in predictions}) > 10


def test_weights(trained):
    frame = numbers(80)
    frame["importance"] = np.where(np.arange(80) % 2, 1.0, 0.0)
    spoilt = frame.assign(y=frame["y"].where(frame["importance"] > 0, 10.0))
    options = ("--weight", "importance", "--no-target-scaling")
    one, _, first = trained(frame, *options)
    other, _, second = trained(spoilt, *options)
    assert first == second
    assert "importance" not in kinds(one)
    assert one.scores["valid"].metrics == other.scores["valid"].metrics
