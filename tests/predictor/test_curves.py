"""Which curves the picture of a training shows; what it looks like was looked at."""

import math
from types import SimpleNamespace

from trimtab.predictor.training import curves
from trimtab.predictor.training.curves import panels_of
from trimtab.predictor.training.defaults import LOSSES
from trimtab.predictor.training.fits import CROSS, FOLD, MEMBER, Fit
from trimtab.training.history import History


def network(kind, losses, val_losses=(), best_epoch=None):
    history = History()
    history.epoch = list(range(len(losses)))
    history.history = {"loss": list(losses)}
    if val_losses:
        history.history["val_loss"] = list(val_losses)
    return Fit(kind, "", "epochs", best_epoch, None, history)


def test_one_network_needs_no_title():
    (panel,) = panels_of([network(MEMBER, [3.0, 2.0], [4.0, 3.5], 2)])
    (curve,) = panel.curves
    assert panel.title == ""
    assert (curve.loss, curve.val_loss, curve.best) == ([3.0, 2.0], [4.0, 3.5], 3.5)
    assert curve.diverged is None


def test_a_committee_is_drawn_in_one_panel():
    (panel,) = panels_of([network(MEMBER, [3.0]), network(MEMBER, [2.0])])
    assert panel.title == "2 networks" and len(panel.curves) == 2


def test_folds_stand_beside_the_networks_on_all_rows():
    folds = [network(FOLD, [3.0], [4.0], 1) for _ in range(3)]
    left, right = panels_of([*folds, network(MEMBER, [2.0])])
    assert (left.title, right.title) == ("3 folds", "the network on all rows")
    assert len(left.curves) == 3
    left, right = panels_of([*folds, network(MEMBER, [2.0]), network(MEMBER, [1.0])])
    assert right.title == "2 networks on all rows"
    (alone,) = panels_of(folds[:2])  # interrupted before the last one
    assert alone.title == "2 folds"


def test_networks_of_folds_that_predict_are_drawn_with_their_mean():
    made = [network(CROSS, [3.0, 1.0], [4.0, 2.0], 2), network(CROSS, [1.0, 1.0], [2.0, 3.0], 1)]
    (panel,) = panels_of(made)
    assert panel.title == "2 networks and their mean" and len(panel.curves) == 2
    assert (panel.mean.loss, panel.mean.val_loss) == ([2.0, 1.0], [3.0, 2.5])
    (panel,) = panels_of([network(CROSS, []), network(CROSS, [1.0], [1.0])])
    assert panel.mean.loss == []  # stopped before all of them had done an epoch


def test_a_network_that_diverged_says_so():
    for losses, val_losses, text in (
        ([1.0, math.nan], [1.0, math.nan], "loss is nan from epoch 2"),
        ([1.0, 2.0], [1.0, math.inf], "validation loss is NaN or infinite from epoch 2"),
    ):
        (panel,) = panels_of([network(MEMBER, losses, val_losses, 1)])
        assert panel.curves[0].diverged == text


def test_a_network_without_a_whole_epoch_has_no_curve():
    (panel,) = panels_of([network(MEMBER, [])])
    assert panel.curves[0].loss == []


def test_every_loss_that_trains_has_a_label_of_few_letters(monkeypatch):
    labels = {}
    monkeypatch.setattr(
        curves,
        "draw_learning_curves",
        lambda panels, title, label, path: labels.update({path: label}),
    )
    for loss in {name for names in LOSSES.values() for name in names}:
        curves.draw(SimpleNamespace(options={"loss": loss}), [], "a title", loss)
    assert set(labels.values()) == {"mean absolute error", "mean squared error", "log loss"}
