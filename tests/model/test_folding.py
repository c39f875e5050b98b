"""Folding: the same predictions, what folds and what does not, and why."""

import re

import numpy as np
import pytest

from tests.support.close import assert_close
from tests.support.small import everything, small_data, small_model
from trimtab import Sequential, config
from trimtab.errors import NotBuilt
from trimtab.lesson import LESSONS
from trimtab.model import folding
from trimtab.nn import layers

QUIET = {"verbose": 0, "batch_size": 16}


def normalization(name, **options):
    return layers.BatchNormalization(name=name, **options)


def dense(name, units=7, activation=None, **options):
    return layers.Dense(units, activation=activation, name=name, **options)


def relu(name="relu"):
    return layers.ReLU(name=name)


#: What is folded, into what: the stack, the pairs, the names that are kept.
FOLDS = {
    "after a linear dense": (
        lambda: [dense("a"), normalization("n"), relu(), dense("b", 1)], [("n", "a")], []),
    "before a dense": (
        lambda: [dense("a", activation="relu"), normalization("n"), dense("b", 2, "tanh")],
        [("n", "b")], []),
    "first on the columns": (
        lambda: [normalization("n"), dense("a", activation="relu"), dense("b", 1)],
        [("n", "a")], []),
    "last": (lambda: [dense("a", activation="relu"), dense("b"), normalization("n")],
             [("n", "b")], []),
    "across dropout": (
        lambda: [dense("a"), layers.Dropout(0.5), layers.Dropout(0.0), normalization("m"), relu(),
                 layers.Dropout(0.3, noise_shape=(None, 1)), normalization("n"),
                 layers.Activation("linear"), layers.Dropout(0.5), dense("b", 1)],
        [("m", "a"), ("n", "b")], []),
    "linear on both sides": (
        lambda: [dense("a"), normalization("n"), dense("b", 1)], [("n", "a")], []),
    "one after another": (
        lambda: [normalization("m"), normalization("n"), dense("a"), normalization("o"),
                 normalization("p", scale=False), relu(), dense("b", 1)],
        [("n", "a"), ("m", "a"), ("o", "a"), ("p", "a")], []),
    "without bias": (
        lambda: [normalization("m"), dense("a", use_bias=False), normalization("n"), relu(),
                 normalization("o", center=False, scale=False), dense("b", 1, use_bias=False)],
        [("m", "a"), ("n", "a"), ("o", "b")], []),
    "frozen, other arguments": (
        lambda: [normalization("m", trainable=False, epsilon=0.1), dense("a", activation="elu"),
                 normalization("n", momentum=0.5, epsilon=1e-5, center=False), dense("b", 1)],
        [("m", "a"), ("n", "b")], []),
    "DropConnect, whole columns dropped": (
        lambda: [layers.FeatureDropout(0.2), normalization("m"),
                 layers.DropConnect(6, rate=0.3, name="a"), layers.FeatureDropout(0.2),
                 normalization("n"), relu("r"), normalization("o"),
                 layers.DropConnect(1, rate=0.5, use_bias=False, name="b")],
        [("m", "a"), ("n", "a"), ("o", "b")], []),
    "debiased, weighted, in ghost batches": (
        lambda: [normalization("m", debias=True), dense("a", activation="relu"),
                 normalization("n", weighted=True, virtual_batch_size=8), dense("b", 2, "relu"),
                 normalization("o", debias=True)],
        [("m", "a"), ("n", "b")], ["o"]),
    "between an embedding and a dense": (  # the last column lies between 0 and 12
        lambda: [layers.CategoryEmbedding([12], [3], name="e"), normalization("n"),
                 layers.Flatten(name="f"), dense("a", activation="relu"), dense("b", 1)],
        [("n", "a")], []),
    "in a block": (
        lambda: [dense("a", 6), layers.Residual(
            normalization("m"), dense("c", 6), normalization("n"), relu(), normalization("o"),
            name="block"), dense("b", 1)],
        [("block/m", "block/c"), ("block/n", "block/c")], ["block/o"]),
    "in a block in a block": (
        lambda: [layers.Residual(dense("d", 6, "relu"), layers.Residual(
            normalization("m"), dense("c", 6), name="inner"), name="outer"), dense("b", 1)],
        [("outer/inner/m", "outer/inner/c")], []),
    "into the one of two": (
        lambda: [relu("r"), normalization("m"), layers.Activation("tanh", name="t"),
                 normalization("n"), dense("b", 1)],
        [("n", "b")], ["m"]),
    "a block beside it": (
        lambda: [dense("a", 6, "relu"), normalization("m"), layers.Residual(
            dense("c", 6, "relu"), name="block"), normalization("n"), relu(), dense("b", 1)],
        [], ["m", "n"]),
    "nothing": (lambda: [dense("a", activation="relu"), dense("b", 1)], [], []),
}  # fmt: skip


