"""What happens on the way from a table to a trained model, as it happens.

``train(..., report=...)`` hands each of these to its listener, in this order: :class:`Read`,
:class:`Understood`, :class:`Suspected` where there is reason to, :class:`Divided`,
:class:`Prepared`, :class:`Network`; then, for each network that is trained, :class:`Step` and
:class:`Epoch` many times and :class:`Ended` once; and :class:`Saved` and :class:`Finished`. Each
says itself as text for people (``facts()``, ``lines()``) and as plain data for machines
(``record()``); where to is the listener's business.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from trimtab.core.words import count, figure, listed, plain

if TYPE_CHECKING:
    from trimtab.predictor.scores import Scores
    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.columns.suspicions import Suspicion
    from trimtab.tables.files.table import Guess

__all__ = [
    "Divided",
    "Ended",
    "Epoch",
    "Event",
    "Finished",
    "Network",
    "Prepared",
    "Read",
    "Report",
    "Resumed",
    "Saved",
    "Step",
    "Suspected",
    "Understood",
]

#: Most lines on how columns become inputs.
MOST_LINES = 8

#: Most lines on what is suspicious.
MOST_SUSPICIONS = 5

#: A label and what there is to say under it.
Fact = tuple[str, str]


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        passing: whether it is over as soon as it is said: for a live line, not for a log.
    """

    passing: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """``read``, ``epoch``, ... as ``record()`` has it."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    def facts(self) -> list[Fact]:
        """The event for people, ``(label, text)`` each; none where there is nothing to say.

        What belongs to the fact before it has no label, nor has a sentence that stands alone.
        """
        return []

    def lines(self) -> list[str]:
        """:meth:`facts`, a line each."""
        return [f"{label}: {text}" if label else text for label, text in self.facts()]

    def record(self) -> dict[str, Any]:
        """The event as plain data; numbers that JSON lacks (nan, infinity) are None."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {"event": self.name, **{name: plain(value) for name, value in fields.items()}}


Report = Callable[[Event], None]


@dataclass(frozen=True)
class Read(Event):
    """The table is in memory.

    Attributes:
        source: what it is called.
        rows, columns: of it.
        guesses: what reading decided or was told.
        notes: what was done without being asked, a sentence each.
    """

    source: str
    rows: int
    columns: int
    guesses: tuple[Guess, ...] = ()
    notes: tuple[str, ...] = ()

    def facts(self) -> list[Fact]:
        head = f"{self.source}, {count(self.rows, 'row')}, {count(self.columns, 'column')}"
        guessed = [f"{guess.what} {guess.value}" for guess in self.guesses if not guess.told]
        return [
            ("table", head),
            *([("", f"Told by its content: {', '.join(guessed)}.")] if guessed else []),
            *_notes(self.notes),
        ]


@dataclass(frozen=True)
class Understood(Event):
    """What the columns are.

    Attributes:
        schema: of the table.
        rows: that can be used: those with a target.
        notes: a sentence each.
    """

    schema: Schema
    rows: int
    notes: tuple[str, ...] = ()

    def facts(self) -> list[Fact]:
        schema = self.schema
        what = str(schema.task)
        if schema.classes:
            classes = f"{len(schema.classes)} classes" if schema.task != "binary" else "two classes"
            what = f"{what}, {classes} ({listed([str(each) for each in schema.classes])})"
        kinds: dict[str, int] = {}
        for column in schema.features:
            kinds[column.kind] = kinds.get(column.kind, 0) + 1
        features = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
        facts = [("target", f"{schema.target}, {what}"), *_notes(self.notes)]
        facts.append(("features", features))
        facts += [
            (role, listed(list(names)))
            for role in ("group", "time", "weight", "id")
            if (names := schema.role(role))
        ]
        dropped = [column for column in schema.columns if column.role == "dropped"]
        for i, column in enumerate(dropped):
            reason = f" ({column.reason})" if column.reason else ""
            facts.append(("" if i else "left out", column.name + reason))
        return facts

    def record(self) -> dict[str, Any]:
        return {**super().record(), "schema": plain(self.schema.record())}


@dataclass(frozen=True)
class Suspected(Event):
    """Something in the table may make the model seem better than it is.

    Attributes:
        suspicions: what ``trimtab inspect`` would say of it, as far as nobody has answered that.
    """

    suspicions: tuple[Suspicion, ...]

    def facts(self) -> list[Fact]:
        lines = [each.brief for each in self.suspicions]
        if len(lines) > MOST_SUSPICIONS:
            more = len(lines) - MOST_SUSPICIONS + 1
            lines[MOST_SUSPICIONS - 1 :] = [f"and {more} more: trimtab inspect has them all."]
        return [("" if i else "suspicion", line) for i, line in enumerate(lines)]


@dataclass(frozen=True)
class Divided(Event):
    """Which rows train, which are validated on and which are left alone.

    Attributes:
        how: one sentence.
        train, valid, test: rows of each part.
        folds: of cross-validation, or 0.
    """

    how: str
    train: int
    valid: int
    test: int = 0
    folds: int = 0

    def facts(self) -> list[Fact]:
        parts = [f"{self.train:,} to train on"]
        if self.valid:
            parts.append(f"{self.valid:,} to validate on")
        if self.test:
            parts.append(f"{self.test:,} to test on")
        return [("rows", ", ".join(parts)), ("", self.how)]


