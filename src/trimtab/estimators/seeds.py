"""The seed that an estimator's ``random_state`` stands for."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from trimtab.core.words import brief
from trimtab.errors import InvalidArgument

__all__ = ["seed_of"]


def seed_of(random_state: Any) -> int:
    """A seed, by the habits of scikit-learn.

    Args:
        random_state: an integer, a RandomState that a seed is drawn from, or None for the one of
            NumPy.

    Raises:
        InvalidArgument: it is something else.

    Example:
        >>> seed_of(7), seed_of(np.random.RandomState(0)) == seed_of(np.random.RandomState(0))
        (7, True)
    """
    if isinstance(random_state, int | np.integer) and not isinstance(random_state, bool):
        return int(random_state)
    try:
        return int(check_random_state(random_state).randint(2**31))
    except ValueError:
        raise InvalidArgument(
            "random_state must be an integer, a numpy.random.RandomState or None, received "
            f"{brief(random_state)}. Use random_state=0."
        ) from None
