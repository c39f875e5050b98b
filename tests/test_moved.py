"""Modules that have moved are found by their old names, and are not copied."""

from __future__ import annotations

import importlib

import pytest

from trimtab.moved import FACES, MOVED


@pytest.mark.parametrize("old", sorted(MOVED.keys() - FACES))
def test_an_old_name_is_the_module_itself(old: str) -> None:
    assert importlib.import_module(old) is importlib.import_module(MOVED[old])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("trimtab.layers.dense", "trimtab.nn.layers.dense"),
        ("trimtab.coach.rules.dropout", "trimtab.insight.coach.rules.dropout"),
        ("trimtab.optimizers.adam", "trimtab.nn.optimizers.adam"),
    ],
)
def test_so_is_what_lies_below(old: str, new: str) -> None:
    assert importlib.import_module(old) is importlib.import_module(new)


def test_faces_hold_the_same_objects() -> None:
    from trimtab import bundle, layers, losses, model
    from trimtab.nn import layers as own_layers
    from trimtab.nn import losses as own_losses

    assert layers.Dense is own_layers.Dense
    assert losses.MeanAbsoluteError is own_losses.MeanAbsoluteError
    assert bundle.save_model is model.save_model


def test_a_module_that_is_a_function_now() -> None:
    import trimtab
    from trimtab.coaching import coach

    findings = importlib.import_module("trimtab.coach.findings")
    assert findings is importlib.import_module("trimtab.insight.coach.findings")
    assert importlib.import_module("trimtab.coach") is coach is trimtab.coach


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"trimtab\.layer'"):
        importlib.import_module("trimtab.layer")
