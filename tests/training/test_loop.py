"""The training loop: one call an epoch or one a batch, order of events, resuming, interruption."""

import functools
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import trimtab.training.loop
from tests.support.close import assert_close
from tests.support.keras import import_keras
from tests.support.plain_engine import PlainEngine
from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, small_data, small_model
from trimtab import Sequential, config
from trimtab.core import random
from trimtab.errors import InvalidArgument, InvalidData, NotCompiled
from trimtab.nn import layers, losses
from trimtab.training.callbacks import Callback, EarlyStopping, History, LambdaCallback

QUIET = {"verbose": 0, "batch_size": 16}


def looking_in():
    """A callback that makes the epoch run batch by batch and changes nothing."""
    return LambdaCallback(on_train_batch_end=lambda batch, logs: None)


# -- one call or many --------------------------------------------------------------------------


def mean_error(y_true, y_pred):
    return float(np.abs(y_true - y_pred).mean())


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_batch_by_batch_is_the_same_run(shuffle, weighted):
    x, y = small_data()
    weight = np.linspace(0, 2, len(x)) if weighted else None
    runs = []
    for callbacks in ([], [looking_in()]):
        model = small_model(metrics=["mse", mean_error], weighted_metrics=["mae"])
        history = model.fit(
            x, y, epochs=3, shuffle=shuffle, sample_weight=weight, callbacks=callbacks,
            validation_split=0.2, **QUIET,
        )  # fmt: skip
        runs.append((model, history))
    assert runs[0][1].history == runs[1][1].history
    assert_same_state(runs[0][0], runs[1][0])


def test_train_on_batch_is_the_same_run():
    x, y = small_data(48)
    whole, stepped = small_model(), small_model()
    history = whole.fit(x, y, epochs=1, shuffle=False, **QUIET)
    batch_losses = [stepped.train_on_batch(x[i : i + 16], y[i : i + 16]) for i in range(0, 48, 16)]
    assert_same_state(whole, stepped)
    assert_close(np.mean(batch_losses), history.history["loss"][0], 1e-14)


def test_order_comes_from_seed_and_step_alone():
    x, y = small_data(20)
    seen = []

    class Spy(PlainEngine):
        def train(self, call):
            seen.append(call.order)
            return super().train(call)

    model = plain_model(Spy)
    model.fit(x, y, epochs=2, **QUIET)
    for epoch, step in enumerate((0, 2)):
        expected = random.permutation(5, random.Stream.ORDER, step, 20)
        np.testing.assert_array_equal(seen[epoch], expected)
    assert sorted(seen[0].tolist()) == list(range(20))


def test_without_shuffling_rows_come_as_they_are():
    x, y = small_data(20)
    seen = []

    class Spy(PlainEngine):
        def train(self, call):
            seen.append(call.order)
            return super().train(call)

    plain_model(Spy).fit(x, y, shuffle=False, **QUIET)
    assert seen == [None]


# -- the protocol is narrow --------------------------------------------------------------------


def plain_model(engine=PlainEngine, **options):
    """A model that runs on the small engine in plain NumPy."""
    model = small_model(optimizer="sgd", dropout=0, normalize=False, **options)
    model.runner.make_engine = lambda program, **choice: engine(program)
    return model


@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_training_needs_nothing_beyond_the_protocol(loss):
    x, y = small_data()
    plain, native = plain_model(loss=loss, metrics=["mse"]), small_model(
        optimizer="sgd", dropout=0, normalize=False, loss=loss, metrics=["mse"]
    )  # fmt: skip
    settings = {"epochs": 3, "validation_split": 0.3, **QUIET}
    a, b = plain.fit(x, y, **settings).history, native.fit(x, y, **settings).history
    assert list(a) == list(b) == ["loss", "mse", "val_loss", "val_mse"]
    for key in a:
        assert_close(a[key], b[key], 1e-5)
    assert_close(plain.predict(x), native.predict(x), 1e-4)


def test_the_loop_runs_on_jax():
    x, y = small_data()
    runs = []
    for engine in ("native", "jax"):
        model = Sequential([layers.Dense(4, input_shape=[3]), layers.Dense(1)], seed=1)
        model.compile("sgd", "mse", metrics=["mae"], engine=engine)
        runs.append(model.fit(x, y, epochs=2, validation_split=0.2, **QUIET).history)
        assert model.runner._engine.name == engine
    for key, values in runs[0].items():
        assert_close(runs[1][key], values, 1e-5)


