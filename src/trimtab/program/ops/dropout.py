"""Dropout: the op that draws a mask, and what it shares with all that draw one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example, Op

Rates = float | np.floating[Any] | NDArray[np.floating[Any]]

#: Limit and scale with which an op drops nothing.
NOTHING = (np.zeros((), np.uint32), np.ones((), np.float32))


@dataclass(frozen=True, kw_only=True)
class Dropping(Op):
    """An op that drops at random what it has a ``rate`` for.

    Element (row, column) of what it masks is kept where a 16-bit lane of Threefry-2x32-20 is at
    least ``round(rate * 65536)``: key ``(mix(seed, stream), step)``, counter
    ``(row, column // 4)``, lane ``column % 4`` of the 64-bit result.

    Attributes:
        rate: probability of dropping, 0 to 1; a training call may say another for each step.
        stream: which random stream of the seed it draws from; one per random op.
        seed: the layer's own seed, or None for the run's.
    """

    rate: float
    stream: int
    seed: int | None = None

    def limits_and_scales(self, rates: Rates) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
        """What engines go by, of a rate or of each of some rates.

        A lane is kept where it is at least the limit, and what is kept is multiplied by the scale,
        which is 0 where nothing is kept. A limit of 0 says that the op does nothing.

        >>> op = Dropout(inputs=(0,), output=1, rate=0.5, stream=0)
        >>> limits, scales = op.limits_and_scales(np.float32([0, 0.5, 1]))
        >>> limits.tolist(), scales.tolist()
        ([0, 32768, 65536], [1.0, 2.0, 0.0])
        """
        exact = np.asarray(rates, np.float64)
        limits = np.rint(exact * 65536).astype(np.uint32)
        left = np.where(exact < 1, 1 - exact, np.inf)
        return limits, (1 / left).astype(np.float32)

    def record(self) -> dict[str, Any]:
        # Engines get limit and scale ready-made, and the seed as the signed number of the same 64
        # bits.
        seed = self.seed
        if seed is not None and seed >= 2**63:
            seed -= 2**64
        limit, scale = self.limits_and_scales(self.rate)
        return super().record() | {"limit": int(limit), "scale": float(scale), "seed": seed}

    def check(self) -> None:
        if not 0 <= self.rate <= 1:
            raise InvalidProgram(
                f"{self.kind}: rate must be between 0 and 1, received {self.rate}."
            )


@dataclass(frozen=True, kw_only=True)
class Dropout(Dropping):
    """Training: ``y = x * keep / (1 - rate)``; inference: ``y = x``.

    ``keep`` is 1 where the element is kept, see :class:`Dropping`; rows are those of the batch.
    ``share_rows`` (noise shape ``(1, width)``) and ``share_columns`` (noise shape ``(rows, 1)``)
    set that counter to 0.

    With ``for_selu``, what is dropped becomes the lower end of selu, ``end = -1.7581``, instead of
    0, and all is scaled and moved so that a mean of 0 and a variance of 1 stay: ``y = a * (x if
    keep else end) - a * end * rate``, ``a = ((1 - rate) * (1 + rate * end**2)) ** -0.5``, with the
    rate that the mask has, ``round(rate * 65536) / 65536``; zeros for rate 1.

    Source: Srivastava et al. 2014, "Dropout"; inverted scaling as in Keras. Alpha dropout:
    Klambauer et al. 2017, "Self-normalizing neural networks", section 2.
    """

    kind: ClassVar[str] = "dropout"
    passes: ClassVar[bool] = True

    share_rows: bool = False
    share_columns: bool = False
    for_selu: bool = False

    @classmethod
    def examples(cls) -> list[Example]:
        cases: list[dict[str, object]] = [{"rate": rate} for rate in (0.0, 0.1, 0.5, 1.0)]
        cases += [{"rate": 0.5, "share_rows": True}, {"rate": 0.5, "share_columns": True}]
        cases += [{"rate": 0.3, "seed": 7}]
        cases += [{"rate": rate, "for_selu": True} for rate in (0.3, 1.0)]
        return [
            Example(widths=(n,), attributes={"stream": 3, **case})
            for case in cases
            for n in (1, 7, 64, 100)
        ]