def trained(stack, engine="auto", width=5):
    """A model with statistics, gamma and beta that have moved."""
    x, y = small_data(200, width)
    x *= np.float32([1, 30, 0.01, 5, 1])
    x += np.float32([0, 50, 0.05, -3, 4])
    model = Sequential([layers.Input((width,)), *stack], seed=3)
    model.compile("adam", "mse", engine=engine)
    y = np.repeat(y[:, None], model.output_shape[1], axis=1)
    model.fit(x, y, epochs=3, **QUIET)
    generator = np.random.default_rng(1)
    for weight in model.weights:
        if weight.name in ("gamma", "beta"):
            weight.assign(weight.value + generator.normal(size=weight.shape) * 0.3)
    ops = model.inference_engine().program.ops
    if any(op.kind == "batch_normalization" and not op.frozen for op in ops):
        model.refresh_statistics(x)
    return model, x


def assert_same_predictions(model, folded, x):
    assert_close(folded.predict(x), model.predict(x), 1e-5)


#: Folding is arithmetic on weights, whatever the engine. On JAX, which compiles each network anew,
#: those whose ops its engine has in its own way.
ON_JAX = (
    "across dropout",
    "DropConnect, whole columns dropped",
    "debiased, weighted, in ghost batches",
    "between an embedding and a dense",
    "in a block",
)


@pytest.mark.parametrize(
    ("name", "engine"), [*((name, "native") for name in FOLDS), *((name, "jax") for name in ON_JAX)]
)
def test_folds_where_it_is_exact(name, engine):
    make, pairs, kept = FOLDS[name]
    model, x = trained(make(), engine)
    result = model.fold_batch_normalization()
    assert sorted(result.folded) == sorted(pairs)
    assert [path for path, _ in result.kept] == kept
    folded = result.model
    folded.compile("adam", "mse", engine=engine)
    assert_same_predictions(model, folded, x)
    left = {layer.path for layer in every(folded) if isinstance(layer, layers.BatchNormalization)}
    assert left == set(kept)
    gone = {path for path, _ in pairs}
    assert [layer.path for layer in every(folded)] == [
        layer.path for layer in every(model) if layer.path not in gone
    ]


def every(model):
    def inside(layer):
        yield layer
        for inner in layer.sublayers:
            yield from inside(inner)

    return [each for layer in model.layers for each in inside(layer)]


@pytest.mark.parametrize("population", [False, True])
@pytest.mark.parametrize(
    ("lesson", "variant"),
    [(name, i) for name in ("concrete", "red-wine") for i in range(len(LESSONS[name].variants))],
)
def test_networks_of_the_lesson(lesson, variant, population):
    lesson = LESSONS[lesson]
    split = lesson.split(lesson.table())
    config.set_random_seed(1)
    model = lesson.variants[variant].network(split.columns)
    model.compile(lesson.optimizer, "mae")
    model.fit(split.x_train, split.y_train, batch_size=256, epochs=1, verbose=0)
    if population:
        model.refresh_statistics(split.x_train)
    result = model.fold_batch_normalization()
    assert not result.kept
    assert len(result.folded) == sum(
        isinstance(layer, layers.BatchNormalization) for layer in model.layers
    )
    if np.isfinite(model.predict(split.x_valid)).all():
        assert_same_predictions(model, result.model, split.x_valid)
    else:
        assert "without" in lesson.variants[variant].title  # this one diverges, as it should


