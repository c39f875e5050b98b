"""The update rule of a program's parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from trimtab.core.words import brief
from trimtab.errors import InvalidProgram

#: Rule -> numbers kept per trainable parameter.
RULES = {"sgd": 0, "sgd_momentum": 1, "adam": 2}


@dataclass(frozen=True, kw_only=True)
class OptimizerOp:
    """The update of all trainable parameters after each batch.

    In this order: penalty gradient ``g += l1 sign(w) + 2 l2 w``; clipping (one kind at most);
    decoupled weight decay ``w -= w * weight_decay * lr``; then the rule:

    - sgd: ``w -= lr g``
    - sgd_momentum: ``m = momentum m - lr g``; ``w += m``, nesterov: ``w += momentum m - lr g``
    - adam (Kingma & Ba 2015, "epsilon hat"): ``m += (g - m)(1 - beta_1)``,
      ``v += (g^2 - v)(1 - beta_2)``,
      ``w -= m lr sqrt(1 - beta_2^t) / (1 - beta_1^t) / (sqrt(v) + epsilon)``

    The caller gives the learning rate of each step as a float32, so engines know no schedules.

    Weights that ``undecayed`` names by path, and weights in whose names one of the patterns
    ``undecayed_names`` is found, have no weight decay. Engines read this from the slots.
    """

    rule: str
    momentum: float = 0.0
    nesterov: bool = False
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    weight_decay: float = 0.0
    clipvalue: float | None = None
    clipnorm: float | None = None
    global_clipnorm: float | None = None
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
    def slots(self) -> int:
        """Numbers kept per trainable parameter."""
        return RULES[self.rule]

    def check(self) -> None:
        if self.rule not in RULES:
            raise InvalidProgram(
                f"optimizer rule must be one of {', '.join(RULES)}, received {brief(self.rule)}."
            )
        clips = (self.clipvalue, self.clipnorm, self.global_clipnorm)
        if sum(clip is not None for clip in clips) > 1:
            raise InvalidProgram("set only one of clipvalue, clipnorm and global_clipnorm")

    def record(self) -> dict[str, Any]:
        in_slots = ("undecayed", "undecayed_names")
        names = (name for name in self.__dataclass_fields__ if name not in in_slots)
        return {name: getattr(self, name) for name in names}
