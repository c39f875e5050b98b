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
    "celu",
    "exponential",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "log_sigmoid",
    "mish",
    "soft_shrink",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "squareplus",
    "tanh_shrink",
    "threshold",
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
    - celu: x where x > 0, ``alpha * (exp(x / alpha) - 1)`` elsewhere (Barron 2017)
    - exponential: ``exp(x)``; log_sigmoid: ``log(sigmoid(x))``; softsign: ``x / (1 + abs(x))``
    - hard_sigmoid: ``x / 6 + 1/2`` from 0 to 1; hard_silu: ``x * hard_sigmoid(x)`` (Howard et al.
      2019); hard_tanh: x from -1 to 1
    - hard_shrink: 0 where ``abs(x) <= threshold``, x elsewhere; soft_shrink: x moved towards 0 by
      the threshold; threshold: x where x > threshold, default_value elsewhere; tanh_shrink:
      ``x - tanh(x)``
    - mish: ``x * tanh(softplus(x))`` (Misra 2019)
    - sparse_sigmoid: ``(x + 1) / 2`` from 0 to 1; sparse_plus: its integral, 0 up to -1, x from 1
      on, ``(x + 1)**2 / 4`` between (Blondel et al. 2019)
    - squareplus: ``(x + sqrt(x**2 + b)) / 2`` (Barron 2021)
    """

    kind: ClassVar[str] = "activation"

    function: str
    alpha: float = 1.0
    negative_slope: float = 0.0
    threshold: float = 0.0
    max_value: float = math.inf
    b: float = 4.0
    default_value: float = 0.0

    def check(self) -> None:
        if self.function not in FUNCTIONS:
            raise InvalidProgram(
                f"activation: function must be one of {', '.join(FUNCTIONS)}, "
                f"received {brief(self.function)}."
            )

    @classmethod
    def examples(cls) -> list[Example]:
        wide: list[dict[str, object]] = [{"function": name} for name in FUNCTIONS[:9]]
        wide += [
            {"function": "elu", "alpha": 0.3},
            {"function": "relu", "negative_slope": 0.2},
            {"function": "relu", "max_value": 1.5, "threshold": 0.5, "negative_slope": 0.1},
        ]
        more: list[dict[str, object]] = [{"function": name} for name in FUNCTIONS[9:]]
        more += [
            {"function": "celu", "alpha": 0.3},
            {"function": "hard_shrink", "threshold": 0.5},
            {"function": "soft_shrink", "threshold": 0.75},
            {"function": "squareplus", "b": 0.5},
            {"function": "threshold", "threshold": -0.5, "default_value": 0.25},
        ]
        found = [Example(widths=(n,), attributes=case) for case in wide for n in (5, 64)]
        return found + [Example(widths=(37,), attributes=case) for case in more]
