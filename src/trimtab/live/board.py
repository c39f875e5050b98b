"""What trains now, as plain data: each run writes its own part, pages and terminals read it.

Writing takes microseconds. The points of a curve thin out as it gets long, so that a page of a
million epochs has some thousands; the last one is always there.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from trimtab.core.words import plain
from trimtab.errors import InvalidArgument
from trimtab.live.log import Log

__all__ = ["Board", "Run", "Trials"]

#: Epochs of which each is a point of the curves; later ones are as far apart as this share of them.
EACH = 1000

#: Seconds between two messages with points at least; or this share of the run's age.
PERIOD, OF_AGE = 0.1, 1 / 2000

#: Runs on a board; the oldest that has ended goes.
MOST_RUNS = 100

#: Digits of a number of a curve.
_DIGITS = 5


class Board:
    """The runs of one process.

    Attributes:
        log: what pages are told.
        runs: that are on the board, the oldest first.
    """

    def __init__(self) -> None:
        self.log = Log()
        self.runs: list[Run] = []
        self._trials: dict[int, Trials] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def run(self, title: str = "", stop: Callable[[], None] | None = None) -> Run:
        """Begins a run.

        Args:
            title: its name; empty: its number.
            stop: asks the training to end after its epoch, and may be called from any thread;
                None: :attr:`Run.stopping` alone tells.
        """
        with self._lock:
            number = next(self._numbers)
            run = Run(self.log, number, title or f"run {number}", stop)
            self.runs.append(run)
            while len(self.runs) > MOST_RUNS and (old := self._oldest()) is not None:
                self.runs.remove(old)
                old.forget()
        return run

    def trials(self, title: str) -> Trials:
        """Begins a table of trials."""
        with self._lock:
            trials = Trials(self.log, next(self._numbers), title)
            self._trials[trials.number] = trials
        return trials

    def stop(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Ends a run after its epoch, or trials after the one that ends next, for a page.

        Args:
            asked: ``run``, the number.

        Raises:
            InvalidArgument: there is no such run.
        """
        number = asked.get("run")
        found: list[Run | Trials] = [*self.runs, *self._trials.values()]
        for each in found:
            if type(number) is int and each.number == number:
                each.stop()
                return {"stopping": not each.ended}
        raise InvalidArgument("there is no such run any more. Load the page again.")

    def _oldest(self) -> Run | None:
        return next((run for run in self.runs if run.ended), None)


