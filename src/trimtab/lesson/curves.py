"""The picture: learning curves of all variants side by side."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab.errors import InvalidArgument

if TYPE_CHECKING:
    from trimtab.lesson.outcome import Outcome

# Blue and orange stay apart for colour-blind eyes and in grey.
TRAINING, VALIDATION, QUIET = "#1f6fb4", "#e1701a", "#5f6368"


def draw_curves(outcomes: Sequence[Outcome], title: str, path: str | os.PathLike[str]) -> None:
    """Writes a PNG with one panel for each outcome, all on one scale.

    The file appears complete or not at all: it is written under another name, then renamed.
    """
    # Figure without pyplot: no window, no global state, safe in any thread.
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    size = max(7.2, 4.8 * len(outcomes)), 4.5
    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(h_pad=0.1))
    figure.suptitle(title, fontsize=13, fontweight="bold")
    panels = figure.subplots(1, len(outcomes), sharey=True, squeeze=False)[0]
    for panel, outcome in zip(panels, outcomes, strict=True):
        lines = _draw_panel(panel, outcome)
    limits, cut = _limits(outcomes)
    panels[0].set_ylabel("mean absolute error" + (" (first epochs cut off)" if cut else ""))
    if limits is not None:
        panels[0].set_ylim(*limits)
    figure.legend(handles=lines, loc="outside lower center", ncols=2, frameon=False)
    with _replacing(Path(path)) as temporary:
        figure.savefig(temporary, format="png", dpi=144)


def _draw_panel(panel: Any, outcome: Outcome) -> list[Any]:
    """Draws both curves and what is to be said of them; returns the two lines."""
    epochs = range(1, len(outcome.loss) + 1)
    panel.set_title(outcome.variant, fontsize=11, pad=20)
    panel.set_xlabel("epoch")
    panel.set_xlim(1, max(len(outcome.loss), 2))
    panel.grid(alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
    panel.locator_params(axis="x", integer=True)
    dots = {"marker": "o", "markersize": 4} if len(outcome.loss) < 3 else {}
    lines = panel.plot(epochs, outcome.loss, color=TRAINING, label="loss", **dots)
    lines += panel.plot(epochs, outcome.val_loss, color=VALIDATION, label="val_loss", **dots)
    quiet = {"xycoords": "axes fraction", "ha": "center", "color": QUIET}
    if outcome.best_epoch is not None:
        note = f"lowest val_loss {outcome.best:.4f}, epoch {outcome.best_epoch}"
        panel.annotate(note, xy=(0.5, 1.02), va="bottom", fontsize=9, **quiet)
        ring = {"marker": "o", "markersize": 8, "fillstyle": "none", "clip_on": False}
        panel.plot(outcome.best_epoch, outcome.best, color=VALIDATION, zorder=3, **ring)
    if outcome.diverged is not None:
        note = f"diverged:\n{outcome.diverged}"
        panel.annotate(note, xy=(0.5, 0.5), va="center", fontsize=12, **quiet)
    return list(lines)


def _limits(outcomes: Sequence[Outcome]) -> tuple[tuple[float, float] | None, bool]:
    """Limits of the loss axis, and whether wild first epochs leave it so the rest can be seen."""
    # What a run did on its way to nan must not set the scale for those that learned.
    shown = [outcome for outcome in outcomes if outcome.diverged is None] or outcomes
    curves = [curve for outcome in shown for curve in (outcome.loss, outcome.val_loss)]
    finite = [[value for value in curve if math.isfinite(value)] for curve in curves]
    low = min((value for curve in finite for value in curve), default=0.0)
    high = max((value for curve in finite for value in curve), default=0.0)
    settled = max((value for curve in finite for value in curve[len(curve) // 10 :]), default=0.0)
    cut = high - low > 2 * (settled - low) > 0
    if cut:
        high = settled
    if not low < high:
        return None, False
    margin = 0.08 * (high - low)
    return (max(0.0, low - margin), high + margin), cut


@contextmanager
def output_folder(path: Path) -> Iterator[None]:
    """Makes the folder, or says why it cannot be; one that was made for nothing goes again."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        try:
            path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                pass
        except OSError as problem:
            raise InvalidArgument(
                f"cannot write into {path}: {problem.strerror}. Name another folder."
            ) from None
        yield
    except BaseException:
        for folder in missing:
            with suppress(OSError):
                folder.rmdir()
        raise


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A name beside ``path`` to write to; it becomes ``path`` unless writing fails."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
