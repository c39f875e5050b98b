"""Adamax: Adam with the largest gradient in place of the mean square."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.nn.optimizers.base import Optimizer
from trimtab.nn.optimizers.table import REGISTRY
from trimtab.program.ops.optimizers import OptimizerOp


@REGISTRY.register()
class Adamax(Optimizer):
    """Adam with a decaying maximum of the gradients in place of the mean of their squares.

    Formula:
        ``m += (g - m) (1 - beta_1)``; ``u = max(beta_2 u, |g|)``;
        ``w -= learning_rate * m / ((1 - beta_1^t) (u + epsilon))``.

    Source:
        Kingma & Ba 2015, section 7.1.

    Args:
        learning_rate: a number or a schedule.
        beta_1: decay of the mean of the gradients.
        beta_2: decay of their maximum.
        epsilon: added to the denominator.
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
        InvalidArgument: a beta is not in [0, 1), a number is negative, or two kinds of clipping are
            asked for.
        Unsupported: a loss_scale_factor other than 1.

    Example:
        >>> from trimtab import optimizers
        >>> optimizers.Adamax().lower().rule
        'adamax'
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
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
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        self.beta_1 = checks.decay_factor("beta_1", beta_1)
        self.beta_2 = checks.decay_factor("beta_2", beta_2)
        self.epsilon = checks.positive_number("epsilon", epsilon)

    def lower(self) -> OptimizerOp:
        return OptimizerOp(
            rule="adamax",
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
            **self._common(),
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }
