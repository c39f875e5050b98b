"""Evaluates with the averages of the weights that the optimizer keeps."""

from __future__ import annotations

from trimtab.core import checks
from trimtab.errors import InvalidArgument
from trimtab.nn import averages
from trimtab.training.callback import Callback, Logs


class SwapEMAWeights(Callback):
    """Puts the averages of an optimizer with ``use_ema=True`` in the place of the weights.

    While the model is validated, evaluated or asked for predictions, its weights are the averages;
    training goes on with the weights themselves. When ``fit`` ends, the weights become the averages
    with or without this callback. Statistics of batch normalizations are those of training;
    :class:`ExponentialMovingAverage` computes them for its average, too.

    Args:
        swap_on_epoch: whether the averages also stay in place from the end of an epoch to the
            beginning of the next, for callbacks such as :class:`ModelCheckpoint`, which come
            after this one in the list.

    Raises:
        InvalidArgument: the optimizer has no averages.

    Example:
        >>> import numpy as np
        >>> import trimtab
        >>> from trimtab import layers, optimizers
        >>> model = trimtab.Sequential([layers.Dense(1, input_shape=[1])], seed=1)
        >>> model.compile(optimizer=optimizers.SGD(0.1, use_ema=True), loss="mse")
        >>> x = np.linspace(-1, 1, 32)
        >>> swap = trimtab.callbacks.SwapEMAWeights()
        >>> history = model.fit(
        ...     x, 3 * x, validation_data=(x, 3 * x), epochs=2, callbacks=[swap], verbose=0
        ... )
        >>> history.history["val_loss"][-1] == model.evaluate(x, 3 * x, verbose=0)
        True
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = checks.boolean("swap_on_epoch", swap_on_epoch)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._check()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._set(in_place=False)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch:
            self._set(in_place=True)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._set(in_place=True)

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._set(in_place=False)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._set(in_place=True)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._set(in_place=False)

    def release(self) -> None:
        self._set(in_place=False)  # an error or Ctrl-C stopped training

    def _set(self, *, in_place: bool) -> None:
        if self.model is None or self.model.runner.averages_in_place == in_place:
            return
        self._check()
        averages.exchange(self.model)

    def _check(self) -> None:
        if not self.model.optimizer.use_ema:
            owner = type(self.model.optimizer).__name__
            raise InvalidArgument(
                f"SwapEMAWeights needs the averages that an optimizer with use_ema=True keeps; "
                f"this {owner} keeps none. Use compile(optimizer=optimizers.{owner}(use_ema=True))."
            )
