"""The picture of a comparison: paired differences, and curves with the band of their trials."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core.pictures import TRAINING, VALIDATION, lettering, new_figure, save_picture
from trimtab.core.types import Doubles
from trimtab.trials.trial import BASE, Outcome
from trimtab.trials.verdicts import Verdict

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw"]

#: Curves that fall by more are drawn on a scale of logarithms.
WIDE = 20

#: The base is grey; these are told apart by colour-blind people.
_COLOURS = (TRAINING, VALIDATION, "#2a9d6f", "#8a5fbf", "#b3871a", "#c2477f")


def draw(
    verdicts: Sequence[Verdict],
    gains: Mapping[str, Doubles],
    outcomes: Sequence[Outcome],
    metric: str,
    curve: str,
    path: str | os.PathLike[str] | None = None,
) -> Figure:
    """Draws a comparison; see :meth:`~trimtab.trials.Comparison.plot`.

    Args:
        verdicts: a row each.
        gains: of each variant.
        outcomes: whose curves are drawn.
        metric: that decided.
        curve: which one.
        path: a PNG to write, too.
    """
    rows = len(verdicts)
    figure = new_figure(figsize=(10.5, max(3.2, 1.6 + 0.5 * rows)), layout="constrained")
    left, right = figure.subplots(1, 2)
    _differences(left, verdicts, gains, metric)
    _curves(right, [BASE, *(each.variant for each in verdicts)], outcomes, curve)
    if path is not None:
        save_picture(figure, path)
    return figure


def _differences(
    panel: Any, verdicts: Sequence[Verdict], gains: Mapping[str, Doubles], metric: str
) -> None:
    names = [each.variant for each in verdicts]
    for place, verdict in enumerate(verdicts):
        found = gains[verdict.variant]
        known = found[np.isfinite(found)]
        colour = _COLOURS[place % len(_COLOURS)]
        spread = np.linspace(-0.12, 0.12, len(known)) if len(known) > 1 else np.zeros(len(known))
        panel.plot(known, place + spread, "o", color=colour, alpha=0.35, markersize=4)
        own = verdict.effect
        if np.isfinite([own.low, own.mean, own.high]).all():
            reach = [[own.mean - own.low], [own.high - own.mean]]
            panel.errorbar(own.mean, place, xerr=reach, fmt="D", color=colour, capsize=4)
    panel.axvline(0.0, color="#5f6368", linewidth=1)
    panel.set_yticks(range(len(names)), [lettering(name, 36) for name in names])
    panel.set_ylim(len(names) - 0.5, -0.5)
    panel.set_xlabel(f"gain in {metric} (right of 0 is better)")
    panel.set_title("Paired differences, mean, 95 %")


def _curves(panel: Any, names: Sequence[str], outcomes: Sequence[Outcome], curve: str) -> None:
    for place, name in enumerate(names):
        found = [
            np.array([np.nan if each is None else each for each in outcome.history[curve]])
            for outcome in outcomes
            if outcome.trial.variant == name and curve in outcome.history
        ]
        if not found:
            continue
        length = max(map(len, found))
        wide = np.full((len(found), length), np.nan)
        for row, values in zip(wide, found, strict=True):
            row[: len(values)] = values
        epochs = np.arange(1, length + 1)
        colour = "#5f6368" if name == BASE else _COLOURS[(place - 1) % len(_COLOURS)]
        some = ~np.isnan(wide).all(axis=0)
        low, middle, high = np.nanquantile(wide[:, some], [0.1, 0.5, 0.9], axis=0)
        panel.plot(epochs[some], middle, color=colour, label=lettering(name, 30))
        panel.fill_between(epochs[some], low, high, color=colour, alpha=0.15, linewidth=0)
    high = panel.get_ylim()[1]
    ends = [abs(line.get_ydata()).min() for line in panel.lines if len(line.get_ydata())]
    if ends and min(ends) > 0 and high > WIDE * min(ends):
        panel.set_yscale("log")
    panel.set_xlabel("epoch")
    panel.set_ylabel(curve)
    panel.set_title("Median of the trials, and 8 of 10")
    if panel.get_legend_handles_labels()[0]:
        panel.legend(frameon=False, fontsize=8)
