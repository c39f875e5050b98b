"""Findings as plain text for a terminal."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from trimtab.insight.coach.findings import Finding, Findings

__all__ = ["WIDTH", "render"]

#: Columns of the text; lines of code may be a little longer.
WIDTH = 88


def render(findings: Findings) -> str:
    """All findings; those of one code stand together, and what they share is said once."""
    blocks = [_headline(findings)]
    for _, same in groupby(findings, key=lambda finding: finding.code):
        blocks.append("\n".join(_block(list(same))))
    if findings.unchecked:
        blocks.append("\n".join(_filled(f"Not checked: {'; '.join(findings.unchecked)}.")))
    return "\n\n".join(blocks)


def _headline(findings: Sequence[Finding]) -> str:
    if not findings:
        return "No findings."
    counts = Counter(finding.severity for finding in findings)
    parts = [f"{n} {severity}{'s' * (n != 1)}" for severity, n in counts.items()]
    return ", ".join(parts)


def _block(same: list[Finding]) -> Iterator[str]:
    first = same[0]
    yield f"{first.severity.upper()} {first.code}: {first.title}"
    for sentence, alike in groupby(same, key=lambda finding: finding.sentence):
        layers = [finding.layer for finding in alike if finding.layer is not None]
        where = f"{', '.join(layers)}: " if layers else ""
        yield from _filled(f"{where}{sentence}.", "  - ", "    ")
    yield from _filled(first.meaning, "  ", "  ")
    remedies = list(dict.fromkeys(finding.remedy for finding in same))
    for number, remedy in enumerate(remedies):
        yield "  Remedy:" if number == 0 else "  and:"
        yield textwrap.indent(remedy, "    ")
    end = "" if first.source.endswith("?") else "."
    yield from _filled(f"Source: {first.source}{end}", "  ", "    ")


def _filled(text: str, first: str = "", later: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )
