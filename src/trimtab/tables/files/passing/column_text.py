"""Columns as CSV, JSON and Arrow hold them, without loss.

The text of a cell depends on this cell alone: the form of a column is the same in every chunk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.errors import InvalidData
from trimtab.tables.files.passing.cell_text import NESTED, NoText, is_missing, json_of, text_of
from trimtab.tables.files.passing.moment_text import has_moments, moment_texts

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["as_json", "as_text", "typed"]

_TEXT_OF_ARROW = ("string", "large_string")


def as_text(column: pd.Series) -> pd.Series:
    """A column as CSV writes it; columns of numbers and text are as they are.

    Raises:
        InvalidData: Cells are bytes that are no text.

    Example:
        >>> import pandas as pd
        >>> as_text(pd.Series(pd.to_datetime(["2020-07-01 00:00", "2020-07-01 12:30"]))).tolist()
        ['2020-07-01 00:00:00', '2020-07-01 12:30:00']
    """
    import pandas as pd

    column = _decoded(column)
    if _as_it_is(column.dtype):
        return column
    if has_moments(column):
        return pd.Series(moment_texts(column), index=column.index, dtype=object)
    if (floats := _floats(column)) is not None:
        return pd.Series(floats, index=column.index)
    return pd.Series(_each(column, text_of, None, "CSV"), index=column.index, dtype=object)


def as_json(column: pd.Series) -> list[str]:
    """The cells of a column as JSON; missing ones, NaN and infinities are null.

    Raises:
        InvalidData: Cells are bytes that are no text.

    Example:
        >>> import pandas as pd
        >>> as_json(pd.Series([2**64 - 1, None, "a", 0.5, True, [1, None]], dtype=object))
        ['18446744073709551615', 'null', '"a"', '0.5', 'true', '[1, null]']
    """
    column = _decoded(column)
    if has_moments(column):
        return ["null" if text is None else json_of(text) for text in moment_texts(column)]
    if (floats := _floats(column)) is not None:
        texts = map(repr, floats.tolist()) if floats.dtype == np.float64 else map(str, floats)
        finite = np.isfinite(floats).tolist()
        return [text if real else "null" for text, real in zip(texts, finite, strict=True)]
    return _each(column, json_of, "null", "JSON")


def typed(column: pd.Series) -> pd.Series:
    """A column of objects as Arrow can hold it: text if its cells are of no common type.

    Example:
        >>> import pandas as pd
        >>> typed(pd.Series([{"a": 1}, None], dtype=object)).tolist()
        ['{"a": 1}', None]
    """
    import pandas as pd

    kinds = {_bare(type(cell)) for cell in column if not is_missing(cell)}
    # Whole numbers may be too long, and lists differ from row to row.
    if len(kinds) <= 1 and not any(issubclass(kind, (int, *NESTED)) for kind in kinds):
        return column
    return pd.Series(_each(column, text_of, None, "Arrow"), index=column.index, dtype=object)


def _as_it_is(dtype: Any) -> bool:
    """Whether pandas writes each cell of a column in full, and in the same form."""
    import pandas as pd

    if isinstance(dtype, np.dtype):
        return dtype.kind in "iufb"
    if isinstance(dtype, pd.StringDtype | pd.BooleanDtype):
        return True
    if isinstance(dtype, pd.ArrowDtype) and str(dtype.pyarrow_dtype) in _TEXT_OF_ARROW:
        return True
    return not isinstance(dtype, pd.CategoricalDtype) and getattr(dtype, "kind", "O") in "iu"


def _decoded(column: pd.Series) -> pd.Series:
    """The cells of a column of Arrow's dictionaries, with the type of their values."""
    import pandas as pd

    if not isinstance(column.dtype, pd.ArrowDtype):
        return column
    kind = column.dtype.pyarrow_dtype
    if not str(kind).startswith("dictionary"):
        return column
    import pyarrow as pa

    plain = pa.array(column).cast(kind.value_type)
    return pd.Series(pd.arrays.ArrowExtensionArray(plain), index=column.index, name=column.name)


def _floats(column: pd.Series) -> NDArray[Any] | None:
    """A column of floats with their own width; None: it holds something else.

    As a Python float, a float32 of 0.1 would be 0.10000000149011612.
    """
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype) or getattr(column.dtype, "kind", "O") != "f":
        return None
    dtype: Any = column.dtype
    width = np.dtype(getattr(dtype, "numpy_dtype", dtype))
    found: NDArray[Any] = column.to_numpy(width, na_value=np.nan)
    return found


def _each(column: pd.Series, convert: Callable[[Any], str], missing: Any, where: str) -> list[Any]:
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        # The last one, at -1, is that of missing cells.
        categories = pd.Series(column.cat.categories, name=column.name)
        floats = _floats(categories)
        if floats is not None:
            categories = pd.Series([*floats], name=column.name, dtype=object)
        named = [*_each(categories, convert, missing, where), missing]
        return [named[code] for code in column.cat.codes]
    converted = []
    for cell in column.tolist():
        try:
            converted.append(missing if is_missing(cell) else convert(cell))
        except NoText:
            raise InvalidData(
                f"column {column.name!r} holds bytes that are no text, such as {cell!r:.40}, "
                f"which {where} cannot hold. Write Parquet, which can: --out predictions.parquet."
            ) from None
    return converted


def _bare(kind: type) -> type:
    """The type of which cells of several types are."""
    return next((base for base in (str, float) if issubclass(kind, base)), kind)
