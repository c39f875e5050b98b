"""Several files as one table, as people name them."""

import numpy as np
import pandas as pd
import pytest

from trimtab.cli.train import default_out

ROWS = 40
FAST = ("--target", "y", "--epochs", "1", "--layers", "4 relu", "--effort", "quick")


@pytest.fixture
def sales(trimtab):
    folder = trimtab.folder / "sales"
    folder.mkdir()
    for at, name in enumerate(("may", "june")):
        frame = pd.DataFrame({"x": np.arange(ROWS) % 7 + 0.5, "y": np.arange(ROWS) * 1.5 + at})
        frame.to_csv(folder / f"{name}.csv", index=False)
    return trimtab


@pytest.mark.parametrize(
    "typed", [["sales"], ["sales/"], ["sales/*.csv"], ["sales/may.csv", "sales/june.csv"]]
)
def test_every_way_to_name_them(sales, typed):
    trained = sales("train", *typed, *FAST)
    assert trained.status == 0
    assert "files 2, sorted by name: june.csv, may.csv" in trained.out
    assert (sales.folder / "sales.trimtab").exists()
    for command in ("evaluate", "explain"):
        assert sales(command, "sales.trimtab", *typed).status == 0
    predicted = sales("predict", "sales.trimtab", *typed, "--chunk-rows", "7")
    assert len(predicted.out.splitlines()) == 2 * ROWS + 1
    assert "files: 2, sorted by name" in sales("inspect", *typed).out


def test_the_order_is_the_same_however_a_shell_sorts(sales):
    sales("train", "sales", *FAST)
    one, other = (
        sales("predict", "sales.trimtab", *paths).out
        for paths in (["sales/may.csv", "sales/june.csv"], ["sales/june.csv", "sales/may.csv"])
    )
    assert one == other != ""


def test_a_pattern_of_rows_to_validate_on(sales):
    trained = sales("train", "sales/may.csv", "--valid", "sales/ju*.csv", *FAST)
    assert "40 to train on, 40 to validate on" in trained.out
    again = sales("train", "sales/may.csv", "--config", "may.toml", "--overwrite")
    assert again.status == 0 and "40 to train on, 40 to validate on" in again.out


def test_an_input_is_not_overwritten(sales):
    sales("train", "sales", *FAST)
    message = sales.refuses("predict", "sales.trimtab", "sales", "-o", "sales/may.csv")
    assert message == "--out sales/may.csv is an input of this command. Choose another output file."
    (sales.folder / "sales" / "june.csv").rename(sales.folder / "sales" / "june.trimtab")
    message = sales("train", "sales/*", *FAST, "--out", "sales/june.trimtab").err
    assert "sales/june.trimtab is one of the tables to read" in message


def test_the_model_may_come_last(sales):
    sales("train", "sales", *FAST)
    result = sales("predict", "sales/june.csv", "sales/may.csv", "sales.trimtab")
    assert result.status == 0 and len(result.out.splitlines()) == 2 * ROWS + 1
    assert "sales.trimtab is the model, so sales/june.csv, sales/may.csv is read" in result.err


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("data/sales/*.csv", "sales"),
        ("data/sales-*.csv", "sales"),
        ("data/**/*.parquet", "data"),
        (["a/may-1.csv", "a/may-2.csv"], "may"),
        (["a/june.csv", "a/may.csv"], "a"),
        ("sales[0-9].csv", "sales"),
    ],
)
def test_the_name_of_the_model(tmp_path, monkeypatch, typed, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "sales").mkdir(parents=True)
    (tmp_path / "a").mkdir()
    assert str(default_out(typed)) == f"{name}.trimtab"


def test_the_name_of_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sales.2024").mkdir()
    (tmp_path / "q1").mkdir()
    assert [str(default_out(path)) for path in ("sales.2024/", "q1", "./q1/")] == [
        "sales.2024.trimtab",
        "q1.trimtab",
        "q1.trimtab",
    ]
