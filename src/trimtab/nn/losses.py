"""What training minimizes.

A loss declares itself as an op of the program; called on arrays it computes the same in float64.
A user's own is a function of ``(y_true, y_pred)``, or a subclass of :class:`Loss` with ``call``,
written in ``jax.numpy``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Never

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.core import catalogue, checks
from trimtab.core.types import Doubles
from trimtab.errors import InvalidArgument, InvalidData, Unsupported
from trimtab.nn import registration
from trimtab.nn.registry import Registry, snake_case
from trimtab.program.ops import Function
from trimtab.program.ops.losses import FUNCTION, LossOp

__all__ = [
    "BinaryCrossentropy",
    "FunctionLoss",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "deserialize",
    "get",
    "mean_absolute_error",
    "mean_squared_error",
    "serialize",
    "sparse_categorical_crossentropy",
]

#: Predictions are clipped to [EPSILON, 1 - EPSILON] before their logarithm is taken; in float32,
#: as engines and Keras compute, the upper end is 1 - 2**-23.
EPSILON = 1e-7
_ENDS = float(np.float32(EPSILON)), float(np.float32(1.0 - EPSILON))

#: A diverged network predicts infinity and nan; they travel, without warnings.
_TRAVEL = np.errstate(all="ignore")


def paired(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Doubles, Doubles]:
    """Targets and predictions as float64 arrays ``(rows, columns)`` of one length."""
    true, pred = np.asarray(y_true, np.float64), np.asarray(y_pred, np.float64)
    true = true.reshape(-1, 1) if true.ndim < 2 else true
    pred = pred.reshape(-1, 1) if pred.ndim < 2 else pred
    if true.ndim != 2 or pred.ndim != 2:
        raise InvalidData(
            "y_true and y_pred must have one or two dimensions, received shapes "
            f"{np.shape(y_true)} and {np.shape(y_pred)}."
        )
    if len(true) != len(pred):
        raise InvalidData(
            f"y_true and y_pred must have equally many rows, received {len(true)} and {len(pred)}."
        )
    return true, pred


def same_width(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Doubles, Doubles]:
    """:func:`paired`, with equally many columns."""
    true, pred = paired(y_true, y_pred)
    if true.shape[1] != pred.shape[1]:
        raise InvalidData(
            "y_true and y_pred must have equally many columns, received "
            f"{true.shape[1]} and {pred.shape[1]}."
        )
    return true, pred


def class_numbers(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[NDArray[np.int64], Doubles]:
    """One class number a row, and predictions ``(rows, classes)``."""
    true, pred = paired(y_true, y_pred)
    if true.shape[1] != 1:
        raise InvalidData(
            f"y_true must hold one class number a row, received {true.shape[1]} columns."
        )
    labels = true[:, 0]
    legal = (labels >= 0) & (labels < pred.shape[1]) & (labels == np.floor(labels))
    if not legal.all():
        raise InvalidData(
            f"y_true must hold class numbers from 0 to {pred.shape[1] - 1}, received "
            f"{labels[~legal][0]:g}."
        )
    return labels.astype(np.int64), pred


def row_means(values: NDArray[Any]) -> Doubles:
    """Mean over the columns, one number a row."""
    columns = tuple(range(1, values.ndim))
    means: Doubles = values.mean(axis=columns, dtype=np.float64)
    return means


@_TRAVEL
def mean_absolute_error(y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
    """Mean of ``|y_true - y_pred|`` over the columns, one number a row.

    >>> from trimtab import losses
    >>> losses.mean_absolute_error([[1.0, 2.0]], [[2.0, 4.0]]).tolist()
    [1.5]
    """
    true, pred = same_width(y_true, y_pred)
    return row_means(np.abs(true - pred))


@_TRAVEL
def mean_squared_error(y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
    """Mean of ``(y_true - y_pred)^2`` over the columns, one number a row.

    >>> from trimtab import losses
    >>> losses.mean_squared_error([[1.0, 2.0]], [[2.0, 4.0]]).tolist()
    [2.5]
    """
    true, pred = same_width(y_true, y_pred)
    return row_means(np.square(true - pred))


@_TRAVEL
def binary_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
) -> Doubles:
    """Mean of ``-(t log p + (1 - t) log(1 - p))`` over the columns, one number a row.

    >>> from trimtab import losses
    >>> losses.binary_crossentropy([[1.0]], [[0.5]]).round(4).tolist()
    [0.6931]
    """
    true, pred = same_width(y_true, y_pred)
    true = true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        values = np.maximum(pred, 0.0) - pred * true + np.log1p(np.exp(-np.abs(pred)))
    else:
        p = np.clip(pred, *_ENDS)
        values = -(true * np.log(p) + (1.0 - true) * np.log1p(-p))
    return row_means(values)


@_TRAVEL
def sparse_categorical_crossentropy(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False
) -> Doubles:
    """``-log p[t]``, t being the class number of the row, one number a row.

    >>> from trimtab import losses
    >>> losses.sparse_categorical_crossentropy([1], [[0.5, 0.5]]).round(4).tolist()
    [0.6931]
    """
    labels, pred = class_numbers(y_true, y_pred)
    if from_logits:
        shifted = pred - pred.max(axis=1, keepdims=True)
        logarithms = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    else:
        share = pred / pred.sum(axis=1, keepdims=True)
        logarithms = np.log(np.clip(share, *_ENDS))
    picked: Doubles = -logarithms[np.arange(len(labels)), labels]
    return picked


class Loss:
    """Base of all losses, and of a user's own.

    Called as ``loss(y_true, y_pred, sample_weight=None)`` it gives
    ``sum(weight * loss of the row) / rows`` as a float.

    A subclass with :meth:`call`, written in ``jax.numpy``, is a loss of one's own. Models that
    minimize it run on JAX. What it returns for a row is averaged; one number for the whole batch
    is the loss of each row. Attributes set on it take effect at the next training call.

    >>> import trimtab
    >>> class Squared(trimtab.losses.Loss):
    ...     def call(self, y_true, y_pred):
    ...         return (y_true - y_pred) ** 2
    >>> Squared()([1.0, 2.0], [2.0, 4.0])
    2.5
    """

    _version = 0  # goes up when an attribute is set

    def __init__(
        self, reduction: str = "sum_over_batch_size", name: str | None = None, dtype: Any = None
    ) -> None:
        owner = type(self).__name__
        if reduction not in ("sum_over_batch_size", "mean"):
            if reduction in ("sum", "mean_with_sample_weight", "none", None):
                raise Unsupported(
                    f"{owner}: reduction must be 'sum_over_batch_size', received {reduction!r}, "
                    "which is not there yet."
                )
            checks.choice("reduction", reduction, ("sum_over_batch_size", "mean"))
        if dtype not in (None, "float32"):
            raise Unsupported(f"{owner}: dtype must be 'float32', received {dtype!r}.")
        self.reduction = reduction
        self.name = snake_case(owner) if name is None else str(name)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "call" in vars(cls):  # goes before what a parent computes
            for name in {"rows", "lower"} - vars(cls).keys():
                setattr(cls, name, getattr(Loss, name))

    def __setattr__(self, name: str, value: Any) -> None:
        vars(self)["_version"] = self._version + 1
        super().__setattr__(name, value)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """What a loss of one's own computes, in ``jax.numpy``.

        Shape: ``(rows, targets)`` and ``(rows, outputs)`` to ``(rows,)``, ``(rows, k)`` or ().
        """
        raise NotImplementedError(
            f"{type(self).__name__} computes nothing. Write call(self, y_true, y_pred), in "
            "jax.numpy."
        )

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        """The loss of each row."""
        true, pred = paired(y_true, y_pred)
        values = np.asarray(self.call(true.astype(np.float32), pred.astype(np.float32)), np.float64)
        if values.ndim and len(values) != len(true):
            raise InvalidData(
                f"loss {self.name} must return one number a row, {len(true)} of them here, or one "
                f"for all, received shape {values.shape}."
            )
        return row_means(np.broadcast_to(values, (len(true),)) if not values.ndim else values)

    def lower(self) -> LossOp:
        """The op that ends a program."""
        function = Function(self.call, self.name, (self._version,))
        return LossOp(loss=FUNCTION, function=function)

    def __call__(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        values = self.rows(y_true, y_pred)
        if sample_weight is not None:
            values = values * row_weights(sample_weight, len(values))
        return float(values.sum() / len(values)) if len(values) else 0.0

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Loss:
        """The inverse of :meth:`get_config`."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def row_weights(sample_weight: ArrayLike, rows: int) -> Doubles:
    """Sample weights as one float64 a row."""
    weights = np.asarray(sample_weight, np.float64)
    weights = weights[:, 0] if weights.ndim == 2 and weights.shape[1] == 1 else weights
    if weights.shape != (rows,):
        raise InvalidData(
            f"sample_weight must hold one number a row, {rows} in all, received shape "
            f"{weights.shape}."
        )
    return weights


