"""The sentence: each rule on curves that call for it, and on ones that do not."""

import numpy as np
import pytest

from trimtab.play.choices import Choices
from trimtab.play.words import Course, say

EPOCHS = range(1, 61)
FALLING = [1 / epoch for epoch in EPOCHS]
FLAT = [0.2] * 60


def said(loss=FLAT, val_loss=FLAT, constant=1.0, choices=None, **more):
    course = Course(range(1, len(loss) + 1), loss, val_loss, constant, **more)
    return say(course, choices or Choices())


def test_the_beginning():
    assert said([], []).kind == "ready"
    assert said([0.5] * 3, [0.5] * 3).kind == "begun"


def test_divergence():
    found = said([0.5, float("nan")], [0.5, float("inf")])
    assert found.kind == "diverged" and "Lower the learning rate, to 0.001" in found.text
    blown = [0.1] * 30 + [50.0] * 30
    assert said(blown, blown).kind == "blown up"


def test_overfitting():
    rising = [0.5 - 0.01 * i for i in range(30)] + [0.2 + 0.01 * i for i in range(30)]
    found = said(FALLING, rising)
    assert found.kind == "overfitting" and "since epoch 31" in found.text
    assert "Try dropout," in found.text
    assert "more dropout" in said(FALLING, rising, choices=Choices(dropout=0.2)).text
    # While the training loss does not fall it is something else.
    assert said(FLAT, rising).kind != "overfitting"
    # Noise is no rise.
    draw = np.random.default_rng(0)
    noisy = [0.4 + 0.02 * value for value in draw.standard_normal(60)]
    assert said(FALLING, noisy).kind != "overfitting"


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("settled", {}),
        ("dead layer 2", {"zeros": {"layer 1": 0.5, "layer 2": 0.99}}),
        ("lagging", {"lag": {"layer 1": 0.9}, "val_loss": [0.4] * 60}),
        ("settled", {"lag": {"layer 1": 0.9}}),
        ("nothing learned", {"loss": [0.99] * 60, "val_loss": [0.99] * 60}),
        ("falling", {"loss": FALLING, "val_loss": [1 - 0.01 * i for i in range(60)]}),
        ("jumping", {"val_loss": [0.2 + 0.1 * ((7 * i) % 5) for i in range(60)]}),
        ("dropped", {"loss": [0.4] * 60, "choices": Choices(dropout=0.3)}),
        ("gap", {"val_loss": [0.5] * 60}),
    ],
)
def test_what_is_seen(kind, asked):
    assert said(**asked).kind == kind
