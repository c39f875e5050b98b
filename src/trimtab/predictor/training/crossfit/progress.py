"""What is reported of networks that train at once: one line for all of them."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence

from trimtab.core.words import count, figure
from trimtab.predictor.training import events
from trimtab.predictor.training.crossfit.network import CrossNetwork
from trimtab.predictor.training.events import Report
from trimtab.predictor.training.fits import Fit
from trimtab.predictor.training.limits import Limits
from trimtab.training.history import History

__all__ = ["Progress", "mean_history"]

#: Seconds between two :class:`~trimtab.predictor.training.events.Step` events.
_STEP_PERIOD = 0.1


class Progress:
    """Reports the means over networks.

    Args:
        networks: that train.
        epochs: at most.
        report: receives the events.
        limits: of the run.
    """

    def __init__(
        self, networks: Sequence[CrossNetwork], epochs: int, report: Report, limits: Limits
    ) -> None:
        self._networks, self._epochs = networks, epochs
        self._report, self._limits = report, limits
        self.label = f"{len(networks)} networks"
        now = time.monotonic()
        self._begun = self._epoch_begun = self._reported = now
        self._before = self._work()
        self.best: float | None = None
        self.best_epoch: int | None = None

    def seen(self, epoch: int, *, again: bool = False) -> None:
        """All networks have done an epoch, from 1.

        Args:
            epoch: its number.
            again: whether an earlier process has reported it.
        """
        histories = [each.history.history for each in self._networks]
        losses = {
            name: statistics.fmean(history[name][epoch - 1] for history in histories)
            for name in histories[0]
        }
        loss = losses["val_loss"]
        if math.isfinite(loss) and (self.best is None or loss < self.best):
            self.best, self.best_epoch = loss, epoch
        if again:
            return
        now = time.monotonic()
        self._report(
            events.Epoch(
                part=self.label,
                epoch=epoch,
                epochs=self._epochs,
                losses=losses,
                best=self.best,
                best_epoch=self.best_epoch,
                seconds=now - self._epoch_begun,
                left=self._left(),
                single=tuple(history["val_loss"][epoch - 1] for history in histories),
            )
        )
        self._epoch_begun = now

    def step(self, seen: int) -> None:
        """Reports how far they are, a few times a second."""
        now = time.monotonic()
        begun = [each.loss for each in self._networks if not math.isnan(each.loss)]
        if now - self._reported < _STEP_PERIOD or not begun or seen >= self._epochs:
            return
        self._reported = now
        steps = sum(each.steps for each in self._networks)
        done = self._work() - seen * steps
        self._report(
            events.Step(
                part=self.label,
                epoch=seen + 1,
                epochs=self._epochs,
                step=min(done, steps),
                steps=steps,
                loss=statistics.fmean(begun),
                left=self._left(),
            )
        )

    def ended(self, reason: str, seen: int, fits: Sequence[Fit], patience: int) -> None:
        """Reports the end of all of them."""
        kept = [each.best_epoch for each in fits if each.best_epoch is not None]
        best = [each.best for each in fits if each.best is not None]
        loss = statistics.fmean(best) if best and len(best) == len(fits) else None
        begun = any(each.done > seen or each.under_way for each in self._networks)
        epoch = seen if reason in ("epochs", "patience") else min(seen + begun, self._epochs)
        self._report(
            events.Ended(
                part=self.label,
                reason=reason,
                epoch=epoch,
                whole=seen,
                best_epoch=round(statistics.median(kept)) if kept else None,
                best=loss,
                sentence=_sentence(reason, seen, epoch, kept, loss, patience),
                epochs=tuple(kept),
            )
        )

    def _work(self) -> int:
        return sum(each.done * each.steps + each.under_way for each in self._networks)

    def _left(self) -> float:
        """Seconds to the last epoch or the limit, whichever is first."""
        work = self._work()
        to_come = self._epochs * sum(each.steps for each in self._networks) - work
        each = (time.monotonic() - self._begun) / max(work - self._before, 1)
        return max(min(each * to_come, self._limits.left), 0.0)


def _sentence(
    reason: str, whole: int, epoch: int, kept: Sequence[int], loss: float | None, patience: int
) -> str:
    where = f"after epoch {whole}" if whole == epoch else f"in epoch {epoch}"
    said = {
        "epochs": f"{'all ' if whole > 1 else ''}{count(whole, 'epoch')} done",
        "patience": f"stopped after epoch {whole} (no improvement for {count(patience, 'epoch')})",
        "time": f"time limit reached {where}",
        "interrupted": f"interrupted {where}",
        "diverged": f"diverged in epoch {epoch}: the loss became NaN or infinite",
    }[reason]
    if not kept or loss is None:
        return f"{said}{'' if reason == 'epochs' else '; the last weights are kept'}."
    least, most = min(kept), max(kept)
    which = f"epoch {least}" if least == most else f"epochs {least} to {most}"
    return f"{said}; kept at {which}, val_loss {figure(loss, fixed=True)} on average."


def mean_history(fits: Sequence[Fit]) -> History:
    """The means over networks, of the epochs that all of them have done."""
    histories = [each.history for each in fits]
    whole = min(len(each.epoch) for each in histories)
    history = History()
    history.epoch = histories[0].epoch[:whole]
    history.params = dict(histories[0].params)
    history.history = {
        name: [
            statistics.fmean(each.history[name][epoch] for each in histories)
            for epoch in range(whole)
        ]
        for name in histories[0].history
        if whole
    }
    return history
