"""What was tracked of layers, as a DataFrame and as a picture."""

import pickle

import numpy as np
import pytest

from tests.support.refusals import assert_refused
from tests.support.small import small_data
from trimtab import Sequential
from trimtab.errors import InvalidArgument
from trimtab.nn import layers
from trimtab.training.history import History

QUIET = {"verbose": 0, "batch_size": 16}


def tracked(epochs=3):
    """A model whose layers are not in alphabetical order, trained."""
    x, y = small_data()
    block = layers.Residual(layers.Dense(4, name="z"), layers.Dense(8, name="a"), name="block")
    stack = [
        layers.Dense(8, activation="relu", name="wide"), block,
        layers.BatchNormalization(name="bn"), layers.Dropout(0.5, name="drop"),
        layers.Dense(1, name="end"),
    ]  # fmt: skip
    model = Sequential([layers.Input((3,)), *stack], seed=4)
    model.compile("adam", "mse")
    return model.fit(x, y, epochs=epochs, track=["layers"], **QUIET)


ORDER = ["wide", "block/z", "block/a", "block", "bn", "end"]


def test_a_frame_has_the_layers_in_order():
    history = tracked()
    frame = history.layers()
    assert list(frame.index.get_level_values("layer").unique()) == ORDER
    assert list(frame.loc["end"].index) == [1, 2, 3]
    assert frame.loc[("bn", 2), "variance_ratio"] == history.history["bn/variance_ratio"][1]
    assert np.isnan(frame.loc[("wide", 1), "variance_ratio"])
    assert {str(dtype) for dtype in frame.dtypes} == {"float64"}


def test_without_its_model_the_order_is_that_of_the_logs():
    history = tracked()
    alone = pickle.loads(pickle.dumps(history))
    frame = alone.layers()
    order = ["block/a", "block", "block/z", "bn", "end", "wide"]  # block/mean is before block/z
    assert list(frame.index.get_level_values("layer").unique()) == order
    assert frame.sort_index().equals(history.layers().sort_index())


def test_what_was_tracked_later_belongs_to_the_last_epochs():
    history = History()
    history.on_epoch_end(0, {"loss": 1.0})
    history.on_epoch_end(1, {"loss": 1.0, "dense/mean": 0.5})
    assert history.layers().to_dict() == {"mean": {("dense", 2): 0.5}}
    (panel,) = history.plot(layers=True)
    assert list(panel.get_lines()[0].get_xdata()) == [2]


def test_draws_a_panel_a_quantity_and_a_line_a_layer():
    history = tracked()
    panels = history.plot(layers=True, title="Small")
    titles = [panel.get_title().replace("\n", " ") for panel in panels]
    assert titles == [
        "mean of the output", "standard deviation of the output", "share of zeros",
        "norm of the weights", "gradient / weights", "update / weights",
        "moving from population mean, in standard deviations",
        "variance ratio, inference / training",
    ]  # fmt: skip
    assert sorted(line.get_label() for line in panels[0].get_lines()) == sorted(ORDER)
    (line,) = panels[-1].get_lines()
    assert list(line.get_ydata()) == history.history["bn/variance_ratio"]
    figure = panels[0].figure
    assert figure.get_suptitle() == "Small"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ORDER
    assert all(panel.get_xlabel() == "epoch" for panel in panels[-3:])
    figure.canvas.draw()  # everything has a place


def test_dead_units_have_a_panel_where_there_are_some():
    history = tracked()
    history.history["wide/dead"] = [0.0, 1.0, 2.0]
    assert "dead units" in [panel.get_title() for panel in history.plot(layers=True)]


def test_draws_what_is_asked_for():
    history = tracked(1)
    panels = history.plot("zeros", "mean", layers=True)
    assert [panel.get_title() for panel in panels] == ["share of zeros", "mean of the output"]
    assert panels[0].get_lines()[0].get_marker() == "o"  # one epoch would be no line


def test_wide_spans_are_logarithmic():
    history = History()
    for epoch in range(3):
        values = {"a/update_ratio": 10.0**-epoch, "a/gradient_ratio": 1.0 + epoch, "b/mean": 1e6}
        history.on_epoch_end(epoch, {**values, "b/update_ratio": float("nan"), "a/mean": 0.0})
    scales = {panel.get_title(): panel.get_yscale() for panel in history.plot(layers=True)}
    assert scales == {
        "mean of the output": "linear",
        "gradient / weights": "linear",
        "update / weights": "log",
    }


def test_refusals():
    history = tracked(1)
    plain = History()
    plain.on_epoch_end(0, {"loss": 1.0})
    nothing = "this history has nothing of single layers. Use fit(track=['layers'])."
    assert_refused(InvalidArgument, nothing, plain.layers)
    assert_refused(InvalidArgument, nothing, lambda: plain.plot(layers=True))
    assert_refused(
        InvalidArgument,
        "plot(layers=True) draws several panels, received ax for one. Leave it out.",
        lambda: history.plot(layers=True, ax=history.plot()),
    )
    with pytest.raises(InvalidArgument, match=r"^plot: layers must be one of 'mean', .*'maen'"):
        history.plot("maen", layers=True)
