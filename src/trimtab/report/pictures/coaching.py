"""What a change gains, pair by pair, and curves before and after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from trimtab.core.words import figure
from trimtab.report.pictures.curves import label_ends
from trimtab.report.svg import FONT, Chart, finite, place

__all__ = ["before_and_after", "gains"]

#: Height of a change: its name, and its dots below.
_STEP = 52

#: Width of a letter as a share of the font's size, at most.
_LETTER = 0.6

#: Curves that fall by more once they have settled are drawn on a scale of logarithms.
_WIDE = 20

#: The share of the epochs that a curve has to settle: a steep beginning must not flatten the rest.
_BEGINNING = 10


def gains(changes: Sequence[Mapping[str, Any]], metric: str) -> Markup:
    """The gain of each change with its 95 % interval; faint dots are the pairs.

    Names stand above their dots, in as many lines as they need, so that none is cut.

    Args:
        changes: with ``name``, ``word``, ``gain``, ``low``, ``high`` and ``gains``.
        metric: that decides.
    """
    said = "; ".join(
        f"{each['name']} {each['word']}"
        + ("" if each["gain"] is None else f", {figure(each['gain'])}")
        for each in changes
    )
    room = 420 - 2 * 14
    names = [_lines(str(each["name"]), int(room / (FONT * _LETTER))) for each in changes]
    heights = [_STEP + 16 * (len(lines) - 1) for lines in names]
    chart = Chart(f"Gain in {metric}: {said}.", left=14, right=14, top=6, bottom=42)
    chart.height = chart.top + sum(heights) + chart.bottom
    values = [
        value
        for each in changes
        for value in finite([*each["gains"], each["low"], each["high"], 0.0])
    ]
    chart.scale_x(values or [-1.0, 1.0], pad=0.05)
    chart.axis_x(f"gain in {metric}; right of 0 is better", most=4)
    zero = chart.x(0.0)
    bottom = chart.height - chart.bottom
    chart.add("path", d=f"M{place(zero)} {place(chart.top)}V{place(bottom)}", class_="zero")
    y = chart.top
    for each, lines, height in zip(changes, names, heights, strict=True):
        kind = {"helped": "good", "hurt": "poor"}.get(each["word"], "other")
        for number, line in enumerate(lines):
            chart.text(chart.left, y + 15 + 16 * number, line, "name")
        middle = y + 16 * len(lines) + 16
        dots = finite(each["gains"])
        d = "".join(f"M{place(chart.x(value))} {place(middle)}h0" for value in dots)
        if d:
            chart.add("path", d=d, class_=f"dots pair {kind}")
        if each["gain"] is not None:
            chart.across(middle, each["low"], each["high"], f"error {kind}")
            chart.add("circle", cx=chart.x(each["gain"]), cy=middle, r=5, class_=f"dot {kind}")
        else:
            chart.text(chart.left, middle + 4, _without(each), "note")
        y += height
    return chart.render()


def _without(each: Mapping[str, Any]) -> str:
    """What is said in place of an interval."""
    diverged = sum(value is None for value in each["gains"])
    if diverged:
        return f"one of the two networks diverged in {diverged} of {len(each['gains'])} pairs"
    return str(each["word"])


def _lines(text: str, most: int) -> list[str]:
    """A name in lines of so many letters, cut at blanks, else anywhere."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) <= most or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return [line[at : at + most] for line in lines for at in range(0, max(len(line), 1), most)]


def before_and_after(curves: Mapping[str, Any]) -> Markup:
    """Curves of the present network and of the changed one, each with a band.

    Args:
        curves: ``label`` and ``lines``, each with ``kind``, ``name``, ``median``, ``low`` and
            ``high``.
    """
    label, lines = curves["label"], curves["lines"]
    said = "; ".join(
        f"{line['name']} from {figure(found[0])} to {figure(found[-1])}"
        for line in lines
        if (found := finite(line["median"]))
    )
    chart = Chart(f"{label} by epoch, the median of the pairs: {said}.", height=300, top=26)
    chart.right = 62
    whole, late = (
        [
            value
            for line in lines
            for key in ("low", "high")
            for value in finite(line[key][len(line[key]) // share if share else 0 :])
        ]
        for share in (0, _BEGINNING)
    )
    log = bool(late) and min(late) > 0 and max(late) > _WIDE * min(late)
    if late and max(whole) - min(whole) > 2 * (max(late) - min(whole)) > 0:
        whole = [value for value in whole if value <= max(late)]
    chart.scale_x([1, max(2, *(len(line["median"]) for line in lines))], pad=0.02)
    chart.scale_y([value for value in whole if value > 0] if log else whole, log=log)
    chart.axes("epoch", label, whole=True)
    ends = []
    for line in lines:
        kind = line["kind"]
        known = [
            (float(epoch), low, high)
            for epoch, (low, high) in enumerate(zip(line["low"], line["high"], strict=True), 1)
            if low is not None and high is not None and low <= chart.y.high
        ]
        if len(known) > 1:
            xs, low, high = (list(each) for each in zip(*known, strict=True))
            chart.band(xs, low, high, kind)
        epochs = [float(epoch) for epoch in range(1, len(line["median"]) + 1)]
        inside = [
            None if value is None or value > chart.y.high else value for value in line["median"]
        ]
        chart.line(epochs, inside, kind, line["name"])
        found = finite(line["median"])
        if found:
            ends.append((min(max(chart.y(found[-1]), chart.top), chart.height), kind, kind))
    label_ends(chart, ends)
    return chart.render(hover=f"epoch|{label}")
