"""Networks of several members: what they compute, on both engines, in files and in training."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trimtab
from tests.support.close import assert_close, assert_same_bits
from tests.support.engines import native_level
from trimtab import layers, losses, optimizers
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn.layers import Layer

RNG = np.random.default_rng(5)
X = RNG.normal(size=(330, 6)).astype(np.float32)
NUMBERS = (X[:, 0] * X[:, 1] + X[:, 2]).astype(np.float32)
YES = (NUMBERS > 0).astype(np.float32)
CLASSES = np.digitize(NUMBERS, [-0.5, 0.5]).astype(np.float32)

#: Loss -> (targets, outputs, last activation).
TASKS: dict[str, tuple[Any, Any, int, str | None]] = {
    "numbers": ("mae", NUMBERS, 1, None),
    "probability": ("bce", YES, 1, "sigmoid"),
    "logit": (losses.BinaryCrossentropy(from_logits=True), YES, 1, None),
    "probabilities": ("sparse_categorical_crossentropy", CLASSES, 3, "softmax"),
    "logits": (losses.SparseCategoricalCrossentropy(from_logits=True), CLASSES, 3, None),
}


def plain() -> list[Layer]:
    return [layers.Dense(16, "relu"), layers.Dropout(0.2), layers.Dense(9, "tanh")]


def with_front() -> list[Layer]:
    front: list[Layer] = [layers.BatchNormalization(), layers.Dropout(0.1)]
    back = [layers.Dense(16), layers.BatchNormalization(), layers.ReLU(), layers.Dense(9, "relu")]
    return front + back


def with_residual() -> list[Layer]:
    block = layers.Residual(layers.Dense(7, "relu"), layers.Dense(12))
    return [layers.Residual(layers.Dense(12, "relu")), block, layers.Activation("gelu")]


STACKS = [plain, with_front, with_residual]


def network(
    stack: Callable[[], list[Layer]] = plain,
    task: str = "numbers",
    members: int = 3,
    engine: str = "native",
    optimizer: Any = None,
    **last: Any,
) -> Any:
    loss, _, outputs, activation = TASKS[task]
    ends = layers.Dense(outputs, activation=activation, name="out", **last)
    model = trimtab.Sequential([*stack(), ends], seed=4, members=members)
    model.compile(optimizer or optimizers.AdamW(0.01, weight_decay=0.1), loss, engine=engine)
    return model


def trained(*arguments: Any, epochs: int = 2, **options: Any) -> Any:
    model = network(*arguments, **options)
    task = options.get("task", arguments[1] if len(arguments) > 1 else "numbers")
    model.fit(X, TASKS[task][1], epochs=epochs, batch_size=150, verbose=0)
    return model


@pytest.mark.parametrize("task", TASKS)
def test_engines_agree_on_each_task(task: str) -> None:
    y = TASKS[task][1]
    made = [trained(plain, task, engine=engine) for engine in ("native", "jax")]
    for one, other in zip(*(model.get_weights() for model in made), strict=True):
        assert_close(one, other, 2e-5, scale=1)
    first, second = (model.predict_members(X) for model in made)
    assert first.shape == (3, len(X), TASKS[task][2])
    assert_close(first, second, 2e-5, scale=1 + np.abs(second))
    scores = [model.evaluate(X, y, verbose=0) for model in made]
    assert_close(scores[0], scores[1], 2e-5)


@pytest.mark.parametrize("stack", STACKS)
def test_engines_agree_on_each_stack(stack: Callable[[], list[Layer]]) -> None:
    # Adam would make steps of the rounding in gradients that are 0: biases before a normalization.
    made = [
        trained(stack, engine=engine, optimizer=optimizers.SGD(0.05))
        for engine in ("native", "jax")
    ]
    for one, other in zip(*(model.get_weights() for model in made), strict=True):
        assert_close(one, other, 2e-5, scale=1)
    assert_close(made[0].predict(X), made[1].predict(X), 2e-5, scale=1)


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("level", ["generic", "avx2", "avx512"])
def test_same_bits_for_any_number_of_threads(stack: Callable[[], list[Layer]], level: str) -> None:
    from trimtab import config

    found = []
    with native_level(level):
        for threads in (1, 2, 3):
            config.set_threads(threads)
            try:
                found.append(trained(stack).get_weights())
            finally:
                config.set_threads(None)
    for other in found[1:]:
        for one, another in zip(found[0], other, strict=True):
            assert_same_bits(one, another)


@pytest.mark.parametrize("task", TASKS)
def test_prediction_is_the_mean_of_the_members(task: str) -> None:
    model = trained(plain, task)
    each = model.task.values(model.predict_members(X))
    mean, spread = model.moments(X)
    assert_close(mean, each.mean(axis=0), 1e-6, scale=1)
    assert_close(spread, each.std(axis=0), 1e-5, scale=1)
    assert_close(model.task.values(model.predict(X)), mean, 1e-5, scale=1)
    assert np.all(spread.max(axis=0) > 1e-3)
    assert model.spread(X).shape == (len(X), TASKS[task][2])


def test_training_loss_is_the_mean_of_the_members_losses() -> None:
    model = network(lambda: [layers.Dense(9, "tanh")], "probabilities", 4)
    probe = model.fit(X, CLASSES, epochs=1, batch_size=len(X), verbose=0).history
    before = network(lambda: [layers.Dense(9, "tanh")], "probabilities", 4)
    before.build((None, X.shape[1]))
    each = before.predict_members(X)
    loss = losses.SparseCategoricalCrossentropy()
    assert_close(probe["loss"][0], np.mean([loss(CLASSES, one) for one in each]), 1e-6)
    assert before.evaluate(X, CLASSES, verbose=0) == pytest.approx(
        loss(CLASSES, before.predict(X)), rel=1e-6
    )


def test_a_member_is_the_plain_network_that_its_weights_make() -> None:
    model = trained(with_front)
    dense, normalization, last = model.layers[2], model.layers[3], model.layers[5]
    out = model.layers[6]
    each = model.predict_members(X)
    for m in range(3):
        alone = trimtab.Sequential([*with_front(), layers.Dense(1)], seed=1)
        alone.build((None, X.shape[1]))
        columns = slice(16 * m, 16 * (m + 1))
        shared = [weight.numpy() for weight in model.layers[0].weights]
        first = dense.adapter.value[m][:, None] * dense.kernel.value * dense.scale.value[m]
        middle = last.kernel.value * last.scale.value[m]
        alone.set_weights(
            [
                *shared,
                *(first, dense.bias.value[m]),
                *(weight.value[columns] for weight in normalization.weights),
                *(middle, last.bias.value[m]),
                *(out.kernel.value[m], out.bias.value[m]),
            ]
        )
        assert_close(alone.predict(X), each[m], 1e-5, scale=1)


def test_one_member_is_the_plain_network() -> None:
    def run(**options: int) -> Any:
        model = trimtab.Sequential([*plain(), layers.Dense(1)], name="same", seed=4, **options)
        model.compile("adam", "mae")
        model.fit(X, NUMBERS, epochs=2, verbose=0)
        return model

    one, other = run(), run(members=1)
    assert len(other) == 1 and "members" not in other.get_config()
    for first, second in zip(one.get_weights(), other.get_weights(), strict=True):
        assert_same_bits(first, second)
    assert_same_bits(other.predict_members(X)[0], one.predict(X))
    assert not np.any(other.spread(X))


def test_layers_before_the_first_dense_are_shared() -> None:
    codes = np.column_stack([X[:, :2], RNG.integers(0, 4, len(X))]).astype(np.float32)
    stack = [layers.CategoryEmbedding([4]), layers.BatchNormalization(), *plain()]
    model = trimtab.Sequential([*stack, layers.Dense(1)], seed=1, members=5)
    model.compile("adam", "mae")
    model.fit(codes, NUMBERS, epochs=1, verbose=0)
    width = model.layers[0].output_width
    assert model.layers[1].output_width == width
    assert model.layers[2].adapter.shape == (5, width)
    assert model.layers[2].kernel.shape == (width, 16)


def test_members_begin_with_different_signs_and_heads() -> None:
    model = network()
    model.build((None, 6))
    first, last = model.layers[0], model.layers[-1]
    assert set(np.unique(first.adapter.value)) == {-1.0, 1.0}
    assert len({tuple(row) for row in first.adapter.value}) == 3
    assert first.kernel.shape == (6, 16) and last.kernel.shape == (3, 9, 1)
    assert np.all(first.scale.value == 1)
    assert len({float(kernel[0, 0]) for kernel in last.kernel.value}) == 3
    limit = np.sqrt(6 / (9 + 1))  # of one member's kernel
    assert limit / 2 < np.abs(last.kernel.value).max() <= limit


@pytest.mark.parametrize("engine", ["native", "jax"])
def test_constraints_and_penalties_are_those_of_a_member(engine: str) -> None:
    kept = {"kernel_constraint": trimtab.constraints.MaxNorm(0.25)}
    model = network(task="probabilities", engine=engine, **kept)
    model.fit(X, CLASSES, epochs=1, batch_size=50, verbose=0)
    norms = np.sqrt(np.square(model.layers[-1].kernel.value).sum(axis=1))
    assert norms.shape == (3, 3)
    assert np.all(norms <= 0.25 + 1e-5) and norms.max() > 0.2
    penalized = network(kernel_regularizer=trimtab.regularizers.L2(0.3))
    penalized.build((None, 6))
    assert penalized.layers[-1].kernel.penalty == pytest.approx((0.0, 0.1))


def test_factors_have_no_weight_decay() -> None:
    model = network()
    model.build((None, 6))
    decays = {slot.name.rpartition("/")[2]: slot.decays for slot in model.program().parameters}
    assert decays == {"kernel": True, "adapter": False, "scale": False, "bias": True}


def test_weights_of_rows_and_classes() -> None:
    weight = np.where(np.arange(len(X)) < 200, 1.0, 0.0)
    models = [network(lambda: [layers.Dense(9, "tanh")], engine=e) for e in ("native", "jax")]
    for model in models:
        model.fit(X, NUMBERS, sample_weight=weight, epochs=2, batch_size=100, verbose=0)
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        assert_close(one, other, 2e-5, scale=1)


@pytest.mark.parametrize("stack", STACKS)
def test_files_pickles_and_copies(stack: Callable[[], list[Layer]], tmp_path: Path) -> None:
    model = trained(stack, "logits")
    expected = model.predict(X)
    model.save(tmp_path / "model")
    loaded = trimtab.load_model(tmp_path / "model.trimtab")
    for other in (loaded, pickle.loads(pickle.dumps(model))):
        assert len(other) == 3
        assert_same_bits(other.predict(X), expected)
        assert_same_bits(other.predict_members(X), model.predict_members(X))
    for each in (model, loaded):
        each.fit(X, CLASSES, epochs=1, batch_size=150, verbose=0)
    assert_same_bits(loaded.predict(X), model.predict(X))
    clone = trimtab.keras.models.clone_model(model)
    assert len(clone) == 3
    clone.set_weights(model.get_weights())
    assert clone.count_params() == model.count_params()


def test_what_looks_inside() -> None:
    model = trained(with_front)
    table = model.probe(X, NUMBERS)
    assert table["out"].units == 3 and len(table) == len(model.layers)
    codes = model.check(X, NUMBERS, epochs=50).codes
    assert "unreachable-targets" not in codes
    folded = model.fold_batch_normalization()
    assert not folded.folded and len(folded.kept) == 2
    assert "3 members share the kernels around it" in str(folded)
    assert_same_bits(folded.model.predict_members(X), model.predict_members(X))
    model.refresh_statistics(X)
    assert np.isfinite(model.predict(X)).all()
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    text = "\n".join(lines)
    assert "(3 members that share kernels)" in text and "(None, 3 x 16)" in text


def test_population_statistics_and_samples() -> None:
    model = network(with_front)
    model.fit(X, NUMBERS, epochs=1, verbose=0, statistics="population")
    samples = model.predict_samples(X[:4], samples=5, seed=1)
    assert samples.shape == (5, 4, 1) and samples.std(axis=0).min() > 0


def test_intervals_are_scaled_by_the_members_spread() -> None:
    model = network(lambda: [layers.Dense(16, "relu")])
    model.fit(X[:200], NUMBERS[:200], epochs=3, verbose=0)
    interval = model.predict_interval(X[:9], 0.9, calibration=(X[200:], NUMBERS[200:]))
    widths = interval.upper - interval.lower
    assert np.all(widths > 0) and np.ptp(widths) > 0


def test_frozen_layers_stay() -> None:
    model = network()
    model.build((None, 6))
    model.layers[0].trainable = False
    before = model.layers[0].get_weights()
    model.fit(X, NUMBERS, epochs=1, verbose=0)
    for one, other in zip(before, model.layers[0].get_weights(), strict=True):
        assert_same_bits(one, other)


def test_members_of_a_population() -> None:
    from trimtab.training.population import fit_population

    alone, together = network(), [network(), network()]
    alone.fit(X, NUMBERS, epochs=1, batch_size=100, verbose=0)
    fit_population(together, X, NUMBERS, epochs=1, batch_size=100, verbose=0)
    assert_same_bits(together[0].predict(X), alone.predict(X))


def test_a_custom_loss_is_that_of_each_member() -> None:
    import jax.numpy as jnp

    def pinball(y_true: Any, y_pred: Any) -> Any:
        away = y_true - y_pred
        return jnp.mean(jnp.maximum(0.5 * away, -0.5 * away), axis=1)

    stack = [layers.Dense(9, "tanh"), layers.Dense(1)]
    model = trimtab.Sequential(stack, seed=2, members=3)
    model.compile(optimizers.SGD(0.0), pinball)
    history = model.fit(X, NUMBERS, epochs=1, batch_size=len(X), verbose=0).history
    each = model.predict_members(X)[:, :, 0]
    assert_close(history["loss"][0], np.abs(each - NUMBERS).mean() / 2, 1e-5)


class Doubling(layers.Layer):
    def call(self, x: Any) -> Any:
        return 2 * x


def test_what_members_cannot_be_made_of() -> None:
    with pytest.raises(InvalidArgument, match="members must be a positive integer, received 0"):
        trimtab.Sequential([layers.Dense(1)], members=0)
    stack = [layers.Dense(4), Doubling(name="double"), layers.Dense(1)]
    with pytest.raises(Unsupported, match=r"double \(Doubling\) cannot follow a Dense .* front"):
        trimtab.Sequential([layers.Input((2,)), *stack], members=2)
    stack = [layers.Dense(4), layers.DropConnect(3, 0.5), layers.Dense(1)]
    with pytest.raises(Unsupported, match="use Dense in its place"):
        trimtab.Sequential([layers.Input((2,)), *stack], members=2)
    with pytest.raises(InvalidArgument, match=r"members=2 needs a Dense"):
        trimtab.Sequential([layers.Input((2,)), layers.ReLU()], members=2)
    with pytest.raises(InvalidArgument, match=r"must be a Dense, .* Add layers.Dense\(1\)"):
        trimtab.Sequential([layers.Input((2,)), layers.Residual(layers.Dense(2))], members=2)
    front = trimtab.Sequential([layers.Input((2,)), Doubling(), layers.Dense(1)], members=2)
    assert front.predict_members(np.ones((3, 2))).shape == (2, 3, 1)


def test_layers_of_another_network_are_refused() -> None:
    dense = layers.Dense(1, input_shape=[2])
    trimtab.Sequential([dense], members=2)
    with pytest.raises(InvalidArgument, match=r"part of a network of 2 members"):
        trimtab.Sequential([dense])
    with pytest.raises(InvalidArgument, match="built for another place"):
        trimtab.Sequential([dense], members=3)
    built = trimtab.Sequential([layers.Dense(1, input_shape=[2])], members=2)
    with pytest.raises(InvalidArgument, match="Pass all layers at once"):
        built.add(layers.Dense(1))
    with pytest.raises(InvalidArgument, match="Make a new model"):
        built.pop()
    grown = trimtab.Sequential(members=2, seed=1)
    for layer in (layers.Input((2,)), layers.Dense(3), layers.Dense(1)):
        grown.add(layer)
    assert grown.predict(np.ones((1, 2))).shape == (1, 1)


def test_a_numeric_embedding_is_shared() -> None:
    embedding = layers.PiecewiseLinearEmbedding(bins=6, dim=2)
    model = trimtab.Sequential([embedding, *plain(), layers.Dense(1)], seed=2, members=3)
    embedding.adapt(X)
    model.compile("adam", "mae")
    model.fit(X, NUMBERS, epochs=2, verbose=0)
    assert model.layers[1].adapter.shape == (3, model.layers[0].output_width)
    assert model.predict_members(X).shape == (3, len(X), 1)


def test_with_a_blas(tmp_path: Path) -> None:
    """The bits do not depend on threads, and the numbers are those of our own products."""
    script = (
        "import sys, numpy as np; from tests.model.test_membership import *; "
        "from trimtab import config; config.set_threads(int(sys.argv[1])); "
        "np.save(sys.argv[2], trained(with_front, optimizer=optimizers.SGD(0.05)).predict(X))"
    )
    found = []
    for threads in ("1", "2"):
        path = tmp_path / f"{threads}.npy"
        command = [sys.executable, "-c", script, threads, str(path)]
        environment = {**os.environ, "TRIMTAB_MATMUL": "blas"}
        subprocess.run(command, check=True, env=environment, timeout=120)
        found.append(np.load(path))
    assert_same_bits(found[0], found[1])
    own = trained(with_front, optimizer=optimizers.SGD(0.05)).predict(X)
    assert_close(found[0], own, 1e-4, scale=1)
