"""Input and InputLayer."""

import pytest

from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import layers
from trimtab.program import Builder


@pytest.mark.parametrize(
    "settings",
    [
        {"shape": (3,)},
        {"shape": [3]},
        {"batch_shape": (None, 3)},
        {"batch_shape": (32, 3)},
        {"shape": (3,), "batch_size": 32},
    ],
)
def test_width(settings):
    assert layers.InputLayer(**settings).width == 3
    symbol = layers.Input(**settings)
    assert isinstance(symbol.layer, layers.InputLayer) and symbol.width == 3


def test_input_shape_is_an_older_name():
    assert layers.InputLayer(input_shape=(3,)).width == 3


def test_lowers_to_nothing():
    layer = layers.InputLayer((3,))
    layer.build(3)
    builder = Builder(3)
    assert layer.lower(builder, 0) == 0


def test_refused():
    assert_refused(
        InvalidArgument,
        "InputLayer takes shape or batch_shape, received shape=None, batch_shape=None. "
        "Use shape=(n,) for n columns.",
        layers.Input,
    )
    assert_refused(
        InvalidArgument,
        "input_shape must hold one positive integer, the number of columns, received (28, 28). "
        "trimtab trains on tables: use input_shape=[n] for n columns.",
        lambda: layers.Input((28, 28)),
    )
    assert_refused(
        InvalidArgument,
        "i was built for 3 columns, received 4.",
        lambda: layers.InputLayer((3,), name="i").build(4),
    )


@pytest.mark.parametrize("name", ["sparse", "ragged", "optional"])
def test_not_there(name):
    assert_refused(
        Unsupported,
        f"InputLayer: {name} is not supported, received {name}=True. Leave it out.",
        lambda: layers.Input((3,), **{name: True}),
    )
