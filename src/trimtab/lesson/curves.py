"""The picture: learning curves of all variants side by side; and the folder it goes into."""

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
    """Writes a PNG with one panel for each outcome, all on one scale.

    The file appears complete or not at all.
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
