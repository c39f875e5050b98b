"""The command line of a study.

``python -m benchmarks.study VARIANTS.json --tables tables.json --out trials.jsonl`` trains every
variant on every table with every seed, in several processes of one thread each, and appends a line
a trial. What is in the file already is not run again, so a study can be stopped and continued, and
variants added. ``--summary`` only prints what is there.

VARIANTS.json maps names to options of ``train``: ``{"base": {}, "dropout 0.2": {"dropout": 0.2}}``;
an entry ``"regression"``, ``"classes"`` in a variant has options for these tasks alone.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.study import summary
from benchmarks.study.tables import StudyTable, listed, shipped
from benchmarks.study.trial import Trial, run

BASE = "base"


def parser() -> argparse.ArgumentParser:
    ways = argparse.ArgumentParser(
        prog="python -m benchmarks.study", description="Paired trials of options of `train`."
    )
    ways.add_argument("variants", type=Path, nargs="?", help="JSON file: name -> options of train")
    ways.add_argument("--tables", type=Path, nargs="*", default=[], help="indexes of tables")
    ways.add_argument("--no-shipped", action="store_true", help="without scikit-learn's tables")
    ways.add_argument("--only", nargs="+", help="names of tables")
    ways.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    ways.add_argument("--most-rows", type=int, default=5_000, help="drawn from a larger table")
    ways.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    ways.add_argument("--base", default=BASE, help="the variant to compare with")
    ways.add_argument("--by-table", action="store_true", help="the ratio of each table, too")
    ways.add_argument("--summary", action="store_true", help="run nothing")
    ways.add_argument("--out", type=Path, required=True, help="trials, a JSON line each")
    return ways


def options_for(variant: dict[str, Any], task: str) -> dict[str, Any]:
    """The options of a variant for a task.

    >>> options_for({"lr": 0.1, "classes": {"lr": 0.2}}, "binary")
    {'lr': 0.2}
    """
    common = {name: value for name, value in variant.items() if name not in _KINDS}
    own: dict[str, Any] = variant.get("regression" if task == "regression" else "classes", {})
    return common | own


_KINDS = ("regression", "classes")


def trials(
    tables: Sequence[StudyTable],
    variants: dict[str, dict[str, Any]],
    seeds: Sequence[int],
    most_rows: int,
) -> list[Trial]:
    """All variants of a table and seed follow each other, so that comparisons fill up evenly."""
    return [
        Trial(table, seed, name, options_for(variant, table.task), most_rows)
        for seed in seeds
        for table in tables
        for name, variant in variants.items()
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    ways = parser()
    asked = ways.parse_args(arguments)
    rows = known(asked.out)
    if not asked.summary:
        if asked.variants is None:
            ways.error("a study needs VARIANTS.json, or --summary")
        tables = [*([] if asked.no_shipped else shipped())]
        for index in asked.tables:
            tables += listed(index)
        if asked.only:
            tables = [table for table in tables if table.name in asked.only]
        wanted = trials(
            tables, json.loads(asked.variants.read_text()), asked.seeds, asked.most_rows
        )
        done = {(r["table"], r["seed"], r["variant"], r["most_rows"]) for r in rows}
        rows += work([each for each in wanted if each.key not in done], asked)
    print(summary.text(rows, asked.base, by_table=asked.by_table))
    return 0


def known(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(text) for text in path.read_text().splitlines() if text.strip()]


def work(todo: list[Trial], asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Runs trials and appends them to the file as they come."""
    if not todo:
        return []
    # A process of its own for each, with one thread: as many at once as there are cores.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    found = []
    with (
        multiprocessing.get_context("spawn").Pool(asked.processes) as pool,
        asked.out.open("a") as file,
    ):
        for row in pool.imap(run, todo):
            file.write(json.dumps(row) + "\n")
            file.flush()
            found.append(row)
            print(f"{len(found)} / {len(todo)}", end="\r", file=sys.stderr)
    return found
