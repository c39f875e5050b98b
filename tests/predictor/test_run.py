"""A run on prepared arrays: it ends at any step, keeps the best weights, and goes on to the bit."""

import math
import signal
import threading

import numpy as np
import pytest

from tests.support.small import assert_same_state, small_data, small_model
from trimtab import Sequential
from trimtab.core.container import read
from trimtab.engines.base import Rows
from trimtab.model.contents import write
from trimtab.nn import layers, optimizers, schedules
from trimtab.predictor.training import events
from trimtab.predictor.training.limits import Limits
from trimtab.predictor.training.run import FitData, Recipe, fit_network
from trimtab.predictor.training.state import NetworkState
from trimtab.predictor.training.units import Units


def part_of(rows=60, label="", valid=20, weighted=False):
    x, y = small_data(rows)
    weight = np.linspace(0.5, 2, rows).astype(np.float32) if weighted else None

    def rows_of(chosen):
        return Rows(x[chosen], y[chosen, None], None if weight is None else weight[chosen])

    if valid is None:
        return FitData(label, rows_of(slice(None)), None)
    return FitData(label, rows_of(slice(valid, None)), rows_of(slice(valid)))


def run(model, part, *, recipe=None, limits=None, state=None, keep=None, listen=None, scale=1.0):
    """A run with its events."""
    heard = []

    def report(event):
        heard.append(event)
        if listen is not None:
            listen(event)

    fitted = fit_network(
        model,
        part,
        recipe or Recipe(batch_size=8, epochs=6, patience=10),
        limits=limits or Limits(),
        units=Units(scale),
        report=report,
        state=state,
        keep=keep,
    )
    return fitted, heard


class StopAt(Limits):
    """Ctrl-C after so many looks."""

    def __init__(self, looks):
        super().__init__()
        self.looks = looks

    @property
    def reason(self):
        self.looks -= 1
        return "interrupted" if self.looks < 0 else None


def through_a_file(state, tmp_path):
    """A state as another process reads it."""
    path = tmp_path / "state.trimtab"
    write(path, state.contents)
    contents = read(path)
    assert contents.documents.keys() == state.contents.documents.keys()
    return NetworkState(contents, state.stopping, state.best)


def slow_model(seed=5, **options):
    """Steps of some milliseconds, so that the engine looks up in the middle of an epoch."""
    stack = [layers.Dense(512, activation="relu", input_shape=[3]), layers.BatchNormalization()]
    stack += [layers.Dropout(0.3), layers.Dense(512, activation="relu"), layers.Dense(1)]
    model = Sequential(stack, seed=seed)
    model.compile(
        optimizer=optimizers.Adam(schedules.CosineDecay(0.01, 40)), loss="mae", metrics=["mse"]
    )
    return model


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("epochs", range(1, 7))
def test_a_run_left_after_any_epoch_goes_on_to_the_bit(epochs, weighted, tmp_path):
    part = part_of(weighted=weighted)
    whole, _ = run(small_model(metrics=["mse"]), part)
    limits = Limits()

    def interrupt(event):
        if isinstance(event, events.Epoch) and event.epoch == epochs:
            limits.interrupted = True

    left, heard = run(small_model(metrics=["mse"]), part, limits=limits, listen=interrupt)
    assert left.reason == ("interrupted" if epochs < 6 else "epochs")
    assert heard[-1].whole == epochs and len(left.history.epoch) == epochs
    best = int(np.argmin(whole.history.history["val_loss"][:epochs]))
    assert left.best_epoch == best + 1
    if left.state is None:
        assert epochs == 6
        return
    state = through_a_file(left.state, tmp_path)
    rest, _ = run(state.model(), part, state=state)
    assert rest.reason == "epochs" and rest.state is None
    assert rest.history.history == whole.history.history
    assert rest.history.epoch == whole.history.epoch == list(range(6))
    assert (rest.best, rest.best_epoch) == (whole.best, whole.best_epoch)
    assert_same_state(rest.model, whole.model)


def test_a_run_left_in_the_middle_of_an_epoch_goes_on_to_the_bit(tmp_path):
    part = part_of(4200, valid=200)
    recipe = Recipe(batch_size=40, epochs=3, patience=10)
    whole, _ = run(slow_model(), part, recipe=recipe)
    first, heard = run(slow_model(), part, recipe=recipe, limits=StopAt(0))
    ended = heard[-1]
    assert (ended.reason, ended.whole, ended.best_epoch) == ("interrupted", 0, None)
    assert first.best_epoch is None
    assert first.state.contents.documents["training"]["position"]["epoch"] == 0
    done = first.model.runner.step
    assert 0 < done < 100
    state = through_a_file(first.state, tmp_path)
    second, _ = run(state.model(), part, recipe=recipe, state=state, limits=StopAt(101 - done))
    # The rest of that epoch went step by step, then some steps of the next one.
    assert (second.reason, second.best_epoch) == ("interrupted", 1)
    state = through_a_file(second.state, tmp_path)
    rest, _ = run(state.model(), part, recipe=recipe, state=state)
    assert rest.history.history == whole.history.history
    assert_same_state(rest.model, whole.model)