@dataclass(frozen=True)
class Prepared(Event):
    """The features are numbers.

    Attributes:
        columns: of the table that enter.
        inputs: of the network that come of them.
        embeddings: columns that the network turns into vectors it learns.
        how: columns become inputs, a line each.
        notes: columns that say nothing about the training rows, targets that lie far out.
    """

    columns: int
    inputs: int
    embeddings: tuple[str, ...] = ()
    how: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def facts(self) -> list[Fact]:
        lines = list(self.how)
        if len(lines) > MOST_LINES:
            lines[MOST_LINES - 1 :] = [f"and {len(lines) - MOST_LINES + 1} columns more"]
        return [("inputs", f"{self.inputs:,}"), *_notes(lines), *_notes(self.notes)]


@dataclass(frozen=True)
class Network(Event):
    """What is trained, and how.

    Attributes:
        layers: hidden layers, in the notation of ``--layers``.
        parameters: numbers that are learned.
        loss: that is minimized.
        batch_size, epochs: epochs are the most there will be.
        learning_rate: at first.
        members: networks of a committee; 1 without one.
    """

    layers: str
    parameters: int
    loss: str
    batch_size: int
    epochs: int
    learning_rate: float
    members: int = 1

    def facts(self) -> list[Fact]:
        many = f"{self.members} networks, each " if self.members > 1 else ""
        return [
            ("network", self.layers or "no hidden layer"),
            (
                "",
                f"{many}{count(self.parameters, 'parameter')}, loss {self.loss}, batches of "
                f"{self.batch_size:,}, at most {count(self.epochs, 'epoch')}",
            ),
        ]


@dataclass(frozen=True)
class Resumed(Event):
    """An interrupted run goes on.

    Attributes:
        path: its file.
        part: the network that was under way; empty for the only one.
        epoch: in which it goes on, from 1.
        batch: of that epoch, from 1.
    """

    path: str
    part: str
    epoch: int
    batch: int = 1

    def facts(self) -> list[Fact]:
        where = f"epoch {self.epoch}" + (f", batch {self.batch:,}" if self.batch > 1 else "")
        whose = f"{self.part}, " if self.part else ""
        return [("resumed", f"{self.path}, {whose}{where}")]


@dataclass(frozen=True)
class Step(Event):
    """Some batches of an epoch are done; comes a few times a second at most.

    Attributes:
        part: as in :class:`Epoch`.
        epoch, epochs: the epoch under way, from 1, and the most there will be.
        step, steps: batches done of it, and of them all.
        loss: mean over these batches, in the target's own units.
        left: seconds to the end at the latest.
    """

    passing: ClassVar[bool] = True

    part: str
    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    left: float


@dataclass(frozen=True)
class Epoch(Event):
    """An epoch is over.

    Attributes:
        part: which network: ``member 2 of 5``, ``fold 1 of 5``, ...; empty for the only one.
        epoch, epochs: its number, from 1, and the most there will be.
        losses: loss and metrics, validation included, in the target's own units.
        best, best_epoch: the least ``val_loss`` so far, and when it was; None without validation.
        seconds: it took.
        left: seconds to the end at the latest.
    """

    part: str
    epoch: int
    epochs: int
    losses: Mapping[str, float]
    best: float | None
    best_epoch: int | None
    seconds: float
    left: float

    def facts(self) -> list[Fact]:
        head = f"{self.part}, epoch" if self.part else "epoch"
        shown = [f"{name} {figure(value, fixed=True)}" for name, value in self.losses.items()]
        if self.best is not None and self.best_epoch is not None:
            shown.append(f"best {figure(self.best, fixed=True)} in epoch {self.best_epoch}")
        return [("", f"{head} {self.epoch}/{self.epochs}  {'  '.join(shown)}")]


@dataclass(frozen=True)
class Ended(Event):
    """The training of a network is over, one way or another.

    Attributes:
        part: as in :class:`Epoch`.
        reason: ``epochs`` (all are done), ``patience`` (no better for a while), ``time`` (the limit
            is reached), ``interrupted`` (Ctrl-C) or ``diverged``.
        epoch: the last one that was begun, from 1.
        whole: epochs that were finished.
        best_epoch: whose weights are kept, from 1; None: the last ones are.
        best: its ``val_loss``, in the target's own units.
        sentence: the same for people.
    """

    part: str
    reason: str
    epoch: int
    whole: int
    best_epoch: int | None
    best: float | None
    sentence: str

    def facts(self) -> list[Fact]:
        return [("trained", f"{self.part}: {self.sentence}" if self.part else self.sentence)]


@dataclass(frozen=True)
class Saved(Event):
    """A file is written.

    Attributes:
        path: of it.
        what: ``model``, ``picture``, or ``state``: what there is of a run that goes on.
    """

    path: str
    what: str

    def facts(self) -> list[Fact]:
        return [] if self.what == "state" else [(self.what, self.path)]


@dataclass(frozen=True)
class Finished(Event):
    """A predictor is there.

    Attributes:
        reason: why the last network's training ended; see :class:`Ended`.
        sentence: how good it is.
        scores: the same in numbers.
        notes: what should be known besides, a sentence each.
        seconds: by stage: ``read``, ``prepare``, ``fit``, ``score``, ``save``, ...
        caveat: why it may be less good on new rows; empty where there is no reason.
    """

    reason: str
    sentence: str
    scores: Scores
    notes: tuple[str, ...]
    seconds: Mapping[str, float]
    caveat: str = ""

    def facts(self) -> list[Fact]:
        caveat = (self.caveat,) if self.caveat else ()
        return _notes((self.sentence, *caveat, *self.notes))

    def record(self) -> dict[str, Any]:
        return {**super().record(), "scores": plain(self.scores.record())}


def _notes(sentences: Iterable[str]) -> list[Fact]:
    """Sentences without a label."""
    return [("", sentence) for sentence in sentences]
