"""The loss that ends a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trimtab.errors import InvalidProgram

#: Name of the loss -> whether its target is one class number a row instead of one value an output.
LOSSES = {
    "mean_absolute_error": False,
    "mean_squared_error": False,
    "binary_crossentropy": False,
    "binary_crossentropy_logits": False,
    "sparse_categorical_crossentropy": True,
    "sparse_categorical_crossentropy_logits": True,
}


@dataclass(frozen=True, kw_only=True)
class LossOp:
    """``sum_i weight[i] * loss(target[i], prediction[i]) / rows``, penalties added.

    Formulas a row (p prediction, t target, mean over outputs), as in Keras 3:

    - mean_absolute_error: ``|t - p|``; mean_squared_error: ``(t - p)^2``
    - binary_crossentropy: ``-(t log p + (1 - t) log(1 - p))``, p clipped to [1e-7, 1 - 1e-7];
      ``_logits``: ``max(x, 0) - x t + log(1 + exp(-|x|))``; with label_smoothing s,
      t becomes ``t (1 - s) + s / 2``
    - sparse_categorical_crossentropy: ``-log(p[t] / sum p)``, clipped;
      ``_logits``: ``-log_softmax(x)[t]``
    """

    loss: str
    label_smoothing: float = 0.0

    @property
    def sparse(self) -> bool:
        """Whether targets are class numbers, one a row."""
        return LOSSES[self.loss]

    @property
    def native(self) -> bool:
        """Whether the native engine computes it."""
        return self.loss in LOSSES

    def check(self) -> None:
        if self.loss not in LOSSES:
            raise InvalidProgram(
                f"loss must be one of {', '.join(LOSSES)}, received {self.loss!r}."
            )

    def record(self) -> dict[str, Any]:
        return {"loss": self.loss, "label_smoothing": self.label_smoothing}
