"""Gradients of tables on JAX: two ways to add them up, and what each is for."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from tests.support.close import EPSILON, assert_close, assert_same_bits

jax = pytest.importorskip("jax", reason="JAX is not installed")

from trimtab.engines.jax.embedding import one_by_one, run_by_run  # noqa: E402 - it imports JAX

#: Compiled as one: operation by operation, XLA would compile each of theirs.
WAYS = {
    "one by one": jax.jit(one_by_one, static_argnums=0),
    "run by run": jax.jit(run_by_run, static_argnums=0),
}


def drawn(rows: int, size: int, dim: int, seed: int = 0) -> tuple[Any, Any]:
    generator = np.random.default_rng([rows, size, dim, seed])
    numbers = generator.integers(0, size, rows).astype(np.int32)
    return numbers, generator.normal(size=(rows, dim)).astype(np.float32)


def added(size: int, numbers: Any, gradients: Any) -> Any:
    sums = np.zeros((size, gradients.shape[1]))
    np.add.at(sums, numbers, gradients)
    return sums


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("rows", "size", "dim"),
    [(1, 1, 1), (1, 5, 3), (7, 3, 2), (64, 5, 3), (33, 500, 4), (200, 1, 2)],
)
def test_sums(way: str, rows: int, size: int, dim: int) -> None:
    numbers, gradients = drawn(rows, size, dim)
    expected = added(size, numbers, gradients)
    largest = added(size, numbers, np.abs(gradients))
    actual = WAYS[way](size, numbers, gradients)
    assert_close(actual, expected, rows * EPSILON, scale=largest + 1, what=way)


@pytest.mark.parametrize("way", WAYS)
def test_nan_stays_in_its_row(way: str) -> None:
    numbers = np.array([2, 0, 2, 1, 0], np.int32)
    gradients = np.array([[1], [2], [np.nan], [np.inf], [4]], np.float32)
    actual = WAYS[way](4, numbers, gradients)
    assert_close(actual, [[6], [np.inf], [np.nan], [0]], 0.0, same_nan=True)


@pytest.mark.parametrize("way", WAYS)
def test_members_of_a_population(way: str) -> None:
    several = [drawn(20, 6, 3, seed) for seed in range(3)]
    numbers, gradients = (np.stack(each) for each in zip(*several, strict=True))
    actual = jax.jit(jax.vmap(partial(WAYS[way], 6)))(numbers, gradients)
    for member, own in enumerate(several):
        assert_same_bits(actual[member], WAYS[way](6, *own), way)


def test_an_order_of_its_own() -> None:
    """That of the numbers, and in each the order in which its rows come: nothing else counts."""
    numbers, gradients = drawn(60, 4, 2)
    added_up = WAYS["run by run"]
    whole = np.asarray(added_up(4, numbers, gradients))
    by_number = np.argsort(numbers, kind="stable")
    assert_same_bits(added_up(4, numbers[by_number], gradients[by_number]), whole)