def test_an_epoch_is_one_call():
    x, y = small_data()
    model = plain_model()
    model.fit(x, y, epochs=3, **QUIET)
    assert model.runner._engine.calls == ["load", "train", "train", "train"]


def test_weights_are_read_back_once_and_loaded_only_after_a_change():
    x, y = small_data()
    model = plain_model()
    model.fit(x, y, **QUIET)
    model.get_weights()
    model.get_weights()
    model.fit(x, y, **QUIET)
    assert model.runner._engine.calls == ["load", "train", "dump", "train"]
    model.set_weights(model.get_weights())
    model.fit(x, y, **QUIET)
    assert model.runner._engine.calls[4:] == ["dump", "load", "train"]


# -- as Keras does it --------------------------------------------------------------------------


HOOKS = [
    f"on_{stage}_{edge}"
    for stage in ("train", "epoch", "train_batch", "test", "test_batch", "predict", "predict_batch")
    for edge in ("begin", "end")
]


def recorder(base, events):
    """A callback class on ``base`` that writes every hook it hears into ``events``."""

    def hook(name):
        if "epoch" in name or "batch" in name:

            def heard(self, number, logs=None):
                events.append((name, int(number), sorted(logs or {})))

        else:

            def heard(self, logs=None):
                events.append((name, sorted(logs or {})))

        return heard

    return type("Recorder", (base,), {name: hook(name) for name in HOOKS})()


def test_events_come_in_the_order_of_keras():
    keras = import_keras()
    x, y = small_data(20)
    settings = {"epochs": 2, "validation_split": 0.5, "batch_size": 4, "verbose": 0}

    theirs = []
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    spy = recorder(keras.callbacks.Callback, theirs)
    their_history = model.fit(x, y, callbacks=[spy], **settings)
    model.evaluate(x, y, batch_size=8, verbose=0, callbacks=[spy])
    model.predict(x, batch_size=8, verbose=0, callbacks=[spy])

    ours = []
    model = Sequential([layers.Dense(1, input_shape=[3])])
    model.compile("sgd", "mse", metrics=["mae"])
    spy = recorder(Callback, ours)
    our_history = model.fit(x, y, callbacks=[spy], **settings)
    model.evaluate(x, y, batch_size=8, verbose=0, callbacks=[spy])
    model.predict(x, batch_size=8, verbose=0, callbacks=[spy])

    assert ours == theirs
    assert list(our_history.history) == list(their_history.history)
    assert our_history.epoch == their_history.epoch
    assert {key: our_history.params[key] for key in ("epochs", "steps")} == {
        key: their_history.params[key] for key in ("epochs", "steps")
    }


def test_history_holds_plain_floats():
    x, y = small_data()
    history = small_model(metrics=["mse"]).fit(x, y, epochs=2, validation_split=0.2, **QUIET)
    assert list(history.history) == ["loss", "mse", "val_loss", "val_mse"]
    assert {type(v) for values in history.history.values() for v in values} == {float}
    assert isinstance(history, History)


def test_batch_hooks_see_running_means_and_begin_hooks_nothing():
    x, y = small_data(20)
    begins, ends = [], []
    spy = LambdaCallback(
        on_train_begin=begins.append,
        on_epoch_begin=lambda epoch, logs: begins.append(logs),
        on_train_batch_begin=lambda batch, logs: begins.append(logs),
        on_train_batch_end=lambda batch, logs: ends.append(logs),
    )
    model = small_model(metrics=["mae"], loss="mse")
    history = model.fit(x, y, callbacks=[spy], verbose=0, batch_size=6)
    assert begins == [{}] * 6
    assert len(ends) == 4
    # The last running mean is the epoch's.
    assert_close(ends[-1]["loss"], history.history["loss"][0], 1e-12)
    assert_close(ends[-1]["mae"], history.history["mae"][0], 1e-12)


def test_loss_weights_batches_by_their_rows():
    x, y = small_data(20)
    losses_seen = []
    for size in (20, 19, 7, 1):
        model = Sequential([layers.Dense(1, input_shape=[3])], seed=1)
        model.compile("sgd", "mae")
        model.optimizer.learning_rate = 0.0
        losses_seen += model.fit(x, y, batch_size=size, verbose=0).history["loss"]
    assert_close(losses_seen, np.full(4, losses_seen[0]), 1e-6)


