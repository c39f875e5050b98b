"""Layers that adapt to rows: to batches as to the whole array."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.keras.utils import PyDataset
from trimtab.nn import layers

X = np.random.default_rng(0).normal(2.0, 3.0, (40, 3)).astype(np.float32)
BATCHES = [X[:16], X[16:32], X[32:]]


class Parts(PyDataset):
    def __len__(self) -> int:
        return len(BATCHES)

    def __getitem__(self, index: int) -> Any:
        return BATCHES[index], np.zeros(len(BATCHES[index]))


def forever() -> Iterator[Any]:
    yield from itertools.cycle(BATCHES)


#: What gives all rows, and how many batches of it to take.
WAYS: dict[str, tuple[Callable[[], Any], int | None]] = {
    "list of arrays": (lambda: list(BATCHES), None),
    "generator": (lambda: (batch for batch in BATCHES), None),
    "pairs": (lambda: iter([(batch, batch[:, 0]) for batch in BATCHES]), None),
    "data set": (Parts, None),
    "endless": (forever, 3),
}


@pytest.mark.parametrize("way", WAYS)
def test_batches_are_as_good_as_the_array(way: str) -> None:
    give, steps = WAYS[way]
    whole, parts = layers.Normalization(), layers.Normalization()
    whole.adapt(X)
    parts.adapt(give(), steps=steps)
    assert all(
        np.array_equal(a, b) for a, b in zip(whole.get_weights(), parts.get_weights(), strict=True)
    )
    assert np.any(parts.get_weights()[0] != 0)
    bins, others = layers.Discretization(num_bins=5), layers.Discretization(num_bins=5)
    bins.adapt(X)
    others.adapt(give(), steps=steps)
    assert bins.bin_boundaries == others.bin_boundaries


def test_what_is_refused() -> None:
    layer = layers.Normalization(name="n")
    assert_refused(
        InvalidArgument,
        "n.adapt needs batches of 3 columns, received shape (2, 2) in batch 1.",
        lambda: layer.adapt([X, np.ones((2, 2))]),
    )
    assert_refused(
        InvalidArgument,
        "n.adapt: steps=2 counts batches, and the rows are an array. Leave it out.",
        lambda: layer.adapt(X, steps=2),
    )
    assert_refused(
        InvalidArgument,
        "steps must be a positive integer, received 0. Leave it out for all batches.",
        lambda: layer.adapt(iter(BATCHES), steps=0),
    )
    assert_refused(
        InvalidData,
        "the generator has no batch. It must give at least one, such as (x, y). A generator that "
        "was read before is empty: make a new one.",
        lambda: layer.adapt(batch for batch in []),
    )
    assert not layer.built
