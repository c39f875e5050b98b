"""What scikit-learn's callers pass (X, y, weights, groups) as one table with named columns."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.core.words import brief
from trimtab.errors import InvalidData

__all__ = [
    "Rows",
    "checked_groups",
    "checked_inputs",
    "checked_weights",
    "columns_of",
    "counting_columns",
    "names_of",
    "numbers_of",
    "row_count",
    "with_names",
]

TARGET, WEIGHT, GROUP = "target", "sample_weight", "groups"


def checked_inputs(estimator: Any, X: Any, *, reset: bool, least: int = 1) -> Any:
    """X, checked as scikit-learn checks it, without an index; columns of frames keep their kinds.

    Args:
        estimator: its ``n_features_in_`` and ``feature_names_in_`` are set or compared.
        X: a data frame of pandas, polars or Arrow, an array, a sparse matrix or a list of rows.
        reset: whether this is a ``fit`` that begins anew.
        least: rows that are needed.

    Raises:
        ValueError: X has other dimensions, names or columns than it must have, or is empty.
    """
    from sklearn.utils.validation import validate_data

    _refuse_what_holds_no_rows(X)
    if not _is_frame(X):
        return validate_data(
            estimator,
            X,
            reset=reset,
            dtype=None,
            accept_sparse=True,
            ensure_all_finite=False,
            ensure_min_samples=least,
        )
    rows, columns = X.shape
    if not columns or rows < least:
        what, there, needed = ("sample", rows, least) if columns else ("feature", columns, 1)
        raise ValueError(
            f"Found a data frame with {there} {what}(s) (shape={X.shape}) while a minimum of "
            f"{needed} is required."
        )
    validate_data(estimator, X, reset=reset, skip_check_array=True)
    if hasattr(X, "iloc"):
        import pandas as pd

        X = X.copy(deep=False)
        X.index = pd.RangeIndex(len(X))  # rows are known by their place; a named one is no column
        X.columns = [str(name) for name in X.columns]
    return X


def _refuse_what_holds_no_rows(X: Any) -> None:
    """Refuses what scikit-learn takes for one number, and columns of the same name."""
    step = ""
    if isinstance(X, str | bytes | os.PathLike):
        step = "Read it first: trimtab.tables.read(path).frame"
    elif isinstance(X, Mapping) and not hasattr(X, "shape"):
        step = "Use pandas.DataFrame(X)"
    elif hasattr(X, "collect_schema") and not hasattr(X, "shape"):
        step = "Use X.collect()"
    if step:
        raise InvalidData(
            f"X must be a data frame, an array or a sparse matrix, received {brief(X)}. {step}."
        )
    if _is_frame(X):
        names = list(getattr(X, "column_names", X.columns))
        twice = next((name for name, times in Counter(names).items() if times > 1), None)
        if twice is not None:
            raise InvalidData(
                f"two columns of X are called {brief(twice)}, and columns are known by their "
                "names. Rename one of them."
            )


def _is_frame(X: Any) -> bool:
    """Whether X has columns with kinds of their own: of pandas, polars or Arrow."""
    package = type(X).__module__.partition(".")[0]
    return package in ("pandas", "polars", "pyarrow") and len(getattr(X, "shape", ())) == 2


def counting_columns(X: Any) -> dict[str, str]:
    """The columns of numbers that count the rows, with their type.

    In a file such a column is an index, and left out. Among the columns of X it was chosen, and one
    fold of a search must not have it where another has not.

    Example:
        >>> counting_columns(np.array([[3.0, 3.0], [4.0, 5.0], [5.0, 4.0]]))
        {'0': 'integer'}
    """
    if hasattr(X, "iloc"):
        found = {name: X[name] for name, kind in X.dtypes.items() if kind.kind in "iuf"}
    elif hasattr(X, "get_columns"):
        found = {each.name: each for each in X.get_columns() if each.dtype.is_numeric()}
    elif isinstance(X, np.ndarray) and X.dtype.kind in "iuf":
        found = {str(at): X[:, at] for at in range(X.shape[1])}
    else:
        return {}
    return {name: "integer" for name, cells in found.items() if _counts(np.asarray(cells))}


def _counts(cells: NDArray[Any]) -> bool:
    return len(cells) > 1 and bool((np.diff(cells[:2]) == 1).all() and (np.diff(cells) == 1).all())


def columns_of(X: Any) -> list[str]:
    """The names of columns as a table has them; an array's are numbered.

    Example:
        >>> columns_of(np.zeros((2, 3)))
        ['0', '1', '2']
    """
    names = getattr(X, "column_names", getattr(X, "columns", None))
    return [str(name) for name in (range(X.shape[1]) if names is None else names)]


def with_names(X: Any, names: Sequence[str]) -> Any:
    """Rows whose columns are called as in ``fit``.

    scikit-learn warns where an array follows a data frame or the other way round, and goes by the
    order of the columns.

    Args:
        X: inputs that were checked.
        names: of the columns in ``fit``, in their order.
    """
    from trimtab.tables.files.in_memory import framed

    if not _is_frame(X):
        return dict(zip(names, framed(X).values(), strict=True))
    if columns_of(X) == list(names):
        return X
    if hasattr(X, "rename_columns"):
        return X.rename_columns(list(names))
    X = X.copy(deep=False) if hasattr(X, "iloc") else X.clone()
    X.columns = list(names)
    return X


def row_count(X: Any) -> int:
    """Rows of inputs that were checked."""
    return int(X.shape[0])


def numbers_of(estimator: Any, y: Any) -> NDArray[Any]:
    """The answers of a regression, ``(rows,)`` or ``(rows, targets)``, of their own type.

    Raises:
        ValueError: they are missing, not finite or no numbers.
    """
    from sklearn.utils.validation import check_array, column_or_1d

    refuse_none(estimator, y)
    text = next((each for each in np.asarray(y).ravel()[:1] if isinstance(each, str)), None)
    if text is not None:
        own = type(estimator).__name__
        raise InvalidData(
            f"{own} predicts numbers, and y holds text, {brief(str(text))}. Use "
            f"{own.replace('Regressor', 'Classifier')} for classes, or numpy.asarray(y, float) for "
            "numbers."
        )
    numbers: NDArray[Any] = check_array(
        y, ensure_2d=False, dtype="numeric", input_name="y", estimator=estimator
    )
    if numbers.ndim == 2 and numbers.shape[1] == 1:
        numbers = column_or_1d(numbers, warn=True)
    return numbers


def refuse_none(estimator: Any, y: Any) -> None:
    """Refuses a call without y, in scikit-learn's words."""
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is None."
        )


