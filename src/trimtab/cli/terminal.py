"""What ``trimtab train`` prints: for people, in a pipe, or as JSON for programs."""

from __future__ import annotations

import io
import json as json_module
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from trimtab.cli.lost_terminal import without_terminal
from trimtab.cli.own_words import own_words
from trimtab.cli.paragraphs import wrapped
from trimtab.core.live_line import LiveLine, clock, is_live
from trimtab.core.words import figure
from trimtab.predictor.training import events
from trimtab.predictor.training.events import Event

__all__ = ["Listener", "listener"]

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
    made: Listener = Json() if json else Quiet() if quiet else People()
    try:
        yield made
    finally:
        with without_terminal():
            made.close()


class Listener:
    """Prints events as they come.

    Attributes:
        interrupted: Whether Ctrl-C ended the training.
        saved: Path of the model file once it is written, finished or not.
    """

    interrupted = False
    saved: str | None = None

    def __call__(self, event: Event) -> None:
        if isinstance(event, events.Finished):
            self.interrupted = event.reason == "interrupted"
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
    """The final score and its caveats only."""

    def show(self, event: Event) -> None:
        if isinstance(event, events.Finished):
            for sentence in event.lines():
                for line in wrapped(sentence):
                    print(line, flush=True)


class People(Listener):
    """Text: what was inferred, a live line on terminals, and the result."""

    def __init__(self) -> None:
        from rich.console import Console

        self._live = is_live()
        self._line: _EpochLine | None = None
        self._label = ""  # the last one printed
        self._console = Console(highlight=False, soft_wrap=True)

    def show(self, event: Event) -> None:
        if isinstance(event, events.Step | events.Epoch):
            if self._live:
                self._line = self._line or _EpochLine()
                self._line.show(event)
            return
        facts = event.facts()
        if not facts:
            return
        self.close()
        if isinstance(event, events.Finished):
            print()
            for _, text in facts:
                self._print("", text)
            return
        for label, text in facts:
            said_before = label == self._label
            self._label = label or self._label
            self._print(f"{'' if said_before else label:<{LABELS}}", text)

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _print(self, label: str, text: str) -> None:
        text = own_words(text)
        """Prints a label and its text, wrapped to the terminal; in a pipe on one line."""
        if not self._live:
            print(f"{label}{text}".rstrip(), flush=True)
            return
        from rich.text import Text

        first, *rest = wrapped(text, len(label))
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
        head = f"epoch {event.epoch}/{event.epochs}"
        head = f"{event.part}, {head}" if event.part else head
        items = [] if loss is None else [f"loss {figure(loss, fixed=True)}"]
        items = [f"{clock(event.left)} left", *items, *self._validated]
        self._line.show(head, done / max(1, event.epochs), items)

    def close(self) -> None:
        """Removes the line."""
        self._line.close()


def _validated(event: events.Epoch) -> list[str]:
    """The validation loss, the best one so far, then the metrics."""
    names = [name for name in event.losses if name != "loss"]
    names.sort(key=lambda name: name != "val_loss")
    items = [f"{name} {figure(event.losses[name], fixed=True)}" for name in names]
    if event.best is not None and event.best_epoch is not None:
        items.insert(1, f"best {figure(event.best, fixed=True)} at {event.best_epoch}")
    return items
