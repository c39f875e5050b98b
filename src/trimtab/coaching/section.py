"""A coaching as plain facts: the section of a report, and a page of its own."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from trimtab.core.version import __version__
from trimtab.insight.coach import Findings, Severity
from trimtab.trials.results import Comparison
from trimtab.trials.trial import BASE, Outcome
from trimtab.trials.verdicts import Verdict

__all__ = ["PRESENT", "page_facts", "section_facts"]

#: What pictures call the base.
PRESENT = "present network"

#: How much a finding matters, in the words of a report.
_SEVERITIES = {
    Severity.ERROR: "serious",
    Severity.WARNING: "worth a look",
    Severity.NOTE: "note",
}

#: Ends of the band of a curve: it holds 8 of 10 trials.
_BAND = (0.1, 0.5, 0.9)

#: Digits of a number of a curve.
_DIGITS = 5


class Told(Protocol):
    """What is told of a coaching: a :class:`~trimtab.coaching.Prescription`."""

    @property
    def findings(self) -> Findings: ...
    @property
    def comparison(self) -> Comparison: ...
    @property
    def epochs_to_base(self) -> Mapping[str, float | None]: ...
    @property
    def winner(self) -> str: ...
    @property
    def reported(self) -> list[Verdict]: ...
    @property
    def dropped(self) -> list[str]: ...
    def sentences(self) -> list[str]: ...
    def cells(self) -> list[list[str]]: ...
    def record(self) -> dict[str, Any]: ...


def page_facts(found: Told, title: str) -> dict[str, Any]:
    """The facts of a page about a coaching alone.

    Args:
        found: the coaching.
        title: what was coached.
    """
    from trimtab.report.version import VERSION

    return {
        "version": VERSION,
        "kind": "coaching",
        "made": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "by": f"trimtab {__version__}",
        "title": title,
        "coaching": section_facts(found),
    }


def section_facts(found: Told) -> dict[str, Any]:
    """The facts of the section: what was found, tried, measured, and what helps."""
    comparison, record = found.comparison, found.record()
    first, *more = found.sentences()
    return {
        "metric": comparison.metric,
        "winner": found.winner,
        "lead": first,
        "sentences": more,
        "changes": [_change(found, each) for each in found.reported],
        "cells": found.cells(),
        "curves": _curves(found),
        **{name: record[name] for name in ("held", "code", "command", "options")},
        "findings": _findings(found.findings),
        "also": found.dropped,
        "how": comparison.notes(),
        "seconds": record["seconds"],
        "trials": len(comparison.outcomes),
    }


def _change(found: Told, verdict: Verdict) -> dict[str, Any]:
    """A change that was reported: its gain with the interval, and that of each pair."""
    own = verdict.effect
    known = own.pairs > 1 and not own.signs
    return {
        "name": verdict.variant,
        "word": verdict.word,
        "pairs": own.pairs,
        "gain": _number(own.mean) if known else None,
        "low": _number(own.low) if known else None,
        "high": _number(own.high) if known else None,
        "gains": [_number(each) for each in found.comparison.gains[verdict.variant]],
    }


def _curves(found: Told) -> dict[str, Any] | None:
    """Curves before and after: the median of the pairs that report, and a band for most of them.

    After: with what helps, else with the best change on the pairs that choose.
    """
    names = [each.variant for each in found.reported]
    after = found.winner if found.winner != BASE else names[0] if names else None
    if after is None or found.epochs_to_base.get(after) is None:  # its loss is another one
        after = None
    reports = set(found.comparison.design.reporting)
    outcomes = [each for each in found.comparison.outcomes if each.trial.split in reports]
    lines = []
    label = "val_loss" if any("val_loss" in each.history for each in outcomes) else "loss"
    for kind, name in (("before", BASE), ("after", after)):
        line = _line([each for each in outcomes if each.trial.variant == name], label)
        if line is not None:
            lines.append({"kind": kind, "name": PRESENT if name == BASE else name, **line})
    return {"label": label, "lines": lines} if lines else None


def _line(outcomes: Sequence[Outcome], label: str) -> dict[str, Any] | None:
    curves = [each.history[label] for each in outcomes if each.history.get(label)]
    if not curves:
        return None
    length = max(map(len, curves))
    wide = np.full((len(curves), length), np.nan)
    for row, curve in zip(wide, curves, strict=True):
        row[: len(curve)] = [math.nan if value is None else value for value in curve]
    low, middle, high = np.full((3, length), np.nan)
    some = ~np.isnan(wide).all(axis=0)
    if not some.any():
        return None
    low[some], middle[some], high[some] = np.nanquantile(wide[:, some], _BAND, axis=0)
    return {
        "trials": len(curves),
        "low": [_number(each, _DIGITS) for each in low],
        "median": [_number(each, _DIGITS) for each in middle],
        "high": [_number(each, _DIGITS) for each in high],
    }


def _findings(found: Findings) -> list[dict[str, str]]:
    """Findings as a report lists them; what follows from another one has no remedy of its own."""
    titles = {each.code: each.title for each in found}
    listed = []
    for each in found:
        cause = found.causes.get(each.code)
        follows = "" if cause is None else f" Follows from: {titles[cause].lower()}."
        listed.append(
            {
                "severity": _SEVERITIES[each.severity],
                "text": f"{each.title}: {each.sentence}.{follows}",
                "code": each.remedy if cause is None else "",
                "source": each.source,
            }
        )
    return listed


def _number(value: float, digits: int = 6) -> float | None:
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None
