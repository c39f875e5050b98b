"""A network as units and lines: what is drawn, labelled and coloured, and what is refused."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import trimtab
from trimtab import keras, layers
from trimtab.errors import InvalidArgument, InvalidData, NotBuilt

SVG = "{http://www.w3.org/2000/svg}"


def wide():
    stack = [
        layers.Dense(64, activation="relu", input_shape=[3]),
        layers.Dropout(0.3),
        layers.BatchNormalization(),
        layers.Dense(2, activation="softmax"),
    ]
    return trimtab.Sequential(stack, seed=1, name="wide")


def drawn(drawing):
    """The circles of units, and all texts."""
    root = ElementTree.fromstring(drawing.svg)
    circles = [each for each in root.iter(f"{SVG}circle") if each.find(f"{SVG}title") is not None]
    return circles, [each.text for each in root.iter(f"{SVG}text")]


def test_few_units_of_a_wide_layer_and_its_whole_width():
    circles, texts = drawn(wide().draw())
    assert len(circles) == 3 + 8 + 2
    assert [c.find(f"{SVG}title").text for c in circles[3:11]] == [
        f"unit {number} of 64" for number in (1, 2, 3, 4, 61, 62, 63, 64)
    ]
    assert texts == [
        *("Input", "3 units"),
        *("Dense", "64 units", "relu", "Dropout 0.3", "BatchNormalization"),
        *("Dense", "2 units", "softmax"),
    ]
    assert [d.count("M") for d in re.findall(r'<path d="([^"]+)', wide().draw().svg)] == [24, 16]
    assert len(drawn(wide().draw(units=5))[0]) == 3 + 5 + 2


def test_it_is_what_the_public_function_draws_and_notebooks_show():
    model = wide()
    drawing = trimtab.pictures.network(model)
    assert drawing._repr_svg_() == drawing.svg == model.draw().svg


def test_colours_are_activations():
    model = trimtab.Sequential([layers.Dense(3, input_shape=[1])], seed=1)
    model.set_weights([np.float32([[2.0, -1.0, 0.0]]), np.zeros(3, np.float32)])
    circles, texts = drawn(model.draw([[1.0], [3.0]]))  # the mean of the rows is 2
    assert [c.get("fill") for c in circles] == ["#1f6fb4", "#1f6fb4", "#f0b88c", "#ffffff"]
    assert circles[1].find(f"{SVG}title").text == "unit 1 of 3: 4"
    assert texts[-3:] == ["below 0", "0", "above 0"]


def test_activations_are_those_behind_the_layers_of_the_label():
    """Of a Dense with dropout and normalization behind it: what the next layer reads."""
    model, x = wide(), np.float32([[0.5, -1.0, 2.0]])
    last = float(re.findall(r"unit 64 of 64: ([-\d.e]+)", model.draw(x).svg)[0])
    cut = trimtab.Sequential(model.layers[:3])
    assert abs(last - float(cut.predict(x, verbose=0)[0, -1])) <= 1e-3


def test_branches():
    a, b = keras.Input((4,)), keras.Input((3,))
    hidden = layers.Dense(16, activation="relu")(a)
    joined = layers.Dropout(0.2)(layers.Concatenate()([hidden, b]))
    model = trimtab.Model([a, b], [layers.Dense(2)(joined), layers.Dense(1)(hidden)])
    circles, texts = drawn(model.draw())
    assert len(circles) == 7 + 8 + 8 + 2 + 1
    assert "Dropout 0.2" in texts
    # A dropout on one of two branches is no part of what both read.
    forked = trimtab.Model(a, layers.Concatenate()([layers.Dropout(0.5)(hidden), hidden]))
    assert len(drawn(forked.draw())[0]) == 4 + 8 + 8 + 8


def test_a_network_that_diverged_is_drawn():
    model = trimtab.Sequential([layers.Dense(2, input_shape=[1])], seed=1)
    model.set_weights([np.float32([[np.nan, np.inf]]), np.zeros(2, np.float32)])
    assert model.draw([[1.0]]).svg.count("#8d98a5") >= 2


def test_refusals():
    open_model = trimtab.Sequential([layers.Dense(1)])
    with pytest.raises(NotBuilt, match=r"model.build\(columns\), pass x"):
        open_model.draw()
    assert open_model.draw([[1.0, 2.0]]).svg.startswith("<svg")
    with pytest.raises(InvalidData):
        wide().draw([[1.0]])
    with pytest.raises(InvalidArgument, match="Use units=8"):
        wide().draw(units=1)
    with pytest.raises(InvalidArgument, match="takes a model, received 'wide'"):
        trimtab.pictures.network("wide")


def test_reports_draw_the_network_of_a_table(tmp_path):
    page = tmp_path / "page.html"
    trimtab.train(
        "red-wine", layers="16 bn relu dropout:0.2, 8 relu", epochs=1, test=0.2, report=page
    )
    svg = re.search(r'<svg[^>]*class="units".*?</svg>', page.read_text(), re.DOTALL)[0]
    assert svg.count("<circle") == 8 + 3 + 8 + 3 + 8 + 1  # eleven columns, sixteen and eight units
    assert "Dropout 0.2" in svg and "<style" not in svg
