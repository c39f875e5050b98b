"""A user's function as a loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn import registration
from trimtab.nn.losses.base import Loss
from trimtab.program.ops import Function
from trimtab.program.ops.losses import FUNCTION, LossOp

__all__ = ["FunctionLoss"]


class FunctionLoss(Loss):
    """A function of ``(y_true, y_pred)``, written in ``jax.numpy``, as a loss.

    ``compile(loss=function)`` makes one.

    Shape:
        Both ``(rows, columns)``, targets as wide as they are given, to ``(rows,)``, ``(rows, k)``,
        whose mean counts for the row, or a single number for the batch.

    Args:
        fn: the function; ``trimtab.register`` gives it a name for files.
        name: of the loss; None: the function's name.

    Raises:
        InvalidArgument: ``fn`` is not a function, or returns another shape.

    Example:
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
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        if not callable(fn):
            raise InvalidArgument(
                f"fn must be a function of (y_true, y_pred), received {brief(fn)}."
            )
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
