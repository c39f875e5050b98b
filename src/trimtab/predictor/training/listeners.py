"""What a training prints: for people in a terminal, a pipe or a notebook; JSON for programs."""

from __future__ import annotations

import io
import json as json_module
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from trimtab.core import checks
from trimtab.core.live_line import LiveLine, clock, is_live
from trimtab.core.lost_terminal import without_terminal
from trimtab.core.notebook import in_notebook
from trimtab.core.paragraphs import wrapped
from trimtab.core.words import brief, figure
from trimtab.errors import InvalidArgument
from trimtab.predictor.training import events
from trimtab.predictor.training.events import Event, Report
from trimtab.predictor.training.own_words import own_words
from trimtab.predictor.training.python_words import python_words
from trimtab.training.notebook_progress import EpochTable
from trimtab.training.progress import ordered

__all__ = ["Listener", "listener", "printed"]

#: Width of the bar in the live line.
BAR = 5

#: Width of the labels in front.
LABELS = 10


@contextmanager
def listener(*, quiet: bool, json: bool) -> Iterator[Listener]:
    """The listener for the events of a training; closed on the way out.

    Args:
        quiet: Print only the final sentences.
        json: Print one JSON object per event instead of text.
    """
    # A character that the terminal lacks is no reason to stop.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    made: Listener = Json() if json else Quiet() if quiet else People(words=own_words)
    try:
        yield made
    finally:
        with without_terminal():
            made.close()


@contextmanager
def printed(verbose: Any) -> Iterator[Report | None]:
    """What :func:`~trimtab.train` reports to for its argument ``verbose``.

    Args:
        verbose: 0 prints nothing, 1 what the command prints, 2 also a line for each epoch.
            ``"auto"`` is 1 in a notebook, else 0.

    Raises:
        InvalidArgument: it is something else.
    """
    if isinstance(verbose, str) and verbose == "auto":
        verbose = int(in_notebook())
    if isinstance(verbose, bool):
        verbose = int(verbose)
    if not (checks.is_number(verbose) and verbose in (0, 1, 2)):
        raise InvalidArgument(f"verbose must be 'auto', 0, 1 or 2, received {brief(verbose)}.")
    if verbose == 0:
        yield None
        return
    people = People(each_epoch=verbose == 2, words=python_words)
    try:
        yield people
    finally:
        people.close()


class Listener:
    """Prints events as they come.

    Attributes:
        interrupted: Whether Ctrl-C ended the training, or the coaching behind it.
        saved: Path of the model file once it is written, finished or not.
        draws: Whether a table may be drawn meanwhile.
        has_line: Whether it draws a live line of epochs, which a larger picture may replace.
    """

    draws = has_line = False
    interrupted = False
    saved: str | None = None

    def __call__(self, event: Event) -> None:
        if isinstance(event, events.Finished):
            self.interrupted = event.reason == "interrupted"
        if isinstance(event, events.Coached):
            self.interrupted = event.ended == "interrupted"
        if isinstance(event, events.Saved) and event.what in ("model", "state"):
            self.saved = event.path
        with without_terminal():
            self.show(event)

    def show(self, event: Event) -> None:
        """Prints an event."""

    def close(self) -> None:
        """Removes a live line."""


class Json(Listener):
    """One JSON object per line, each as soon as it is known."""

    def show(self, event: Event) -> None:
        if not event.passing:
            print(json_module.dumps(event.record()), flush=True)


class Quiet(Listener):
    """The final score and its caveats only, and what a coaching says."""

    def show(self, event: Event) -> None:
        if isinstance(event, events.Finished | events.Coached):
            words = own_words if isinstance(event, events.Finished) else str
            for sentence in event.lines():
                for line in wrapped(words(sentence)):
                    print(line, flush=True)


