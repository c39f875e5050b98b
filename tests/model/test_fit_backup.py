"""A run that is stopped, in any way at any step, and resumed: the same bits, or a clear refusal."""

import functools
import os
import shutil
import signal
from dataclasses import replace

import numpy as np
import pytest

import trimtab
from tests.support.engines import ENGINES
from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, small_data, small_model
from trimtab import Sequential, config, schedules
from trimtab.engines.native import NativeEngine
from trimtab.errors import FileFormatError, InvalidArgument
from trimtab.keras.utils import clear_session
from trimtab.model import fit_backup
from trimtab.nn import layers
from trimtab.training.callbacks import (
    BackupAndRestore,
    BestEpochs,
    Callback,
    CSVLogger,
    EarlyStopping,
    ExponentialMovingAverage,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    StochasticWeightAveraging,
    SwapEMAWeights,
)

X, Y = small_data()
FIT = {"epochs": 3, "batch_size": 16, "validation_split": 0.2, "verbose": 0}
STEPS = 3  # of an epoch: 40 rows


class Crash(Exception):
    pass


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No power is cut here: what is written need not be flushed to the disk. One thread will do."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    config.set_threads(1)
    yield
    config.set_threads(None)


class Stop(Callback):
    """Ends the process, as it were, after so many batches: before or behind other callbacks."""

    def __init__(self, step, error=Crash):
        super().__init__()
        self.step, self.error, self.done = step, error, 0

    def on_train_batch_end(self, batch, logs=None):
        self.done += 1
        if self.done == self.step:
            raise self.error


class Count(Callback):
    """One of the user's own, with a memory."""

    def on_train_begin(self, logs=None):
        self.batches, self.sums = 0, np.zeros(2)

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1
        self.sums += [logs["loss"], batch]

    def get_state(self):
        return {"batches": self.batches, "sums": self.sums}

    def set_state(self, state):
        self.batches, self.sums = state["batches"], state["sums"]


def model(**options):
    """As a new process makes it."""
    clear_session()
    return small_model(**{"metrics": ["mse"], **options})


def fit(network, folder, *callbacks, save_freq=1, kept=None, **options):
    kept = {} if kept is None else kept
    backup = [BackupAndRestore(folder, save_freq=save_freq, **kept)]
    return network.fit(X, Y, callbacks=[*callbacks, *backup], **{**FIT, **options})


def crash_and_resume(folder, step, make, callbacks, error=Crash, **options):
    """A run that ends behind a step, and what resumes it in the same folder."""
    with pytest.raises(error):
        fit(make(), folder, *callbacks(), Stop(step, error), **options)
    network, listed = make(), callbacks()
    return network, listed, fit(network, folder, *listed, **options)


def assert_same_run(one, other):
    """Models, and histories with NaN in them."""
    assert_same_state(one, other)
    assert one.history.epoch == other.history.epoch
    assert repr(one.history.history) == repr(other.history.history)


CALLBACKS = {
    "none": list,
    "stopping": lambda: [EarlyStopping(patience=1, restore_best_weights=True)],
    "plateau": lambda: [ReduceLROnPlateau(patience=1, factor=0.5, cooldown=1, min_delta=0.3)],
    "halving": lambda: [LearningRateScheduler(lambda epoch, rate: rate / 2)],
    "average": lambda: [ExponentialMovingAverage(0.8, validate=True)],
    "late average": lambda: [StochasticWeightAveraging(1, validate=True)],
    "best": lambda: [BestEpochs(2)],
    "own": lambda: [Count()],
}


@pytest.mark.parametrize("name", CALLBACKS)
@pytest.mark.parametrize("save_freq", ["epoch", 1, 2])
def test_a_run_stopped_after_any_step_ends_with_the_same_bits(tmp_path, name, save_freq):
    whole = model()
    # Batches one by one, as the runs that are stopped: averages count them.
    whole.fit(X, Y, callbacks=[*CALLBACKS[name]()], **FIT)
    steps = len(whole.history.epoch) * STEPS
    for step in range(1, steps + 1):
        folder = tmp_path / str(step)
        resumed, *_ = crash_and_resume(folder, step, model, CALLBACKS[name], save_freq=save_freq)
        assert_same_run(whole, resumed)
        assert not folder.exists()  # the run has come to its end