class MeanAbsoluteError(Loss):
    """Mean absolute error: the median is its best constant, outliers pull little.

    Shape: targets and predictions ``(rows, outputs)``.

    Formula: mean of ``|y_true - y_pred|``. Its gradient at 0 is 0.

    Errors: ``InvalidData`` where the shapes do not fit.

    >>> from trimtab import losses
    >>> losses.MeanAbsoluteError()([1.0, 2.0], [2.0, 4.0])
    1.5
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return mean_absolute_error(y_true, y_pred)

    def lower(self) -> LossOp:
        return LossOp(loss="mean_absolute_error")


class MeanSquaredError(Loss):
    """Mean squared error: the mean is its best constant.

    Shape: targets and predictions ``(rows, outputs)``.

    Formula: mean of ``(y_true - y_pred)^2``.

    Errors: ``InvalidData`` where the shapes do not fit.

    >>> from trimtab import losses
    >>> losses.MeanSquaredError()([1.0, 2.0], [2.0, 4.0])
    2.5
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return mean_squared_error(y_true, y_pred)

    def lower(self) -> LossOp:
        return LossOp(loss="mean_squared_error")


class BinaryCrossentropy(Loss):
    """For one or several yes-or-no outputs.

    Shape: targets (0 or 1, or probabilities) and predictions ``(rows, outputs)``.

    Formula: mean of ``-(t log p + (1 - t) log(1 - p))``, p clipped to [1e-7, 1 - 1e-7]; from
    logits ``max(x, 0) - x t + log(1 + exp(-|x|))``. With smoothing s, t is
    ``t (1 - s) + s / 2``.

    Errors: ``InvalidArgument`` where label_smoothing is not between 0 and 1.

    Args:
        from_logits: whether the network ends without a sigmoid.
        label_smoothing: how far targets are pulled towards 1/2.
        axis: -1.

    >>> from trimtab import losses
    >>> round(losses.BinaryCrossentropy(from_logits=True)([1.0, 0.0], [0.0, 0.0]), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        _last_axis("BinaryCrossentropy", axis)
        self.from_logits = checks.boolean("from_logits", from_logits)
        self.label_smoothing = checks.probability("label_smoothing", label_smoothing)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return binary_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing)

    def lower(self) -> LossOp:
        return LossOp(
            loss="binary_crossentropy_logits" if self.from_logits else "binary_crossentropy",
            label_smoothing=self.label_smoothing,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": -1,
        }


class SparseCategoricalCrossentropy(Loss):
    """For one class out of several, targets being class numbers.

    Shape: targets ``(rows,)`` or ``(rows, 1)``, predictions ``(rows, classes)``.

    Formula: ``-log(p[t] / sum p)``, clipped to [1e-7, 1 - 1e-7]; from logits
    ``-log_softmax(x)[t]``.

    Errors: ``InvalidData`` where a target is not a class number; ``Unsupported`` for
    ``ignore_class``.

    Args:
        from_logits: whether the network ends without a softmax.
        axis: -1.

    >>> from trimtab import losses
    >>> round(losses.SparseCategoricalCrossentropy()([1], [[0.5, 0.5]]), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        checks.unsupported("SparseCategoricalCrossentropy", ignore_class=ignore_class)
        _last_axis("SparseCategoricalCrossentropy", axis)
        self.from_logits = checks.boolean("from_logits", from_logits)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return sparse_categorical_crossentropy(y_true, y_pred, self.from_logits)

    def lower(self) -> LossOp:
        name = "sparse_categorical_crossentropy"
        return LossOp(loss=f"{name}_logits" if self.from_logits else name)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "from_logits": self.from_logits}


