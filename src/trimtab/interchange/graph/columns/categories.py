"""Columns of categories: their numbers, as one-hot columns or as codes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from trimtab.interchange.graph.columns.numbers import Parts
from trimtab.interchange.graph.graph import Graph, i64
from trimtab.tables.columns.spelling import key_for
from trimtab.tables.preprocessing.categories import Codes, OneHot, Vocabulary

__all__ = ["categories"]

#: Other spellings of yes and no, and of the numbers that stand for them.
_TRUTHS = ("true", "True", "TRUE", "false", "False", "FALSE", "1", "0", "1.0", "0.0")


def categories(
    graph: Graph,
    steps: Sequence[tuple[OneHot | Codes, int]],
    missing: Sequence[str],
    parts: Parts,
) -> None:
    """Reads columns of categories.

    Args:
        graph: takes the nodes; the columns are inputs of it already, text with "" for a missing
            cell.
        steps: each with the first network input that it makes.
        missing: further spellings of a missing cell.
        parts: takes what is made.
    """
    one_hot, codes = [], []
    for step, place in steps:
        number = _numbered(graph, step.vocabulary, missing)
        if isinstance(step, OneHot):
            one_hot.append((number, step, place))
        else:
            codes.append((number, place))
    if one_hot:
        own = [_columns_of(step) for _, step, _ in one_hot]
        side_by_side = graph.joined([number for number, _, _ in one_hot])
        repeated = np.repeat(np.arange(len(own)), [len(each) for each in own])
        equal = graph("Equal", graph.columns(side_by_side, repeated), i64(np.concatenate(own)))
        places = [
            place + at
            for (_, _, place), each in zip(one_hot, own, strict=True)
            for at in range(len(each))
        ]
        parts.made.append((graph.cast(equal, "float32"), places))
    if codes:
        side_by_side = graph.joined([number for number, _ in codes])
        parts.made.append((graph.cast(side_by_side, "float32"), [place for _, place in codes]))


def _columns_of(step: OneHot) -> list[int]:
    """The number of the category that each column is 1 for."""
    vocabulary = step.vocabulary
    return [*range(1, vocabulary.size), *([0] if vocabulary.merged else [])]


def _numbered(graph: Graph, vocabulary: Vocabulary, missing: Sequence[str]) -> str:
    """The number of each cell's category, ``(rows, 1)`` in int64; 0 for what is not known."""
    numbers = dict(_spellings(vocabulary))
    absent = vocabulary.size - 1 if vocabulary.missing == "own" else 0
    numbers |= dict.fromkeys(("", *missing), absent)
    return graph(
        "LabelEncoder",
        vocabulary.source,
        keys_strings=list(numbers),
        values_int64s=list(numbers.values()),
        default_int64=0,
    )


def _spellings(vocabulary: Vocabulary) -> Iterator[tuple[str, int]]:
    """Categories and their numbers: other spellings first, so that the usual ones win."""
    names = (*vocabulary.categories, *vocabulary.rare)
    number = {name: at + 1 for at, name in enumerate(vocabulary.categories)}
    key = key_for(names, vocabulary.numeric)
    known = {key(name): number.get(name, 0) for name in names}
    known.pop(None, None)
    if known:
        for name in (*_TRUTHS, *(f"{name}.0" for name in names)):
            found = key(name)
            if found in known:
                yield name, known[found]
    for name in names:
        yield name, number.get(name, 0)
