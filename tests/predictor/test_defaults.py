"""The default network and recipe: decided once, sound on tables of any size."""

import math

import numpy as np
import pytest

from trimtab.errors import InvalidArgument
from trimtab.nn import layers
from trimtab.predictor import notation
from trimtab.predictor.training import defaults
from trimtab.predictor.training.options import TrainOptions

TASKS = ("regression", "binary", "multiclass")
ROWS = (1, 15, 20, 999, 2_000, 2_001, 15_000, 150_000, 1_000_000, 7_500_000)


def decide(task="regression", rows=1_000, **options):
    return defaults.decide(TrainOptions(**options), task=task, rows=rows)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("rows", ROWS)
def test_everything_is_decided(task, rows):
    decided = decide(task, rows)
    for name in ("layers", "epochs", "batch_size", "lr", "weight_decay", "loss", "patience"):
        assert getattr(decided, name) is not None
    assert decided.loss in defaults.LOSSES[task]
    assert defaults.FEWEST_EPOCHS <= decided.epochs <= defaults.MOST_EPOCHS
    assert 10 <= decided.patience <= decided.epochs
    steps = math.ceil(rows / decided.batch_size) * decided.epochs
    fewest = math.ceil(rows / decided.batch_size) * defaults.FEWEST_EPOCHS
    assert steps <= max(fewest, defaults.STEPS + math.ceil(rows / decided.batch_size))
    assert defaults.decide(decided, task=task, rows=rows) == decided


def test_larger_tables_have_larger_batches():
    found = [defaults.batch_rows(rows) for rows in ROWS]
    assert found == sorted(found)
    assert (found[0], found[-1]) == (32, defaults.LARGEST_BATCH)


def test_what_is_given_stays():
    given = {
        "layers": "8 relu",
        "epochs": 1,
        "batch_size": 3,
        "lr": 0.5,
        "weight_decay": 0.0,
        "loss": "mse",
        "patience": 1,
    }
    decided = decide(**given)
    assert {name: getattr(decided, name) for name in given} == given


@pytest.mark.parametrize(
    ("task", "options", "text"),
    [
        ("regression", {}, "ple:16x4 bn:0.9 256 bn:0.9 silu dropout:0.2, 256 bn:0.9 silu"),
        ("binary", {}, "ple:16x4 bn:0.9 256 bn:0.9 silu dropout:0.2, 256 bn:0.9 silu dropout:0.2"),
        ("multiclass", {"batch_norm": False, "dropout": 0.0}, "ple:16x4 256 silu, 256 silu"),
        ("regression", {"dropout": 0.5}, "ple:16x4 bn:0.9 256 bn:0.9 silu dropout:0.5, 256 bn"),
        ("regression", {"raw": True}, "bn:0.9 256 bn:0.9 silu dropout:0.2, 256 bn:0.9 silu"),
        ("binary", {"raw": True, "batch_norm": False}, "256 silu dropout:0.2, 256 silu"),
    ],
)
def test_hidden_layers(task, options, text):
    decided = decide(task, **options)
    assert decided.layers.startswith(text)
    assert (decided.dropout, decided.batch_norm) == (None, None)
    assert notation.canonical(decided.layers) == decided.layers


@pytest.mark.parametrize(
    ("task", "options", "message"),
    [
        ("binary", {"loss": "mse"}, "loss must be one of 'binary_crossentropy', 'bce' for binary"),
        ("regression", {"loss": "bce"}, "loss must be one of 'mae', 'mse'"),
        ("regression", {"class_weight": "balanced"}, "class_weight needs classes"),
        ("regression", {"label_smoothing": 0.1}, "label_smoothing needs classes, received 0.1"),
    ],
)
def test_options_that_do_not_go_with_the_task(task, options, message):
    with pytest.raises(InvalidArgument) as refusal:
        decide(task, **options)
    assert message in str(refusal.value)


def network(task, outputs, width=3, embeddings=(), seed=None, **options):
    decided = decide(task, layers="4 relu", **options)
    return decided, defaults.network(
        decided, width=width, embeddings=embeddings, outputs=outputs, task=task, seed=seed
    )


