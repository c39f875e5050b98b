"""Looking at layers while a network trains: it changes no bit, and comes with the model."""

import numpy as np
import pytest

import trimtab
from trimtab.model.committee import members_of
from trimtab.predictor.training.layer_looks import LayerLooks, due

LAYERS = "16 bn relu dropout:0.2, 8 relu"


def trained(**options):
    return trimtab.train("red-wine", layers=LAYERS, epochs=12, **options)


@pytest.mark.parametrize("options", [{}, {"fold": 3}, {"committee": 2}, {"members": 2}])
def test_no_bit_changes(options, monkeypatch):
    watched = trained(**options)
    monkeypatch.setattr(LayerLooks, "look", lambda *arguments: None)
    alone = trained(**options)
    assert alone.provenance["layers"] == {}
    for one, other in zip(members_of(watched.model), members_of(alone.model), strict=True):
        for mine, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(mine, theirs)
        assert one.runner.step == other.runner.step
    assert watched.history.history == alone.history.history


@pytest.mark.parametrize("options", [{}, {"fold": 3}])
def test_what_is_seen(options, tmp_path):
    predictor = trained(**options)
    seen = predictor.provenance["layers"]
    assert seen["epochs"] == [1, 2, 3, 4, 5, 6, 7, 8, 11]
    curves = seen["curves"]
    assert {"standard_deviation", "zeros", "dead", "statistics_distance", "variance_ratio"} <= {
        *curves
    }
    for by_layer in curves.values():
        assert all(len(line) == len(seen["epochs"]) for line in by_layer.values())
    lag = next(iter(curves["statistics_distance"].values()))
    assert lag[-1] < lag[0]  # moving statistics catch up
    predictor.save(tmp_path / "m")
    assert trimtab.load(tmp_path / "m.trimtab").provenance["layers"] == seen
    page = predictor.report(tmp_path / "page").read_text("utf-8")
    assert "Layers by epoch" in page and "moving from population mean" in page


def test_a_resumed_run_goes_on_looking(tmp_path):
    out = tmp_path / "m.trimtab"
    page = tmp_path / "page.html"
    trained(out=out, time_limit=1e-6, report=page)
    predictor = trimtab.train("red-wine", out=out, resume=True, time_limit=None, report=page)
    epochs = predictor.provenance["layers"]["epochs"]
    assert epochs == sorted(set(epochs)) and epochs[-1] == 11


def test_nobody_looks_where_no_report_is_wanted(monkeypatch):
    """It would take 5 to 13 % of the time of a training of Red Wine."""

    def look(*arguments):
        raise AssertionError("somebody looks")

    monkeypatch.setattr(LayerLooks, "look", look)
    for options in ({}, {"fold": 3}):
        assert trained(report=False, **options).provenance["layers"] == {}
    wine = trimtab.datasets.load_red_wine()
    quick = trimtab.TabularRegressor(layers="8 relu", epochs=2, fold=0, random_state=0)
    quick.fit(wine.drop(columns="quality"), wine["quality"])
    assert quick.predictor_.provenance["layers"] == {}


def test_few_of_many_epochs():
    assert sum(map(due, range(1, 1001))) <= 30
    assert all(map(due, range(1, 5)))
