"""Predicted classes beside the true ones: curves of thresholds, and calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from trimtab.core.words import count
from trimtab.report.svg import Chart, Scale, cut, place, tag

__all__ = ["calibration", "curve"]


def _unit(title: str, names: Sequence[str]) -> Chart:
    """A square from 0 to 1, with room at the right for the names of several lines."""
    chart = Chart(title, height=300, top=26, right=24)
    if len(names) > 1:
        chart.fit_right(names)
    chart.x = Scale(0, 1, chart.left, chart.width - chart.right)
    chart.y = Scale(0, 1, chart.height - chart.bottom, chart.top)
    return chart


def curve(
    lines: Sequence[Mapping[str, Any]], labels: tuple[str, str], title: str, *, diagonal: bool
) -> Markup:
    """A ROC or precision-recall curve for each class.

    Args:
        lines: ``name``, ``x``, ``y``, ``area`` and ``chance``.
        labels: of both axes.
        title: for people who do not see it.
        diagonal: whether chance is the diagonal; else it is a level line.
    """
    names = [f"{cut(str(line['name']), 11)} {line['said']}" for line in lines]
    chart = _unit(title, names)
    chart.axes(*labels, percent="xy")
    if diagonal:
        d = f"M{place(chart.x(0))} {place(chart.y(0))}L{place(chart.x(1))} {place(chart.y(1))}"
        chart.add("path", d=d, class_="diagonal")
    elif len(lines) == 1:
        level = place(chart.y(lines[0]["chance"]))
        chart.add("path", d=f"M{place(chart.x(0))} {level}H{place(chart.x(1))}", class_="diagonal")
    for number, line in enumerate(lines):
        kind = f"s{number % 6}"
        chart.line(line["x"], line["y"], kind, line["name"])
        if len(lines) > 1:
            _name(chart, number, names[number])
        else:  # below right of a ROC curve, below left of the other there is room
            anchor, x = ("end", chart.x(0.98)) if diagonal else ("start", chart.x(0.03))
            chart.text(x, chart.y(0.05), f"area {line['said']}", f"name {kind}", anchor)
    point = lines[0].get("point") if len(lines) == 1 else None
    if point:
        x, y = chart.x(point["x"]), chart.y(point["y"])
        chart.add("circle", tag("title", point["said"]), cx=x, cy=y, r=5, class_="best")
    return chart.render(hover="|".join(labels))


def _name(chart: Chart, number: int, text: str) -> None:
    """The name of one of several lines, at the right."""
    y = chart.top + 12 + 18 * number
    chart.text(chart.width - chart.right + 10, y, text, f"name s{number % 6}")


def calibration(lines: Sequence[Mapping[str, Any]], title: str) -> Markup:
    """Shares of a class where its probability is so and so, with error bars."""
    names = [cut(str(line["name"]), 15) for line in lines]
    chart = _unit(title, names)
    chart.axes("predicted probability", "share of rows", percent="xy")
    d = f"M{place(chart.x(0))} {place(chart.y(0))}L{place(chart.x(1))} {place(chart.y(1))}"
    chart.add("path", d=d, class_="diagonal")
    for number, line in enumerate(lines):
        kind = f"s{number % 6}"
        means = [part["mean"] for part in line["parts"]]
        shares = [part["share"] for part in line["parts"]]
        chart.line(means, shares, f"{kind} thin", line["name"])
        for part in line["parts"]:
            low, high = part["low"], part["high"]
            chart.error(part["mean"], low, high, f"error {kind}")
            tip = (
                f"{line['name']}: predicted {100 * part['mean']:.0f} %, "
                f"{100 * part['share']:.0f} % of {count(part['rows'], 'row')}"
            )
            x, y = chart.x(part["mean"]), chart.y(part["share"])
            chart.add("circle", tag("title", tip), cx=x, cy=y, r=4, class_=f"dot {kind}")
        if len(lines) > 1:
            _name(chart, number, names[number])
    return chart.render()
