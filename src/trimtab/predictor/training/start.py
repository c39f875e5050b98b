"""A trained predictor whose network is trained further, on other rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trimtab.errors import InvalidArgument
from trimtab.model.committee import members_of
from trimtab.predictor.training.state import NetworkState

if TYPE_CHECKING:
    from trimtab.model.sequential import Sequential
    from trimtab.predictor.predictor import Predictor

__all__ = ["Start"]


@dataclass(frozen=True, eq=False)
class Start:
    """Where a training begins that does not begin from nothing.

    Schema and preparation are those of the predictor, so the network sees columns as it knows them.

    Attributes:
        predictor: is not changed; of several networks that it averages, the first one goes on.
        optimizer: whether the optimizer goes on, too, with its step count and its averages; one
            whose learning rate followed a schedule to its end does not.
    """

    predictor: Predictor
    optimizer: bool = False

    def network(self, fresh: Sequential) -> Sequential:
        """The network to train.

        Args:
            fresh: a new one, compiled by the options of this training.

        Raises:
            InvalidArgument: its network has another architecture.
        """
        model = members_of(self.predictor.model)[0]
        weights = model.get_weights()
        if [each.shape for each in weights] != [each.shape for each in fresh.get_weights()]:
            raise InvalidArgument(
                "training goes on with the network that there is, but its layers differ from "
                "those asked for. Leave the layers as they were, or train from the beginning."
            )
        if not self.optimizer or model.optimizer.schedule is not None:
            fresh.set_weights(weights)
            return fresh
        model = NetworkState.of(model, None).model()
        model.optimizer.learning_rate = fresh.optimizer.schedule or fresh.optimizer.learning_rate
        model.runner.limit_threads(fresh.runner.threads)
        return model
