"""What a report finds in a curve: the coach's rules, with options of train as remedies."""

import numpy as np
import pytest

from trimtab.predictor.reporting.findings import NOTE, WORTH, of_curve

EPOCHS = np.arange(1, 41)


def found(loss, val_loss, *, rate=None, ended="epochs"):
    course = {"learning_rate": rate, "ended": ended}
    curve = {"loss": list(loss), "val_loss": list(val_loss), "best_epoch": None}
    return list(of_curve(course, curve))


def test_a_loss_that_still_falls():
    curve = 1.0 / np.sqrt(EPOCHS)
    (finding,) = found(curve, 1.1 * curve)
    assert finding["severity"] == WORTH and "--epochs 80" in finding["text"]
    assert finding["source"]
    (finding,) = found(curve, 1.1 * curve, ended="time")
    assert "a longer --time-limit" in finding["text"]
    assert found(curve, 1.1 * curve, ended="stopped") == []


def test_where_the_rate_has_decayed_it_is_a_note():
    curve = 1.0 / np.sqrt(EPOCHS)
    rates = (0.5 + 0.5 * np.cos(np.pi * EPOCHS / 40)).tolist()
    (finding,) = found(curve, 1.1 * curve, rate=rates)
    assert finding["severity"] == NOTE and "--epochs 80" in finding["text"]


def test_rows_known_by_heart():
    loss = 0.9**EPOCHS
    val_loss = 0.3 + 0.9**EPOCHS + 0.01 * np.maximum(0, EPOCHS - 10)
    (finding,) = found(loss, val_loss)
    assert "Overfitting" in finding["text"] and "--dropout 0.4" in finding["text"]


@pytest.mark.parametrize("hole", [None, float("nan")])
def test_healthy_curves_say_nothing(hole):
    loss = 0.2 + 0.8**EPOCHS
    assert found(loss, loss + 0.05 + 1e-4 * np.maximum(0, EPOCHS - 15)) == []
    assert found([*loss[:-1], hole], loss) == []
