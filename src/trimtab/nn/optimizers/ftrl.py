"""FTRL: follow the regularized leader, for weights that are to be exactly 0."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.errors import InvalidArgument
from trimtab.nn.optimizers.base import Optimizer
from trimtab.nn.optimizers.table import REGISTRY
from trimtab.program.ops.optimizers import OptimizerOp


@REGISTRY.register()
class Ftrl(Optimizer):
    """Chooses the weights that would have been best so far, penalties included.

    Formula:
        ``b = a + g^2``; ``z += g + 2 shrinkage w - (b^p - a^p) / learning_rate * w`` with
        ``p = -learning_rate_power``;
        ``w = (clip(z, -l1, l1) - z) / (b^p / learning_rate + 2 l2 + beta / learning_rate)``;
        ``a = b``. Initial weights count for the first gradient only: those of the layer that have
        no gradient become 0.

    Source:
        McMahan et al. 2013, "Ad click prediction", algorithm 1; shrinkage as in Keras.

    Args:
        learning_rate: a number or a schedule.
        learning_rate_power: minus p; 0 keeps the learning rate as it is.
        initial_accumulator_value: the sum of squares to begin with.
        l1_regularization_strength: makes weights exactly 0.
        l2_regularization_strength: keeps weights small.
        l2_shrinkage_regularization_strength: the same through the gradient.
        beta: added to the accumulator's root.
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
        InvalidArgument: learning_rate_power is above 0, another number is negative, or two kinds of
            clipping are asked for.
        Unsupported: a loss_scale_factor other than 1.

    Example:
        >>> from trimtab import optimizers
        >>> optimizers.Ftrl(0.05, l1_regularization_strength=0.01).lower().l1
        0.01
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
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
        self.learning_rate_power = _power(learning_rate_power)
        self.initial_accumulator_value = checks.non_negative_number(
            "initial_accumulator_value", initial_accumulator_value
        )
        self.l1_regularization_strength = checks.non_negative_number(
            "l1_regularization_strength", l1_regularization_strength
        )
        self.l2_regularization_strength = checks.non_negative_number(
            "l2_regularization_strength", l2_regularization_strength
        )
        self.l2_shrinkage_regularization_strength = checks.non_negative_number(
            "l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength
        )
        self.beta = checks.non_negative_number("beta", beta)

    def lower(self) -> OptimizerOp:
        return OptimizerOp(
            rule="ftrl",
            learning_rate_power=self.learning_rate_power,
            first=self.initial_accumulator_value,
            l1=self.l1_regularization_strength,
            l2=self.l2_regularization_strength,
            shrinkage=self.l2_shrinkage_regularization_strength,
            beta=self.beta,
            **self._common(),
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "learning_rate_power": self.learning_rate_power,
            "initial_accumulator_value": self.initial_accumulator_value,
            "l1_regularization_strength": self.l1_regularization_strength,
            "l2_regularization_strength": self.l2_regularization_strength,
            "l2_shrinkage_regularization_strength": self.l2_shrinkage_regularization_strength,
            "beta": self.beta,
        }


def _power(value: Any) -> float:
    power = checks.number("learning_rate_power", value)
    if power > 0:
        raise InvalidArgument(
            f"learning_rate_power must be a number of 0 or less, received {power}. Use "
            f"learning_rate_power={-power}."
        )
    return power