@pytest.mark.parametrize(
    ("task", "outputs", "activation"),
    [("regression", 1, "linear"), ("binary", 1, "sigmoid"), ("multiclass", 3, "softmax")],
)
def test_the_network(task, outputs, activation):
    decided, model = network(task, outputs, metric=["mse"])
    assert model.built
    assert (model.input_shape, model.output_shape) == ((None, 3), (None, outputs))
    assert model.layers[-1].get_config()["activation"] == activation
    defaults.compile_network(model, decided, rows=100)
    assert model.optimizer.weight_decay == defaults.WEIGHT_DECAY
    assert model.optimizer.schedule.decay_steps == 4 * decided.epochs
    assert model.optimizer.learning_rate == np.float32(defaults.LEARNING_RATE[task])
    assert model.loss == decided.loss


def test_the_same_options_the_same_network():
    (_, one), (_, two), (_, other) = (network("regression", 1, seed=seed) for seed in (5, 5, 6))
    assert [weight.path for weight in one.weights] == [weight.path for weight in two.weights]
    pairs = list(zip(one.get_weights(), two.get_weights(), other.get_weights(), strict=True))
    assert all((a == b).all() for a, b, _ in pairs)
    assert any((a != c).any() for a, _, c in pairs)
    _, seeded = network("regression", 1, seed=None)
    _, zero = network("regression", 1, seed=0)
    assert (seeded.get_weights()[0] == zero.get_weights()[0]).all()


def test_columns_of_codes_are_embedded_first():
    _, model = network("regression", 1, width=5, embeddings=[("artist", 40), ("label", 20)])
    first = model.layers[0]
    assert isinstance(first, layers.CategoryEmbedding)
    assert first.sizes == (40, 20)
    assert model.layers[1].kernel.shape == (3 + sum(first.dims), 4)


def test_a_network_that_no_memory_holds():
    decided = decide(layers="1000000, residual(1000000 bn, 1000000), 8")
    with pytest.raises(InvalidArgument, match=r"at most 1,000,000,000 parameters, received 2,0"):
        defaults.network(decided, width=3, task="regression")


@pytest.mark.parametrize(
    "text", ["4", "4 no_bias bn relu dropout:0.5", "residual(4 bn, 5), 6 dropconnect:0.5, bn"]
)
def test_numbers_are_counted_before_they_are_made(text, monkeypatch):
    decided = decide(layers=text)
    embeddings = [("artist", 40)]
    size = defaults.network(decided, width=3, embeddings=embeddings, task="binary").count_params()
    monkeypatch.setattr(defaults, "MOST_PARAMETERS", size)
    defaults.network(decided, width=3, embeddings=embeddings, task="binary")
    monkeypatch.setattr(defaults, "MOST_PARAMETERS", size - 1)
    with pytest.raises(InvalidArgument, match=f"received {size} with"):
        defaults.network(decided, width=3, embeddings=embeddings, task="binary")


@pytest.mark.parametrize(("task", "outputs"), [("regression", 1), ("binary", 1), ("multiclass", 3)])
@pytest.mark.parametrize("rows", [15, 33, 400])
def test_it_learns(task, outputs, rows):
    """Better than a constant on rows that it was trained on, from 15 rows on."""
    rng = np.random.default_rng(rows)
    x = rng.normal(size=(rows, 4)).astype(np.float32)
    y = x[:, 0] + 0.5 * x[:, 1]
    if task != "regression":
        y = np.digitize(y, [0.0] if task == "binary" else [-0.5, 0.5]).astype(np.float32)
    decided = decide(task, rows, epochs=40)
    model = defaults.network(decided, width=4, numbers=range(4), rows=x, outputs=outputs, task=task)
    defaults.compile_network(model, decided, rows=rows)
    batches = {"batch_size": decided.batch_size, "last_batch": defaults.LAST_BATCH}
    model.fit(x, y, epochs=decided.epochs, verbose=0, **batches)
    constant = np.abs(y - np.median(y)).mean() if task == "regression" else np.log(max(outputs, 2))
    assert model.evaluate(x, y, verbose=0) <= 0.5 * constant
