"""From layers to text, and to Python."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn import activations
from trimtab.nn.constraints import MaxNorm
from trimtab.nn.layers import (
    Activation,
    BatchNormalization,
    Dense,
    DropConnect,
    Layer,
    ReLU,
    Residual,
)
from trimtab.predictor.notation.parsing import parse
from trimtab.predictor.notation.vocabulary import EMBEDDINGS, LAYERS

__all__ = ["canonical", "to_python", "to_text"]


def canonical(text: str, *, name: str = "layers") -> str:
    """The text as :func:`to_text` writes it: one network, one text.

    Example:
        >>> from trimtab import notation
        >>> notation.canonical("256,bn   RELU, 128 bn relu")
        '256 bn relu, 128 bn relu'
    """
    return to_text(parse(text, name=name))


def to_text(layers: Iterable[Layer]) -> str:
    """Layers as text; :func:`parse` makes the same layers of it, apart from their names.

    Args:
        layers: hidden layers.

    Raises:
        InvalidArgument: the notation has no words for one of the layers.

    Example:
        >>> from trimtab import layers, notation
        >>> notation.to_text([layers.Dense(64), layers.Activation("relu"), layers.Dropout(0.5)])
        '64 relu dropout:0.5'
    """
    stack = [layer for layer in layers if not _is_identity(layer)]
    # Networks that normalize before the dense layer read best in blocks that begin with it.
    first = isinstance(stack[0], BatchNormalization) if stack else False
    blocks: list[list[str]] = [[]]
    dense = False  # whether the block has one
    for i, layer in enumerate(stack):
        following = stack[i + 1] if i + 1 < len(stack) else None
        begins = isinstance(layer, Residual | Dense) and dense
        if first and isinstance(layer, BatchNormalization) and not _is_activation(following):
            begins = True
        if begins and blocks[-1]:
            blocks.append([])
            dense = False
        dense = dense or isinstance(layer, Residual | Dense)
        blocks[-1].append(_words(layer, following))
    return ", ".join(" ".join(block) for block in blocks)


def _words(layer: Layer, following: Layer | None) -> str:
    """One layer in words; parsing them again shows that nothing is lost."""
    text = ""
    normalized = isinstance(following, BatchNormalization)
    if type(layer) is Residual:
        text = f"residual({to_text(layer.layers)})"
    elif type(layer) in (Dense, DropConnect):
        text = _words_of_dense(layer, normalized)
    elif _is_activation(layer):
        text = _name_of(layer)
    for word, (kind, argument, needed) in LAYERS.items():
        if type(layer) is kind:
            value = getattr(layer, argument)
            if isinstance(value, float | int):
                text = f"{word}:{_number(value)}"
                if not needed and value == getattr(kind(name="plain"), argument):
                    text = word
    for word, (kind, (first, second), _, fixed) in EMBEDDINGS.items():
        if type(layer) is kind and all(getattr(layer, name) == fixed[name] for name in fixed):
            text = f"{word}:{getattr(layer, first)}x{getattr(layer, second)}"
    try:
        again = parse(f"{text} bn")[:-1] if normalized else parse(text)
    except InvalidArgument:
        again = []
    if _meaning(again) != _meaning([layer]):
        raise InvalidArgument(
            f"{layer.name} cannot be written in the notation, received {type(layer).__name__} "
            f"with {brief(layer.get_config())}. Keep the network as Python: notation.to_python."
        )
    return text


def _words_of_dense(layer: Any, normalized: bool) -> str:
    words = [str(layer.units)]
    if type(layer) is DropConnect and layer.schedule is None:
        words.append(f"dropconnect:{_number(layer.rate)}")
    penalty = layer.kernel_regularizer
    words += [
        f"{name}:{_number(value)}"
        for name in ("l1", "l2")
        if (value := getattr(penalty, name, 0.0))
    ]
    if isinstance(layer.kernel_constraint, MaxNorm):
        words.append(f"max_norm:{_number(layer.kernel_constraint.max_value)}")
    linear = layer.activation is activations.linear
    if layer.use_bias == (normalized and linear):
        words.append("bias" if layer.use_bias else "no_bias")
    if not linear:
        words.append(_name_of(layer))
    return " ".join(words)


def _name_of(layer: Any) -> str:
    if isinstance(layer, ReLU):
        return "relu"
    return str(getattr(layer.activation, "__name__", ""))


def _is_activation(layer: Layer | None) -> bool:
    return isinstance(layer, Activation | ReLU)


def _is_identity(layer: Layer) -> bool:
    return type(layer) is Activation and layer.activation is activations.linear


def _meaning(stack: Iterable[Layer]) -> list[dict[str, Any]]:
    """What layers compute, whatever their names and however they were made."""
    found = []
    for layer in stack:
        config = layer.get_config()
        del config["name"]
        if type(layer) is Residual:
            config["layers"] = _meaning(layer.layers)
        if type(layer) is ReLU and layer.get_config() == ReLU(name=layer.name).get_config():
            config = {"trainable": layer.trainable, "activation": "relu"}
        if "kernel_regularizer" in config:
            penalty = getattr(layer, "kernel_regularizer", None)
            config["kernel_regularizer"] = [getattr(penalty, each, 0.0) for each in ("l1", "l2")]
        function = config.pop("activation", None)  # of a dense layer: as if it stood alone
        if config.keys() > {"trainable"}:
            found.append({"kind": type(layer).__name__, **config})
        if function not in (None, "linear"):
            found.append({"activation": function, "trainable": config["trainable"]})
    return found


def _number(value: float) -> str:
    """The shortest text that reads as this number."""
    return repr(float(value)).removesuffix(".0")


def to_python(layers: Iterable[Layer], *, inputs: int | None = None, members: int = 1) -> str:
    """Python code that builds a model with these layers.

    Args:
        layers: those of a model, or hidden layers.
        inputs: number of input columns; None: the first data decides.
        members: of the network.

    Example:
        >>> from trimtab import notation
        >>> print(notation.to_python(notation.parse("64 relu dropout:0.2"), inputs=11))
        from trimtab import Sequential, layers
        <BLANKLINE>
        model = Sequential(
            [
                layers.Input((11,)),
                layers.Dense(64, activation="relu"),
                layers.Dropout(0.2),
            ]
        )
    """
    from trimtab.insight.coach import source

    lines = [] if inputs is None else [f"layers.Input(({inputs},))"]
    lines += [source.constructor(layer, named=False) for layer in layers]
    inner = textwrap.indent("".join(f"{line},\n" for line in lines), " " * 8)
    end = "    ]" if members == 1 else f"    ],\n    members={members},"
    return f"from trimtab import Sequential, layers\n\nmodel = Sequential(\n    [\n{inner}{end}\n)"
