"""Constructors name every option of ``train``, in scikit-learn's words."""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
from pathlib import Path

import pytest

import trimtab
from trimtab.estimators import arguments
from trimtab.predictor.training.options import OPTIONS, TrainOptions
from trimtab.tables.files.read_options import ReadOptions

TOOL = Path(__file__).parent.parent.parent / "tools" / "estimators.py"


@pytest.fixture(scope="module")
def tool():
    if not TOOL.exists():
        pytest.skip("the tools lie beside the sources")
    spec = importlib.util.spec_from_file_location("estimators_tool", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_file_is_what_the_options_say(tool):
    assert tool.FILE.read_text() == tool.source(), "run: python tools/estimators.py"


@pytest.mark.parametrize(
    ("estimator", "task"),
    [(trimtab.TabularRegressor, "regression"), (trimtab.TabularClassifier, "classification")],
)
def test_signatures(estimator, task):
    known = {each.name: each.default for each in arguments.arguments(task)}
    signature = inspect.signature(estimator).parameters
    assert {name: each.default for name, each in signature.items()} == known
    assert estimator().get_params() == known
    described = inspect.getdoc(estimator.__init__)
    assert [name for name in known if f"\n    {name}: " not in described] == []


def test_no_option_is_forgotten():
    """An option is an argument of an estimator, or stands where it says why it is none."""
    taken = {
        each.option
        for task in ("regression", "classification")
        for each in arguments.arguments(task)
    }
    of_files = {each.name for each in dataclasses.fields(ReadOptions)} - {*arguments.OF_ROWS}
    assert {*OPTIONS} - taken == {*arguments.REPLACED} | of_files
    assert {*arguments.RENAMED, *arguments.REPLACED} <= {*OPTIONS}


def test_defaults_are_those_of_train():
    plain = TrainOptions()
    for each in arguments.arguments("regression"):
        if each.option and each.option not in arguments.RENAMED and each.default is not None:
            assert each.default == getattr(plain, each.option), each.name
