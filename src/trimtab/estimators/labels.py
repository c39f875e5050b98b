"""Labels of classes, as scikit-learn's callers pass them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.core.words import brief, listed
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.estimators.rows import refuse_none

__all__ = ["check_told", "checked_labels", "known_classes", "numbered", "plain", "weighted"]


def checked_labels(estimator: Any, y: Any) -> NDArray[Any]:
    """The answers of a classification, ``(rows,)``.

    Raises:
        ValueError: they are missing, not finite, or numbers that are no classes.
    """
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_array, column_or_1d

    refuse_none(estimator, y)
    kind = str(getattr(y, "dtype", ""))
    if kind.startswith(("Int", "UInt")) and hasattr(y, "isna") and not y.isna().any():
        y = np.asarray(y, kind.lower())  # of pandas; scikit-learn makes floats of them
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


def check_told(classes: Any, *, fitted: bool) -> None:
    """Refuses a first call of ``partial_fit`` that does not say which classes there are.

    Raises:
        InvalidArgument: so it is.
    """
    if classes is None and not fitted:
        raise InvalidArgument(
            "classes must be passed on the first call to partial_fit, received None. Use "
            "classes=numpy.unique(y) of all answers."
        )


def known_classes(labels: NDArray[Any], classes: Any, before: NDArray[Any] | None) -> NDArray[Any]:
    """All classes, sorted.

    Args:
        labels: of the rows at hand.
        classes: as told, where rows may lack some.
        before: those of an earlier call that goes on.

    Raises:
        InvalidArgument: others are told than in the earlier call.
        InvalidData: there is one alone, or a label is none of those told.
    """
    if (
        before is not None
        and classes is not None
        and not np.array_equal(np.unique(classes), before)
    ):
        raise InvalidArgument(
            f"classes must be those of the first call, {brief(before.tolist())}, received "
            f"{brief(np.unique(classes).tolist())}. Leave classes out."
        )
    known = np.unique(labels if classes is None else np.asarray(classes))
    known = known if before is None else before
    unknown = np.setdiff1d(labels, known)
    if len(unknown):
        raise InvalidData(
            f"y holds {listed(map(repr, unknown.tolist()), 5)}, which are none of the classes "
            f"{listed(map(repr, known.tolist()), 9)}. Name all classes in the first call: "
            "classes=[...]."
        )
    if len(known) < 2:
        raise InvalidData(
            "a classifier needs two classes at least, and y holds one class, "
            f"{plain(known[0])!r}. Add rows of another one."
        )
    return known


def numbered(labels: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.int64]:
    """The number of each label among the classes."""
    return np.searchsorted(classes, labels).astype(np.int64)


def weighted(labels: NDArray[Any], class_weight: Any, weights: Doubles | None) -> Doubles | None:
    """Weights of rows times those of their classes; None where all are equal.

    Args:
        labels: of the rows.
        class_weight: ``"balanced"``, a dict from label to weight, or None.
        weights: of the rows.

    Raises:
        InvalidArgument: the weights of classes are something else.
        InvalidData: rows of one class alone have a weight.
    """
    from sklearn.utils.class_weight import compute_sample_weight

    found = weights
    if class_weight is not None:
        own: Doubles = compute_sample_weight(_class_weights(labels, class_weight), labels)
        found = own if weights is None else own * weights
    if found is not None and len(np.unique(labels[found > 0])) < 2 <= len(np.unique(labels)):
        raise InvalidData(
            "a classifier needs two classes at least, and all rows with a weight above 0 "
            "(sample_weight times class_weight) are of one class. Give rows of another one a "
            "weight."
        )
    return found


def _class_weights(labels: NDArray[Any], given: Any) -> Any:
    """Weights of classes as scikit-learn takes them, checked."""
    if isinstance(given, str) and given == "balanced":
        return given
    if not isinstance(given, Mapping):
        raise InvalidArgument(
            "class_weight must be 'balanced', a dict from label to weight, or None, received "
            f"{brief(given)}. Use class_weight='balanced'."
        )
    known = [plain(label) for label in np.unique(labels)]
    for label, weight in given.items():
        if not (checks.is_number(weight) and 0 <= weight < math.inf):
            raise InvalidArgument(
                f"class_weight must hold numbers of 0 or more, received {brief(weight)} for "
                f"{label!r}. Use 1 for a class that counts like any other."
            )
    strange = [label for label in given if plain(label) not in known]
    if strange and not all(label in map(plain, given) for label in known):
        raise InvalidArgument(
            f"class_weight names {strange[0]!r}, which is none of the classes "
            f"{listed(map(repr, known), 9)}. Name these: class_weight={{{known[0]!r}: 1.0}}."
        )
    return dict(given)


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
