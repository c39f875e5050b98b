"""What can be calibrated: a network that predicts, or a committee of several."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Protocol, TypeGuard, cast

import numpy as np

from trimtab.core.types import Doubles, Floats
from trimtab.insight.uncertainty.task import Task
from trimtab.nn.network import Network

__all__ = ["Predictive", "PredictiveCommittee", "is_committee", "networks_in", "weights_digest"]


class Predictive(Protocol):
    """A compiled :class:`~trimtab.Sequential` or a :class:`~trimtab.Committee`."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def built(self) -> bool:
        """Whether the number of columns is known."""

    def built_width(self) -> int:
        """The number of columns."""

    def predict(self, x: Any, *, verbose: Any = ...) -> Floats:
        """``(rows, outputs)``."""


class PredictiveCommittee(Predictive, Protocol):
    """Several networks, or members of one network, that predict as one."""

    task: Task

    def __len__(self) -> int:
        """How many."""

    def moments(self, x: Any) -> tuple[Doubles, Doubles]:
        """Mean and standard deviation over the members."""


def is_committee(model: Predictive) -> TypeGuard[PredictiveCommittee]:
    """Whether a model is made of members: a committee, or a network of several."""
    return not isinstance(model, Network) or len(model) > 1


def networks_in(model: Predictive) -> Sequence[Network]:
    """The networks of a committee; a network is one, whatever members it has."""
    return [model] if isinstance(model, Network) else cast("Any", model).members


def weights_digest(model: Predictive) -> str:
    """A hash of all weights, which tells whether a model was trained on since."""
    digest = hashlib.blake2b(digest_size=16)
    for network in networks_in(model):
        for array in network.get_weights():
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
