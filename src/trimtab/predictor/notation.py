"""Networks in one line: ``256 bn relu dropout:0.2, 128 relu``.

A network is blocks with commas between them; a block is words with blanks between them; a word is a
layer, in the order of the words, or says something of the dense layer before it::

    256               Dense(256); at most one a block
    relu gelu tanh    the activation: of the dense layer, where it follows at once, else a layer
    bn  bn:0.9        BatchNormalization; its momentum
    dropout:0.2       Dropout
    feature_dropout:0.1   FeatureDropout, which drops whole columns
    dropconnect:0.1   the dense layer before it drops weights: DropConnect
    l1:1e-5  l2:1e-4  penalties on the kernel of the dense layer before it
    max_norm:3        the constraint of that kernel
    no_bias           no bias in it
    residual(...)     Residual: blocks that are added to what comes in

Words in front of the number stand in front of the dense layer: ``bn 512 relu`` normalizes what
comes in, ``512 bn relu`` what comes out. The last layer, which predicts, is not part of the text.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from trimtab.core import checks
from trimtab.errors import InvalidArgument
from trimtab.nn import activations
from trimtab.nn.constraints import MaxNorm
from trimtab.nn.layers import (
    Activation,
    BatchNormalization,
    Dense,
    DropConnect,
    Dropout,
    FeatureDropout,
    Layer,
    ReLU,
    Residual,
)
from trimtab.nn.registry import snake_case
from trimtab.nn.regularizers import L1, L1L2, L2

__all__ = ["canonical", "parse", "to_python", "to_text"]

#: Words for activations; all but linear, which is none.
ACTIVATIONS = ("elu", "gelu", "relu", "selu", "sigmoid", "silu", "softmax", "softplus", "tanh")

#: A slip of the finger shall not ask for all memory.
MOST_UNITS = 1_000_000

#: Residual blocks in one another.
DEEPEST = 20


def parse(text: str, *, name: str = "layers", numbered: bool = False) -> list[Layer]:
    """The layers that a text stands for, new ones.

    Args:
        text: in the notation.
        name: what messages call it.
        numbered: name the layers by their places in the text (``dense``, ``dense_1``), so that a
            text always gives the same names; otherwise names count on in this process.

    Raises:
        InvalidArgument: what is wrong, with a mark under the place.

    >>> from trimtab import notation
    >>> [type(layer).__name__ for layer in notation.parse("bn 256 relu, 128 bn relu dropout:0.2")]
    ['BatchNormalization', 'Dense', 'Dense', 'BatchNormalization', 'Activation', 'Dropout']
    >>> notation.parse("256 relu, 128 drpout:0.2")
    Traceback (most recent call last):
        ...
    trimtab.errors.InvalidArgument: layers has a word that nobody knows. Did you mean 'dropout'?
        256 relu, 128 drpout:0.2
                      ^^^^^^
    """
    return _Parser(text, name, numbered).network()


def canonical(text: str, *, name: str = "layers") -> str:
    """The text as :func:`to_text` writes it: texts for the same network become the same text.

    >>> from trimtab import notation
    >>> notation.canonical("256,bn   RELU, 128 bn relu")
    '256 bn relu, 128 bn relu'
    """
    return to_text(parse(text, name=name))


# -- reading --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Word:
    """A piece of the text: a comma, a bracket, or a word with what follows its colon.

    Attributes:
        start, end: of it all, in the text.
        name: the word in lower case, or the sign.
        value: behind the colon; None: no colon.
        place: where the value begins.
    """

    start: int
    end: int
    name: str
    value: str | None = None
    place: int = 0


_PIECE = re.compile(r"[,()]|(?P<name>[^\s,():]+)(?P<colon>:(?P<value>[^\s,()]*))?|:[^\s,()]*")


class _Parser:
    """Reads one text, from left to right."""

    def __init__(self, text: Any, name: str, numbered: bool) -> None:
        if not isinstance(text, str):
            raise InvalidArgument(
                f"{name} must be a text such as '256 bn relu, 128 relu', received {text!r}."
            )
        # On one line, so that the mark stands under its place.
        self.text = re.sub(r"\s", " ", text)
        self.name = name
        self.numbered = numbered
        self.words = [
            _Word(
                piece.start(),
                piece.end(),
                (piece["name"] or piece[0]).lower(),
                piece["value"] if piece["colon"] else None,
                piece.start("value") if piece["colon"] else 0,
            )
            for piece in _PIECE.finditer(self.text)
        ]
        self.next = 0
        self.depth = 0
        self.counts: dict[type[Layer], int] = {}

    def network(self) -> list[Layer]:
        if not self.words:
            raise InvalidArgument(
                f"{self.name} must name one layer or more, received {self.text!r}. "
                "Use '256 relu' for one hidden layer."
            )
        found = self.blocks()
        if self.next < len(self.words):
            self.refuse("closes a bracket that nobody opened", self.words[self.next])
        return found

    def blocks(self) -> list[Layer]:
        """Blocks up to the end or to a closing bracket."""
        found = self.block()
        while self.next < len(self.words) and self.words[self.next].name == ",":
            self.next += 1
            found += self.block()
        return found

    def block(self) -> list[Layer]:
        """Words up to a comma, a closing bracket or the end."""
        drafts: list[_Draft | Layer] = []
        dense: _Draft | None = None
        while self.next < len(self.words) and self.words[self.next].name not in (",", ")"):
            word = self.words[self.next]
            self.next += 1
            if re.fullmatch(r"[+-]?\d.*", word.name):
                if dense is not None:
                    self.refuse(
                        "has a second number of units in a block. Put a comma before it", word
                    )
                dense = _Draft(self.units(word))
                drafts.append(dense)
            elif word.name in ACTIVATIONS:
                self.plain(word)
                if drafts and drafts[-1] is dense and dense.activation is None:
                    dense.activation = word.name
                else:
                    drafts.append(self.make(Activation, word.name))
            elif word.name == "residual":
                drafts.append(self.residual(word))
            elif word.name in _LAYERS:
                drafts.append(self.layer(word))
            elif word.name in _OF_DENSE:
                if dense is None:
                    self.refuse(
                        f"says {word.name} before there is a dense layer. Write it behind the "
                        "number of units",
                        word,
                    )
                self.setting(dense, word)
            else:
                self.unknown(word)
        if not drafts:
            if self.next < len(self.words):
                where = self.words[self.next]
            else:
                end = len(self.text.rstrip())
                where = _Word(end, end + 1, "")
            self.refuse("has an empty block. Write a number of units, as in 256 relu", where)
        return [self.dense(each) if isinstance(each, _Draft) else each for each in drafts]

    # -- words ------------------------------------------------------------------------------------

    def units(self, word: _Word) -> int:
        known = re.fullmatch(r"[0-9]{1,7}", word.name) and word.value is None
        if not known or not 1 <= int(word.name) <= MOST_UNITS:
            self.refuse(
                f"needs an integer from 1 to {MOST_UNITS} for the units of a dense layer", word
            )
        return int(word.name)

    def layer(self, word: _Word) -> Layer:
        """A layer with its one number."""
        kind, argument, needed = _LAYERS[word.name]
        if word.value is None:
            if needed:
                self.refuse(f"needs a number behind {word.name}. Use {word.name}:{needed}", word)
            return self.make(kind)
        number = self.number(word)
        return self.trying(word, lambda: self.make(kind, **{argument: number}))

    def setting(self, dense: _Draft, word: _Word) -> None:
        """Something about the dense layer of the block."""
        if word.name in dense.settings:
            self.refuse(f"says {word.name} twice of a dense layer", word)
        if word.name == "no_bias":
            self.plain(word)
            dense.settings[word.name] = 0.0
            return
        if word.value is None:
            self.refuse(
                f"needs a number behind {word.name}. Use {word.name}:{_OF_DENSE[word.name]}", word
            )
        dense.settings[word.name] = self.number(word)
        # Made for nothing but its rules: a number that they refuse is shown at its place.
        self.trying(word, lambda: self.dense(dense, name="draft"))

    def residual(self, word: _Word) -> Layer:
        opening = self.words[self.next] if self.next < len(self.words) else None
        if word.value is not None or opening is None or opening.name != "(":
            self.refuse("needs brackets behind residual. Use residual(256 relu, 256)", word)
        if self.depth == DEEPEST:
            self.refuse(f"has more than {DEEPEST} residual blocks in one another", word)
        self.next += 1
        # Names within a block are those of its own.
        outer, self.counts = self.counts, {}
        self.depth += 1
        inner = self.blocks()
        self.depth -= 1
        self.counts = outer
        if self.next >= len(self.words):
            self.refuse("opens a bracket that nobody closes", opening)
        self.next += 1
        return self.make(Residual, inner)

    def number(self, word: _Word) -> float:
        try:
            return float(word.value or "")
        except ValueError:
            self.refuse(f"needs a number behind {word.name}", word, value=True)

    def plain(self, word: _Word) -> None:
        if word.value is not None:
            self.refuse(f"has a value behind {word.name}, which takes none", word, value=True)

    # -- layers -----------------------------------------------------------------------------------

    def dense(self, draft: _Draft, **named: str) -> Layer:
        """The dense layer that a draft stands for."""
        settings = draft.settings
        more: dict[str, Any] = {"activation": draft.activation, **named}
        penalties = {name: settings[name] for name in ("l1", "l2") if name in settings}
        if penalties:
            kind = {"l1": L1, "l2": L2}[next(iter(penalties))] if len(penalties) == 1 else L1L2
            more["kernel_regularizer"] = kind(**penalties)
        if "max_norm" in settings:
            more["kernel_constraint"] = MaxNorm(settings["max_norm"])
        if "no_bias" in settings:
            more["use_bias"] = False
        if "dropconnect" in settings:
            return self.make(DropConnect, draft.units, rate=settings["dropconnect"], **more)
        return self.make(Dense, draft.units, **more)

    def make(self, kind: type[Layer], *given: Any, **more: Any) -> Layer:
        """A layer, named by its place where that is asked for."""
        if self.numbered and "name" not in more:
            number = self.counts.get(kind, 0)
            self.counts[kind] = number + 1
            stem = snake_case(kind.__name__)
            more["name"] = f"{stem}_{number}" if number else stem
        return kind(*given, **more)

    def trying(self, word: _Word, make: Callable[[], Layer]) -> Layer:
        """A layer; what its own rules refuse is shown at its place."""
        try:
            return make()
        except InvalidArgument as problem:
            self.refuse(f"holds an impossible {word.name}: {problem}", word, value=True)

    # -- refusals ---------------------------------------------------------------------------------

    def unknown(self, word: _Word) -> NoReturn:
        known = [*ACTIVATIONS, *WORDS]
        if word.name == "(":
            self.refuse("opens a bracket, which only residual(...) has", word)
        if "=" in word.name:
            better = word.name.replace("=", ":", 1)
            self.refuse(f"has a word with an equals sign. Use {better}", word)
        name = _SYNONYMS.get(word.name, word.name)
        hint = f"Use {name!r}." if name in known else checks.nearest(name, known)
        listed = f"Known are {', '.join(known)}, and numbers of units"
        self.refuse(f"has a word that nobody knows. {hint.rstrip('.') or listed}", word, short=True)

    def refuse(
        self,
        rule: str,
        word: _Word,
        *,
        value: bool = False,
        short: bool = False,
    ) -> NoReturn:
        """Says what is wrong, with a mark under the word, under its value or under its name."""
        start, end = word.start, word.end
        if value and word.value:
            start = word.place
        elif short:
            end = word.start + len(word.name)
        mark = "^" * max(1, end - start)
        sign = "" if rule.endswith(("?", ".")) else "."
        raise InvalidArgument(f"{self.name} {rule}{sign}\n    {self.text}\n    {' ' * start}{mark}")


@dataclass
class _Draft:
    """A dense layer of which words still speak."""

    units: int
    activation: str | None = None
    settings: dict[str, float] = field(default_factory=dict)


# -- writing --------------------------------------------------------------------------------------


def to_text(layers: Iterable[Layer]) -> str:
    """The text that :func:`parse` makes these layers of, but for their names.

    Args:
        layers: hidden ones.

    Raises:
        InvalidArgument: the notation has no words for one of them.

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
        blocks[-1].append(_words(layer))
    return ", ".join(" ".join(block) for block in blocks)


