"""The picture of a lesson: learning curves side by side, and the folder for it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from trimtab.core.pictures import Curve, Panel, draw_learning_curves
from trimtab.errors import InvalidArgument

if TYPE_CHECKING:
    from trimtab.lesson.outcome import Outcome


def draw_curves(outcomes: Sequence[Outcome], title: str, path: str | os.PathLike[str]) -> None:
    """Writes a PNG with one panel per outcome, all on one scale.

    Args:
        outcomes: What is drawn, from left to right.
        title: The heading.
        path: The file; it is written whole or not at all.
    """
    panels = [
        Panel(
            outcome.variant,
            [Curve(outcome.loss, outcome.val_loss, outcome.best_epoch, outcome.diverged)],
        )
        for outcome in outcomes
    ]
    draw_learning_curves(panels, title, "mean absolute error", path)


@contextmanager
def output_folder(path: Path) -> Iterator[None]:
    """Makes a folder, and removes it again if the block fails.

    Raises:
        InvalidArgument: The folder cannot be made or written to.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        try:
            path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                pass
        except OSError as problem:
            raise InvalidArgument(
                f"cannot write to {path}: {problem.strerror}. Choose another folder."
            ) from None
        yield
    except BaseException:
        for folder in missing:
            with suppress(OSError):
                folder.rmdir()
        raise
