"""Pictures of what is rare: nothing, one row, one class, what is not finite."""

import re

import pytest

from tests.support.pages import Page
from trimtab.report.page import _breakable
from trimtab.report.pictures import classes, coaching, columns, comparison, curves, numbers
from trimtab.report.svg import FONT


def curve(loss, val_loss=(), best=None):
    return {"label": "", "loss": list(loss), "val_loss": list(val_loss), "best_epoch": best}


def parsed(svg):
    assert "nan" not in svg and "inf" not in svg
    page = Page(svg)
    assert page.elements[0][0] == "svg"
    return page


@pytest.mark.parametrize(
    "curves_",
    [
        [curve([0.5])],
        [curve([0.5, 0.4, 0.3], [0.6, 0.5, 0.55], 2)],
        [curve([0.5, None, None], [None, None, None])],
        [curve([1e9, 0.5, 0.4], [2.0, 1.0, 1.1], 2)],
        [curve([0.5, 0.4], [0.6, 0.5], 2), curve([0.5, 0.3], [0.6, 0.4], 2)],
    ],
)
@pytest.mark.parametrize("log", [False, True])
def test_learning_curves(curves_, log):
    mean = curve([0.5, 0.35], [0.6, 0.45]) if len(curves_) > 1 else None
    panel = {"title": "", "curves": curves_, "mean": mean}
    page = parsed(curves.learning_curves(panel, "log loss", log=log))
    assert "log loss" in page.text
    if len(curves_) == 1 and curves_[0]["val_loss"] and curves_[0]["best_epoch"]:
        assert "validation" in page.text and "best: epoch 2" in page.text


def test_a_steep_beginning_does_not_flatten_the_rest():
    steep = curve([1e6, *[1 - place / 100 for place in range(40)]])
    svg = curves.learning_curves({"title": "", "curves": [steep], "mean": None}, "loss")
    assert "1 M" not in svg and "0.8" in svg


def test_names_at_the_ends_of_lines_do_not_lie_on_each_other():
    lines = {f"layer {number}": [0.5, 0.5 + number / 1000] for number in range(6)}
    page = parsed(curves.by_epoch(lines, "rate"))
    places = [float(a["y"]) for a in page.all("text") if a.get("class", "").startswith("name")]
    assert len(places) == 6
    gaps = [b - a for a, b in zip(sorted(places), sorted(places)[1:], strict=False)]
    assert min(gaps) >= 15.9


def test_models_beside_each_other():
    models = [
        {
            "name": "network",
            "kind": "network",
            "values": {"mae": [0.5, 0.1]},
            "said": {"mae": "0.5 ± 0.1"},
        },
        {
            "name": "constant",
            "kind": "constant",
            "values": {"mae": [0.9, None]},
            "said": {"mae": "0.9 ± ?"},
        },
        {
            "name": "none",
            "kind": "linear",
            "values": {"mae": [None, None]},
            "said": {"mae": "nan ± ?"},
        },
    ]
    page = parsed(comparison.comparison(models, "mae", "error", share=False))
    assert len(page.all("circle")) == 2 and "0.9" in page.text


def test_effects_of_numbers_and_categories():
    line = {"name": "", "mean": [0.1, 0.9]}
    facts = {
        "column": "size", "at": [1.0, 2.0], "said": ["1", "2"], "dates": False, "lines": [line],
        "rug": [3, 0, 4], "rows": [[0.2, 5.0], [None, 0.4]], "counts": [3, 4],
    }  # fmt: skip
    parsed(columns.effect(facts, "price", (0.0, 1.0), percent=False))
    parsed(columns.effect({**facts, "dates": True}, "price", (0.0, 1.0), percent=True))
    facts = {**facts, "rows": [[0.2, 0.3]]}
    page = parsed(columns.effect_of_categories(facts, "price", (0.0, 1.0), percent=False))
    assert len(page.all("circle")) == 2


def test_a_bar_below_0_and_an_empty_histogram():
    parsed(columns.bar(-0.1, 0.2, 1.0))
    parsed(columns.bar(0.0, None, 0.0))
    parsed(columns.spark([], "nothing"))
    parsed(columns.spark([0, 3, 1], "few"))


def test_one_point_of_calibration_and_of_coverage():
    part = {"mean": 0.5, "share": 1.0, "low": 0.8, "high": 1.0, "rows": 10}
    parsed(classes.calibration([{"name": "yes", "parts": [part]}], "calibration"))
    level = {"level": 0.9, "inside": 1.0, "error": None, "size": 3.0}
    parsed(numbers.coverage([level]))


def test_names_beside_curves_have_room():
    """The longest name ends inside the picture."""
    lines = [
        {"name": name, "x": [0.0, 1.0], "y": [0.0, 1.0], "said": "0.929", "chance": 0.5}
        for name in ("a", "common reed warbler")
    ]
    svg = str(classes.curve(lines, ("x", "y"), "t", diagonal=True))
    at, text = re.findall(r'<text x="([\d.]+)"[^>]*class="name s1"[^>]*>([^<]+)<', svg)[0]
    assert float(at) + len(text) * FONT * 0.56 <= 420 + 1


def test_names_of_layers_break_between_words():
    assert _breakable("BatchNormalization") == "Batch<wbr>Normalization"
    assert _breakable("<b>Own") == "&lt;b&gt;Own"


def change(name, word, gains, low=None, gain=None, high=None):
    own = {"name": name, "word": word, "gains": gains, "pairs": len(gains)}
    return own | {"low": low, "gain": gain, "high": high}


LONG = "dropout(rate=0.2) + units(factor=0.5) + batch_norm(place='before_activation')"


def test_gains_of_changes():
    changes = [
        change(LONG, "helped", [0.1, 0.2, 0.3], 0.05, 0.2, 0.35),
        change("units(factor=2.0)", "hurt", [-0.1, -0.2], -0.4, -0.15, -0.05),
        change("learning_rate(factor=3.0)", "unclear", [None, 0.2]),
        change("epochs(factor=2.0)", "not run", []),
    ]
    page = parsed(coaching.gains(changes, "mae"))
    assert LONG.replace(" ", "") in page.text.replace(" ", "").replace("\n", "")  # nothing is cut
    assert "diverged in 1 of 2 pairs" in page.text and "not run" in page.text
    dots = [a["class"] for a in page.all("circle")]
    assert dots == ["dot good", "dot poor"]
    lines = [a for a in page.all("text") if a.get("class") == "name"]
    assert all(0 <= float(a["y"]) <= 400 for a in lines)


def band(kind, name, median):
    spread = [None if each is None else 0.1 for each in median]
    low = [None if each is None else each - gap for each, gap in zip(median, spread, strict=True)]
    high = [None if each is None else each + gap for each, gap in zip(median, spread, strict=True)]
    return {"kind": kind, "name": name, "median": median, "low": low, "high": high, "trials": 8}


@pytest.mark.parametrize(
    "median",
    [[1.0], [1.0, None, None], [None, 0.5], [1e6, *[1 - place / 100 for place in range(40)]]],
)
def test_before_and_after(median):
    lines = [band("before", "present network", [1.0, 0.9, 0.8]), band("after", "units", median)]
    page = parsed(coaching.before_and_after({"label": "val_loss", "lines": lines}))
    names = [a["class"] for a in page.all("text") if a.get("class", "").startswith("name")]
    assert sorted(names) == ["name after", "name before"]
    assert "1 M" not in page.text
