"""Which losses the rules know; any other is to them a function of which they say nothing."""

from __future__ import annotations

from trimtab.nn.losses import Loss
from trimtab.program.ops import Function, LossOp
from trimtab.program.ops.losses import FUNCTION

__all__ = ["known_loss"]

_KNOWN = frozenset(
    {
        "mean_absolute_error",
        "mean_squared_error",
        "binary_crossentropy",
        "binary_crossentropy_logits",
        "sparse_categorical_crossentropy",
        "sparse_categorical_crossentropy_logits",
    }
)


def known_loss(loss: Loss) -> LossOp:
    """The loss as an op; one that the rules do not know as a function."""
    op = loss.lower()
    if op.loss in _KNOWN or op.function is not None:
        return op
    # Of several outputs there is no one function of targets and predictions either.
    call = loss.lower if op.parts else loss.call
    return LossOp(loss=FUNCTION, function=Function(call, loss.name))
