"""Names of other libraries are refused with what to use here."""

import importlib

import pytest

import trimtab
from tests.support.predictors import small_predictor
from trimtab.core.other_libraries import METHODS, NAMES
from trimtab.errors import Unsupported


@pytest.fixture(scope="module")
def predictor():
    return small_predictor()


@pytest.mark.parametrize("name", sorted(NAMES))
def test_names_of_the_package(name):
    assert not hasattr(trimtab, name)
    with pytest.raises(AttributeError, match=r"Use "):
        getattr(trimtab, name)


@pytest.mark.parametrize("name", ["TabularPredictor", "AutoML", "fit", "to_keras"])
def test_imports_say_the_same(name):
    with pytest.raises(ImportError, match=r"Use (trimtab.train\(X, y\)|predict)"):
        exec(f"from trimtab import {name}")
    with pytest.raises(ImportError, match=r"Use "):
        importlib.import_module(f"trimtab.{name}")


def test_typing_errors():
    with pytest.raises(AttributeError, match=r"Did you mean 'train'?"):
        trimtab.trian  # noqa: B018
    with pytest.raises(AttributeError, match=r"Did you mean 'TabularRegressor'?"):
        trimtab.tabularRegressor  # noqa: B018
    with pytest.raises(ImportError):
        exec("from trimtab import nothing_like_it")
    with pytest.raises(AttributeError, match=r"Did you mean 'inspect'?"):
        trimtab.tables.inspct  # noqa: B018


@pytest.mark.parametrize("name", sorted(METHODS))
def test_names_of_a_predictor(predictor, name):
    assert not hasattr(predictor, name)
    with pytest.raises(AttributeError, match=r"Use |Try |is `model`") as refusal:
        getattr(predictor, name)
    assert isinstance(refusal.value, Unsupported)


def test_what_a_refusal_names_is_there(predictor):
    for name in ("predict", "explain", "options", "classes", "model", "history", "task", "target"):
        assert hasattr(predictor, name)
    assert callable(trimtab.tables.read) and callable(trimtab.tables.inspect)
    assert [column.name for column in predictor.schema.features]


def test_typing_errors_of_a_predictor(predictor):
    with pytest.raises(AttributeError, match=r"Did you mean 'predict'?"):
        predictor.pedict  # noqa: B018
    assert getattr(predictor, "nothing", 3) == 3
    assert not hasattr(predictor, "__array__")


def test_scikit_learn_gets_words(predictor):
    from sklearn.base import clone
    from sklearn.model_selection import GridSearchCV, cross_val_score
    from sklearn.pipeline import make_pipeline

    x, y = [[1.0]] * 6, [1.0] * 6
    for use in (
        lambda: GridSearchCV(predictor, {"epochs": [1, 2]}).fit(x, y),
        lambda: cross_val_score(predictor, x, y),
        lambda: make_pipeline(predictor).fit(x, y),
        lambda: clone(predictor),
    ):
        with pytest.raises(TypeError, match=r"a Predictor is trained already.*fold=5"):
            use()