class Run:
    """One training: of a network, or of several at once.

    Attributes:
        number: on its board, from 1.
        title: its name.
        epochs: that are points of the curves.
        series: name -> a number for each of them; None where there is none.
        stopping: whether it was asked to end after its epoch.
        ended: whether it has.
        now: where it is: ``epoch``, ``epochs``, ``share`` of all that is done, ``left`` in seconds.
        findings: what was found so far: ``severity``, ``title`` and ``text`` of each.
        health: quantity -> layer -> what was measured of it so far.
    """

    def __init__(
        self, log: Log, number: int, title: str, stop: Callable[[], None] | None = None
    ) -> None:
        self.number, self.title = number, title
        self.epochs: list[int] = []
        self.series: dict[str, list[float | None]] = {}
        self.now: dict[str, Any] = {}
        self.findings: list[dict[str, str]] = []
        self.health: dict[str, dict[str, list[float | None]]] = {}
        self.stopping = self.ended = False
        self._log, self._stop = log, stop
        self._facts: list[list[str]] = []
        self._sent = 0  # points that pages were told of
        self._last: tuple[int, dict[str, float | None]] | None = None  # an epoch that is no point
        self._begun = time.monotonic()
        self._posted = -math.inf
        self.rename(title)

    # -- what happens -----------------------------------------------------------------------------

    def rename(self, title: str) -> None:
        """Gives the run another name."""
        self.title = title
        self._post({"title": title}, "run")

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Adds what is trained, on what: labels and texts."""
        self._facts += [[label, text] for label, text in facts]
        self._post({"facts": list(self._facts)}, "facts")

    def epoch(
        self,
        epoch: int,
        epochs: int | None,
        losses: Mapping[str, Any],
        *,
        left: float | None = None,
        best: int | None = None,
        single: Sequence[float] = (),
    ) -> None:
        """An epoch is over.

        Args:
            epoch: its number, from 1.
            epochs: at most; None: nobody knows.
            losses: loss, metrics, learning rate; ``val_`` in front of those of validation.
            left: seconds to the end at the latest.
            best: the epoch with the lowest validation loss so far.
            single: the validation losses of the networks that train at once.
        """
        point = {name: value for name, value in losses.items() if isinstance(value, int | float)}
        point |= {f"single/{number}": value for number, value in enumerate(single)}
        found = {name: _short(value) for name, value in point.items()}
        if not self.epochs or epoch - self.epochs[-1] >= max(1, epoch // EACH):
            self._add(epoch, found)
        else:
            self._last = epoch, found
        share = epoch / epochs if epochs else None
        self._at({"epoch": epoch, "epochs": epochs, "share": share, "left": left, "best": best})

    def step(self, epoch: int, epochs: int | None, done: float, left: float | None) -> None:
        """Some batches of an epoch are over.

        Args:
            epoch: its number, from 1.
            epochs: at most; None: nobody knows.
            done: the share of this epoch.
            left: seconds to the end at the latest.
        """
        share = (epoch - 1 + done) / epochs if epochs else None
        best = self.now.get("best")
        self._at({"epoch": epoch, "epochs": epochs, "share": share, "left": left, "best": best})

    def layers(self, epochs: Sequence[int], curves: Mapping[str, Mapping[str, Any]]) -> None:
        """What the layers do: quantity -> layer -> a number for each of these epochs."""
        self.health = {
            quantity: {name: [_short(v) for v in line] for name, line in by_layer.items()}
            for quantity, by_layer in curves.items()
        }
        self._post({"layers": {"epochs": list(epochs), "curves": self.health}}, "layers")

    def find(self, findings: Iterable[Mapping[str, str]]) -> None:
        """Replaces what was found: ``severity``, ``title`` and ``text`` of each."""
        found = [dict(each) for each in findings]
        if found != self.findings:
            self.findings = found
            self._post({"findings": found}, "findings")

    def stop(self) -> None:
        """Asks the training to end after its epoch."""
        if self.ended or self.stopping:
            return
        self.stopping = True
        if self._stop is not None:
            self._stop()
        self._post({"stopping": True}, "stopping")

    def end(self, said: Iterable[str], *, well: bool = True) -> None:
        """The training is over.

        Args:
            said: how it ended, and what came of it, a sentence each.
            well: whether it ended as it should.
        """
        if self.ended:
            return
        self.ended = True
        self.now = {**self.now, "left": 0.0}
        with self._log.together():
            self._flush(time.monotonic(), whole=True)
            self._post({"ended": list(said), "well": well}, "ended")

    def forget(self) -> None:
        """Takes the run off the board."""
        kinds = ("run", "facts", "now", "layers", "findings", "stopping", "ended")
        with self._log.together():
            self._log.drop({(self.number, kind) for kind in kinds})
            self._post({"gone": True}, "run")

    # -- telling ----------------------------------------------------------------------------------

    def _add(self, epoch: int, found: Mapping[str, float | None]) -> None:
        for name in found:
            if name not in self.series:
                self.series[name] = [None] * len(self.epochs)
        self.epochs.append(epoch)
        for name, line in self.series.items():
            line.append(found.get(name))
        self._last = None

    def _at(self, now: dict[str, Any]) -> None:
        self.now = now
        moment = time.monotonic()
        if moment - self._posted >= max(PERIOD, OF_AGE * (moment - self._begun)):
            self._flush(moment)

    def _flush(self, moment: float, *, whole: bool = False) -> None:
        """Tells pages of the points they do not know, and where training is."""
        self._posted = moment
        if whole and self._last is not None:
            self._add(*self._last)
        with self._log.together():
            if self._sent < len(self.epochs):
                new = slice(self._sent, None)
                lines = {name: line[new] for name, line in self.series.items()}
                self._post({"epochs": self.epochs[new], "series": lines}, None)
                self._sent = len(self.epochs)
            self._post({"now": plain(self.now)}, "now")

    def _post(self, message: dict[str, Any], kind: str | None) -> None:
        key = None if kind is None else (self.number, kind)
        self._log.post({"run": self.number, **message}, key)


class Trials:
    """A table of variants that are compared while they train.

    Attributes:
        number: on its board.
        title: its heading.
        stopping: whether it was asked to end.
        ended: whether it has.
    """

    def __init__(self, log: Log, number: int, title: str) -> None:
        self.number, self.title = number, title
        self.stopping = self.ended = False
        self._log = log
        self._post({"title": title}, "trials")

    def show(
        self,
        metric: str,
        rows: Sequence[Mapping[str, Any]],
        done: int,
        left: int,
        seconds: float,
    ) -> None:
        """Where the comparison is.

        Args:
            metric: that decides.
            rows: ``name``, ``gains`` (one for each pair so far) and ``dropped`` of each variant.
            done, left: trials.
            seconds: that are left.
        """
        lines = [{**each, "gains": [_short(gain) for gain in each["gains"]]} for each in rows]
        where = {"done": done, "left": left, "seconds": _short(seconds)}
        self._post({"metric": metric, "rows": lines, **where}, "table")

    def stop(self) -> None:
        """Asks the comparison to end."""
        if not (self.ended or self.stopping):
            self.stopping = True
            self._post({"stopping": True}, "stopping")

    def end(self, said: Iterable[str] = ()) -> None:
        """The comparison is over.

        Args:
            said: what came of it, a sentence each.
        """
        self.ended = True
        self._post({"ended": list(said)}, "ended")

    def _post(self, message: dict[str, Any], kind: str) -> None:
        self._log.post({"trials": self.number, **message}, (self.number, kind))


def _short(value: float | None) -> float | None:
    """A number for JSON, which has neither NaN nor infinity."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{_DIGITS}g}")