def test_however_it_ends_the_best_weights_are_kept():
    part = part_of()
    losses = []

    def look(event):
        if isinstance(event, events.Epoch):
            losses.append(event.losses["val_loss"])

    model = small_model(optimizer=optimizers.SGD(0.4))
    fitted, heard = run(
        model, part, recipe=Recipe(batch_size=8, epochs=50, patience=2), listen=look
    )
    ended = heard[-1]
    assert fitted.reason == ended.reason == "patience"
    assert ended.whole == len(losses) < 50
    assert ended.best_epoch == fitted.best_epoch == np.argmin(losses) + 1 == len(losses) - 2
    again = model.evaluate(part.valid.x, part.valid.y, verbose=0)
    assert again == fitted.best == min(losses)
    assert f"best epoch {fitted.best_epoch}" in ended.lines()[0]


def test_the_time_limit_ends_it_between_two_steps():
    part = part_of(4200, valid=200)
    limits = Limits(0.2)
    limits.start()
    fitted, heard = run(
        slow_model(),
        part,
        recipe=Recipe(batch_size=40, epochs=10_000, patience=9999),
        limits=limits,
    )
    assert fitted.reason == "time" and fitted.state is not None
    assert "time limit reached" in heard[-1].sentence
    steps = [event for event in heard if isinstance(event, events.Step)]
    assert all(0 < event.step <= event.steps == 100 for event in steps)
    assert all(0 <= event.left <= 0.2 for event in steps)


def test_a_share_of_the_time_is_of_what_is_left():
    limits = Limits(100.0)
    assert limits.reason is None and limits.left == math.inf
    limits.start(0.25)
    assert 24 < limits.left <= 25
    limits.start(1.0)
    assert 99 < limits.left <= 100
    assert Limits().left == math.inf


def test_ctrl_c_is_noted_once_and_raised_the_second_time():
    before = signal.getsignal(signal.SIGINT)
    with Limits() as limits:
        with pytest.raises(KeyboardInterrupt):  # nothing trains yet
            signal.raise_signal(signal.SIGINT)
        limits.start()
        assert limits.reason is None
        signal.raise_signal(signal.SIGINT)
        assert limits.reason == "interrupted"
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_in_another_thread_signals_are_left_alone():
    before, seen = signal.getsignal(signal.SIGINT), []

    def work():
        with Limits() as limits:
            seen.append((signal.getsignal(signal.SIGINT), limits.reason))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(before, None)]


def test_ctrl_c_in_the_middle_of_an_epoch():
    """A real signal."""
    part = part_of(4200, valid=200)

    def listen(event):
        if isinstance(event, events.Step):
            signal.raise_signal(signal.SIGINT)

    with Limits() as limits:
        limits.start()
        fitted, _ = run(
            slow_model(),
            part,
            recipe=Recipe(batch_size=40, epochs=1000, patience=1000),
            limits=limits,
            listen=listen,
        )
    assert fitted.reason == "interrupted"
    assert fitted.state is not None


def test_a_run_that_diverges_says_in_which_epoch_and_keeps_what_was_good():
    part = part_of()
    model = small_model(optimizer=optimizers.SGD(0.05), dropout=0, normalize=False, loss="mse")

    def listen(event):
        if isinstance(event, events.Epoch) and event.epoch == 2:
            model.optimizer.learning_rate = 1e30

    fitted, heard = run(model, part, listen=listen)
    assert (fitted.reason, fitted.diverged) == ("diverged", 3)
    assert fitted.usable and fitted.best_epoch in (1, 2)
    assert all(np.isfinite(weights).all() for weights in model.get_weights())
    assert "diverged in epoch 3" in heard[-1].sentence
    assert fitted.state is None


def test_a_run_that_never_was_finite_is_of_no_use():
    part = part_of()
    model = small_model(optimizer=optimizers.SGD(1e30), dropout=0, normalize=False, loss="mse")
    fitted, heard = run(model, part)
    assert (fitted.reason, fitted.diverged, fitted.usable) == ("diverged", 1, False)
    assert heard[-1].sentence == "diverged in epoch 1: the loss became NaN or infinite."


