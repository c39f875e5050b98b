"""The playground: one network that trains in a thread of its own, and what a page may ask of it."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.errors import TrimtabError
from trimtab.live.log import Log
from trimtab.live.server import Action
from trimtab.model.sequential import Sequential
from trimtab.play import code, looks, words
from trimtab.play.choices import ACTIVATIONS, MOST_LAYERS, MOST_UNITS, SPEEDS, Choices
from trimtab.play.data import MOST_ROWS, Data, Shelf
from trimtab.play.network import METRICS, Thinning, adjust, build, seats
from trimtab.play.toys import TOYS
from trimtab.predictor.batches import LAST_BATCH
from trimtab.training.callbacks.lambda_callback import LambdaCallback

__all__ = ["MOST_EPOCHS", "PERIOD", "Playground"]

#: Seconds between two messages at least; epochs of one call at most.
PERIOD, AT_ONCE = 0.1, 200

#: Epochs after which training pauses: a page that was forgotten must not train for days.
MOST_EPOCHS = 20_000

#: Seconds without a page after which training pauses.
UNWATCHED = 10.0

#: Rows times parameters from which on an epoch may be long: it is looked at batch by batch, so that
#: a new network need not wait for its end.
LONG = 2e7

#: What is said where a pause waits for a long epoch.
PAUSING = "Pauses after this epoch."

#: Points of a curve that pages are told.
CURVE = 300

#: Epochs in the code where none are trained yet.
_EPOCHS = 100


class Playground:
    """A network on some data, trained while a page looks.

    Args:
        shelf: the data there is.
        watched: whether a page is open; None: nobody asks.

    Attributes:
        log: what pages are told: ``data`` (the rows), ``setup`` (what is chosen, the code) and
            ``now`` (where training is).
        choices: what is chosen.
    """

    def __init__(self, shelf: Shelf, watched: Callable[[], bool] | None = None) -> None:
        self.log = Log()
        self.choices = Choices(data=shelf.first)
        if shelf.first not in TOYS:
            self.choices = self.choices.changed({"learning_rate": 0.001, "hidden": [64, 64]})
        self.watched = watched
        self._shelf = shelf
        self._changed = threading.Condition()
        self._running = self._stale = self._busy = self._closed = False
        self._steps = 0
        self._note = ""
        self._numbers = itertools.count(1)
        self._network = self._new(self.choices, shelf.data(self.choices))
        self._told = 0  # the network whose rows pages know
        self._tell()
        self._thread = threading.Thread(target=self._work, daemon=True, name="trimtab-play")
        self._thread.start()

    def close(self) -> None:
        """Ends the training after its epoch."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(10.0)

    @property
    def epoch(self) -> int:
        """How many epochs the network has trained."""
        return self._network.epoch

    @property
    def busy(self) -> bool:
        """Whether epochs are under way that are not told yet."""
        with self._changed:
            return self._busy or self._running or self._stale or bool(self._steps)

    # -- what a page may ask ----------------------------------------------------------------------

    def actions(self) -> dict[str, Action]:
        """Name -> what a page asks for."""
        return {
            "choose": self.choose,
            "train": lambda _: self.train(),
            "pause": lambda _: self.pause(),
            "step": lambda _: self.step(),
            "reset": lambda _: self.reset(),
        }

    def choose(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Changes what is chosen; what needs a new network makes one.

        Args:
            asked: name of a choice -> its new value.

        Raises:
            InvalidArgument, InvalidData: it cannot be so; nothing has changed.
        """
        with self._changed:
            choices = self.choices.changed(asked)
            if choices.data != self.choices.data:
                choices = self._usual(choices, asked)
            if self.choices.continues(choices):
                altered = (choices.learning_rate, choices.dropout) != (
                    self.choices.learning_rate,
                    self.choices.dropout,
                )
                self._network.altered |= altered and self._network.epoch > 0
                self._note = "Training goes on with the change." if altered else ""
                self.choices = choices
                self._stale = True  # thinned networks may be wanted now, or others
            else:
                rows = "data", "rows", "noise", "seed"
                same = all(getattr(choices, name) == getattr(self.choices, name) for name in rows)
                data = self._network.data if same else self._shelf.data(choices)
                self._network, self.choices = self._new(choices, data), choices
                self._note = "The network is new: this change needs one that begins again."
                self._steps = 0
            self._tell()
            self._changed.notify_all()
        return {}

    def train(self) -> dict[str, Any]:
        """Trains until it is paused."""
        return self._go(running=True, steps=0)

    def pause(self) -> dict[str, Any]:
        """Stops after the epoch."""
        return self._go(running=False, steps=0)

    def step(self) -> dict[str, Any]:
        """Trains for one epoch."""
        return self._go(running=False, steps=1)

    def reset(self) -> dict[str, Any]:
        """Begins again with a new network."""
        with self._changed:
            self._network = self._new(self.choices, self._network.data)
            self._running, self._steps, self._note = False, 0, ""
            self._tell()
            self._changed.notify_all()
        return {}

    def _go(self, *, running: bool, steps: int) -> dict[str, Any]:
        with self._changed:
            self._running, self._steps, self._note = running, steps, ""
            if self._busy and self._network.long and not (running or steps):
                self._note = PAUSING
            self._tell()
            self._changed.notify_all()
        return {}

    @staticmethod
    def _usual(choices: Choices, asked: Mapping[str, Any]) -> Choices:
        """A learning rate that suits the data, unless it was asked for."""
        rate = 0.01 if choices.data in TOYS else 0.001
        return choices if "learning_rate" in asked else choices.changed({"learning_rate": rate})

    def _new(self, choices: Choices, data: Data) -> _Network:
        return _Network(next(self._numbers), choices, data)

    # -- training ---------------------------------------------------------------------------------

    def _work(self) -> None:
        """The thread: trains while it may, a few epochs at a time."""
        seen = time.monotonic()
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._closed or self._running or self._steps or self._stale
                )
                if self._closed:
                    return
                network, choices, number = self._network, self.choices, 1
                if self._steps:
                    self._steps -= 1
                elif not self._running:
                    number = 0
                elif SPEEDS[choices.speed] == 0:
                    number = network.in_a_period()
                self._stale, self._busy = False, True
            begin, problem, trained = time.monotonic(), "", None
            try:
                number = min(number, MOST_EPOCHS - network.epoch)
                trained = network.train(choices, number, functools.partial(self._left, network))
            except TrimtabError as refusal:
                problem = str(refusal)
            except Exception:  # noqa: BLE001 - the page must hear of it, whatever it is
                traceback.print_exc()
                problem = "Training has failed: see the terminal."
            with self._changed:
                self._busy = False
                if network is self._network:
                    if trained is not None:
                        network.take(trained)
                    self._after(problem)
                moment = time.monotonic()
                seen = moment if self.watched is None or self.watched() else seen
                if self._running and moment - seen > UNWATCHED:
                    self._running, self._note = False, "Paused: no page was open."
                    seen = moment
                    self._tell_now()
                pace = 1 / SPEEDS[choices.speed] if SPEEDS[choices.speed] else PERIOD
                left = begin + pace - time.monotonic()
                if left > 0 and self._running:
                    # Whatever is asked for meanwhile is done at once.
                    self._changed.wait_for(
                        lambda: self._closed or not self._running or bool(self._steps), left
                    )

    def _left(self, network: _Network) -> bool:
        """Whether nobody wants this network any more."""
        return self._closed or network is not self._network

    def _after(self, problem: str) -> None:
        """Says where training is, and whether it goes on."""
        if self._note == PAUSING:
            self._note = ""
        if problem:
            self._running, self._note = False, problem
        elif self._network.epoch >= MOST_EPOCHS:
            self._running = False
            self._note = f"Paused after {MOST_EPOCHS:,} epochs, the most there are here."
        elif not self._network.finite:
            self._running = False
        if self._running:
            self._tell_now()
        else:
            self._tell()

    # -- telling ----------------------------------------------------------------------------------

    def _tell(self) -> None:
        """Pages get it in one piece: no code of one epoch beside the curves of another."""
        with self.log.together():
            self._tell_data()
            self._tell_setup()
            self._tell_now()

    def _tell_data(self) -> None:
        network = self._network
        if self._told != network.number:
            told = {"run": network.number, "points": looks.points(network.data)}
            self.log.post({"data": told}, "data")
            self._told = network.number

    def _tell_setup(self) -> None:
        network, choices = self._network, self.choices
        data, epochs = network.data, network.epoch or _EPOCHS
        self.log.post(
            {
                "setup": {
                    "choices": choices.record(),
                    "shelf": dict(self._shelf.listed()),
                    "toys": list(TOYS),
                    "activations": list(ACTIVATIONS),
                    "most": {"layers": MOST_LAYERS, "units": MOST_UNITS},
                    "task": data.task,
                    "metric": "accuracy" if METRICS[data.task] == "accuracy" else "R²",
                    "notes": list(data.notes),
                    "parameters": network.parameters,
                    "code": code.python(choices, data, epochs),
                    "command": code.command(choices, data, epochs),
                    "only": _only(choices, data),
                    "altered": network.altered,
                }
            },
            "setup",
        )

    def _tell_now(self) -> None:
        network = self._network
        said = words.say(network.course(), self.choices)
        self.log.post(
            {
                "now": {
                    "run": network.number,
                    "running": self._running,
                    "epoch": network.epoch,
                    "seconds": looks.short(network.seconds),
                    "curves": network.curves(),
                    "layers": network.layer_curves(),
                    "look": network.look,
                    "said": dataclasses.asdict(said),
                    "note": self._note,
                }
            },
            "now",
        )


def _only(choices: Choices, data: Data) -> str:
    """What is said of the command, or why there is none."""
    if data.toy:
        return ""
    if choices.optimizer == "sgd":
        return "trimtab train uses AdamW: choose Adam to see the command."
    if not choices.hidden:
        return "trimtab train needs a hidden layer: add one for the command."
    scaled = ", and says the loss in the target's own units" if not data.classes else ""
    rows = f"all rows, not on the first {MOST_ROWS:,}" if data.cut else "the same rows"
    return f"The command trains the same network on {rows}{scaled}."


@dataclass(frozen=True)
class _Trained:
    """Some epochs of a network: how many, how long they took, what they say, what it predicts."""

    epochs: int
    seconds: float
    history: Mapping[str, Any]
    look: dict[str, Any]


class _Network:
    """One network from its first epoch on, and what was measured of it.

    Attributes:
        number: of the network; each has another one.
        choices: that it was made of.
        epoch: how many it has trained.
        look: what it predicted last.
        altered: whether anything was changed while it trained.
        long: whether an epoch may take long.
        parameters: numbers that are trained.
    """

    def __init__(self, number: int, choices: Choices, data: Data) -> None:
        self.number, self.choices, self.data = number, choices, data
        self.epoch, self.seconds, self.altered = 0, 0.0, False
        self._model = build(choices, data)
        self.parameters = sum(weight.size for weight in self._model.trainable_weights)
        self._thinning: Thinning | None = None
        self._seats = seats(self._model)
        self._series: dict[str, list[float]] = {}
        self._measured: list[int] = []
        self._layers: dict[str, dict[str, list[float | None]]] = {}
        self._took = PERIOD
        self.long = len(data.x) * self.parameters > LONG
        self._constant = _constant(data)
        self.look = self._looked(choices)

    @property
    def finite(self) -> bool:
        """Whether the losses are numbers."""
        return all(np.isfinite(line[-1]) for line in self._series.values())

    def in_a_period(self) -> int:
        """Epochs that a period has room for."""
        return int(max(1, min(AT_ONCE, PERIOD / max(self._took, 1e-4))))

    def train(self, choices: Choices, epochs: int, left: Callable[[], bool]) -> _Trained:
        """Trains for some epochs, or none, then looks; only the thread that trains calls it.

        Args:
            choices: what is chosen now.
            epochs: how many.
            left: whether nobody waits for it any more: a long epoch ends then.
        """
        data, begin = self.data, time.perf_counter()
        adjust(self._model, choices)
        history: Mapping[str, Any] = {}
        if epochs:
            history = self._model.fit(
                data.x,
                data.y,
                batch_size=choices.batch_size,
                initial_epoch=self.epoch,
                epochs=self.epoch + epochs,
                validation_data=(data.x_valid, data.y_valid),
                track=["layers"],
                last_batch=LAST_BATCH,
                callbacks=[_until(self._model, left)] if self.long else [],
                verbose=0,
            ).history
        seconds = time.perf_counter() - begin
        return _Trained(epochs, seconds, history, self._looked(choices))

    def _looked(self, choices: Choices) -> dict[str, Any]:
        if choices.thinned and self._thinning is None:
            self._thinning = Thinning(self._model)
        thinning = self._thinning if choices.thinned else None
        return looks.look(self._model, self.data, choices, thinning, self.epoch)

    def take(self, trained: _Trained) -> None:
        """Keeps what was trained, for pages to be told."""
        self.look = trained.look
        if not trained.epochs:
            return
        self.epoch += trained.epochs
        self.seconds += trained.seconds
        self._took = trained.seconds / trained.epochs
        metric = METRICS[self.data.task]
        for name in ("loss", "val_loss", metric, f"val_{metric}"):
            self._series.setdefault(name, []).extend(trained.history[name])
        self._measured.append(self.epoch)
        for quantity, label, name in self._seats:
            if name in trained.history:
                value = looks.short(trained.history[name][-1])
                self._layers.setdefault(quantity, {}).setdefault(label, []).append(value)

    def curves(self) -> dict[str, Any]:
        """The curves by epoch; of long ones some points."""
        some = _some(self.epoch)
        metric = METRICS[self.data.task]
        names = {"loss": "loss", "val_loss": "val_loss"}
        names |= {metric: "metric", f"val_{metric}": "val_metric"}
        return {
            "epochs": [i + 1 for i in some],
            **{
                short: [looks.short(self._series[name][i]) for i in some]
                for name, short in names.items()
                if some
            },
        }

    def layer_curves(self) -> dict[str, Any]:
        """What the layers did: quantity -> layer -> numbers."""
        some = _some(len(self._measured))
        return {
            "epochs": [self._measured[i] for i in some],
            "curves": {
                quantity: {label: [line[i] for i in some] for label, line in lines.items()}
                for quantity, lines in self._layers.items()
            },
        }

    def course(self) -> words.Course:
        """What there is to say something about."""
        some = _some(self.epoch)

        def last(quantity: str) -> dict[str, float]:
            lines = self._layers.get(quantity, {})
            return {label: line[-1] for label, line in lines.items() if line[-1] is not None}

        return words.Course(
            epochs=[i + 1 for i in some],
            loss=[self._series["loss"][i] for i in some],
            val_loss=[self._series["val_loss"][i] for i in some],
            constant=self._constant,
            zeros=last("zeros"),
            lag=last("statistics_distance"),
        )


def _until(model: Sequential, left: Callable[[], bool]) -> LambdaCallback:
    """Ends a training within its epoch."""

    def look(batch: int, logs: Any = None) -> None:
        if left():
            model.stop_training = True

    return LambdaCallback(on_train_batch_end=look)


def _some(number: int) -> list[int]:
    """Numbers from 0, at most :data:`CURVE` of them, the last one among them."""
    if number <= CURVE:
        return list(range(number))
    return [(i + 1) * number // CURVE - 1 for i in range(CURVE)]


def _constant(data: Data) -> float:
    """The loss of predicting the same for all validation rows."""
    y = data.y_valid.astype(float)
    if data.task == "regression":
        return float(np.mean((y - data.y.mean()) ** 2))
    shares = np.bincount(data.y.astype(int), minlength=int(y.max()) + 1) / len(data.y)
    return float(-np.mean(np.log(np.maximum(shares[y.astype(int)], 1e-7))))
