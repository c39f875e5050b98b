"""The picture of importance: numbers and names that do not lie on each other."""

import itertools

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from trimtab.core import pictures
from trimtab.predictor import bars
from trimtab.predictor.draws import Score

LONG = "increase of the mean absolute error of {target} when shuffled"


def drawn(monkeypatch, increases, target="price", label=LONG):
    """The figure, laid out."""
    kept = []
    monkeypatch.setattr(bars, "save_picture", lambda figure, path: kept.append(figure))
    bars.draw_bars(increases, label, target, "x.png", "Permutation importance: model")
    (figure,) = kept
    FigureCanvasAgg(figure).draw()
    return figure


def boxes(figure):
    """Of all texts that are shown."""
    panel = figure.axes[0]
    texts = [
        *panel.get_xticklabels(),
        *panel.get_yticklabels(),
        figure._supxlabel,
        figure._suptitle,
    ]
    low, high = panel.get_xlim()
    inside = [
        text
        for text in texts
        if text.get_text()
        and (text not in panel.get_xticklabels() or low <= text.get_position()[0] <= high)
    ]
    return {text: text.get_window_extent() for text in inside}


@pytest.mark.parametrize("scale", [1.0, 1e-12, 3.1e-8, 0.004, 123456.0, 1.7e9, 1e18, 4e200, 0.0])
@pytest.mark.parametrize("sign", ["positive", "both", "negative"])
@pytest.mark.parametrize("names", [["a", "b", "c"], ["w" * 80, "b" * 30, "c"], ["ä€" * 9]])
def test_nothing_overlaps(monkeypatch, scale, sign, names):
    steps = {"positive": (3, 2, 1), "both": (3, -1, -2), "negative": (-1, -2, -3)}[sign]
    increases = {
        name: Score(scale * step, scale / 5) for name, step in zip(names, steps, strict=False)
    }
    figure = drawn(monkeypatch, increases, target="a rather long name of a column to predict")
    panel = figure.axes[0]
    assert panel.xaxis.get_offset_text().get_text() == ""
    found = boxes(figure)
    for (one, box), (other, beside) in itertools.combinations(found.items(), 2):
        assert not box.overlaps(beside), (one.get_text(), other.get_text())
    width, height = figure.canvas.get_width_height()
    for text, box in found.items():
        assert box.x0 >= -1 and box.x1 <= width + 1, text.get_text()
        assert box.y0 >= -1 and box.y1 <= height + 1, text.get_text()


def test_numbers_have_one_form(monkeypatch):
    figure = drawn(monkeypatch, {"a": Score(1234567.0, 1e5), "b": Score(-400.0, 1e4)})
    labels = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert "0" in labels and "500,000" in labels and "1,000,000" in labels


def test_learning_curves_have_no_offset_either(monkeypatch, tmp_path):
    kept = []
    monkeypatch.setattr(pictures, "save_picture", lambda figure, path: kept.append(figure))
    for scale in (1e-9, 1.0, 1e7):
        curve = pictures.Curve([9 * scale, 5 * scale, 3 * scale], [8 * scale, 6 * scale, 7 * scale])
        pictures.draw_learning_curves(
            [pictures.Panel("network", [curve])], "title", "mean absolute error", tmp_path / "x.png"
        )
        FigureCanvasAgg(kept[-1]).draw()
        axis = kept[-1].axes[0].yaxis
        assert axis.get_offset_text().get_text() == ""
        assert any(text.get_text() for text in axis.get_ticklabels())
