"""The layers of the catalogue in front of the coach: taken for what they are, remedies that run."""

import numpy as np

from trimtab import Sequential
from trimtab.nn import layers

GENERATOR = np.random.default_rng(0)
X = (GENERATOR.normal(size=(300, 4)) * [1, 1000, 1, 1]).astype(np.float32)
Y = (X[:, :1] + 0.1 * GENERATOR.normal(size=(300, 1))).astype(np.float32)
CLASSES = (Y > 0).astype(np.float32)


def checked(*stack, loss="mse", y=Y):
    model = Sequential([layers.Input((4,)), *stack])
    model.compile("adam", loss)
    return model, model.check(X, y, epochs=20)


def codes(findings):
    return [finding.code for finding in findings]


def after(model, finding):
    """The model that a remedy makes."""
    scope = {"model": model, "x": X, "y": CLASSES}
    exec(finding.remedy, scope)
    return scope["model"]


def test_adapted_columns_are_at_one_scale_and_rows_may_be_normalized():
    normalization = layers.Normalization()
    normalization.adapt(X)
    stack = [
        layers.Dense(16),
        layers.LayerNormalization(),
        layers.LeakyReLU(),
        layers.GaussianNoise(0.1),
        layers.Dense(1),
    ]
    _, findings = checked(normalization, *stack)
    assert not findings and not findings.unchecked


def test_a_normalization_that_nobody_adapted_does_not_help():
    _, findings = checked(layers.Normalization(), layers.Dense(16, "relu"), layers.Dense(1))
    assert codes(findings) == ["input-scales"]


def test_a_leaky_output_goes_where_probabilities_are_wanted():
    scales = layers.Normalization(mean=[0.0] * 4, variance=[1.0, 1e6, 1.0, 1.0])
    stack = [layers.Dense(16, "relu"), layers.Dense(1), layers.LeakyReLU()]
    model, findings = checked(scales, *stack, loss="binary_crossentropy", y=CLASSES)
    assert codes(findings) == ["logits-mismatch"]
    mended = after(model, findings[0])
    assert not mended.check(X, CLASSES, epochs=20)


def test_a_softmax_layer_of_one_output_becomes_a_sigmoid():
    scales = layers.Normalization(mean=[0.0] * 4, variance=[1.0, 1e6, 1.0, 1.0])
    stack = [layers.Dense(16, "relu"), layers.Dense(1), layers.Softmax()]
    model, findings = checked(scales, *stack, loss="binary_crossentropy", y=CLASSES)
    assert "softmax-of-one" in codes(findings)
    mended = after(model, next(each for each in findings if each.code == "softmax-of-one"))
    assert mended.layers[-1].activation([[0.0]])[0, 0] == 0.5
    assert not mended.check(X, CLASSES, epochs=20)
