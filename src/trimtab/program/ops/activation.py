"""Element-wise activations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from trimtab.core.words import brief
from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example, Op

FUNCTIONS = (
    "relu",
    "tanh",
    "sigmoid",
    "elu",
    "selu",
    "gelu",
    "gelu_tanh",
    "silu",
    "softplus",
)


@dataclass(frozen=True, kw_only=True)
class Activation(Op):
    """``y = f(x)``, element by element; nan in, nan out.

    - relu: ``negative_slope * (x - threshold)`` where x <= threshold, which is 0 without a slope,
      at -inf too; ``min(x, max_value)`` elsewhere
    - elu: x where x > 0, ``alpha * (exp(x) - 1)`` elsewhere (Clevert et al. 2016)
    - selu: 1.0507009873554805 * elu(x, 1.6732632423543772) (Klambauer et al. 2017)
    - gelu: ``x * (1 + erf(x / sqrt(2))) / 2``; gelu_tanh: its tanh approximation
      (Hendrycks & Gimpel 2016)
    - silu: ``x * sigmoid(x)``; softplus: ``log(1 + exp(x))``; tanh; sigmoid
    """

    kind: ClassVar[str] = "activation"

    function: str
    alpha: float = 1.0
    negative_slope: float = 0.0
    threshold: float = 0.0
    max_value: float = math.inf

    def check(self) -> None:
        if self.function not in FUNCTIONS:
            raise InvalidProgram(
                f"activation: function must be one of {', '.join(FUNCTIONS)}, "
                f"received {brief(self.function)}."
            )

    @classmethod
    def examples(cls) -> list[Example]:
        cases: list[dict[str, object]] = [{"function": name} for name in FUNCTIONS]
        cases += [
            {"function": "elu", "alpha": 0.3},
            {"function": "relu", "negative_slope": 0.2},
            {"function": "relu", "max_value": 1.5, "threshold": 0.5, "negative_slope": 0.1},
        ]
        return [Example(widths=(n,), attributes=case) for case in cases for n in (5, 64)]
