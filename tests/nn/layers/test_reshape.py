"""Rows stay flat: what Reshape takes, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.support.keras import import_keras
from tests.support.refusals import assert_refused
from trimtab import Input, Model, layers
from trimtab.errors import InvalidArgument, Unsupported

X = np.random.default_rng(0).normal(size=(5, 6)).astype(np.float32)


@pytest.mark.parametrize("shape", [(6,), (-1,), [6], (1, 6), (-1, 1)])
def test_rows_stay_as_they_are(shape: Any) -> None:
    expected = np.asarray(import_keras().layers.Reshape(shape)(X)).reshape(5, 6)
    layer = layers.Reshape(shape)
    assert np.array_equal(layer(X), expected)
    assert layers.Reshape.from_config(layer.get_config())(X).shape == (5, 6)


def test_behind_an_embedding() -> None:
    code = Input((1,))
    vector = layers.Reshape((4,))(layers.Embedding(9, 4)(code))
    model = Model(code, layers.Dense(1)(vector))
    assert model.predict(np.array([[1.0], [8.0]])).shape == (2, 1)


def test_what_is_refused() -> None:
    assert_refused(
        Unsupported,
        "Reshape: a row stays one vector, received target_shape=(2, 3). Use Reshape((-1,)), or "
        "leave it out.",
        lambda: layers.Reshape((2, 3)),
    )
    assert_refused(
        InvalidArgument,
        "r: target_shape (5,) has 5 columns, the input has 6. Use Reshape((-1,)).",
        lambda: layers.Reshape((5,), name="r")(X),
    )
    for wrong in ((), (0,), "6", (2.0,)):
        assert_refused(
            InvalidArgument,
            f"Reshape: target_shape must hold the number of columns, received {wrong!r}. Use "
            "Reshape((-1,)).",
            lambda wrong=wrong: layers.Reshape(wrong),
        )
