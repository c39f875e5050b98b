"""An estimator for numbers around a Keras-shaped network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin

from trimtab.core.named_arguments import constructor
from trimtab.core.types import Doubles
from trimtab.errors import InvalidData
from trimtab.estimators.rows import numbers_of
from trimtab.estimators.wrapper import KerasEstimator

__all__ = ["KerasRegressor"]


@constructor
class KerasRegressor(RegressorMixin, KerasEstimator):  # type: ignore[misc]
    """A network of your own as an estimator of scikit-learn, for numbers.

    In the manner of SciKeras: a function builds the network, arguments reach it and its parts by
    their prefix, and the estimator compiles what is not compiled. X is an array of numbers, passed
    on as it is: put a scaler in front. :class:`~trimtab.TabularRegressor` takes tables.

    Args:
        model: a function that returns a :class:`~trimtab.Sequential`, or a network to copy.
        build_fn: the same as ``model``.
        optimizer, loss, metrics: of ``compile``; the loss is the squared error if none is named.
        batch_size, epochs, validation_split, shuffle, callbacks, verbose: of ``fit``.
        warm_start: ``fit`` goes on with the network of the last ``fit``.
        random_state: seed of initial weights, row order and dropout.
        n_jobs: number of threads; None: 1. -1: all cores.
        arguments: of the function, and of parts: ``model__units``, ``optimizer__learning_rate``.

    Attributes:
        model_: the network.
        history_: losses and metrics of all epochs.
        n_outputs_: columns of y.

    Example:
        >>> import numpy, trimtab
        >>> def build(units, meta):
        ...     layers = trimtab.layers
        ...     return trimtab.Sequential(
        ...         [layers.Dense(units, activation="relu"), layers.Dense(meta["n_outputs_"])]
        ...     )
        >>> X = numpy.linspace(0, 1, 60).reshape(-1, 1)
        >>> model = trimtab.KerasRegressor(
        ...     build, units=8, optimizer__learning_rate=0.01, epochs=3, random_state=0
        ... )
        >>> model.fit(X, 3 * X[:, 0]).predict(X).shape
        (60,)
    """

    n_outputs_: int

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> KerasRegressor:
        """Builds the network and trains it.

        Args:
            X: ``(rows, columns)`` numbers.
            y: numbers, ``(rows,)`` or ``(rows, targets)``.
            sample_weight: of the rows.
        """
        self._train(X, y, sample_weight)
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> KerasRegressor:
        """Trains for one epoch, from where it is.

        Args:
            X: ``(rows, columns)`` numbers.
            y: numbers.
            sample_weight: of the rows.
        """
        self._train(X, y, sample_weight, part=True)
        return self

    def predict(self, X: Any) -> Doubles:
        """The numbers predicted, ``(rows,)`` or ``(rows, targets)``.

        Args:
            X: ``(rows, columns)`` numbers.
        """
        outputs = self._outputs(X).astype(np.float64)
        if outputs.shape[1] != self.n_outputs_:
            raise InvalidData(
                f"the network has {outputs.shape[1]} outputs, and y had {self.n_outputs_}. Build "
                "it with Dense(meta['n_outputs_']) at the end."
            )
        return outputs[:, 0] if self._single else outputs

    def _answers(self, y: Any, classes: Any, *, first: bool) -> NDArray[Any]:
        numbers = numbers_of(self, y).astype(np.float32)
        width = 1 if numbers.ndim == 1 else numbers.shape[1]
        if not first and width != self.n_outputs_:
            raise InvalidData(
                f"y must have {self.n_outputs_} columns, as in the first call, received {width}."
            )
        self.n_outputs_, self._single = width, numbers.ndim == 1
        return numbers

    def _usual_loss(self) -> str:
        return "mse"

    def _meta(self) -> dict[str, Any]:
        return {
            **super()._meta(),
            "n_outputs_": self.n_outputs_,
            "target_type_": "continuous" if self._single else "continuous-multioutput",
        }

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
