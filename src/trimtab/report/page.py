"""From the facts of a report to its page: one self-contained HTML file."""

from __future__ import annotations

import base64
import datetime
import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from trimtab.core.words import count, figure, one_line
from trimtab.report.pictures import (
    classes,
    coaching,
    columns,
    comparison,
    curves,
    numbers,
    units,
)

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["GENERATOR", "QUANTITIES", "asset", "page"]

#: What the page calls its maker: files with this may be replaced.
GENERATOR = '<meta name="generator" content="trimtab'

_HERE = Path(__file__).parent

#: Blanks within a number with its error or its percent sign, where a line must not break.
_JOINED = re.compile(r"(?<=[\d?]) (?=%)|(?<=[\d?%]) (?=±)|(?<= ±) (?=\d)")

#: Letters of a text from the table that are shown.
_LONGEST = 300


def page(facts: Mapping[str, Any]) -> str:
    """The page of some facts.

    Everything in them is text: names and cells never become markup.

    Args:
        facts: plain data, as the JSON file has it.

    Example:
        >>> curve = {"label": "", "loss": [0.5, 0.4], "val_loss": [], "best_epoch": None}
        >>> panel = {"title": "", "curves": [curve], "mean": None}
        >>> course = {"panels": [panel], "label": "loss", "others": {}, "layers": {}}
        >>> course |= {"learning_rate": None, "dropout": {}}
        >>> facts = {"version": 1, "kind": "history", "title": "<b>", "course": course}
        >>> html = page(facts | {"made": "2026-11-30", "by": "trimtab"})
        >>> "<b>" in html, "&lt;b&gt;" in html
        (False, True)
    """
    script = asset("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    template = _environment().get_template("page.html")
    return template.render(
        facts=_with_points(facts),
        contents=contents(facts),
        titles=TITLES,
        words={
            name: {"title": title, "note": note, "log": log}
            for name, (title, note, log) in QUANTITIES.items()
        },
        style=Markup(asset("page.css")),
        script=Markup(script),
        policy=(
            "default-src 'none'; style-src 'unsafe-inline'; "
            f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        ),
    )


#: Section -> its title, in the order of the page: the useful thing first.
TITLES = {
    "verdict": "How good it is",
    "findings": "What may go wrong",
    "coaching": "What would help",
    "training": "How it was trained",
    "network": "The network",
    "predictions": "Predictions and errors",
    "columns": "What it relies on",
    "worst": "The worst rows",
    "data": "The data",
    "again": "How to make it again",
}

#: What is measured of layers -> its title, what it means, and whether it may span much.
QUANTITIES = {
    "mean": ("mean", "of the output", False),
    "standard_deviation": ("standard deviation", "of the output", False),
    "zeros": ("zeros", "share of outputs that are 0", False),
    "dead": ("dead units", "never active", False),
    "saturated": ("saturated units", "at an end of their range", False),
    "weight_norm": ("norm of weights", "", True),
    "gradient_ratio": ("gradient / weights", "ratio of norms", True),
    "update_ratio": ("update / weights", "ratio of norms", True),
    "statistics_distance": (
        "moving from population mean",
        "of batch normalization, in standard deviations",
        True,
    ),
    "variance_ratio": ("variance ratio", "inference over training", False),
}


def contents(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The sections of a page: those that there are facts for."""
    if facts["kind"] != "predictor":
        return []
    without = {
        name
        for name, key in (
            ("verdict", "verdict"),
            ("predictions", "targets"),
            ("columns", "importance"),
            ("worst", "worst"),
            ("coaching", "coaching"),
        )
        if not facts.get(key)
    }
    return [(name, title) for name, title in TITLES.items() if name not in without]


def _with_points(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with the point of the model's own decisions on both of its curves."""
    own = facts.get("class")
    if not own:
        return dict(facts)
    lines: dict[str, list[dict[str, Any]]] = {}
    for name, x, y in (("roc", "alarms", "recall"), ("precision", "recall", "precision")):
        point = own["point"]
        place = None if point is None else {"x": point[x], "y": point[y], "said": point["said"]}
        lines[f"{name}_lines"] = [{**line, "point": place} for line in own[name]]
    return {**facts, "class": {**own, **lines}}


@cache
def asset(name: str) -> str:
    """The text of a style sheet or a script that pages share."""
    return (_HERE / "assets" / name).read_text("utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(_HERE / "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.filters |= {
        "breakable": _breakable,
        "day": _day,
        "flags": _flags,
        "number": _number,
        "percent": _percent,
        "replace_once": lambda text, old, new: Markup(str(text).replace(old, new, 1)),
        "whole": lambda value: f"{value:,}",
    }
    made.globals |= {
        "before_and_after": coaching.before_and_after,
        "calibration": classes.calibration,
        "comparison": comparison.comparison,
        "count": count,
        "coverage": numbers.coverage,
        "curve": classes.curve,
        "by_epoch": curves.by_epoch,
        "effect": columns.effect,
        "effect_limits": effect_limits,
        "effect_of_categories": columns.effect_of_categories,
        "errors": numbers.errors,
        "gains": coaching.gains,
        "importance_bar": columns.bar,
        "layers_by_epoch": curves.layers_by_epoch,
        "learning_curves": curves.learning_curves,
        "log_helps": log_helps,
        "predicted_and_actual": numbers.predicted_and_actual,
        "residuals": numbers.residuals,
        "share_of": lambda part, whole: f"{part / whole if whole else 0:.3f}",
        "spark": columns.spark,
        "units": units.units_of_facts,
        "varies": varies,
    }
    return made


def _shown(value: Any) -> Any:
    """What an expression of the template writes: texts in one line, and not endless."""
    if isinstance(value, str) and not isinstance(value, Markup):
        text = one_line(value) if "\n" not in value else value
        text = _JOINED.sub("\u00a0", text)
        return text if len(text) <= _LONGEST * 20 else f"{text[: _LONGEST * 20]}…"
    return "" if value is None else value


#: A flag of the command, with what is to be typed behind it.
_FLAG = re.compile(r"--[a-z][a-z-]*(?: [A-Z]+\b| [\d.]+(?![\d.]*[a-z%]))?")


def _flags(text: str) -> Markup:
    """A text whose flags do not break over lines."""
    said = str(escape(_shown(text)))
    return Markup(_FLAG.sub(r'<span class="nowrap">\g<0></span>', said))


#: Where a word of a name ends: ``Batch|Normalization``.
_WORD_ENDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _breakable(name: str) -> Markup:
    """The name of a class, which may break between its words."""
    return Markup("<wbr>").join(_WORD_ENDS.split(str(_shown(name))))


def _day(moment: str) -> str:
    """The day of a moment: ``30 November 2026``."""
    try:
        day = datetime.date.fromisoformat(moment[:10])
    except ValueError:
        return moment
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def _number(value: float | None) -> str:
    return "–" if value is None else figure(value)


def _percent(value: float | None) -> str:
    if value is None:
        return "–"
    share = 100 * value
    if 0 < share < 0.1:
        return "< 0.1 %"
    return f"{share:.0f} %" if share >= 10 or share == 0 else f"{share:.1f} %"


def log_helps(panel: Mapping[str, Any]) -> bool:
    """Whether a logarithmic axis shows more of these curves: they span much, and are above 0."""
    values = [
        value
        for curve in panel["curves"]
        for key in ("loss", "val_loss")
        for value in curve[key]
        if value is not None and math.isfinite(value)
    ]
    return len(values) > 4 and min(values) > 0 and max(values) > 3 * min(values)


def varies(curves: Mapping[str, Sequence[float | None]]) -> bool:
    """Whether curves are of any interest: they are not all the same number at all times."""
    return len({value for line in curves.values() for value in line if value is not None}) > 1


def effect_limits(effects: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Limits of the predicted values, the same for all columns: all means, and most rows."""
    means = [v for each in effects for line in each["lines"] for v in line["mean"] if v is not None]
    rows = sorted(
        v for each in effects for line in each.get("rows") or () for v in line if v is not None
    )
    if rows:
        means += [rows[len(rows) // 20], rows[-1 - len(rows) // 20]]
    if not means:
        return 0.0, 1.0
    low, high = min(means), max(means)
    return (low, high) if low < high else (low - 0.5, high + 0.5)
