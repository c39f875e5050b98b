"""What an earlier trimtab saved or pickled loads, and says what it said then."""

from __future__ import annotations

import gzip
import importlib
import json
import shutil
from functools import reduce
from typing import Any

import numpy as np
import pytest

import tests.support.own  # noqa: F401 - registers what own.trimtab names
import trimtab
from tests.files.answers import FOLDER, NUMBERS, TABLE, Unpickler, X, Y, collected
from tests.support.close import assert_close
from tests.support.commands import Command

EXPECTED: dict[str, dict[str, Any]] = json.loads(
    gzip.decompress((FOLDER / "expected.json.gz").read_bytes())
)
PICKLES = sorted(FOLDER.glob("pickles/*.pickle"))
REFERENCES = (FOLDER / "pickled.txt").read_text().split()

#: File -> the name of what it is expected to say.
MODELS = {"model": "model", "own": "own", "committee": "committee", "checkpoint": "checkpoint"}
PREDICTORS = {
    name: f"of_{name}" for name in ("regression", "classes", "predictor_committee", "unfinished")
}


#: In scores, what depends on the constant that a model is compared with: it is a better one now.
CONSTANT = ("/baseline/", "/gain/", "/relative/", "/median_gain/", "/constant")


def assert_says(
    thing: Any, expected: str, tolerance: float = 1e-6, *, trained: bool = False
) -> None:
    """The same names, texts and numbers, and maybe more; processors round predictions differently.

    Args:
        trained: whether it was trained today: it compares with another constant.
    """
    before, now = EXPECTED[expected], collected(thing)
    assert before.keys() <= now.keys()
    for name, value in before.items():
        if trained and name.startswith("/scores/") and any(each in name for each in CONSTANT):
            continue
        expected_array = np.asarray(value)
        if expected_array.dtype.kind in "biuf":
            assert_close(now[name], expected_array, tolerance, same_nan=True, what=name)
        else:
            assert now[name] == value, name


@pytest.mark.parametrize("reference", REFERENCES)
def test_what_pickles_refer_to_is_there(reference: str) -> None:
    module, name = reference.split(":")
    try:
        reduce(getattr, name.split("."), importlib.import_module(module))
    except (ImportError, AttributeError) as problem:
        pytest.fail(f"{reference}, which pickles refer to, is not there: {problem}")


@pytest.mark.parametrize("path", PICKLES, ids=lambda path: path.stem)
def test_a_pickle_says_what_it_said(path) -> None:
    unpickler = Unpickler(path)
    thing = unpickler.load()
    assert unpickler.found <= set(REFERENCES)
    assert_says(thing, path.stem)


def test_every_pickle_is_there() -> None:
    assert {path.stem for path in PICKLES} | {"checkpoint", "continued", "resumed"} == set(EXPECTED)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_file_says_what_it_said(name: str) -> None:
    assert_says(trimtab.load_model(FOLDER / name), MODELS[name])


@pytest.mark.parametrize("name", PREDICTORS)
def test_a_predictor_file_says_what_it_said(name: str) -> None:
    assert_says(trimtab.load(FOLDER / name), PREDICTORS[name])


@pytest.mark.parametrize("name", [*MODELS, *PREDICTORS])
def test_show_takes_the_file(name: str, tmp_path, monkeypatch, capsys) -> None:
    assert Command(tmp_path, monkeypatch, capsys).does("show", FOLDER / f"{name}.trimtab").out


def test_weights() -> None:
    model = trimtab.load_model(FOLDER / "model")
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    model.load_weights(FOLDER / "weights")
    assert_close(model.predict(NUMBERS), EXPECTED["model"]["/predict"], 1e-6)


def test_an_unfinished_run_is_resumed(tmp_path) -> None:
    out = shutil.copy(FOLDER / "unfinished.trimtab", tmp_path)
    predictor = trimtab.train(TABLE, out=out, resume=True)
    assert predictor.unfinished is None
    assert_says(predictor, "resumed", 1e-4, trained=True)


def test_an_interrupted_fit_goes_on_in_the_middle_of_its_epoch() -> None:
    model = Unpickler(FOLDER / "pickles" / "interrupted.pickle").load()
    model.fit(X, Y, batch_size=12, epochs=3, initial_epoch=1, verbose=0)
    assert_says(model, "continued", 1e-4)


def test_callbacks_watch_another_fit(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = Unpickler(FOLDER / "pickles" / "callbacks.pickle").load()
    model = Unpickler(FOLDER / "pickles" / "interrupted.pickle").load()
    history = model.fit(X, Y, callbacks=found, epochs=2, validation_split=0.25, verbose=0)
    assert np.isfinite(history.history["val_loss"]).all()
    # ModelCheckpoint remembers a better epoch than these, and writes nothing.
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def test_an_options_file_is_used(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("train", TABLE, "--config", FOLDER / "regression.toml", "--quiet", "--out", "again")
    result = Command(tmp_path, monkeypatch, capsys)(*words)
    assert result.status == 0, result.err
    assert_says(trimtab.load("again"), "of_regression", 1e-4, trained=True)
