"""Layers of one's own: what they may be written like, what they compute, what is refused."""

import copy
import inspect
import pickle

import numpy as np
import pytest

from tests.support.close import assert_close, assert_same_bits
from tests.support.keras import import_keras
from tests.support.processes import run_python
from tests.support.refusals import assert_refused
from tests.support.small import small_data
from trimtab import Sequential
from trimtab.engines import Rows
from trimtab.errors import EngineError, InvalidArgument, InvalidData, NotBuilt, Unsupported
from trimtab.nn import layers
from trimtab.nn.layers import Layer, Weight

jax = pytest.importorskip("jax", reason="JAX is not installed")
import jax.numpy as jnp  # noqa: E402 - where there is one

X, Y = small_data(rows=10)


class Cross(Layer):
    """A low-rank quadratic step that counts its training steps."""

    def __init__(self, rank=2, **kwargs):
        super().__init__(**kwargs)
        self.rank = rank

    def build(self, input_shape):
        self.count = self.add_weight(trainable=False, initializer="zeros", name="count")
        self.kernel = self.add_weight(
            shape=(input_shape[-1], self.rank), regularizer="l2", name="kernel"
        )

    def call(self, x, training=False):
        if training:
            self.count.assign(self.count + 1)
        return x + (x @ self.kernel) @ jnp.transpose(self.kernel)

    def get_config(self):
        return {**super().get_config(), "rank": self.rank}


class OwnDense(Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight((input_shape[-1], self.units), name="kernel")
        self.bias = self.add_weight((self.units,), "zeros", name="bias")

    def call(self, x):
        return jax.nn.relu(x @ self.kernel + self.bias)


class Times(Layer):
    """Without weights; its attribute counts."""

    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x):
        return x * self.factor


class Noise(Layer):
    def call(self, x, training=False):
        return x + jax.random.normal(self.random_key(), x.shape) if training else x


