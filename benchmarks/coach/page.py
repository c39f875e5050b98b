"""`report`: the figures of docs/coach/measured.md, between the markers of a half."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.client import ROOT
from benchmarks.coach import summary
from benchmarks.coach.plan import HEALTHY, labels
from benchmarks.coach.store import Row
from benchmarks.coach.summary import ENOUGH, Share
from benchmarks.markdown import table

PAGE = ROOT / "docs" / "coach" / "measured.md"


def write(half: str, rows: Sequence[Row], path: Path = PAGE) -> None:
    """Replace the half's block on the page.

    Raises:
        ValueError: no run of this half counts, or the page has no markers for it.
    """
    counted = summary.counted(rows)
    if not counted:
        raise ValueError(
            f"no run of the half {half} counts: python -m benchmarks coach run --half {half}"
        )
    start, end = f"<!-- coach: {half} -->", f"<!-- coach: end {half} -->"
    text = path.read_text()
    before, found, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{path}: no lines {start} and {end}")
    path.write_text(f"{before}{start}\n\n{block(counted)}\n\n{end}{after}")


def block(rows: Sequence[Row]) -> str:
    return "\n\n".join((overall(rows), by_code(rows), confused(rows), pairs(rows), facts(rows)))


def overall(rows: Sequence[Row]) -> str:
    ill = summary.sick(rows)
    first = Share(sum(map(summary.is_first, ill)), len(ill))
    near = Share(sum(map(summary.is_other_name, ill)), len(ill))
    known = [
        row for row in ill if row["label"] in {code for r in rows for code in summary.codes(r)}
    ]
    body = [
        ["", "runs", "share (95 %)"],
        ["the label is among the findings", *_cells(summary.recall(ill))],
        ["the same, of labels that were found at least once", *_cells(summary.recall(known))],
        ["the label comes first", *_cells(first)],
        ["only a consequence or another name is found", *_cells(near)],
        ["errors and warnings that are true", *_cells(summary.precision(rows))],
        ["healthy runs without error or warning", *_cells(summary.silent(rows))],
    ]
    return table(body)


def by_code(rows: Sequence[Row]) -> str:
    """Recall and precision of each code; an interval from five runs on."""
    body = [["code", "sick runs", "tables", "named", "first", "alarms", "of them true"]]
    for label in labels()[1:]:
        of = [row for row in rows if row["label"] == label]
        if of:
            first = sum(map(summary.is_first, of))
            alarms = summary.precision(rows, label)
            body.append(
                [
                    f"`{label}`",
                    str(len(of)),
                    str(len({row["table"] for row in of})),
                    _told(summary.recall(of)),
                    str(first),
                    str(alarms.of),
                    _told(alarms),
                ]
            )
    return table(body)


def confused(rows: Sequence[Row]) -> str:
    """Each label beside the codes that are found in its runs."""
    body = [["label", "found instead of it or beside it (runs)", "nothing found"]]
    for label in labels():
        of = [row for row in rows if row["label"] == label]
        found: dict[str, int] = {}
        for row in of:
            for code in summary.codes(row):
                if code != label:
                    found[code] = found.get(code, 0) + 1
        order = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        listed = ", ".join(f"`{code}` {number}" for code, number in order) or "–"
        if of:
            body.append([label, listed, str(sum(not summary.codes(row) for row in of))])
    return table(body)


def pairs(rows: Sequence[Row]) -> str:
    """Codes that are found together in at least five runs."""
    often = [(two, n) for two, n in summary.together(rows).most_common() if n >= ENOUGH]
    if not often:
        return "No two codes are found together in five runs or more."
    listed = ", ".join(f"`{a}` with `{b}` {n}" for (a, b), n in often)
    return f"Found together in five runs or more: {listed}."


def facts(rows: Sequence[Row]) -> str:
    places = {row["table"] for row in rows}, {row["family"] for row in rows}
    after = any("after" in row["found"] for row in rows)
    looked = "before and after training" if after else "before training"
    return (
        f"{len(summary.sick(rows))} sick and {len(summary.healthy(rows))} healthy runs, "
        f"{len(places[0])} tables, {len(places[1])} families of networks; "
        f"`model.check` looked {looked}."
    )


def listed(rows: Sequence[Row]) -> Iterator[str]:
    """One line for each miss and each false alarm."""
    for row in summary.counted(rows):
        if row["label"] != HEALTHY and not summary.is_named(row):
            yield f"missed {row['name']}: found {', '.join(summary.codes(row)) or 'nothing'}"
        for code in summary.false(row):
            evidence = next(f["evidence"] for f in summary.findings(row) if f["code"] == code)
            yield f"false {code} on {row['name']}: {evidence}"


def _cells(share: Share) -> list[str]:
    return [f"{share.count} of {share.of}", _interval(share)]


def _told(share: Share) -> str:
    if not share.of:
        return "–"
    return _interval(share) if share.of >= ENOUGH else f"{share.count} of {share.of}"


def _interval(share: Share) -> str:
    if share.of < ENOUGH:
        return "–"
    low, high = share.interval
    return f"{share.value:.2f} ({low:.2f} to {high:.2f})"
