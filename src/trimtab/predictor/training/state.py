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
    """

    contents: Contents
    stopping: Mapping[str, Any] = field(default_factory=dict)
    best: Mapping[str, Floats] | None = None
    kept: Mapping[int, Mapping[str, Floats]] = field(default_factory=dict)

    @classmethod
    def of(cls, model: Sequential, stopping: EarlyStopping | None) -> NetworkState:
        """The present state of a model in training."""
        contents = copy.deepcopy(model_contents(model))  # training goes on meanwhile
        if stopping is None:
            return cls(contents)
        state = stopping.get_state()
        weights = state.pop("best_weights")
        best = None
        if weights is not None:
            names = [weight.path for weight in model.weights]
            best = dict(zip(names, weights, strict=True))
        return cls(contents, state, best)

    def model(self) -> Sequential:
        """The model in this state, ready to train on.

        Raises:
            FileFormatError: the contents are damaged.
        """
        return model_from(Path("run"), self.contents, None, True)

    def best_model(self) -> Sequential:
        """The model with the weights of the best epoch; the last ones where there is no best."""
        model = self.model()
        if self.best is not None:
            model.set_weights([self.best[weight.path] for weight in model.weights])
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

    def part(self) -> Contents:
        """The state as a part of a file."""
        contents = shallow(self.contents)
        contents.documents["stopping"] = dict(self.stopping)
        if self.best is not None:
            contents.tables["best"] = dict(self.best)
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
        best = contents.tables.pop("best", None)
        weights = contents.documents["training"]["weights"]
        shapes = {name: tuple(shape) for name, shape in weights}
        kept = {
            checks.integer("epoch", int(name.removeprefix(_AFTER)), minimum=1, maximum=2**62): (
                contents.tables.pop(name)
            )
            for name in [name for name in contents.tables if name.startswith(_AFTER)]
        }
        for each in (*([] if best is None else [best]), *kept.values()):
            if {name: weight.shape for name, weight in each.items()} != shapes:
                raise ValueError("the best weights are not those of the network")
        return cls(contents, stopping, best, kept)


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