def test_stop_training_ends_after_the_batch_or_the_epoch():
    x, y = small_data(20)
    batches = []

    class Stop(Callback):
        def on_train_batch_end(self, batch, logs=None):
            batches.append(batch)
            self.model.stop_training = batch == 1

    model = small_model()
    history = model.fit(x, y, epochs=5, batch_size=4, verbose=0, callbacks=[Stop()])
    assert batches == [0, 1] and history.epoch == [0] and model.runner.step == 2

    class StopAtEpochBegin(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    model = small_model()
    history = model.fit(x, y, epochs=5, batch_size=4, verbose=0, callbacks=[StopAtEpochBegin()])
    assert history.epoch == [0, 1] and model.runner.step == 5 + 1  # one batch, as in Keras


# -- weights of rows and classes ---------------------------------------------------------------


def untrained(loss="mse", outputs=1, **options):
    """A model whose learning rate is 0, so that every epoch reports the same loss."""
    model = Sequential([layers.Dense(outputs, input_shape=[3])], seed=2)
    model.compile(optimizer="sgd", loss=loss, **options)
    model.optimizer.learning_rate = 0.0
    return model


def test_sample_weights_divide_by_rows():
    x, y = small_data(10)
    model = untrained(metrics=["mse"], weighted_metrics=["mse"])
    weight = np.arange(10.0)
    squares = (model.predict(x)[:, 0].astype(float) - y) ** 2
    logs = model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)
    assert list(logs) == ["loss", "mse", "weighted_mse"]
    assert_close(logs["loss"], (weight * squares).sum() / 10, 1e-6)
    assert_close(logs["mse"], squares.mean(), 1e-6)
    assert_close(logs["weighted_mse"], (weight * squares).sum() / weight.sum(), 1e-6)
    assert_close(
        model.fit(x, y, sample_weight=weight, shuffle=False, verbose=0).history["loss"][0],
        logs["loss"],
        1e-6,
    )


def test_weights_of_zero_give_a_loss_of_zero():
    x, y = small_data(10)
    model = untrained(weighted_metrics=["mse"])
    logs = model.evaluate(x, y, sample_weight=np.zeros(10), verbose=0, return_dict=True)
    assert logs == {"loss": 0.0, "mse": 0.0}


def test_class_weight_counts_absent_classes_as_one_and_leaves_validation_alone():
    x, _ = small_data(40)
    y = np.arange(40) % 3
    model = untrained("sparse_categorical_crossentropy", 3)
    model.layers[0].set_weights([np.zeros((3, 3)), np.array([0.5, 0.3, 0.2])])
    each = -np.log([0.5, 0.3, 0.2])[y]
    history = model.fit(
        x, y, class_weight={0: 4.0}, shuffle=False, verbose=0, validation_split=0.25
    ).history
    weight = np.where(y == 0, 4.0, 1.0)
    assert_close(history["loss"][0], (weight * each)[:30].mean(), 1e-6)
    assert_close(history["val_loss"][0], each[30:].mean(), 1e-6)


def test_class_weight_and_sample_weight_multiply():
    x, _ = small_data(12)
    y = np.arange(12) % 2
    weight = np.arange(12.0)
    a, b = untrained("mse"), untrained("mse")
    one = a.fit(x, y, class_weight={1: 3}, sample_weight=weight, verbose=0, validation_split=0.25)
    other = b.fit(
        x[:9], y[:9], sample_weight=(weight * np.where(y == 1, 3, 1))[:9], verbose=0,
        validation_data=(x[9:], y[9:], weight[9:]),
    )  # fmt: skip
    assert one.history == other.history


# -- validation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "share"), [(10, 0.2), (11, 0.2), (3, 0.5), (7, 0.8)])
def test_validation_split_takes_the_last_rows(rows, share):
    x, y = small_data(rows)
    kept = int(np.floor(rows * (1 - share)))
    split, given = small_model(), small_model()
    one = split.fit(x, y, validation_split=share, epochs=2, **QUIET)
    other = given.fit(x[:kept], y[:kept], validation_data=(x[kept:], y[kept:]), epochs=2, **QUIET)
    assert one.history == other.history


def test_validation_data_goes_before_validation_split():
    x, y = small_data(20)
    model = small_model()
    history = model.fit(x, y, validation_split=0.5, validation_data=(x[:5], y[:5]), **QUIET)
    assert history.history["val_loss"] == [model.evaluate(x[:5], y[:5], verbose=0)]


