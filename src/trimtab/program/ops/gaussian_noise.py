"""Normal noise: added, or multiplied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example
from trimtab.program.ops.dropout import Dropping, Rates


@dataclass(frozen=True, kw_only=True)
class GaussianNoise(Dropping):
    """Training: ``y = x + rate * z``, or ``y = x * (1 + sqrt(rate / (1 - rate)) * z)``.

    z is standard normal (Box & Muller 1958): of element (row, column), ``sqrt(-2 log(u0))`` times
    ``cos(2 pi u1)`` in even columns and ``sin(2 pi u1)`` in odd ones, ``u = ((word >> 9) + 1/2) /
    2**23`` of the two words of Threefry-2x32-20: key ``(mix(seed, stream), step)``, counter ``(row,
    column // 2)``. Inference: ``y = x``.

    Source: Srivastava et al. 2014, "Dropout", section 10, for the product.

    Attributes:
        multiplies: whether the noise is a factor around 1.
        rate: of a sum, the standard deviation; of a product, the rate of the dropout whose factors
            have the same variance.
    """

    kind: ClassVar[str] = "gaussian_noise"
    passes: ClassVar[bool] = True

    multiplies: bool

    def limits_and_scales(self, rates: Rates) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
        """The scale is the standard deviation; a limit of 0 says that there is no noise."""
        exact = np.asarray(rates, np.float64)
        limits = (exact > 0).astype(np.uint32)
        if not self.multiplies:
            return limits, exact.astype(np.float32)
        with np.errstate(divide="ignore"):
            return limits, np.sqrt(exact / (1 - exact)).astype(np.float32)

    def check(self) -> None:
        super().check()
        if self.multiplies and not self.rate < 1:
            raise InvalidProgram(f"gaussian_noise: rate must be below 1, received {self.rate}.")

    @classmethod
    def examples(cls) -> list[Example]:
        cases: list[dict[str, object]] = [
            {"rate": rate, "multiplies": multiplies}
            for multiplies in (False, True)
            for rate in (0.0, 0.3)
        ]
        cases += [{"rate": 0.5, "multiplies": True, "seed": 7}]
        return [
            Example(widths=(n,), attributes={"stream": 3, **case})
            for case in cases
            for n in (1, 7, 64, 100)
        ]
