"""What a terminal, a pipe and a program are shown while something trains."""

from __future__ import annotations

import io
import json as json_module
import shutil
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager

from trimtab.core.live_line import clock, fitting, is_live
from trimtab.core.words import figure
from trimtab.predictor.training import events
from trimtab.predictor.training.events import Event

__all__ = ["Listener", "listener"]

#: Lines of text are no longer than this, however wide the terminal is.
WIDEST = 120

#: Columns of the bar in the live line.
BAR = 5

#: Columns of the labels in front.
LABELS = 10


@contextmanager
def listener(*, quiet: bool, json: bool) -> Iterator[Listener]:
    """Somebody to hand the events to.

    Args:
        quiet: print nothing but the last sentence.
        json: an object a line instead of text.
    """
    # A sign that the terminal lacks is no reason to end.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    made: Listener = Json() if json else Quiet() if quiet else People()
    try:
        yield made
    finally:
        made.close()


class Listener:
    """Prints events as they come.

    Attributes:
        interrupted: whether training was ended by Ctrl-C.
        saved: path of the model's file once it was written, finished or not.
    """

    interrupted = False
    saved: str | None = None

    def __call__(self, event: Event) -> None:
        if isinstance(event, events.Finished):
            self.interrupted = event.reason == "interrupted"
        if isinstance(event, events.Saved) and event.what in ("model", "state"):
            self.saved = event.path
        self.show(event)

    def show(self, event: Event) -> None:
        """Prints one."""

    def close(self) -> None:
        """Takes a live line away."""


class Json(Listener):
    """An object a line, each as soon as it is known."""

    def show(self, event: Event) -> None:
        if not event.passing:
            print(json_module.dumps(event.record()), flush=True)


class Quiet(Listener):
    """How good the model is, and what has to be known about that."""

    def show(self, event: Event) -> None:
        if isinstance(event, events.Finished):
            for line in event.lines():
                print(line, flush=True)


class People(Listener):
    """For people: what was understood, a live line on terminals, and how it ended."""

    def __init__(self) -> None:
        from rich.console import Console

        self._live = is_live()
        self._line: _LiveLine | None = None
        self._label = ""  # that was printed last
        self._console = Console(highlight=False, soft_wrap=True)

    def show(self, event: Event) -> None:
        if isinstance(event, events.Step | events.Epoch):
            if self._live:
                self._line = self._line or _LiveLine()
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
        """A label and its text, cut at blanks where a terminal is too narrow; whole in a pipe."""
        if not self._live:
            print(f"{label}{text}".rstrip(), flush=True)
            return
        from rich.text import Text

        room = min(WIDEST, shutil.get_terminal_size().columns) - len(label)
        first, *rest = textwrap.wrap(
            text, max(20, room), break_long_words=False, break_on_hyphens=False
        ) or [""]
        self._console.print(Text.assemble((label, "bold"), first))
        for line in rest:
            self._console.print(Text(" " * len(label) + line))


class _LiveLine:
    """Epoch, time left and losses on one line that is drawn again and again, and then taken away.

    What does not fit the terminal is left out from the right, item by item.
    """

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.fields[head]}", markup=False),
            BarColumn(bar_width=BAR),
            TextColumn("{task.fields[text]}", markup=False),
            console=Console(),
            auto_refresh=False,
            transient=True,
        )
        self._task = self._bar.add_task("fit", total=1.0, head="", text="")
        self._validated: list[str] = []  # of the epoch before
        self._bar.start()

    def show(self, event: events.Step | events.Epoch) -> None:
        """Draws the line as it is now."""
        if isinstance(event, events.Epoch):
            done: float = event.epoch
            loss = event.losses.get("loss")
            rest = {name: value for name, value in event.losses.items() if name != "loss"}
            ordered = sorted(rest, key=lambda name: name != "val_loss")
            self._validated = [f"{name} {figure(rest[name], fixed=True)}" for name in ordered[:1]]
            if event.best is not None and event.best_epoch is not None:
                self._validated.append(
                    f"best {figure(event.best, fixed=True)} at {event.best_epoch}"
                )
            self._validated += [f"{name} {figure(rest[name], fixed=True)}" for name in ordered[1:]]
        else:
            done = event.epoch - 1 + event.step / max(1, event.steps)
            loss = event.loss
        head = f"epoch {event.epoch}/{event.epochs}"
        head = f"{event.part}, {head}" if event.part else head
        items = [] if loss is None else [f"loss {figure(loss, fixed=True)}"]
        items = [f"{clock(event.left)} left", *items, *self._validated]
        room = self._bar.console.width - len(head) - BAR - 2
        self._bar.update(
            self._task, completed=done / max(1, event.epochs), head=head, text=fitting(items, room)
        )
        self._bar.refresh()

    def close(self) -> None:
        """Takes the line away."""
        self._bar.stop()
