"""What a loss is: an op of the program that, called on arrays, computes the same in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.core.words import brief
from trimtab.errors import InvalidData, Unsupported
from trimtab.nn.losses.rows import paired, row_means, row_weights
from trimtab.nn.registry import snake_case
from trimtab.program.ops import Function
from trimtab.program.ops.losses import FUNCTION, LossOp

__all__ = ["Loss"]

#: How the losses of rows become one; training divides by the number of rows.
_TRAINING = ("sum_over_batch_size", "mean")
_REDUCTIONS = (*_TRAINING, "sum", "mean_with_sample_weight", "none")


class Loss:
    """Base class of all losses. Subclass it to write a custom loss.

    Called as ``loss(y_true, y_pred, sample_weight=None)`` it gives
    ``sum(weight * loss of the row) / rows`` as a float: what training minimizes.

    Args:
        reduction: of what a call gives: ``"sum_over_batch_size"`` or ``"mean"`` as above,
            ``"sum"`` without the division, ``"mean_with_sample_weight"`` divided by the sum of the
            weights, ``"none"`` the numbers of the rows. ``compile`` takes the first two.
        name: None: of the class, in snake case.
        dtype: None or ``"float32"``.

    Raises:
        InvalidArgument: an unknown reduction.
        Unsupported: another dtype.

    A subclass with :meth:`call`, written in ``jax.numpy``, is a custom loss. Models that
    minimize it run on JAX. What it returns for a row is averaged; one number for the whole batch
    is the loss of each row. Attributes set on it take effect at the next training call.

    Example:
        >>> import trimtab
        >>> class Squared(trimtab.losses.Loss):
        ...     def call(self, y_true, y_pred):
        ...         return (y_true - y_pred) ** 2
        >>> Squared()([1.0, 2.0], [2.0, 4.0])
        2.5
    """

    dtype = "float32"
    _version = 0  # goes up when an attribute is set

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        owner = type(self).__name__
        reduction = "none" if reduction is None else reduction
        checks.choice("reduction", reduction, _REDUCTIONS)
        if dtype not in (None, "float32"):
            raise Unsupported(f"{owner}: dtype must be 'float32', received {brief(dtype)}.")
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
        """Computes a custom loss, in ``jax.numpy``.

        Shape:
            ``(rows, targets)`` and ``(rows, outputs)`` to ``(rows,)``, ``(rows, k)`` or ().
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

    def check_trainable(self) -> None:
        """Refuses a reduction that training does not have.

        Raises:
            Unsupported: another than ``"sum_over_batch_size"`` and ``"mean"``.
        """
        if self.reduction not in _TRAINING:
            raise Unsupported(
                f"{type(self).__name__}: reduction must be 'sum_over_batch_size' in training, "
                f"received {brief(self.reduction)}. Leave it out; where the size of the loss "
                "matters, multiply the learning rate."
            )

    def __call__(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Any:
        values = self.rows(y_true, y_pred)
        divisor = float(len(values))
        if sample_weight is not None:
            weights = row_weights(sample_weight, len(values))
            values = values * weights
            if self.reduction == "mean_with_sample_weight":
                divisor = float(weights.sum())
        if self.reduction == "none":
            return values
        if self.reduction == "sum":
            return float(values.sum())
        return float(values.sum() / divisor) if divisor else 0.0

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Loss:
        """The inverse of :meth:`get_config`."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
