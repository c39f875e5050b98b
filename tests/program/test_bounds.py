"""Bounds say of single elements what the probe says of whole units."""

import numpy as np
import pytest

from trimtab.engines.eager import run_op
from trimtab.insight.probe.activity import MOSTLY, dead_units, saturated_units
from trimtab.program.bounds import bounds_of
from trimtab.program.ops import Activation, Softmax
from trimtab.program.ops.activation import FUNCTIONS

CASES = [
    *({"function": name} for name in FUNCTIONS),
    {"function": "relu", "threshold": 0.4},
    {"function": "relu", "threshold": -0.4},
    {"function": "relu", "negative_slope": 0.2},
    {"function": "relu", "max_value": 1.0},
    {"function": "elu", "alpha": 0.3},
]


def counted(op, x, y):
    """Dead and saturated units, by the bounds; None where there are none."""
    bounds = bounds_of(op)
    compared = x if bounds.of_input else y
    off = (compared <= np.float32(bounds.off)).all(axis=0)
    ends = (compared <= np.float32(bounds.low)) | (compared >= np.float32(bounds.high))
    if bounds.by_row:
        ends = np.broadcast_to(y.max(axis=1, keepdims=True) >= np.float32(bounds.high), y.shape)
    share = ends.mean(axis=0)
    return (
        int(off.sum()) if bounds.dies else None,
        int((share >= MOSTLY).sum()) if bounds.saturates else None,
    )


@pytest.mark.parametrize("settings", CASES, ids=str)
def test_bounds_agree_with_the_probe(settings):
    op = Activation(inputs=(0,), output=1, **settings)
    # Columns that are far down, in the middle, far up; with exact zeros.
    generator = np.random.default_rng(0)
    centers = np.linspace(-9, 9, 40)
    x = (centers + generator.normal(size=(50, 40)) / 2).round(2).astype(np.float32)
    y = run_op("activation", x, **op.attributes())
    assert counted(op, x, y) == (dead_units(op, x), saturated_units(op, x, y))


@pytest.mark.parametrize("scale", [0.1, 3.0, 30.0])
def test_a_softmax_counts_by_its_likeliest_class(scale):
    op = Softmax(inputs=(0,), output=1)
    x = (scale * np.random.default_rng(1).normal(size=(50, 4))).astype(np.float32)
    y = run_op("softmax", x)
    assert counted(op, x, y) == (None, saturated_units(op, x, y))


def test_other_ops_have_no_bounds():
    bounds = bounds_of(None)
    assert not (bounds.dies or bounds.saturates)
