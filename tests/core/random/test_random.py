"""Host draws: the same bits as the NumPy twin, pinned, and spread as they should be."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from tests.support.close import assert_close, assert_same_bits
from tests.support.threefry import mix, threefry2x32, words

pytest.importorskip("trimtab.core._native", reason="the native extension is not built")

from trimtab.core import _native, random

SEEDS = (0, 1, 0xDEADBEEF, 2**63 + 12345, 2**64 - 1)
#: Chance that a right generator fails one statistical test here; seeds are fixed.
ALPHA = 1e-9


def both_words(seed: int, stream: int, index: int, count: int) -> tuple[NDArray, NDArray]:
    counters = np.arange(count, dtype=np.uint64)
    low, high = (counters & 0xFFFFFFFF).astype(np.uint32), (counters >> 32).astype(np.uint32)
    return threefry2x32(mix(seed, stream), index, low, high)


@pytest.mark.parametrize("seed", SEEDS)
def test_uniform_is_the_twin_bit_for_bit(seed: int) -> None:
    for stream in (0, random.Stream.WEIGHTS, 2**32 - 1):
        for count in (0, 1, 63, 64, 65, 1000):
            expected = (both_words(seed, stream, 7, count)[0] >> 8) * np.float32(2**-24)
            actual = random.uniform(seed, stream, 7, (count,))
            assert_same_bits(actual, expected.astype(np.float32), f"{count} uniforms")


def test_shapes_are_filled_row_by_row() -> None:
    flat = random.uniform(3, 0, 0, (12,))
    assert_same_bits(random.uniform(3, 0, 0, (3, 4)), flat.reshape(3, 4))
    assert_same_bits(
        random.uniform(3, 0, 0, (5,)), flat[:5], "a longer draw begins like a short one"
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_normal_is_the_quantile_of_the_twin(seed: int) -> None:
    word0, word1 = both_words(seed, random.Stream.WEIGHTS, 3, 50_000)
    high, low = word0.astype(np.longdouble), word1.astype(np.longdouble)
    p = ((high * 2**32 + low + 0.5) * np.longdouble(2) ** -64).astype(float)
    actual = random.normal(seed, random.Stream.WEIGHTS, 3, (50_000,))
    assert_close(actual, special.ndtri(p), 2e-7, scale=np.abs(special.ndtri(p)) + 1e-9)


def test_truncated_normal_is_the_quantile_between_two_deviations() -> None:
    word0, word1 = both_words(11, random.Stream.WEIGHTS, 3, 50_000)
    u = (word0.astype(float) * 2**32 + word1 + 0.5) * 2.0**-64
    low, high = special.ndtr(-2.0), special.ndtr(2.0)
    expected = special.ndtri(low + u * (high - low))
    actual = random.normal(11, random.Stream.WEIGHTS, 3, (50_000,), truncated=True)
    assert_close(actual, expected, 1e-6, scale=1)
    assert (np.abs(actual) <= 2).all()


def test_normals_are_normal() -> None:
    plain = random.normal(5, 0, 0, (200_000,))
    assert stats.kstest(plain, "norm").pvalue > ALPHA
    truncated = random.normal(5, 0, 1, (200_000,), truncated=True)
    assert stats.kstest(truncated, stats.truncnorm(-2, 2).cdf).pvalue > ALPHA


def test_streams_indices_and_seeds_are_independent() -> None:
    n = 100_000
    draws = [
        random.uniform(seed, stream, index, (n,)).astype(float) - 0.5
        for seed, stream, index in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (2**32, 0, 0))
    ]
    draws.append(np.roll(draws[0], 1))
    bound = stats.norm.isf(ALPHA / 2) / np.sqrt(n)
    correlations = np.corrcoef(draws)[np.triu_indices(len(draws), 1)]
    assert (np.abs(correlations) <= bound).all()


@pytest.mark.parametrize("n", [0, 1, 2, 3, 100, 1000, 65_536, 65_537, 200_001])
def test_permutations_are_permutations(n: int) -> None:
    order = random.permutation(9, random.Stream.ORDER, 4, n)
    assert order.dtype == np.int64
    assert_same_bits(np.sort(order), np.arange(n))
    assert_same_bits(random.permutation(9, random.Stream.ORDER, 4, n), order)
    if n >= 100:
        for seed, index in ((9, 5), (10, 4)):
            other = random.permutation(seed, random.Stream.ORDER, index, n)
            assert (other == order).mean() < 0.1
        assert (order == np.arange(n)).mean() < 0.1


def test_a_permutation_is_a_fisher_yates_shuffle_of_the_twin() -> None:
    n = 500
    high, low = both_words(9, random.Stream.ORDER, 4, 600)
    drawn = [(int(a) << 32) | int(b) for a, b in zip(high, low, strict=True)]
    expected = list(range(n))
    for i, word in zip(range(n - 1, 0, -1), drawn, strict=False):
        # Lemire 2019: the high half of the product; redraws are too rare to happen here.
        product = word * (i + 1)
        assert product % 2**64 >= i + 1
        j = product >> 64
        expected[i], expected[j] = expected[j], expected[i]
    assert random.permutation(9, random.Stream.ORDER, 4, n).tolist() == expected


def test_small_permutations_are_equally_likely() -> None:
    draws = 24_000
    orders = np.array([random.permutation(1, 0, index, 4) for index in range(draws)])
    codes = orders @ [64, 16, 4, 1]
    _, counts = np.unique(codes, return_counts=True)
    assert len(counts) == 24
    assert stats.chisquare(counts).pvalue > ALPHA


@pytest.mark.parametrize("n", [1000, 70_000])
def test_every_position_gets_every_value(n: int) -> None:
    # Where the first, middle and last tenth of the values go, over several permutations.
    table = np.zeros((10, 10))
    for index in range(20):
        order = random.permutation(2, 0, index, n)
        table += np.histogram2d(np.arange(n), order, bins=10, range=[[0, n], [0, n]])[0]
    # Rows and columns are fixed sums: 9 x 9 degrees of freedom.
    expected = 20 * n / 100
    statistic = float(((table - expected) ** 2 / expected).sum())
    assert stats.chi2.sf(statistic, 81) > ALPHA


def test_native_threefry_and_mix_are_the_twins() -> None:
    for seed in SEEDS:
        key, counter = words(seed), words(seed ^ 0x0123456789ABCDEF)
        expected = tuple(int(word) for word in threefry2x32(*key, *counter))
        assert tuple(_native.threefry2x32(*key, *counter)) == expected
        assert _native.mix(seed, 12) == mix(seed, 12)


def test_derived_seeds_differ() -> None:
    seeds = {
        random.derive(seed, stream, index)
        for seed in SEEDS
        for stream in (0, 5)
        for index in range(50)
    }
    assert len(seeds) == len(SEEDS) * 2 * 50
    assert all(0 <= seed < 2**64 for seed in seeds)


# Written down when the streams were fixed. They must never change: every seeded run depends on
# them, on every machine.
PINNED_UNIFORM = [0.897223949432373, 0.8231398463249207, 0.7117533087730408, 0.3047668933868408]
PINNED_NORMAL = [0.34962278604507446, -0.03245139122009277, 0.6154831051826477, 2.0182578563690186]
PINNED_TRUNCATED = [
    0.3330976366996765,
    -0.030974360182881355,
    0.5839616656303406,
    1.7109925746917725,
]
PINNED_ORDER = [10, 7, 2, 3, 4, 5, 1, 11, 8, 6, 0, 9]
PINNED_LONG_ORDER = [69812, 13448, 36019, 29921, 50851, 36430]
PINNED_SEED = 16763693067328314943


def test_pinned_numbers() -> None:
    weights, order = random.Stream.WEIGHTS, random.Stream.ORDER
    assert random.uniform(42, weights, 0, (4,)).tolist() == PINNED_UNIFORM
    assert random.normal(42, weights, 1, (4,)).tolist() == PINNED_NORMAL
    assert random.normal(42, weights, 1, (4,), truncated=True).tolist() == PINNED_TRUNCATED
    assert random.permutation(42, order, 0, 12).tolist() == PINNED_ORDER
    long = random.permutation(42, order, 0, 70_000)
    assert long[:6].tolist() == PINNED_LONG_ORDER
    assert random.derive(42, random.Stream.MODELS, 1) == PINNED_SEED
