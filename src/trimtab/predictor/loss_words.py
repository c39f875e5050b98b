"""What losses are called beside pictures."""

from __future__ import annotations

__all__ = ["loss_words"]

#: For classes the word that scores use; it also fits beside a picture.
_WORDS = {
    "mse": "mean squared error",
    "mae": "mean absolute error",
    "bce": "log loss",
    "binary_crossentropy": "log loss",
    "sparse_categorical_crossentropy": "log loss",
}


def loss_words(loss: object, targets: int = 1) -> str:
    """The label of an axis of losses.

    Args:
        loss: its name in the options.
        targets: how many columns are predicted.

    Example:
        >>> loss_words("mae"), loss_words("huber_loss", 2)
        ('mean absolute error', 'huber loss, mean of 2 targets')
    """
    said = _WORDS.get(str(loss), str(loss).replace("_", " "))
    return said if targets == 1 else f"{said}, mean of {targets} targets"
