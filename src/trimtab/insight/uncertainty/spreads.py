"""Where the spread of predictions comes from: dropout, the members of a committee, or nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from trimtab.core.types import Doubles
from trimtab.errors import InvalidArgument
from trimtab.insight.uncertainty import monte_carlo
from trimtab.insight.uncertainty.moments import RunningMoments
from trimtab.insight.uncertainty.predictive import (
    Predictive,
    PredictiveCommittee,
    is_committee,
    networks_in,
)
from trimtab.insight.uncertainty.task import Task, task_of

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["DROPOUT", "MEMBERS", "NONE", "Spread", "spread_kind", "spread_of"]

#: Kinds of spread, as calibrations store them.
DROPOUT, MEMBERS, NONE = "dropout", "members", "none"


class Spread(Protocol):
    """Predictions and how far they spread."""

    task: Task

    def moments(self, x: Any) -> tuple[Doubles, Doubles | None]:
        """Means and standard deviations ``(rows, values)``; None: there is no spread."""


class _Dropout:
    def __init__(self, network: Network, samples: int, seed: int) -> None:
        self.task = task_of(network)
        self._network, self._samples, self._seed = network, samples, seed

    def moments(self, x: Any) -> tuple[Doubles, Doubles]:
        features = self._network.features(x)
        found: list[tuple[Doubles, Doubles]] = []
        moments: RunningMoments | None = None
        samples = monte_carlo.blocks(self._network, features, self._samples, self._seed)
        for which, _, block in samples:
            if which.start == 0:
                if moments is not None:
                    found.append(moments.result())
                moments = RunningMoments(self.task.values(block[0]))
            assert moments is not None
            moments.add(self.task.values(sample) for sample in block)
        assert moments is not None
        found.append(moments.result())
        means, spreads = zip(*found, strict=True)
        return np.concatenate(means), np.concatenate(spreads)


class _Members:
    def __init__(self, committee: PredictiveCommittee) -> None:
        self.task = committee.task
        self._committee = committee

    def moments(self, x: Any) -> tuple[Doubles, Doubles]:
        return self._committee.moments(x)


class _Plain:
    def __init__(self, model: Predictive) -> None:
        self.task = task_of(networks_in(model)[0])
        self._model = model

    def moments(self, x: Any) -> tuple[Doubles, None]:
        return self.task.values(self._model.predict(x, verbose=0)), None


def spread_of(model: Predictive, kind: str, samples: int | None, seed: int | None) -> Spread:
    """The predictions of a model with the spread of this kind.

    Args:
        model: A network, or a committee.
        kind: :data:`DROPOUT`, :data:`MEMBERS` or :data:`NONE`.
        samples: Passes with dropout on; for :data:`DROPOUT` only, as is
        seed: the seed of their masks.
    """
    if kind == DROPOUT:
        assert samples is not None and seed is not None
        return _Dropout(networks_in(model)[0], samples, seed)
    if kind == MEMBERS:
        assert is_committee(model)
        return _Members(model)
    return _Plain(model)


def spread_kind(model: Predictive, scaled: bool | None, width: int) -> str:
    """The kind of spread a model has.

    Args:
        model: A network, which is built if it is not yet, or a committee.
        scaled: False: none is wanted; True: there must be one.
        width: Columns of the rows.

    Raises:
        InvalidArgument: ``scaled`` is True, and nothing varies.
    """
    if scaled is False:
        return NONE
    networks = networks_in(model)
    if is_committee(model):
        kind = MEMBERS if len(model) > 1 else NONE
    else:
        network = networks[0]
        if not network.built:
            network.build((None, width))
        kind = DROPOUT if monte_carlo.draws(monte_carlo.present_program(network)) else NONE
    if scaled and kind == NONE:
        lack = "one member" if is_committee(model) else "no dropout"
        raise InvalidArgument(
            f"scaled=True needs a spread, and {model.name} has {lack}. Leave scaled out for "
            "intervals of one width."
        )
    return kind
