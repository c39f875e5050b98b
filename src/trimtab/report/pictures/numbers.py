"""Predicted numbers beside the true ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from trimtab.core.words import count, figure
from trimtab.report.svg import Chart, Scale, cut, place

__all__ = ["coverage", "errors", "predicted_and_actual", "residuals"]


def predicted_and_actual(facts: Mapping[str, Any], name: str) -> Markup:
    """A dot for each row; rows on the line are predicted exactly."""
    title = (
        f"Predicted and actual {name} of {count(facts['rows'], 'row')}: the correlation is "
        f"{facts['correlation']:.2f}."
    )
    chart = Chart(title, height=300, top=26)
    cells = facts.get("cells")
    if cells is not None:
        _squares(chart, cells, name)
        return chart.render()
    actual, predicted = facts["actual"], facts["predicted"]
    together = [*actual, *predicted]
    chart.scale_x(together)
    chart.scale_y(together, pad=0.04)
    chart.axes(f"actual {name}", "predicted")
    _diagonal(chart)
    chart.dots(actual, predicted, "point", "row", layers=6 if len(actual) > 300 else 2)
    return chart.render(hover="actual|predicted")


def _diagonal(chart: Chart) -> None:
    low, high = max(chart.x.low, chart.y.low), min(chart.x.high, chart.y.high)
    ends = (f"{place(chart.x(each))} {place(chart.y(each))}" for each in (low, high))
    chart.add("path", d="M" + "L".join(ends), class_="diagonal")


def _squares(chart: Chart, cells: Mapping[str, Any], name: str) -> None:
    """Numbers of rows in squares, where single rows are not shown."""
    low, high, side = cells["low"], cells["high"], cells["side"]
    chart.x = Scale(low, high, chart.left, chart.width - chart.right)
    chart.y = Scale(low, high, chart.height - chart.bottom, chart.top)
    chart.axes(f"actual {name}", "predicted")
    width = (chart.x.end - chart.x.start) / side
    height = (chart.y.start - chart.y.end) / side
    most = max((number for _, _, number in cells["counts"]), default=1)
    for column, row, number in cells["counts"]:
        shade = max(1, math.ceil(5 * math.sqrt(number / most)))
        x, y = chart.x.start + column * width, chart.y.start - (row + 1) * height
        chart.bar(x, y, width - 0.5, height - 0.5, f"shade{shade}", count(number, "row"))
    _diagonal(chart)


def errors(facts: Mapping[str, Any], name: str) -> Markup:
    """How large errors are: a histogram of prediction less actual."""
    edges, counts = facts["edges"], facts["counts"]
    middle = facts["quartiles"][1]
    chart = Chart(
        f"Errors of {name}: half of them between {figure(facts['quartiles'][0])} and "
        f"{figure(facts['quartiles'][2])}, median {figure(middle)}.",
        height=300,
        top=26,
    )
    chart.scale_x([edges[0], edges[-1]], pad=0.02)
    chart.scale_y([0, *counts], pad=0.0)
    chart.y = Scale(0, max(counts) * 1.08 or 1, chart.height - chart.bottom, chart.top)
    chart.axes("predicted less actual", "rows")
    for low, high, number in zip(edges, edges[1:], counts, strict=False):
        x, right = chart.x(low), chart.x(high)
        y = chart.y(number)
        tip = f"{figure(low)} to {figure(high)}: {count(number, 'row')}"
        chart.bar(x + 0.5, y, right - x - 1, chart.y.start - y, "bar", tip)
    zero = chart.x(0)
    if chart.x.low < 0 < chart.x.high:
        chart.add(
            "path", d=f"M{place(zero)} {place(chart.top)}V{place(chart.y.start)}", class_="zero"
        )
    return chart.render()


def residuals(facts: Mapping[str, Any], *, words: Sequence[str] | None = None) -> Markup:
    """Errors along one column: their mean and its error in parts of the rows.

    Args:
        facts: ``column``, and ``parts``: where, rows, mean error and its standard error, quartiles.
        words: names of the parts, for categories.
    """
    parts = facts["parts"]
    worst = max(parts, key=lambda part: abs(part["mean"]))
    chart = Chart(
        f"Errors along {facts['column']}: the mean error is largest, {figure(worst['mean'])}, "
        f"at {worst['said']}.",
        height=230,
        top=26,
    )
    spans = [part["lower"] for part in parts] + [part["upper"] for part in parts] + [0.0]
    chart.scale_y(spans)
    if words is None:
        chart.scale_x([part["at"] for part in parts], pad=0.06)
        chart.axes(str(facts["column"]), "predicted less actual", most=4)
    else:
        chart.x = Scale(-0.6, len(parts) - 0.4, chart.left, chart.width - chart.right)
        chart.axis_y("predicted less actual")
        room = (chart.width - chart.left - chart.right) / len(parts)
        for number, word in enumerate(words):
            said = cut(word, max(3, int(room / 7)))
            chart.text(chart.x(number), chart.height - chart.bottom + 17, said, "tick", "middle")
        middle = (chart.left + chart.width - chart.right) / 2
        chart.text(middle, chart.height - 6, cut(str(facts["column"]), 56), "axis", "middle")
    zero = place(chart.y(0))
    chart.add(
        "path", d=f"M{place(chart.left)} {zero}H{place(chart.width - chart.right)}", class_="zero"
    )
    for number, part in enumerate(parts):
        at = part["at"] if words is None else number
        chart.error(at, part["lower"], part["upper"], "spread")
        if part["error"] is not None:
            chart.error(at, part["mean"] - 2 * part["error"], part["mean"] + 2 * part["error"])
        tip = f"{part['said']}: mean error {figure(part['mean'])} ({count(part['rows'], 'row')})"
        x, y = chart.x(at), chart.y(part["mean"])
        chart.add("circle", _tip(tip), cx=x, cy=y, r=4, class_="dot ours")
    return chart.render()


def _tip(text: str) -> Markup:
    from trimtab.report.svg import tag

    return tag("title", text)


def coverage(levels: Sequence[Mapping[str, Any]]) -> Markup:
    """How many held-out rows intervals of each level hold."""
    said = ", ".join(
        f"{100 * each['level']:.0f} % hold {100 * each['inside']:.0f} %" for each in levels
    )
    chart = Chart(f"Coverage of intervals: {said}.", height=300, top=26, right=24)
    spans = [each["inside"] for each in levels] + [each["level"] for each in levels]
    chart.scale_x([each["level"] for each in levels], pad=0.12)
    chart.scale_y([*spans, 1.0], pad=0.05)
    chart.axes("promised", "held", percent="xy", most=5)
    _diagonal(chart)
    for each in levels:
        if each["error"] is not None:
            low, high = each["inside"] - 2 * each["error"], each["inside"] + 2 * each["error"]
            chart.error(each["level"], low, min(high, 1.0))
        tip = f"{100 * each['level']:.0f} % intervals hold {100 * each['inside']:.1f} % of rows"
        x, y = chart.x(each["level"]), chart.y(each["inside"])
        chart.add("circle", _tip(tip), cx=x, cy=y, r=4.5, class_="dot ours")
    return chart.render()
