"""From text to layers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NoReturn

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn.constraints import MaxNorm
from trimtab.nn.layers import (
    Activation,
    BatchNormalization,
    Dense,
    DropConnect,
    Layer,
    Residual,
)
from trimtab.nn.registry import snake_case
from trimtab.nn.regularizers import L1, L1L2, L2
from trimtab.predictor.notation.vocabulary import (
    ACTIVATIONS,
    DEEPEST,
    EMBEDDINGS,
    LAYERS,
    LINEAR,
    MOST_UNITS,
    OF_DENSE,
    SWITCHES,
    SYNONYMS,
    WORDS,
)

__all__ = ["parse"]


def parse(
    text: str, *, name: str = "layers", numbered: bool = False, biased: bool = False
) -> list[Layer]:
    """New layers from a text in the notation.

    Args:
        text: hidden layers in one line, see :mod:`trimtab.notation`.
        name: what messages call the text.
        numbered: name layers by their place in the text (``dense``, ``dense_1``), so that a text
            always gives the same names; otherwise names are unique in the process.
        biased: units that ``bn`` follows have a bias unless they say ``no_bias``, as in texts of
            earlier versions.

    Raises:
        InvalidArgument: the text is wrong; the message marks the place.

    Example:
        >>> from trimtab import notation
        >>> [type(layer).__name__ for layer in notation.parse("bn 256 relu, 128 dropout:0.2")]
        ['BatchNormalization', 'Dense', 'Dense', 'Dropout']
        >>> notation.parse("256 relu, 128 drpout:0.2")
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: layers has an unknown word. Did you mean 'dropout'?
            256 relu, 128 drpout:0.2
                          ^^^^^^
    """
    return _Parser(text, name, numbered, biased).network()


@dataclass(frozen=True)
class _Word:
    """A comma, a bracket, or a word with the value after its colon.

    Attributes:
        start: where it begins in the text.
        end: where it ends, value included.
        name: the word in lower case, or the comma or bracket.
        value: after the colon; None: no colon.
        place: where the value begins.
    """

    start: int
    end: int
    name: str
    value: str | None = None
    place: int = 0


#: Characters of a long text that are shown before the mark.
_AROUND = 20

_PIECE = re.compile(r"[,()]|(?P<name>[^\s,():]+)(?P<colon>:(?P<value>[^\s,()]*))?|:[^\s,()]*")


class _Parser:
    """Reads one text, from left to right."""

    def __init__(self, text: Any, name: str, numbered: bool, biased: bool) -> None:
        if not isinstance(text, str):
            raise InvalidArgument(
                f"{name} must be text such as '256 bn relu, 128 relu', received {brief(text)}."
            )
        # On one line, so that the mark stands under its place.
        self.text = re.sub(r"\s", " ", text)
        self.name = name
        self.numbered = numbered
        self.biased = biased
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
                f"{self.name} must name one layer or more, received {brief(self.text)}. "
                "Use '256 relu' for one hidden layer."
            )
        found = self.blocks()
        if self.next < len(self.words):
            self.refuse("has a closing bracket without an opening one", self.words[self.next])
        return found

    def blocks(self) -> list[Layer]:
        """Blocks up to the end or to a closing bracket."""
        drafts = self.block()
        while self.next < len(self.words) and self.words[self.next].name == ",":
            self.next += 1
            drafts += self.block()
        for draft, following in pairwise(drafts):
            if isinstance(draft, _Draft) and isinstance(following, BatchNormalization):
                draft.normalized = not self.biased
        return [self.dense(each) if isinstance(each, _Draft) else each for each in drafts]

    def block(self) -> list[_Draft | Layer]:
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
            elif word.name == LINEAR:
                self.plain(word)
            elif word.name in ACTIVATIONS:
                self.plain(word)
                if drafts and drafts[-1] is dense and dense.activation is None:
                    dense.activation = word.name
                else:
                    drafts.append(self.make(Activation, word.name))
            elif word.name == "residual":
                drafts.append(self.residual(word))
            elif word.name in EMBEDDINGS:
                drafts.append(self.embedding(word))
            elif word.name in LAYERS:
                drafts.append(self.layer(word))
            elif word.name in OF_DENSE:
                if dense is None:
                    self.refuse(
                        f"has {word.name} before the dense layer. Write it after the number of "
                        "units",
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
        return drafts

    # -- words ------------------------------------------------------------------------------------

    def units(self, word: _Word) -> int:
        known = re.fullmatch(r"[0-9]{1,7}", word.name) and word.value is None
        if several := re.fullmatch(r"(\d{1,7})[^\w.]+(\d{1,7})", word.name):
            better = ", ".join(several.groups())
            self.refuse(f"has two numbers in a word. Use {better} for two layers", word)
        if not known or not 1 <= int(word.name) <= MOST_UNITS:
            self.refuse(
                f"needs an integer from 1 to {MOST_UNITS} for the units of a dense layer", word
            )
        return int(word.name)

    def layer(self, word: _Word) -> Layer:
        """A layer with its one number."""
        kind, argument, needed = LAYERS[word.name]
        if word.value is None:
            if needed:
                self.refuse(f"needs a number after {word.name}. Use {word.name}:{needed}", word)
            return self.make(kind)
        number = self.number(word)
        return self.trying(word, lambda: self.make(kind, **{argument: number}))

    def embedding(self, word: _Word) -> Layer:
        """A layer that turns numbers into vectors, with its two numbers."""
        kind, arguments, example, fixed = EMBEDDINGS[word.name]
        if word.value is None:
            return self.make(kind, **fixed)
        numbers = re.fullmatch(r"([0-9]{1,7})x([0-9]{1,7})", word.value, re.IGNORECASE)
        if numbers is None:
            self.refuse(
                f"needs two numbers after {word.name}, as in {word.name}:{example}",
                word,
                value=True,
            )
        given = dict(zip(arguments, map(int, numbers.groups()), strict=True))
        return self.trying(word, lambda: self.make(kind, **given, **fixed))

    def setting(self, dense: _Draft, word: _Word) -> None:
        """A setting of the block's dense layer."""
        if word.name in dense.settings:
            self.refuse(f"sets {word.name} twice for one dense layer", word)
        if word.name in SWITCHES:
            self.plain(word)
            if dense.settings.keys() & SWITCHES.keys():
                self.refuse("has both bias and no_bias for one dense layer", word)
            dense.settings[word.name] = 0.0
            return
        if word.value is None:
            self.refuse(
                f"needs a number after {word.name}. Use {word.name}:{OF_DENSE[word.name]}", word
            )
        dense.settings[word.name] = self.number(word)
        # Made only to be checked: a number that the layer refuses is marked at its place.
        self.trying(word, lambda: self.dense(dense, name="draft"))

    def residual(self, word: _Word) -> Layer:
        opening = self.words[self.next] if self.next < len(self.words) else None
        if word.value is not None or opening is None or opening.name != "(":
            self.refuse("needs brackets after residual. Use residual(256 relu, 256)", word)
        if self.depth == DEEPEST:
            self.refuse(f"nests residual blocks more than {DEEPEST} deep", word)
        self.next += 1
        # Names inside the block count from the start again.
        outer, self.counts = self.counts, {}
        self.depth += 1
        inner = self.blocks()
        self.depth -= 1
        self.counts = outer
        if self.next >= len(self.words):
            self.refuse("has an opening bracket without a closing one", opening)
        self.next += 1
        return self.make(Residual, inner)

    def number(self, word: _Word) -> float:
        try:
            return float(word.value or "")
        except ValueError:
            self.refuse(f"needs a number after {word.name}", word, value=True)

    def plain(self, word: _Word) -> None:
        if word.value is not None:
            self.refuse(f"has a value after {word.name}, which takes none", word, value=True)

    # -- layers -----------------------------------------------------------------------------------

    def dense(self, draft: _Draft, **named: str) -> Layer:
        """The dense layer of a draft."""
        settings = draft.settings
        more: dict[str, Any] = {"activation": draft.activation, **named}
        penalties = {name: settings[name] for name in ("l1", "l2") if name in settings}
        if penalties:
            kind = {"l1": L1, "l2": L2}[next(iter(penalties))] if len(penalties) == 1 else L1L2
            more["kernel_regularizer"] = kind(**penalties)
        if "max_norm" in settings:
            more["kernel_constraint"] = MaxNorm(settings["max_norm"])
        # A batch normalization subtracts the bias with the mean: it would have no effect.
        without = draft.normalized and draft.activation is None and "bias" not in settings
        if "no_bias" in settings or without:
            more["use_bias"] = False
        if "dropconnect" in settings:
            return self.make(DropConnect, draft.units, rate=settings["dropconnect"], **more)
        return self.make(Dense, draft.units, **more)

    def make(self, kind: type[Layer], *given: Any, **more: Any) -> Layer:
        """A layer, named by its place if the parser numbers names."""
        if self.numbered and "name" not in more:
            number = self.counts.get(kind, 0)
            self.counts[kind] = number + 1
            stem = snake_case(kind.__name__)
            more["name"] = f"{stem}_{number}" if number else stem
        return kind(*given, **more)

    def trying(self, word: _Word, make: Callable[[], Layer]) -> Layer:
        """A layer; what it refuses is marked at its place."""
        try:
            return make()
        except InvalidArgument as problem:
            self.refuse(f"has an invalid {word.name}: {problem}", word, value=True)

    # -- refusals ---------------------------------------------------------------------------------

    def unknown(self, word: _Word) -> NoReturn:
        known = [*ACTIVATIONS, LINEAR, *WORDS]
        if word.name == "(":
            self.refuse("has a bracket, which only residual(...) takes", word)
        if "=" in word.name:
            better = word.name.replace("=", ":", 1)
            self.refuse(f"has an equals sign in a word. Use {better}", word)
        name = SYNONYMS.get(word.name, word.name)
        hint = f"Use {name!r}." if name in known else checks.nearest(name, known)
        listed = f"Known words are {', '.join(known)}, and numbers of units"
        self.refuse(f"has an unknown word. {hint.rstrip('.') or listed}", word, short=True)

    def refuse(
        self,
        rule: str,
        word: _Word,
        *,
        value: bool = False,
        short: bool = False,
    ) -> NoReturn:
        """Raises with a mark under the word, its value (``value``) or its name (``short``)."""
        start, end = word.start, word.end
        if value and word.value:
            start = word.place
        elif short:
            end = word.start + len(word.name)
        sign = "" if rule.endswith(("?", ".")) else "."
        # Of a long text, what is around the mark.
        first = start - _AROUND if start > 2 * _AROUND else 0
        last = first + 4 * _AROUND
        text = ("..." if first else "") + self.text[first:last]
        text += "..." if last < len(self.text) else ""
        place = start - first + (3 if first else 0)
        mark = "^" * max(1, min(end, last) - start)
        raise InvalidArgument(f"{self.name} {rule}{sign}\n    {text}\n    {' ' * place}{mark}")


@dataclass
class _Draft:
    """A dense layer whose settings are still being read.

    Attributes:
        normalized: whether a batch normalization follows it directly.
    """

    units: int
    activation: str | None = None
    settings: dict[str, float] = field(default_factory=dict)
    normalized: bool = False
