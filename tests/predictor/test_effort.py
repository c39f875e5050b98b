"""What --effort decides, and that options decide before it."""

import numpy as np
import pytest

import trimtab
from trimtab.nn.layers import PeriodicEmbedding, PiecewiseLinearEmbedding
from trimtab.predictor import notation
from trimtab.predictor.training import defaults, events
from trimtab.predictor.training.options import TrainOptions


def divided(rows=5_000, **options):
    return defaults.divided(TrainOptions(**options), rows=rows)


def layers(task="regression", **options):
    return defaults.decide(TrainOptions(**options), task=task, rows=1_000).layers


def embedded(text):
    """Whether these layers embed numbers: always at the front."""
    front = notation.parse(text)[0]
    return isinstance(front, PiecewiseLinearEmbedding | PeriodicEmbedding)


@pytest.mark.parametrize("cross_fitting", [False, True])
@pytest.mark.parametrize("embedding", [False, True])
def test_quick_and_best_do_not_depend_on_the_default(monkeypatch, cross_fitting, embedding):
    monkeypatch.setattr(defaults, "CROSS_FITTING", cross_fitting)
    monkeypatch.setattr(defaults, "EMBEDDING", embedding)
    assert not divided(effort="quick").fold and divided(effort="quick").valid == 0.25
    assert divided(effort="best").fold == defaults.folds(5_000) > 2
    assert bool(divided().fold) is cross_fitting
    assert embedded(layers(effort="best")) and not embedded(layers(effort="quick"))
    assert embedded(layers()) is embedding


def test_options_decide_before_the_effort():
    assert not divided(effort="best", valid=0.2).fold
    assert divided(effort="quick", fold=3).fold == 3
    assert divided(effort="best", fold=4).fold == 4
    assert layers(effort="best", layers="8 relu") == "8 relu"
    assert not embedded(layers(effort="best", raw=True))


def lines(count=120):
    generator = np.random.default_rng(0)
    x = generator.normal(size=count)
    return {"x": x, "y": 2 * x + generator.normal(0, 0.1, count)}


def test_it_is_said_and_done():
    heard = []
    predictor = trimtab.train(
        lines(), "y", effort="best", epochs=2, report=lambda event: heard.append(event)
    )
    (network,) = (each for each in heard if isinstance(each, events.Network))
    assert network.note == "effort best: a network for each fold, numbers embedded"
    assert embedded(network.layers)
    assert network.members == len(predictor.model) == defaults.folds(120)
    heard.clear()
    trimtab.train(lines(), "y", effort="quick", epochs=2, report=heard.append)
    (network,) = (each for each in heard if isinstance(each, events.Network))
    assert network.note == "effort quick: one network on one split, numbers as scaled"
    heard.clear()
    trimtab.train(lines(), "y", epochs=2, report=heard.append)
    (network,) = (each for each in heard if isinstance(each, events.Network))
    assert network.note == ""