def names_of(y: Any) -> list[str]:
    """What y calls its columns."""
    if len(getattr(y, "shape", ())) == 2 and hasattr(y, "columns"):
        return [str(name) for name in y.columns]
    name = getattr(y, "name", None)
    return [] if name is None or callable(name) else [str(name)]


def checked_weights(weights: Any, rows: int) -> Doubles | None:
    """One weight for each row; None where all are equal.

    Raises:
        ValueError: they are of another number, negative or not finite, or all of them are 0.
    """
    from sklearn.utils.validation import check_array

    if weights is None:
        return None
    if checks.is_number(weights):
        raise InvalidData(
            f"sample_weight must hold one weight for each row, received {brief(weights)}. Leave it "
            "out for equal weights."
        )
    found: Doubles = check_array(
        weights, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    if found.shape != (rows,):
        raise InvalidData(
            f"sample_weight must hold one weight for each of {rows:,} rows, received the shape "
            f"{found.shape}. Pass an array of {rows:,} numbers."
        )
    if not (found >= 0).all():
        raise InvalidData(
            f"sample_weight must not be negative, received {found.min():g}. Use 0 for rows that "
            "do not count."
        )
    if not (found > 0).any():
        raise InvalidData(
            "sample_weight must be above 0 for a row at least, received zero for all. Leave it out "
            "for equal weights."
        )
    return found


def checked_groups(groups: Any, rows: int) -> NDArray[Any] | None:
    """The group of each row, or None.

    Raises:
        InvalidData: they are of another number.
    """
    from sklearn.utils.validation import column_or_1d

    if groups is None:
        return None
    found: NDArray[Any] = column_or_1d(groups)
    if len(found) != rows:
        raise InvalidData(
            f"groups must hold one group for each of {rows:,} rows, received {len(found):,}. Pass "
            f"an array of {rows:,} labels."
        )
    return found


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows to train on as one table.

    Attributes:
        table: inputs, answers, weights and groups.
        targets: names of the columns of answers.
        weight: name of the column of weights, or None.
        group: name of the column of groups, or None.
    """

    table: Any
    targets: tuple[str, ...]
    weight: str | None
    group: str | None

    @classmethod
    def of(
        cls,
        X: Any,
        y: NDArray[Any],
        names: Sequence[str] = (),
        weights: Doubles | None = None,
        groups: NDArray[Any] | None = None,
        known: Sequence[str] = (),
        columns: Sequence[str] | None = None,
    ) -> Rows:
        """One table of all that comes apart.

        Args:
            X: inputs that were checked.
            y: answers, ``(rows,)`` or ``(rows, targets)``.
            names: what y calls its columns.
            weights: of the rows.
            groups: of the rows.
            known: the columns of answers of an earlier training that goes on.
            columns: what the columns of X were called in it.
        """
        from trimtab.tables.files.joining import joined

        rows, width = y.shape[0], 1 if y.ndim == 1 else y.shape[1]
        if row_count(X) != rows:
            raise InvalidData(
                f"X has {row_count(X):,} rows and y {rows:,}. Pass one value for each row."
            )
        table = with_names(X, columns_of(X) if columns is None else columns)
        taken = {name.strip() for name in columns_of(X)}
        if len(names) != width:
            names = [TARGET] if width == 1 else [f"{TARGET}_{at + 1}" for at in range(width)]
        targets = tuple(known) or tuple(_free(name, taken) for name in names)
        for at, name in enumerate(targets):
            table = joined(table, y if y.ndim == 1 else y[:, at], name)[0]
        weight = group = None
        if weights is not None:
            weight = _free(WEIGHT, taken)
            table = joined(table, weights, weight)[0]
        if groups is not None:
            group = _free(GROUP, taken)
            table = joined(table, groups, group)[0]
        return cls(table, targets, weight, group)


def _free(name: str, taken: set[str]) -> str:
    """A name that no column has; it is taken from now on."""
    name = name.strip() or TARGET
    while name in taken:
        name += "_"
    taken.add(name)
    return name
