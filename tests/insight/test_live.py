"""``callbacks.Live``: it changes no bit, costs little, tells all, and its button ends a fit."""

import json
import threading
import time
import urllib.request

import numpy as np
import pytest

import trimtab
from trimtab import layers
from trimtab.callbacks import EarlyStopping, Live
from trimtab.errors import InvalidArgument
from trimtab.insight import live as module
from trimtab.live import view


@pytest.fixture(autouse=True)
def own_page(monkeypatch):
    """A page for each test; no browser, whatever the machine."""
    monkeypatch.setattr(view, "_view", None)
    monkeypatch.setattr(view, "can_open", lambda: False)
    yield
    if view._view is not None:
        view._view.close()


def problem(rows=400):
    x = np.random.default_rng(0).normal(size=(rows, 4)).astype("float32")
    return x, (x[:, 0] * x[:, 1] + x[:, 2]).astype("float32")


def network():
    model = trimtab.Sequential(
        [
            layers.Dense(16, activation="relu", name="first"),
            layers.Dropout(0.2),
            layers.BatchNormalization(),
            layers.Dense(1),
        ],
        seed=3,
    )
    model.compile("adam", "mse", metrics=["mae"])
    return model


def fit(callbacks, epochs=12, **more):
    model = network()
    x, y = problem()
    model.fit(x, y, epochs=epochs, validation_split=0.25, callbacks=callbacks, verbose=0, **more)
    return model


def messages():
    return view._view.board.log.wait(0, 0.0)[1]


def told(kind):
    return [message[kind] for message in messages() if kind in message]


def test_training_does_not_change():
    with_it, without = fit([Live()]), fit([])
    assert with_it.history.history == without.history.history
    for one, other in zip(with_it.get_weights(), without.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def in_no_hurry(monkeypatch):
    """Looks and rules may take as long as they like."""
    monkeypatch.setattr(module, "AROUND", 1e6)
    monkeypatch.setattr(module, "SHARE", 1e6)


def test_the_page_hears_the_fit(capsys, in_no_hurry):
    live = Live("first")
    model = fit([live])
    assert capsys.readouterr().out == f"Live view: {live.url}\n"
    run = view._view.board.runs[0]
    assert run.title == "first"
    assert run.epochs == list(range(1, 13))
    loss = model.history.history["val_loss"]
    assert run.series["val_loss"] == pytest.approx(loss, rel=1e-4)
    assert {"loss", "mae", "val_mae", "learning_rate"} <= run.series.keys()
    assert run.now["best"] == int(np.argmin(loss)) + 1
    assert ["rows", "300, validated on 100"] in told("facts")[-1]
    assert "first" in told("layers")[-1]["curves"]["weight_norm"]
    assert [each["title"] for each in run.findings] == [f"{each.title}:" for each in live.findings]
    assert live.findings.codes, "there is a dropout before a batch normalization"
    assert told("ended")[-1][0].startswith("All 12 epochs are done. The lowest validation loss")


def test_a_short_fit_is_not_looked_into():
    live = Live()
    fit([live], epochs=3)
    assert live.findings == [] and live.watched.looks == {}
    assert view._view.board.runs[0].epochs == [1, 2, 3]


def test_several_fits_are_on_one_page(capsys):
    first = Live("one")
    fit([first], epochs=2)
    fit([first], epochs=2)
    fit([Live("two")], epochs=2)
    assert [run.title for run in view._view.board.runs] == ["one", "one", "two"]
    assert all(run.ended for run in view._view.board.runs)


def test_the_button_ends_the_fit_after_its_epoch():
    class Press(trimtab.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 4:
                ask({"run": view._view.board.runs[0].number})

    model = fit([Press(), Live()], epochs=50)
    assert len(model.history.epoch) == 5
    assert told("ended")[-1][0].startswith("Stopped after 5 epochs, as asked.")


def ask(body):
    url = view._view.url
    origin = "/".join(url.split("/")[:3])
    request = urllib.request.Request(
        f"{url}stop",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Origin": origin},
    )
    return json.load(urllib.request.urlopen(request, timeout=10))


def test_early_stopping_is_told():
    fit([EarlyStopping(patience=1), Live()], epochs=300)
    assert told("ended")[-1][0].startswith("Stopped after")


def test_an_error_elsewhere_ends_the_run():
    class Bad(trimtab.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fit([Bad(), Live()])
    assert told("well") == [False]


def test_a_diverged_run_is_told(in_no_hurry):
    x, y = problem()
    model = network()
    model.compile("sgd", "mse")
    model.optimizer.learning_rate = 1e9
    live = Live()
    model.fit(x * 1e6, y, epochs=4, callbacks=[live], verbose=0)
    assert view._view.board.runs[0].series["loss"][-1] is None
    assert "diverged" in live.findings.codes


def test_batches_from_a_generator_are_shown():
    x, y = problem()
    model = network()
    batches = [(x[i : i + 50], y[i : i + 50]) for i in range(0, 400, 50)]
    live = Live()
    model.fit(
        (batch for _ in range(3) for batch in batches),
        epochs=3,
        steps_per_epoch=8,
        callbacks=[live],
        verbose=0,
    )
    assert view._view.board.runs[0].epochs == [1, 2, 3]
    assert told("ended")


def test_looking_takes_its_share_of_the_time_at_most():
    live = Live()
    live._begun = time.perf_counter() - 10.0
    live._inside, live._cost = 0.0, {"look": 0.05, "rules": 0.2}
    assert live._affords("look")
    assert not live._affords("rules")
    live._inside = 0.06
    assert not live._affords("look")


def test_threads_that_train_at_once_have_a_run_each():
    def one(name):
        fit([Live(name)], epochs=3)

    threads = [threading.Thread(target=one, args=(f"run {i}",)) for i in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(run.title for run in view._view.board.runs) == [f"run {i}" for i in range(4)]
    assert all(run.epochs == [1, 2, 3] and run.ended for run in view._view.board.runs)


@pytest.mark.parametrize("bad", [{"name": 3}, {"port": -1}, {"port": "a"}, {"browser": "yes"}])
def test_bad_arguments_are_refused(bad):
    with pytest.raises(InvalidArgument, match=next(iter(bad))):
        Live(**bad)


def test_a_terminal_without_a_browser_gets_a_panel(monkeypatch, capsys):
    drawn = []
    monkeypatch.setattr(module, "is_live", lambda: True)
    monkeypatch.setattr(module.Panel, "draw", lambda self: drawn.append(self))
    x, y = problem()
    network().fit(x, y, epochs=3, callbacks=[Live()], verbose=1)
    assert drawn
    said = capsys.readouterr().out
    assert "Epoch" not in said and "left" not in said, "the panel stands for the progress line"