class Block(Layer):
    """Holds layers of trimtab and of one's own."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.stack = [layers.Dense(4, activation="tanh"), layers.BatchNormalization(momentum=0.5)]
        self.last = OwnDense(3)

    def call(self, x):
        for layer in self.stack:
            x = layer(x)
        return self.last(x)


def model_of(*stack, loss="mse", optimizer="sgd", seed=3, **options):
    model = Sequential([layers.Input((3,)), *stack, layers.Dense(1)], seed=seed)
    model.compile(optimizer, loss, **options)
    return model


def calling(function, name="small", **members):
    """A layer whose ``call`` is this function."""
    return type("Small", (Layer,), {"call": function, **members})(name=name)


# -- what it computes -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def twins():
    """The same network, hidden layer of trimtab's and of one's own, trained on JAX alike."""
    trained = []
    for hidden in (layers.Dense(5, activation="relu"), OwnDense(5)):
        model = model_of(hidden, optimizer="adam", engine="jax")
        history = model.fit(X, Y, epochs=2, batch_size=4, verbose=0)
        trained.append((model, history.history["loss"]))
    return trained


def test_a_dense_layer_of_ones_own_is_the_built_in_one(twins):
    (ours, loss), (own, own_loss) = twins
    assert_close(own_loss, loss, 1e-6)
    for a, b in zip(own.get_weights(), ours.get_weights(), strict=True):
        assert_close(a, b, 1e-6)
    assert_close(own.predict(X), ours.predict(X), 1e-6)


def test_gradients_are_those_of_central_differences():
    model = model_of(Cross(), loss="mse")
    program = model.program()
    probe = model.training_engine().probe(Rows(X, Y[:, None]), training=True)
    start = {slot.name: w.numpy().astype(float) for slot, w in _slots(model)}

    def loss(kernel, last, bias):
        hidden = X + (X @ kernel) @ kernel.T
        penalty = 0.01 * np.sum(kernel**2)
        return np.mean((hidden @ last + bias - Y[:, None]) ** 2) + penalty

    weights = list(start.values())
    assert_close(probe.loss, loss(*weights), 1e-6)
    for number, slot in enumerate(program.parameters):
        gradient = np.empty(slot.size)
        for i in range(slot.size):
            ends = []
            for h in (1e-5, -1e-5):
                moved = [w.copy() for w in weights]
                moved[number].reshape(-1)[i] += h
                ends.append(loss(*moved))
            gradient[i] = (ends[0] - ends[1]) / 2e-5
        assert_close(probe.gradients[slot.place], gradient, 1e-5, what=slot.name)


def _slots(model):
    by_path = {weight.path: weight for weight in model.weights}
    return [(slot, by_path[slot.name]) for slot in model.program().parameters]


def test_state_moves_in_training_and_nowhere_else():
    model = model_of(Cross())
    cross = model.layers[0]
    model.fit(X, Y, epochs=2, batch_size=4, verbose=0)
    assert cross.count.numpy() == 6
    model.predict(X)
    model.evaluate(X, Y, verbose=0)
    model(X)
    assert cross.count.numpy() == 6
    model(X, training=True)
    assert cross.count.numpy() == 7
    alone = Cross()
    alone(X)
    assert alone.count.numpy() == 0
    alone(X, training=True)
    assert alone.count.numpy() == 1


def test_an_attribute_that_is_set_takes_effect():
    model = model_of(Times(2.0), layers.ReLU())
    before = model(X)
    model.layers[0].factor = -2.0
    after = model(X)
    kernel, bias = model.get_weights()
    assert_close(before, np.maximum(2 * X, 0) @ kernel + bias, 1e-6)
    assert_close(after, np.maximum(-2 * X, 0) @ kernel + bias, 1e-6)


def test_an_attribute_of_a_layer_inside_takes_effect():
    class Outer(Layer):
        def __init__(self):
            super().__init__()
            self.inner = Times(2.0)

        def call(self, x):
            return self.inner(x)

    model = model_of(Outer())
    kernel, bias = model.get_weights()
    model(X)
    model.layers[0].inner.factor = 3.0
    assert_close(model(X), 3 * X @ kernel + bias, 1e-6)


def test_products_take_all_bits_on_accelerators_too():
    seen = []

    def watched(self, x):
        seen.append(jax.config.jax_default_matmul_precision)
        return x @ self.kernel

    layer = calling(watched, build=lambda self, _: setattr(self, "kernel", self.add_weight((3, 2))))
    before = jax.config.jax_default_matmul_precision
    layer(X)
    assert seen[-1] == "highest" and jax.config.jax_default_matmul_precision == before


def test_it_is_compiled_once_until_an_attribute_is_set():
    traces = []

    def counted(self, x):
        traces.append(x.shape)
        return x * self.factor

    layer = calling(counted, factor=1.0)
    model = model_of(layer)
    model.fit(X, Y, batch_size=5, verbose=0)
    first = len(traces)
    model.optimizer.learning_rate = 0.5
    model.fit(X, Y, batch_size=5, epochs=3, verbose=0)
    model.set_weights(model.get_weights())
    model.fit(X, Y, batch_size=5, verbose=0)
    assert len(traces) == first
    layer.factor = 2.0
    model.fit(X, Y, batch_size=5, verbose=0)
    assert len(traces) > first


def test_inside_a_block_of_trimtabs():
    block = layers.Residual([Cross(name="cross"), Times(0.5)], name="block")
    cross = block.layers[0]
    y = block(X, training=True)
    assert_close(y, X + 0.5 * (X + (X @ cross.kernel) @ cross.kernel.T), 1e-6)
    assert cross.count.path == "block/cross/count" and cross.count.numpy() == 1


def test_its_batches_are_true_ones():
    """Nothing is filled up: the last batch of 10 rows by 4 has 2."""
    seen = calling(
        lambda self, x: self.rows.assign(x.shape[0]) or x,
        build=lambda self, shape: setattr(self, "rows", self.add_weight((), trainable=False)),
    )
    model = model_of(seen)
    model.fit(X, Y, batch_size=4, verbose=0)
    assert seen.rows.numpy() == 2


def test_frozen_weights_stay_and_state_still_moves():
    model = model_of(Cross())
    cross = model.layers[0]
    kernel = cross.kernel.numpy()
    cross.trainable = False
    model.fit(X, Y, batch_size=5, verbose=0)
    assert_same_bits(cross.kernel.numpy(), kernel)
    assert cross.count.numpy() == 2 and cross.trainable_weights == []


# -- random keys ----------------------------------------------------------------------------------


def test_random_keys_change_from_step_to_step_and_repeat_with_the_seed():
    noise = Noise()
    first, second = noise(X, training=True), noise(X, training=True)
    assert np.unique(np.concatenate([first - X, second - X])).size == 2 * X.size
    assert_same_bits(noise(X), X)
    losses = []
    for seed in (3, 3, 4):
        model = model_of(Noise(), Noise(), seed=3)
        model._run_seed = seed
        losses.append(model.fit(X, Y, epochs=2, batch_size=5, verbose=0).history["loss"])
    assert losses[0] == losses[1] and losses[0] != losses[2]
    batches = model_of(Noise(), Noise(), seed=3)
    for _ in range(2):
        for start in (0, 5):
            batches.train_on_batch(X[start : start + 5], Y[start : start + 5])
    whole = model_of(Noise(), Noise(), seed=3)
    whole.fit(X, Y, epochs=2, batch_size=5, shuffle=False, verbose=0)
    for a, b in zip(batches.get_weights(), whole.get_weights(), strict=True):
        assert_same_bits(a, b)


def test_two_keys_of_one_call_and_of_two_layers_differ():
    def two(self, x):
        a, b = (jax.random.normal(self.random_key(), x.shape) for _ in range(2))
        return jnp.concatenate([x, a, b], axis=1)

    model = Sequential([layers.Input((3,)), calling(two), calling(two, "other")], seed=1)
    drawn = np.asarray(model(X, training=True))
    assert drawn.shape == (10, 27) and np.unique(drawn).size == drawn.size


# -- layers inside --------------------------------------------------------------------------------


def test_layers_inside_are_built_named_and_trained_as_the_same_layers_in_a_row():
    model = model_of(Block(name="block"), optimizer="adam")
    flat = model_of(
        layers.Dense(4, activation="tanh"), layers.BatchNormalization(momentum=0.5), OwnDense(3)
    )
    flat.compile("adam", "mse", engine="jax")
    assert [weight.path for weight in model.layers[0].weights] == [
        "block/stack.0/kernel",
        "block/stack.0/bias",
        "block/stack.1/gamma",
        "block/stack.1/beta",
        "block/stack.1/moving_mean",
        "block/stack.1/moving_variance",
        "block/last/kernel",
        "block/last/bias",
    ]
    for a, b in zip(model.get_weights(), flat.get_weights(), strict=True):
        assert_same_bits(a, b, "weights are drawn in the same order")
    for each in (model, flat):
        each.fit(X, Y, epochs=2, batch_size=5, verbose=0)
    for a, b in zip(model.get_weights(), flat.get_weights(), strict=True):
        assert_close(a, b, 2e-6)
    assert_close(model.predict(X), flat.predict(X), 2e-6)
    assert model.layers[0].output_width == 3 and model.count_params() == flat.count_params()


def test_dropout_inside_drops_in_training_only_and_anew():
    class Drops(Layer):
        def __init__(self):
            super().__init__()
            self.a, self.b = layers.Dropout(0.5), layers.Dropout(0.5, seed=3)

        def call(self, x):
            return jnp.concatenate([self.a(x), self.b(x)], axis=1)

    layer = Drops()
    x = np.ones((64, 8), np.float32)
    assert_same_bits(layer(x), np.ones((64, 16), np.float32))
    first, second = layer(x, training=True), layer(x, training=True)
    for drawn in (first, second):
        assert set(np.unique(drawn)) == {0.0, 2.0}
        assert 0.4 <= np.mean(drawn) / 2 <= 0.6
        assert (drawn[:, :8] != drawn[:, 8:]).any()
    assert (first != second).any()


def test_a_frozen_layer_inside_stays():
    model = model_of(Block())
    block = model.layers[0]
    block.stack[0].trainable = False
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    same = [np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert same[:2] == [True, True] and not any(same[2:])


def test_call_in_a_subclass_of_a_layer_goes_before_what_the_layer_lowers():
    class Clipped(layers.Dense):
        def call(self, x):
            return jnp.clip(super().call(x), -0.25, 0.25)

    layer = Clipped(4)
    wide = layers.Dense(4)
    wide.build(3)
    layer.build(3)
    layer.kernel.assign(np.full((3, 4), 2.0))
    layer.bias.assign(np.zeros(4))
    expected = np.clip(2 * X.sum(axis=1, keepdims=True), -0.25, 0.25)
    assert_close(layer(X), np.repeat(expected, 4, axis=1), 1e-6)

    class Lowered(Clipped):
        def lower(self, builder, value):
            return layers.Dense.lower(self, builder, value)

    again = Lowered(4)
    again.build(3)
    again.set_weights(layer.get_weights())
    assert_close(again(X), np.repeat(2 * X.sum(axis=1, keepdims=True), 4, axis=1), 1e-6)


def test_call_of_a_built_in_layer_outside_runs_it():
    layer = layers.ReLU()
    assert layer.call([[-1.0, 2.0]]).tolist() == [[0.0, 2.0]]


def test_a_layer_that_only_training_calls_is_built_too():
    class Rare(Layer):
        def __init__(self, late=False):
            super().__init__(name="rare")
            self.on, self.late = False, late
            self.inner = layers.Dense(3, name="inner")

        def call(self, x, training=False):
            return self.inner(x) if (self.on if self.late else training) else x

    layer = Rare()
    assert_same_bits(layer(X), X)
    assert_close(layer(X, training=True), X @ layer.inner.kernel, 1e-6)
    late = Rare(late=True)
    late(X)
    late.on = True
    assert_refused(
        NotBuilt,
        "rare/inner was not called when rare was built, so it has no weights. Call its build() in "
        "build.",
        lambda: late(X),
    )


# -- shapes and weights ---------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, 3), (3,), 3, [3]])
def test_build_is_given_the_shape_that_keras_gives(shape):
    seen = []
    layer = calling(lambda self, x: x, build=lambda self, given: seen.append(given))
    assert not layer.built
    layer.build(shape)
    layer.build(shape)  # once is enough
    assert seen == [(None, 3)] and layer.built and layer.output_width == 3
    assert_refused(
        InvalidArgument, "small was built for 3 columns, received 4.", lambda: layer.build(4)
    )


def test_habits_of_keras_in_build():
    class Old(Layer):
        def build(self, input_shape):
            super().build(input_shape)
            self.w = self.add_weight(shape=input_shape[-1], name="w", dtype="float32")
            self.built = True

        def call(self, inputs, training=None, **unused):
            return inputs * self.w

    layer = Old()
    layer.build((None, 3))
    assert layer.w.shape == (3,) and layer.count_params() == 3


def test_a_build_that_failed_leaves_nothing():
    class Fails(Layer):
        broken = True

        def build(self, input_shape):
            self.w = self.add_weight((3,), name="w")
            if self.broken:
                raise RuntimeError("not yet")

        def call(self, x):
            return x * self.w

    layer = Fails()
    with pytest.raises(RuntimeError, match="not yet"):
        layer.build(3)
    assert not layer.built and layer.weights == []
    layer.broken = False
    layer.build(3)
    assert [w.name for w in layer.weights] == ["w"]


def test_the_output_width_is_traced_or_stated():
    def wider(self, x):
        return jnp.concatenate([x, x], axis=1)

    layer = calling(wider)
    layer.build(3)
    assert layer.output_width == 6
    stated = calling(wider, compute_output_shape=lambda self, shape: (shape[0], 2 * shape[1]))
    stated.build(3)
    assert stated.output_width == 6
    wrong = calling(wider, compute_output_shape=lambda self, shape: shape)
    assert_refused(
        EngineError,
        "small: call must return an array of shape (10, 3) (one row per input row, and the width "
        "that the layer was built with), received (10, 6).",
        lambda: wrong(X),
    )
    unbuilt = calling(wider)
    assert_refused(
        NotBuilt,
        "small is not built yet. Call build((None, n)) or fit() first.",
        lambda: unbuilt.compute_output_shape((None, 3)),
    )
    for cls in (layers.Dense(5), layers.Residual(layers.Dense(5)), layers.Dropout(0.5)):
        assert cls.compute_output_shape((None, 4)) == (None, 4 if cls.name[:2] == "dr" else 5)


def test_weights_in_keras_order_and_with_its_defaults():
    layer = Cross()
    layer.build(3)
    assert [weight.name for weight in layer.weights] == ["kernel", "count"]
    assert [weight.name for weight in layer.trainable_weights] == ["kernel"]
    assert [weight.name for weight in layer.non_trainable_weights] == ["count"]
    plain = Layer()
    assert [plain.add_weight().path.rsplit("/")[-1] for _ in range(3)] == [
        "variable",
        "variable_1",
        "variable_2",
    ]
    assert plain.weights[0].shape == () and plain.add_weight(4, "ones").shape == (4,)
    keras = import_keras()
    theirs = inspect.signature(keras.layers.Layer.add_weight).parameters
    ours = inspect.signature(Layer.add_weight).parameters
    assert list(ours) == [name for name in theirs if name != "args"]
    for name, parameter in ours.items():
        assert parameter.default == theirs[name].default


def test_weights_count_as_arrays():
    layer = layers.Dense(2, use_bias=False)
    layer.build(3)
    w = layer.kernel
    w.assign(np.arange(6.0).reshape(3, 2))
    array = w.numpy()
    for ours, plain in (
        (X @ w, X @ array),
        (w.T @ w, array.T @ array),
        (w + 1, array + 1),
        (1 - w, 1 - array),
        (w - 1, array - 1),
        (2.0 * w, 2 * array),
        (w / 2, array / 2),
        (1 / (w + 1), 1 / (array + 1)),
        (w**2, array**2),
        (2.0**w, 2.0**array),
        (-w, -array),
        (abs(-w), array),
        (w + w, 2 * array),
        (w[1], array[1]),
        (w > 2, array > 2),
        (w <= 2, array <= 2),
        (np.sqrt(w), np.sqrt(array)),
        (array + w, 2 * array),
        (jnp.dot(X, w), X @ array),
        (np.stack(list(w)), array),
    ):
        assert_close(ours, plain, 1e-6)
    assert w.ndim == 2 and w.dtype == np.float32 and len(w) == 3 and float(w[1, 1]) == 3.0
    w.assign_add(np.ones((3, 2)))
    w.assign_sub(2 * w)
    assert_close(w.numpy(), -(array + 1), 1e-6)


def test_weights_count_as_arrays_inside_call():
    def every_way(self, x):
        w = self.w
        assert isinstance(w, Weight) and w.shape == (3, 3) and w.ndim == 2
        found = [
            x @ w,
            jnp.dot(x, w),
            jnp.matmul(x, w.T.T),
            jnp.einsum("ij,jk->ik", x, w),
            x @ w.value,
            x @ jnp.asarray(w),
            jax.vmap(lambda row: row @ w)(x),
            jax.jit(lambda kernel: x @ kernel)(w),
            jax.lax.dot(x, w.value),
            x @ (2 * w - 1 * w) ** 1,
            x @ jnp.stack([w[0], w[1], w[2]]),
            x @ (np.eye(3, dtype=np.float32) @ w),
            x @ jnp.where(w > 0, w, -abs(-w)),
            x @ jnp.log(jnp.exp(w)),
        ]
        assert w.dtype == x.dtype
        gate = jax.nn.sigmoid(w) * 0
        return sum(found) / len(found) + jnp.sum(gate)

    layer = calling(
        every_way, build=lambda self, _: setattr(self, "w", self.add_weight((3, 3), name="w"))
    )
    result = layer(X)
    assert_close(result, X @ layer.w.numpy(), 1e-5)


def test_models_with_layers_of_ones_own_are_copied_and_pickled():
    model = model_of(Cross(name="cross"))
    model.fit(X, Y, verbose=0)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert_same_bits(other.predict(X), model.predict(X))
        other.fit(X, Y, verbose=0)
        assert other.layers[0].count.numpy() == 2 and model.layers[0].count.numpy() == 1


# -- refusals -------------------------------------------------------------------------------------


def with_weight(function, **settings):
    def build(self, input_shape):
        self.w = self.add_weight((3,), name="w", **settings)

    return calling(function, build=build)


def setting(self, x):
    self.last = x
    return x


def adding(self, x):
    return x * self.add_weight((3,), name="late")


STRANGER = layers.Dense(3, name="stranger")
RETURNS = "small: call must return an array (rows, units), received "


@pytest.mark.parametrize(
    ("layer", "error", "text"),
    [
        (lambda: calling(lambda self, x: None), InvalidArgument, RETURNS + "NoneType."),
        (lambda: calling(lambda self, x: x[:, 0]), InvalidArgument, RETURNS + "shape (17,)."),
        (lambda: calling(lambda self, x: (x, x)), InvalidArgument, RETURNS + "tuple."),
        (
            lambda: calling(lambda self, x: x[:1]),
            InvalidArgument,
            "small: call must return (rows, units), one row for each row of x; from (17, 3) it "
            "made (1, 3).",
        ),
        (
            lambda: calling(lambda self, x: x, compute_output_shape=lambda self, shape: 0),
            InvalidArgument,
            "small: compute_output_shape must return (None, units), received 0.",
        ),
        (
            lambda: with_weight(lambda self, x: self.w.assign(self.w + 1) or x),
            InvalidArgument,
            "small/w is what the optimizer moves; call cannot assign it. Use "
            "add_weight(..., trainable=False) for what call moves.",
        ),
        (
            lambda: with_weight(lambda self, x: self.w.assign(x) or x, trainable=False),
            InvalidArgument,
            "small/w has shape (3,), received an array of shape (17, 3).",
        ),
        (
            lambda: with_weight(lambda self, x: x * jax.lax.exp(self.w)),
            EngineError,
            "small: functions of jax.lax take arrays, not weights. Write self.kernel.value for "
            "the array of self.kernel.",
        ),
        (
            lambda: calling(setting),
            InvalidArgument,
            "small: call sets self.last, which would happen once, when call is compiled. Keep "
            "what moves in add_weight(..., trainable=False) and its assign(); set other attributes "
            "in __init__ or build.",
        ),
        (
            lambda: calling(adding),
            InvalidArgument,
            "small: call adds a weight, which would be another one each time that call is "
            "compiled. Add weights in build.",
        ),
        (
            lambda: calling(lambda self, x: STRANGER(x)),
            InvalidArgument,
            "stranger is used inside the call of small, which does not hold it. Make it in "
            "__init__ or build, and keep it in an attribute.",
        ),
        (
            lambda: Layer(name="bare"),
            NotImplementedError,
            "Layer computes nothing. Write call(self, x), in jax.numpy; see the documentation of "
            "trimtab.layers.Layer.",
        ),
    ],
)
def test_refused_when_called(layer, error, text):
    assert_refused(error, text, lambda: layer()(X))


@pytest.mark.parametrize(
    ("action", "error", "text"),
    [
        (
            lambda layer: layer.add_weight("kernel", (3,)),
            InvalidArgument,
            "Layer.add_weight takes the shape first, received 'kernel'. Use "
            "add_weight(shape=..., name='kernel').",
        ),
        (
            lambda layer: layer.add_weight((0,)),
            InvalidArgument,
            "Layer.add_weight: size must be a positive integer, received 0.",
        ),
        (
            lambda layer: layer.add_weight((1,), dtype="int32"),
            Unsupported,
            "Layer.add_weight: dtype must be 'float32', received 'int32'.",
        ),
        (
            lambda layer: layer.add_weight((1,), overwrite_with_gradient=True),
            Unsupported,
            "Layer.add_weight: overwrite_with_gradient is not supported, received "
            "overwrite_with_gradient=True. Leave it out.",
        ),
        (
            lambda layer: [layer.add_weight((1,), name="w") for _ in range(2)],
            InvalidArgument,
            "bare already has a weight named 'w'. Give one of the two another name.",
        ),
        (
            lambda layer: layer.add_weight((1,), name="a/b"),
            InvalidArgument,
            "name of a weight must be a text without '/', received 'a/b'.",
        ),
        (
            lambda layer: layer.add_weight((1,), trainable="yes"),
            InvalidArgument,
            "trainable must be True or False, received 'yes'.",
        ),
        (
            lambda layer: layer.random_key(),
            InvalidArgument,
            "bare: random_key() is for use inside call, where there is a step to draw for. Use "
            "jax.random.key(seed) elsewhere.",
        ),
    ],
)
def test_refused(action, error, text):
    assert_refused(error, text, lambda: action(Layer(name="bare")))


def test_a_layer_inside_belongs_to_one_block():
    shared = Times(name="shared")
    first, second = Block(name="first"), Block(name="second")
    first.extra = shared
    text = "second.extra, shared, is part of another block or model already. Make a new layer."
    assert_refused(InvalidArgument, text, lambda: setattr(second, "extra", shared))


def test_a_layer_inside_takes_the_width_it_was_built_for():
    def twice(self, x):
        return self.inner(jnp.concatenate([self.inner(x), x], axis=1))

    layer = calling(twice)
    layer.inner = layers.Dense(2)
    assert_refused(
        InvalidData, "small/inner was built for 3 columns, received 5.", lambda: layer(X)
    )


def test_the_native_engine_refuses_by_name():
    model = model_of(Cross(name="cross"), engine="native")
    assert_refused(
        InvalidArgument,
        "engine='native' does not support layer cross. Use engine='jax' or 'auto'.",
        lambda: model.fit(X, Y, verbose=0),
    )
    assert model.program().jax_only() == ["layer cross"] and not model.program().native


def test_without_jax_one_sentence():
    script = """
    import sys
    sys.modules["jax"] = None
    from trimtab import layers
    from trimtab.errors import EngineError
    class Cross(layers.Layer):
        def call(self, x):
            return x
    try:
        Cross().build(3)
    except EngineError as error:
        print(error)
    """
    assert run_python(script) == (
        "Cross, a custom layer, needs JAX, which is not installed. Run: pip install 'trimtab[jax]'"
    )
