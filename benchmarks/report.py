"""Result files: raw JSON of each measurement, and one Markdown page made from all of them.

The page is made from the JSON alone, so it can be made again without measuring.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from benchmarks.goals import ACCELERATOR_GOALS, GOALS, ROWS_SPREAD, Goal
from benchmarks.markdown import number, table
from benchmarks.measurements import MEASUREMENTS
from benchmarks.peers import PEERS
from benchmarks.runs import RUNS
from benchmarks.summary import (
    Spread,
    landed,
    ratio,
    spread_over_cases,
    steady,
    unique,
    validation_losses,
    values_by_turn,
)

Result = dict[str, Any]
PAGE = "results.md"


def strict(value: Any) -> Any:
    """JSON has no nan: what is not finite is written as a string."""
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: strict(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [strict(entry) for entry in value]
    return value


def write_json(folder: Path, name: str, result: Result) -> None:
    text = json.dumps(strict(result), indent=1, allow_nan=False)
    (folder / f"{name}.json").write_text(text + "\n")


def write_page(folder: Path) -> Path:
    """The page of every measurement whose JSON lies in the folder."""
    results = {}
    for name in MEASUREMENTS:
        path = folder / f"{name}.json"
        if path.is_file():
            results[name] = json.loads(path.read_text())
    parts = ["# Measured", "Written by `python -m benchmarks`; do not edit."]
    parts += where_and_with_what(list(results.values()))
    for name, result in results.items():
        parts += section(name, result)
        picture = MEASUREMENTS[name].picture
        if picture is not None and result["records"]:
            (folder / f"{name}.svg").write_text(picture(result["records"]), encoding="utf-8")
    page = folder / PAGE
    page.write_text("\n\n".join(part for part in parts if part) + "\n")
    return page


def where_and_with_what(results: Sequence[Result]) -> list[str]:
    """Machine, date and versions: one entry for each that differs between the results."""
    lines = []
    for key in ("machine", "versions"):
        merged: dict[str, list[str]] = {}
        for result in results:
            for name, value in result[key].items():
                values = merged.setdefault(name, [])
                if value not in values:
                    values.append(value)
        lines.append("; ".join(f"{name}: {' and '.join(vs)}" for name, vs in merged.items()) + ".")
    return lines


def section(name: str, result: Result) -> list[str]:
    """Paragraphs of one measurement."""
    measurement = MEASUREMENTS[name]
    records = result["records"]
    load = result["load_before"]
    about = f"{measurement.value}. Rounds: {result['repeats']}."
    if load is not None:
        about += f" Load average before: {load:.2f}."
    parts = [f"## {measurement.title}", about]
    if not result["full_length"]:
        parts.append("**Shortened runs: a check that everything works, no measurement.**")
    if made_up := result.get("made_up"):
        parts.append(f"Made-up rows of the same shape stand in for {', '.join(made_up)}.")
    if measurement.page is not None and records:
        parts += measurement.page(records)
    else:
        for case in unique(record["case"] for record in records):
            of_case = [record for record in records if record["case"] == case]
            parts += [f"### {case}", case_table(of_case, case, check=checkable(case, result))]
    goals = ACCELERATOR_GOALS if result.get("accelerator") else GOALS
    parts.append(goals_table(name, records, goals))
    left_out = [f"- Left out: {what} ({why})." for what, why in result["left_out"].items()]
    return [*parts, "\n".join(left_out)]


def case_table(records: Sequence[Result], case: str, *, check: bool) -> str:
    rows = []
    firsts = {record["peer"]: record["value"] for record in records if record["turn"] == 0}
    for peer in unique(record["peer"] for record in records):
        values = list(values_by_turn(records, case, peer).values())
        title = PEERS[peer].title if peer in PEERS else peer
        beside = ratio(records, case, peer, "trimtab")
        row = [
            title,
            *spread_cells(Spread.of(values) if values else None),
            number(firsts[peer]) if peer in firsts else "",
            number(beside.middle) if beside else "",
            losses_cell(validation_losses(records, case, peer), case, check),
            occupancy(records, peer),
        ]
        rows.append(row)
    head = ["", "median", "min–max", "first fit", "/ trimtab", "min val loss", "cores busy"]
    return table(without_empty_columns(head, rows))


def checkable(case: str, result: Result) -> bool:
    """Whether the losses of a case say something: a full run on the lesson's own rows."""
    return result["full_length"] and case.split()[-1] not in result.get("made_up", [])


def spread_cells(spread: Spread | None) -> list[str]:
    if spread is None:
        return ["–", ""]
    return [number(spread.middle), f"{number(spread.low)}–{number(spread.high)}"]


def losses_cell(losses: Sequence[float], case: str, check: bool) -> str:
    """The range of smallest validation losses, and whether it is where a full run lands."""
    if not losses:
        return ""
    cell = f"{min(losses):.4f}–{max(losses):.4f}"
    run = RUNS.get(case.split()[-1])
    if check and run is not None and run.lands is not None:
        cell += "" if landed(losses, run.lands) else f" (outside {run.lands[0]}–{run.lands[1]})"
    return cell


def occupancy(records: Iterable[Result], peer: str) -> str:
    """Processor seconds per second of a fit."""
    shares = [
        record["cpu_seconds"] / record["seconds"]
        for record in steady(records)
        if record["peer"] == peer and record.get("seconds")
    ]
    return number(Spread.of(shares).middle) if shares else ""


def goals_table(name: str, records: Sequence[Result], goals: Sequence[Goal]) -> str:
    rows = []
    for goal in goals:
        if goal.measurement == name:
            found = ratio(records, goal.case, goal.over, goal.under)
            aim = f"{goal.sense} {goal.bound:g}"
            verdict = goal.met(found.middle) if found else None
            rows.append(goal_row(f"{goal.case}: {goal.over} / {goal.under}", aim, found, verdict))
    if name == "rows":
        found = spread_over_cases(records, "trimtab")
        verdict = found.middle <= ROWS_SPREAD if found else None
        rows.append(
            goal_row("trimtab: slowest / quickest", f"at most {ROWS_SPREAD}", found, verdict)
        )
    head = ["ratio", "goal", "median of rounds", "min–max", ""]
    return table([head, *rows]) if rows else ""


def goal_row(what: str, aim: str, found: Spread | None, met: bool | None) -> list[str]:
    verdict = {True: "met", False: "missed", None: "not measured"}[met]
    return [what, aim, *spread_cells(found), verdict]


def without_empty_columns(head: list[str], rows: list[list[str]]) -> list[list[str]]:
    kept = [index for index in range(len(head)) if any(row[index] for row in rows)]
    return [[row[index] for index in kept] for row in [head, *rows]]
