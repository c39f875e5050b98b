"""Whatever is passed, a message stays short, and it is one of trimtab's own."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trimtab
from trimtab.errors import TrimtabError
from trimtab.predictor.training.options import OPTIONS
from trimtab.tables import ReadOptions

X = pd.DataFrame({"x": np.linspace(-1, 1, 40), "z": np.arange(40.0) % 7})
FULL = X.assign(y=X["x"] * 2 + X["z"])
QUICK = {"epochs": 1, "layers": "2 relu", "effort": "quick"}

#: Characters of a message.
MOST = 600


class Loud:
    def __repr__(self):
        return "z" * 10_000


HUGE = {
    "frame": pd.DataFrame(np.zeros((3, 500)), columns=[f"column {i}" for i in range(500)]),
    "numbers": list(range(10_000)),
    "names": [f"name {i}" for i in range(10_000)],
    "text": "x" * 10_000,
    "lines": "a,b\n1,2\n" * 2_000,
    "bytes": b"x" * 10_000,
    "dict": {f"key {i}": i for i in range(2_000)},
    "array": np.zeros(10_000),
    "integer": 10**6_000,
    "object": Loud(),
    "nested": [[["q" * 10_000] * 3] * 5] * 5,
    "tuple as a key": {("a" * 5_000,): 1},
}


@pytest.fixture(scope="module")
def predictor():
    return trimtab.train(FULL, "y", **QUICK)


def try_all(call, *, refused=True):
    """Calls with each huge value; what is refused is refused in few words."""
    said = {}
    for what, value in HUGE.items():
        try:
            call(value)
        except (TrimtabError, FileNotFoundError) as refusal:
            said[what] = str(refusal)
    long = {what: text[:300] for what, text in said.items() if not 0 < len(text) < MOST}
    assert not long
    assert said or not refused


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_options_of_train(name):
    try_all(lambda value: trimtab.train(FULL, **{"target": "y", **QUICK, name: value}))


@pytest.mark.parametrize("name", [each.name for each in dataclasses.fields(ReadOptions)])
def test_options_of_reading(name, tmp_path):
    path = tmp_path / "t.csv"
    FULL.to_csv(path, index=False)
    refused = name != "sheet"  # which has no effect on text
    try_all(lambda value: trimtab.tables.read(path, ReadOptions(**{name: value})), refused=refused)


def test_data_and_answers():
    try_all(lambda value: trimtab.train(value, "y", **QUICK))
    try_all(lambda value: trimtab.train(X, value, **QUICK))
    try_all(lambda value: trimtab.train(X, y=value, **QUICK))
    try_all(lambda value: trimtab.train(value, FULL["y"], **QUICK))
    try_all(lambda value: trimtab.train(FULL, "y", **QUICK, valid=(X, value)))


@pytest.mark.parametrize("name", ["out", "resume", "overwrite"])
def test_other_arguments_of_train(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = {} if name == "out" else {"out": "m.trimtab"}
    try_all(lambda value: trimtab.train(FULL, "y", **QUICK, **out, **{name: value}))
    assert len(list(Path.cwd().iterdir())) < 40


@pytest.mark.filterwarnings("ignore::trimtab.errors.PredictionWarning")
@pytest.mark.parametrize(
    ("method", "argument"),
    [
        ("predict", "data"),
        ("predict", "options"),
        ("predict_proba", "data"),
        ("predict_interval", "level"),
        ("predict_frame", "interval"),
        ("predict_frame", "ids"),
        ("evaluate", "y"),
        ("evaluate", "part"),
        ("score", "data"),
        ("explain", "repeats"),
        ("explain", "seed"),
        ("explain", "columns"),
    ],
)
def test_arguments_of_a_predictor(predictor, method, argument):
    data = FULL if method in ("evaluate", "score", "explain") and argument != "y" else X
    more = {"repeats": 1} if method == "explain" else {}

    def call(value):
        if (method, argument) == ("explain", "repeats") and value is HUGE["integer"]:
            value = -(10**4000)
        getattr(predictor, method)(**{"data": data, **more, argument: value})

    try_all(call)


def test_other_functions(predictor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try_all(trimtab.load)
    try_all(trimtab.load_model)
    try_all(trimtab.set_random_seed)
    try_all(lambda value: list(predictor.predict_chunks(X, rows=value)))
    try_all(lambda value: trimtab.tables.read(X, columns=value))
    try_all(lambda value: trimtab.tables.read(X, text=value))
    try_all(lambda value: trimtab.tables.read(X, value))
    try_all(lambda value: trimtab.tables.inspect(FULL, value))
    for name in ("task", "kinds", "drop", "ids", "group", "time", "weight"):
        try_all(lambda value, name=name: trimtab.tables.infer_schema(FULL, **{name: value}))


@pytest.mark.parametrize("name", ["q" * 10_000, "two\nlines" * 2_000])
def test_long_names_of_columns(name):
    frame = FULL.rename(columns={"z": name})
    trained = trimtab.train(frame, "y", **QUICK)
    for call in (
        lambda: trimtab.train(frame, name[:-1]),
        lambda: trimtab.train(frame),
        lambda: trained.predict(FULL),
        lambda: trained.predict(np.zeros((2, 9))),
        lambda: trimtab.train(frame.assign(**{name: "2020-13-45"}), name),
        lambda: trimtab.train(frame, "y", types={name: "datetime"}, **QUICK),
        lambda: trimtab.train(frame, "y", group=name, drop=name),
        lambda: trained.explain(frame, columns=["nothing"]),
    ):
        with pytest.raises(TrimtabError) as refusal:
            call()
        assert len(str(refusal.value)) < MOST