SITUATIONS = {
    "population": {"statistics": "population"},
    "frozen": {"freeze_statistics_after": 1},
    "frozen population": {"statistics": "population", "freeze_statistics_after": 2},
    "even": {"last_batch": "even"},
    "drop": {"last_batch": "drop"},
    "in order": {"shuffle": False},
    "now and then": {"validation_freq": 2},
    "weights": {"sample_weight": np.linspace(0.5, 1.5, len(X))},
    "tracked": {"track": ["layers", "statistics"]},
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_in_any_situation(tmp_path, name):
    whole = model()
    whole.fit(X, Y, callbacks=[Count()], **FIT, **SITUATIONS[name])
    for step in range(1, 3 * STEPS):
        folder = tmp_path / str(step)
        try:
            resumed, *_ = crash_and_resume(folder, step, model, list, **SITUATIONS[name])
        except pytest.fail.Exception:  # an epoch has one batch less
            assert name == "drop" and step > 6
            continue
        assert_same_run(whole, resumed)


def scheduled():
    return model(
        optimizer=trimtab.optimizers.AdamW(schedules.CosineDecay(0.1, 9), clipnorm=1.0),
        dropout=schedules.LinearDropout(0.5, 0.1, epochs=3),
        weighted_metrics=["mae"],
    )


def test_rates_on_schedules(tmp_path):
    whole = scheduled()
    whole.fit(X, Y, **FIT)
    for step in range(1, 3 * STEPS):
        resumed, *_ = crash_and_resume(tmp_path / str(step), step, scheduled, list)
        assert_same_run(whole, resumed)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("step", [1, 5])
def test_on_each_engine(tmp_path, engine, step):
    make = functools.partial(model, engine=engine)
    whole = make()
    whole.fit(X, Y, callbacks=[Count()], **FIT)
    resumed, *_ = crash_and_resume(tmp_path, step, make, list)
    assert_same_run(whole, resumed)


@pytest.mark.parametrize("on_epoch", [None, False, True])
@pytest.mark.parametrize("save_freq", ["epoch", 1])
def test_averages_of_the_optimizer(tmp_path, on_epoch, save_freq):
    def make():
        return model(optimizer=trimtab.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.8))

    def callbacks():
        return [] if on_epoch is None else [SwapEMAWeights(swap_on_epoch=on_epoch)]

    whole = make()
    whole.fit(X, Y, callbacks=callbacks(), **FIT)
    for step in range(1, 3 * STEPS + 1):
        folder = tmp_path / str(step)
        resumed, *_ = crash_and_resume(folder, step, make, callbacks, save_freq=save_freq)
        assert_same_run(whole, resumed)

    def crash(logs):
        raise Crash

    with pytest.raises(Crash):  # behind the last epoch
        fit(make(), tmp_path, *callbacks(), LambdaCallback(on_train_end=crash))
    resumed = make()
    fit(resumed, tmp_path, *callbacks())
    assert_same_run(whole, resumed)


def test_stopped_again_and_again(tmp_path):
    whole, listed = model(), [Count()]
    whole.fit(X, Y, callbacks=listed, **FIT)
    for _ in range(3 * STEPS - 1):  # each process does one step
        with pytest.raises(Crash):
            fit(model(), tmp_path / "run", Stop(2), Count())
    resumed, again = model(), Count()
    fit(resumed, tmp_path / "run", again)
    assert_same_run(whole, resumed)
    assert again.batches == listed[0].batches and (again.sums == listed[0].sums).all()