def test_validation_weights_are_used():
    x, y = small_data(20)
    model = small_model()
    weight = np.linspace(0, 1, 5)
    history = model.fit(x, y, validation_data=(x[:5], y[:5], weight), **QUIET)
    expected = model.evaluate(x[:5], y[:5], sample_weight=weight, verbose=0)
    assert history.history["val_loss"] == [expected]


@pytest.mark.parametrize(
    ("frequency", "epochs"), [(1, [1, 2, 3, 4]), (2, [2, 4]), ([1, 4], [1, 4]), (9, [])]
)
def test_validation_freq(frequency, epochs):
    x, y = small_data(20)
    seen = []
    spy = LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(epoch + 1) if "val_loss" in logs else None
    )
    small_model().fit(
        x, y, epochs=4, validation_split=0.2, validation_freq=frequency, callbacks=[spy], **QUIET
    )
    assert seen == epochs


def test_penalties_are_in_the_losses():
    x, y = small_data(20)
    model = Sequential([layers.Dense(1, input_shape=[3], kernel_regularizer="l2")], seed=1)
    model.compile("sgd", "mse")
    model.optimizer.learning_rate = 0.0
    history = model.fit(x, y, validation_data=(x, y), verbose=0, shuffle=False).history
    plain = losses.mean_squared_error(y, model.predict(x)).mean()
    penalty = 0.01 * (model.get_weights()[0].astype(float) ** 2).sum()
    assert_close(history["loss"][0], plain + penalty, 1e-6)
    assert_close(history["val_loss"][0], plain + penalty, 1e-6)
    assert_close(model.evaluate(x, y, verbose=0), plain + penalty, 1e-6)


# -- going on ------------------------------------------------------------------------------------


def test_two_fits_are_one():
    x, y = small_data()
    whole, parts = small_model(metrics=["mse"]), small_model(metrics=["mse"])
    history = whole.fit(x, y, epochs=5, **QUIET).history
    first = parts.fit(x, y, epochs=2, **QUIET)
    then = parts.fit(x, y, epochs=5, initial_epoch=2, **QUIET)
    assert then.epoch == [2, 3, 4]
    assert {key: first.history[key] + then.history[key] for key in history} == history
    assert_same_state(whole, parts)


class Interrupt(Callback):
    """Ctrl-C after a batch."""

    def __init__(self, epoch, batch):
        super().__init__()
        self.at = (epoch, batch)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.at:
            raise KeyboardInterrupt


@pytest.mark.parametrize("batch", [0, 1, 2, 3])
def test_an_interrupted_epoch_goes_on_where_it_was(batch):
    x, y = small_data()
    whole, parts = small_model(metrics=["mse"]), small_model(metrics=["mse"])
    history = whole.fit(x, y, epochs=4, **QUIET).history
    with pytest.raises(KeyboardInterrupt):
        parts.fit(x, y, epochs=4, callbacks=[Interrupt(1, batch)], **QUIET)
    assert parts.runner.step == 4 + batch + 1
    last = batch == 3  # the epoch was done but for its end
    rest = parts.fit(x, y, epochs=4, initial_epoch=2 if last else 1, **QUIET)
    assert_same_state(whole, parts)
    assert rest.history == {key: values[2 if last else 1 :] for key, values in history.items()}


@pytest.fixture
def one_thread():
    """Threads that wait for each other after each row are slow where other programs run, too."""
    config.set_threads(1)
    yield
    config.set_threads(None)


class Pause(Callback):
    """A callback that ends training between two steps as Ctrl-C does."""

    def __init__(self, at=1):
        super().__init__()
        self.at = at
        self.seen = []

    def wants_steps(self):
        return True

    def watch_steps(self, steps, loss):
        self.seen.append((steps, loss))
        if len(self.seen) == self.at:
            raise KeyboardInterrupt


def test_a_callback_looks_in_between_steps_and_can_end_training_there(one_thread):
    x, y = small_data(60_000)  # the engine looks up every 40 ms; an epoch takes several times that
    settings = {"epochs": 2, "batch_size": 1, "verbose": 0}
    whole, parts = small_model(), small_model()
    history = whole.fit(x, y, **settings).history
    pause = Pause()
    with pytest.raises(KeyboardInterrupt):
        parts.fit(x, y, callbacks=[pause], **settings)
    steps, loss = pause.seen[0]
    epoch = parts.position.epoch  # a quick machine is through the first before anyone looks
    assert parts.position.batches == steps
    assert parts.position.total == loss * steps
    pause.at = 0  # looks on, and lets it run
    rest = parts.fit(x, y, callbacks=[pause], initial_epoch=epoch, **settings)
    assert_same_state(whole, parts)
    assert rest.history == {key: values[epoch:] for key, values in history.items()}


