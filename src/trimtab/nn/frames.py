"""Data frames as rows of numbers, and the names of their columns.

Frames are known by what they can do: pandas by ``iloc``, polars and Arrow by their columns, any
other library by Arrow's protocol (``__arrow_c_stream__``). Columns are converted one by one with
NumPy's, so that a refusal names its column.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab.core.words import listed
from trimtab.errors import InvalidData, Unsupported

__all__ = ["check_names", "columns_of", "names_of"]


def columns_of(x: Any, name: str) -> list[tuple[str, Any]] | None:
    """The columns of a frame of polars, Arrow or another library with Arrow's protocol.

    Args:
        x: what a user passed.
        name: what messages call it.

    Returns:
        Name and cells of each column; None for what is no such frame.

    Raises:
        Unsupported: it is a plan of a frame, or pyarrow, which reads it, is not installed.
    """
    if type(x).__module__.partition(".")[0] == "polars" and hasattr(x, "collect"):
        raise Unsupported(
            f"{name} is a {type(x).__name__}: it holds no rows yet. Pass {name}.collect()."
        )
    if not _is_frame(x):
        return None
    if hasattr(x, "get_columns"):  # polars
        return [(column.name, column) for column in x.get_columns()]
    if not _is_arrow(x):
        try:
            import pyarrow
        except ImportError:
            raise Unsupported(
                f"{name} is a {type(x).__name__}, and reading it takes pyarrow. Install "
                "trimtab[files], or pass an array."
            ) from None
        x = pyarrow.table(x)
    return [(label, x.column(at)) for at, label in enumerate(x.schema.names)]


def _is_frame(x: Any) -> bool:
    """Whether it has columns with names, and is not of pandas."""
    if hasattr(x, "iloc"):
        return False
    if hasattr(x, "get_columns") or _is_arrow(x):
        return True
    return hasattr(x, "__arrow_c_stream__") and not hasattr(x, "__array__")


def _is_arrow(x: Any) -> bool:
    """Whether it is a table of Arrow, or a batch of one."""
    return hasattr(x, "schema") and hasattr(x, "column")


def names_of(x: Any) -> list[str] | None:
    """The names of a frame's columns; None where it is no frame, or they are not all text.

    Numbers in place of names, such as those that pandas gives columns of an array, say nothing.

    Example:
        >>> import pandas as pd
        >>> names_of(pd.DataFrame({"a": [1], "b": [2]})), names_of(pd.DataFrame([[1, 2]]))
        (['a', 'b'], None)
    """
    if hasattr(x, "iloc"):
        names = [*x.columns] if hasattr(x, "columns") else []
    elif not _is_frame(x):
        return None
    elif hasattr(x, "get_columns"):
        names = list(x.columns)
    else:
        names = list(x.schema.names) if _is_arrow(x) else _names_in_stream(x)
    return names if names and all(isinstance(each, str) for each in names) else None


def _names_in_stream(x: Any) -> list[str]:
    """Those of a frame of which only Arrow's protocol is known; its rows are not read."""
    try:
        import pyarrow
    except ImportError:
        return []  # its conversion says what is missing
    return list(pyarrow.RecordBatchReader.from_stream(x).schema.names)


def check_names(names: Sequence[str], known: Sequence[str], name: str = "x") -> None:
    """Refuses columns that are not those of ``fit`` in their order.

    Args:
        names: of the frame.
        known: those of ``fit``.
        name: what messages call the frame.

    Raises:
        InvalidData: they differ; the message says where.

    Example:
        >>> check_names(["b", "a"], ["a", "b"])
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidData: x has the columns of fit in another order: 'b' is where \
'a' was. Pass x[model.column_names].
    """
    if list(names) == list(known):
        return
    advice = f"Pass {name}[model.column_names]"
    missing = [each for each in known if each not in names]
    if not missing and len(names) == len(known):
        there, was = next(pair for pair in zip(names, known, strict=True) if pair[0] != pair[1])
        raise InvalidData(
            f"{name} has the columns of fit in another order: {there!r} is where {was!r} was. "
            f"{advice}."
        )
    others = [each for each in names if each not in known]
    if not missing:
        few = f"more columns than fit had, such as {others[0]!r}" if others else "columns twice"
        raise InvalidData(f"{name} has {few}. {advice}.")
    lacks = listed(map(repr, missing), most=3)
    extra = f", and has {listed(map(repr, others), most=3)} instead" if others else ""
    raise InvalidData(
        f"{name} lacks {lacks}, which fit had{extra}. Name its columns as they were in fit, or "
        f"pass an array if they are the same: {name}.to_numpy()."
    )
