"""A small package with a table in it, and rows of results, made by hand."""

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.accuracy import contents
from benchmarks.accuracy.tables import Table

FIELDS: dict[str, Any] = {
    "name": "houses",
    "package": "some-tables",
    "version": "1.0",
    "file": "some_tables/houses.csv",
    "target": "price",
    "task": "regression",
    "source": "made by hand",
    "licence": "none",
    "rows": 0,
    "columns": 0,
    "file_sha256": "",
    "sha256": "",
    "drop": {"id": "number of the row"},
}


def table(**changes: Any) -> Table:
    return Table(**FIELDS | changes)


def frame(rows: int = 120) -> pd.DataFrame:
    """Numbers with gaps, categories with gaps, dates, truth values; classes follow the price."""
    draws = np.random.RandomState(0)
    size = draws.uniform(20, 200, rows)
    kind = draws.choice(["flat", "house", "hut"], rows)
    price = 1000 * size + np.where(kind == "flat", 50_000, 0) + draws.normal(0, 500, rows)
    made = pd.DataFrame(
        {
            "id": np.arange(rows),
            "size": size,
            "kind": kind,
            "sold": pd.date_range("2020-01-01", periods=rows).astype(str),
            "new": draws.rand(rows) > 0.5,
            "price": price.round(2),
            "dear": np.where(price > np.median(price), "yes", "no"),
        }
    )
    made.loc[3, "size"] = np.nan
    made.loc[5, "kind"] = None
    return made


def package(folder: Path, **changes: Any) -> Table:
    """A wheel in `folder` with the table, and the table as a list would have it."""
    made = frame()
    data = made.to_csv(index=False).encode()
    listed = table(**changes)
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "some_tables-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(listed.file, data)
    loaded = contents.load(data, listed)
    facts = {
        "rows": len(loaded),
        "columns": loaded.shape[1] - 1,
        "file_sha256": hashlib.sha256(data).hexdigest(),
        "sha256": contents.digest(loaded),
    }
    return table(**facts | changes)


def row(table_name: str, split: int, variant: str, **values: Any) -> dict[str, Any]:
    return {
        "table": table_name,
        "split": split,
        "variant": variant,
        "options": {},
        "sha256": "",
        "fit_seconds": 1.0,
        "predict_seconds": 0.0,
        "cpu_seconds": 1.0,
        "peak_megabytes": 100.0,
        "machine": "a machine",
        "time": "2026-11-30T00:00:00Z",
        "versions": {"numpy": "2"},
    } | values