def test_other_data_does_not_go_on_inside_the_epoch():
    x, y = small_data()
    model = small_model()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, callbacks=[Interrupt(0, 1)], **QUIET)
    assert model.position is not None
    model.fit(x, y + 1, **QUIET)
    assert model.runner.step == 2 + 4  # a whole epoch on the new rows


def interrupted(model, fit):
    """Runs a fit with a Ctrl-C a moment after the engine began; whether it ended that."""
    began = threading.Event()

    def press():
        began.wait()
        time.sleep(0.005)
        os.kill(os.getpid(), signal.SIGINT)

    engine = model.training_engine()
    train = engine.train

    def seen(call):
        began.set()
        return train(call)

    hand = threading.Thread(target=press)
    hand.start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine, "train", seen, raising=False)
            fit()
            hand.join()  # a signal that came late arrives here
    except KeyboardInterrupt:
        hand.join()
        return model.position is not None
    return False


def test_ctrl_c_in_the_middle_of_a_call_keeps_the_finished_steps(one_thread):
    """A real signal, sent while the native engine runs an epoch of half a second in one call."""
    x, y = small_data(60_000)
    settings = {"epochs": 2, "batch_size": 1, "verbose": 0}
    whole = small_model(metrics=["mse"])
    history = whole.fit(x, y, **settings).history
    for _ in range(5):  # another program may hold the signal up
        parts = small_model(metrics=["mse"])
        if interrupted(parts, functools.partial(parts.fit, x, y, **settings)):
            break
    else:
        pytest.fail("five signals did not end an epoch of half a second")
    assert 0 < parts.position.batches < len(x)
    epoch = parts.position.epoch
    assert parts.runner.step == parts.position.first_step + parts.position.batches
    rest = parts.fit(x, y, initial_epoch=epoch, **settings)
    assert_same_state(whole, parts)
    assert rest.history == {key: values[epoch:] for key, values in history.items()}


def test_ctrl_c_restores_the_best_weights():
    x, y = small_data()
    model = small_model(optimizer="sgd")
    stop = EarlyStopping("loss", restore_best_weights=True)
    best = []
    spy = LambdaCallback(on_epoch_end=lambda epoch, logs: best.append(model.get_weights()))
    model.optimizer.learning_rate = 0.1
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, epochs=3, callbacks=[stop, spy, Interrupt(1, 2)], **QUIET)
    for one, other in zip(model.get_weights(), best[stop.best_epoch], strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_failing_callback_still_restores_the_best_weights():
    x, y = small_data()
    model = small_model()
    best = []

    def fail(epoch, logs):
        best.append(model.get_weights())
        if epoch == 1:
            raise RuntimeError("mine")

    stop = EarlyStopping("loss", patience=9, restore_best_weights=True)
    with pytest.raises(RuntimeError, match="mine"):
        model.fit(x, y, epochs=3, callbacks=[stop, LambdaCallback(on_epoch_end=fail)], **QUIET)
    for one, other in zip(model.get_weights(), best[stop.best_epoch], strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_set_by_a_callback_are_used():
    x, y = small_data()
    model = small_model(optimizer="sgd")
    zeros = [np.zeros_like(w) for w in model.get_weights()]
    reset = LambdaCallback(on_train_batch_end=lambda batch, logs: model.set_weights(zeros))
    model.fit(x, y, callbacks=[reset], **QUIET)
    for array in model.get_weights():
        assert not array.any()


# -- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            {"batch_size": 0},
            "batch_size must be a positive integer, received 0. Leave it out for 32.",
        ),
        (
            {"batch_size": 2.5},
            "batch_size must be a positive integer, received 2.5. Leave it out for 32.",
        ),
        ({"epochs": -1}, "epochs must be an integer of at least 0, received -1."),
        ({"epochs": "3"}, "epochs must be an integer of at least 0, received '3'."),
        (
            {"initial_epoch": -1},
            "initial_epoch must be an integer of at least 0, received -1.",
        ),
        ({"verbose": 3}, "verbose must be 'auto', 0, 1 or 2, received 3."),
        ({"verbose": "yes"}, "verbose must be 'auto', 0, 1 or 2, received 'yes'."),
        ({"shuffle": "batch"}, "shuffle must be True or False, received 'batch'."),
        ({"validation_freq": 0}, "validation_freq must be a positive integer, received 0."),
        (
            {"validation_batch_size": 0},
            "validation_batch_size must be a positive integer, received 0. Leave it out for 32.",
        ),
        (
            {"validation_split": 1.0},
            "validation_split must be at least 0 and below 1, received 1.0. "
            "Use validation_split=0.2 to keep the last 20 % of the rows for validation.",
        ),
        (
            {"validation_split": "0.2"},
            "validation_split must be a number between 0 and 1, received '0.2'.",
        ),
        (
            {"validation_steps": 4},
            "validation_steps=4 counts batches of validation_data, and there is none. Pass "
            "validation_data=(x, y), or leave it out.",
        ),
        (
            {"steps_per_epoch": 0},
            "steps_per_epoch must be a positive integer, received 0. Leave it out for epochs of "
            "all rows.",
        ),
        (
            {"validation_data": np.zeros((3, 3))},
            "validation_data must be (x, y) or (x, y, sample_weight), a PyDataset or a generator "
            "of batches, received a ndarray.",
        ),
        (
            {"class_weight": [1, 2]},
            "class_weight must be a dict from class number to weight, received list. "
            "Use class_weight={0: 1.0, 1: 5.0}.",
        ),
        (
            {"callbacks": ["stop"]},
            "callbacks must be trimtab.callbacks.Callback objects, received 'stop'.",
        ),
        (
            {"callbacks": [History]},
            "callbacks must be trimtab.callbacks.Callback objects, received "
            f"{History!r}. Add parentheses: History().",
        ),
    ],
)
def test_refused_arguments(arguments, text):
    x, y = small_data()
    model = small_model()
    assert_refused(InvalidArgument, text, lambda: model.fit(x, y, **{"verbose": 0, **arguments}))
    assert model.runner.step == 0


