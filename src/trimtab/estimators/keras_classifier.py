"""An estimator for classes around a Keras-shaped network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from trimtab.core.named_arguments import constructor
from trimtab.core.types import Doubles
from trimtab.errors import InvalidData
from trimtab.estimators.labels import check_told, checked_labels, known_classes, numbered, weighted
from trimtab.estimators.wrapper import KerasEstimator
from trimtab.insight.uncertainty.task import task_of

__all__ = ["KerasClassifier"]


@constructor
class KerasClassifier(ClassifierMixin, KerasEstimator):  # type: ignore[misc]
    """A network of your own as an estimator of scikit-learn, for classes.

    In the manner of SciKeras: a function builds the network, arguments reach it and its parts by
    their prefix, and the estimator compiles what is not compiled. X is an array of numbers, passed
    on as it is: put a scaler in front. :class:`~trimtab.TabularClassifier` takes tables.

    The network ends with one unit and a sigmoid for two classes (loss ``binary_crossentropy``), or
    with a softmax over all (``sparse_categorical_crossentropy``). Labels may be of any type; the
    network sees their numbers.

    Args:
        model: a function that returns a :class:`~trimtab.Sequential`, or a network to copy.
        build_fn: the same as ``model``.
        optimizer, loss, metrics: of ``compile``; None for the loss: the cross-entropy that fits.
        batch_size, epochs, validation_split, shuffle, callbacks, verbose: of ``fit``.
        class_weight: ``"balanced"``, or a dict with a weight for each label.
        warm_start: ``fit`` goes on with the network of the last ``fit``.
        random_state: seed of initial weights, row order and dropout.
        n_jobs: number of threads; None: 1. -1: all cores.
        arguments: of the function, and of parts: ``model__units``, ``optimizer__learning_rate``.

    Attributes:
        model_: the network.
        history_: losses and metrics of all epochs.
        classes_: the labels, sorted; columns of ``predict_proba`` are in their order.

    Example:
        >>> import numpy, trimtab
        >>> def build(units=8):
        ...     layers = trimtab.layers
        ...     return trimtab.Sequential(
        ...         [layers.Dense(units, activation="relu"), layers.Dense(1, activation="sigmoid")]
        ...     )
        >>> X = numpy.linspace(0, 1, 60).reshape(-1, 1)
        >>> model = trimtab.KerasClassifier(build, model__units=16, epochs=3, random_state=0)
        >>> model.fit(X, numpy.where(X[:, 0] > 0.5, "high", "low")).predict_proba(X).shape
        (60, 2)
    """

    classes_: NDArray[Any]

    def __init__(
        self,
        model: Any = None,
        *,
        build_fn: Any = None,
        optimizer: Any = "adam",
        loss: Any = None,
        metrics: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        validation_split: float = 0.0,
        shuffle: bool = True,
        callbacks: Any = None,
        class_weight: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        **arguments: Any,
    ) -> None:
        super().__init__(
            model,
            build_fn=build_fn,
            optimizer=optimizer,
            loss=loss,
            metrics=metrics,
            batch_size=batch_size,
            epochs=epochs,
            validation_split=validation_split,
            shuffle=shuffle,
            callbacks=callbacks,
            warm_start=warm_start,
            random_state=random_state,
            n_jobs=n_jobs,
            verbose=verbose,
            **arguments,
        )
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> KerasClassifier:
        """Builds the network and trains it.

        Args:
            X: ``(rows, columns)`` numbers.
            y: labels, ``(rows,)``.
            sample_weight: of the rows.
        """
        self._train(X, y, sample_weight)
        return self

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> KerasClassifier:
        """Trains for one epoch, from where it is.

        Args:
            X: ``(rows, columns)`` numbers.
            y: labels.
            classes: all labels there are; needed in the first call, not after it.
            sample_weight: of the rows.
        """
        check_told(classes, fitted=hasattr(self, "model_"))
        self._train(X, y, sample_weight, classes=classes, part=True)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """The most likely class of each row, ``(rows,)``.

        Args:
            X: ``(rows, columns)`` numbers.
        """
        likeliest = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[likeliest])

    def predict_proba(self, X: Any) -> Doubles:
        """The probability of each class, ``(rows, classes)``, in the order of ``classes_``.

        Args:
            X: ``(rows, columns)`` numbers.
        """
        outputs = self._outputs(X)
        p = task_of(self.model_).values(outputs)
        if p.shape[1] != len(self.classes_):
            raise InvalidData(
                f"the network has {outputs.shape[1]} outputs for {len(self.classes_)} classes. End "
                "it with Dense(1, activation='sigmoid') for two, or with "
                "Dense(meta['n_classes_'], activation='softmax')."
            )
        return p

    def _answers(self, y: Any, classes: Any, *, first: bool) -> NDArray[Any]:
        labels = checked_labels(self, y)
        self.classes_ = known_classes(labels, classes, None if first else self.classes_)
        return numbered(labels, self.classes_)

    def _usual_loss(self) -> str:
        two = len(self.classes_) == 2
        return "binary_crossentropy" if two else "sparse_categorical_crossentropy"

    def _class_weights(self, y: NDArray[Any], weights: Doubles | None) -> Doubles | None:
        return weighted(self.classes_[y], self.class_weight, weights)

    def _weight_of_classes(self, y: NDArray[Any]) -> dict[int, float] | None:
        weights = self._class_weights(y, None)
        if weights is None:
            return None
        numbers, first = np.unique(y, return_index=True)
        return {int(number): float(weights[at]) for number, at in zip(numbers, first, strict=True)}

    def _meta(self) -> dict[str, Any]:
        classes = len(self.classes_)
        return {
            **super()._meta(),
            "n_classes_": classes,
            "n_outputs_": 1 if classes == 2 else classes,
            "target_type_": "binary" if classes == 2 else "multiclass",
        }
