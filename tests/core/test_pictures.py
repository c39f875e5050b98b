"""Learning curves as a file; what they look like was looked at."""

import base64
import io
import math
import sys

import pytest

from trimtab.core import pictures
from trimtab.core.pictures import (
    Curve,
    Panel,
    draw_learning_curves,
    new_figure,
    picture_html,
)

PNG = b"\x89PNG\r\n\x1a\n"
LEARNED = Curve([4.0, 2.0, 1.0, 0.5], [3.0, 2.0, 1.5, 1.6], best_epoch=3)
ALONE = Curve([4.0, 2.0, 1.0])


@pytest.mark.parametrize(
    "curves",
    [
        [LEARNED],
        [ALONE],
        [LEARNED, Curve([5.0, 3.0], [4.0, 2.5], best_epoch=2)],
        [Curve([])],
        [Curve([math.nan], diverged="loss is nan from epoch 1"), LEARNED],
        [],
    ],
    ids=["one", "without validation", "several", "no epoch", "diverged", "none"],
)
def test_draws(tmp_path, curves):
    path = tmp_path / "curves.png"
    draw_learning_curves([Panel("panel", curves)], "A title", "loss", path)
    assert path.read_bytes().startswith(PNG)
    assert list(tmp_path.iterdir()) == [path]


def drawn(monkeypatch, tmp_path, panels):
    """The figure that would be written."""
    from matplotlib.figure import Figure

    kept = []

    def look(figure, file, **settings):
        kept.append(figure)
        file.write(PNG)

    monkeypatch.setattr(Figure, "savefig", look)
    draw_learning_curves(panels, "A title", "loss", tmp_path / "curves.png")
    return kept[0]


def test_says_where_the_best_epochs_are(monkeypatch, tmp_path):
    several = Panel("all", [LEARNED, Curve([5.0, 3.0], [4.0, 2.5], best_epoch=2)])
    figure = drawn(monkeypatch, tmp_path, [Panel("one", [LEARNED]), several])
    one, all_ = ([note.get_text() for note in ax.texts] for ax in figure.axes)
    assert one == ["lowest val_loss 1.5000, epoch 3"]
    assert all_ == ["lowest val_loss 2.0000 on average, epochs 2 to 3"]


def test_the_legend_names_what_is_there(monkeypatch, tmp_path):
    for curves, names in (([LEARNED, ALONE], ["loss", "val_loss"]), ([ALONE], ["loss"])):
        figure = drawn(monkeypatch, tmp_path, [Panel("panel", curves)])
        assert [text.get_text() for text in figure.legends[0].get_texts()] == names


def test_wild_first_epochs_do_not_set_the_scale(monkeypatch, tmp_path):
    wild = Curve([1e6, *[1.0 + 1 / n for n in range(1, 40)]])
    figure = drawn(monkeypatch, tmp_path, [Panel("panel", [wild])])
    assert figure.axes[0].get_ylim()[1] < 3
    assert figure.axes[0].get_ylabel() == "loss (first epochs cut off)"


def test_a_figure_of_nobody(monkeypatch):
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)
    figure = new_figure(figsize=(3, 2))
    assert "matplotlib.pyplot" not in sys.modules
    assert figure.get_size_inches().tolist() == [3, 2]
    figure.savefig(io.BytesIO(), format="png")


@pytest.mark.parametrize("used", ["in a notebook", "imported already"])
def test_a_figure_that_pyplot_shows(monkeypatch, used):
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    monkeypatch.setattr(pictures, "in_notebook", lambda: used == "in a notebook")
    if used == "in a notebook":
        monkeypatch.delitem(sys.modules, "matplotlib.pyplot")
        monkeypatch.setattr(mpl, "pyplot", pyplot)
    figure = new_figure(figsize=(3, 2))
    try:
        assert figure.number in pyplot.get_fignums()
        assert figure.get_size_inches().tolist() == [3, 2]
    finally:
        pyplot.close(figure)


def test_a_picture_in_html():
    figure = new_figure(figsize=(1, 1))
    html = picture_html(figure)
    start = '<img src="data:image/png;base64,'
    assert html.startswith(start) and html.endswith('">')
    assert base64.b64decode(html[len(start) : -2]).startswith(PNG)
