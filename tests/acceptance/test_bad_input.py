"""Files that cannot be read, and files that do not fit, through every command that reads one."""

import io
import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import trimtab as package
from tests.support.predictors import houses, small_predictor
from tests.tables.bad_inputs import BAD_INPUTS, GOOD

CASES = pytest.mark.parametrize("case", BAD_INPUTS, ids=lambda case: case.name.replace(" ", "-"))

#: What is typed in front of and behind the file's name.
COMMANDS = {
    "train": (("-q",), ("--target", "weight")),
    "inspect": ((), ()),
    "inspect a target": ((), ("--target", "weight")),
    "predict": (("m",), ("-o", "out.csv")),
    "evaluate": (("m",), ()),
    "explain": (("m",), ()),
}


#: Predicting reads rows by rows: that the columns do not fit is said before the bad row is reached.
LATE = {"a quote that is never closed"}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model of the table that most of the bad files would be."""
    return package.train(
        pd.read_csv(io.StringIO(GOOD)),
        "weight",
        types={"size": "numeric"},
        layers="4 relu",
        epochs=1,
    ).save(tmp_path_factory.mktemp("model") / "m")


@pytest.fixture
def refused(trimtab, model):
    """Runs each command on a file and gives the messages."""
    shutil.copy(model, "m.trimtab")

    def run(file):
        for command, (before, after) in COMMANDS.items():
            message = trimtab.refuses(command.split()[0], *before, file, *after)
            yield command, message

    return run


@CASES
def test_files_that_cannot_be_read(refused, trimtab, case):
    (trimtab.folder / case.file).write_bytes(case.data)
    said = dict(refused(case.file))
    if case.name in LATE:
        assert "lacks" in said.pop("predict")
    for command, message in said.items():
        for part in case.message:
            assert part in message, command
    assert len(set(said.values())) == 1  # the same words, whoever reads it


def test_standard_output_has_the_rows_before_the_bad_one(trimtab, model):
    """A pipe cannot be called back: the exit status and the message say that rows are missing."""
    shutil.copy(model, "m.trimtab")
    case = next(case for case in BAD_INPUTS if "deep" in case.name)
    (trimtab.folder / case.file).write_bytes(case.data)
    result = trimtab("predict", "m", case.file)
    lines = result.out.count("\n")
    assert result.status == 2 and 100_000 < lines <= 600_001
    assert result.err.startswith("Error: deep.csv, line 600,002") and result.err.count("\n") == 1


def test_a_process_of_its_own(trimtab):
    """Exit status, one message and nothing else, as a shell sees it."""
    case = BAD_INPUTS[0]
    (trimtab.folder / case.file).write_bytes(case.data)
    for arguments in (("train", "-q", case.file, "--target", "weight"), ("inspect", case.file)):
        done = subprocess.run(
            [sys.executable, "-m", "trimtab", *arguments], capture_output=True, text=True
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("Error: ") and done.stderr.count("\n") == 1
        assert os.listdir() == [case.file]


def test_files_that_are_not_there_or_may_not_be_read(refused, trimtab):
    os.mkdir("folder.csv")
    for file in ("none.csv", "folder.csv"):
        for command, message in refused(file):
            assert file in message, command


def test_standard_input(trimtab):
    done = subprocess.run(
        [sys.executable, "-m", "trimtab", "train", "-q", "-", "--target", "b"],
        input=b"a,b\n1,2\n3\n",
        capture_output=True,
    )
    assert done.returncode == 2 and done.stdout == b""
    assert done.stderr.startswith(b"Error: standard input, line 3: 1 field")
    assert done.stderr.count(b"\n") == 1 and os.listdir() == []


# -- rows that are read, and do not fit -----------------------------------------------------------


def table(**columns):
    generator = np.random.default_rng(0)
    x = generator.normal(size=60).round(3)
    frame = pd.DataFrame({"x": x, "word": ["red", "green", "blue"] * 20, "y": (2 * x).round(2)})
    return frame.assign(**columns)


def with_cell(column, row, value):
    frame = table().astype(object)
    frame.loc[row, column] = value
    return frame


#: The table, options, and parts of the message.
UNFIT = {
    "a target with a letter": (with_cell("y", 17, "1O"), (), ("bad.csv", "line 19", "y", "'1O'")),
    "no such target": (
        table(), ("--target", "z"), ("bad.csv has no column 'z'", "'x', 'word', 'y'"),
    ),
    "text told to be numbers": (
        table(), ("--type", "word=numeric"), ("line 2", "'word'", "'red'", "not a number"),
    ),
    "dates told wrongly": (
        table(day=["2024-01-31"] * 29 + ["2024-02-30"] * 31), ("--type", "day=datetime"),
        ("line 31", "'day'", "'2024-02-30'"),
    ),
    "a broken date among times": (
        table(t=["2024-01-31"] * 30 + ["2024-02-28"] * 29 + ["soon"]), ("--time", "t"),
        ("line 61", "'t'", "'soon'", "leave the row out"),
    ),
    "a far date among times": (
        table(t=["2024-01-31"] * 30 + ["2024-02-28"] * 29 + ["9999-12-31"]), ("--time", "t"),
        ("line 61", "'t'", "'9999-12-31'", "before 1678 or after 2261"),
    ),
    "negative weights": (table(w=[1.0] * 59 + [-1.0]), ("--weight", "w"), ("line 61", "'w'", "-1")),
    "missing weights": (table(w=[1.0] * 59 + [np.nan]), ("--weight", "w"), ("line 61", "'w'")),
    "one group": (table(g="a"), ("--group", "g"), ("group", "'g'")),
    "one moment": (table(t="2024-01-01"), ("--time", "t"), ("'t'",)),
    "more folds than groups": (
        table(g=["a", "b", "c"] * 20), ("--group", "g", "--fold", "5"), ("5", "3", "'g'"),
    ),
    "too many classes": (
        table(y=[f"class {n}" for n in range(60)]), (), ("'y'", "too many to be classes"),
    ),
    "text as a number to predict": (
        table(y=["a", "b"] * 30), ("--task", "regression"), ("'y'", "'a'"),
    ),
    "a group that is the target": (table(), ("--group", "y"), ("'y'",)),
    "nothing to train on": (table(), ("--valid", "0.99"), ("train",)),
}  # fmt: skip


@pytest.mark.parametrize("name", UNFIT)
def test_tables_that_cannot_be_trained_on(trimtab, name):
    frame, options, parts = UNFIT[name]
    frame.to_csv("bad.csv", index=False)
    target = () if "--target" in options else ("--target", "y")
    message = trimtab.refuses("train", "-q", "bad.csv", *target, *options, "--epochs", "1")
    for part in parts:
        assert part in message


@pytest.fixture(scope="module")
def priced(tmp_path_factory):
    return small_predictor().save(tmp_path_factory.mktemp("model") / "m")


@pytest.fixture
def houses_model(trimtab, priced):
    """New rows, with a model of their table beside them."""
    shutil.copy(priced, "m.trimtab")
    return houses(30, seed=1).drop(columns="price")


@pytest.mark.parametrize("out", ["out.csv", "out.parquet", "out.jsonl", "out.csv.gz"])
def test_predict_refuses_and_writes_nothing(trimtab, houses_model, out):
    frame = houses_model.astype(object)
    frame.loc[12:, "size"] = "huge"
    frame.to_csv("new.csv", index=False)
    message = trimtab.refuses("predict", "m", "new.csv", "-o", out, "--chunk-rows", "5")
    assert message.startswith("new.csv, line 14, column 'size': 'huge' is not a number. 17 more")
    frame.drop(columns=["rooms", "town"]).to_csv("new.csv", index=False)
    message = trimtab.refuses("predict", "m", "new.csv", "-o", out)
    assert "'rooms', 'town'" in message
    frame.rename(columns={"rooms": "Rooms"}).to_csv("new.csv", index=False)
    assert "'rooms' (there is 'Rooms')" in trimtab.refuses("predict", "m", "new.csv", "-o", out)


def test_a_damaged_model_is_one_message(trimtab, houses_model):
    houses().to_csv("new.csv", index=False)
    whole = (trimtab.folder / "m.trimtab").read_bytes()
    damaged = {
        "cut": whole[:-40],
        "empty": b"",
        "text": b"hello",
        "flipped": whole[:500] + bytes([whole[500] ^ 4]) + whole[501:],
        "zip": b"PK\x05\x06" + b"\0" * 18,
    }
    for name, data in damaged.items():
        (trimtab.folder / f"{name}.trimtab").write_bytes(data)
        for arguments in (
            ("show", name),
            ("predict", name, "new.csv", "-o", "out.csv"),
            ("evaluate", name, "new.csv"),
            ("explain", name, "new.csv"),
        ):
            assert f"{name}.trimtab" in trimtab.refuses(*arguments)
