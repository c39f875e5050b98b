"""The picture of column importance."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from textwrap import wrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from trimtab.core.pictures import QUIET, TRAINING, lettering, number_ticks, save_picture
from trimtab.core.words import figure
from trimtab.predictor.draws import Score

__all__ = ["bars_on", "draw_bars", "size_of"]

#: Bars that a picture has room for.
_MOST_BARS = 40

#: Of the picture, and of a letter at most, in inches.
_WIDTH, _LETTER = 7.2, 0.1

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
    picture = Figure(figsize=size_of(increases), layout=ConstrainedLayoutEngine(h_pad=0.1))
    bars_on(picture, increases, label, target, title)
    save_picture(picture, path)


def size_of(increases: Mapping[str, Score]) -> tuple[float, float]:
    """Width and height of a picture that has room for these bars, in inches."""
    return _WIDTH, 1.7 + 0.28 * min(len(increases), _MOST_BARS)


def bars_on(
    picture: Figure, increases: Mapping[str, Score], label: str, target: str, title: str = ""
) -> Axes:
    """Draws the bars on a figure, and returns their axes; for the arguments see above."""
    names = list(increases)[:_MOST_BARS]
    shown = [increases[name] for name in names]
    places = list(range(len(names)))
    panel = picture.subplots()
    if title:
        picture.suptitle(lettering(title, 72), fontsize=13, fontweight="bold")
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
    number_ticks(panel.xaxis, _room(names, shown))
    label = label.replace("{target}", lettering(target, 36))
    if len(increases) > len(names):
        label += f"; the first {len(names)} of {len(increases):,} columns"
    # In the middle of the picture: beside long names there is little room below the axis.
    picture.supxlabel("\n".join(wrap(label, 84)), fontsize=10)
    return panel


def _room(names: Sequence[str], shown: Sequence[Score]) -> int:
    """How many numbers fit below the bars, beside the names."""
    longest = max((min(len(name), 36) for name in names), default=0)
    largest = max((abs(each.value) for each in shown), default=0.0)
    letters = len(figure(-largest)) + 3
    return max(2, min(6, int((_WIDTH - 0.3 - _LETTER * longest) / (_LETTER * letters))))
