"""Adadelta: steps as long as those before."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.nn.optimizers.base import Optimizer
from trimtab.nn.optimizers.table import REGISTRY
from trimtab.program.ops.optimizers import OptimizerOp


@REGISTRY.register()
class Adadelta(Optimizer):
    """Divides each gradient by the root of its mean square, and multiplies it by that of the steps.

    Formula:
        ``a = rho a + (1 - rho) g^2``; ``d = sqrt(u + epsilon) g / sqrt(a + epsilon)``;
        ``u = rho u + (1 - rho) d^2``; ``w -= learning_rate * d``. A learning_rate of 1 is that of
        the paper.

    Source:
        Zeiler 2012, algorithm 1.

    Args:
        learning_rate: a number or a schedule.
        rho: decay of both means.
        epsilon: added under the root.
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
        InvalidArgument: rho is not in [0, 1), a number is negative, or two kinds of clipping are
            asked for.
        Unsupported: a loss_scale_factor other than 1.

    Example:
        >>> from trimtab import optimizers
        >>> optimizers.Adadelta(1.0).lower().rho
        0.95
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
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
        self.rho = checks.decay_factor("rho", rho)
        self.epsilon = checks.positive_number("epsilon", epsilon)

    def lower(self) -> OptimizerOp:
        return OptimizerOp(
            rule="adadelta",
            rho=self.rho,
            epsilon=self.epsilon,
            **self._common(),
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rho": self.rho,
            "epsilon": self.epsilon,
        }
