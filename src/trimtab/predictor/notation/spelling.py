"""The ways in which people write hidden layers, as one text in the notation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn.layers import Layer
from trimtab.predictor.notation.vocabulary import ACTIVATIONS, LINEAR, OF_DENSE
from trimtab.predictor.notation.writing import canonical, to_text

__all__ = ["Completed", "spelled"]

#: Numbers in brackets, as Python writes lists: ``[64, 64]``.
_BRACKETS = re.compile(r"\s*(\[[\d\s,]*\]|\([\d\s,]*\))\s*")


class Completed(str):
    """Hidden layers that were written without an activation, with relu after each."""

    __slots__ = ()


def spelled(value: Any, *, name: str = "layers") -> str:
    """Hidden layers as the canonical text, however they are written.

    Widths alone mean dense layers with relu after each: without activations between them, layers
    would amount to a single one. ``"64 linear, 64 linear"`` has none.

    Args:
        value: A text in the notation, a width, a list of widths, words and layers, or layers.
        name: What messages call it.

    Raises:
        InvalidArgument: It is none of these; the message says what to write.

    Example:
        >>> spelled([64, 64]), spelled("64 bn, 32"), spelled([64, "relu", "dropout:0.3", 32])
        ('64 relu, 64 relu', '64 bn relu, 32 relu', '64 relu dropout:0.3, 32')
    """
    if isinstance(value, Completed):
        return value
    text = value
    if isinstance(value, str):
        if _BRACKETS.fullmatch(value):
            text = value.strip()[1:-1].strip().rstrip(",")
    elif isinstance(value, Layer):
        return to_text([value])
    elif _is_width(value):
        text = str(value)
    elif isinstance(value, np.ndarray) and value.ndim == 1:
        return spelled(value.tolist(), name=name)
    elif isinstance(value, Sequence) and not isinstance(value, bytes) and len(value):
        if all(isinstance(each, Layer) for each in value):
            return to_text(value)
        text = _of_items(value, name)
    else:
        raise InvalidArgument(
            f"{name} must be text such as '256 bn relu, 128 relu', or a list of widths such as "
            f"[256, 128], received {brief(value)}."
        )
    found = canonical(text, name=name)
    if _activated(text):
        return found if _activated(found) else f"{found} {LINEAR}"
    return Completed(canonical(_with_relu(found)))


def _is_width(value: Any) -> bool:
    return isinstance(value, int | np.integer) and checks.is_number(value)


def _of_items(items: Sequence[Any], name: str) -> str:
    """A list as text: each width begins a block, words belong to the block before them."""
    blocks: list[str] = []
    for item in items:
        if isinstance(item, list | tuple) and item:
            blocks.append(_of_items(item, name))
        elif _is_width(item):
            blocks.append(str(item))
        elif isinstance(item, str) and item.strip():
            if blocks and not re.match(r"\s*\d", item) and not item.lstrip().startswith("residual"):
                blocks[-1] += f" {item}"
            else:
                blocks.append(item)
        elif isinstance(item, Layer):
            blocks.append(to_text([item]))
        else:
            advice = "Use words such as 'relu', 'bn' and 'dropout:0.3', and whole numbers of units."
            if isinstance(item, float) and 0 < item < 1:
                advice = f"Use 'dropout:{item:g}' if it is a rate."
            elif isinstance(item, float) and item.is_integer():
                advice = f"Use {item:.0f} for a number of units."
            raise InvalidArgument(f"{name} must not hold {brief(item)}. {advice}")
    return ", ".join(blocks)


def _words(text: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[^\s,():]+", text)]


def _activated(text: str) -> bool:
    """Whether a text names an activation, or has nothing that needs one."""
    words = _words(text)
    widths = any(re.match(r"\d", word) for word in words)
    return not widths or "residual" in words or not {*ACTIVATIONS, LINEAR}.isdisjoint(words)


def _with_relu(text: str) -> str:
    """Relu after each dense layer, and after the batch normalization that follows it."""
    blocks = []
    for block in text.split(","):
        words = block.split()
        at = next((i + 1 for i, word in enumerate(words) if word[0].isdigit()), None)
        if at is not None:
            while at < len(words) and words[at].partition(":")[0] in (*OF_DENSE, "bn"):
                at += 1
            words.insert(at, "relu")
        blocks.append(" ".join(words))
    return ", ".join(blocks)
