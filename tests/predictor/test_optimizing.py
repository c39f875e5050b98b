"""What the options of the optimizer make of it."""

import numpy as np
import pytest

import trimtab
from trimtab.nn import schedules
from trimtab.predictor.training import defaults
from trimtab.predictor.training.optimizer_options import SCHEDULES
from trimtab.predictor.training.optimizing import FLAT, NOT_KERNELS, course, loss_of, optimizer_of
from trimtab.predictor.training.options import TrainOptions


def decided(task="binary", **options):
    return defaults.decide(TrainOptions(**options), task=task, rows=1_000)


@pytest.mark.parametrize("name", SCHEDULES)
def test_courses_have_their_top_and_their_end(name):
    steps = 1_000
    rates = course(name, 0.5, steps)
    if name == "constant":
        assert rates == 0.5
        return
    values = rates(np.arange(steps + 1))
    assert np.isfinite(values).all() and abs(values.max() - 0.5) < 1e-4
    assert abs(values[-1]) < 1e-6
    first = {"warmup": 0.005, "cycles": 0.0}.get(name, 0.5)
    assert abs(values[0] - first) < 1e-6


def test_courses_of_a_single_step():
    for name in SCHEDULES[:-1]:
        assert np.isfinite(course(name, 0.5, 1)(np.arange(3))).all()


def test_the_default_is_adamw_whose_rate_stays_and_then_falls():
    optimizer = optimizer_of(decided(), 100)
    assert isinstance(optimizer.schedule, schedules.FlatCosineDecay)
    assert (optimizer.beta_2, optimizer.schedule.flat) == (0.999, FLAT)
    assert optimizer.lower().undecayed_names == ()
    assert loss_of(decided()) == "binary_crossentropy"


def test_options_reach_the_optimizer():
    optimizer = optimizer_of(decided(beta_2=0.95, decay_all=False, schedule="cosine"), 100)
    assert optimizer.beta_2 == 0.95
    assert optimizer.lower().undecayed_names == NOT_KERNELS
    assert isinstance(optimizer.schedule, schedules.CosineDecay)
    assert optimizer.schedule.warmup_target is None


def test_only_kernels_decay():
    """A rate of decay that halves kernels in a step leaves everything else as it was."""
    layers = trimtab.layers
    model = trimtab.Sequential(
        [
            layers.Input((3,)),
            layers.CategoryEmbedding([4]),
            layers.Dense(3, bias_initializer="ones"),
            layers.BatchNormalization(),
            layers.Dense(1, bias_initializer="ones"),
        ],
        seed=0,
    )
    options = decided(decay_all=False, lr=0.5, weight_decay=1.0, schedule="constant")
    optimizer = optimizer_of(options, 10)
    optimizer.learning_rate = 0.5
    before = {weight.path: np.array(weight.value) for weight in model.trainable_weights}
    model.compile(optimizer, loss="mse")
    rows = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]], np.float32)
    # Rows that weigh nothing: gradients are 0, so that only the decay moves weights.
    model.fit(rows, np.zeros(2), sample_weight=np.zeros(2), epochs=1, verbose=0)
    assert any("embedding" in path for path in before)
    for weight in model.trainable_weights:
        kernel = weight.path.endswith("kernel")
        expected = before[weight.path] * (0.5 if kernel else 1.0)
        np.testing.assert_allclose(np.array(weight.value), expected, rtol=1e-6, err_msg=weight.path)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_smoothed_labels_make_modest_probabilities(task):
    from sklearn.datasets import load_breast_cancer, load_iris

    frame = (load_iris if task == "multiclass" else load_breast_cancer)(as_frame=True).frame
    highest = []
    for smoothing in (0.0, 0.3):
        predictor = trimtab.train(
            frame,
            "target",
            task=task,
            label_smoothing=smoothing,
            epochs=40,
            layers="32 relu",
            lr=0.01,
            effort="quick",
        )
        highest.append(np.median(predictor.predict_proba(frame).max(axis=1)))
    assert highest[0] > 0.95
    most = 0.85 if task == "binary" else 0.8  # 1 - s + s / classes
    assert most - 0.1 < highest[1] < most + 0.05
