"""What happens during ``train``, as it happens.

``train(..., listener=...)`` passes each event to its listener, in this order: :class:`Read`,
:class:`Understood`, :class:`Suspected` if there is reason to, :class:`Divided`,
:class:`Prepared`, :class:`Network`; then, for each network or for all that train at once,
:class:`Step` and :class:`Epoch` many times and :class:`Ended` once; at last :class:`Saved` and
:class:`Finished`, and behind them :class:`Coaching` and :class:`Coached` where there is a coaching.
Each event gives itself as text for people (``facts()``, ``lines()``) and as plain data for machines
(``record()``).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from trimtab.core.words import count, figure, folded, listed, plain
from trimtab.predictor.network_size import size_sentence
from trimtab.tables.columns.left_out import left_out
from trimtab.tables.columns.storage import plain_labels

if TYPE_CHECKING:
    from trimtab.predictor.scores import Scores
    from trimtab.predictor.several.scores import SeveralScores
    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.columns.suspicions import Suspicion
    from trimtab.tables.files.table import Guess

__all__ = [
    "Coached",
    "Coaching",
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

#: A label and its text.
Fact = tuple[str, str]


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        passing: whether it is for a live line only, not for a log.
    """

    passing: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """``read``, ``epoch``, ... as ``record()`` has it."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    def facts(self) -> list[Fact]:
        """The event for people, ``(label, text)`` each; empty if there is nothing to say.

        A text that continues the fact before it has an empty label, and so has a lone sentence.
        """
        return []

    def lines(self) -> list[str]:
        """:meth:`facts`, a line each."""
        return [f"{label}: {text}" if label else text for label, text in self.facts()]

    def record(self) -> dict[str, Any]:
        """The event as plain data; NaN and infinities are None."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {"event": self.name, **{name: plain(value) for name, value in fields.items()}}


Report = Callable[[Event], None]


@dataclass(frozen=True)
class Read(Event):
    """The table is in memory.

    Attributes:
        source: its name.
        rows: how many.
        columns: how many.
        guesses: what reading detected or was told.
        notes: what reading changed, a sentence each.
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
            *([("", f"Detected: {', '.join(guessed)}.")] if guessed else []),
            *_notes(self.notes),
        ]


@dataclass(frozen=True)
class Understood(Event):
    """The columns are understood.

    Attributes:
        schema: what the columns are.
        rows: usable ones, which have a target.
        notes: a sentence each.
    """

    schema: Schema
    rows: int
    notes: tuple[str, ...] = ()

    def facts(self) -> list[Fact]:
        schema = self.schema
        what = str(schema.task)
        if schema.classes:
            classes = (
                f"{len(schema.classes):,} classes" if schema.task != "binary" else "two classes"
            )
            what = f"{what}, {classes} ({listed(plain_labels(schema.classes))})"
        kinds: dict[str, int] = {}
        for column in schema.features:
            kinds[column.kind] = kinds.get(column.kind, 0) + 1
        features = ", ".join(f"{number:,} {kind}" for kind, number in kinds.items())
        names = schema.target_names
        several = f" ({len(names)} targets)" if len(names) > 1 else ""
        facts = [("target", f"{listed(names)}{several}, {what}"), *_notes(self.notes)]
        facts.append(("features", features))
        facts += [
            (role, listed(list(names)) + (" (not an input)" if role in ("group", "time") else ""))
            for role in ("group", "time", "weight", "id")
            if (names := schema.role(role))
        ]
        dropped = [column for column in schema.columns if column.role == "dropped"]
        said = left_out((column.name, column.reason) for column in dropped)
        facts += [("" if i else "left out", text) for i, text in enumerate(said)]
        return facts

    def record(self) -> dict[str, Any]:
        return {**super().record(), "schema": plain(self.schema.record())}


@dataclass(frozen=True)
class Suspected(Event):
    """Something in the table may make the model seem better than it is.

    Attributes:
        suspicions: what ``trimtab inspect`` reports, unless the options answer it.
    """

    suspicions: tuple[Suspicion, ...]

    def facts(self) -> list[Fact]:
        lines = [each.brief for each in self.suspicions]
        if len(lines) > MOST_SUSPICIONS:
            more = len(lines) - MOST_SUSPICIONS + 1
            lines[MOST_SUSPICIONS - 1 :] = [
                f"and {more:,} more: trimtab inspect shows all of them."
            ]
        return [("" if i else "suspicion", line) for i, line in enumerate(lines)]


@dataclass(frozen=True)
class Divided(Event):
    """The rows are divided into parts.

    Attributes:
        how: in words.
        train: rows to train on.
        valid: rows to validate on.
        test: rows to test on.
        folds: of a cross-validation, or 0.
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
        return [("rows", ", ".join(parts)), *([("", self.how)] if self.how else [])]


