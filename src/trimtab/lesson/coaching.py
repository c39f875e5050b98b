"""A lesson, coached: what is wrong with its first network, and what helps."""

from __future__ import annotations

from typing import Any

from trimtab.coaching import Prescription, coach
from trimtab.lesson.data import Split
from trimtab.lesson.lessons import Lesson
from trimtab.model.sequential import Sequential

__all__ = ["TIME_LIMIT", "coached"]

#: Time for the trials; the last two trainings, on all rows, come on top.
TIME_LIMIT = "4m"


def coached(
    lesson: Lesson,
    split: Split,
    *,
    seed: int = 0,
    epochs: int | None = None,
    engine: str = "auto",
    time_limit: Any = TIME_LIMIT,
    trials: int | None = None,
    verbose: Any = "auto",
) -> Prescription:
    """Coaches the first network of a lesson, on its training rows.

    The lesson's validation rows are seen by no trial: the watched training validates on them, and
    what helps is measured on them at the end.

    Args:
        lesson: for its network and settings.
        split: the rows.
        seed: of weights, row orders, dropout and pairs.
        epochs: of each training; None: the lesson's number.
        engine: as for :func:`~trimtab.lesson.train`.
        time_limit: for all.
        trials: at most; None: as many as there is time for.
        verbose: 1 shows a table while it runs, 0 nothing; ``auto``: 1 on a terminal.
    """

    def network() -> Sequential:
        model = lesson.variants[0].network(split.columns)
        model.compile(optimizer=lesson.optimizer, loss="mae", engine=engine)
        return model

    return coach(
        network,
        split.x_train,
        split.y_train,
        validation_data=(split.x_valid, split.y_valid),
        groups=split.groups,
        epochs=lesson.epochs if epochs is None else epochs,
        batch_size=lesson.batch_size,
        seed=seed,
        time_limit=time_limit,
        trials=trials,
        verbose=verbose,
    )
