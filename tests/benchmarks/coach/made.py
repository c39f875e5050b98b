"""A table of three columns, as the collection would read it, and rows of results made by hand."""

from typing import Any

import numpy as np

from benchmarks.coach.rows import Part, Rows, probabilities


def rows(kinds: int = 0, size: int = 120, seed: int = 0) -> Rows:
    """Three standardized columns; a curved number, or classes of about equal size."""
    x = np.random.default_rng(seed).normal(size=(3 * size, 3)).astype(np.float32)
    z = (x[:, 0] - x[:, 1] + np.sin(2 * x[:, 2])) / 1.57
    edges = np.quantile(z, np.linspace(0, 1, kinds + 1)[1:-1]) if kinds else []
    y = np.digitize(z, edges).astype(np.int64) if kinds else z.astype(np.float32)

    def parts(whole: Any) -> Part:
        return Part(whole[:size], whole[size : 2 * size], whole[2 * size :])

    target = parts(y)
    raw = parts(x * np.float32([1, 300, 20]) + np.float32([0, 900, 50]))
    read = probabilities if kinds else Rows.read
    return Rows(parts(x), target, target, raw, kinds, read)


def row(label: str, *found: str, **values: Any) -> dict[str, Any]:
    """A run that counts, and what the coach found in it: 'code' or 'code/note'."""
    findings = [
        {"code": code, "severity": severity or "warning", "evidence": {}}
        for code, _, severity in (each.partition("/") for each in found)
    ]
    return {
        "name": f"{label}:{len(found)}",
        "label": label,
        "table": "houses",
        "family": "two-relu",
        "half": "choose",
        "shown": True,
        "true": [] if label == "healthy" else [label],
        "found": {"before": findings},
    } | values
