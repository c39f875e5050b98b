"""Dropout: lowering, rates, noise shapes, refusals."""

import math

import numpy as np
import pytest

from tests.support.refusals import assert_refused
from trimtab import layers
from trimtab.errors import InvalidArgument
from trimtab.program import Builder


def lowered(*stack, width=3):
    builder, value = Builder(width), 0
    for layer in stack:
        layer.build(width)
        value = layer.lower(builder, value)
    return builder.finish(value)


def test_lowering():
    assert str(lowered(layers.Dropout(0.3, seed=7))) == (
        "%0 = input (3)\n"
        "%1 = dropout(%0, rate=0.3, stream=0, seed=7, share_rows=False, share_columns=False) (3)\n"
        "output %1"
    )


def test_rate_0_lowers_to_nothing_and_moves_no_other_stream():
    program = lowered(layers.Dropout(0), layers.Dropout(0.5))
    assert [op.stream for op in program.ops] == [1]


@pytest.mark.parametrize("rate", [0, 1, 0.0, 1.0, np.float32(0.5), np.int64(1)])
def test_rates(rate):
    assert layers.Dropout(rate).rate == float(rate)


@pytest.mark.parametrize("rate", [1.3, -0.1, 30, math.nan, math.inf, "0.5", None, True, [0.5]])
def test_rate_refused(rate):
    assert_refused(
        InvalidArgument,
        f"rate must be a float between 0 and 1, received {rate!r}. "
        "Use rate=0.3 to drop 30 % of the units.",
        lambda: layers.Dropout(rate),
    )


@pytest.mark.parametrize(
    ("noise_shape", "rows", "columns"),
    [
        (None, False, False),
        ((None, None), False, False),
        ((None, 3), False, False),
        ((None, 1), False, True),
        ((1, None), True, False),
        ([1, 3], True, False),
        ((1, 1), True, True),
        (np.array([1, 3]), True, False),
    ],
)
def test_noise_shape(noise_shape, rows, columns):
    op = lowered(layers.Dropout(0.5, noise_shape=noise_shape)).ops[0]
    assert (op.share_rows, op.share_columns) == (rows, columns)


@pytest.mark.parametrize(
    ("noise_shape", "text"),
    [
        (
            "none",
            "noise_shape must be None or a pair of sizes, received 'none'. "
            "Use noise_shape=(None, 1) to drop whole rows.",
        ),
        (
            1,
            "noise_shape must be None or a pair of sizes, received 1. "
            "Use noise_shape=(None, 1) to drop whole rows.",
        ),
        (
            (None, 1.5),
            "noise_shape must hold integers or None, received 1.5 (float) in (None, 1.5).",
        ),
        ((None, "1"), "noise_shape must hold integers or None, received '1' (str) in (None, '1')."),
        ((None, 0), "noise_shape must hold positive integers or None, received 0 in (None, 0)."),
        ((-1, 1), "noise_shape must hold positive integers or None, received -1 in (-1, 1)."),
        ((1,), "noise_shape must have two entries, rows and columns, received (1,)."),
        ((1, 1, 3), "noise_shape must have two entries, rows and columns, received (1, 1, 3)."),
        (
            (32, 1),
            "noise_shape must start with None or 1, received (32, 1): the last batch may have "
            "fewer rows.",
        ),
    ],
)
def test_noise_shape_refused(noise_shape, text):
    assert_refused(InvalidArgument, text, lambda: layers.Dropout(0.5, noise_shape=noise_shape))


def test_noise_shape_that_does_not_fit_the_input():
    layer = layers.Dropout(0.5, noise_shape=(1, 4), name="d")
    assert_refused(
        InvalidArgument,
        "d: noise_shape (1, 4) is for 4 columns, the input has 3. Use None for the input's own "
        "size.",
        lambda: layer.build(3),
    )
    layer.build(4)


def test_seed_refused():
    assert_refused(
        InvalidArgument,
        "seed must be None or an integer from 0 to 2**64 - 1, received 1.5.",
        lambda: layers.Dropout(0.5, seed=1.5),
    )


class TestCalled:
    x = np.arange(1.0, 601.0, dtype=np.float32).reshape(200, 3)

    def test_inference_is_the_identity(self):
        assert np.array_equal(layers.Dropout(0.5)(self.x), self.x)

    def test_rate_0_and_1(self):
        assert np.array_equal(layers.Dropout(0)(self.x, training=True), self.x)
        assert not layers.Dropout(1)(self.x, training=True).any()

    @pytest.mark.parametrize("seed", [None, 3])
    @pytest.mark.parametrize("trainable", [True, False])
    def test_survivors_are_scaled_and_masks_differ(self, seed, trainable):
        layer = layers.Dropout(0.5, seed=seed, trainable=trainable)
        first, second = (layer(self.x, training=True) for _ in range(2))
        for values in (first, second):
            kept = values != 0
            assert np.array_equal(values[kept], 2 * self.x[kept])
            assert 0.3 <= kept.mean() <= 0.7  # 10 standard errors
        assert not np.array_equal(first, second)

    def test_shared_masks(self):
        rows = layers.Dropout(0.5, noise_shape=(None, 1))(self.x, training=True) != 0
        columns = layers.Dropout(0.5, noise_shape=(1, 3))(self.x, training=True) != 0
        assert (rows == rows[:, :1]).all() and len(np.unique(rows)) == 2
        assert (columns == columns[:1]).all()
