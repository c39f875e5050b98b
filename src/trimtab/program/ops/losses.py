"""The loss that ends a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trimtab.core.words import brief
from trimtab.errors import InvalidProgram
from trimtab.program.ops.base import Function, check_members

#: Name of the loss -> whether the target is one class number per row, not one value per output.
LOSSES = {
    "mean_absolute_error": False,
    "mean_squared_error": False,
    "binary_crossentropy": False,
    "binary_crossentropy_logits": False,
    "sparse_categorical_crossentropy": True,
    "sparse_categorical_crossentropy_logits": True,
}

#: Name of a custom loss; only JAX computes it.
FUNCTION = "function"


@dataclass(frozen=True, kw_only=True)
class LossOp:
    """``sum_i weight[i] * loss(target[i], prediction[i]) / rows``, penalties added.

    Formulas for a row (p prediction, t target, mean over outputs), as in Keras 3:

    - mean_absolute_error: ``|t - p|``; mean_squared_error: ``(t - p)^2``
    - binary_crossentropy: ``-(t log p + (1 - t) log(1 - p))``, p clipped to [1e-7, 1 - 1e-7];
      ``_logits``: ``max(x, 0) - x t + log(1 + exp(-|x|))``; with label_smoothing s,
      t becomes ``t (1 - s) + s / 2``
    - sparse_categorical_crossentropy: ``-log(p[t] / sum p)``, clipped;
      ``_logits``: ``-log_softmax(x)[t]``; with label_smoothing s, ``(1 - s)`` times that plus
      ``s`` times its mean over all classes in place of t
    - function: a custom function of (t, p), written in ``jax.numpy``; targets may have any number
      of columns, and a single number for the batch is the loss of each of its rows

    Attributes:
        members: with more than 1, the program ends in the average over its members. In training,
            the loss of a row is the mean over the members of the losses of what each of them
            predicts, before the average; in inference it is the loss of the average.
    """

    loss: str
    label_smoothing: float = 0.0
    function: Function | None = None
    members: int = 1

    @property
    def sparse(self) -> bool:
        """Whether targets are class numbers, one per row."""
        return LOSSES.get(self.loss, False)

    def target_width(self, outputs: int) -> int | None:
        """Columns of the target array for this number of outputs; None for any number."""
        if self.function is not None:
            return None
        return 1 if self.sparse else outputs

    @property
    def native(self) -> bool:
        """Whether the native engine computes it."""
        return self.loss in LOSSES

    def check(self) -> None:
        check_members("loss", self.members)
        if not self.native and self.loss != FUNCTION:
            raise InvalidProgram(
                f"loss must be one of {', '.join(LOSSES)}, received {brief(self.loss)}."
            )
        if self.native == isinstance(self.function, Function):
            raise InvalidProgram(
                "loss='function' needs a function, and no other loss takes one, received "
                f"loss={brief(self.loss)}, function={brief(self.function)}."
            )

    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = {"loss": self.loss, "label_smoothing": self.label_smoothing}
        if self.members > 1:
            record["members"] = self.members
        return record if self.function is None else record | {"function": self.function.name}