def test_between_two_epochs(tmp_path):
    """At the end of an epoch, in the middle of its callbacks, and in its validation."""
    whole = model()
    whole.fit(X, Y, **FIT)
    for hook in ("on_epoch_begin", "on_epoch_end", "on_test_begin", "on_test_end"):
        for number in (1, 2, 3):
            for freq in ("epoch", 2):
                calls = iter(range(1, 99))

                def stop(*_, calls=calls, number=number, **__):
                    if next(calls) == number:
                        raise Crash

                folder = tmp_path / f"{hook}-{number}-{freq}"
                with pytest.raises(Crash):
                    fit(model(), folder, LambdaCallback(**{hook: stop}), save_freq=freq)
                resumed = model()
                fit(resumed, folder, save_freq=freq)
                assert_same_run(whole, resumed)


def interrupted(step):
    """A model whose engine is interrupted behind this step, in the middle of a call."""
    network = model()

    class Engine(NativeEngine):
        def train(self, call):
            left = step - network.runner.step
            if not 0 < left < call.steps:
                return super().train(call)
            part = replace(
                call,
                order=call.order[: left * 16],
                sizes=None,
                learning_rates=call.learning_rates[:left],
                look=None,
            )
            stop = KeyboardInterrupt()
            stop.partial = super().train(part)
            raise stop

    network.runner.make_engine = lambda program, **choice: Engine(program)
    return network


@pytest.mark.parametrize("step", [1, 2, 4, 8])
def test_ctrl_c_keeps_the_last_step(tmp_path, step):
    whole = model()
    whole.fit(X, Y, **FIT)
    with pytest.raises(KeyboardInterrupt):
        fit(interrupted(step), tmp_path, save_freq="epoch")
    kept = fit_backup.KeptFit.read(tmp_path / "run.trimtab")
    assert kept.epoch * STEPS + kept.batches == step
    resumed = model()
    fit(resumed, tmp_path, save_freq="epoch")
    assert_same_run(whole, resumed)


@pytest.mark.parametrize("hook", ["on_train_batch_begin", "on_train_batch_end"])
@pytest.mark.parametrize("step", [2, 3, 4, 8])
def test_ctrl_c_batch_by_batch_waits_until_all_callbacks_have_seen_it(tmp_path, hook, step):
    averages = lambda: [ExponentialMovingAverage(0.8)]  # noqa: E731
    whole = model()
    whole.fit(X, Y, callbacks=averages(), **FIT)
    calls = iter(range(1, 99))

    def press(batch, logs):
        if next(calls) == step:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        fit(model(), tmp_path, LambdaCallback(**{hook: press}), *averages(), save_freq=100)
    kept = fit_backup.KeptFit.read(tmp_path / "run.trimtab")
    # In the last batch of an epoch, whose end belongs to it, it is the state that was due.
    assert kept.epoch * STEPS + kept.batches == (0 if step == 3 else step)
    resumed = model()
    fit(resumed, tmp_path, *averages(), save_freq=100)
    assert_same_run(whole, resumed)


def test_a_second_ctrl_c_does_not_wait(tmp_path):
    def press(batch, logs):
        for _ in range(2):
            signal.raise_signal(signal.SIGINT)
        raise AssertionError("not reached")

    with pytest.raises(KeyboardInterrupt):
        fit(model(), tmp_path, LambdaCallback(on_train_batch_end=press))
    assert fit_backup.KeptFit.read(tmp_path / "run.trimtab").batches == 0


def test_ctrl_c_in_the_middle_of_callbacks_leaves_the_state_that_was_due(tmp_path):
    whole, average = model(), ExponentialMovingAverage(0.8)
    whole.fit(X, Y, callbacks=[average], **FIT)
    averages = lambda: [ExponentialMovingAverage(0.8)]  # noqa: E731
    for step in range(1, 9):
        folder = tmp_path / str(step)
        with pytest.raises(KeyboardInterrupt):  # the average has not seen this step
            fit(model(), folder, Stop(step, KeyboardInterrupt), *averages(), save_freq="epoch")
        assert fit_backup.KeptFit.read(folder / "run.trimtab").batches == 0
        resumed = model()
        fit(resumed, folder, *averages(), save_freq="epoch")
        assert_same_run(whole, resumed)


