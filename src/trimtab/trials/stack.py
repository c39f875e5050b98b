"""Layers as records, and the changes of them that several edits share.

An edit never touches a layer: it changes the records that a new model is made from.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from trimtab.errors import InvalidArgument
from trimtab.nn.registry import snake_case

__all__ = [
    "NORMALIZATION",
    "Record",
    "Stack",
    "each_record",
    "misfit",
]

#: ``{"class_name": ..., "config": ...}``
Record = dict[str, Any]

NORMALIZATION = "BatchNormalization"

#: Layers that a new one is not put behind, since they belong to the dense layer before them.
_ACTIVATIONS = ("Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax")


def misfit(why: str) -> InvalidArgument:
    """The error of an edit that does not fit; ``why`` ends with what to do instead."""
    return InvalidArgument(why)


class Stack:
    """Layers in a row, as records that may be changed.

    Args:
        records: of the layers; they are copied.

    Example:
        >>> stack = Stack([
        ...     {"class_name": "Dense", "config": {"name": "dense", "units": 4}},
        ...     {"class_name": "Dense", "config": {"name": "dense_1", "units": 1}},
        ... ])
        >>> stack.insert(1, "Dropout", rate=0.5)
        >>> [record["class_name"] for record in stack.records], stack.hidden
        (['Dense', 'Dropout', 'Dense'], [0])
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self.records: list[Record] = copy.deepcopy(list(records))

    @property
    def dense(self) -> list[int]:
        """Places of the dense layers."""
        return [i for i in range(len(self.records)) if self.kind(i) == "Dense"]

    @property
    def hidden(self) -> list[int]:
        """Places of the dense layers but for the last, the output."""
        return self.dense[:-1]

    @property
    def output(self) -> int:
        """The place of the output layer.

        Raises:
            InvalidArgument: there is no dense layer.
        """
        if not self.dense:
            raise misfit("the network has no Dense layer, so it has no output to change.")
        return self.dense[-1]

    def kind(self, place: int) -> str:
        """The class of a layer; empty where there is none."""
        inside = 0 <= place < len(self.records)
        return str(self.records[place]["class_name"]) if inside else ""

    def config(self, place: int) -> dict[str, Any]:
        """The arguments of a layer, to read or to change."""
        config: dict[str, Any] = self.records[place]["config"]
        return config

    def insert(self, place: int, kind: str, **config: Any) -> None:
        """Puts a new layer in front of the one at this place, under a name that is free."""
        record = {"class_name": kind, "config": {"name": self.free_name(kind), **config}}
        self.records.insert(place, record)

    def free_name(self, kind: str) -> str:
        """A name that no layer of the stack has."""
        stem, number = snake_case(kind), 1
        names = {each["config"].get("name") for each in each_record(self.records)}
        while f"{stem}_{number}" in names:
            number += 1
        return f"{stem}_{number}"

    def behind_activation(self, place: int) -> int:
        """The place behind a dense layer, its batch normalization and its activation."""
        end = place + 1
        while self.kind(end) == NORMALIZATION or self.kind(end) in _ACTIVATIONS:
            end += 1
        return end

    def activation_of(self, place: int) -> int | None:
        """The place of the activation layer that belongs to a dense layer, if there is one."""
        end = place + 1
        while self.kind(end) == NORMALIZATION or self.kind(end) in _ACTIVATIONS:
            if self.kind(end) in _ACTIVATIONS:
                return end
            end += 1
        return None

    def remove(self, unwanted: Callable[[Record], bool]) -> int:
        """Takes layers out, those inside of blocks too; returns how many."""
        before = sum(1 for _ in each_record(self.records))
        self.records = _without(self.records, unwanted)
        return before - sum(1 for _ in each_record(self.records))

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """The arguments of all layers of a class, those inside of blocks too."""
        found = each_record(self.records)
        return [each["config"] for each in found if each["class_name"] == kind]


def each_record(records: Sequence[Record]) -> Iterator[Record]:
    """All layers, those inside of blocks after their block."""
    for record in records:
        yield record
        yield from each_record(record["config"].get("layers", ()))


def _without(records: Sequence[Record], unwanted: Callable[[Record], bool]) -> list[Record]:
    kept = [record for record in records if not unwanted(record)]
    for record in kept:
        if "layers" in record["config"]:
            record["config"]["layers"] = _without(record["config"]["layers"], unwanted)
    return kept
