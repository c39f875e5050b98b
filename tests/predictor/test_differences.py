"""What differs between two models is named, and nothing else."""

import json

import pytest

import trimtab
from trimtab.predictor.differences import differences, same_rows

SMALL = {"effort": "quick", "layers": "8 relu", "epochs": 2}


def columns(**more):
    return {"x": [float(n % 7) for n in range(60)], "z": [n % 5 for n in range(60)], **more}


Y = [float(n % 7 + n % 5) for n in range(60)]


@pytest.fixture(scope="module")
def first():
    return trimtab.train(columns(), Y, **SMALL)


def named(a, b):
    return {(each.section, each.name): (each.a, each.b) for each in differences(a, b)}


def test_the_same_model(first, tmp_path):
    again = trimtab.load(first.save(tmp_path / "m.trimtab"))
    assert differences(first, again) == [] and same_rows(first, again)


def test_an_option(first):
    other = trimtab.train(columns(), Y, **SMALL | {"epochs": 3})
    found = named(first, other)
    assert found["options", "epochs"] == ("2", "3")
    assert found["network", "epochs"] == ("2", "3") and ("network", "weights") in found
    assert {section for section, _ in found} == {"options", "network", "scores"}
    assert same_rows(first, other)


def test_the_seed_alone_changes_weights(first):
    found = named(first, trimtab.train(columns(), Y, **SMALL, seed=1))
    assert found["options", "seed"] == ("0", "1") and ("network", "size") not in found


def test_columns_and_data(first):
    other = trimtab.train(columns(w=["a", "b"] * 30), Y, **SMALL, drop=["z"])
    found = named(first, other)
    assert found["columns", "w"] == ("", "category, one-hot")
    assert found["columns", "z"][1] == "left out"
    assert found["data", "columns"] == ("3", "4")
    assert not same_rows(first, other)


def test_other_targets(first):
    data = columns(y=Y, v=[2 * y for y in Y])
    several = trimtab.train(data, ["y", "v"], **SMALL)
    found = named(first, several)
    assert found["target", "target"][1] == "y, v"
    assert found["scores", "mean absolute error of v"][0] == ""
    classes = trimtab.train(columns(k=["low" if y < 5 else "high" for y in Y]), "k", **SMALL)
    found = named(first, classes)
    assert found["target", "task"] == ("regression", "binary")
    assert found["target", "classes"] == ("", "high, low")
    json.dumps([each.record() for each in differences(first, classes)], allow_nan=False)
