"""`report`: the figures of docs/coach/measured.md, between the markers of a half."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.client import ROOT
from benchmarks.coach import claims, cures, summary
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
    if not summary.counted(rows):
        raise ValueError(
            f"no run of the half {half} counts: python -m benchmarks coach run --half {half}"
        )
    replace(half, block(rows), path)


def replace(name: str, text: str, path: Path = PAGE) -> None:
    """Replace what lies between two markers of the page.

    Raises:
        ValueError: the page has no such markers.
    """
    start, end = f"<!-- coach: {name} -->", f"<!-- coach: end {name} -->"
    before, found, rest = path.read_text().partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{path}: no lines {start} and {end}")
    path.write_text(f"{before}{start}\n\n{text}\n\n{end}{after}")


def block(rows: Sequence[Row]) -> str:
    """Overall figures of each look; the rest is about the last one."""
    looks = {look: summary.counted(rows, look) for look in summary.looks(rows)}
    last = list(looks.values())[-1]
    parts = (facts(last), overall(looks), by_code(last), confused(last), pairs(last))
    return "\n\n".join(parts)


#: What a look is called.
TITLES = {
    "before": "`check` before training",
    "after": "`check(history=...)` after it",
    "watched": "the callback `Coach`",
    "together": "`check` before and the callback after",
}


def overall(looks: Mapping[str, Sequence[Row]]) -> str:
    """A row for each figure, a column for each look."""
    body = [["", *(TITLES[look] for look in looks)]]
    figures: dict[str, Callable[[Sequence[Row]], Share]] = {
        "sick runs whose label is named": lambda rows: summary.recall(summary.sick(rows)),
        "... or a finding that is its cause": lambda rows: _share(summary.is_explained, rows),
        "... of labels that any run was given": _known,
        "sick runs whose label comes first": lambda rows: _share(summary.is_first, rows),
        "sick runs with only a consequence or another name": lambda rows: _share(
            summary.is_other_name, rows
        ),
        "errors and warnings that are true": summary.precision,
        "healthy runs without error or warning": summary.silent,
    }
    for name, figure in figures.items():
        body.append([name, *(_both(figure(rows)) for rows in looks.values())])
    return table(body)


def _share(holds: Callable[[Row], bool], rows: Sequence[Row]) -> Share:
    ill = summary.sick(rows)
    return Share(sum(map(holds, ill)), len(ill))


def _known(rows: Sequence[Row]) -> Share:
    """Recall where the coach knows the code at all."""
    given = {code for row in rows for code in summary.codes(row)}
    return summary.recall([row for row in summary.sick(rows) if row["label"] in given])


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
    ill, well = summary.sick(rows), summary.healthy(rows)
    labels, places, families = (len({row[k] for row in ill}) for k in ("label", "table", "family"))
    return (
        f"{len(ill)} sick runs of {labels} codes, from {places} tables and {families} families of "
        f"networks, and {len(well)} healthy runs."
    )


def listed(rows: Sequence[Row]) -> Iterator[str]:
    """One line for each miss and each false alarm."""
    for row in summary.counted(rows, summary.looks(rows)[-1]):
        if row["label"] != HEALTHY and not summary.is_named(row):
            yield f"missed {row['name']}: found {', '.join(summary.codes(row)) or 'nothing'}"
        for code in summary.false(row):
            evidence = next(f["evidence"] for f in row["findings"] if f["code"] == code)
            yield f"false {code} on {row['name']}: {evidence}"


# -- remedies -------------------------------------------------------------------------------------


def cured(rows: Sequence[Row]) -> str:
    """Each code's remedies, those that cure most first."""
    used = [row for row in rows if row["tried"]]
    codes = {row["label"] for row in used}
    body = [["code", "runs with it", "remedy", "cured", "of the way, in the mean"]]
    for code, remedies in cures.ranked(used).items():
        found = sum(any(code in each["codes"] for each in row["tried"]) for row in used)
        for place, each in enumerate(remedies):
            first = [f"`{code}`", str(found)] if not place else ["", ""]
            share = _told(Share(each.cured, each.tried))
            body.append([*first, f"`{each.name}`", share, f"{each.closed:.2f}"])
    made = f"{len(used)} sick runs of {len(codes)} codes."
    return f"{made}\n\n{table(body)}"


def claimed(rows: Sequence[Row]) -> str:
    """What coachings claimed where nothing is to be gained, or little."""
    titles = {
        "same": "candidates that are the present network with other first weights",
        "real": "`trimtab.coach` on healthy runs",
    }
    body = [["", "coachings", "claim that something helped", "false", "surely worse"]]
    for kind in claims.KINDS:
        found = claims.summed(rows, kind)
        if found.claimed.of:
            worse = "–" if kind == "same" else str(found.surely.count)
            counts = (str(found.claimed.of), str(found.claimed.count), _both(found.false), worse)
            body.append([titles[kind], *counts])
    return table(body)


def _both(share: Share) -> str:
    return f"{share.count} of {share.of}: {_interval(share)}"


def _told(share: Share) -> str:
    if not share.of:
        return "–"
    return _interval(share) if share.of >= ENOUGH else f"{share.count} of {share.of}"


def _interval(share: Share) -> str:
    if share.of < ENOUGH:
        return "–"
    low, high = share.interval
    return f"{share.value:.2f} ({low:.2f} to {high:.2f})"
