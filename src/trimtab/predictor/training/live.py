"""The live view of ``train``: its events as curves, layers and findings while they come."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from trimtab.core.lost_terminal import without_terminal
from trimtab.live.board import Run
from trimtab.live.panel import Panel
from trimtab.live.view import View, wanted_view
from trimtab.predictor.training import events
from trimtab.predictor.training.events import Event, Report

if TYPE_CHECKING:
    from trimtab.predictor.training.job import Job
    from trimtab.predictor.training.limits import Limits

__all__ = ["LiveTraining", "shown"]

#: Share of the time that rules about the curves may take.
SHARE = 0.005

#: Events whose facts say what is trained.
_TOLD = (events.Read, events.Understood, events.Divided, events.Prepared, events.Network)


@contextmanager
def shown(live: Any, heard: Report) -> Iterator[tuple[Report, LiveTraining | None]]:
    """Who hears the events of a training, the live view in front if it is wanted.

    Args:
        live: as in :func:`~trimtab.train`: a bool, or the port of the page.
        heard: who hears the events besides.

    Raises:
        InvalidArgument: ``live`` is neither, or the port is in use.
    """
    opened = wanted_view(live)
    if opened is None:
        yield heard, None
        return
    view = LiveTraining(heard, opened)
    try:
        yield view, view
    except BaseException as problem:
        view.close(problem)
        raise
    view.close(None)


class LiveTraining:
    """Shows the events of a training, and hands them on.

    Args:
        heard: who hears the events besides.
        view: where it is shown.

    Attributes:
        draws: as the listener behind it has it.
    """

    def __init__(self, heard: Report, view: View) -> None:
        self._heard = heard
        self.draws = bool(getattr(heard, "draws", False))
        self._job: Job | None = None
        self._limits: Limits | None = None
        self._looked = 0
        self._suspected: list[dict[str, str]] = []
        self._begun = time.monotonic()
        self._spent, self._cost = 0.0, 0.01
        self._loss: list[float] = []
        self._val_loss: list[float] = []
        self._said: list[str] = []
        self._runs: dict[str, Run] = {}
        self._view = view
        self._title = "training"
        self._run: Run = self._view.board.run(self._title, self._stop)
        self._panel: Panel | None = None
        if getattr(heard, "has_line", False) and not self._view.opened:
            self._panel = Panel(self._run, self._view.url)

    def of(self, job: Job, limits: Limits) -> None:
        """Receives the training that the events are of, and what can end it."""
        self._job, self._limits = job, limits
        if self._run.stopping:
            limits.ask()

    def _stop(self) -> None:
        if self._limits is not None:
            self._limits.ask()

    def __call__(self, event: Event) -> None:
        if isinstance(event, events.Step):
            self._turn_to(event.part)
            done = event.step / max(event.steps, 1)
            self._run.step(event.epoch, event.epochs, done, event.left)
        elif isinstance(event, events.Epoch):
            self._epoch(event)
        else:
            self._other(event)
        if isinstance(event, events.Step | events.Epoch) and self._panel is not None:
            with without_terminal():
                self._panel.draw()
            return
        self.pause()
        self._heard(event)

    def pause(self) -> None:
        """Removes what is drawn in the terminal, until the next epoch."""
        if self._panel is not None:
            with without_terminal():
                self._panel.close()

    def close(self, problem: BaseException | None) -> None:
        """The training is over, with an error or without."""
        self.pause()
        if problem is None:
            self._run.end(self._said or ["The training is over."])
        elif isinstance(problem, KeyboardInterrupt):
            self._run.end(["Interrupted."], well=False)
        else:
            self._run.end([str(problem) or type(problem).__name__], well=False)

    # -- what comes -------------------------------------------------------------------------------

    def _epoch(self, event: events.Epoch) -> None:
        self._turn_to(event.part)
        self._loss.append(event.losses.get("loss", math.nan))
        self._val_loss.append(event.losses.get("val_loss", math.nan))
        self._run.epoch(
            event.epoch,
            event.epochs,
            event.losses,
            left=event.left,
            best=event.best_epoch,
            single=event.single,
        )
        self._look()
        self._judge()

    def _turn_to(self, part: str) -> None:
        """Each of the networks that train one after another has a run of its own."""
        if part in self._runs:
            return
        if self._runs:
            self._run.end(self._said[-1:])
            self._run = self._view.board.run(f"{self._title}, {part}", self._stop)
            if self._panel is not None:
                self.pause()
                self._panel = Panel(self._run, self._view.url)
        elif part:
            self._run.rename(f"{self._title}, {part}")
        self._runs[part] = self._run
        self._loss, self._val_loss = [], []

    def _other(self, event: Event) -> None:
        if isinstance(event, events.Read):
            self._title = event.source
            self._run.rename(event.source)
        if isinstance(event, _TOLD):
            self._run.facts(event.facts())
        if isinstance(event, events.Suspected):
            self._suspected = [
                {"severity": "worth a look", "title": "In the table:", "text": each.brief}
                for each in event.suspicions
            ]
            self._run.find(self._suspected)
        if isinstance(event, events.Ended):
            self._said.append(" ".join(event.lines()))
        if isinstance(event, events.Finished):
            self._said += event.lines()
            facts: Mapping[str, Any] = self._job.facts if self._job is not None else {}
            if facts.get("findings"):
                self._run.find(_plain(each) for each in facts["findings"])
            self._run.end(self._said)

    def _look(self) -> None:
        """Tells what the layers did, if they were looked at since."""
        looks = None if self._job is None else self._job.looks
        if looks is not None and len(looks.epochs) > self._looked:
            self._looked = len(looks.epochs)
            self._run.layers(looks.epochs, looks.curves)

    def _judge(self) -> None:
        """Runs the rules about curves, if their share of the time is not used up."""
        now = time.monotonic()
        if self._spent + self._cost > SHARE * (now - self._begun):
            return
        from trimtab.predictor.reporting.findings import of_curve

        course = {"learning_rate": None, "ended": None}
        curve = {"loss": self._loss, "val_loss": self._val_loss}
        self._run.find([*map(_plain, of_curve(course, curve)), *self._suspected])
        self._cost = time.monotonic() - now
        self._spent += self._cost


def _plain(finding: Mapping[str, Any]) -> dict[str, str]:
    """A finding of a report, as the live view shows it."""
    return {"severity": finding["severity"], "title": "", "text": finding["text"]}
