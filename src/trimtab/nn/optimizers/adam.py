"""Adam, with weight decay on top: AdamW."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.errors import InvalidArgument
from trimtab.nn.optimizers.base import Optimizer
from trimtab.nn.optimizers.table import REGISTRY
from trimtab.program.ops.optimizers import OptimizerOp


@REGISTRY.register()
class Adam(Optimizer):
    """Adam: steps of similar size for every weight, whatever the scale of its gradient.

    Formula:
        ``m += (g - m) (1 - beta_1)``, ``v += (g^2 - v) (1 - beta_2)``, ``w -= learning_rate sqrt(1
        - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)``.

    Source:
        Kingma & Ba 2015, algorithm 1 in the form of section 2 ("epsilon hat").

    Args:
        learning_rate: a number or a schedule.
        beta_1: decay of the mean of the gradients.
        beta_2: decay of the mean of their squares.
        epsilon: added to the denominator.
        amsgrad: divide by the largest mean of squares so far (Reddi et al. 2018).
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
        >>> optimizers.Adam().lower().rule
        'adam'
        >>> optimizers.Adam(lr=0.1)
        Traceback (most recent call last):
            ...
        trimtab.errors.UnknownArgument: Adam has no argument 'lr'. Use learning_rate.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        self.beta_1 = checks.decay_factor("beta_1", beta_1)
        self.beta_2 = checks.decay_factor("beta_2", beta_2)
        self.epsilon = checks.positive_number("epsilon", epsilon)
        self.amsgrad = checks.boolean("amsgrad", amsgrad)

    def lower(self) -> OptimizerOp:
        return OptimizerOp(
            rule="amsgrad" if self.amsgrad else "adam",
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
            "amsgrad": self.amsgrad,
        }


@REGISTRY.register("adamw")
class AdamW(Adam):
    """Adam with decoupled weight decay.

    Formula:
        ``w -= w * weight_decay * learning_rate``, then as :class:`Adam`.

    Source:
        Loshchilov & Hutter 2019, "Decoupled weight decay regularization", algorithm 2.

    Raises:
        InvalidArgument: as for :class:`Adam`, or weight_decay is None.

    Example:
        >>> from trimtab import optimizers
        >>> optimizers.AdamW().lower().weight_decay
        0.004
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        if weight_decay is None:
            raise InvalidArgument(
                "weight_decay must be a number of 0 or more, received None. "
                "Use Adam to train without weight decay."
            )
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            amsgrad,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