@dataclass(frozen=True)
class Prepared(Event):
    """The columns are prepared: they are the inputs of a network now.

    Attributes:
        columns: features of the table.
        inputs: of the network.
        embeddings: columns that the network turns into vectors that it learns.
        how: columns become inputs, a line each.
        notes: columns that are constant, targets that are extreme, new categories.
    """

    columns: int
    inputs: int
    embeddings: tuple[str, ...] = ()
    how: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def facts(self) -> list[Fact]:
        lines = list(self.how)
        if len(lines) > MOST_LINES:
            lines[MOST_LINES - 1 :] = [f"and {len(lines) - MOST_LINES + 1:,} more columns"]
        each = [("", line) for line in lines]
        return [("inputs", f"{self.inputs:,}"), *each, *_notes(self.notes)]


@dataclass(frozen=True)
class Network(Event):
    """The network is decided.

    Attributes:
        layers: hidden layers, in the notation of ``--layers``.
        parameters: how many numbers are learned.
        statistics: how many moving statistics there are besides; they count as parameters in
            :meth:`facts`, and are in :meth:`record` if there are some.
        loss: that is minimized.
        batch_size: rows of a step.
        epochs: at most.
        learning_rate: at the start.
        members: networks of a committee; 1 without one.
        edges: fixed numbers of numeric embeddings; as with statistics.
        sharing: members of each network, which share kernels; in :meth:`record` if above 1.
        note: what was decided that nobody asked for; empty: nothing.
    """

    layers: str
    parameters: int
    loss: str
    batch_size: int
    epochs: int
    learning_rate: float
    members: int = 1
    statistics: int = 0
    note: str = ""
    sharing: int = 1
    edges: int = 0

    def facts(self) -> list[Fact]:
        many = f"{self.members} networks, each " if self.members > 1 else ""
        if self.sharing > 1:
            of = "of " if many else ""
            many += f"{of}{self.sharing} members that share kernels, "
        whole = self.parameters + self.statistics + self.edges
        size = size_sentence(whole, self.statistics, self.edges)
        return [
            ("network", self.layers or "no hidden layer"),
            (
                "",
                f"{many}{size}, loss {self.loss}, batches of {self.batch_size:,}, "
                f"at most {count(self.epochs, 'epoch')}",
            ),
            *([("", self.note)] if self.note else []),
        ]

    def record(self) -> dict[str, Any]:
        record = super().record()
        if not self.statistics:
            del record["statistics"]
        if not self.edges:
            del record["edges"]
        if not self.note:
            del record["note"]
        if self.sharing == 1:
            del record["sharing"]
        return record


