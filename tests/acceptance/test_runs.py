"""Runs that are stopped, killed, gone on with and done again, as processes and commands."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

import trimtab as package
from tests.support.close import assert_same_bits
from trimtab.core.container import read as read_contents
from trimtab.predictor.training import events
from trimtab.predictor.training.defaults import folds
from trimtab.predictor.training.listeners import Listener
from trimtab.predictor.training.options import TrainOptions, read_toml
from trimtab.tables.datasets import load_red_wine

WINE = (
    *("train", "red-wine", "--layers", "32 bn relu dropout:0.2", "--batch-size", "64"),
    *("--effort", "quick"),
)

#: A run that keeps its state after every epoch, not after a minute.
KEEPING = """
import sys
from trimtab.predictor.training import watch
watch.STATE_PERIOD = 0.0
from trimtab.cli import main
main()
"""


def networks(predictor):
    return list(getattr(predictor.model, "members", [predictor.model]))


def assert_same_model(one, other):
    """Weights, history, scores and predictions of two files, to the bit."""
    one, other = package.load(one), package.load(other)
    for a, b in zip(networks(one), networks(other), strict=True):
        for mine, theirs in zip(a.get_weights(), b.get_weights(), strict=True):
            assert_same_bits(mine, theirs)
    assert one.history.history == other.history.history
    assert {part: scores.record() for part, scores in one.scores.items()} == {
        part: scores.record() for part, scores in other.scores.items()
    }
    assert one.split == other.split


def strictly(line):
    """JSON as every reader takes it: without NaN."""

    def refuse(constant):
        raise AssertionError(f"{constant} in {line}")

    return json.loads(line, parse_constant=refuse)


def started(*command):
    """A process in the current folder."""
    return subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def until(process, found):
    """Reads what it says, line by line, up to an event that ``found`` is true of."""
    for line in process.stdout:
        if found(strictly(line)):
            return
    pytest.fail(f"it ended: {process.communicate()[1]}")


@pytest.fixture
def press(monkeypatch):
    """Has Ctrl-C pressed at the end of an epoch of the next run."""

    def at(epoch, part=""):
        call = Listener.__call__

        def pressing(self, event):
            call(self, event)
            if isinstance(event, events.Epoch) and (event.epoch, event.part) == (epoch, part):
                monkeypatch.setattr(Listener, "__call__", call)
                signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(Listener, "__call__", pressing)

    return at


# -- stopped and gone on with ---------------------------------------------------------------------


def test_ctrl_c_in_the_middle_and_going_on(trimtab):
    options = ("--epochs", "30", "--patience", "30")
    process = started("-m", "trimtab", *WINE, *options, "--json")
    until(process, lambda event: event["event"] == "epoch" and event["epoch"] == 4)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (130, "")
    assert sorted(os.listdir()) == ["red-wine.png", "red-wine.toml", "red-wine.trimtab"]
    said = [strictly(line) for line in out.splitlines()]
    (ended,) = [event for event in said if event["event"] == "ended"]
    assert ended["reason"] == "interrupted" and 4 <= ended["epoch"] < 30
    left = package.load("red-wine")
    assert left.unfinished.reason == "interrupted"
    assert ended["best"] == min(left.history.history["val_loss"])
    assert trimtab("predict", "red-wine", "red-wine", "-o", "out.csv").status == 0

    assert trimtab.does("train", "red-wine", "--resume").out.count("interrupted") == 0
    trimtab.does(*WINE, *options, "--out", "whole")
    assert_same_model("red-wine", "whole")
    assert "there is nothing to resume" in trimtab.refuses("train", "red-wine", "--resume")


def test_killed_and_gone_on_with(trimtab):
    options = ("--epochs", "30", "--patience", "30")
    process = started("-c", KEEPING, *WINE, *options, "--json")
    until(process, lambda event: event["event"] == "epoch" and event["epoch"] == 8)
    process.kill()
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    visible = [name for name in os.listdir() if not name.startswith(".")]
    assert visible == ["red-wine.trimtab"]
    left = package.load("red-wine")
    assert left.unfinished.reason == "running" and 7 <= len(left.history.epoch) < 30
    assert trimtab("evaluate", "red-wine", "red-wine", "--part", "valid").status == 0
    trimtab.does("train", "red-wine", "--resume")
    trimtab.does(*WINE, *options, "--out", "whole")
    assert_same_model("red-wine", "whole")


def test_more_epochs_on_the_way(trimtab, press):
    press(3)
    assert trimtab(*WINE, "--epochs", "6", "--patience", "50").status == 130
    assert "it has 6, received 5" in trimtab.refuses(
        "train", "-q", "red-wine", "--resume", "--epochs", "5"
    )
    for options in (("--seed", "4"), ("--layers", "8 relu"), ("--group", "pH"), ("--raw",)):
        refusal = trimtab.refuses("train", "-q", "red-wine", "--resume", *options)
        assert "in the run to resume" in refusal and options[0].lstrip("-") in refusal
    load_red_wine().head(800).to_csv("other.csv", index=False)
    assert "is not the table that the run in" in trimtab.refuses(
        "train", "-q", "other.csv", "--resume", "--out", "red-wine"
    )
    trimtab.does("train", "red-wine", "--resume", "--epochs", "9")
    assert len(package.load("red-wine").history.epoch) == 9
    assert TrainOptions.of(read_toml(trimtab.folder / "red-wine.toml")).epochs == 9


def test_the_time_limit(trimtab):
    endless = ("--epochs", "100000", "--patience", "100000", "--time-limit", "1s")
    result = trimtab.does(*WINE, *endless)
    assert "time limit" in result.out and "--resume" in result.out
    before = package.load("red-wine")
    assert before.unfinished.reason == "time"
    trimtab.does("train", "red-wine", "--resume", "--time-limit", "0.5")
    after = package.load("red-wine").history.history["loss"]
    known = before.history.history["loss"]
    assert len(after) > len(known) and after[: len(known)] == known


def test_ctrl_c_while_the_table_is_read(trimtab):
    process = subprocess.Popen(
        [sys.executable, "-m", "trimtab", "train", "-", "--target", "y"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdin.write(b"x,y\n1,2\n" * 100_000)  # more than a pipe holds: somebody reads
    process.stdin.flush()
    time.sleep(0.5)  # until it waits for more; earlier it says the same
    process.send_signal(signal.SIGINT)
    process.wait(60)
    out, err = process.stdout.read(), process.stderr.read()
    for pipe in (process.stdin, process.stdout, process.stderr):
        pipe.close()
    assert (process.returncode, out) == (130, b"")
    assert err == b"Interrupted before there was a model; nothing was written.\n"
    assert os.listdir() == []


def test_readers_that_have_seen_enough(trimtab):
    """``trimtab ... | head -1``"""
    trimtab.does(*WINE, "--epochs", "1")
    rows = pd.concat([load_red_wine()] * 40)
    rows.to_csv("many.csv", index=False)
    process = started("-m", "trimtab", "predict", "red-wine", "many.csv")
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait(60)
    assert "Traceback" not in err and "Exception" not in err


# -- done again -----------------------------------------------------------------------------------


def sales(rows=120):
    generator = np.random.default_rng(5)
    size = generator.normal(size=rows).round(3)
    shop = [f"shop {number}" for number in generator.integers(0, 15, rows)]
    day = pd.date_range("2024-01-01", periods=rows).strftime("%Y-%m-%d")
    return pd.DataFrame(
        {
            "size": size,
            "colour": generator.choice(["red", "green", "blue"], rows),
            "shop": shop,
            "day": day,
            "importance": generator.uniform(0.5, 2, rows).round(3),
            "price": (100 + 20 * size + generator.normal(size=rows)).round(3),
            "kind": np.where(size > 0.6, "large", np.where(size > -0.4, "middle", "small")),
        }
    )


NUMBER = ("--target", "price", "--drop", "kind")
CLASS = ("--target", "kind", "--drop", "price")

#: Options, and what is said.
OPTIONS = {
    "plain": (NUMBER, "90 to train on, 30 to validate on"),
    "by default": ((*NUMBER, "--effort", "default"), f"{folds(120)}-fold cross-validation"),
    "classes": (CLASS, "the most frequent class"),
    "committee": ((*NUMBER, "--committee", "3"), "network 3 of 3"),
    "folds": ((*NUMBER, "--fold", "3"), "3-fold cross-validation"),
    "folds, committee, test": (
        (*CLASS, "--fold", "2", "--committee", "2", "--test", "0.25"), "2-fold cross-validation",
    ),
    "test": ((*NUMBER, "--test", "0.2"), "On 24 test rows"),
    "groups": ((*NUMBER, "--group", "shop"), "groups)"),
    "group folds": ((*CLASS, "--group", "shop", "--fold", "3"), "3-fold cross-validation"),
    "time": ((*NUMBER, "--time", "day"), "2024-03-31"),
    "time folds": ((*NUMBER, "--time", "day", "--fold", "3"), "3-fold cross-validation"),
    "raw": ((*NUMBER, "--raw"), "bn:0.9 256 bn:0.9 silu"),
    "weights": ((*NUMBER, "--weight", "importance"), "validation rows"),
    "balanced": ((*CLASS, "--class-weight", "balanced", "--no-stratify"), "validation rows"),
    "robust": (
        (*NUMBER, "--scaling", "robust", "--no-target-scaling", "--loss", "mse"), "loss mse",
    ),
    "own layers": (
        (*NUMBER, "--layers", "16 bn relu dropout:0.2, 8 selu", "--metric", "mse"), "8 selu",
    ),
    "files": ((*NUMBER, "--valid", "valid.csv", "--test", "test.csv"), "On 20 test rows"),
    "default layers": (
        (*NUMBER, "--dropout", "0.3", "--batch-norm", "--lr", "0.1"), "256 bn:0.9 silu dropout:0.3",
    ),
    "types": (
        (*NUMBER, "--type", "shop=category", "--type", "day=datetime:%Y-%m-%d"), "validation rows",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OPTIONS)
def test_the_options_file_makes_the_same_model(trimtab, without_pictures, name):
    """Whatever the options were; with another number of threads; and what is said is JSON too."""
    options, said = OPTIONS[name]
    frame = sales()
    frame.to_csv("sales.csv", index=False)
    frame.head(30).to_csv("valid.csv", index=False)
    frame.tail(20).to_csv("test.csv", index=False)
    quick = ("--epochs", "2", "--threads", "1")
    quick += () if {"--layers", "--dropout", "--raw"} & set(options) else ("--layers", "8 relu")
    quick += () if "--effort" in options else ("--effort", "quick")
    first = trimtab.does("train", "sales.csv", *options, *quick)
    assert said in first.out
    again = trimtab.does(
        *("train", "sales.csv", "--config", "sales.toml", "--out", "again", "--json"),
        *("--threads", "2"),
    )
    assert_same_model("sales", "again")
    records = [strictly(line) for line in again.out.splitlines()]
    assert [each["event"] for each in records][:2] == ["read", "understood"]
    assert records[-1]["event"] == "finished"
    assert records[-1]["sentence"] in first.out
    one, other = (read_contents(f"{each}.trimtab").documents for each in ("sales", "again"))
    assert one["schema"] == other["schema"] and one["preprocessing"] == other["preprocessing"]
    assert trimtab("predict", "again", "sales.csv", "-o", "out.csv").status == 0
    assert len(pd.read_csv("out.csv")) == len(frame)
    if "--valid" in options or ("--fold" in options and "--time" in options):
        return
    crossed = "--fold" in options or "--effort" in options
    part = "folds" if crossed else "test" if "--test" in options else "valid"
    found = trimtab("evaluate", "again", "sales.csv", "--part", part, "--json")
    found, trained = json.loads(found.out), package.load("sales").scores[part].record()
    for key in ("metrics", "baseline", "rows", "groups", "gain"):
        assert found[key] == trained[key], key


def test_the_table_is_not_written_over(trimtab):
    """Not even where anything may be."""
    sales().to_csv("sales.trimtab", index=False)
    sales().to_csv("more.csv", index=False)
    os.link("sales.trimtab", "same.csv")
    for data, out, options in (
        ("sales.trimtab", "sales", ()),
        ("same.csv", "./sales.trimtab", ()),
        ("more.csv", "more.csv", ()),
        ("more.csv", "same.csv", ("--valid", "sales.trimtab")),
        ("more.csv", "sales", ("--test", "same.csv")),
    ):
        for overwrite in ((), ("--overwrite",)):
            message = trimtab.refuses(
                *("train", data, "-q", *NUMBER, "--out", out, *options, *overwrite)
            )
            assert "is one of the tables to read, and the model would replace it" in message


@pytest.mark.slow
def test_standard_input(trimtab):
    data = sales().to_csv(index=False).encode()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "trimtab", "train", "-", *NUMBER, "--layers", "8 relu"),
            *("--epochs", "2", "--effort", "quick"),
        ],
        input=data,
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert sorted(os.listdir()) == ["model.html", "model.png", "model.toml", "model.trimtab"]
    (trimtab.folder / "sales.csv").write_bytes(data)
    quick = ("--layers", "8 relu", "--epochs", "2", "--effort", "quick")
    trimtab.does("train", "sales.csv", *NUMBER, *quick)
    assert_same_model("model", "sales")