def test_the_same_model_once_more(tmp_path):
    """As in Keras' example: the model that failed goes on, in the same process."""
    plateau = CALLBACKS["plateau"]
    whole = model()
    whole.fit(X, Y, callbacks=plateau(), **FIT)
    network = model()
    for step in (4, 3):
        with pytest.raises(Crash):
            fit(network, tmp_path, *plateau(), Stop(step), save_freq="epoch")
        network.optimizer.learning_rate = 0.5  # the run's own counts
    fit(network, tmp_path, *plateau(), save_freq="epoch")
    assert_same_run(whole, network)


def test_a_second_model_of_the_same_process(tmp_path):
    """Layers without names of their own have others in it, and the history has theirs."""
    options = {"track": ["layers"]}
    whole = model()
    whole.fit(X, Y, **FIT, **options)
    with pytest.raises(Crash):
        fit(small_model(metrics=["mse"]), tmp_path, Stop(5), **options)
    second = small_model(metrics=["mse"])
    history = fit(second, tmp_path, **options).history
    assert_same_state(whole, second)
    assert repr(list(history.values())) == repr(list(whole.history.history.values()))
    name = second.layers[0].name
    assert name != "dense" and f"{name}/mean" in history


def test_a_model_without_a_seed(tmp_path):
    whole = model(seed=None)
    with pytest.raises(Crash):
        fit(whole, tmp_path, Stop(4), save_freq="epoch")
    shutil.copytree(tmp_path, tmp_path / "copy")
    fit(whole, tmp_path, save_freq="epoch")
    other = model(seed=None)
    fit(other, tmp_path / "copy", save_freq="epoch")
    assert_same_run(whole, other)


# -- files beside the run ------------------------------------------------------------------------


def test_the_log_goes_on_where_it_was(tmp_path):
    whole = tmp_path / "whole.csv"
    model().fit(X, Y, callbacks=[CSVLogger(whole)], **FIT)
    for step in range(1, 3 * STEPS + 1):
        log = tmp_path / f"{step}.csv"
        # Behind the end of an epoch there is a line that the run has not been kept with.
        crash_and_resume(
            tmp_path / str(step), step, model, lambda log=log: [CSVLogger(log)], save_freq=2
        )
        assert log.read_text() == whole.read_text()


def test_the_log_of_several_runs(tmp_path):
    log = tmp_path / "log.csv"
    for _ in range(2):
        model().fit(X, Y, callbacks=[CSVLogger(log, append=True)], **FIT)
    expected = log.read_text()
    log.write_text("".join(expected.splitlines(keepends=True)[:4]))
    crash_and_resume(tmp_path / "run", 4, model, lambda: [CSVLogger(log, append=True)])
    assert log.read_text() == expected
    log.unlink()  # somebody has tidied up
    with pytest.raises(Crash):
        fit(model(), tmp_path / "run", CSVLogger(log), Stop(5), save_freq="epoch")
    log.unlink()
    fit(model(), tmp_path / "run", CSVLogger(log), save_freq="epoch")
    assert [line.split(",")[0] for line in log.read_text().splitlines()] == ["1", "2"]


def test_checkpoints_of_the_best(tmp_path):
    def checkpoint(name):
        return [ModelCheckpoint(tmp_path / name, save_best_only=True, monitor="loss")]

    whole = model()
    whole.fit(X, Y, callbacks=checkpoint("whole"), **FIT)
    crash_and_resume(tmp_path / "run", 7, model, lambda: checkpoint("parts"))
    one, other = (trimtab.load_model(tmp_path / name) for name in ("whole", "parts"))
    assert_same_state(one, other)


def test_the_file_is_a_model(tmp_path):
    with pytest.raises(Crash):
        fit(model(), tmp_path, Stop(5))
    loaded = trimtab.load_model(tmp_path / "run.trimtab")
    assert loaded.runner.step == 4 and loaded.position.batches == 1
    whole = model()
    whole.fit(X, Y, **FIT)
    fit(loaded, tmp_path)  # as a model that was loaded it resumes, too
    assert_same_run(whole, loaded)


# -- what is kept and removed --------------------------------------------------------------------


