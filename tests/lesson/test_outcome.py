import math

from trimtab.lesson import Outcome

NAN, INF = math.nan, math.inf


def test_best_and_its_epoch():
    outcome = Outcome("", [3.0, 2.0, 1.0], [3.0, 1.5, 2.0], 0.0)
    assert (outcome.best, outcome.best_epoch, outcome.diverged) == (1.5, 2, None)


def test_a_run_that_was_never_finite():
    outcome = Outcome("", [NAN, NAN], [NAN, NAN], 0.0)
    assert math.isnan(outcome.best)
    assert outcome.best_epoch is None
    assert outcome.diverged == "loss is nan from epoch 1"


def test_a_run_that_diverged_later_keeps_its_best():
    outcome = Outcome("", [2.0, 1.0, NAN], [2.0, 1.2, NAN], 0.0)
    assert (outcome.best, outcome.best_epoch) == (1.2, 2)
    assert outcome.diverged == "loss is nan from epoch 3"


def test_infinity_and_the_validation_loss_alone():
    assert Outcome("", [1.0, INF], [1.0, NAN], 0.0).diverged == "loss is inf from epoch 2"
    assert (
        Outcome("", [1.0, 1.0], [1.0, NAN], 0.0).diverged == "validation loss is nan from epoch 2"
    )
