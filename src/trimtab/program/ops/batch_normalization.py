"""Batch normalization."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Example, Op, Shape


@dataclass(frozen=True, kw_only=True)
class BatchNormalization(Op):
    """``y = (x - mean) / sqrt(variance + epsilon) * gamma + beta``, column by column.

    Training (unless ``frozen``): mean and biased variance of the batch, which also feed the
    moving averages, ``moving = moving * momentum + batch * (1 - momentum)``. Inference, or
    frozen: the moving averages, unchanged.

    Statistics are taken over the rows that count: not over masked rows and, with ``weighted``, not
    over rows of sample weight 0. All rows are normalized. If no row counts, ``y = beta`` and the
    state does not change.

    - ``weighted``: ``mean = sum(w x) / sum(w)``, ``variance = sum(w (x - mean)^2) / sum(w)`` over
      the rows that count, with their sample weights w.
    - ``virtual_batch_size`` v: the n rows that count are divided in order into
      ``g = max(1, min(ceil(n / v), n // 2))`` chunks, the first ``n % g`` of them one row longer
      than the others. Each chunk has its own statistics. A row that does not count belongs to the
      chunk of the next row that does, or else of the last one. The moving averages get the mean
      over the chunks, weighted by their rows.
    - ``debias``: ``moving = moving * (1 - a) + batch * a`` with ``a = (1 - momentum) / (1 -
      momentum^t)``, t the number of batches so far including this one; for momentum 1 the limit
      ``1 / t``. The averages are then those of the batches alone, with exponential weights that
      sum to 1: the initial value has no weight after the first batch.

    Parameters: gamma ``(width,)`` where ``scale``, then beta ``(width,)`` where ``center``.
    State: moving_mean and moving_variance ``(width,)``; with ``debias`` also count ``(1,)``, the
    number of batches so far.

    Sources: Ioffe & Szegedy 2015, algorithms 1 and 2; biased variance throughout as in Keras 3.
    Chunks: Hoffer, Hubara & Soudry 2017, "Train longer, generalize better", ghost batch
    normalization. Debiasing: as Adam's, Kingma & Ba 2015, section 3.

    Attributes:
        frozen: whether training also uses the moving averages, and does not update them.
        synchronized: whether several devices normalize by the statistics of the whole batch.
            Otherwise each uses those of its own rows, and divides these into chunks.
    """

    kind: ClassVar[str] = "batch_normalization"

    momentum: float
    epsilon: float
    scale: bool = True
    center: bool = True
    frozen: bool = False
    synchronized: bool = True
    debias: bool = False
    virtual_batch_size: int | None = None
    weighted: bool = False

    def parameter_shapes(self, widths: Sequence[int], output_width: int) -> tuple[Shape, ...]:
        return ((widths[0],),) * (int(self.scale) + int(self.center))

    def state_shapes(self, widths: Sequence[int]) -> tuple[Shape, ...]:
        return ((widths[0],), (widths[0],), *([(1,)] if self.debias else []))

    def check(self) -> None:
        if not self.epsilon > 0:
            raise InvalidProgram(
                f"batch_normalization: epsilon must be positive, received {self.epsilon}."
            )
        if self.virtual_batch_size is not None and self.virtual_batch_size < 2:
            raise InvalidProgram(
                "batch_normalization: virtual_batch_size must be at least 2, received "
                f"{self.virtual_batch_size}."
            )

    @classmethod
    def examples(cls) -> list[Example]:
        cases: list[dict[str, Any]] = [
            {},
            {"scale": False},
            {"center": False},
            {"scale": False, "center": False},
            {"frozen": True},
        ]
        # Cases about rows need fewer widths.
        rows: list[dict[str, Any]] = [
            {"debias": True},
            {"weighted": True},
            {"virtual_batch_size": 2},
            {"virtual_batch_size": 7, "center": False},
            {"virtual_batch_size": 7, "weighted": True, "debias": True, "frozen": True},
            {"virtual_batch_size": 3, "weighted": True, "debias": True},
        ]
        return [
            Example(
                widths=(n,),
                parameters=((n,),) * (case.get("scale", True) + case.get("center", True)),
                state=((n,), (n,), *([(1,)] if case.get("debias") else [])),
                attributes={"momentum": 0.9, "epsilon": 1e-3, **case},
            )
            for few, kinds in ((False, cases), (True, rows))
            for case in kinds
            for n in ((1, 33) if few else (1, 8, 33, 64))
        ]
