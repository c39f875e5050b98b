"""What keeps a fit while it runs, so that another process can resume it to the same bits."""

from __future__ import annotations

from typing import Protocol

from trimtab.training.callback import Logs
from trimtab.training.callback_list import CallbackList

__all__ = ["Backup"]


class Backup(Protocol):
    """Keeps the state of a fit, and gives back the one that is resumed.

    The loop calls it between two steps, when all callbacks have seen the last one: the network, the
    callbacks and the history belong together then.

    Attributes:
        first_epoch: number of the epoch to begin with, from 0.
        inside: whether the run that is resumed was left inside that epoch.
        keeps: whether the fit is kept.
    """

    first_epoch: int
    inside: bool
    keeps: bool

    def restore(self, callbacks: CallbackList) -> None:
        """Makes network and callbacks what they were; nothing where no run is resumed."""

    def begin(self, callbacks: CallbackList) -> None:
        """The fit begins, or is resumed."""

    def batch_done(self, epoch: int) -> None:
        """A batch is done, and the epoch is not over."""

    def epoch_done(self, epoch: int, logs: Logs) -> None:
        """An epoch is done, validation included, and training goes on or is at its last epoch."""

    def stopped(self, epoch: int) -> None:
        """Ctrl-C ends the fit between two steps of an epoch."""

    def finished(self) -> None:
        """The fit has come to its end."""
