"""plot_model: what is in the boxes, and the files."""

import sys
import types

import pytest

from tests.support.refusals import assert_refused
from tests.support.small import small_model
from trimtab import Sequential, layers
from trimtab.errors import InvalidArgument, NotBuilt
from trimtab.keras.utils import plot_model


def blocks():
    inside = [layers.Dense(4, activation="gelu", name="wide"), layers.Dense(3, name="back")]
    stack = [
        layers.Residual(inside, name="same"),
        layers.Residual([layers.Dense(2)], name="other"),
        layers.Dense(1, name="end"),
    ]
    model = Sequential(stack, name="blocks")
    model.build(3)
    return model


def test_a_file_of_svg(tmp_path):
    model = small_model()
    drawing = plot_model(model, tmp_path / "model.svg")
    assert (tmp_path / "model.svg").read_text() == drawing.svg == drawing._repr_svg_()
    assert repr(drawing) == f"Drawing({str(tmp_path / 'model.svg')!r})"
    assert drawing.svg.count('class="box"') == 5 and drawing.svg.count('class="edge"') == 4
    assert "BatchNormalization" in drawing.svg and "relu" not in drawing.svg
    assert plot_model(model, tmp_path / "other").path == str(tmp_path / "other.svg")
    assert plot_model(model, None).path is None


@pytest.mark.parametrize(
    ("option", "said", "times"),
    [
        ("show_shapes", "(None, 8)", 6),
        ("show_dtype", "float32", 5),
        ("show_layer_names", "(Dense)", 2),
        ("show_layer_activations", "relu", 1),
        ("show_trainable", "yes", 3),
    ],
)
def test_what_boxes_say(option, said, times):
    model = small_model()
    assert plot_model(model, None, **{option: True}).svg.count(said) == times
    assert said not in plot_model(model, None).svg


def test_columns_of_members():
    stack = [layers.Dense(8, activation="relu"), layers.Dropout(0.1), layers.Dense(1)]
    model = Sequential(stack, members=4)
    model.build(3)
    svg = plot_model(model, None, show_shapes=True).svg
    assert svg.count("(None, 4 x 8)") == 4 and svg.count("(None, 4 x 1)") == 1


def test_frozen_layers_are_said():
    model = small_model()
    model.layers[0].trainable = False
    assert plot_model(model, None, show_trainable=True).svg.count(">no<") == 1


def test_blocks():
    model = blocks()
    plain = plot_model(model, None).svg
    assert plain.count('class="box"') == 4 and 'class="frame"' not in plain
    nested = plot_model(model, None, expand_nested=True, show_layer_names=True).svg
    assert nested.count('class="frame"') == 2
    for said in ("wide (Dense)", "back (Dense)", ">same<", ">other<", "projection"):
        assert said in nested
    assert nested.count(">+<") == 2
    # input, wide, back, +, dense, projection, +, end
    assert nested.count('class="box"') == 8 and nested.count('class="edge"') == 9


def test_sideways_is_wide():
    def size(svg):
        return [float(part) for part in svg.partition('viewBox="0 0 ')[2].partition('"')[0].split()]

    width, height = size(plot_model(blocks(), None, rankdir="LR").svg)
    assert width > height
    width, height = size(plot_model(blocks(), None).svg)
    assert width < height


def test_refused(tmp_path, monkeypatch):
    model = small_model()
    assert_refused(
        InvalidArgument,
        f"to_file must end in .svg, .png or .pdf, received '{tmp_path}/a.jpg'. Use "
        f"to_file='{tmp_path}/a.svg'.",
        lambda: plot_model(model, tmp_path / "a.jpg"),
    )
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    assert_refused(
        InvalidArgument,
        f"writing .png takes CairoSVG, which is not installed. Use to_file='{tmp_path}/a.svg', or "
        "install it: pip install cairosvg.",
        lambda: plot_model(model, tmp_path / "a.png"),
    )
    assert_refused(
        InvalidArgument,
        "rankdir must be one of 'TB', 'LR', received 'BT'.",
        lambda: plot_model(model, None, rankdir="BT"),
    )
    with pytest.raises(InvalidArgument, match="plot_model takes a model, received"):
        plot_model(model.layers[0], None)
    with pytest.raises(NotBuilt, match=r"is not built: .* Use model\.build\(columns\)"):
        plot_model(Sequential([layers.Dense(1)]), None)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        plot_model(model, tmp_path / "nowhere" / "a.svg")
    assert not list(tmp_path.iterdir())


def test_a_converter_makes_other_files(tmp_path, monkeypatch):
    seen = []
    made = types.SimpleNamespace(
        svg2png=lambda svg, scale: seen.append(scale) or b"PNG" + svg[:4],
        svg2pdf=lambda svg: b"PDF",
    )
    monkeypatch.setitem(sys.modules, "cairosvg", made)
    plot_model(small_model(), tmp_path / "a.png", dpi=192)
    plot_model(small_model(), tmp_path / "a.pdf")
    assert (tmp_path / "a.png").read_bytes() == b"PNG<svg" and seen == [2.0]
    assert (tmp_path / "a.pdf").read_bytes() == b"PDF"
