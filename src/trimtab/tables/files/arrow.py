"""Arrow columns as columns of a table.

A column is copied once, from the part of the file that holds it into the array that stays: a large
table takes the memory of its columns and little more.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.tables.files import cells
from trimtab.tables.files.far_dates import settle_dates
from trimtab.tables.files.growing import Growing
from trimtab.tables.files.numbers import whole
from trimtab.tables.files.objects import SPREAD, settle_booleans

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["settle_arrow", "settle_parts", "zone_notes"]


def settle_arrow(
    column: pa.Array | pa.ChunkedArray, name: str, table: str, missing: Collection[str] = ()
) -> cells.Settled:
    """An Arrow column as numbers, booleans, dates or text; see :func:`settle_parts`."""
    chunks = getattr(column, "chunks", None)
    parts = iter([column] if chunks is None else chunks)
    return settle_parts(parts, column.type, len(column), name, table, missing)


def settle_parts(
    parts: Iterator[Any], kind: Any, rows: int, name: str, table: str, missing: Collection[str]
) -> cells.Settled:
    """A column that comes in parts.

    Args:
        parts: Arrays of Arrow, one after another.
        kind: Their type.
        rows: How many rows they have together.
        name: The name of the column.
        table: What messages call the table.
        missing: Spellings of a missing value besides the usual ones.

    Returns:
        The column; unread if its cells are not numbers, text, dates, times or booleans.
    """
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(kind):
        plain = kind.value_type
        decoded = (part.dictionary_decode() for part in parts)
        found = settle_parts(decoded, plain, rows, name, table, missing)
        found.said = "category"
        return found
    if types.is_floating(kind):
        width = np.float64 if kind == pa.float64() else np.float32
        return _numbers(parts, rows, width)
    if types.is_integer(kind):
        return _whole_numbers(parts, rows)
    if types.is_decimal(kind):
        return _decimals(parts, rows)
    if types.is_null(kind):
        return _numbers((part.cast(pa.float64()) for part in parts), rows, np.float64)
    if types.is_boolean(kind):
        return _booleans(parts)
    if types.is_timestamp(kind) or types.is_date(kind):
        return _moments(parts, rows)
    if types.is_time(kind):
        return _text(_clocks(parts), missing)
    if types.is_duration(kind):
        settled = _numbers(_seconds(parts, kind), rows, np.float64)
        settled.note = cells.IN_SECONDS
        return settled
    if _is_text(kind):
        return _text(parts, missing)
    if str(kind).startswith("extension<arrow.uuid"):
        return _text((pa.array(map(str, part.to_pylist()), pa.string()) for part in parts), missing)
    if isinstance(kind, pa.BaseExtensionType):
        stored = (getattr(part, "storage", part) for part in parts)
        return settle_parts(stored, kind.storage_type, rows, name, table, missing)
    if types.is_run_end_encoded(kind):
        import pyarrow.compute as pc

        decoded = (pc.run_end_decode(part) for part in parts)
        return settle_parts(decoded, kind.value_type, rows, name, table, missing)
    return _unread(kind, rows)


def _unread(kind: Any, rows: int) -> cells.Settled:
    from pyarrow import types

    said = str(kind)
    if types.is_map(kind):
        what, step = "maps", SPREAD
    elif types.is_struct(kind):
        what, step = "structs", SPREAD
    elif types.is_nested(kind) and "list" in said:
        what, step = "lists", SPREAD
    elif "binary" in said:
        what, step = "bytes", "write it as text or numbers to use it"
    else:
        what, step = f"values of type {said:.40}", "write it as text or numbers to use it"
    return cells.unread(rows, what, step)


def _is_text(kind: Any) -> bool:
    return str(kind) in ("string", "large_string", "string_view")


def _numbers(parts: Iterator[Any], rows: int, dtype: Any) -> cells.Settled:
    values = np.empty(rows, dtype)
    at = infinite = 0
    for part in parts:
        values[at : at + len(part)] = part.to_numpy(zero_copy_only=False)
        infinite += cells.drop_infinite(values[at : at + len(part)])
        at += len(part)
    return cells.Settled(values[:at], Counter(), infinite)


def _whole_numbers(parts: Iterator[Any], rows: int) -> cells.Settled:
    """``int64`` or ``uint64``; with gaps ``float64``, or ``Int64`` where that is not exact."""
    growing = Growing(rows)
    for part in parts:
        growing.add(cells.Settled(_whole(part)))
    return growing.settled()


def _whole(part: Any) -> Any:
    """Whole numbers of Arrow."""
    import pyarrow.compute as pc

    filled = pc.fill_null(part, 0) if part.null_count else part
    values = filled.to_numpy(zero_copy_only=False)
    if values.dtype != np.uint64:
        values = values.astype(np.int64, copy=False)
    gaps = part.is_null().to_numpy(zero_copy_only=False) if part.null_count else None
    return whole.with_gaps(values, gaps)


def _decimals(parts: Iterator[Any], rows: int) -> cells.Settled:
    """``float64``; whole numbers that this would change stay whole, if need be as digits."""
    import pyarrow as pa

    growing = Growing(rows)
    for part in parts:
        values = part.cast(pa.float64()).to_numpy(zero_copy_only=False)
        exact = _exact(part) if whole.is_large(values) else None
        growing.add(cells.Settled(values if exact is None else exact))
    return growing.settled()


def _exact(part: Any) -> Any:
    """Decimals as whole numbers, as text if 64 bits are too few; None if there is a fraction."""
    import pyarrow as pa

    for kind in (pa.int64(), pa.uint64()):
        try:
            return _whole(part.cast(kind))
        except pa.ArrowInvalid:
            continue
    return part.cast(pa.string()).to_pandas() if part.type.scale == 0 else None


def _booleans(parts: Iterator[Any]) -> cells.Settled:
    import pandas as pd

    joined = np.concatenate(
        [part.to_numpy(zero_copy_only=False) for part in parts] or [np.empty(0, bool)]
    )
    if joined.dtype == bool:
        return cells.Settled(pd.Series(joined))
    return settle_booleans(joined, np.asarray(pd.isna(joined)))


def _moments(parts: Iterator[Any], rows: int) -> cells.Settled:
    import pyarrow as pa

    values = np.empty(rows, "datetime64[ns]")
    at = 0
    for part in parts:
        try:
            exact = part.cast(pa.timestamp("ns"))
        except pa.ArrowInvalid:
            return _far_moments(values[:at], part, parts)
        values[at : at + len(part)] = exact.to_numpy(zero_copy_only=False)
        at += len(part)
    return cells.Settled(values[:at])


def _far_moments(near: NDArray[Any], part: Any, more: Iterator[Any]) -> cells.Settled:
    """Dates some of which nanoseconds cannot hold; a unit that can holds all of them."""
    pieces = [one.to_numpy(zero_copy_only=False) for one in itertools.chain([part], more)]
    return settle_dates(np.concatenate([near.astype(pieces[0].dtype), *pieces]))


def _seconds(parts: Iterator[Any], kind: Any) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    units = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
    per_second = units[kind.unit]
    for part in parts:
        yield pc.divide(part.cast(pa.int64()).cast(pa.float64()), per_second)


def _clocks(parts: Iterator[Any]) -> Iterator[Any]:
    """Times of day as text, as ``datetime.time`` writes them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for part in parts:
        yield pc.replace_substring_regex(part.cast(pa.string()), r"\.0+$", "")


def _text(parts: Iterator[Any], missing: Collection[str]) -> cells.Settled:
    import pandas as pd

    pieces = [part.to_pandas() for part in parts]
    text = pd.concat(pieces, ignore_index=True) if pieces else pd.Series([], dtype=object)
    return cells.Settled(cells.missing_text(text, missing), said="text")


def zone_notes(kind: Any, name: str) -> list[str]:
    """A note on a time zone other than UTC."""
    zone = getattr(kind, "tz", None)
    return (
        [f"Times of {name!r} are converted from {zone} to UTC."]
        if zone not in (None, "UTC")
        else []
    )
