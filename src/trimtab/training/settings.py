"""The settings of a fit, checked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.training.batches import LAST_BATCH, Batches, cut

__all__ = ["FitSettings", "checked_batch_size", "checked_verbose"]


@dataclass
class FitSettings:
    """The arguments of ``fit`` that are not data, checked.

    Attributes:
        ends: behind the last row of each batch, where rows came as batches; else None.

    Raises:
        InvalidArgument: naming the argument, its rule and what was received.
    """

    batch_size: int = 32
    epochs: int = 1
    verbose: Any = "auto"
    shuffle: bool = True
    initial_epoch: int = 0
    validation_batch_size: int = 32
    validation_freq: int | Collection[int] = 1
    statistics: str = "moving"
    freeze_statistics_after: int | None = None
    track: Collection[str] = ()
    last_batch: str = "keep"
    ends: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        self.epochs = _integer("epochs", self.epochs, 0)
        self.initial_epoch = _integer("initial_epoch", self.initial_epoch, 0)
        self.verbose = checked_verbose(self.verbose)
        if not isinstance(self.shuffle, bool | np.bool_):
            raise InvalidArgument(f"shuffle must be True or False, received {brief(self.shuffle)}.")
        self.shuffle = bool(self.shuffle)
        if isinstance(self.validation_freq, Collection) and not isinstance(
            self.validation_freq, str
        ):
            self.validation_freq = {_integer("validation_freq", e, 1) for e in self.validation_freq}
        else:
            self.validation_freq = _integer("validation_freq", self.validation_freq, 1)
        self.statistics = checks.choice("statistics", self.statistics, ("moving", "population"))
        if self.freeze_statistics_after is not None:
            self.freeze_statistics_after = _integer(
                "freeze_statistics_after", self.freeze_statistics_after, 0
            )
        self.last_batch = checks.choice("last_batch", self.last_batch, LAST_BATCH)

    def cut(self, rows: int) -> Batches:
        """The batches of an epoch on so many rows."""
        if self.ends is not None:
            return Batches(rows, self.batch_size, ends=self.ends)
        return cut(rows, self.batch_size, self.last_batch)

    def validates(self, epoch: int) -> bool:
        """Whether this epoch (from 0) is followed by validation."""
        if isinstance(self.validation_freq, int):
            return (epoch + 1) % self.validation_freq == 0
        return epoch + 1 in self.validation_freq

    def next_change(self, epoch: int) -> int:
        """The epoch before which training is the same as in this one: the last, or a freeze."""
        freeze = self.freeze_statistics_after
        return self.epochs if freeze is None or epoch >= freeze else min(freeze, self.epochs)


def checked_batch_size(value: Any, name: str = "batch_size") -> int:
    """A positive integer; None is 32."""
    if value is None:
        return 32
    return _integer(name, value, 1, "Leave it out for 32.")


def checked_verbose(value: Any) -> Any:
    """``auto``, 0, 1 or 2."""
    if value is True or value is False:
        return int(value)
    if isinstance(value, int | np.integer) and value in (0, 1, 2):
        return int(value)
    if value == "auto":
        return value
    raise InvalidArgument(f"verbose must be 'auto', 0, 1 or 2, received {brief(value)}.")


def _integer(name: str, value: Any, least: int, advice: str = "") -> int:
    good = isinstance(value, int | np.integer) and not isinstance(value, bool | np.bool_)
    if not good or value < least:
        rule = "a positive integer" if least == 1 else f"an integer of at least {least}"
        raise InvalidArgument(f"{name} must be {rule}, received {brief(value)}. {advice}".rstrip())
    return int(value)
