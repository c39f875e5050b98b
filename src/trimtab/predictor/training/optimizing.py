"""The optimizer and the loss that options describe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trimtab.nn import losses, optimizers, schedules

if TYPE_CHECKING:
    from trimtab.predictor.training.options import TrainOptions

__all__ = ["course", "loss_of", "optimizer_of"]

#: Share of the steps in which the rate of ``warmup`` rises, and the share of it that it rises from.
WARMUP, FIRST = 0.05, 0.01

#: Share of the steps in which the rate of ``flat`` stays.
FLAT = 0.5

#: Weights that have no decay with ``decay_all=False``: all but the kernels of dense layers.
NOT_KERNELS = ("bias", "gamma", "beta", "embedding")


def course(name: str, rate: float, steps: int) -> Any:
    """A learning rate for so many steps.

    Args:
        name: one of ``SCHEDULES``.
        rate: its top.
        steps: of the whole training.

    Example:
        >>> from trimtab.predictor.training.optimizing import course
        >>> course("warmup", 1.0, 100)([0, 5, 100]).tolist()[1:]
        [1.0, 0.0]
        >>> course("flat", 1.0, 100)([0, 50, 75, 100]).round(2).tolist()
        [1.0, 1.0, 0.5, 0.0]
    """
    if name == "warmup":
        rising = max(1, round(WARMUP * steps))
        return schedules.CosineDecay(
            FIRST * rate,
            decay_steps=max(1, steps - rising),
            warmup_target=rate,
            warmup_steps=rising,
        )
    if name == "flat":
        return schedules.FlatCosineDecay(rate, decay_steps=steps, flat=FLAT)
    if name == "cycles":
        return schedules.LogCosineDecay(rate, decay_steps=steps)
    if name == "constant":
        return rate
    return schedules.CosineDecay(rate, decay_steps=steps)


def optimizer_of(options: TrainOptions, steps: int) -> optimizers.AdamW:
    """AdamW, its rate on the course of ``schedule``.

    Args:
        options: decided.
        steps: of the whole training.
    """
    assert options.lr is not None and options.weight_decay is not None
    more: dict[str, Any] = {} if options.beta_2 is None else {"beta_2": options.beta_2}
    optimizer = optimizers.AdamW(
        course(options.schedule, options.lr, steps),
        weight_decay=options.weight_decay,
        # With a name of its own: automatic ones count up, and equal runs give equal files.
        name="adam_w",
        **more,
    )
    if not options.decay_all:
        optimizer.exclude_from_weight_decay(var_names=NOT_KERNELS)
    return optimizer


def loss_of(options: TrainOptions) -> Any:
    """The loss by its name, or as an object where it has settings."""
    if not options.label_smoothing:
        return options.loss
    kind: Any = type(losses.get(options.loss))
    return kind(label_smoothing=options.label_smoothing)