class FunctionLoss(Loss):
    """A function of ``(y_true, y_pred)``, written in ``jax.numpy``, as a loss.

    ``compile(loss=function)`` makes one.

    Shape: both ``(rows, columns)``, targets as wide as they are given, to ``(rows,)``,
    ``(rows, k)``, whose mean counts for the row, or a single number for the batch.

    Errors: ``InvalidArgument`` where ``fn`` is not a function, or returns another shape.

    Args:
        fn: the function; ``trimtab.register`` gives it a name for files.
        name: of the loss; None: the function's name.

    >>> from trimtab import losses
    >>> def pinball(y_true, y_pred):
    ...     error = y_true - y_pred
    ...     return abs(error) / 2 + error / 4
    >>> losses.FunctionLoss(pinball)([1.0, 2.0], [2.0, 1.0])
    0.5
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        if not callable(fn):
            raise InvalidArgument(f"fn must be a function of (y_true, y_pred), received {fn!r}.")
        super().__init__(reduction, getattr(fn, "__name__", None) if name is None else name, dtype)
        self.fn = fn

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.fn(y_true, y_pred)

    def lower(self) -> LossOp:
        return LossOp(loss=FUNCTION, function=Function(self.fn, self.name))

    def get_config(self) -> dict[str, Any]:
        """Raises ``InvalidArgument`` where the function is not registered."""
        return {"fn": registration.record_of_function(self.fn), **super().get_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> FunctionLoss:
        if isinstance(config.get("fn"), Mapping):
            config = {**config, "fn": registration.function_of(config["fn"], "loss")}
        return cls(**config)


def _last_axis(owner: str, axis: Any) -> None:
    if axis != -1:
        raise Unsupported(f"{owner}: axis must be -1, the columns of a table, received {axis!r}.")


REGISTRY = Registry(
    "loss",
    "losses",
    Loss,
    (BinaryCrossentropy, MeanAbsoluteError, MeanSquaredError, SparseCategoricalCrossentropy),
    aliases={
        "mae": MeanAbsoluteError,
        "MAE": MeanAbsoluteError,
        "mse": MeanSquaredError,
        "MSE": MeanSquaredError,
        "bce": BinaryCrossentropy,
        "BCE": BinaryCrossentropy,
    },
)

#: The functions of this module that stand for a loss, as in Keras.
FUNCTIONS: dict[Callable[..., Any], type[Loss]] = {
    mean_absolute_error: MeanAbsoluteError,
    mean_squared_error: MeanSquaredError,
    binary_crossentropy: BinaryCrossentropy,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
}


def get(identifier: Any) -> Loss:
    """From a name, a function, a class, a configuration or an instance to a loss.

    >>> from trimtab import losses
    >>> losses.get("mae")
    <MeanAbsoluteError name=mean_absolute_error>
    >>> losses.get("mean_sqared_error")
    Traceback (most recent call last):
        ...
    trimtab.errors.InvalidArgument: no loss is called 'mean_sqared_error'. \
