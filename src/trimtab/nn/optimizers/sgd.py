"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.nn.optimizers.base import Optimizer
from trimtab.nn.optimizers.table import REGISTRY
from trimtab.program.ops.optimizers import OptimizerOp


@REGISTRY.register()
class SGD(Optimizer):
    """Gradient descent, with or without momentum.

    Formula:
        ``w -= learning_rate * g``; with momentum ``m = momentum * m - learning_rate * g``,
        ``w += m``; nesterov: ``w += momentum * m - learning_rate * g``.

    Source:
        Robbins & Monro 1951; momentum as in Sutskever et al. 2013.

    Args:
        learning_rate: a number or a schedule.
        momentum: share of the last step that is added to the next.
        nesterov: whether to use Nesterov momentum.
        weight_decay: shrinks weights by ``weight_decay * learning_rate`` each step.
        clipnorm: largest norm of each weight array's gradient.
        clipvalue: largest absolute value of a gradient element.
        global_clipnorm: largest norm of the whole gradient.
        use_ema: keep a moving average of the weights, which they become at the end of ``fit``.
        ema_momentum: what the average keeps of itself after each batch.
        ema_overwrite_frequency: also set the weights to the average every so many updates.
        loss_scale_factor: None or 1: gradients are float32 and need no scaling.
        gradient_accumulation_steps: make one update of so many batches, from their mean gradient.

    Raises:
        InvalidArgument: momentum is not between 0 and 1, a number is negative, or two kinds of
            clipping are asked for.
        Unsupported: a loss_scale_factor other than 1.

    Example:
        >>> from trimtab import optimizers
        >>> optimizers.SGD(0.1, momentum=0.9).lower().rule
        'sgd_momentum'
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            name=name,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            **kwargs,
        )
        self.momentum = checks.probability("momentum", momentum)
        self.nesterov = checks.boolean("nesterov", nesterov)

    def lower(self) -> OptimizerOp:
        if self.momentum == 0.0:
            return OptimizerOp(rule="sgd", **self._common())
        return OptimizerOp(
            rule="sgd_momentum", momentum=self.momentum, nesterov=self.nesterov, **self._common()
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}
