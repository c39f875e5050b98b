"""Trains a variant, and holds its learning curves."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from trimtab.lesson.data import Split
from trimtab.lesson.lessons import Lesson, Variant


@dataclass(frozen=True)
class Outcome:
    """The learning curves of one variant.

    Attributes:
        variant: Its title.
        loss, val_loss: One number per epoch.
        seconds: Time of ``fit``.

    Example:
        >>> from trimtab.lesson import Outcome
        >>> outcome = Outcome("as given", [0.9, 0.4, 0.2], [0.8, 0.5, 0.6], seconds=1.0)
        >>> outcome.best, outcome.best_epoch
        (0.5, 2)
        >>> outcome.diverged is None
        True
    """

    variant: str
    loss: list[float]
    val_loss: list[float]
    seconds: float

    @property
    def best(self) -> float:
        """The lowest validation loss; NaN if there is none."""
        return min((value for value in self.val_loss if not math.isnan(value)), default=math.nan)

    @property
    def best_epoch(self) -> int | None:
        """The epoch of :attr:`best`, from 1."""
        return None if math.isnan(self.best) else self.val_loss.index(self.best) + 1

    @property
    def diverged(self) -> str | None:
        """When the loss became NaN or infinite, in words; None if it did not."""
        for epoch, value in enumerate(self.loss, start=1):
            if not math.isfinite(value):
                return f"loss is {value} from epoch {epoch}"
        for epoch, value in enumerate(self.val_loss, start=1):
            if not math.isfinite(value):
                return f"validation loss is {value} from epoch {epoch}"
        return None


def train(
    lesson: Lesson,
    variant: Variant,
    split: Split,
    *,
    seed: int = 0,
    epochs: int | None = None,
    engine: str = "auto",
    verbose: int = 0,
) -> Outcome:
    """Trains a variant from scratch.

    Args:
        lesson: The lesson, for its settings.
        variant: The network.
        split: The rows.
        seed: Seed of weights, row orders and dropout, which are the same on both engines.
        epochs: Epochs to train; None: the lesson's number.
        engine: ``native``, ``jax``, or ``auto``: ``TRIMTAB_ENGINE``, else ``native``.
        verbose: As for ``fit``.
    """
    from trimtab import keras

    keras.utils.set_random_seed(seed)
    model = variant.network(split.columns)
    model.compile(optimizer=lesson.optimizer, loss="mae", engine=engine)
    start = time.perf_counter()
    history = model.fit(
        split.x_train,
        split.y_train,
        validation_data=(split.x_valid, split.y_valid),
        batch_size=lesson.batch_size,
        epochs=lesson.epochs if epochs is None else epochs,
        verbose=verbose,
    ).history
    seconds = time.perf_counter() - start
    return Outcome(variant.title, history["loss"], history["val_loss"], seconds)
