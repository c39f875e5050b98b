"""DropConnect: lowering, masks on the kernel, training, refusals."""

import numpy as np
import pytest

from tests.support.close import assert_close
from tests.support.refusals import assert_refused
from tests.support.small import small_data
from trimtab import Sequential
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import layers
from trimtab.program import Builder


def lowered(*stack, width=3):
    builder, value = Builder(width), 0
    for layer in stack:
        layer.build(width)
        value = layer.lower(builder, value)
        width = layer.output_width
    return builder.finish(value)


def test_lowering():
    layer = layers.DropConnect(2, 0.3, activation="relu", seed=7, name="d")
    assert str(lowered(layer)) == (
        "%0 = input (3)\n"
        "%1 = drop_connect(%0, d/kernel, rate=0.3, stream=0, seed=7) (2)\n"
        "%2 = bias(%1, d/bias) (2)\n"
        "%3 = activation(%2, function='relu', alpha=1.0, negative_slope=0.0, threshold=0.0, "
        "max_value=inf) (2)\n"
        "output %3"
    )


def test_rate_0_is_a_dense_layer_and_moves_no_other_stream():
    program = lowered(layers.DropConnect(4, 0, use_bias=False), layers.DropConnect(2, 0.5))
    assert [op.kind for op in program.ops] == ["matmul", "drop_connect", "bias"]
    assert program.ops[1].stream == 1


def test_weights_are_those_of_a_dense_layer():
    ours, theirs = layers.DropConnect(4, 0.5), layers.Dense(4)
    for layer in (ours, theirs):
        layer.build(3)
    assert [(w.name, w.shape) for w in ours.weights] == [(w.name, w.shape) for w in theirs.weights]


@pytest.mark.parametrize("rate", [1.3, "0.5", None])
def test_rate_refused(rate):
    assert_refused(
        InvalidArgument,
        f"rate must be a float between 0 and 1, received {rate!r}. "
        "Use rate=0.3 to drop 30 % of the units.",
        lambda: layers.DropConnect(2, rate),
    )


def test_arguments_refused():
    assert_refused(
        InvalidArgument,
        "units must be a positive integer, received 0.",
        lambda: layers.DropConnect(0, 0.5),
    )
    with pytest.raises(Unsupported, match="lora_rank is not supported"):
        layers.DropConnect(2, 0.5, lora_rank=4)
    with pytest.raises(InvalidArgument, match="DropConnect has no argument 'nois'"):
        layers.DropConnect(2, 0.5, nois=3)


def test_one_mask_for_all_rows_and_another_each_time():
    layer = layers.DropConnect(40, 0.25, kernel_initializer="ones", use_bias=False)
    x = np.eye(30, dtype=np.float32)  # the output is the kernel
    first, second = (layer(x, training=True) for _ in range(2))
    for kernel in (first, second):
        assert set(np.unique(kernel)) == {0, np.float32(1 / 0.75)}
        assert abs((kernel == 0).mean() - 0.25) <= 5 * np.sqrt(0.25 * 0.75 / 1200)
    assert not np.array_equal(first, second)
    assert np.array_equal(layer(x), np.ones((30, 40)))
    assert not layers.DropConnect(4, 1.0, use_bias=False)(x, training=True).any()


def test_dropped_weights_stay_and_kept_ones_move():
    x, y = small_data(32)
    layer = layers.DropConnect(6, 0.5, kernel_initializer="ones", input_shape=[3])
    model = Sequential([layer, layers.Dense(1, kernel_initializer="ones")], seed=3)
    model.compile("sgd", "mse")
    model.fit(x, y, batch_size=32, shuffle=False, verbose=0)
    masked = lowered(layers.DropConnect(6, 0.5))  # the op at the same place
    from trimtab.engines import EngineState
    from trimtab.engines.choosing import make_engine

    engine = make_engine(masked, "native")
    empty = np.zeros(0, np.float32)
    engine.load(EngineState(np.append(np.ones(18), np.zeros(6)).astype(np.float32), empty, empty))
    kept = engine.forward(np.eye(3, dtype=np.float32), training=True, seed=3, step=0) != 0
    moved = model.get_weights()[0] != 1
    assert 0 < kept.sum() < 18
    assert np.array_equal(moved, kept)


@pytest.mark.parametrize("engine", ["native", "jax"])
def test_it_learns(engine):
    x, y = small_data(200)
    model = Sequential(
        [layers.DropConnect(32, 0.2, activation="relu", input_shape=[3]), layers.Dense(1)], seed=2
    )
    model.compile("adam", "mae", engine=engine)
    history = model.fit(x, y, epochs=60, verbose=0, validation_split=0.2).history
    assert history["val_loss"][-1] <= 0.4 * history["val_loss"][0]


def test_engines_train_alike():
    x, y = small_data(50)
    runs = []
    for engine in ("native", "jax"):
        model = Sequential(
            [
                layers.DropConnect(17, 0.3, activation="tanh", input_shape=[3]),
                layers.DropConnect(1, 0.5),
            ],
            seed=2,
        )
        model.compile("sgd", "mse", engine=engine)
        losses = model.fit(x, y, epochs=3, batch_size=16, verbose=0).history["loss"]
        runs.append((losses, model.get_weights()))
    assert_close(runs[0][0], runs[1][0], 1e-5)
    for one, other in zip(runs[0][1], runs[1][1], strict=True):
        assert_close(one, other, 1e-5)