Did you mean 'mean_squared_error'?
    """
    if identifier is None:
        raise InvalidArgument("loss must be named, received None. Use loss='mse', for instance.")
    if callable(identifier) and not isinstance(identifier, Loss | type):
        for function, cls in FUNCTIONS.items():
            if identifier is function:
                return cls()
        return FunctionLoss(identifier)
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, str):
        own = registration.registered_object(identifier)
        if callable(own) and not isinstance(own, type):
            return FunctionLoss(own)
    return REGISTRY.get(identifier)


def serialize(loss: Loss) -> dict[str, Any]:
    """``{"class_name": ..., "config": ...}``

    Raises:
        InvalidArgument: it is a user's own and not registered.
    """
    if type(loss) is FunctionLoss:
        return {"class_name": FunctionLoss.__name__, "config": loss.get_config()}
    return REGISTRY.serialize(loss)


def deserialize(config: Mapping[str, Any]) -> Loss:
    """The inverse of :func:`serialize`."""
    if config.get("class_name") == FunctionLoss.__name__:
        return FunctionLoss.from_config(dict(config.get("config") or {}))
    if config.get("class_name") == registration.FUNCTION:
        return FunctionLoss(registration.function_of(config, "loss"))
    return REGISTRY.deserialize(config)


def __getattr__(name: str) -> Never:
    raise catalogue.missing("losses", name, __all__)
