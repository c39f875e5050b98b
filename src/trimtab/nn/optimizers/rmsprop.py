"""RMSprop: gradients divided by the root of their mean square."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.nn.optimizers.base import Optimizer
from trimtab.nn.optimizers.table import REGISTRY
from trimtab.program.ops.optimizers import OptimizerOp


@REGISTRY.register("rmsprop")
class RMSprop(Optimizer):
    """Divides each gradient by the root of a moving mean of its squares.

    Formula:
        ``v = rho v + (1 - rho) g^2``; ``d = learning_rate * g / sqrt(v + epsilon)``; ``w -= d``.
        Centered: ``a = rho a + (1 - rho) g`` and ``v - a^2`` in the place of v. With momentum:
        ``m = momentum m + d``, ``w -= m``.

    Source:
        Tieleman & Hinton 2012, lecture 6.5; centered as in Graves 2013, equations 38 to 45.

    Args:
        learning_rate: a number or a schedule.
        rho: decay of the mean square.
        momentum: share of the last step that is added to the next.
        epsilon: added under the root.
        centered: divide by the standard deviation instead.
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
        InvalidArgument: rho is not in [0, 1), momentum is not between 0 and 1, a number is
            negative, or two kinds of clipping are asked for.
        Unsupported: a loss_scale_factor other than 1.

    Example:
        >>> from trimtab import optimizers
        >>> optimizers.RMSprop(momentum=0.9, centered=True).lower().rule
        'rmsprop_centered_momentum'
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
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
        self.momentum = checks.probability("momentum", momentum)
        self.epsilon = checks.positive_number("epsilon", epsilon)
        self.centered = checks.boolean("centered", centered)

    def lower(self) -> OptimizerOp:
        return OptimizerOp(
            rule=self._rule(),
            rho=self.rho,
            momentum=self.momentum,
            epsilon=self.epsilon,
            **self._common(),
        )

    def _rule(self) -> str:
        centered, momentum = "_centered" * self.centered, "_momentum" * (self.momentum > 0)
        return f"rmsprop{centered}{momentum}"

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }
