"""What --effort decides, and that options decide before it."""

import numpy as np

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


def test_what_they_mean():
    quick, default, best = (divided(effort=name) for name in ("quick", "default", "best"))
    assert (quick.fold, quick.valid, quick.committee) == (None, 0.25, 1)
    assert divided() == default
    assert default.fold == best.fold == defaults.folds(5_000) > 2
    assert (default.committee, best.committee) == (1, 3)
    assert layers(effort="quick") == layers() == layers(effort="best")
    assert embedded(layers())


def test_options_decide_before_the_effort():
    best = divided(effort="best", valid=0.2)
    assert (best.fold, best.committee) == (None, 3)
    assert divided(effort="quick", fold=3).fold == 3
    assert divided(effort="best", fold=4).fold == 4
    committee = divided(effort="best", committee=2)
    assert (committee.fold, committee.committee) == (None, 2)
    assert layers(effort="best", layers="8 relu") == "8 relu"
    assert not embedded(layers(raw=True))


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
    assert network.note == "effort best: 3 networks for each fold"
    assert network.members == len(predictor.model) == 3 * defaults.folds(120)
    heard.clear()
    trimtab.train(lines(), "y", effort="quick", epochs=2, report=heard.append)
    (network,) = (each for each in heard if isinstance(each, events.Network))
    assert network.note == "effort quick: one network on one split"
    heard.clear()
    trimtab.train(lines(), "y", epochs=2, report=heard.append)
    (network,) = (each for each in heard if isinstance(each, events.Network))
    assert network.note == ""
