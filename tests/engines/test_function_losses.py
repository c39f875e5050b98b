"""Losses of one's own on the JAX engine."""

import numpy as np
import pytest

from tests.support.close import assert_close, assert_same_bits
from tests.support.refusals import assert_refused
from tests.support.small import small_data, small_model
from trimtab.errors import InvalidArgument, InvalidProgram
from trimtab.nn import losses
from trimtab.program.ops import Function, LossOp

jax = pytest.importorskip("jax", reason="JAX is not installed")
import jax.numpy as jnp  # noqa: E402 - where there is one

X, Y = small_data(rows=10)
WEIGHTS = np.linspace(0, 2, 10, dtype=np.float32)


def squared(y_true, y_pred):
    return jnp.square(y_true - y_pred)


def one_a_row(y_true, y_pred):
    return jnp.mean(jnp.square(y_true - y_pred), axis=-1)


def of_the_batch(y_true, y_pred):
    return jnp.mean(jnp.square(y_true - y_pred))


def three_axes(y_true, y_pred):
    return jnp.stack([jnp.square(y_true - y_pred)] * 2, axis=-1)


class Squared(losses.Loss):
    def __init__(self, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * jnp.square(y_true - y_pred)


class Child(losses.MeanAbsoluteError):
    """Of a built-in loss; what it computes itself goes."""

    def call(self, y_true, y_pred):
        return jnp.square(y_true - y_pred)


def trained(loss, **options):
    model = small_model(loss=loss, dropout=0, normalize=False, **options)
    history = model.fit(X, Y, epochs=2, batch_size=4, verbose=0, shuffle=False)
    return model, history.history["loss"]


@pytest.fixture(scope="module")
def built_in():
    return trained("mse", engine="jax")


@pytest.mark.parametrize(
    "loss",
    [squared, one_a_row, three_axes, of_the_batch, Squared(), Child()],
    ids=lambda loss: getattr(loss, "__name__", type(loss).__name__),
)
def test_a_loss_of_ones_own_is_the_built_in_one(loss, built_in):
    (model, own), (reference, expected) = trained(loss), built_in
    assert_close(own, expected, 1e-6)
    for a, b in zip(model.get_weights(), reference.get_weights(), strict=True):
        assert_close(a, b, 2e-6)
    for weights in (None, WEIGHTS):
        evaluated = [m.evaluate(X, Y, sample_weight=weights, verbose=0) for m in (model, reference)]
        if weights is None or loss is not of_the_batch:
            assert_close(evaluated[0], evaluated[1], 2e-6)
    on_the_host = model._loss(Y, model.predict(X))
    assert_close(model.evaluate(X, Y, verbose=0), on_the_host, 1e-6)


def test_one_number_for_the_batch_is_weighed_by_the_mean_weight():
    model, _ = trained(of_the_batch)
    plain = model.evaluate(X, Y, verbose=0)
    weighed = model.evaluate(X, Y, sample_weight=WEIGHTS, verbose=0)
    assert_close(weighed, plain * WEIGHTS.mean(), 1e-6)
    assert_close(model._loss(Y, model.predict(X), WEIGHTS), weighed, 1e-6)


def test_the_loss_takes_the_targets_as_they_are():
    """Two columns of targets for one output: a value and how much it counts."""
    targets = np.stack([Y, WEIGHTS], axis=1)

    def weighed(y_true, y_pred):
        return y_true[:, 1] * jnp.square(y_true[:, 0] - y_pred[:, 0])

    model = small_model(loss=weighed, dropout=0, normalize=False)
    model.fit(X, targets, epochs=2, batch_size=4, verbose=0, shuffle=False)
    reference = small_model(loss="mse", dropout=0, normalize=False, engine="jax")
    reference.fit(X, Y, sample_weight=WEIGHTS, epochs=2, batch_size=4, verbose=0, shuffle=False)
    for a, b in zip(model.get_weights(), reference.get_weights(), strict=True):
        assert_close(a, b, 2e-6)


def test_an_attribute_of_a_loss_that_is_set_takes_effect():
    loss = Squared()
    model, _ = trained(loss)
    before = model.evaluate(X, Y, verbose=0)
    loss.factor = 3.0
    assert_close(model.evaluate(X, Y, verbose=0), 3 * before, 1e-6)


def test_validation_and_metrics_by_functions():
    def furthest(y_true, y_pred):
        return jnp.max(jnp.abs(y_true - y_pred))

    model = small_model(loss=squared, metrics=[furthest], dropout=0, normalize=False)
    history = model.fit(X, Y, batch_size=4, validation_split=0.3, verbose=0).history
    assert sorted(history) == ["furthest", "loss", "val_furthest", "val_loss"]
    assert all(isinstance(value, float) for (value,) in history.values())
    assert_close(history["val_furthest"][0], np.abs(model.predict(X[7:])[:, 0] - Y[7:]).max(), 1e-6)


def test_nan_is_not_hidden():
    model, _ = trained(squared)
    x = X.copy()
    x[2, 0] = np.nan
    assert np.isnan(model.evaluate(x, Y, verbose=0))


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (lambda y_true, y_pred: None, "must return an array of jax.numpy, received NoneType."),
        (
            lambda y_true, y_pred: (y_true - y_pred)[:2],
            "must return one number a row, 4 of them here, or one for all, received shape (2, 1).",
        ),
    ],
)
def test_refused(loss, text):
    assert_refused(InvalidArgument, f"loss <lambda> {text}", lambda: trained(loss))


def test_the_op_is_what_it_says():
    function = Function(squared, "squared")
    op = LossOp(loss="function", function=function)
    op.check()
    assert not op.native and op.target_width(3) is None and not op.sparse
    assert op.record() == {"loss": "function", "label_smoothing": 0.0, "function": "squared"}
    model = small_model(loss=squared)
    assert model.program().jax_only() == ["loss squared"]
    assert op == losses.get(squared).lower() != losses.get(one_a_row).lower()
    for wrong in (LossOp(loss="function"), LossOp(loss="mean_squared_error", function=function)):
        with pytest.raises(InvalidProgram, match="loss='function' needs a function"):
            wrong.check()


def test_the_same_bits_batch_by_batch():
    whole, _ = trained(squared)
    pieces = small_model(loss=squared, dropout=0, normalize=False)
    for _ in range(2):
        for start in (0, 4, 8):
            pieces.train_on_batch(X[start : start + 4], Y[start : start + 4])
    for a, b in zip(whole.get_weights(), pieces.get_weights(), strict=True):
        assert_same_bits(a, b)
