"""Networks in one line: read, written, turned into Python, and refused with a mark."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import trimtab
from trimtab.errors import InvalidArgument
from trimtab.nn import layers
from trimtab.nn.layers import Dense
from trimtab.predictor import notation
from trimtab.predictor.training.options import TrainOptions, from_toml

rates = st.sampled_from([0.0, 0.05, 0.1, 0.25, 0.5, 0.75])
numbers = st.sampled_from([1e-5, 1e-4, 0.5, 3.0])
activation = st.sampled_from(notation.ACTIVATIONS)


@st.composite
def dense_words(draw):
    words: list[str] = []
    for name, values in (("dropconnect", rates), ("l1", numbers), ("l2", numbers)):
        words += draw(st.lists(values.map(lambda n, name=name: f"{name}:{n}"), max_size=1))
    words += draw(st.sampled_from([[], ["no_bias"], ["max_norm:2.5"]]))
    return draw(st.permutations(words))


@st.composite
def blocks(draw, depth=0):
    others = st.one_of(
        activation,
        st.sampled_from(["bn", "bn:0.9", "bn:0.99"]),
        rates.map(lambda rate: f"dropout:{rate}"),
        rates.map(lambda rate: f"feature_dropout:{rate}"),
    )
    if depth < 2:
        others |= texts(depth=depth + 1).map(lambda text: f"residual({text})")
    before, after = draw(st.lists(others, max_size=2)), draw(st.lists(others, max_size=3))
    if not draw(st.booleans()) and before + after:
        return " ".join(before + after)
    return " ".join([*before, str(draw(st.integers(1, 9))), *draw(dense_words()), *after])


@st.composite
def texts(draw, depth=0):
    return ", ".join(draw(st.lists(blocks(depth=depth), min_size=1, max_size=3)))


def configurations(stack):
    """What layers are, but for their names; an activation of a dense layer stands alone."""
    found = []
    for layer in stack:
        config = {**layer.get_config(), "kind": type(layer).__name__}
        del config["name"]
        if isinstance(layer, layers.Residual):
            config["layers"] = configurations(layer.layers)
        function = config.pop("activation", None)
        if type(layer) is not layers.Activation:
            found.append(config)
        if function not in (None, "linear"):
            found.append({"kind": "Activation", "activation": function})
    return found


@settings(max_examples=60)
@given(texts())
def test_text_and_layers_say_the_same(text):
    stack = notation.parse(text)
    written = notation.to_text(stack)
    assert configurations(notation.parse(written)) == configurations(stack)
    assert notation.to_text(notation.parse(written)) == written
    assert notation.canonical(text) == written


@settings(max_examples=25)
@given(texts())
def test_python_makes_the_same_network(text):
    stack = notation.parse(text)
    found = {}
    exec(notation.to_python(stack, inputs=3), found)
    model = found["model"]
    assert model.input_shape == (None, 3)
    assert configurations(model.layers) == configurations(stack)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("256", "Dense"),
        ("256 relu", "Dense"),
        ("256 bn relu dropout:0.2", "Dense BatchNormalization Activation Dropout"),
        ("bn 512 relu, bn 512 relu, bn", "BatchNormalization Dense " * 2 + "BatchNormalization"),
        ("dropout:0.2 64 gelu gelu", "Dropout Dense Activation"),
        ("64 l2:1e-4 relu max_norm:3 dropconnect:0.1", "DropConnect"),
        ("feature_dropout:0.1 8, residual(8 relu, 8)", "FeatureDropout Dense Residual"),
        ("BN:0.9,  8   RELU", "BatchNormalization Dense"),
    ],
)
def test_words_are_layers_in_their_order(text, kinds):
    assert [type(layer).__name__ for layer in notation.parse(text)] == kinds.split()


def test_settings_of_the_dense_layer():
    (layer,) = notation.parse("7 l1:0.5 l2:0.25 max_norm:3 no_bias tanh")
    assert (layer.units, layer.use_bias) == (7, False)
    assert (layer.kernel_regularizer.l1, layer.kernel_regularizer.l2) == (0.5, 0.25)
    assert layer.kernel_constraint.max_value == 3
    assert layer.activation is trimtab.activations.tanh
    assert notation.parse("bn:0.9")[0].momentum == 0.9
    assert notation.parse("4 dropconnect:0.3")[0].rate == 0.3


@pytest.mark.parametrize(
    ("text", "biases"),
    [
        ("8 bn relu, 8 relu bn", [False, True]),
        ("8, bn relu, 8 dropout:0.1 bn", [False, True]),
        ("8 bias bn relu, 8 no_bias relu bn, 8 linear bn", [True, False, False]),
        ("8 dropconnect:0.1 bn, bn 8", [False, True]),
    ],
)
def test_units_that_are_normalized_have_no_bias(text, biases):
    stack = notation.parse(text)
    assert [layer.use_bias for layer in stack if isinstance(layer, Dense)] == biases
    again = notation.parse(notation.to_text(stack))
    assert [layer.use_bias for layer in again if isinstance(layer, Dense)] == biases
    (inner,) = notation.parse("residual(8 bn relu, 8) bn")[:1]
    assert [layer.use_bias for layer in inner.layers if isinstance(layer, Dense)] == [False, True]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("256,bn relu,128", "256 bn relu, 128"),
        ("256 no_bias bn, 128 bias, 64 no_bias", "256 bn, 128, 64 no_bias"),
        ("256 bias bn relu, 8", "256 bias bn relu, 8"),
        ("bn, 256 bn relu, 128", "bn 256 bn relu, 128"),
        ("bn 512 relu bn, 512 relu bn", "bn 512 relu, bn 512 relu, bn"),
        ("512 relu dropout:.3 bn, 512 relu bn", "512 relu dropout:0.3 bn, 512 relu bn"),
        ("8 bn:0.99", "8 bn"),
        ("8 l2:0", "8"),
    ],
)
def test_one_network_one_text(text, written):
    assert notation.canonical(text) == written


def test_names_count_in_the_process_or_in_the_text():
    text = "8 relu, 8 bn relu, residual(8, 8)"
    first, second = (notation.parse(text, numbered=True) for _ in range(2))
    names = ["dense", "dense_1", "batch_normalization", "activation", "residual"]
    assert [layer.name for layer in first] == [layer.name for layer in second] == names
    assert [layer.name for layer in first[-1].layers] == ["dense", "dense_1"]
    twice = notation.parse("8") + notation.parse("8")
    assert twice[0].name != twice[1].name
    trimtab.Sequential([layers.Input((3,)), *first])


def test_the_same_seed_the_same_predictions():
    x = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)
    text = "5 bn relu dropout:0.5, residual(5 tanh, 5)"
    found = {}
    exec(notation.to_python(notation.parse(text), inputs=3), found)
    ours = trimtab.Sequential([layers.Input((3,)), *notation.parse(text)], seed=3)
    theirs = trimtab.Sequential([layers.Input((3,)), *found["model"].layers], seed=3)
    theirs.set_weights(ours.get_weights())
    assert (ours.predict(x, verbose=0) == theirs.predict(x, verbose=0)).all()


@pytest.mark.parametrize(
    ("text", "rule", "mark"),
    [
        ("256 relu,", "an empty block", "         ^"),
        ("256,, 3", "an empty block", "    ^"),
        (", 3", "an empty block", "^"),
        ("256 128", "a second number of units", "    ^^^"),
        ("256 relu, 128 drpout:0.2", "Did you mean 'dropout'?", "              ^^^^^^"),
        ("256 batchnorm", "Use 'bn'.", "    ^^^^^^^^^"),
        ("256 swish", "Use 'silu'.", "    ^^^^^"),
        ("256 attention", "Known words are celu, elu, gelu,", "    ^^^^^^^^^"),
        ("256 dropout=0.2", "Use dropout:0.2.", "    ^^^^^^^^^^^"),
        ("256 dropout", "Use dropout:0.2.", "    ^^^^^^^"),
        ("256 dropout:", "needs a number after dropout", "    ^^^^^^^^"),
        ("256 dropout:a", "needs a number after dropout", "            ^"),
        ("256 dropout:20", "rate must be a float between 0 and 1, received 20.0", "            ^^"),
        ("256 dropout:nan", "rate must be a float between 0 and 1", "            ^^^"),
        ("bn:1.5", "momentum must be", "   ^^^"),
        ("256 l2:-1", "l2 must be a number of 0 or more", "       ^^"),
        ("256 dropconnect", "Use dropconnect:0.1.", "    ^^^^^^^^^^^"),
        ("256 l2:1 l2:2", "l2 twice", "         ^^^^"),
        ("l2:1 256", "l2 before the dense layer", "^^^^"),
        ("256 relu:1", "relu, which takes none", "         ^"),
        ("256 no_bias:1", "no_bias, which takes none", "            ^"),
        ("256 no_bias bias", "both bias and no_bias", "            ^^^^"),
        ("0", "an integer from 1 to 1000000", "^"),
        ("-3 relu", "an integer from 1 to 1000000", "^^"),
        ("2.5", "an integer from 1 to 1000000", "^^^"),
        ("256:3", "an integer from 1 to 1000000", "^^^^^"),
        ("10000000", "an integer from 1 to 1000000", "^^^^^^^^"),
        ("9" * 5000, "an integer from 1 to 1000000", "^" * 5000),
        ("256)", "without an opening one", "   ^"),
        ("(256)", "only residual(...) takes", "^"),
        ("residual(8, 8", "without a closing one", "        ^"),
        ("residual 8", "needs brackets after residual", "^^^^^^^^"),
        ("residual()", "an empty block", "         ^"),
        (
            "residual(" * 21 + "8" + ")" * 21,
            "more than 20 deep",
            " " * 180 + "^^^^^^^^",
        ),
        ("8 :", "an unknown word", "  ^"),
        ("8\trelu\nfoo", "an unknown word", "       ^^^"),
    ],
)
def test_refusals_show_the_place(text, rule, mark):
    with pytest.raises(InvalidArgument) as refusal:
        notation.parse(text, name="--layers")
    message, shown, marked = str(refusal.value).split("\n")
    assert message.startswith("--layers ")
    assert rule in message
    assert message.endswith((".", "?"))
    assert not message.endswith("..")
    if len(text) <= 80:
        assert shown == "    " + text.replace("\t", " ").replace("\n", " ")
        assert marked == "    " + mark
    else:  # what is around the mark
        assert len(shown) <= 4 + 80 + 6 and "..." in shown
        place = len(mark) - len(mark.lstrip())
        start = marked.index("^")
        assert text.startswith(shown[start:].removesuffix("..."), place)


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_no_layers_at_all(text):
    with pytest.raises(InvalidArgument, match="must name one layer or more, received"):
        notation.parse(text)


@pytest.mark.parametrize("value", [None, 256, [256, 128], b"256"])
def test_what_is_no_text(value):
    with pytest.raises(InvalidArgument, match="layers must be text such as"):
        notation.parse(value)


@settings(max_examples=200)
@given(st.text(alphabet="0129 ,():.-ebnrludopt\t", max_size=20) | st.text(max_size=10))
def test_any_text_is_read_or_refused(text):
    try:
        stack = notation.parse(text)
    except InvalidArgument:
        return
    assert stack


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.BatchNormalization(epsilon=0.5),
        lambda: layers.Dense(4, kernel_initializer="zeros"),
        lambda: layers.Dense(4, bias_regularizer="l2"),
        lambda: layers.Dropout(0.5, seed=3),
        lambda: layers.Dropout(trimtab.schedules.LinearDropout(0.0, 0.5, epochs=3)),
        lambda: layers.ReLU(max_value=6.0),
        lambda: layers.Activation("relu", trainable=False),
        lambda: layers.Dense(4, trainable=False),
        lambda: layers.Residual(layers.Dense(4), kernel_initializer="zeros"),
        lambda: layers.Residual(layers.Dropout(0.5, seed=3)),
    ],
)
def test_what_the_notation_has_no_words_for(make):
    layer = make()
    with pytest.raises(InvalidArgument, match=r"cannot be written in the notation.*to_python"):
        notation.to_text([layer])


def test_the_same_thing_made_in_other_ways():
    stack = [
        layers.Dense(8),
        layers.ReLU(),
        layers.Activation("linear"),
        layers.Dense(8, kernel_regularizer=trimtab.regularizers.L1L2(l2=0.5)),
    ]
    assert notation.to_text(stack) == "8 relu, 8 l2:0.5"
    assert notation.to_text([]) == ""


PAGE = (Path(__file__).parents[2] / "docs" / "train.md").read_text("utf-8")


def test_the_page_lists_every_word():
    rows = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    words = {re.split("[:(]", word)[0] for row in rows for word in re.findall("`(.*?)`", row)}
    known = {*notation.ACTIVATIONS, *notation.WORDS, "linear"}
    assert words == {"256", *known}
    for word in known:
        assert re.search(rf"\b{word}\b", notation.__doc__) or word in notation.ACTIVATIONS


def test_the_networks_of_the_page():
    (networks,) = re.findall("```text\n(.*?)```", PAGE, re.DOTALL)
    for text in networks.splitlines():
        assert notation.parse(text)
        assert notation.canonical(notation.canonical(text)) == notation.canonical(text)
    shown = re.search(r"Error: --(layers .*?)```", PAGE, re.DOTALL)[1].rstrip()
    with pytest.raises(InvalidArgument) as refusal:
        notation.parse("256 relu, 128 drpout:0.2")
    assert str(refusal.value) == shown


def test_the_code_of_the_page(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for code in re.findall("```python\n(.*?)```", PAGE, re.DOTALL):
        exec(code, {})
    printed = capsys.readouterr().out
    assert "cross-validation its mean absolute error is" in printed
    assert "256 relu dropout:0.2, 128 relu\n" in printed
    assert "layers.Input((11,))," in printed
    (toml,) = re.findall("```toml\n(.*?)```", PAGE, re.DOTALL)
    assert TrainOptions.of(from_toml(toml, ".", "x.toml")).time_limit == 600
