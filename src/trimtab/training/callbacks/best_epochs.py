"""Keeps the weights of the best epochs."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.errors import InvalidArgument
from trimtab.nn import optimizers
from trimtab.nn.network import clone_network
from trimtab.training.callback import Logs
from trimtab.training.callbacks.monitor import MonitorCallback


class BestEpochs(MonitorCallback):
    """Keeps the weights of the best epochs in memory, for :meth:`trimtab.Committee.of_epochs`.

    Training does not change. A new ``fit`` starts over.

    Source:
        Huang et al. 2017, "Snapshot ensembles", who make good epochs by a cyclic rate; here they
        are the best that there were.

    Args:
        count: how many epochs to keep.
        monitor: a key of the logs that says what is best.
        mode: ``min``, ``max`` or ``auto``.

    Attributes:
        epochs: those kept, from 0, the best first.

    Raises:
        InvalidArgument: ``count`` is no positive integer, ``mode`` is unknown, or the direction of
            ``monitor`` is.

    Example:
        >>> import numpy as np
        >>> import trimtab
        >>> from trimtab import layers
        >>> model = trimtab.Sequential([layers.Dense(1, input_shape=[1])], seed=1)
        >>> model.compile(optimizer="sgd", loss="mse")
        >>> best = trimtab.callbacks.BestEpochs(2, monitor="loss")
        >>> x = np.linspace(-1, 1, 32)
        >>> history = model.fit(x, 3 * x, epochs=4, callbacks=[best], verbose=0)
        >>> best.epochs
        [3, 2]
        >>> len(trimtab.Committee.of_epochs(best))
        2
    """

    def __init__(self, count: int = 5, monitor: str = "val_loss", mode: str = "auto") -> None:
        super().__init__(monitor, mode)
        self.count = checks.positive_integer("count", count)
        self._kept: list[tuple[float, int, list[Floats]]] = []

    @property
    def epochs(self) -> list[int]:
        return [epoch for _, epoch, _ in self._kept]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._kept = []

    def get_state(self) -> dict[str, Any]:
        return {"kept": self._kept}

    def set_state(self, state: dict[str, Any]) -> None:
        self._kept = list(state["kept"])

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.direction()
        value = self.value_in(logs)
        if value is None:
            return
        full = len(self._kept) == self.count
        if not self.is_improvement(value, self._kept[-1][0] if full else None):
            return
        kept = [*self._kept[: self.count - 1], (value, epoch, self.model.get_weights())]
        self._kept = sorted(kept, key=lambda each: self.direction() * each[0])

    def models(self) -> list[Any]:
        """A compiled model for each of the epochs, the best first."""
        if not self._kept:
            raise InvalidArgument(
                f"BestEpochs has kept no epoch: {self.monitor!r} was in no logs. Pass it to fit "
                "first."
            )
        return [_copy(self.model, weights) for _, _, weights in self._kept]


def _copy(model: Any, weights: list[Floats]) -> Any:
    """A model of the same architecture and compilation, with these weights."""
    copy = clone_network(model)
    plain, weighted = model.metric_specs
    copy.compile(
        optimizer=optimizers.deserialize(optimizers.serialize(model.optimizer)),
        loss=model.loss_function,
        metrics=plain,
        weighted_metrics=weighted,
        **model.runner.choice,
    )
    copy.runner.limit_threads(model.runner.threads)
    if not copy.built:
        copy.build(model.input_shape)
    copy.set_weights(weights)
    copy.row_prints = model.row_prints
    return copy
