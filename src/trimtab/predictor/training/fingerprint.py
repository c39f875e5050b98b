"""A checksum that shows whether a table is the same as before."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from trimtab.core.hashing import checksum

if TYPE_CHECKING:
    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.files.table import Table

__all__ = ["fingerprint"]


def fingerprint(tables: Iterable[Table], schema: Schema) -> int:
    """A checksum of the columns that a training uses, in all rows of these tables.

    Names and contents of columns count; the order of columns and the pandas type of text do not.

    >>> from trimtab.tables import infer_schema, read
    >>> table = read({"size": [1, 2, 3], "colour": ["red", None, "blue"], "price": [1.5, 2.5, 4.0]})
    >>> schema = infer_schema(table, "price", kinds={"size": "numeric", "colour": "category"})
    >>> first = fingerprint([table], schema)
    >>> table.frame.loc[1, "size"] = 7
    >>> fingerprint([table], schema) == first
    False
    """
    value = 0
    for table in tables:
        for column in schema.columns:
            if column.role != "dropped" and column.name in table.frame.columns:
                value = zlib.crc32(f"{column.name}\0{column.kind}".encode(), value)
                value = _of_column(table, column.name, value)
    return value


def _of_column(table: Table, name: str, value: int) -> int:
    import pandas as pd

    from trimtab.tables.columns import storage
    from trimtab.tables.files.numbers import whole

    cells = table.frame[name]
    if cells.dtype.kind in "iu" and not isinstance(cells.dtype, np.dtype):
        return checksum(whole.taken_apart(cells.array), value)
    # Booleans with gaps count as the words that they were read as in earlier versions.
    if storage.of(cells) != "text" and isinstance(cells.dtype, np.dtype):
        return checksum([cells.to_numpy()], value)
    codes, uniques = pd.factorize(cells)
    value = checksum([codes.astype(np.int64)], value)
    words = "\0".join(storage.canonical(word) for word in uniques)
    return zlib.crc32(words.encode("utf-8", "surrogatepass"), value)
