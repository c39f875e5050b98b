"""TerminateOnNaN: stops at nan and at infinity, at the batch where they come."""

import numpy as np
import pytest

from tests.support.small import small_data, small_model
from trimtab.training.callbacks import TerminateOnNaN


def diverging(bad):
    """A model and rows of which the third batch of four has a bad value."""
    x, y = small_data(40)
    x[25] = bad
    model = small_model(optimizer="sgd", dropout=0, normalize=False)
    return model, x, y


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_stops_at_the_batch(bad, capsys):
    model, x, y = diverging(bad)
    history = model.fit(
        x, y, batch_size=10, epochs=3, shuffle=False, verbose=0, callbacks=[TerminateOnNaN()]
    )
    assert model.runner.step == 3 and history.epoch == [0]
    value = history.history["loss"][0]
    assert not np.isfinite(value)
    said = f"Batch 2: the loss became {value}, training stops.\n"
    assert capsys.readouterr().out == said


def test_can_raise():
    model, x, y = diverging(np.nan)
    with pytest.raises(
        RuntimeError, match=r"^The loss became nan at batch 2\. Training was stopped\.$"
    ):
        model.fit(
            x, y, batch_size=10, shuffle=False, verbose=0,
            callbacks=[TerminateOnNaN(raise_error=True)],
        )  # fmt: skip


def test_leaves_a_good_run_alone():
    x, y = small_data()
    history = small_model().fit(x, y, epochs=2, verbose=0, callbacks=[TerminateOnNaN()])
    assert history.epoch == [0, 1]
