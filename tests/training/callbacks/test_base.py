"""Callback and CallbackList: who is called, with what, and what is asked of the loop."""

import numpy as np
import pytest

from tests.support.keras import import_keras
from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument
from trimtab.training import callbacks
from trimtab.training.callback import plain_logs
from trimtab.training.callbacks import Callback, CallbackList, EarlyStopping, History


class Batches(Callback):
    def on_train_batch_begin(self, batch, logs=None):
        pass


class OldBatches(Callback):
    def on_batch_end(self, batch, logs=None):
        pass


class Evaluations(Callback):
    def on_test_batch_end(self, batch, logs=None):
        pass


class Predictions(Callback):
    def on_predict_batch_end(self, batch, logs=None):
        pass


def test_only_overridden_hooks_cost_anything():
    assert not CallbackList([Callback(), History(), EarlyStopping()]).wants_train_batches()
    assert CallbackList([Batches()]).wants_train_batches()
    assert CallbackList([OldBatches()]).wants_train_batches()
    assert not CallbackList([Evaluations()]).wants_train_batches()
    assert CallbackList([Evaluations()]).wants_test_batches()
    assert not CallbackList([Batches()]).wants_test_batches()
    assert CallbackList([Predictions()]).wants_predict_batches()


def test_every_hook_reaches_every_callback():
    heard = []

    def hook(name):
        return lambda self, *args, **named: heard.append((name, args, named))

    names = [name for name in dir(Callback) if name.startswith("on_")]
    spy = type("Spy", (Callback,), {name: hook(name) for name in names})
    both = CallbackList([spy(), spy()])
    for name in names:
        numbered = "batch" in name or "epoch" in name
        getattr(both, name)(*((3,) if numbered else ()), logs={"loss": np.float32(0.5)})
    assert [name for name, *_ in heard] == [name for name in names for _ in range(2)]
    for _, args, named in heard:
        assert {"loss": 0.5} in (*args, *named.values())


def test_callbacks_share_the_logs_they_are_given():
    class Adds(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["mine"] = 1.0

    history = History()
    given = {"loss": 0.5}
    CallbackList([Adds(), history]).on_epoch_end(0, given)
    assert history.history == {"loss": [0.5], "mine": [1.0]} and given == {"loss": 0.5}


def test_plain_logs():
    logs = plain_logs({"b": np.float64(1), "a": 2, "c": "text"})
    assert list(logs.items()) == [("a", 2.0), ("b", 1.0), ("c", "text")]
    assert type(logs["a"]) is type(logs["b"]) is float
    assert plain_logs(None) == {}


@pytest.mark.parametrize(
    "given", [Callback(), [Callback()], (Callback(),), [[Callback()]], CallbackList([Callback()])]
)
def test_one_or_many(given):
    assert len(list(CallbackList(given))) == 1


def test_nobody():
    assert list(CallbackList(None)) == list(CallbackList([])) == []
    assert len(list(CallbackList(None, add_history=True))) == 1
    assert len(list(CallbackList([History()], add_history=True))) == 1


def test_callbacks_of_keras_are_refused():
    theirs = import_keras().callbacks.EarlyStopping()
    assert_refused(
        InvalidArgument,
        f"callbacks must be trimtab.callbacks.Callback objects, received {theirs!r}. "
        "Use trimtab.callbacks.EarlyStopping if it is there.",
        lambda: CallbackList([theirs]),
    )


def test_all_are_released_though_one_fails():
    released = []

    class Release(Callback):
        def __init__(self, fails):
            super().__init__()
            self.fails = fails

        def release(self):
            released.append(self.fails)
            if self.fails:
                raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        CallbackList([Release(False), Release(True), Release(False)]).release()
    assert released == [False, True, False]


def test_arguments_are_those_of_keras():
    import inspect

    theirs = import_keras().callbacks
    ours_alone = {"BestEpochs", "ExponentialMovingAverage", "StochasticWeightAveraging"}
    assert not any(hasattr(theirs, name) for name in ours_alone)
    for name in set(callbacks.__all__) - ours_alone:
        ours = list(inspect.signature(getattr(callbacks, name)).parameters)
        reference = list(inspect.signature(getattr(theirs, name)).parameters)
        known = {"kwargs": "hooks"} if name == "LambdaCallback" else {}
        reference = [known.get(p, p) for p in reference]
        if name == "ReduceLROnPlateau":
            reference.remove("kwargs")
        assert ours == reference, name
