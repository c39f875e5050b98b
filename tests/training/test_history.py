"""History: what it keeps and what it draws."""

import copy
import math
import subprocess
import sys

import pytest

from tests.support.refusals import assert_refused
from tests.support.small import small_data, small_model
from trimtab.errors import InvalidArgument
from trimtab.training.history import History


def history_of(**curves):
    history = History()
    for epoch in range(len(next(iter(curves.values())))):
        history.on_epoch_end(epoch, {key: values[epoch] for key, values in curves.items()})
    return history


def test_is_the_models_history():
    x, y = small_data()
    model = small_model()
    history = model.fit(x, y, epochs=2, verbose=0)
    assert model.history is history and history.model is model
    assert history.params == {"verbose": 0, "epochs": 2, "steps": 2}


def test_a_history_of_ones_own_is_used():
    x, y = small_data()
    own = History()
    model = small_model()
    assert model.fit(x, y, verbose=0, callbacks=[own]) is own
    assert len(own.history["loss"]) == 1


@pytest.mark.parametrize(
    ("curves", "text"),
    [
        ({"loss": [0.5]}, "<History of 1 epoch: loss 0.5>"),
        (
            {"loss": [3.0, 2.0, 1.0], "val_loss": [3.5, 2.25, 2.5], "mae": [1.0, 1.0, 1.0]},
            "<History of 3 epochs: loss 1, val_loss 2.5 (best 2.25 at epoch 2)>",
        ),
        (
            {"loss": [4.0, math.nan]},
            "<History of 2 epochs: loss nan (best 4 at epoch 1)>",
        ),
        ({"loss": [math.nan, math.inf]}, "<History of 2 epochs: loss inf>"),
        ({"loss": [123456.0] * 1500}, "<History of 1,500 epochs: loss 123,456>"),
    ],
)
def test_repr(curves, text):
    assert repr(history_of(**curves)).startswith(text) and len(text) < 100


def test_repr_of_none_and_of_some():
    assert repr(History()) == "<History of 0 epochs>"
    history = history_of(loss=[3.0, 2.0, 1.0, 0.5])
    history.history["val_loss"] = [1.0, 2.0]  # validated after every second epoch
    assert repr(history) == "<History of 4 epochs: loss 0.5, val_loss 2 (best 1)>"
    history.epoch = [4, 5, 6, 7]  # a run that was resumed
    history.history["loss"][-1] = 9.0
    assert repr(history).startswith("<History of 4 epochs: loss 9 (best 1 at epoch 7), ")


def test_a_copy_lets_go_of_the_model():
    x, y = small_data()
    history = small_model().fit(x, y, verbose=0)
    alone = copy.deepcopy(history)
    assert alone.model is None and alone.history == history.history


def test_draws_loss_and_validation_loss():
    history = history_of(loss=[3.0, 2.0], val_loss=[4.0, 5.0], mae=[1.0, 0.5])
    axes = history.plot()
    assert {line.get_label(): list(line.get_ydata()) for line in axes.get_lines()} == {
        "loss": [3.0, 2.0],
        "val_loss": [4.0, 5.0],
    }
    assert list(axes.get_lines()[0].get_xdata()) == [1, 2]
    assert axes.get_xlabel() == "epoch" and axes.get_ylabel() == "loss"
    assert axes.get_title() == ""


def test_draws_what_is_asked_for_on_axes_given():
    from matplotlib.figure import Figure

    history = history_of(loss=[3.0], mae=[1.0], val_mae=[2.0])
    ax = Figure().subplots()
    assert history.plot("mae", ax=ax, title="Concrete") is ax
    assert [line.get_label() for line in ax.get_lines()] == ["mae", "val_mae"]
    assert ax.get_ylabel() == "mae" and ax.get_title() == "Concrete"


def test_an_epoch_without_validation_leaves_the_last_ones():
    history = History()
    history.on_epoch_end(0, {"loss": 3.0})
    history.on_epoch_end(1, {"loss": 2.0, "val_loss": 5.0})
    lines = history.plot().get_lines()
    assert list(lines[1].get_xdata()) == [2]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_says_where_it_diverged(bad):
    history = history_of(loss=[3.0, 2.0, bad], val_loss=[4.0, bad, bad])
    assert history.plot().get_title() == "diverged at epoch 2"
    assert history.plot(title="Wine").get_title() == "Wine - diverged at epoch 2"
    assert history.diverged_at() == 2 and history.diverged_at("loss") == 3
    assert history_of(loss=[1.0]).diverged_at() is None


def test_refusals():
    assert_refused(
        InvalidArgument,
        "'val_los' was not recorded. There are: loss.",
        lambda: history_of(loss=[1.0]).plot("val_los"),
    )
    assert_refused(
        InvalidArgument,
        "'loss' was not recorded. There are: none yet.",
        lambda: History().plot(),
    )


def test_drawing_needs_no_display_and_leaves_pyplot_alone():
    code = (
        "import sys\n"
        "from trimtab.training.history import History\n"
        "h = History(); h.on_epoch_end(0, {'loss': 1.0})\n"
        "assert 'matplotlib' not in sys.modules\n"
        "h.plot()\n"
        "print('matplotlib.pyplot' in sys.modules)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"
