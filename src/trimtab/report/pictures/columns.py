"""Pictures of columns: what they do to predictions, and how their values are spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from trimtab.core.words import count, figure
from trimtab.report.svg import Chart, Scale, cut, place, tag

__all__ = ["bar", "effect", "effect_of_categories", "spark"]


def bar(value: float, error: float | None, largest: float) -> Markup:
    """A bar in a cell of a table, with its standard error; the number stands beside it."""
    width, height = 160.0, 16.0
    scale = Scale(0, largest or 1.0, 1, width - 8)
    parts = [
        tag("rect", x=1, y=3, width=max(scale(max(value, 0.0)) - 1, 0.8), height=10, class_="bar")
    ]
    if error is not None:
        low, high = (
            scale(max(value - 2 * error, 0.0)),
            scale(min(value + 2 * error, largest * 1.05)),
        )
        parts.append(tag("path", d=f"M{place(low)} 8H{place(max(high, low))}", class_="error"))
    inner = Markup("").join(parts)
    size = f"0 0 {place(width)} {place(height)}"
    return tag("svg", inner, viewBox=size, class_="inline", aria_hidden="true")


def spark(counts: Sequence[int], said: str) -> Markup:
    """A small histogram in a cell of a table."""
    width, height = 96.0, 24.0
    most = max(counts, default=0) or 1
    step = width / max(len(counts), 1)
    parts = []
    for place_, number in enumerate(counts):
        tall = 0.0 if not number else max(1.5, (height - 2) * number / most)
        size = {"width": max(step - 1.2, 1.0), "height": tall}
        parts.append(tag("rect", x=place_ * step, y=height - tall, **size, class_="bar"))
    inner = Markup("").join(parts)
    size_ = f"0 0 {place(width)} {place(height)}"
    return tag("svg", inner, viewBox=size_, class_="spark", role="img", aria_label=said)


def effect(
    facts: Mapping[str, Any], label: str, limits: tuple[float, float], percent: bool
) -> Markup:
    """What is predicted when a column of numbers is set to each value, other columns as they are.

    Args:
        facts: ``column``, ``at``, ``lines`` and ``rows``: see the facts.
        label: what is predicted.
        limits: of the vertical axis, the same for all columns.
        percent: whether it is a probability.
    """
    means = facts["lines"][0]["mean"]
    at = facts["at"]
    most, least = (
        max(range(len(means)), key=means.__getitem__),
        min(range(len(means)), key=means.__getitem__),
    )
    chart = Chart(
        f"Effect of {facts['column']} on the predicted {label}: lowest {figure(means[least])} at "
        f"{facts['said'][least]}, highest {figure(means[most])} at {facts['said'][most]}.",
        height=262,
        top=26,
        bottom=52,
    )
    chart.scale_x(at, pad=0.03)
    chart.scale_y(limits, pad=0.04)
    chart.axis_y(f"predicted {label}", percent=percent)
    if facts["dates"]:
        _dates(chart, at, facts["said"])
    else:
        chart.axis_x(str(facts["column"]), most=4)
    _singles(chart, at, facts.get("rows") or ())
    for number, line in enumerate(facts["lines"]):
        kind = f"s{number % 6}" if len(facts["lines"]) > 1 else "mean"
        chart.line(at, line["mean"], kind, line["name"] or "mean")
    _rug(chart, facts.get("rug") or ())
    return chart.render(hover=f"{facts['column']}|{label}" if not facts["dates"] else "")


def _singles(chart: Chart, at: Sequence[float], rows: Sequence[Sequence[float | None]]) -> None:
    """A faint line for each row, cut off where it leaves the picture."""
    before = len(chart.parts)
    for line in rows:
        chart.line(at, line, "single")
    lines = chart.parts[before:]
    del chart.parts[before:]
    if lines:
        x, y = chart.left, chart.top
        width, height = chart.width - chart.right - x, chart.height - chart.bottom - y
        box = f"{place(x)} {place(y)} {place(width)} {place(height)}"
        inner = Markup("").join(lines)
        chart.add("svg", inner, x=x, y=y, width=width, height=height, viewBox=box)


def _dates(chart: Chart, at: Sequence[float], said: Sequence[str]) -> None:
    bottom = chart.height - chart.bottom
    right = chart.width - chart.right
    chart.add("path", d=f"M{place(chart.left)} {place(bottom)}H{place(right)}", class_="base")
    for number, anchor in ((0, "start"), (len(at) - 1, "end")):
        chart.text(chart.x(at[number]), bottom + 20, said[number], "tick", anchor)


def _rug(chart: Chart, counts: Sequence[int]) -> None:
    """Where rows are: small bars along the axis, one for each part of its range."""
    most = max(counts, default=0)
    if not most:
        return
    bottom = chart.height - chart.bottom
    width = (chart.x.end - chart.x.start) / len(counts)
    for number, rows in enumerate(counts):
        tall = 13 * rows / most
        if rows:
            chart.bar(chart.x.start + number * width, bottom - tall, width - 0.6, tall, "rug")


def effect_of_categories(
    facts: Mapping[str, Any], label: str, limits: tuple[float, float], percent: bool
) -> Markup:
    """The same for categories: a dot for each, the most frequent one first."""
    names = [cut(each, 20) for each in facts["said"]]
    means = facts["lines"][0]["mean"]
    said = "; ".join(f"{name} {figure(mean)}" for name, mean in zip(names, means, strict=True))
    chart = Chart(
        f"Effect of {facts['column']} on the predicted {label}: {said}.",
        height=12 + 22 * len(names) + 52,
        top=8,
        bottom=52,
    )
    chart.fit_left(names, 150)
    chart.scale_x(limits, pad=0.04)
    chart.axis_x(f"predicted {label}", percent=percent, most=4)
    for row, name in enumerate(names):
        y = chart.top + 22 * (row + 0.5)
        chart.add(
            "path",
            d=f"M{place(chart.left)} {place(y)}H{place(chart.width - chart.right)}",
            class_="grid",
        )
        chart.text(chart.left - 8, y + 4, name, "tick", "end")
        for line in facts.get("rows") or ():
            chart.add("path", d=f"M{place(chart.x(line[row]))} {place(y - 4)}v8", class_="single")
        for number, line in enumerate(facts["lines"]):
            kind = f"s{number % 6}" if len(facts["lines"]) > 1 else "ours"
            tip = f"{line['name'] or name}: {figure(line['mean'][row])}"
            if facts.get("counts"):
                tip += f" ({count(facts['counts'][row], 'row')})"
            x = chart.x(line["mean"][row])
            chart.add("circle", tag("title", tip), cx=x, cy=y, r=4.5, class_=f"dot {kind}")
    return chart.render()
