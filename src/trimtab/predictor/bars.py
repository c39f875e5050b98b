"""The picture of column importance."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from trimtab.core.pictures import QUIET, TRAINING, lettering, save_picture
from trimtab.predictor.draws import Score

__all__ = ["bars_on", "draw_bars", "size_of"]

#: Bars that a picture has room for.
_MOST_BARS = 40

#: Visible on a bar and beside it.
_DARK = "#202124"


def draw_bars(
    increases: Mapping[str, Score],
    label: str,
    target: str,
    path: str | os.PathLike[str],
    title: str = "",
) -> None:
    """Writes a picture: a bar for each column, with its standard error.

    Args:
        increases: column -> increase of the loss, the most important column first.
        label: of the axis; ``{target}`` stands for the target.
        target: the column that is predicted.
        path: of a PNG; it appears complete or not at all.
        title: above the bars.
    """
    figure = Figure(figsize=size_of(increases), layout=ConstrainedLayoutEngine(h_pad=0.1))
    bars_on(figure, increases, label, target, title)
    save_picture(figure, path)


def size_of(increases: Mapping[str, Score]) -> tuple[float, float]:
    """Width and height of a picture that has room for these bars, in inches."""
    return 7.2, 1.7 + 0.28 * min(len(increases), _MOST_BARS)


def bars_on(
    figure: Figure, increases: Mapping[str, Score], label: str, target: str, title: str = ""
) -> Axes:
    """Draws the bars on a figure, and returns their axes; for the arguments see above."""
    names = list(increases)[:_MOST_BARS]
    shown = [increases[name] for name in names]
    places = list(range(len(names)))
    panel = figure.subplots()
    if title:
        figure.suptitle(lettering(title, 72), fontsize=13, fontweight="bold")
    panel.barh(
        places,
        [each.value for each in shown],
        height=0.66,
        color=TRAINING,
        # A bar without an error where there is only one row or group.
        xerr=[each.error if math.isfinite(each.error) else 0.0 for each in shown],
        error_kw={"ecolor": _DARK, "elinewidth": 1.2, "capsize": 3},
    )
    panel.set_yticks(places, [lettering(name, 36) for name in names])
    panel.set_ylim(len(names) - 0.4, -0.6)
    panel.axvline(0, color=QUIET, linewidth=0.8)
    panel.tick_params(axis="y", length=0)
    panel.spines[["top", "right", "left"]].set_visible(False)
    panel.grid(axis="x", alpha=0.3)
    panel.set_axisbelow(True)
    label = label.replace("{target}", lettering(target, 36))
    if len(increases) > len(names):
        label += f"\nthe first {len(names)} of {len(increases)} columns"
    panel.set_xlabel(label)
    return panel