@pytest.mark.parametrize("width", [1, 11, 200, 1500])
@pytest.mark.parametrize("alone", [False, True], ids=["all columns", "one column"])
def test_up_to_the_limit_predictions_agree(width, alone):
    """Means as large as are folded, in all columns or so that one column is all of it."""
    limit = 0.98 * folding.MOST_CANCELLING
    means = np.full(width, limit)
    if alone:
        means = np.where(np.arange(width) == width // 2, limit * np.sqrt(width), 0)
    x = np.random.default_rng(width).normal(size=(800, width))
    x = ((x - x.mean(axis=0)) / x.std(axis=0) + means).astype(np.float32)
    stack = [normalization("n"), dense("a", 32, "relu"), dense("b", 1)]
    model = Sequential([layers.Input((width,)), *stack], seed=2)
    model.refresh_statistics(x)
    kernel = stack[1].kernel.numpy()  # its rows of one length, so that columns weigh alike
    stack[1].kernel.assign(kernel / np.linalg.norm(kernel, axis=1, keepdims=True))
    result = model.fold_batch_normalization()
    assert result.folded == (("n", "a"),)
    assert_same_predictions(model, result.model, x)


def test_means_that_dwarf_deviations_are_kept():
    generator = np.random.default_rng(1)
    x = generator.normal(size=(500, 3)) + np.array([0, 2000, 1])
    model = Sequential([layers.Input((3,)), normalization("n"), dense("a", 8, "relu")], seed=1)
    model.refresh_statistics(x)
    ((name, reason),) = model.fold_batch_normalization().kept
    assert name == "n"
    assert re.fullmatch(
        r"products in float32 would be 1,\d\d\d times what is left when the means cancel, 16 at "
        r"most; most of it by column 1",
        reason,
    )
    # Refused for a reason: folded all the same, predictions are off.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folding, "MOST_CANCELLING", 1e9)
        folded = model.fold_batch_normalization()
    assert folded.folded == (("n", "a"),)
    with pytest.raises(AssertionError, match="elements are off"):
        assert_same_predictions(model, folded.model, x.astype(np.float32))


def test_a_column_that_nothing_looks_at_does_not_count():
    x = np.random.default_rng(1).normal(size=(500, 3)) + np.array([0, 2000, 1])
    model = Sequential([layers.Input((3,)), normalization("n"), dense("a", 8)], seed=1)
    model.refresh_statistics(x)
    kernel = model.layers[1].kernel.numpy()
    kernel[1] = 0
    model.layers[1].kernel.assign(kernel)
    result = model.fold_batch_normalization()
    assert not result.kept
    assert_same_predictions(model, result.model, x.astype(np.float32))
    model.layers[0].gamma.assign(np.zeros(3))  # nor where nothing counts
    result = model.fold_batch_normalization()
    assert not result.kept
    assert_same_predictions(model, result.model, x.astype(np.float32))


def kept_reasons(stack, width=4):
    model = Sequential([layers.Input((width,)), *stack], seed=1)
    return dict(model.fold_batch_normalization().kept)


def test_reasons():
    assert kept_reasons([normalization("n")]) == {
        "n": "before it the network begins, after it the network ends"
    }
    assert kept_reasons([dense("a", 4, "tanh"), normalization("n"), relu("r")]) == {
        "n": "a before it ends in tanh, r after it is no Dense"
    }
    block = layers.Residual(relu("r"), normalization("n"), name="block")
    assert kept_reasons([block, dense("a")]) == {
        "block/n": "block/r before it is no linear Dense, after it block ends"
    }


def test_weights_that_cannot_be_folded():
    model = Sequential([layers.Input((2,)), normalization("n"), dense("a")], seed=1)
    layer = model.layers[0]
    layer.moving_variance.assign([-1.0, 1.0])
    assert model.fold_batch_normalization().kept == (("n", "its weights are not finite"),)
    layer.moving_variance.assign([1.0, 1.0])
    layer.gamma.assign([1e30, 1.0])
    model.layers[1].kernel.assign(np.full((2, 7), 1e30))
    assert model.fold_batch_normalization().kept == (
        ("n", "the weights of a would be beyond float32"),
    )


def test_inside_a_layer_of_ones_own_it_stays():
    class Wrapped(layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.dense = layers.Dense(4)
            self.norm = layers.BatchNormalization()

        def call(self, x, training=False):
            return self.norm(self.dense(x), training=training)

    class OwnNormalization(layers.BatchNormalization):
        def call(self, x, training=False):
            return x * 2.0

    class OwnDense(layers.Dense):
        def call(self, x):
            return x @ self.kernel.value

    stack = [
        Wrapped(name="own"),
        normalization("m"),
        OwnDense(4, name="d"),
        OwnNormalization(name="o"),
    ]
    model = Sequential([layers.Input((3,)), *stack], seed=1)
    x, _ = small_data()
    result = model.fold_batch_normalization()
    assert result.kept == (
        ("own/norm", "it is inside own, whose call is its own affair"),
        ("m", "own before it is no linear Dense, d after it is no Dense"),
    )
    assert_same_predictions(model, result.model, x)


def test_the_model_stays_as_it_is():
    x, y = small_data()
    config.set_random_seed(5)
    plain = small_model(seed=None)
    plain.fit(x, y, epochs=2, **QUIET)
    config.set_random_seed(5)
    model = small_model(seed=None)
    model.fit(x, y, epochs=1, **QUIET)
    folded = model.fold_batch_normalization().model
    before = folded.get_weights()
    model.fit(x, y, epochs=2, initial_epoch=1, **QUIET)
    for one, other in zip(everything(plain), everything(model), strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(before, folded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    # Nor does the new model draw from the seeds of those to come.
    config.set_random_seed(5)
    small_model(seed=None).fold_batch_normalization()
    after = config.next_seed()
    config.set_random_seed(5)
    small_model(seed=None)
    assert after == config.next_seed()


def test_the_new_model_is_a_model():
    x, y = small_data()
    model = small_model(dropout=0.3)
    folded = model.fold_batch_normalization().model
    assert type(folded) is Sequential and folded.name == model.name and not folded.compiled
    assert folded.count_params() == 8 * 3 + 8 + 8 + 1
    folded.compile("adam", "mae")
    folded.fit(x, y, epochs=1, **QUIET)


def test_penalties_go_and_the_rest_stays():
    from trimtab.nn import regularizers

    stack = [
        dense("a", kernel_regularizer="l2", bias_regularizer="l1", trainable=False),
        normalization("n"), relu(), dense("b", 1, kernel_regularizer=regularizers.L2(0.5)),
    ]  # fmt: skip
    model = Sequential([layers.Input((3,), name="in"), *stack], seed=8)
    folded = model.fold_batch_normalization().model
    a, _, b = folded.layers
    assert a.kernel_regularizer is None and a.bias_regularizer is None and not a.trainable
    assert b.kernel_regularizer.l2 == 0.5
    assert folded.get_config()["layers"][0]["config"]["name"] == "in"
    assert folded.get_config()["seed"] == 8


def test_as_text():
    stack = [dense("a"), normalization("n"), relu("r"), normalization("longer")]
    result = Sequential([layers.Input((3,)), *stack], seed=1).fold_batch_normalization()
    assert (
        str(result)
        == repr(result)
        == (
            "Folded 1 of 2 batch normalizations:\n"
            "  n       into a\n"
            "  longer  kept: r before it is no linear Dense, after it the network ends"
        )
    )
    plain = Sequential([dense("a", input_shape=[2])], seed=1).fold_batch_normalization()
    assert str(plain) == "There is no batch normalization to fold."


def test_a_model_without_weights_is_refused():
    with pytest.raises(NotBuilt, match="is not built yet"):
        Sequential([normalization("n")]).fold_batch_normalization()
