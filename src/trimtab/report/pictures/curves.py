"""Learning curves, and whatever else is known by epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from trimtab.core.words import figure
from trimtab.report.svg import Chart, cut, finite

__all__ = ["by_epoch", "label_ends", "layers_by_epoch", "learning_curves"]

#: How far names at the ends of lines are from each other at least.
_APART = 16

#: Epochs at the beginning that may be cut off, as a share of all.
_BEGINNING = 10


def learning_curves(panel: Mapping[str, Any], label: str, *, log: bool = False) -> Markup:
    """The loss on the rows trained on and on those held out, of one network or several.

    Args:
        panel: ``title``, ``curves`` and ``mean``: see the facts.
        label: what the loss is.
        log: whether the vertical axis is logarithmic.
    """
    curves = panel["curves"]
    mean = panel["mean"]
    strong = [mean] if mean else curves if len(curves) == 1 else []
    faint = curves if mean or len(curves) > 1 else []
    chart = Chart(_in_words(panel, label), height=300, right=84, top=26)
    values = [v for curve in [*curves, *strong] for v in _both(curve)]
    chart.scale_x([1, max(2, *(len(curve["loss"]) for curve in curves))], pad=0.02)
    low, high = _limits(values, [*curves, *strong])
    chart.scale_y([low, high] if not log else [v for v in values if v], log=log)
    chart.axes("epoch", label, whole=True)
    for curve in faint:
        for name, key in (("train", "loss"), ("valid", "val_loss")):
            chart.line(_epochs(curve[key]), _inside(chart, curve[key]), f"{name} faint")
    ends = []
    for curve in strong or faint[:1]:
        for name, key, word in (("train", "loss", "training"), ("valid", "val_loss", "validation")):
            found = finite(curve[key])
            if strong and found:
                chart.line(_epochs(curve[key]), _inside(chart, curve[key]), name, word)
                if len(curve[key]) < 3:
                    chart.dots(_epochs(found), found, f"{name} big")
            if found:
                ends.append((min(max(chart.y(found[-1]), chart.top), chart.height), word, name))
    label_ends(chart, ends)
    for curve in curves:
        best = curve["best_epoch"]
        if best and best <= len(curve["val_loss"]) and curve["val_loss"][best - 1] is not None:
            value = min(curve["val_loss"][best - 1], chart.y.high)
            size = 4.5 if len(curves) == 1 else 3.2
            x, y = chart.x(best), chart.y(value)
            chart.add("circle", cx=x, cy=y, r=size, class_="best")
    if len(curves) == 1 and curves[0]["best_epoch"] and curves[0]["val_loss"]:
        best = curves[0]["best_epoch"]
        x = chart.x(best)
        value = curves[0]["val_loss"][best - 1]
        if value is not None:
            anchor = "end" if x > chart.width - chart.right - 60 else "middle"
            y = max(chart.y(min(value, chart.y.high)) - 12, chart.top + 10)
            chart.text(x, y, f"best: epoch {best}", "note", anchor)
    return chart.render(hover=f"epoch|{label}")


def _epochs(values: Sequence[Any]) -> list[float]:
    return [float(epoch) for epoch in range(1, len(values) + 1)]


def _inside(chart: Chart, values: Sequence[float | None]) -> list[float | None]:
    """Numbers above the top of the picture are left out, but for the way down from there."""
    found: list[float | None] = []
    for place, value in enumerate(values):
        after = values[place + 1] if place + 1 < len(values) else None
        above = value is None or value > chart.y.high
        found.append(None if above and (after is None or after > chart.y.high) else value)
    return found


def _both(curve: Mapping[str, Any]) -> list[float]:
    return [*finite(curve["loss"]), *finite(curve["val_loss"])]


def _limits(values: Sequence[float], curves: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Limits of the vertical axis: a steep beginning must not flatten the rest."""
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    settled = [
        value
        for curve in curves
        for key in ("loss", "val_loss")
        for value in finite(curve[key][len(curve[key]) // _BEGINNING :])
    ]
    top = max(settled, default=high)
    return low, top if high - low > 2 * (top - low) > 0 else high


def label_ends(chart: Chart, ends: list[tuple[float, str, str]]) -> None:
    """Names at the ends of lines, so far from each other that they can be read."""
    ends.sort()
    places: list[float] = []
    for y, _, _ in ends:
        places.append(max(y, places[-1] + _APART) if places else y)
    lowest = chart.height - chart.bottom
    for number in reversed(range(len(places))):
        places[number] = min(places[number], lowest)
        lowest = places[number] - _APART
    for y, (_, word, kind) in zip(places, ends, strict=True):
        chart.text(chart.width - chart.right + 8, y + 4, word, f"name {kind}")


def _in_words(panel: Mapping[str, Any], label: str) -> str:
    curve = panel["mean"] or panel["curves"][0]
    epochs = len(curve["loss"])
    several = f"Mean of {len(panel['curves'])} networks: " if panel["mean"] else ""
    ends = [
        f"{word} from {figure(found[0])} to {figure(found[-1])}"
        for word, key in (("training", "loss"), ("validation", "val_loss"))
        if (found := finite(curve[key]))
    ]
    best = curve["best_epoch"]
    at = f"; best in epoch {best}" if best else ""
    return f"{several}{label} over {epochs} epochs: {', '.join(ends)}{at}."


def by_epoch(
    lines: Mapping[str, Sequence[float | None]], label: str, *, percent: bool = False
) -> Markup:
    """Something by epoch, a line for each name: a learning rate, dropout rates."""
    values = [value for line in lines.values() for value in finite(line)]
    said = "; ".join(
        f"{name} from {figure(found[0])} to {figure(found[-1])}"
        for name, line in lines.items()
        if (found := finite(line))
    )
    chart = Chart(f"{label} by epoch: {said}.", height=178)
    if len(lines) > 1:
        chart.right = 110
    chart.scale_x([1, max(2, *(len(line) for line in lines.values()))], pad=0.02)
    chart.scale_y([0.0, *values])
    chart.axes("epoch", whole=True, percent="y" if percent else "")  # what is drawn stands above
    ends = []
    for number, (name, line) in enumerate(lines.items()):
        kind = f"s{number % 6}"
        chart.line(_epochs(line), list(line), kind, name)
        if len(lines) > 1 and finite(line):
            ends.append((chart.y(finite(line)[-1]), cut(name, 14), kind))
    label_ends(chart, ends)
    return chart.render(hover=f"epoch|{label}")


#: Lines of layers that are named; more do not fit.
_NAMED = 12


def layers_by_epoch(
    title: str,
    epochs: Sequence[int],
    curves: Mapping[str, Sequence[float | None]],
    *,
    log: bool,
) -> Markup:
    """One quantity of all layers by epoch.

    Args:
        title: what it is.
        epochs: that were looked at.
        curves: by layer, a number for each of these epochs, or for the last ones.
        log: whether the vertical axis may be logarithmic.
    """
    values = [value for line in curves.values() for value in finite(line)]
    log = bool(values) and log and min(values) > 0 and max(values) > 30 * min(values)
    few = len(curves) <= _NAMED
    height = 68 + _APART * max(8, len(curves) if few else 0)
    chart = Chart(f"{title} by epoch, a line for each of {len(curves)} layers.", height=height)
    chart.right = 96 if few else 14
    chart.scale_x([1, max(2, *epochs)], pad=0.02)
    chart.scale_y(values, log=log)
    chart.axes("epoch", whole=True)  # what is drawn stands above
    ends = []
    for number, (name, line) in enumerate(curves.items()):
        kind = f"s{number % 6}" if few else "many"
        chart.line(list(map(float, epochs[len(epochs) - len(line) :])), list(line), kind, name)
        if few and finite(line) and math.isfinite(finite(line)[-1]):
            ends.append((chart.y(finite(line)[-1]), cut(name, 12), kind))
    label_ends(chart, ends)
    return chart.render(hover=f"epoch|{title}")