def test_what_is_recorded_is_in_the_units_of_the_target():
    part = part_of()
    metrics = ["mae", "mse", "root_mean_squared_error"]
    plain, _ = run(small_model(loss="mae", metrics=metrics), part)
    scaled, heard = run(small_model(loss="mae", metrics=metrics), part, scale=3.0)
    for key, values in plain.history.history.items():
        factor = 9.0 if key.endswith("mse") and "root" not in key else 3.0
        assert scaled.history.history[key] == [factor * value for value in values]
    assert scaled.best == 3.0 * plain.best
    assert_same_state(plain.model, scaled.model)
    epochs = [event for event in heard if isinstance(event, events.Epoch)]
    assert [event.losses["val_loss"] for event in epochs] == scaled.history.history["val_loss"]
    assert epochs[-1].best == min(scaled.history.history["val_loss"]) == scaled.best
    squared, _ = run(small_model(loss="mse"), part, scale=3.0)
    again, _ = run(small_model(loss="mse"), part)
    assert squared.best == 9.0 * again.best


def test_without_validation_the_last_weights_are_kept():
    part = part_of(valid=None)
    fitted, heard = run(small_model(), part)
    assert (fitted.reason, fitted.best_epoch, fitted.best) == ("epochs", None, None)
    assert heard[-1].lines() == ["trained: all 6 epochs done."]
    model = small_model()
    model.fit(part.train.x, part.train.y, batch_size=8, epochs=6, verbose=0)
    assert_same_state(fitted.model, model)


def test_states_are_kept_on_the_way(monkeypatch, tmp_path):
    monkeypatch.setattr("trimtab.predictor.training.watch.STATE_PERIOD", 0.0)
    part = part_of()
    kept = []
    whole, _ = run(small_model(), part, keep=lambda *args: kept.append(args))
    ends = [each for each in kept if place_of(each[0]) is None]  # a slow machine may have more
    assert len(ends) == 5  # not after the last epoch
    losses = whole.history.history["val_loss"]
    assert [best for _, best in ends] == [min(losses[:n]) for n in range(1, 6)]
    for state, _ in ends:
        state = through_a_file(state, tmp_path)
        rest, _ = run(state.model(), part, state=state)
        assert rest.history.history == whole.history.history
        assert_same_state(rest.model, whole.model)


def place_of(state):
    """Epoch and batches of a state inside an epoch; None for one at an end."""
    position = state.contents.documents["training"].get("position")
    return None if position is None else (position["epoch"], position["batches"])


def test_states_are_kept_inside_a_long_epoch(monkeypatch, tmp_path):
    part = part_of(4200, valid=200, weighted=True)
    recipe = Recipe(batch_size=40, epochs=2, patience=10)
    whole, quiet = run(slow_model(), part, recipe=recipe)
    monkeypatch.setattr("trimtab.predictor.training.watch.STATE_PERIOD", 0.0)
    kept = []
    again, heard = run(slow_model(), part, recipe=recipe, keep=lambda *args: kept.append(args))
    # To keep its state the run pauses and continues: nobody can tell.
    assert again.history.history == whole.history.history
    assert_same_state(again.model, whole.model)
    assert (again.reason, again.best, again.best_epoch, again.state) == (
        *(whole.reason, whole.best, whole.best_epoch),
        None,
    )
    named = [[each.name for each in run if not each.passing] for run in (quiet, heard)]
    assert named[0] == named[1] == ["epoch", "epoch", "ended"]
    places = [place_of(state) for state, _ in kept]
    inside = [place for place in places if place is not None]
    assert inside == sorted(set(inside))
    # After the first one the epoch goes step by step, and so each step is kept.
    first = [best for (_, best), place in zip(kept, places, strict=True) if place and not place[0]]
    assert len(first) > 20 and set(first) == {None}
    monkeypatch.setattr("trimtab.predictor.training.watch.STATE_PERIOD", 60.0)
    for number in (0, len(kept) // 3, len(kept) - 1):
        state = through_a_file(kept[number][0], tmp_path)
        rest, _ = run(state.model(), part, recipe=recipe, state=state)
        assert rest.history.history == whole.history.history
        assert_same_state(rest.model, whole.model)


def test_events_of_a_run_name_its_part():
    _, heard = run(small_model(), part_of(label="member 2 of 5"))
    assert {event.part for event in heard} == {"member 2 of 5"}
    lines = [line for event in heard for line in event.lines()]
    assert lines[0].startswith("member 2 of 5, epoch 1/6  loss ")
    assert lines[-1].startswith("trained: member 2 of 5: all 6 epochs done; best epoch ")