def test_a_split_that_leaves_nothing_is_refused():
    x, y = small_data(3)
    assert_refused(
        InvalidData,
        "validation_split=0.9 of 3 rows leaves none for training. "
        "Pass more rows or another validation_split.",
        lambda: small_model().fit(x, y, validation_split=0.9),
    )
    assert_refused(
        InvalidData,
        "validation_split=1e-20 of 3 rows leaves none for validation. "
        "Pass more rows or another validation_split.",
        lambda: small_model().fit(x, y, validation_split=1e-20),
    )


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_compile_comes_first(method):
    x, y = small_data()
    model = Sequential([layers.Dense(1)])
    assert_refused(
        NotCompiled,
        f"{method} needs a compiled model. Call model.compile(optimizer='adam', loss='mae') first.",
        lambda: getattr(model, method)(x, y),
    )


def test_no_epochs():
    x, y = small_data()
    history = small_model().fit(x, y, epochs=0, verbose=0)
    assert history.history == {} and history.epoch == []


def test_one_row_left_for_the_last_batch_is_trained_on():
    x, y = small_data(33)
    model = small_model()
    history = model.fit(x, y, epochs=2, verbose=0, batch_size=32)
    assert model.runner.step == 4
    assert np.isfinite(history.history["loss"]).all()


def test_a_diverged_run_says_nan():
    x, y = small_data()
    model = small_model(optimizer="sgd", loss="mse", dropout=0, normalize=False)
    model.optimizer.learning_rate = 1e30
    history = model.fit(x, y, epochs=4, validation_split=0.2, **QUIET)
    assert np.isnan(history.history["loss"][-1]) and np.isnan(history.history["val_loss"][-1])
    assert len(history.epoch) == 4


def test_silent_training_imports_nothing_heavy():
    code = """
        import sys
        import numpy as np
        from trimtab import Sequential, layers
        model = Sequential([layers.Dense(1)])
        model.compile("adam", "mae", metrics=["mse"])
        model.fit(np.ones((9, 2)), np.ones(9), verbose=0, validation_split=0.3)
        model.evaluate(np.ones((9, 2)), np.ones(9), verbose=0)
        model.predict(np.ones((9, 2)))
        heavy = {"pandas", "matplotlib", "rich", "sklearn", "safetensors", "jax", "keras"}
        print(sorted(heavy & set(sys.modules)))
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_module_exports_what_it_says():
    for name in trimtab.training.loop.__all__:
        assert hasattr(trimtab.training.loop, name)
