"""``trimtab explain``: what it prints, what it draws, and what it refuses."""

import json
import os
import shutil

import pytest

from tests.support.predictors import TARGETS, houses, small_predictor

#: Of the 80 rows; two of those with classes "no" and "yes" are alike, and so on one side.
VALIDATION = {"regression": 20, "binary": 21, "multiclass": 20}

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A model and its table for each task."""
    folder = tmp_path_factory.mktemp("models")
    for task in TARGETS:
        frame = houses(task=task)
        frame.to_csv(folder / f"{task}.csv", index=False)
        small_predictor(task, frame).save(folder / f"{task}.trimtab")
    return folder


@pytest.fixture
def models(files, trimtab):
    for path in files.iterdir():
        shutil.copy(path, trimtab.folder)
    return trimtab


@pytest.mark.parametrize("task", TARGETS)
def test_a_table_and_a_picture(models, task):
    result = models("explain", f"{task}.trimtab", f"{task}.csv")
    assert (result.status, result.err) == (0, "")
    metric = f"mean absolute error of {TARGETS[task]}" if task == "regression" else "log loss"
    first, blank, head, *rows = result.out.splitlines()
    assert first.startswith(
        f"Increase of the {metric} when a column is shuffled, mean of 10 shuffles on "
        f"{VALIDATION[task]} validation rows"
    )
    assert (blank, head.split()) == ("", ["column", "increase"])
    assert {row.split()[0] for row in rows[:3]} == {"size", "rooms", "town"}
    assert "Columns are shuffled one at a time" in result.out
    assert rows[-1] == f"picture: {task}-importance.png"
    assert (models.folder / f"{task}-importance.png").read_bytes().startswith(PNG)
    assert "\x1b" not in result.out


def test_options(models):
    result = models(
        *("explain", "regression.trimtab", "regression.csv", "--column", "town", "--column"),
        *("size", "--repeats", "2", "--seed", "3", "--out", "why.png"),
    )
    assert result.status == 0
    assert "2 shuffles" in result.out and "rooms" not in result.out.split("Columns are")[0]
    assert (models.folder / "why.png").read_bytes().startswith(PNG)
    assert not list(models.folder.glob("*-importance.png"))


def test_json(models):
    before = sorted(models.folder.iterdir())
    result = models("explain", "binary.trimtab", "binary.csv", "--json")
    record = json.loads(result.out)
    assert [each["column"] for each in record["columns"]] != []
    assert (record["metric"], record["target"]) == ("log_loss", "sold")
    assert record["rows"] == VALIDATION["binary"]
    assert record["notes"] == [] and record["caveat"].startswith("Columns are shuffled")
    assert sorted(models.folder.iterdir()) == before
    models("explain", "binary.trimtab", "binary.csv", "--json", "--out", "why.png")
    assert (models.folder / "why.png").exists()


def test_another_table(models):
    houses(50, seed=5).to_csv(models.folder / "new.csv", index=False)
    result = models("explain", "regression.trimtab", "new.csv")
    assert result.status == 0
    assert "on 50 rows of new.csv" in result.out
    assert result.err.splitlines()[0] == (
        "Note: new.csv does not hold the model's validation rows: all 50 rows with a target are "
        "used."
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "why.jpg"], "--out must end in .png, received 'why.jpg'."),
        (
            ["--out", "nowhere/why.png"],
            "there is no folder 'nowhere' to write 'why.png' into. Make it first.",
        ),
        (["--repeats", "0"], "--repeats must be a positive integer, received 0."),
        (
            ["--seed", "-1"],
            "--seed must be None or an integer from 0 to 2**64 - 1, received -1.",
        ),
        (
            ["--column", "sise"],
            "column must be one of 'size', 'rooms', 'town', received 'sise'. Did you mean 'size'?",
        ),
        (
            ["--column", "house"],
            "the model does not use column 'house', so its importance cannot be measured. It uses "
            "'size', 'rooms', 'town'.",
        ),
    ],
)
def test_refusals(models, arguments, message):
    assert models.refuses("explain", "regression.trimtab", "regression.csv", *arguments) == message


def test_tables_that_do_not_fit(models):
    houses().drop(columns=["size"]).to_csv(models.folder / "less.csv", index=False)
    assert models.refuses("explain", "regression.trimtab", "less.csv").startswith(
        "less.csv lacks a column that the model was trained with: 'size'."
    )
    houses().drop(columns=["price"]).to_csv(models.folder / "new.csv", index=False)
    assert "'price'" in models.refuses("explain", "regression.trimtab", "new.csv")
    assert "none.csv" in models.refuses("explain", "regression.trimtab", "none.csv")
    assert "none.trimtab" in models.refuses("explain", "none.trimtab", "regression.csv")


def test_a_file_that_is_read_is_not_written_over(models):
    shutil.copy(models.folder / "regression.csv", models.folder / "table.png")
    assert (
        models.refuses(*("explain", "regression.trimtab", "table.png", "--out", "table.png"))
        == "--out table.png is a file that is read here. Name another one."
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_cannot_be_written_to(models):
    folder = models.folder / "closed"
    folder.mkdir(mode=0o555)
    message = models.refuses(
        *("explain", "regression.trimtab", "regression.csv", "--out", "closed/why.png")
    )
    assert message == "cannot write into 'closed'. Name a file elsewhere with --out."


def test_ctrl_c_writes_nothing(models, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("trimtab.predictor.importance.permutation_importance", interrupted)
    before = sorted(models.folder.iterdir())
    result = models("explain", "regression.trimtab", "regression.csv")
    assert (result.status, result.out, result.err) == (
        130,
        "",
        "Interrupted: nothing is written.\n",
    )
    assert sorted(models.folder.iterdir()) == before
