"""The network beside simpler models: a dot for each, with its standard error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from trimtab.report.svg import Chart, cut, finite

__all__ = ["comparison"]

#: Height of a line.
_STEP = 30


def comparison(models: Sequence[Mapping[str, Any]], metric: str, label: str, share: bool) -> Markup:
    """The quoted metric of each model.

    Args:
        models: with ``name``, ``kind`` and ``values``, by metric a number and its error.
        metric: the one to draw.
        label: its name and unit.
        share: whether it is written in percent.
    """
    shown = [each for each in models if finite(each["values"].get(metric, [None])[:1])]
    said = "; ".join(f"{each['name']} {each['said'][metric]}" for each in shown)
    chart = Chart(f"{label}: {said}.", height=34 + 22 + _STEP * len(shown), top=8, bottom=42)
    names = [cut(str(each["name"]), 24) for each in shown]
    chart.fit_left([f"{name}  " for name in names], 196)
    chart.right = 62
    spans = []
    for each in shown:
        value, error = each["values"][metric]
        room = error if error is not None else 0.0
        spans += [value - room, value + room]
    chart.scale_x(spans, pad=0.08)
    chart.axis_x(label, percent=share, most=3 if share else 4)
    for row, (each, name) in enumerate(zip(shown, names, strict=True)):
        y = chart.top + _STEP * (row + 0.55)
        value, error = each["values"][metric]
        own = "ours" if each["kind"] in ("network", "average") else "other"
        chart.add(
            "path", d=f"M{chart.left:.0f} {y:.1f}H{chart.width - chart.right:.0f}", class_="grid"
        )
        chart.text(chart.left - 9, y + 4, name, f"name {own}", "end")
        if error is not None:
            chart.across(y, value - error, value + error, f"error {own}")
        chart.add("circle", cx=chart.x(value), cy=y, r=5, class_=f"dot {own}")
        number = each["said"][metric].split(" ± ")[0]
        chart.text(chart.width - chart.right + 10, y + 4, number, f"value {own}")
    return chart.render()
