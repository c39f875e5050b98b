"""``train(live=True)``: the page hears what a listener hears; its button does what Ctrl-C does."""

import numpy as np
import pandas as pd
import pytest

import trimtab
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.live import view
from trimtab.predictor.training import events

SMALL = {"layers": "8 relu", "epochs": 6}


@pytest.fixture(autouse=True)
def own_page(monkeypatch):
    monkeypatch.setattr(view, "_view", None)
    monkeypatch.setattr(view, "can_open", lambda: False)
    yield
    if view._view is not None:
        view._view.close()


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(300, 3)), columns=list("abc"))
    return frame.assign(y=2 * frame.a - frame.b + rng.normal(size=300) / 4)


def runs():
    return view._view.board.runs


def told(kind):
    messages = view._view.board.log.wait(0, 0.0)[1]
    return [message[kind] for message in messages if kind in message]


def test_one_network_is_shown(table, tmp_path, capsys):
    heard = []
    predictor = trimtab.train(
        table, "y", out=tmp_path / "m.trimtab", effort="quick", live=True, listener=heard.append,
        **SMALL,
    )  # fmt: skip
    assert view._view.url in capsys.readouterr().err
    (run,) = runs()
    epochs = [each for each in heard if isinstance(each, events.Epoch)]
    assert run.epochs == [each.epoch for each in epochs] == list(range(1, 7))
    assert run.series["val_loss"] == pytest.approx([e.losses["val_loss"] for e in epochs], rel=1e-4)
    labels = {label for label, _ in told("facts")[-1]}
    assert {"table", "target", "features", "rows", "inputs", "network"} <= labels
    assert told("layers")[-1]["curves"]
    assert run.ended
    said = " ".join(told("ended")[-1])
    assert "epochs done" in said and "mean absolute error" in said
    assert predictor.history.history["loss"][-1] == pytest.approx(run.series["loss"][-1], rel=1e-4)


def test_folds_are_faint_lines_around_their_mean(table):
    trimtab.train(table, "y", fold=4, live=True, **SMALL)
    (run,) = runs()
    each = [run.series[f"single/{number}"] for number in range(4)]
    assert np.mean(each, axis=0) == pytest.approx(run.series["val_loss"], rel=1e-3)


def test_networks_one_after_another_have_a_run_each(table):
    trimtab.train(table, "y", effort="quick", committee=2, live=True, **SMALL)
    assert [run.title.rpartition(", ")[2] for run in runs()] == [
        "network 1 of 2",
        "network 2 of 2",
    ]
    assert all(run.ended and run.epochs == list(range(1, 7)) for run in runs())


@pytest.mark.parametrize("how", [{"effort": "quick"}, {"fold": 3}])
def test_the_button_does_what_ctrl_c_does_after_the_epoch(table, tmp_path, how):
    def press(event):
        if isinstance(event, events.Epoch) and event.epoch == 3:
            view._view.board.stop({"run": runs()[0].number})

    path = tmp_path / "m.trimtab"
    given = {**SMALL, **how, "epochs": 40}
    stopped = trimtab.train(table, "y", out=path, live=True, listener=press, **given)
    assert stopped.unfinished.reason == "interrupted"
    assert 3 <= len(stopped.history.epoch) <= 5
    resumed = trimtab.train(table, "y", out=path, resume=True)
    whole = trimtab.train(table, "y", **given)
    assert resumed.history.history == whole.history.history
    np.testing.assert_array_equal(resumed.predict(table), whole.predict(table))


def test_the_model_is_the_same(table):
    with_it = trimtab.train(table, "y", effort="quick", live=True, **SMALL)
    without = trimtab.train(table, "y", effort="quick", **SMALL)
    np.testing.assert_array_equal(with_it.predict(table), without.predict(table))


def test_an_error_ends_the_run(table):
    with pytest.raises(InvalidData):
        trimtab.train(table, "nothing", live=True)
    assert runs()[0].ended
    assert told("well") == [False]


@pytest.mark.parametrize("live", ["yes", 0, -1, 70000, 1.5, None])
def test_what_is_no_port_is_refused(table, live):
    with pytest.raises(InvalidArgument, match="live"):
        trimtab.train(table, "y", live=live)


def test_events_for_programs_stay_as_they_were(table):
    heard = []
    trimtab.train(table, "y", fold=3, listener=heard.append, **SMALL)
    assert all("single" not in each.record() for each in heard)


def test_a_comparison_is_on_the_page(table):
    found = trimtab.trials.compare(
        {**SMALL, "effort": "quick"}, ["16 relu"], table, "y", splits=2, live=True, verbose=0
    )
    rows = told("rows")[-1]
    assert [row["name"] for row in rows] == [each.variant for each in found.verdicts]
    assert len(rows[0]["gains"]) == 2
    assert told("done")[-1] == 4
    assert told("ended") == [[found.sentence()]]
