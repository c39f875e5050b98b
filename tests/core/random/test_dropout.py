"""Dropout's masks: rate, independence, and what they depend on."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tests.support.close import assert_close, assert_same_bits
from tests.support.engines import THREADS, engine, native_level, native_levels
from tests.support.programs import draw_rows, initial_state, network
from tests.support.threefry import keep_mask
from trimtab.engines import Engine, TrainCall
from trimtab.program import Builder

pytest.importorskip("trimtab.core._native", reason="the native extension is not built")

#: Chance that right masks fail one statistical test here; seeds are fixed.
ALPHA = 1e-9


def dropout(width: int, rate: float, **options: object) -> Engine:
    settings = {k: options.pop(k) for k in ("seed", "share_rows", "share_columns") if k in options}
    builder = Builder(width)
    value = builder.emit("dropout", [0], rate=rate, stream=builder.random_stream(), **settings)
    return engine("native", builder.finish(value), **options)


def masks(made: Engine, rows: int, seed: int = 1, step: int = 0) -> NDArray[np.bool_]:
    ones = np.ones((rows, made.program.input_width), np.float32)
    return made.forward(ones, training=True, seed=seed, step=step) != 0


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5, 0.77, 1e-4])
def test_rate_over_ten_million_draws(rate: float) -> None:
    made = dropout(1000, rate)
    limit = round(rate * 65536)
    kept = masks(made, 10_000)
    expected = 1 - limit / 65536
    assert stats.binomtest(int(kept.sum()), kept.size, expected).pvalue > ALPHA
    # The kept ones are scaled by the rate asked for: the mean is right to 1 / 131072 of rounding.
    value = made.forward(np.ones((8, 1000), np.float32), training=True, seed=1)
    assert_close(value[value != 0], np.full((value != 0).sum(), 1 / (1 - rate)), 1e-7)


def test_mean_and_variance_are_kept() -> None:
    rate, n = 0.4, 2_000_000
    made = dropout(1000, rate)
    x = np.random.default_rng(0).normal(1, 1, (n // 1000, 1000)).astype(np.float32)
    y = made.forward(x, training=True, seed=5).astype(float)
    deviation = np.sqrt((2 * 1 / (1 - rate) - 1) / n)
    assert abs(y.mean() - x.mean()) <= stats.norm.isf(ALPHA / 2) * deviation
    # E y^2 = E x^2 / (1 - rate)
    assert_close(np.mean(y**2), 2 / (1 - rate), 0.01)


def test_rows_and_columns_drop_evenly() -> None:
    kept = masks(dropout(512, 0.3), 2048)
    expected = 1 - round(0.3 * 65536) / 65536
    for axis in (0, 1):
        count = kept.shape[axis]
        sums = kept.sum(axis=axis)
        statistic = ((sums - count * expected) ** 2 / (count * expected * (1 - expected))).sum()
        p = stats.chi2.sf(statistic, len(sums))
        assert ALPHA < p < 1 - ALPHA, f"axis {axis}: neither too uneven nor too even"


def test_neighbours_steps_seeds_and_ops_are_independent() -> None:
    made = dropout(256, 0.5)
    base = masks(made, 1024)
    others = {
        "next column": np.roll(base, 1, axis=1),
        "lane four on": np.roll(base, 4, axis=1),
        "next row": np.roll(base, 1, axis=0),
        "next step": masks(made, 1024, step=1),
        "next seed": masks(made, 1024, seed=2),
        "seed's high word": masks(made, 1024, seed=1 + 2**32),
    }
    builder = Builder(256)
    value = builder.emit("dropout", [0], rate=0.5, stream=1)
    others["other op"] = masks(engine("native", builder.finish(value)), 1024)
    for what, other in others.items():
        agree = int((base == other).sum())
        assert stats.binomtest(agree, base.size, 0.5).pvalue > ALPHA, what


def test_patterns_of_eight_neighbours_are_equally_likely() -> None:
    kept = masks(dropout(256, 0.5), 8192).reshape(-1, 8)
    counts = np.bincount(kept @ (1 << np.arange(8)), minlength=256)
    assert stats.chisquare(counts).pvalue > ALPHA


@pytest.mark.parametrize("width", [1, 3, 4, 5, 31, 64, 130])
def test_masks_are_the_twins(width: int) -> None:
    for level in native_levels():
        for threads in THREADS:
            with native_level(level):
                made = dropout(width, 0.4, threads=threads)
            for step in (0, 3, 2**32 - 1):
                expected = keep_mask((37, width), 0.4, seed=2**40 + 9, stream=0, step=step)
                actual = masks(made, 37, seed=2**40 + 9, step=step)
                assert_same_bits(actual, expected, f"level {level!r}, {threads} threads")


def test_noise_shape() -> None:
    rows = masks(dropout(40, 0.5, share_columns=True), 300)
    assert (rows == rows[:, :1]).all()
    assert 0 < rows[:, 0].sum() < 300
    columns = masks(dropout(300, 0.5, share_rows=True), 40)
    assert (columns == columns[:1]).all()
    assert 0 < columns[0].sum() < 300


def test_extreme_rates() -> None:
    x = np.random.default_rng(0).normal(size=(20, 30)).astype(np.float32)
    assert_same_bits(dropout(30, 0.0).forward(x, training=True), x, "rate 0 is the identity")
    assert not dropout(30, 1.0).forward(x, training=True).any(), "rate 1 gives zeros"
    for rate in (0.0, 0.5, 1.0):
        assert_same_bits(dropout(30, rate).forward(x, training=False), x, "inference")


def test_a_layer_seed_replaces_the_seed_of_the_run() -> None:
    fixed = dropout(64, 0.5, seed=7)
    assert_same_bits(masks(fixed, 50, seed=1), masks(fixed, 50, seed=2))
    assert_same_bits(masks(fixed, 50, seed=1), masks(dropout(64, 0.5), 50, seed=7))
    assert (masks(fixed, 50, step=0) != masks(fixed, 50, step=1)).any(), "a new mask each step"


def test_a_called_layer_draws_a_new_mask_each_time() -> None:
    from trimtab.nn import layers

    x = np.ones((20, 30), np.float32)
    for seed in (None, 3):
        layer = layers.Dropout(0.5, seed=seed)
        first, second = layer(x, training=True), layer(x, training=True)
        assert (first != second).any()
    again = layers.Dropout(0.5, seed=3)
    assert_same_bits(again(x, training=True), first, "the same seed begins with the same mask")


def test_training_draws_a_new_mask_each_step() -> None:
    program = network(4, (32,), normalize=False, function=None, rate=0.5)
    made = engine("native", program, initial_state(program))
    rows = draw_rows(program, 8)
    result = made.train(
        TrainCall(
            rows,
            np.tile(np.arange(8), 3),
            batch_size=8,
            seed=5,
            learning_rates=np.zeros(3, np.float32),  # nothing but the masks changes
            predictions=True,
        )
    )
    first, second, third = np.split(result.predictions, 3)
    assert (first != second).any() and (second != third).any()
    for step, expected in enumerate((first, second, third)):
        made.load(initial_state(program))
        assert_same_bits(made.forward(rows.x, training=True, seed=5, step=step), expected)
