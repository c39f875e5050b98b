"""`report`: the generated tables of docs/defaults.md, between their markers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from benchmarks.accuracy import coverage, peers, summary
from benchmarks.accuracy.splits import SPLITS
from benchmarks.accuracy.store import Row
from benchmarks.accuracy.tables import Table
from benchmarks.client import ROOT
from benchmarks.markdown import number, table

PAGE = ROOT / "docs" / "defaults.md"
MOST_ROWS = 25_000  # of tables whose largest time is told


@dataclass(frozen=True)
class View:
    """What one block of the page shows: the rows of one half, ours and those beside it."""

    half: str
    tables: Mapping[str, Table]
    rows: Sequence[Row]
    timed: Sequence[Row]
    ours: str
    others: Sequence[str]


def write(view: View, path: Path = PAGE) -> None:
    """Replace the half's block on the page.

    Raises:
        ValueError: ours has no results on these tables, or the page no markers for them.
    """
    if not any(row["variant"] == view.ours for row in view.rows):
        raise ValueError(f"{view.ours} has no results on the tables that {view.half}: run it first")
    start, end = f"<!-- accuracy: {view.half} -->", f"<!-- accuracy: end {view.half} -->"
    text = path.read_text()
    before, found, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{path}: no lines {start} and {end}")
    path.write_text(f"{before}{start}\n\n{block(view)}\n\n{end}{after}")


def block(view: View) -> str:
    parts = [
        against(view),
        by_table(view, "error", summary.ERRORS, "RMSE for numbers, log loss for classes"),
        by_table(view, "MAE", ["mae"], "numbers only"),
        costs(view),
        coverages(view),
        facts(view),
    ]
    return "\n\n".join(part for part in parts if part)


def against(view: View) -> str:
    """Wins and error ratios against each of the others."""
    wins = ("wins : losses", "ratio (95 %)")
    head = [f"{view.ours} against", "tables", f"error, {wins[0]}", wins[1]]
    for name in ("RMSE", "log loss", "MAE"):
        head += [f"{name}, {wins[0]}", wins[1]]
    body = [[*head, "time, ours / theirs"]]
    own_time = summary.seconds(view.rows, view.timed, view.ours)
    for other in view.others:
        found = [_compared(view, other, metrics) for metrics in _METRICS]
        tables = str(found[0].tables) if found[0] else "0"
        cells = [cell for comparison in found for cell in _cells(comparison)]
        spent = summary.time_ratio(own_time, summary.seconds(view.rows, view.timed, other))
        body.append([title(other), tables, *cells, number(spent) if spent else "–"])
    return table(body)


def by_table(view: View, name: str, metrics: Sequence[str], what: str) -> str:
    """The error of everyone on each table, mean over splits, the smallest one bold."""
    variants = [view.ours, *view.others]
    errors = {variant: summary.values(view.rows, variant, metrics) for variant in variants}
    body = [[f"{name} ({what})", "rows", "columns", *map(title, variants)]]
    for listed in view.tables.values():
        means = {
            variant: mean(found[listed.name].values())
            for variant, found in errors.items()
            if listed.name in found
        }
        if means:
            cells = [_error(means, variant) for variant in variants]
            body.append([listed.name, str(listed.rows), str(listed.columns), *cells])
    return table(body) if len(body) > 1 else ""


def costs(view: View) -> str:
    """Seconds and memory of everyone."""
    unit = "seconds" if view.timed else "processor seconds"
    head = ["", f"{unit} (geometric mean)", f"largest up to {MOST_ROWS} rows", "on", "peak, MiB"]
    body = [head]
    for variant in (view.ours, *view.others):
        spent = summary.seconds(view.rows, view.timed, variant)
        small = {name: s for name, s in spent.items() if view.tables[name].rows <= MOST_ROWS}
        if small:
            slowest = max(small, key=lambda name: small[name])
            rows = [row for row in (*view.rows, *view.timed) if row["variant"] == variant]
            peak = max(row["peak_megabytes"] for row in rows)
            average = number(summary.geometric_mean(spent.values()))
            body.append([title(variant), average, number(small[slowest]), slowest, number(peak)])
    return table(body)


def coverages(view: View) -> str:
    """The 90 % intervals of ours."""
    found = coverage.covered(view.rows, view.ours, view.tables)
    if not found:
        return ""
    body = [["90 % intervals of", "inside", "binomial 95 % band", "in the band"]]
    for entry in found:
        band = f"{entry.low:.1%} to {entry.high:.1%}"
        body.append([entry.table, f"{entry.share:.1%}", band, "yes" if entry.inside else "no"])
    inside = sum(entry.inside for entry in found)
    average = mean(entry.share for entry in found)
    body.append(["mean", f"{average:.1%}", "", f"{inside} of {len(found)}"])
    return table(body)


def facts(view: View) -> str:
    """Versions, machines, dates, and what is missing."""
    versions = {f"{name} {v}" for row in view.rows for name, v in row["versions"].items()}
    machines = sorted({row["machine"] for row in (*view.timed, *view.rows)})
    dates = sorted(row["time"][:10] for row in view.rows)
    shared = "" if view.timed else " Times are processor seconds of a machine shared with others."
    return (
        f"{len(view.tables)} tables; ratios are ours over theirs, below 1 where ours is better; "
        f"errors within 0.5 % are a tie. {dates[0]} to {dates[-1]}, {'; '.join(machines)}. "
        f"{', '.join(sorted(versions))}.{shared}{missing(view)}"
    )


def missing(view: View) -> str:
    """Who has no result yet on how many tables that are for them, and how many splits that is."""
    done = {(row["variant"], row["table"], row["split"]) for row in view.rows}
    told = []
    for variant in (view.ours, *view.others):
        entry = peers.entry_of(variant)
        due = [(t.name, s) for t in view.tables.values() for s in SPLITS if entry.meets(t, s)]
        if lacking := [place for place in due if (variant, *place) not in done]:
            told.append(f"{title(variant)} {len(lacking)} of {len(due)}")
    return f" Runs still missing: {', '.join(told)}." if told else ""


def title(variant: str) -> str:
    name, colon, _ = variant.partition(":")
    return variant if colon or name == "trimtab" else peers.entry_of(variant).title


_METRICS = (summary.ERRORS, ("rmse",), ("log_loss",), ("mae",))


def _compared(view: View, other: str, metrics: Sequence[str]) -> summary.Comparison | None:
    ours = summary.values(view.rows, view.ours, metrics)
    return summary.compare(ours, summary.values(view.rows, other, metrics))


def _cells(found: summary.Comparison | None) -> list[str]:
    if found is None:
        return ["–", "–"]
    ratio = f"{found.ratio:.3f} ({found.low:.3f} to {found.high:.3f})"
    return [f"{found.wins} : {found.losses}", ratio]


def _error(means: Mapping[str, float], variant: str) -> str:
    if variant not in means:
        return "–"
    value = means[variant]
    text = f"{value:.0f}" if value >= 1000 else f"{value:.4g}" if value >= 1 else f"{value:.4f}"
    return f"**{text}**" if means[variant] == min(means.values()) else text
