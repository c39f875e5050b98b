"""The best epochs are kept as they were."""

import numpy as np
import pytest

from tests.support.close import assert_same_bits
from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, small_data, small_model
from trimtab import Committee
from trimtab.errors import InvalidArgument
from trimtab.training.callbacks import BestEpochs, Callback


class Everything(Callback):
    """The weights after every epoch."""

    def on_epoch_end(self, epoch, logs=None):
        self.weights = [*getattr(self, "weights", []), self.model.get_weights()]


@pytest.mark.parametrize("statistics", ["moving", "population"])
def test_the_best_are_kept(statistics):
    x, y = small_data()
    model, plain = small_model(metrics=["mae"]), small_model(metrics=["mae"])
    best, everything = BestEpochs(3), Everything()
    options = {"epochs": 12, "validation_data": (x[:20], y[:20]), "verbose": 0}
    options |= {"statistics": statistics, "batch_size": 8}
    history = model.fit(x, y, callbacks=[best, everything], **options).history
    plain.fit(x, y, **options)
    assert_same_state(model, plain)
    assert best.epochs == list(np.argsort(history["val_loss"], kind="stable")[:3])

    committee = Committee.of_epochs(best)
    assert len(committee) == 3
    for epoch, member in zip(best.epochs, committee.members, strict=True):
        for one, other in zip(member.get_weights(), everything.weights[epoch], strict=True):
            assert_same_bits(one, other)
        loss, mae = member.evaluate(x[:20], y[:20], verbose=0)
        assert (loss, mae) == (history["val_loss"][epoch], history["val_mae"][epoch])
        assert member.row_prints is model.row_prints
        assert member.optimizer is not model.optimizer


def test_more_is_better_and_nan_is_not():
    model = small_model()
    best = BestEpochs(2, monitor="score", mode="max")
    best.set_model(model)
    best.on_train_begin()
    for epoch, score in enumerate([1.0, float("nan"), 3.0, 2.0, 0.5, 3.0]):
        best.on_epoch_end(epoch, {"score": score})
    assert best.epochs == [2, 5]
    best.on_train_begin()
    assert best.epochs == []


def test_refusals():
    assert_refused(
        InvalidArgument,
        "count must be a positive integer, received 0.",
        lambda: BestEpochs(0),
    )
    assert_refused(
        InvalidArgument,
        "BestEpochs has kept no epoch: 'val_loss' was in no logs. Pass it to fit first.",
        lambda: Committee.of_epochs(BestEpochs()),
    )