def _words(layer: Layer) -> str:
    """One layer in words; they are read again, to be sure that nothing of it is lost."""
    text = ""
    if type(layer) is Residual:
        text = f"residual({to_text(layer.layers)})"
    elif type(layer) in (Dense, DropConnect):
        text = _words_of_dense(layer)
    elif _is_activation(layer):
        text = _name_of(layer)
    for word, (kind, argument, needed) in _LAYERS.items():
        if type(layer) is kind:
            value = getattr(layer, argument)
            if isinstance(value, float | int):
                text = f"{word}:{_number(value)}"
                if not needed and value == getattr(kind(name="plain"), argument):
                    text = word
    try:
        again = parse(text)
    except InvalidArgument:
        again = []
    if _meaning(again) != _meaning([layer]):
        raise InvalidArgument(
            f"{layer.name} cannot be written in the notation, received {type(layer).__name__} "
            f"with {layer.get_config()!r}. Keep the network as Python: notation.to_python."
        )
    return text


def _words_of_dense(layer: Any) -> str:
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
    if not layer.use_bias:
        words.append("no_bias")
    if layer.activation is not activations.linear:
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
    """What layers are, but for their names and for how the same thing was said."""
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


# -- as Python ------------------------------------------------------------------------------------


def to_python(layers: Iterable[Layer], *, inputs: int | None = None) -> str:
    """Code that makes a model of layers like these.

    Args:
        layers: of trimtab; a model's, with its last one, or those of a text.
        inputs: columns that come in; None: left for the first data to say.

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
    return f"from trimtab import Sequential, layers\n\nmodel = Sequential(\n    [\n{inner}    ]\n)"


# -- words ----------------------------------------------------------------------------------------

#: Word -> the layer, the argument behind its colon, and a usual number where it needs one.
_LAYERS: dict[str, tuple[type[Layer], str, str]] = {
    "bn": (BatchNormalization, "momentum", ""),
    "dropout": (Dropout, "rate", "0.2"),
    "feature_dropout": (FeatureDropout, "rate", "0.1"),
}

#: Words about the dense layer of a block -> a usual number.
_OF_DENSE = {"dropconnect": "0.1", "l1": "1e-5", "l2": "1e-4", "max_norm": "3", "no_bias": ""}

#: All words but those for activations.
WORDS = (*_LAYERS, *_OF_DENSE, "residual")

#: What other tools call these words.
_SYNONYMS = {
    "batch_norm": "bn",
    "batchnorm": "bn",
    "batchnormalization": "bn",
    "batch_normalization": "bn",
    "drop": "dropout",
    "swish": "silu",
    "maxnorm": "max_norm",
}
