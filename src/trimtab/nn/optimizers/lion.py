"""Lion: steps of one size, in the direction of a mean of gradients."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.errors import InvalidArgument
from trimtab.nn.optimizers.base import Optimizer
from trimtab.nn.optimizers.table import REGISTRY
from trimtab.program.ops.optimizers import OptimizerOp


@REGISTRY.register()
class Lion(Optimizer):
    """Moves every weight by the learning rate, up or down as a mean of its gradients says.

    Formula:
        ``w -= learning_rate * sign(beta_1 m + (1 - beta_1) g)``, then
        ``m = beta_2 m + (1 - beta_2) g``. Steps are larger than Adam's: begin with a learning rate
        3 to 10 times smaller, and a weight decay as many times larger.

    Source:
        Chen et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2.

    Args:
        learning_rate: a number or a schedule.
        beta_1: what the mean weighs against the present gradient.
        beta_2: decay of the mean.
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
        InvalidArgument: beta_1 is not above 0 and at most 1, beta_2 is not in [0, 1), a number is
            negative, or two kinds of clipping are asked for.
        Unsupported: a loss_scale_factor other than 1.

    Example:
        >>> from trimtab import optimizers
        >>> optimizers.Lion(1e-4, weight_decay=0.1).lower().rule
        'lion'
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
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
        self.beta_1 = _first_beta(beta_1)
        self.beta_2 = checks.decay_factor("beta_2", beta_2)

    def lower(self) -> OptimizerOp:
        return OptimizerOp(
            rule="lion",
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            **self._common(),
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
        }


def _first_beta(value: Any) -> float:
    beta = checks.probability("beta_1", value)
    if beta == 0:
        raise InvalidArgument(
            "beta_1 must be above 0 and at most 1, received 0: the mean would have no part in the "
            "steps. Use beta_1=0.9."
        )
    return beta