class People(Listener):
    """Text: what was inferred, a live line on terminals or a table in notebooks, the result.

    Args:
        each_epoch: Whether to print a line for each epoch instead.
        words: Turns the words of a text into those of the command, or of Python.
    """

    draws = True

    def __init__(self, *, each_epoch: bool = False, words: Callable[[str], str] = str) -> None:
        from rich.console import Console

        self._words = words
        self._live = is_live()
        self._each_epoch = each_epoch
        self.has_line = self._live and not each_epoch and not in_notebook()
        self._line: _EpochLine | _EpochRows | None = None
        self._label = ""  # the last one printed
        self._console = Console(highlight=False, soft_wrap=True)

    def show(self, event: Event) -> None:
        if isinstance(event, events.Step | events.Epoch):
            self._progress(event)
            return
        facts = event.facts()
        if not facts:
            return
        self.close()
        if isinstance(event, events.Finished | events.Coaching | events.Coached):
            print()
        if isinstance(event, events.Finished):
            for _, text in facts:
                self._print("", text)
            return
        if isinstance(event, events.Coached):
            if event.table():
                print("\n".join([*event.table(), ""]), flush=True)
            for _, text in facts:  # its names of changes are no arguments of train
                self._print("", text, words=str)
            return
        for label, text in facts:
            said_before = label == self._label
            self._label = label or self._label
            self._print(f"{'' if said_before else label:<{LABELS}}", text)

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _progress(self, event: events.Step | events.Epoch) -> None:
        if self._each_epoch:
            if isinstance(event, events.Epoch):
                self._print("", " ".join([f"{_head(event)}:", ", ".join(_numbers(event))]))
        elif in_notebook():
            self._line = self._line or _EpochRows(event.epochs)
            self._line.show(event)
        elif self._live:
            self._line = self._line or _EpochLine()
            self._line.show(event)

    def _print(self, label: str, text: str, words: Callable[[str], str] | None = None) -> None:
        """Prints a label and its text, wrapped to the screen; in a pipe on one line."""
        first, *rest = wrapped((words or self._words)(text), len(label))
        if not self._live:
            lines = [label + first, *(" " * len(label) + line for line in rest)]
            print("\n".join(line.rstrip() for line in lines), flush=True)
            return
        from rich.text import Text

        self._console.print(Text.assemble((label, "bold"), first))
        for line in rest:
            self._console.print(Text(" " * len(label) + line))


class _EpochLine:
    """Epoch, time left and losses on a live line that goes away at the end."""

    def __init__(self) -> None:
        self._line = LiveLine(bar=BAR)
        self._validated: list[str] = []  # of the epoch before

    def show(self, event: events.Step | events.Epoch) -> None:
        """Draws the line as it is now."""
        if isinstance(event, events.Epoch):
            done: float = event.epoch
            loss = event.losses.get("loss")
            self._validated = _validated(event)
        else:
            done = event.epoch - 1 + event.step / max(1, event.steps)
            loss = event.loss
        head = _head(event)
        items = [] if loss is None else [f"loss {figure(loss, fixed=True)}"]
        items = [f"{clock(event.left)} left", *items, *self._validated]
        self._line.show(head, done / max(1, event.epochs), items)

    def close(self) -> None:
        """Removes the line."""
        self._line.close()


class _EpochRows:
    """The epochs as a table in a notebook; it stays."""

    def __init__(self, epochs: int) -> None:
        self._table = EpochTable(epochs)
        self._last = ""

    def show(self, event: events.Step | events.Epoch) -> None:
        """Draws the table as it is now."""
        if isinstance(event, events.Epoch):
            self._table.add(event.epoch, dict(event.losses))
            done: float = event.epoch
        else:
            done = event.epoch - 1 + event.step / max(1, event.steps)
        self._last = _head(event)
        self._table.draw(f"{self._last}, {clock(event.left)} left", done / max(1, event.epochs))

    def close(self) -> None:
        """Draws it a last time."""
        self._table.draw(self._last, 1.0, now=True)


def _head(event: events.Step | events.Epoch) -> str:
    """The network, if there are several, and its epoch."""
    head = f"epoch {event.epoch}/{event.epochs}"
    return f"{event.part}, {head}" if event.part else head


def _numbers(event: events.Epoch) -> list[str]:
    """Losses and metrics of an epoch."""
    return [f"{name} {figure(event.losses[name], fixed=True)}" for name in ordered(event.losses)]


def _validated(event: events.Epoch) -> list[str]:
    """The validation loss, the best one so far, then the metrics."""
    names = [name for name in event.losses if name != "loss"]
    names.sort(key=lambda name: name != "val_loss")
    items = [f"{name} {figure(event.losses[name], fixed=True)}" for name in names]
    if event.best is not None and event.best_epoch is not None:
        items.insert(1, f"best {figure(event.best, fixed=True)} at {event.best_epoch}")
    return items
