"""From rows to figures: what was named, what was alarmed, and how sure that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from benchmarks.coach.plan import HEALTHY
from benchmarks.coach.store import Row
from benchmarks.coach.truths import ALSO
from trimtab.insight.coach.causes import EXPLAINS

ENOUGH = 5  # runs from which a share has an interval
Z = 1.959964  # of a 95 % interval

LOUD = ("error", "warning")

#: When the coach looks: `check` before training, `check(history=...)` after it, the callback; and
#: `check` before and the callback after it, together.
LOOKS = ("before", "after", "watched", "together")

Finding = dict[str, Any]


@dataclass(frozen=True)
class Share:
    """So many of so many, with Wilson's 95 % interval."""

    count: int
    of: int

    @property
    def value(self) -> float:
        return self.count / self.of if self.of else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson 1927, Probable inference, the law of succession, and statistical inference."""
        n, p = self.of, self.value
        center, spread = p + Z * Z / (2 * n), Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        whole = 1 + Z * Z / n
        return max(0.0, (center - spread) / whole), min(1.0, (center + spread) / whole)


def counted(rows: Iterable[Row], look: str = LOOKS[0]) -> list[Row]:
    """Runs that are what they are called, and that the coach looked at; ``findings`` of that look.

    Where there was no training to look at, for ``fit`` refused, the look before it counts.
    """
    kept = [row for row in rows if row["shown"] and "found" in row]
    return [row | {"findings": _once(_seen(row["found"], look))} for row in kept]


def _seen(found: Row, look: str) -> list[Finding]:
    before: list[Finding] = found["before"]
    if look == "together":  # the callback knows no groups, and not how rows were split
        watched: list[Finding] = found.get("watched", [])
        known = {finding["code"] for finding in watched}
        return [*watched, *(finding for finding in before if finding["code"] not in known)]
    seen: list[Finding] = found.get(look, before)
    return seen


def looks(rows: Iterable[Row]) -> list[str]:
    """The looks that these rows have."""
    known = {look for row in rows for look in row.get("found", ())}
    if "watched" in known:
        known.add("together")
    return [look for look in LOOKS if look in known]


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """The first finding of each code."""
    return list({finding["code"]: finding for finding in reversed(findings)}.values())[::-1]


def sick(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["label"] != HEALTHY]


def healthy(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["label"] == HEALTHY]


def codes(row: Row) -> list[str]:
    return [finding["code"] for finding in row["findings"]]


def alarms(row: Row) -> list[str]:
    """Codes of errors and warnings."""
    return [finding["code"] for finding in row["findings"] if finding["severity"] in LOUD]


def is_named(row: Row) -> bool:
    return row["label"] in codes(row)


def is_explained(row: Row) -> bool:
    """Named, or a finding that is true of the run is its cause, by the coach's table of causes."""
    causes = (code for code in codes(row) if row["label"] in EXPLAINS.get(code, ()))
    return is_named(row) or any(is_true(row, code) for code in causes)


def is_first(row: Row) -> bool:
    return codes(row)[:1] == [row["label"]]


def is_other_name(row: Row) -> bool:
    """Not named, but one of the findings is a consequence or another name of the label."""
    return not is_named(row) and any(is_true(row, code) for code in codes(row))


def false(row: Row) -> list[str]:
    """Errors and warnings of which nothing shows that they are true."""
    return [code for code in alarms(row) if not is_true(row, code)]


def is_true(row: Row, code: str) -> bool:
    """The label, its consequences and other names, and what was measured on this run."""
    return code in (row["label"], *ALSO.get(row["label"], ()), *row["true"])


def recall(rows: Sequence[Row]) -> Share:
    return Share(sum(map(is_named, rows)), len(rows))


def precision(rows: Sequence[Row], code: str | None = None) -> Share:
    """Of the alarms (of this code), those that are the run's label or true of it."""
    loud = [(row, c) for row in rows for c in alarms(row) if code in (None, c)]
    return Share(sum(c not in false(row) for row, c in loud), len(loud))


def silent(rows: Sequence[Row]) -> Share:
    """Healthy runs without an error or a warning."""
    return Share(sum(not alarms(row) for row in healthy(rows)), len(healthy(rows)))


def together(rows: Sequence[Row]) -> Counter[tuple[str, str]]:
    """How often two codes are found in one run."""
    pairs: Counter[tuple[str, str]] = Counter()
    for row in rows:
        found = sorted(set(codes(row)))
        pairs.update((a, b) for i, a in enumerate(found) for b in found[i + 1 :])
    return pairs
