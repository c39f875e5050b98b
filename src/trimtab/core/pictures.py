"""Pictures of learning curves, written whole or not at all.

Drawn with Matplotlib's ``Figure``, without pyplot: no window, no global state, safe in any thread.
Only :func:`new_figure` may use pyplot.
"""

from __future__ import annotations

import base64
import io
import math
import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab.core.notebook import in_notebook
from trimtab.core.replacing import replacing
from trimtab.core.words import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "FEW",
    "QUIET",
    "TRAINING",
    "VALIDATION",
    "Curve",
    "Panel",
    "draw_learning_curves",
    "is_ours",
    "lettering",
    "new_figure",
    "number_ticks",
    "picture_html",
    "save_picture",
]

# Blue and orange can be told apart by colour-blind people and in grey.
TRAINING, VALIDATION, QUIET = "#1f6fb4", "#e1701a", "#5f6368"

#: The software named in the pictures.
SOFTWARE = "trimtab"

#: Curves over fewer epochs have markers.
FEW = 3


@dataclass(frozen=True)
class Curve:
    """One network's training.

    Attributes:
        loss, val_loss: One number per epoch; ``val_loss`` is empty without validation.
        best_epoch: The epoch of the lowest ``val_loss``, from 1, or None.
        diverged: When the loss became NaN or infinite, in words, or None.
    """

    loss: Sequence[float]
    val_loss: Sequence[float] = ()
    best_epoch: int | None = None
    diverged: str | None = None

    @property
    def best(self) -> float:
        """The lowest ``val_loss``."""
        assert self.best_epoch is not None
        return self.val_loss[self.best_epoch - 1]


@dataclass(frozen=True)
class Panel:
    """Curves in one panel: of a network, the members of a committee, or folds; and their mean."""

    title: str
    curves: Sequence[Curve]
    mean: Curve | None = None


def draw_learning_curves(
    panels: Sequence[Panel], title: str, label: str, path: str | os.PathLike[str]
) -> None:
    """Writes a PNG with the panels side by side, all on one scale.

    Args:
        panels: From left to right.
        title: The heading.
        label: Label of the loss axis, such as ``mean absolute error``.
        path: The file; it is written whole or not at all.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    size = max(7.2, 4.8 * len(panels)), 4.5
    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(h_pad=0.1))
    figure.suptitle(lettering(title, 72), fontsize=13, fontweight="bold")
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    lines: list[Any] = []
    for panel, ax in zip(panels, axes, strict=True):
        drawn = _draw_panel(ax, panel)
        lines = max(lines, drawn, key=len)
    curves = [curve for panel in panels for curve in panel.curves]
    limits, cut = _limits(curves)
    number_ticks(axes[0].yaxis)
    axes[0].set_ylabel(label + (" (first epochs cut off)" if cut else ""))
    if limits is not None:
        axes[0].set_ylim(*limits)
    figure.legend(handles=lines, loc="outside lower center", ncols=2, frameon=False)
    save_picture(figure, path)


def number_ticks(axis: Any, most: int = 6) -> None:
    """Writes numbers at an axis whole, as text has them.

    Matplotlib would put a power of ten that they share beside the axis, on top of its label.

    Args:
        axis: ``panel.xaxis`` or ``panel.yaxis``.
        most: numbers there is room for.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, place: figure(float(value) or 0.0)))


def picture_html(figure: Figure) -> str:
    """A figure as an image of HTML that holds its own data."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=72)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img src="data:image/png;base64,{data}">'


def save_picture(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Writes a figure as PNG under another name, then renames it."""
    with replacing(Path(path)) as file, warnings.catch_warnings():
        # The picture shows a box for a letter that the font lacks; users cannot change that.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        figure.savefig(file, format="png", dpi=144, metadata={"Software": SOFTWARE})


def new_figure(**settings: Any) -> Figure:
    """A figure to hand to the user: pyplot's in a notebook, which shows those, or if it is in use.

    Else there is no state, and no window system.

    Args:
        settings: As for Matplotlib's ``Figure``.
    """
    if in_notebook() or "matplotlib.pyplot" in sys.modules:
        from matplotlib import pyplot

        return pyplot.figure(**settings)
    from matplotlib.figure import Figure

    return Figure(**settings)


