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

    figure = Figure(figsize=(max(6.4, 4.8 * len(outcomes)), 4.4), layout="constrained")
    figure.suptitle(title, fontsize=13, fontweight="bold")
    panels = figure.subplots(1, len(outcomes), sharey=True, squeeze=False)[0]
    for panel, outcome in zip(panels, outcomes, strict=True):
        _draw_panel(panel, outcome)
    panels[0].set_ylabel("loss (mean absolute error)")
    limits = _limits(outcomes)
    if limits is not None:
        panels[0].set_ylim(*limits)
    for panel, outcome in zip(panels, outcomes, strict=True):
        _mark_best(panel, outcome)
    with _replacing(Path(path)) as temporary:
        figure.savefig(temporary, format="png", dpi=144)


def _draw_panel(panel: Any, outcome: Outcome) -> None:
    epochs = range(1, len(outcome.loss) + 1)
    panel.set_title(outcome.variant, fontsize=11)
    panel.set_xlabel("epoch")
    panel.set_xlim(1, max(len(outcome.loss), 2))
    panel.grid(alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
    panel.locator_params(axis="x", integer=True)
    dots = {"marker": "o", "markersize": 4} if len(outcome.loss) < 3 else {}
    panel.plot(epochs, outcome.loss, color=TRAINING, label="loss", **dots)
    panel.plot(epochs, outcome.val_loss, color=VALIDATION, label="val_loss", **dots)
    if outcome.diverged is not None:
        panel.text(
            0.5,
            0.5,
            f"diverged:\n{outcome.diverged}",
            transform=panel.transAxes,
            ha="center",
            va="center",
            fontsize=12,
            color=QUIET,
        )
    if any(map(math.isfinite, outcome.loss)):
        panel.legend(frameon=False, loc="upper right")


def _mark_best(panel: Any, outcome: Outcome) -> None:
    """A ring around the smallest validation loss, and its value above the axis."""
    if outcome.best_epoch is None:
        return
    panel.plot(
        outcome.best_epoch,
        outcome.best,
        marker="o",
        markersize=8,
        fillstyle="none",
        color=VALIDATION,
        clip_on=False,
    )
    panel.annotate(
        f"lowest val_loss {outcome.best:.4f}, epoch {outcome.best_epoch}",
        xy=(0.98, 0.02),
        xycoords="axes fraction",
        ha="right",
        va="bottom",
        fontsize=9,
        color=QUIET,
    )


def _limits(outcomes: Sequence[Outcome]) -> tuple[float, float] | None:
    """Limits of the loss axis: the first epochs may leave it, so that the rest can be seen."""
    low, high = math.inf, -math.inf
    # What a run did on its way to nan must not set the scale for those that learned.
    for outcome in [o for o in outcomes if o.diverged is None] or outcomes:
        for curve in (outcome.loss, outcome.val_loss):
            settled = curve[len(curve) // 10 :]
            low = min([low, *filter(math.isfinite, curve)])
            high = max([high, *filter(math.isfinite, settled)])
    if not low < high:
        return None
    margin = 0.15 * (high - low)
    return max(0.0, low - margin), high + margin


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
