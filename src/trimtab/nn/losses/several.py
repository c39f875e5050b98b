"""Losses of several outputs, added up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trimtab.core import checks
from trimtab.core.words import brief, listed
from trimtab.errors import InvalidArgument
from trimtab.nn.heads import Head
from trimtab.nn.losses.base import Loss
from trimtab.program.ops import LossOp, LossPart
from trimtab.program.ops.losses import SEVERAL

__all__ = ["HeadLoss", "SeveralLosses", "by_head"]


@dataclass(frozen=True)
class HeadLoss:
    """The loss of one output.

    Attributes:
        head: the output.
        loss: its loss.
        weight: what its loss is multiplied by in the sum.
    """

    head: Head
    loss: Loss
    weight: float


class SeveralLosses:
    """The sum of the losses of a network's outputs, each times its weight.

    Args:
        parts: one for each output that has a loss, in the order of the outputs.

    Attributes:
        weighted: whether each output has weights of rows of its own, a column behind its targets.
            It is set when such weights first come, and stays.
    """

    weighted = False

    def __init__(self, parts: Sequence[HeadLoss]) -> None:
        self.parts = tuple(parts)

    @property
    def name(self) -> str:
        """Of the sum, for messages."""
        return " + ".join(part.loss.name for part in self.parts)

    def check_trainable(self) -> None:
        """Refuses a reduction that training does not have."""
        for part in self.parts:
            part.loss.check_trainable()

    def lower(self) -> LossOp:
        """The op that ends a program."""
        return LossOp(
            loss=SEVERAL,
            parts=tuple(
                LossPart(
                    name=part.head.name,
                    loss=part.loss.lower(),
                    start=part.head.start,
                    outputs=part.head.width,
                    weight=part.weight,
                    weighted=self.weighted,
                )
                for part in self.parts
            ),
        )

    def attributes(self) -> Iterator[Any]:
        """Everything that is set on the losses; what they lower to follows from it."""
        yield self.weighted
        for part in self.parts:
            yield from (part, *vars(part.loss).values())


def by_head(what: str, given: Any, heads: Sequence[Head], *, missing: Any = None) -> list[Any]:
    """One entry for each output, from a dict by name or a list in order.

    Args:
        what: the argument, for messages.
        given: the dict or list.
        heads: the outputs.
        missing: the entry of an output that a dict leaves out.

    Raises:
        InvalidArgument: a name that no output has, or another number of entries.
    """
    names = [head.name for head in heads]
    if isinstance(given, Mapping):
        for name in given:
            if name not in names:
                hint = checks.nearest(name, names)
                raise InvalidArgument(
                    f"{what}: there is no output {brief(name)}. {hint} Outputs are: "
                    f"{', '.join(names)}."
                )
        return [given.get(name, missing) for name in names]
    if isinstance(given, list | tuple):
        if len(given) != len(heads):
            raise InvalidArgument(
                f"{what} has {len(given)} entries, and the model has {len(heads)} outputs: "
                f"{listed(names, last=' and ')}. Give one for each, or a dict by name."
            )
        return list(given)
    raise InvalidArgument(
        f"{what} of several outputs must be a list or a dict by name, received {brief(given)}. "
        f"Outputs are: {', '.join(names)}."
    )
