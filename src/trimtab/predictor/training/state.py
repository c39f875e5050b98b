"""A network that is still training, as a file keeps it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab.core import checks
from trimtab.core.container import Contents
from trimtab.core.types import Floats
from trimtab.model.contents import model_contents
from trimtab.model.reading import model_from
from trimtab.training.callbacks import EarlyStopping
from trimtab.training.weight_average import WeightAverage

if TYPE_CHECKING:
    from trimtab.model.sequential import Sequential

__all__ = ["NetworkState"]

#: Tables of a file with the weights after an epoch.
_AFTER = "after/"


@dataclass(frozen=True, eq=False)
class NetworkState:
    """A network between two training steps, from which it resumes to the same bits.

    Attributes:
        contents: of its model file: the last weights, moving statistics, optimizer, random state,
            the place inside the epoch and the history in the target's own units.
        stopping: what early stopping remembers, without the weights.
        best: weights of the best epoch by name, or None.
        kept: weights by name after each epoch, from 1, that may turn out to be the best, where
            that is not known yet.
        average: of the weights over the epochs so far, by name; None where none is kept.
    """

    contents: Contents
    stopping: Mapping[str, Any] = field(default_factory=dict)
    best: Mapping[str, Floats] | None = None
    kept: Mapping[int, Mapping[str, Floats]] = field(default_factory=dict)
    average: Mapping[str, Floats] | None = None

    @classmethod
    def of(
        cls,
        model: Sequential,
        stopping: EarlyStopping | None,
        average: WeightAverage | None = None,
    ) -> NetworkState:
        """The present state of a model in training."""
        contents = copy.deepcopy(model_contents(model))  # training goes on meanwhile
        names = [weight.path for weight in model.weights]
        averaged = None
        if average is not None and average.values is not None:
            averaged = dict(zip(names, average.values, strict=True))
        if stopping is None:
            return cls(contents, average=averaged)
        state = stopping.get_state()
        weights = state.pop("best_weights")
        best = None if weights is None else dict(zip(names, weights, strict=True))
        return cls(contents, state, best, average=averaged)

    def model(self) -> Sequential:
        """The model in this state, ready to train on.

        Raises:
            FileFormatError: the contents are damaged.
        """
        found: Sequential = model_from(Path("run"), self.contents, None, True)
        return found

    def best_model(self) -> Sequential:
        """The model with the weights of the best epoch; the last ones where there is no best."""
        model = self.model()
        chosen = self.average if self.best is None else self.best
        if chosen is not None:
            model.set_weights([chosen[weight.path] for weight in model.weights])
        model.position = None
        return model

    @property
    def best_epoch(self) -> int | None:
        """The best epoch, from 1, or None."""
        return None if self.best is None else int(self.stopping["best_epoch"]) + 1

    def remind(self, stopping: EarlyStopping, model: Sequential) -> None:
        """Gives early stopping its memory back.

        Raises:
            KeyError: the state is damaged.
        """
        weights = None
        if self.best is not None:
            weights = [self.best[weight.path] for weight in model.weights]
        stopping.set_state({**self.stopping, "best_weights": weights})

    def averaged(self, average: WeightAverage, model: Sequential) -> None:
        """Gives an average its memory back.

        Raises:
            KeyError: the state is damaged.
        """
        average.values = None
        if self.average is not None:
            average.values = [self.average[weight.path] for weight in model.weights]

    def part(self) -> Contents:
        """The state as a part of a file."""
        contents = shallow(self.contents)
        contents.documents["stopping"] = dict(self.stopping)
        if self.best is not None:
            contents.tables["best"] = dict(self.best)
        if self.average is not None:
            contents.tables["average"] = dict(self.average)
        for epoch, weights in self.kept.items():
            contents.tables[f"{_AFTER}{epoch}"] = dict(weights)
        return contents

    @classmethod
    def from_part(cls, part: Contents) -> NetworkState:
        """The inverse of :meth:`part`.

        Raises:
            ValueError, TypeError, KeyError: the part is damaged.
        """
        contents = shallow(part)
        stopping = _checked_stopping(contents.documents.pop("stopping"))
        best, average = (contents.tables.pop(name, None) for name in ("best", "average"))
        weights = contents.documents["training"]["weights"]
        shapes = {name: tuple(shape) for name, shape in weights}
        kept = {
            checks.integer("epoch", int(name.removeprefix(_AFTER)), minimum=1, maximum=2**62): (
                contents.tables.pop(name)
            )
            for name in [name for name in contents.tables if name.startswith(_AFTER)]
        }
        for each in (*(table for table in (best, average) if table is not None), *kept.values()):
            if {name: weight.shape for name, weight in each.items()} != shapes:
                raise ValueError("the best weights are not those of the network")
        return cls(contents, stopping, best, kept, average)


def _checked_stopping(stopping: Any) -> dict[str, Any]:
    """What early stopping remembers; nothing where there was no validation."""
    if stopping == {}:
        return {}
    if stopping["best"] is not None:
        checks.number("best", stopping["best"])
    for name in ("best_epoch", "wait"):
        checks.integer(name, stopping[name], minimum=0, maximum=2**62)
    return dict(stopping)


def shallow(contents: Contents) -> Contents:
    """Other dictionaries with the same documents and tables."""
    return Contents(contents.kind, dict(contents.documents), dict(contents.tables))
