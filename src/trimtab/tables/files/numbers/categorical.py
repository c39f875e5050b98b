"""Columns that a data frame itself calls categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trimtab.core.words import one_line

__all__ = ["categories_of"]

#: The beginnings of the names of such types in pandas, Arrow and polars.
_TYPES = ("category", "dictionary", "Categorical", "Enum")


def categories_of(source: Any) -> set[str]:
    """The columns that a data frame calls categories, whatever their text looks like.

    Args:
        source: A data frame of pandas, polars or Arrow, or a dict of columns.

    Example:
        >>> import pandas as pd
        >>> categories_of({"share": pd.Categorical(["5%", "7%"]), "size": ["5%", "7%"]})
        {'share'}
    """
    if hasattr(source, "collect_schema"):  # polars; it may not have computed the columns yet
        schema = source.collect_schema()
        kinds = dict(zip(schema.names(), schema.dtypes(), strict=True))
    elif isinstance(source, Mapping):
        kinds = {name: getattr(column, "dtype", None) for name, column in source.items()}
    elif hasattr(source, "schema"):
        kinds = dict(zip(source.schema.names, source.schema.types, strict=True))
    elif hasattr(source, "columns") and hasattr(source, "dtypes"):
        kinds = dict(zip(source.columns, source.dtypes, strict=True))
    else:  # rows, arrays
        kinds = {}
    return {
        one_line(str(name)).strip() for name, kind in kinds.items() if str(kind).startswith(_TYPES)
    }
