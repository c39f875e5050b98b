"""The update rule of a program's parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from trimtab.core.words import brief
from trimtab.errors import InvalidProgram

#: Rule -> what it keeps of each trainable parameter.
RULES: dict[str, tuple[str, ...]] = {
    "adadelta": ("accumulated_gradient", "accumulated_update"),
    "adagrad": ("accumulator",),
    "adam": ("momentum", "velocity"),
    "adamax": ("momentum", "norm"),
    "amsgrad": ("momentum", "velocity", "velocity_hat"),
    "ftrl": ("accumulator", "linear"),
    "lion": ("momentum",),
    "nadam": ("momentum", "velocity"),
    "rmsprop": ("velocity",),
    "rmsprop_centered": ("velocity", "average_gradient"),
    "rmsprop_centered_momentum": ("velocity", "momentum", "average_gradient"),
    "rmsprop_momentum": ("velocity", "momentum"),
    "sgd": (),
    "sgd_momentum": ("momentum",),
}


@dataclass(frozen=True, kw_only=True)
class OptimizerOp:
    """The update of all trainable parameters after each batch.

    In this order: penalty gradient ``g += l1 sign(w) + 2 l2 w``; accumulation; clipping (one kind
    at most); decoupled weight decay ``w -= w * weight_decay * lr``; the rule; the average of the
    weights; constraints. ``t`` counts updates from 1.

    - adadelta: ``a = rho a + (1 - rho) g^2``; ``d = sqrt(u + epsilon) / sqrt(a + epsilon) g``;
      ``u = rho u + (1 - rho) d^2``; ``w -= lr d``
    - adagrad: ``a += g^2``; ``w -= lr g / sqrt(a + epsilon)``
    - adam (Kingma & Ba 2015, "epsilon hat"): ``m += (g - m)(1 - beta_1)``,
      ``v += (g^2 - v)(1 - beta_2)``,
      ``w -= m lr sqrt(1 - beta_2^t) / (1 - beta_1^t) / (sqrt(v) + epsilon)``
    - adamax: m as in adam; ``u = max(beta_2 u, |g|)``;
      ``w -= lr m / ((1 - beta_1^t) (u + epsilon))``
    - amsgrad: as adam, with ``v_hat = max(v_hat, v)`` in v's place
    - ftrl: ``b = a + g^2``, ``z += g + 2 shrinkage w - (b^p - a^p) / lr w``,
      ``w = (clip(z, -l1, l1) - z) / (b^p / lr + 2 (l2 + beta / (2 lr)))``, 0 where that is
      0 / 0, ``a = b``; p is minus ``learning_rate_power``
    - lion: ``w -= lr sign(beta_1 m + (1 - beta_1) g)``; ``m = beta_2 m + (1 - beta_2) g``
    - nadam: m and v as in adam; ``u_t = beta_1 (1 - 0.96^t / 2)``, ``U_t = u_1 ... u_t``;
      ``n = u_{t+1} m / (1 - U_{t+1}) + (1 - u_t) g / (1 - U_t)``;
      ``w -= lr n / (sqrt(v / (1 - beta_2^t)) + epsilon)``
    - rmsprop: ``v = rho v + (1 - rho) g^2``; ``d = lr g / sqrt(v + epsilon)``; ``w -= d``.
      centered: ``a = rho a + (1 - rho) g``, and ``v - a^2`` in v's place; with momentum:
      ``m = momentum m + d``, ``w -= m``
    - sgd: ``w -= lr g``
    - sgd_momentum: ``m = momentum m - lr g``; ``w += m``, nesterov: ``w += momentum m - lr g``

    The caller gives the learning rate of each step as a float32, so engines know no schedules.

    Weights that ``undecayed`` names by path, and weights in whose names one of the patterns
    ``undecayed_names`` is found, have no weight decay. Engines read this from the slots.

    Attributes:
        accumulation: batches whose mean gradient makes one update. Their sum is kept until then;
            weights change with the last of them, and only then do clipping and decay happen.
        ema_momentum: of ``average = momentum average + (1 - momentum) w`` after each batch, whose
            first value is w after the first update; None: no average.
        ema_overwrite: every so many updates w becomes the average; None: never.
        first: the value of an accumulator before the first step.
    """

    rule: str
    momentum: float = 0.0
    nesterov: bool = False
    beta_1: float = 0.9
    beta_2: float = 0.999
    rho: float = 0.9
    epsilon: float = 1e-7
    learning_rate_power: float = -0.5
    l1: float = 0.0
    l2: float = 0.0
    shrinkage: float = 0.0
    beta: float = 0.0
    first: float = 0.0
    weight_decay: float = 0.0
    clipvalue: float | None = None
    clipnorm: float | None = None
    global_clipnorm: float | None = None
    accumulation: int = 1
    ema_momentum: float | None = None
    ema_overwrite: int | None = None
    undecayed: tuple[str, ...] = ()
    undecayed_names: tuple[str, ...] = ()

    def decays(self, path: str) -> bool:
        """Whether weight decay shrinks the weight of this path.

        >>> op = OptimizerOp(rule="adam", undecayed_names=("bias",))
        >>> op.decays("dense/kernel"), op.decays("dense/bias")
        (True, False)
        """
        name = path.rpartition("/")[2]
        found = any(re.search(pattern, name) for pattern in self.undecayed_names)
        return path not in self.undecayed and not found

    @property
    def slot_names(self) -> tuple[str, ...]:
        """What is kept of each trainable parameter: the rule's own, then the sum, then the average.

        >>> OptimizerOp(rule="sgd_momentum", accumulation=4, ema_momentum=0.9).slot_names
        ('momentum', 'gradient_sum', 'average')
        """
        sums = ("gradient_sum",) if self.accumulation > 1 else ()
        averages = () if self.ema_momentum is None else ("average",)
        return (*RULES[self.rule], *sums, *averages)

    @property
    def slots(self) -> int:
        """Numbers kept per trainable parameter."""
        return len(self.slot_names)

    @property
    def kind(self) -> str:
        """What the slots of two optimizers must share to be exchanged.

        >>> OptimizerOp(rule="adam").kind, OptimizerOp(rule="sgd", ema_momentum=0.9).kind
        ('adam', 'sgd+average')
        """
        return "+".join((self.rule, *self.slot_names[len(RULES[self.rule]) :]))

    def check(self) -> None:
        if self.rule not in RULES:
            raise InvalidProgram(
                f"optimizer rule must be one of {', '.join(RULES)}, received {brief(self.rule)}."
            )
        clips = (self.clipvalue, self.clipnorm, self.global_clipnorm)
        if sum(clip is not None for clip in clips) > 1:
            raise InvalidProgram("set only one of clipvalue, clipnorm and global_clipnorm")
        if self.accumulation < 1 or (self.ema_overwrite is not None and self.ema_overwrite < 1):
            raise InvalidProgram(
                "accumulation and ema_overwrite must be 1 or more, received "
                f"{self.accumulation} and {self.ema_overwrite}."
            )

    def record(self) -> dict[str, Any]:
        in_slots = ("undecayed", "undecayed_names")
        names = (name for name in self.__dataclass_fields__ if name not in in_slots)
        return {name: getattr(self, name) for name in names}
