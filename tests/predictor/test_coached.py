"""``train(coach=True)``: what would help, said once the model is saved, and never in its way."""

from __future__ import annotations

import json

import pytest

import trimtab
from tests.support.coaching import SLOW, TRIALS, improvable
from tests.support.pages import checked
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.predictor.predictor import Predictor
from trimtab.predictor.training import events
from trimtab.predictor.training.coached import CoachWish

DATA = improvable()


@pytest.fixture
def few(monkeypatch):
    """Coaching by a number of trials, so that no result depends on the clock."""
    own = Predictor.coach

    def coach(self, data, *, time_limit, **asked):
        return own(self, data, trials=TRIALS, **asked)

    monkeypatch.setattr(Predictor, "coach", coach)


def ends(monkeypatch, problem):
    def coach(self, data, **asked):
        raise problem

    monkeypatch.setattr(Predictor, "coach", coach)


def heard_of(tmp_path, **options):
    heard = []
    out = {"out": tmp_path / "m", "coach": "1m"}
    predictor = trimtab.train(DATA, "y", listener=heard.append, **out | SLOW | options)
    return predictor, heard


@pytest.mark.usefixtures("few")
def test_what_helps_is_said_saved_and_in_the_report(tmp_path):
    predictor, heard = heard_of(tmp_path)
    found = predictor.prescription
    assert found.winner != "base"
    kinds = [type(each).__name__ for each in heard]
    assert kinds[-4:] == ["Finished", "Coaching", "Saved", "Coached"]
    assert heard[-3].lines() == ["coaching: for up to 60 seconds, on top of the training; "
                                 "Ctrl-C ends it"]  # fmt: skip
    better = trimtab.load(tmp_path / "m.coached.trimtab")
    assert (better.predict(DATA) == found.predictor.predict(DATA)).all()
    assert found.sentences()[0] in heard[-1].lines()
    record = json.loads(json.dumps(heard[-1].record(), allow_nan=False))
    assert (record["event"], record["ended"]) == ("coached", "done")
    assert record["prescription"]["winner"] == found.winner
    page = checked((tmp_path / "m.html").read_text("utf-8"))
    assert "What would help" in page.text and "Predicting y" in page.text
    assert found.winner in page.text
    assert trimtab.load(tmp_path / "m.trimtab").prescription is None


@pytest.mark.usefixtures("few")
def test_without_files_it_is_in_the_predictor():
    predictor = trimtab.train(DATA, "y", coach=True, **SLOW)
    assert predictor.prescription.comparison.metric == "mae"


def test_nobody_asked(tmp_path):
    predictor, heard = heard_of(tmp_path, coach=False)
    assert predictor.prescription is None
    assert isinstance(heard[-1], events.Finished)
    assert "What would help" not in (tmp_path / "m.html").read_text("utf-8")


@pytest.mark.usefixtures("few")
def test_validation_rows_in_memory_are_no_option(tmp_path):
    predictor, _ = heard_of(tmp_path, valid=DATA.iloc[::4], out=None)
    assert predictor.prescription is not None


@pytest.mark.parametrize(
    ("problem", "ended", "said"),
    [
        (KeyboardInterrupt(), "interrupted", "The coaching was interrupted; the model"),
        (InvalidData("too few."), "failed", "the model is not affected. It says: too few."),
        (ZeroDivisionError("x"), "failed", "It says: ZeroDivisionError('x')"),
    ],
)
def test_the_model_stands_whatever_happens(tmp_path, monkeypatch, problem, ended, said):
    ends(monkeypatch, problem)
    predictor, heard = heard_of(tmp_path)
    assert heard[-1].ended == ended
    assert said in heard[-1].lines()[0]
    kept = trimtab.load(tmp_path / "m.trimtab")
    assert (kept.predict(DATA) == predictor.predict(DATA)).all()
    assert heard[-1].record()["prescription"] is None
    assert checked((tmp_path / "m.html").read_text("utf-8"))


def test_who_ends_the_training_wants_no_coaching(tmp_path, monkeypatch):
    ends(monkeypatch, AssertionError("it began"))

    def stop(event):
        if isinstance(event, events.Epoch) and event.epoch == 2:
            raise_interrupt()

    def raise_interrupt():
        import signal

        signal.raise_signal(signal.SIGINT)

    predictor = trimtab.train(
        DATA, "y", coach=True, listener=stop, **SLOW | {"epochs": 500, "patience": 500}
    )
    assert predictor.unfinished.reason == "interrupted"
    assert predictor.prescription is None


@pytest.mark.usefixtures("few")
def test_a_file_of_somebody_else_is_left(tmp_path):
    (tmp_path / "m.coached.trimtab").write_text("mine")
    predictor, heard = heard_of(tmp_path)
    assert predictor.prescription.edits
    assert (tmp_path / "m.coached.trimtab").read_text() == "mine"
    assert any("is another file and is left unchanged" in each for each in heard[-1].notes)


@pytest.mark.parametrize(
    ("coach", "data", "message"),
    [
        ("soon", DATA, "coach must be a positive number of seconds or a duration"),
        ([1], DATA, "Use coach=True"),
        (None, DATA, "Use coach=True"),
        (True, "-", "standard input can be read once"),
    ],
)
def test_refused_before_anything_is_trained(coach, data, message):
    with pytest.raises(InvalidArgument, match=message):
        trimtab.train(data, "y", coach=coach, **SLOW)


def test_what_may_be_asked_for():
    assert CoachWish.of(False, DATA) is None
    assert CoachWish.of(True, DATA) == CoachWish(300.0)
    assert CoachWish.of("90s", DATA) == CoachWish.of(90, DATA) == CoachWish(90.0)