@dataclass(frozen=True)
class Resumed(Event):
    """An interrupted run resumes.

    Attributes:
        path: its file.
        part: the network in training; empty for the only one.
        epoch: in which it resumes, from 1.
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
    """Some batches of an epoch are done; a few times a second at most.

    Attributes:
        part: as in :class:`Epoch`.
        epoch: its number, from 1.
        epochs: at most.
        step: batches done in this epoch.
        steps: batches of an epoch.
        loss: mean over the batches done, in the target's own units.
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
        part: which network: ``network 2 of 5``, ``fold 1 of 5``, ...; empty for the only one.
            ``5 networks`` are trained at once: losses are their means.
        epoch: its number, from 1.
        epochs: at most.
        losses: loss and metrics, validation included, in the target's own units.
        best: lowest ``val_loss`` so far; None without validation.
        best_epoch: its epoch; None without validation.
        seconds: it took.
        left: seconds to the end at the latest.
        single: the validation loss of each network that trains at the same time; not in
            :meth:`record`.
    """

    part: str
    epoch: int
    epochs: int
    losses: Mapping[str, float]
    best: float | None
    best_epoch: int | None
    seconds: float
    left: float
    single: tuple[float, ...] = ()

    def record(self) -> dict[str, Any]:
        record = super().record()
        del record["single"]
        return record

    def facts(self) -> list[Fact]:
        head = f"{self.part}, epoch" if self.part else "epoch"
        shown = [f"{name} {figure(value, fixed=True)}" for name, value in self.losses.items()]
        if self.best is not None and self.best_epoch is not None:
            shown.append(f"best {figure(self.best, fixed=True)} in epoch {self.best_epoch}")
        return [("", f"{head} {self.epoch}/{self.epochs}  {'  '.join(shown)}")]


@dataclass(frozen=True)
class Ended(Event):
    """The training of a network has ended.

    Attributes:
        part: as in :class:`Epoch`.
        reason: ``epochs`` (all are done), ``patience`` (no improvement for a while), ``time`` (the
            limit is reached), ``interrupted`` (Ctrl-C) or ``diverged``.
        epoch: the last one that was started, from 1.
        whole: complete epochs.
        best_epoch: whose weights are kept, from 1; None: the last weights are kept.
        best: its ``val_loss``, in the target's own units.
        sentence: the same for people.
        epochs: at which each network is kept, where several trained at once; ``best_epoch`` is
            their median then, and ``best`` the mean of their losses.
    """

    part: str
    reason: str
    epoch: int
    whole: int
    best_epoch: int | None
    best: float | None
    sentence: str
    epochs: tuple[int, ...] = ()

    def facts(self) -> list[Fact]:
        return [("trained", f"{self.part}: {self.sentence}" if self.part else self.sentence)]

    def record(self) -> dict[str, Any]:
        record = super().record()
        if not self.epochs:
            del record["epochs"]
        return record


@dataclass(frozen=True)
class Saved(Event):
    """A file is written.

    Attributes:
        path: of the file.
        what: ``model``, ``picture``, ``report``, ``options``, ``coached`` for the model of a
            coaching, or ``state`` for a run that is still training.
    """

    path: str
    what: str

    def facts(self) -> list[Fact]:
        return [] if self.what == "state" else [(self.what, self.path)]


@dataclass(frozen=True)
class Finished(Event):
    """The predictor is finished.

    Attributes:
        reason: why the last network's training ended; see :class:`Ended`.
        sentence: how good it is.
        scores: the same in numbers; None where no rows were held out.
        notes: what else is worth knowing, a sentence each.
        seconds: by stage: ``read``, ``prepare``, ``fit``, ``score``, ``save``, ...
        caveat: why the scores may be optimistic; empty if they are not.
    """

    reason: str
    sentence: str
    scores: Scores | SeveralScores | None
    notes: tuple[str, ...]
    seconds: Mapping[str, float]
    caveat: str = ""

    def facts(self) -> list[Fact]:
        caveat = (self.caveat,) if self.caveat else ()
        return _notes((self.sentence, *caveat, *self.notes))

    def record(self) -> dict[str, Any]:
        scores = None if self.scores is None else plain(self.scores.record())
        return {**super().record(), "scores": scores}


@dataclass(frozen=True)
class Coaching(Event):
    """The model stands, and the coaching begins.

    Attributes:
        seconds: for all of it.
    """

    seconds: float

    def facts(self) -> list[Fact]:
        many = self.seconds >= 120
        time = f"{self.seconds / 60:.3g} minutes" if many else f"{self.seconds:.3g} seconds"
        return [("coaching", f"for up to {time}, on top of the training; Ctrl-C ends it")]


@dataclass(frozen=True)
class Coached(Event):
    """The coaching is over.

    Attributes:
        ended: ``done``, ``time``, ``interrupted`` or ``failed``.
        prescription: what was found, a :class:`~trimtab.coaching.Prescription`; None: nothing.
        notes: what else is worth knowing, a sentence each.
    """

    ended: str
    prescription: Any
    notes: tuple[str, ...] = ()

    def table(self) -> list[str]:
        """The ranked table, a line each."""
        return [] if self.prescription is None else list(self.prescription.lines())

    def facts(self) -> list[Fact]:
        if self.prescription is None:
            return _notes(self.notes)
        command = f"Train with it: {self.command}" if self.command else ""
        said = [*self.prescription.sentences(), command, *self.notes, *self.prescription.notes()]
        return [("", each) for each in said if each]

    @property
    def command(self) -> str:
        """The command that trains with what helps; empty: nothing does, or the table is no file."""
        found = self.prescription
        return str(found.command()) if found is not None and found.edits else ""

    def record(self) -> dict[str, Any]:
        found = None if self.prescription is None else plain(self.prescription.record())
        notes = list(self.notes)
        return {"event": self.name, "ended": self.ended, "prescription": found, "notes": notes}


def _notes(sentences: Iterable[str]) -> list[Fact]:
    """Sentences without a label; those that many columns share are folded."""
    return [("", sentence) for sentence in folded(sentences)]
