"""Labels of classes, as scikit-learn's callers pass them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import InvalidData
from trimtab.estimators.rows import refuse_none

__all__ = ["checked_labels", "plain"]


def checked_labels(estimator: Any, y: Any) -> NDArray[Any]:
    """The answers of a classification, ``(rows,)``.

    Raises:
        ValueError: they are missing, not finite, or numbers that are no classes.
    """
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_array, column_or_1d

    refuse_none(estimator, y)
    labels = check_array(y, ensure_2d=False, dtype=None, input_name="y", estimator=estimator)
    labels = column_or_1d(labels, warn=True)
    check_classification_targets(labels)
    found: NDArray[Any] = np.asarray(labels)
    if found.dtype.kind in "OUS" and (found == "").any():
        raise InvalidData(
            "y holds an empty text, which is a missing cell in a table. Number the classes: "
            "sklearn.preprocessing.LabelEncoder().fit_transform(y)."
        )
    return found


def plain(label: Any) -> Any:
    """A label as Python has it; whole numbers are integers, whatever they were stored as.

    Example:
        >>> plain(np.float64(2.0)), plain(np.str_("a")), plain(np.bool_(True))
        (2, 'a', True)
    """
    value = label.item() if isinstance(label, np.generic) else label
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