def lettering(name: str, most: int) -> str:
    r"""A name from a table for a picture: one line, shortened, dollar signs escaped.

    Example:
        >>> from trimtab.core.pictures import lettering
        >>> print(lettering("US$ a year", 8))
        US\$ a y…
    """
    name = "".join(letter if letter.isprintable() else " " for letter in name[: most + 1])
    name = name if len(name) <= most else f"{name[: most - 1]}…"
    return name.replace("$", r"\$")


def is_ours(path: str | os.PathLike[str]) -> bool:
    """Whether a file was written by :func:`save_picture`."""
    with Path(path).open("rb") as file:
        return f"Software\0{SOFTWARE}".encode() in file.read(1024)


def _draw_panel(ax: Any, panel: Panel) -> list[Any]:
    """Draws the curves and their notes; returns a line of each colour."""
    epochs = max((len(curve.loss) for curve in panel.curves), default=0)
    ax.set_title(panel.title, fontsize=11, pad=20)
    ax.set_xlabel("epoch")
    ax.set_xlim(1, max(epochs, 2))
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.locator_params(axis="x", integer=True)
    style: dict[str, Any] = {"marker": "o", "markersize": 4} if epochs < FEW else {}
    if len(panel.curves) > 1:
        style |= {"linewidth": 1.0, "alpha": 0.7 if panel.mean is None else 0.3}
    lines: list[Any] = []
    for curve in (*panel.curves, *([] if panel.mean is None else [panel.mean])):
        if curve is panel.mean:
            style |= {"linewidth": 2.0, "alpha": 1.0}
        drawn = []
        for values, color, name in (
            (curve.loss, TRAINING, "loss"),
            (curve.val_loss, VALIDATION, "val_loss"),
        ):
            if values:
                drawn += ax.plot(
                    range(1, len(values) + 1), values, color=color, label=name, **style
                )
        if curve.best_epoch is not None:
            ring = {"marker": "o", "markersize": 8, "fillstyle": "none", "clip_on": False}
            ax.plot(curve.best_epoch, curve.best, color=VALIDATION, zorder=3, **ring)
        lines = drawn if curve is panel.mean else max(lines, drawn, key=len)
    quiet = {"xycoords": "axes fraction", "ha": "center", "color": QUIET}
    word = "lowest" if panel.mean is None else "kept at"
    note = _of_the_best([curve for curve in panel.curves if curve.best_epoch is not None], word)
    if note:
        ax.annotate(note, xy=(0.5, 1.02), va="bottom", fontsize=9, **quiet)
    diverged = [curve.diverged for curve in panel.curves if curve.diverged is not None]
    if diverged:
        ax.annotate(f"diverged:\n{diverged[0]}", xy=(0.5, 0.5), va="center", fontsize=12, **quiet)
    return lines


def _of_the_best(curves: Sequence[Curve], word: str = "lowest") -> str:
    if not curves:
        return ""
    if len(curves) == 1:
        return f"lowest val_loss {figure(curves[0].best, fixed=True)}, epoch {curves[0].best_epoch}"
    mean = sum(curve.best for curve in curves) / len(curves)
    epochs = sorted(curve.best_epoch or 0 for curve in curves)
    spread = (
        f"epoch {epochs[0]}" if epochs[0] == epochs[-1] else f"epochs {epochs[0]} to {epochs[-1]}"
    )
    return f"{word} val_loss {figure(mean, fixed=True)} on average, {spread}"


def _limits(curves: Sequence[Curve]) -> tuple[tuple[float, float] | None, bool]:
    """Limits of the loss axis, and whether they cut off the first epochs."""
    # A run that diverged must not set the scale for the others.
    shown = [curve for curve in curves if curve.diverged is None] or curves
    finite = [
        [value for value in values if math.isfinite(value)]
        for curve in shown
        for values in (curve.loss, curve.val_loss)
    ]
    low = min((value for values in finite for value in values), default=0.0)
    high = max((value for values in finite for value in values), default=0.0)
    settled = max((v for values in finite for v in values[len(values) // 10 :]), default=0.0)
    cut = high - low > 2 * (settled - low) > 0
    if cut:
        high = settled
    if not low < high:
        return None, False
    margin = 0.08 * (high - low)
    return (max(0.0, low - margin), high + margin), cut
