"""ModelCheckpoint: what it saves and when, its file names, and going on from its files."""

import math

import numpy as np
import pytest

from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, small_data, small_model
from trimtab import load_model
from trimtab.errors import InvalidArgument
from trimtab.training.callbacks import LambdaCallback, ModelCheckpoint

nan = math.nan


class Script:
    """A model that notes what is saved, and how."""

    def __init__(self):
        self.saved = []

    def save(self, path):
        self.saved.append(("model", path))

    def save_weights(self, path):
        self.saved.append(("weights", path))


def play(values, path="{epoch}", **settings):
    callback = ModelCheckpoint(path, **settings)
    model = Script()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {"loss": 1.0, "val_loss": value})
    return model.saved


def test_saves_every_epoch():
    assert play([3, 2, 4]) == [("model", "1"), ("model", "2"), ("model", "3")]
    assert play([3], save_weights_only=True) == [("weights", "1")]


def test_saves_only_the_best():
    assert play([3, 2, 2, 4, 1], save_best_only=True) == [("model", e) for e in "125"]
    assert play([3, 2, 4], save_best_only=True, mode="max") == [("model", e) for e in "13"]
    assert play([nan, 2, nan, 1], save_best_only=True) == [("model", e) for e in "24"]
    settings = {"save_best_only": True, "initial_value_threshold": 2.5}
    assert play([3, 2, 2.2], **settings) == [("model", "2")]


def test_saves_where_the_monitored_number_is_not_there():
    callback = ModelCheckpoint("{epoch}", save_best_only=True)
    model = Script()
    callback.set_model(model)
    callback.on_train_begin()
    text = "^ModelCheckpoint monitors 'val_loss', which is not in the logs. They have: loss.$"
    with pytest.warns(UserWarning, match=text):
        callback.on_epoch_end(0, {"loss": 1.0})
    assert model.saved == [("model", "1")]


def test_file_names(tmp_path):
    x, y = small_data()
    path = tmp_path / "new" / "{epoch:02d}-{val_loss:.3f}.trimtab"
    model = small_model()
    history = model.fit(
        x, y, epochs=2, verbose=0, validation_split=0.2, callbacks=[ModelCheckpoint(path)]
    ).history
    expected = [f"{i + 1:02d}-{v:.3f}.trimtab" for i, v in enumerate(history["val_loss"])]
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == expected


def test_saves_every_so_many_batches(tmp_path):
    x, y = small_data(40)
    checkpoint = ModelCheckpoint(tmp_path / "{epoch}-{batch}", save_freq=3)
    model = small_model()
    model.fit(x, y, epochs=2, batch_size=8, verbose=0, callbacks=[checkpoint])
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == ["1-3.trimtab", "2-1.trimtab", "2-4.trimtab"]


def test_only_a_number_of_batches_cuts_the_epoch():
    assert not ModelCheckpoint("x").wants_train_batches()
    assert ModelCheckpoint("x", save_freq=9).wants_train_batches()


@pytest.mark.parametrize("every", ["epoch", 1, 3, 7])
@pytest.mark.parametrize("weights_only", [False, True])
def test_every_file_resumes_with_the_same_bits(tmp_path, every, weights_only):
    x, y = small_data()
    settings = {"epochs": 3, "batch_size": 16, "verbose": 0, "validation_split": 0.2}
    metrics = {"metrics": ["mse"], "weighted_metrics": ["mae"]}
    whole = small_model(**metrics)
    history = whole.fit(x, y, **settings).history
    name = "{epoch}-{batch}" if every != "epoch" else "{epoch}-3"
    checkpoint = ModelCheckpoint(tmp_path / name, save_freq=every, save_weights_only=weights_only)
    small_model(**metrics).fit(x, y, callbacks=[checkpoint], **settings)
    files = sorted(tmp_path.iterdir())
    assert len(files) == {"epoch": 3, 1: 9, 3: 3, 7: 1}[every]
    for file in files:
        epoch, batch = (int(part) for part in file.stem.split("-"))
        first = epoch - 1 if batch < 3 else epoch
        if weights_only:
            model = small_model(seed=99, **metrics)
            model.load_weights(file)
        else:
            model = load_model(file)
        rest = model.fit(x, y, initial_epoch=first, **settings)
        assert rest.epoch == list(range(first, 3))
        assert rest.history == ({k: v[first:] for k, v in history.items()} if first < 3 else {})
        if every != "epoch" and batch == 3:
            continue  # saved before the epoch's end: the state is the same, tested above
        assert_same_state(whole, model)


def test_a_lowered_learning_rate_resumes(tmp_path):
    x, y = small_data()
    model = small_model()
    lower = LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(model.optimizer, "learning_rate", 0.123)
    )
    model.fit(x, y, verbose=0, callbacks=[lower, ModelCheckpoint(tmp_path / "m")])
    assert load_model(tmp_path / "m").optimizer.learning_rate == np.float32(0.123)


def test_refusals():
    for value in (0, -1, 1.5, "batch", True):
        assert_refused(
            InvalidArgument,
            "ModelCheckpoint: save_freq must be 'epoch' or a positive number of batches, "
            f"received {value!r}.",
            lambda value=value: ModelCheckpoint("x", save_freq=value),
        )
    assert_refused(
        InvalidArgument,
        "'best.weights.h5' names Keras' format of weights alone, which model.save_weights() "
        "writes. Use 'best.trimtab'.",
        lambda: ModelCheckpoint("folder/best.weights.h5"),
    )
    assert_refused(
        InvalidArgument,
        "ModelCheckpoint: filepath '{epoch}-{val_mae}' cannot be filled in ('val_mae'). "
        "There are: loss, val_loss, epoch.",
        lambda: play([1], path="{epoch}-{val_mae}"),
    )


def test_says_what_it_does(capsys):
    play([3, 2, 4], path="m", save_best_only=True, verbose=1)
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 1: val_loss improved from none to 3.00000",
        "Epoch 1: saved to m",
        "Epoch 2: val_loss improved from 3.00000 to 2.00000",
        "Epoch 2: saved to m",
        "Epoch 3: val_loss did not improve from 2.00000",
    ]