def test_what_lies_in_the_folder(tmp_path):
    names = lambda: sorted(path.name for path in tmp_path.iterdir())  # noqa: E731
    seen = []
    look = LambdaCallback(on_epoch_begin=lambda epoch, logs: seen.append(names()))
    fit(model(), tmp_path, look, save_freq="epoch", kept={"delete_checkpoint": False})
    both = ["run.previous.trimtab", "run.trimtab"]
    assert seen == [["run.trimtab"], both, both] and names() == both
    last, before = (fit_backup.KeptFit.read(tmp_path / name) for name in reversed(both))
    assert (last.epoch, before.epoch) == (3, 2)
    shutil.rmtree(tmp_path)
    fit(model(), tmp_path, kept={"delete_checkpoint": False, "double_checkpoint": False})
    assert names() == ["run.trimtab"]


def test_what_else_is_in_the_folder_stays(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    fit(model(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("stopping", [False, True])
def test_more_epochs(tmp_path, stopping):
    callbacks = CALLBACKS["stopping" if stopping else "average"]
    whole = model()
    whole.fit(X, Y, callbacks=callbacks(), **{**FIT, "epochs": 6})
    fit(model(), tmp_path, *callbacks(), kept={"delete_checkpoint": False})
    resumed = model()
    fit(resumed, tmp_path, *callbacks(), epochs=6)
    assert_same_run(whole, resumed)
    assert not tmp_path.exists()


def test_a_run_that_was_killed_behind_its_last_epoch(tmp_path):
    whole = model()
    stopping = CALLBACKS["stopping"]
    whole.fit(X, Y, callbacks=stopping(), **FIT)

    def crash(logs):
        raise Crash

    with pytest.raises(Crash):
        fit(model(), tmp_path, LambdaCallback(on_train_end=crash), *stopping())
    resumed = model()
    fit(resumed, tmp_path, *stopping())
    assert_same_run(whole, resumed)


def test_what_is_said(tmp_path, capsys):
    with pytest.raises(KeyboardInterrupt):
        fit(interrupted(4), tmp_path, save_freq="epoch", verbose=2)
    said = capsys.readouterr().out.splitlines()
    assert (
        said[-1] == f"Stopped in epoch 2, after 1 batch; the same fit resumes there ({tmp_path})."
    )
    fit(model(), tmp_path, save_freq="epoch", verbose=2)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"Resuming in epoch 2, after 1 batch ({tmp_path / 'run.trimtab'})."
    assert [line.split(" - ")[0] for line in said[1:]] == ["Epoch 2/3", "Epoch 3/3"]


def test_a_history_of_ones_own(tmp_path):
    whole = model()
    whole.fit(X, Y, **FIT)
    with pytest.raises(Crash):
        fit(model(), tmp_path, History(), Stop(7))
    history = History()
    assert fit(model(), tmp_path, history) is history
    assert history.history == whole.history.history and history.epoch == [0, 1, 2]


# -- resume= -------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["", "run.trimtab"])
@pytest.mark.parametrize("kept_on", [True, False])
def test_resume_names_the_run(tmp_path, place, kept_on):
    whole = model()
    whole.fit(X, Y, **FIT)
    with pytest.raises(Crash):
        fit(model(), tmp_path, Stop(5))
    resumed = model()
    if kept_on:
        fit(resumed, tmp_path, resume=tmp_path / place)
    else:
        resumed.fit(X, Y, resume=tmp_path / place, **FIT)
    assert_same_run(whole, resumed)
    assert tmp_path.exists() != kept_on  # only what keeps a run removes it


def test_resume_into_another_folder(tmp_path):
    with pytest.raises(Crash):
        fit(model(), tmp_path / "old", Stop(5))
    with pytest.raises(Crash):
        fit(model(), tmp_path / "new", Stop(2), resume=tmp_path / "old")
    assert fit_backup.KeptFit.read(tmp_path / "new" / "run.trimtab").batches == 2
    assert_refused(
        InvalidArgument,
        f"resume is {str(tmp_path / 'old')!r}, and there is a run in the backup_dir "
        f"{str(tmp_path / 'new')!r}, too. Use resume={str(tmp_path / 'new')!r}, or another "
        "backup_dir.",
        lambda: fit(model(), tmp_path / "new", resume=tmp_path / "old"),
    )
    whole, resumed = model(), model()
    whole.fit(X, Y, **FIT)
    fit(resumed, tmp_path / "new", resume=tmp_path / "new")
    assert_same_run(whole, resumed)


def test_there_is_nothing_to_resume(tmp_path):
    for place in (tmp_path, tmp_path / "nowhere"):
        assert_refused(
            InvalidArgument,
            f"there is no run to resume: {str(place)!r} holds none. Leave resume out to train "
            "anew.",
            lambda place=place: fit(model(), tmp_path / "new", resume=place),
        )
    path = tmp_path / "model.trimtab"
    small_model().save(path)
    small_model().save_weights(tmp_path / "weights.trimtab")
    assert_refused(
        FileFormatError,
        f"{str(path)!r} holds a model, not a run. Files of runs are written by "
        "callbacks.BackupAndRestore; load a model with trimtab.load_model().",
        lambda: model().fit(X, Y, resume=path, **FIT),
    )
    with pytest.raises(FileFormatError, match="holds a weights, not a run"):
        model().fit(X, Y, resume=tmp_path / "weights.trimtab", **FIT)


# -- another fit is refused ----------------------------------------------------------------------

OTHER = "Pass what the run began with to resume it; to begin anew, "


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """The folder of a run that was stopped; tests do not change it."""
    folder = tmp_path_factory.mktemp("stopped")
    with pytest.raises(Crash):
        fit(model(), folder, EarlyStopping(patience=3), Stop(4))
    return folder


def refused(folder, network=None, callbacks=None, x=X, y=Y, **options):
    """What is said where this fit is to resume the run in the folder."""
    listed = [EarlyStopping(patience=3)] if callbacks is None else callbacks
    network = model() if network is None else network
    before = [path.read_bytes() for path in sorted(folder.iterdir())]
    weights = network.get_weights() if network.built else []
    with pytest.raises(InvalidArgument) as refusal:
        network.fit(x, y, callbacks=[*listed, BackupAndRestore(folder)], **{**FIT, **options})
    assert [path.read_bytes() for path in sorted(folder.iterdir())] == before
    for one, other in zip(weights, network.get_weights(), strict=False):
        np.testing.assert_array_equal(one, other)
    return str(refusal.value)


def said(folder, what, difference):
    place = str(folder / "run.trimtab")
    return (
        f"{what} is another one than in the run kept in {place!r}: {difference}. {OTHER}remove "
        f"{str(folder)!r} or use another backup_dir."
    )


def test_another_argument_of_fit(stopped):
    for name, (value, there, received) in {
        "batch_size": (8, "16", "8"),
        "shuffle": (False, "True", "False"),
        "validation_freq": ([1, 3], "1", "[1, 3]"),
        "statistics": ("population", "'moving'", "'population'"),
        "last_batch": ("even", "'keep'", "'even'"),
    }.items():
        text = refused(stopped, validation_batch_size=16, **{name: value})
        assert text == said(
            stopped, "an argument of fit", f"{name} is {there} there, received {received}"
        )
    place = str(stopped / "run.trimtab")
    assert refused(stopped, epochs=2) == (
        f"epochs can only be raised when a run is resumed: the run kept in {place!r} has 3, "
        f"received 2. Use epochs=3, or more; to begin anew, remove {str(stopped)!r} or use another "
        "backup_dir."
    )


def test_another_model(stopped):
    clear_session()
    stack = [layers.Dense(9, activation="relu", input_shape=[3]), layers.BatchNormalization()]
    wider = Sequential([*stack, layers.Dropout(0.3), layers.Dense(1)], seed=5)
    wider.compile(optimizer="adam", loss="mae", metrics=["mse"])
    assert refused(stopped, wider) == said(
        stopped, "the model", "layers[0].config.units is 8 there, received 9"
    )
    assert "config.rate is 0.3 there, received 0.2" in refused(stopped, model(dropout=0.2))
    assert "layers[2].class_name is 'Dropout' there, received 'Dense'" in refused(
        stopped, model(dropout=0)
    )
    assert "seed is 5 there, received 6" in refused(stopped, model(seed=6))
    frozen = model()
    frozen.layers[0].trainable = False
    assert "layers[0].config.trainable is True there, received False" in refused(stopped, frozen)


def test_another_compilation(stopped):
    what = "the compilation"
    assert refused(stopped, model(loss="mse")) == said(
        stopped, what, "loss.class_name is 'MeanAbsoluteError' there, received 'MeanSquaredError'"
    )
    assert refused(stopped, model(metrics=["mae"])) == said(
        stopped, what, "metrics[0] is 'mse' there, received 'mae'"
    )
    slower = model(optimizer=trimtab.optimizers.Adam(0.5))
    assert refused(stopped, slower) == said(
        stopped, what, "optimizer.config.learning_rate is 0.001 there, received 0.5"
    )
    assert "optimizer.class_name is 'Adam' there" in refused(stopped, model(optimizer="sgd"))


def test_other_data(stopped):
    other = X.copy()
    other[3, 1] += 1
    text = refused(stopped, x=other)
    assert text.startswith("the data is another one than in the run kept in")
    assert ": x is 40 x 3 numbers of checksum " in text and text.count("checksum") == 2
    assert ": y is 40 x 1 numbers" in refused(stopped, y=Y + (np.arange(50) == 0))
    assert ": validation y is 10 x 1" in refused(stopped, y=Y + (np.arange(50) == 49))
    weights = {"sample_weight": np.ones(50)}
    assert ": sample_weight or class_weight is None there, received 40 numbers" in refused(
        stopped, **weights
    )
    assert ": x is 40 x 3 numbers" in refused(stopped, x=X[:45], y=Y[:45])
    assert ": x is 40 x 3 numbers" in refused(stopped, validation_split=0.0)


def test_other_callbacks(stopped):
    assert "a callback is another one" in refused(stopped, callbacks=[EarlyStopping(patience=4)])
    assert "callbacks[0].patience is 3 there, received 4" in refused(
        stopped, callbacks=[EarlyStopping(patience=4)]
    )
    assert "callbacks (their number) is 1 there, received 0" in refused(stopped, callbacks=[])
    assert "callbacks[0].class_name is 'EarlyStopping' there, received 'BestEpochs'" in refused(
        stopped, callbacks=[BestEpochs()]
    )


def test_callbacks_that_remember_nothing_come_and_go(tmp_path):
    quiet = LambdaCallback(on_epoch_end=lambda epoch, logs: None)
    whole, resumed = model(), model()
    whole.fit(X, Y, **FIT)
    with pytest.raises(Crash):
        fit(model(), tmp_path, quiet, Stop(5))
    fit(resumed, tmp_path, save_freq="epoch")  # and how often it is kept
    assert_same_run(whole, resumed)


def test_refused_by_resume(stopped):
    with pytest.raises(InvalidArgument, match=r"to begin anew, leave resume out\.$"):
        model().fit(X, Y, resume=stopped, **{**FIT, "batch_size": 4})


def test_one_place_for_a_run(tmp_path):
    assert_refused(
        InvalidArgument,
        "callbacks hold 2 BackupAndRestore: a run is kept in one place. Leave one of them.",
        lambda: fit(model(), tmp_path, BackupAndRestore(tmp_path / "b")),
    )


def test_a_memory_that_no_file_holds(tmp_path):
    class Bad(Count):
        def get_state(self):
            return {"model": self}

    with pytest.raises(InvalidArgument, match=r"^Bad.get_state must return numbers, texts, "):
        fit(model(), tmp_path, Bad())


# -- files that cannot be read, and writes that fail -----------------------------------------------


def stop_in(folder, step=5):
    with pytest.raises(Crash):
        fit(model(), folder, Stop(step))
    return folder / "run.trimtab", folder / "run.previous.trimtab"


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [flip, lambda p: p.write_bytes(p.read_bytes()[:-99]), os.unlink])
def test_the_state_before_is_used_where_the_last_one_cannot_be_read(tmp_path, damage):
    whole, resumed = model(), model()
    whole.fit(X, Y, **FIT)
    last, previous = stop_in(tmp_path)
    damage(last)
    text = (
        rf"^'{last}' (is damaged|does not match|is not there).* The state before it is used: "
        rf"epoch 2 \({previous}\)\.$"
    )
    with pytest.warns(UserWarning, match=text), pytest.raises(Crash):
        fit(model(), tmp_path, Stop(1))
    # What was damaged has not taken the place of the state that is whole.
    assert fit_backup.KeptFit.read(previous).where == "epoch 2"
    fit_backup.KeptFit.read(last)
    fit(resumed, tmp_path)
    assert_same_run(whole, resumed)


def test_no_state_can_be_read(tmp_path):
    last, previous = stop_in(tmp_path)
    for path in (last, previous):
        flip(path)
    before = last.read_bytes()
    end = rf"\. No state of this run is left: remove '{tmp_path}' to begin anew\.$"
    with pytest.raises(FileFormatError, match=rf"^'{last}' is .*, and '{previous}' is .*{end}"):
        fit(model(), tmp_path)
    assert last.read_bytes() == before
    last.unlink()
    with pytest.raises(FileFormatError, match=rf"^'{last}' is not there, and '{previous}' .*{end}"):
        fit(model(), tmp_path)
    previous.rename(last)
    with pytest.raises(FileFormatError, match=rf"^'{last}' is .*{end}"):
        fit(model(), tmp_path)


def test_a_run_of_a_newer_version_is_not_damaged(tmp_path, monkeypatch):
    monkeypatch.setattr("trimtab.core.container.FORMAT", 2)
    stop_in(tmp_path)
    monkeypatch.undo()
    with pytest.raises(
        FileFormatError, match=r"was written by a newer trimtab .* Update with: pip"
    ):
        fit(model(), tmp_path)


def test_a_copy_of_another_name_has_no_state_before_it(tmp_path):
    last, _ = stop_in(tmp_path)
    copy = tmp_path / "copy.trimtab"
    shutil.copy(last, copy)
    whole, resumed = model(), model()
    whole.fit(X, Y, **FIT)
    resumed.fit(X, Y, resume=copy, **FIT)
    assert_same_run(whole, resumed)
    flip(copy)
    with pytest.raises(FileFormatError, match=str(copy)):
        model().fit(X, Y, resume=copy, **FIT)


def test_a_full_disk_stops_nothing(tmp_path, monkeypatch):
    whole, kept = model(), model()
    whole.fit(X, Y, **FIT)
    full = iter([False, False, True, True] + [False] * 99)
    write = fit_backup.write

    def failing(*arguments, **options):
        if next(full):
            raise OSError(28, "No space left on device")
        write(*arguments, **options)

    monkeypatch.setattr(fit_backup, "write", failing)
    path = tmp_path / "run.trimtab"
    with pytest.warns(UserWarning, match="could not write") as warned:
        fit(kept, tmp_path)
    assert [str(each.message) for each in warned] == [
        f"BackupAndRestore could not write {str(path)!r} (No space left on device); the state of "
        "epoch 1, after 1 batch stays there. Training goes on. Make room, and the next state is "
        "written."
    ] * 2
    assert_same_run(whole, kept)


def test_a_folder_that_cannot_be_made_ends_the_fit_before_it_begins(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        fit(model(), tmp_path / "file" / "run")


@pytest.mark.parametrize("asked", ["callback", "resume"])
def test_batches_one_after_the_other_cannot_be_kept(tmp_path, asked):
    arguments = {"resume": {"resume": tmp_path}}.get(
        asked, {"callbacks": [BackupAndRestore(tmp_path / "run")]}
    )
    with pytest.raises(InvalidArgument, match="which cannot be put back"):
        model().fit(X, Y, steps_per_epoch=2, verbose=0, **arguments)
    assert not (tmp_path / "run").exists()
