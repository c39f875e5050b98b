"""`python -m benchmarks coach`: list the runs, train them and put them to the coach, report."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.accuracy import fetch
from benchmarks.coach import claims, cures, page, plan, runner, store
from benchmarks.coach.faults import FAULTS
from benchmarks.coach.halves import HALVES

#: The half that a report is about unless the other one is asked for by name.
OPEN = HALVES[0]


def parser() -> argparse.ArgumentParser:
    ways = argparse.ArgumentParser(prog="python -m benchmarks coach", description=__doc__)
    commands = ways.add_subparsers(dest="command", required=True)
    chosen = argparse.ArgumentParser(add_help=False)
    chosen.add_argument("--results", type=Path, default=store.RESULTS, help="folder of the results")
    listed = commands.add_parser("list", parents=[chosen], help="labels, ways, and runs that count")
    listed.add_argument(
        "--halves", action="store_true", help="the tables and families of each half"
    )
    run = commands.add_parser("run", parents=[chosen], help="train what has no row yet")
    run.add_argument("--labels", nargs="+", metavar="LABEL", help="default: all")
    run.add_argument("--half", nargs="+", choices=HALVES, default=list(HALVES))
    run.add_argument("--data", type=Path, default=fetch.FOLDER, help="folder of the tables")
    run.add_argument("--jobs", type=int, default=1, help="processes of one thread each")
    run.add_argument("--wanted", type=int, help="runs of each label and half (default: the plan's)")
    again = run.add_mutually_exclusive_group()
    again.add_argument("--again", action="store_true", help="also what has a row: train it anew")
    again.add_argument(
        "--look", action="store_true", help="train no new run; put those there are to the coach"
    )
    cured = commands.add_parser(
        "cures", parents=[chosen], help="try the remedies of the findings on sick runs"
    )
    cured.add_argument("--data", type=Path, default=fetch.FOLDER, help="folder of the tables")
    cured.add_argument("--jobs", type=int, default=1, help="processes of one thread each")
    cured.add_argument("--runs", type=int, default=cures.RUNS, help="runs of each label")
    claimed = commands.add_parser(
        "claims", parents=[chosen], help="count false claims of whole coachings"
    )
    claimed.add_argument("kind", choices=claims.KINDS, help="no difference, or healthy runs")
    claimed.add_argument("--data", type=Path, default=fetch.FOLDER, help="folder of the tables")
    claimed.add_argument("--coachings", type=int, default=200, help="in all (default 200)")
    report = commands.add_parser("report", parents=[chosen], help="write docs/coach/measured.md")
    report.add_argument(
        "--judge",
        action="store_true",
        help="also the half held out: once rules and thresholds are final",
    )
    report.add_argument("--lines", action="store_true", help="print each miss and false alarm")
    report.add_argument("--page", type=Path, default=page.PAGE)
    return ways


def main(arguments: Sequence[str]) -> int:
    ways = parser()
    asked = ways.parse_args(arguments)
    try:
        if asked.command == "list":
            show_halves() if asked.halves else show(asked.results)
        elif asked.command == "report":
            report(asked)
        elif asked.command == "claims":
            claims.run(asked.kind, asked.coachings, asked.data, asked.results)
        elif asked.command == "cures":
            cures.run(cures.Asked(asked.runs, asked.data, asked.results, asked.jobs))
        else:
            runner.run(asked_of(asked))
    except ValueError as wrong:
        ways.error(str(wrong))
    return 0


def asked_of(asked: argparse.Namespace) -> runner.Asked:
    """What the command line asks for.

    Raises:
        ValueError: a label is unknown.
    """
    labels = asked.labels or plan.labels()
    if unknown := [label for label in labels if label not in plan.labels()]:
        raise ValueError(f"no label {unknown[0]}; have {', '.join(plan.labels())}")
    return runner.Asked(
        labels,
        halves=asked.half,
        folder=asked.data,
        results=asked.results,
        jobs=asked.jobs,
        again=asked.again,
        look=asked.look,
        wanted=asked.wanted,
    )


def show(results: Path) -> None:
    """Each label: its ways, and how many runs of each half count."""
    rows = [row for half in HALVES for row in store.read(half, results).values()]
    counted = Counter((row["label"], row["half"]) for row in rows if row["shown"])
    for label in plan.labels():
        ways = ", ".join(fault.way for fault in FAULTS.get(label, [])) or "no fault"
        numbers = " + ".join(str(counted[label, half]) for half in HALVES)
        print(f"{label:26} {numbers:8} {ways}")


def show_halves() -> None:
    for half in HALVES:
        print(f"{half}: tables {', '.join(plan.tables_of(half))}")
        print(f"{half}: families {', '.join(plan.families_of(half))}")


def report(asked: argparse.Namespace) -> None:
    """Write the page; lines of misses are for the half that rules are made on."""
    for half in HALVES if asked.judge else (OPEN,):
        page.write(half, list(store.read(half, asked.results).values()), asked.page)
    if cured := cures.read(asked.results):
        page.replace("cures", page.cured(list(cured.values())), asked.page)
    if coached := claims.read(asked.results):
        page.replace("claims", page.claimed(coached), asked.page)
    if asked.lines:
        for line in page.listed(list(store.read(OPEN, asked.results).values())):
            print(line)
