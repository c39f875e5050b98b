"""Several inputs as columns of one matrix: how users pass them, and how engines take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trimtab.core.types import Floats
from trimtab.core.words import count, listed
from trimtab.errors import InvalidData
from trimtab.nn import data

__all__ = ["as_matrix"]


def as_matrix(x: Any, names: Sequence[str], widths: Sequence[int], what: str = "x") -> Floats:
    """The rows ``(n, sum of widths)``: the columns of all inputs side by side.

    Args:
        x: a dict from the name of an input to its rows; a list with the rows of each input; a
            DataFrame that has a column for each input; or one array with all columns in order.
            A model with one input takes its rows as they are, too.
        names: of the inputs.
        widths: their numbers of columns.
        what: what messages call the rows.

    Raises:
        InvalidData: an input is missing, the numbers of rows differ, or the rows of an input do not
            fit it.
    """
    parts = _parts(x, names, widths, what)
    if parts is None:
        return data.as_features(x, sum(widths), what)
    rows = None
    found = []
    for name, width, part in zip(names, widths, parts, strict=True):
        label = f"{what}[{name!r}]"
        array = data.as_features(part, width, label)
        if rows is not None and len(array) != rows:
            raise InvalidData(
                f"{what}[{names[0]!r}] has {count(rows, 'row')} and {label} has {len(array)}. "
                "They must have the same number."
            )
        rows = len(array)
        found.append(array)
    return found[0] if len(found) == 1 else np.concatenate(found, axis=1)


def _parts(x: Any, names: Sequence[str], widths: Sequence[int], what: str) -> Sequence[Any] | None:
    """The rows of each input; None where all columns lie in one table."""
    if isinstance(x, Mapping):
        return _by_name(x, names, what)
    if hasattr(x, "columns") and hasattr(x, "iloc"):
        return _of_frame(x, names, widths, what)
    if isinstance(x, list | tuple) and (len(names) > 1 or (len(x) == 1 and _is_table(x[0]))):
        if len(x) == len(names):
            return x
        raise InvalidData(
            f"{what} is a list of {len(x)}, but the model has {len(names)} inputs: "
            f"{listed(list(names), last=' and ')}. Pass one array for each, or a dict."
        )
    return None


def _by_name(x: Mapping[Any, Any], names: Sequence[str], what: str) -> list[Any]:
    missing = [name for name in names if name not in x]
    if missing:
        inputs = "input" if len(names) == 1 else "inputs"
        raise InvalidData(
            f"{what} lacks {listed([repr(name) for name in missing], last=' and ')}: the model has "
            f"the {inputs} {listed(list(names), last=' and ')}, and {what} has "
            f"{listed([str(key) for key in x], last=' and ') or 'nothing'}."
        )
    return [x[name] for name in names]


def _of_frame(x: Any, names: Sequence[str], widths: Sequence[int], what: str) -> list[Any] | None:
    """The columns of a DataFrame by name; None where it has all columns in order."""
    if len(names) == 1:
        return None
    by_name = [name in x.columns for name in names]
    if all(by_name) and all(width == 1 for width in widths):
        return [x[name] for name in names]
    if not any(by_name) and x.shape[1] == sum(widths):
        return None
    lacking = [name for name, known in zip(names, by_name, strict=True) if not known]
    if lacking:
        raise InvalidData(
            f"{what} has no column {listed([repr(name) for name in lacking], last=' and ')}: of a "
            "DataFrame each input is the column of its name. Pass a dict from the name of an input "
            f"to its columns: {{{lacking[0]!r}: frame[[...]], ...}}."
        )
    name, width = next(
        (name, width) for name, width in zip(names, widths, strict=True) if width > 1
    )
    raise InvalidData(
        f"{what} is a DataFrame, and the input {name!r} has {count(width, 'column')}. Pass a dict "
        f"from the name of an input to its columns: {{{name!r}: frame[[...]], ...}}."
    )


def _is_table(value: Any) -> bool:
    """Whether this has rows and columns itself."""
    if isinstance(value, list | tuple):
        return len(value) > 0 and isinstance(value[0], list | tuple | np.ndarray)
    return getattr(value, "ndim", 0) == 2 or hasattr(value, "nnz")
