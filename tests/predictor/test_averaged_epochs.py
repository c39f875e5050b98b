"""``average_weights``: what is validated and kept is an average, what trains is not."""

import numpy as np
import pytest

import trimtab
from tests.support.close import assert_close, assert_same_bits
from trimtab.errors import InvalidArgument
from trimtab.predictor.training.averaged_epochs import AveragedEpochs
from trimtab.training.callback import Callback
from trimtab.training.callbacks import EarlyStopping


class Weights(Callback):
    """The weights after each epoch."""

    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(self.model.get_weights())


def small_network():
    model = trimtab.Sequential(
        [
            trimtab.layers.Dense(6, activation="relu", input_shape=[3]),
            trimtab.layers.BatchNormalization(momentum=0.9),
            trimtab.layers.Dense(1),
        ],
        seed=1,
    )
    model.compile("adam", "mse")
    return model


def rows(count=60):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(count, 3)).astype(np.float32)
    return x, x @ np.float32([1, 2, -1]) + rng.normal(0, 0.3, count).astype(np.float32)


@pytest.mark.parametrize("validated", [True, False])
def test_training_goes_on_as_if_nobody_averaged(validated):
    x, y = rows()
    given = {"epochs": 5, "batch_size": 10, "verbose": 0}
    if validated:
        given["validation_data"] = (x[:20], y[:20])
    plain, seen, averaging = Weights(), Weights(), AveragedEpochs(0.5)
    small_network().fit(x, y, callbacks=[plain], **given)
    model = small_network()
    model.fit(x, y, callbacks=[averaging, seen], **given)
    for mine, theirs in zip(seen.epochs, plain.epochs, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            assert_same_bits(a, b)
    expected = [
        np.mean(pair, axis=0) for pair in zip(plain.epochs[0], plain.epochs[1], strict=True)
    ]
    for state in plain.epochs[2:]:
        expected = [0.5 * (old + new) for old, new in zip(expected, state, strict=True)]
    for value, wanted in zip(averaging.average.values, expected, strict=True):
        assert_close(value, wanted, 1e-5)
    if not validated:
        for value, wanted in zip(model.get_weights(), expected, strict=True):
            assert_close(value, wanted, 1e-5)


def test_the_average_is_validated_and_kept():
    x, y = rows()
    stopping, averaging = EarlyStopping(patience=9, restore_best_weights=True), AveragedEpochs(0.8)
    model = small_network()
    history = model.fit(
        x, y, validation_data=(x[:20], y[:20]), epochs=6, batch_size=10, verbose=0,
        callbacks=[stopping, averaging],
    ).history  # fmt: skip
    best = int(np.argmin(history["val_loss"]))
    assert stopping.best_epoch == best
    assert_close(model.evaluate(x[:20], y[:20], verbose=0), history["val_loss"][best], 1e-6)


def lines(count=200):
    rng = np.random.default_rng(0)
    x = rng.normal(size=count)
    return {"x": x, "z": rng.normal(size=count), "y": 2 * x + rng.normal(0, 1, count)}


@pytest.mark.parametrize("options", [{"fold": 3}, {"valid": 0.25}])
def test_val_loss_is_that_of_the_network_that_is_kept(options):
    given = {"layers": "32 bn relu", "epochs": 8, "batch_size": 8, "lr": 0.05, **options}
    averaged = trimtab.train(lines(), "y", average_weights=0.8, **given)
    plain = trimtab.train(lines(), "y", average_weights=0.0, **given)
    # The rows it trains on are the same, so is the first epoch, and validation is calmer later.
    losses = [each.history.history["val_loss"] for each in (averaged, plain)]
    assert losses[0][0] == losses[1][0]
    assert np.std(np.diff(losses[0][2:])) < np.std(np.diff(losses[1][2:]))
    if "fold" in options:
        means = np.mean([min(each.history.history["val_loss"]) for each in averaged.model.members])
        assert averaged.scores["folds"]["mae"].value >= means - 1e-6
    else:
        kept = min(averaged.history.history["val_loss"])
        assert averaged.scores["valid"]["mae"].value == pytest.approx(kept, rel=1e-5)


@pytest.mark.parametrize("memory", [1, -0.5, "much"])
def test_memories_that_are_none(memory):
    with pytest.raises(InvalidArgument, match="average_weights must be"):
        trimtab.train(lines(), "y", average_weights=memory)
