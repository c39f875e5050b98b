"""The callback: what it changes, what it costs, what it prints; divergence found again."""

import pickle

import numpy as np
import pytest

import trimtab
from tests.insight.coach.course.runs import SICK, plain, stack, trained
from trimtab import Sequential, layers
from trimtab.callbacks import Coach, EarlyStopping
from trimtab.errors import InvalidArgument
from trimtab.insight.coach import Code


def network(optimizer="adam", **more):
    trimtab.keras.utils.clear_session()
    made = [
        layers.Dense(16, activation="relu", name="first"),
        layers.BatchNormalization(),
        layers.Dropout(0.2),
        layers.Dense(1, name="last"),
    ]
    model = Sequential(made, seed=3)
    model.compile(optimizer=optimizer, loss="mse", **more)
    return model


def test_training_does_not_change():
    x, y, x_valid, y_valid = plain(200)()
    found = []
    for callbacks in ([], [Coach(verbose=0)]):
        model = network()
        history = model.fit(
            x, y, epochs=6, validation_data=(x_valid, y_valid), callbacks=callbacks, verbose=0
        )
        found.append((history.history, model.get_weights(), model.runner.step))
    assert found[0][0] == found[1][0] and found[0][2] == found[1][2]
    for own, other in zip(found[0][1], found[1][1], strict=True):
        np.testing.assert_array_equal(own, other)


def test_looks_are_rationed():
    """At most 2 % of the rows that were trained on, in what they cost."""
    from trimtab.insight.coach.course import thresholds

    x, y, x_valid, y_valid = plain(3000)()
    coach = Coach(verbose=0)
    network().fit(x, y, epochs=40, validation_data=(x_valid, y_valid), callbacks=[coach], verbose=0)
    looks = len(coach.watched.looks)
    assert looks >= 1
    cost = looks * thresholds.WATCHED_ROWS * thresholds.LOOK_COST
    assert cost <= thresholds.BUDGET * 40 * 3000
    assert len(coach.watched.rates) == 40
    assert set(coach.watched.inference) == set(coach.watched.looks)


def test_it_prints_at_the_end_unless_told(capsys):
    x, y, _, _ = plain(100)()
    network().fit(x, y, epochs=2, callbacks=[Coach()], verbose=0)
    assert "few-steps" in capsys.readouterr().out
    network().fit(x, y, epochs=2, callbacks=[Coach(verbose=0)], verbose=0)
    assert capsys.readouterr().out == ""
    with pytest.raises(InvalidArgument, match="verbose must be 0 or 1, received 'loud'"):
        Coach(verbose="loud")


def test_it_is_there_under_all_names_and_pickles():
    assert trimtab.callbacks.Coach is trimtab.keras.callbacks.Coach is Coach
    coach, _, _ = trained(Code.DIVERGED, 0)
    again = pickle.loads(pickle.dumps(coach))
    assert again.findings.codes == coach.findings.codes


def test_findings_are_those_of_the_last_fit():
    x, y, _, _ = plain(100)()
    coach = Coach(verbose=0)
    network(trimtab.optimizers.SGD(1e9)).fit(x, y, epochs=2, callbacks=[coach], verbose=0)
    assert "diverged" in coach.findings.codes
    network().fit(x, y, epochs=2, callbacks=[coach], verbose=0)
    assert "diverged" not in coach.findings.codes


def test_a_history_must_be_one():
    with pytest.raises(InvalidArgument, match=r"history must be what fit returned, received \{"):
        network().check(history={"loss": [1.0]})


def test_without_rows_the_curves_are_judged():
    _, model, history = trained(Code.OVERFITTING, 0)
    assert "overfitting" in model.check(history=history).codes


def test_a_network_that_only_jax_runs_is_judged_by_its_curves():
    pytest.importorskip("jax")
    x, y, x_valid, y_valid = plain(100)()
    model = network(engine="jax")
    coach = Coach(verbose=0)
    model.fit(x, y, epochs=2, validation_data=(x_valid, y_valid), callbacks=[coach], verbose=0)
    assert coach.watched.looks == {}


# -- divergence -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "cause"), list(enumerate(["scales", "rate", "target", "row", "missing"]))
)
def test_why_it_diverged(number, cause):
    coach, _, _ = trained(Code.DIVERGED, number)
    (finding,) = (each for each in coach.findings if each.code == "diverged")
    assert finding.evidence["cause"] == cause
    assert finding.evidence["epoch"] == 1 and finding.evidence["batch"] >= 1
    assert finding.layer is not None
    if cause in ("row", "missing"):
        assert {finding.evidence.get("far_row"), finding.evidence.get("bad_row")} & {123, 77}


def test_the_batch_is_the_one_that_fit_met():
    """Batch by batch, the loss is finite up to the one that the coach names."""
    run = SICK[Code.DIVERGED][1]
    coach, _, _ = trained(Code.DIVERGED, 1)
    (finding,) = (each for each in coach.findings if each.code == "diverged")
    losses = []

    class Batches(trimtab.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            losses.append(logs["loss"])

    trimtab.keras.utils.clear_session()
    model = Sequential(run.layers(), seed=0)
    model.compile(optimizer=run.optimizer(), loss=run.loss)
    x, y, _, _ = run.data()
    model.fit(x, y, batch_size=32, epochs=1, verbose=0, callbacks=[Batches()])
    assert int(np.argmin(np.isfinite(losses))) + 1 == finding.evidence["batch"]


def test_divergence_late_in_training_is_found_from_the_last_finite_weights():
    """A learning rate that is raised after some epochs."""
    x, y, _, _ = plain(300)()
    raise_it = trimtab.callbacks.LearningRateScheduler(lambda e: 1e-2 if e < 9 else 1e6)
    trimtab.keras.utils.clear_session()
    model = Sequential(stack(16, 16), seed=0)
    model.compile(optimizer="sgd", loss="mse")
    coach = Coach(verbose=0)
    model.fit(x, y, epochs=12, callbacks=[raise_it, coach], verbose=0)
    (finding,) = (each for each in coach.findings if each.code == "diverged")
    assert finding.evidence["epoch"] == 10 and finding.evidence["batch"] in (1, 2, 3)
    assert coach.watched.snapshot is None, "let go of after the fit"


def test_early_stopping_that_keeps_the_best_is_no_overfitting():
    run = SICK[Code.OVERFITTING][0]
    trimtab.keras.utils.clear_session()
    model = Sequential(run.layers(), seed=0)
    model.compile(optimizer="adam", loss="mse")
    x, y, x_valid, y_valid = run.data()
    stop = EarlyStopping(patience=60, restore_best_weights=True)
    coach = Coach(verbose=0)
    model.fit(
        x, y, epochs=60, validation_data=(x_valid, y_valid), callbacks=[stop, coach], verbose=0
    )
    assert "overfitting" not in coach.findings.codes


def test_no_epochs_no_findings_of_the_course():
    x, y, _, _ = plain(100)()
    coach = Coach(verbose=0)
    model = network()
    history = model.fit(x, y, epochs=0, callbacks=[coach], verbose=0)
    assert not {"few-steps", "diverged"} & {*coach.findings.codes}
    assert "few-steps" not in model.check(x, y, history=history).codes
