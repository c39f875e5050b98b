"""``trimtab compare``: variants on a table, files of results, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from tests.support.predictors import houses

QUICK = ("--splits", "2", "--effort", "quick", "--epochs", "2", "--quiet")


@pytest.fixture
def folder(trimtab):
    houses().to_csv(trimtab.folder / "houses.csv", index=False)
    return trimtab.folder


def typed(*more):
    return ("compare", "houses.csv", "--target", "price", *QUICK, *more)


def test_the_first_variant_is_what_others_are_compared_with(trimtab, folder):
    result = trimtab(*typed("--variant", "8 relu", "--variant", "16 relu"))
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines()[1].startswith("16 relu")
    assert "Compared with 8 relu." in result.out
    assert sorted(each.name for each in folder.iterdir()) == ["houses.csv"]


def test_json_and_files(trimtab, folder):
    more = ("--base", "8 relu", "--variant", "units(2)", "--json", "--results", "r.jsonl")
    more += ("--parquet", "r.parquet", "--plot", "r.png")
    first = trimtab(*typed(*more))
    assert (first.status, first.err) == (0, "")
    record = json.loads(first.out)
    assert record["variants"][0]["variant"] == "units(2)"
    assert len(pd.read_parquet(folder / "r.parquet")) == 4
    lines = (folder / "r.jsonl").read_text()
    again = json.loads(trimtab(*typed(*more)).out)
    assert (folder / "r.jsonl").read_text() == lines
    assert again["variants"][0]["gain"] == record["variants"][0]["gain"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--variant", "8 rellu"), "Did you mean 'relu'"),
        (("--variant", "8 relu", "--design", "part"), "Did you mean 'parts'"),
        (("--variant", "8 relu", "--splits", "1"), "splits must be an integer from 2"),
        (("--variant", "8 relu", "--metric", "auc"), "metric must be one of"),
        (("--variant", "8 relu", "--stop-early"), "--design parts"),
    ],
)
def test_refusals(trimtab, folder, more, message):
    result = trimtab(*typed(*more))
    assert result.status == 2
    assert message in result.err
    assert result.out == ""


@pytest.mark.slow  # two processes that import everything
def test_killed_and_interrupted_runs_go_on(folder):
    command = [sys.executable, "-m", "trimtab", "compare", "houses.csv", "--target", "price"]
    command += ["--effort", "quick", "--epochs", "3", "--splits", "12", "--threads", "1"]
    command += ["--variant", "8 relu", "--variant", "16 relu", "--results", "r.jsonl"]
    path = folder / "r.jsonl"

    def begin(lines):
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "COLUMNS": "200"},
        )
        for _ in range(1200):
            if path.exists() and path.read_bytes().count(b"\n") >= lines:
                break
            time.sleep(0.05)
        return process

    killed = begin(4)
    killed.kill()
    killed.communicate()
    known = path.read_bytes()
    known = known[: known.rfind(b"\n") + 1]
    assert known.count(b"\n") >= 4

    stopped = begin(known.count(b"\n") + 3)
    stopped.send_signal(signal.SIGINT)
    out, err = stopped.communicate(timeout=60)
    assert stopped.returncode == 130, err
    assert "Run the same again to go on from r.jsonl" in out
    assert path.read_bytes().startswith(known)

    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert "16 relu" in done.stdout
    assert path.read_bytes().startswith(known)
    assert path.read_bytes().count(b"\n") == 1 + 24


def test_says_what_is_missing(trimtab, folder):
    result = trimtab(*typed())
    assert result.status == 2
    assert "--variant '256 bn relu'" in result.err
    result = trimtab("compare", "houses.csv", "--variant", "8 relu")
    assert result.status == 2
    assert "--target COLUMN" in result.err
