"""The networks of a run, those that are over and the one under way, between memory and a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab.core import checks
from trimtab.core.container import Contents
from trimtab.core.types import Floats
from trimtab.model.contents import BAD, broken, history_from, history_record, model_contents
from trimtab.model.reading import model_from
from trimtab.predictor.training.run import Fitted, NetworkState
from trimtab.predictor.unfinished import Unfinished
from trimtab.tables.preprocessing.target import Target
from trimtab.training.history import History

if TYPE_CHECKING:
    from trimtab.model.sequential import Sequential

__all__ = ["FOLD", "MEMBER", "Network", "Run"]

#: What a network is for: a fold of the cross-validation, or to predict.
FOLD, MEMBER = "fold", "member"

_REASONS = ("epochs", "patience", "time", "interrupted", "diverged", "running")


@dataclass
class Network:
    """One network of a run and what came of it.

    Attributes:
        kind: ``fold`` or ``member``.
        label: for people; empty for the only one.
        reason: why its training ended; see :class:`~trimtab.predictor.events.Ended`.
        best_epoch, best: as in :class:`~trimtab.predictor.run.Fitted`.
        history: in the target's own units.
        model: to predict with; None for a fold that an earlier process finished.
        state: from which it goes on; None where it is over.
        outputs: what a fold's network says of its fold, as it comes out of it.
        target: between a fold's outputs and the units of the table.
    """

    kind: str
    label: str
    reason: str
    best_epoch: int | None
    best: float | None
    history: History
    model: Sequential | None = None
    state: NetworkState | None = None
    outputs: Floats | None = None
    target: Target | None = None

    @classmethod
    def of(cls, kind: str, label: str, fitted: Fitted) -> Network:
        """What came of a fit."""
        return cls(
            kind=kind,
            label=label,
            reason=fitted.reason,
            best_epoch=fitted.best_epoch,
            best=fitted.best,
            history=fitted.history,
            model=fitted.model,
            state=fitted.state,
        )

    @classmethod
    def under_way(cls, kind: str, label: str, state: NetworkState, best: float | None) -> Network:
        """A network that goes on training meanwhile, as it would be used if that ended now.

        Args:
            best: least ``val_loss``, in the target's own units.
        """
        model = state.model()
        assert model.history is not None
        if state.best is not None:
            model.set_weights([state.best[weight.path] for weight in model.weights])
        model.position = None
        epoch = None if state.best is None else int(state.stopping["best_epoch"]) + 1
        return cls(kind, label, "running", epoch, best, model.history, model, state)

    @property
    def epochs(self) -> int:
        """Whole epochs."""
        return len(self.history.epoch)

    def contents(self) -> Contents:
        """The network as a part of a file."""
        contents = Contents("network")
        if self.state is not None:
            contents = copy_of(self.state.contents)
            contents.documents["stopping"] = self.state.stopping
            if self.state.best is not None:
                contents.tables["best"] = self.state.best
        elif self.kind == MEMBER:
            assert self.model is not None
            contents = model_contents(self.model)
        if self.outputs is not None:
            assert self.target is not None
            contents.tables["fold"] = {"outputs": self.outputs}
            contents.documents["target"] = self.target.record()
        contents.documents["history"] = history_record(self.history)
        contents.documents["network"] = {
            "kind": self.kind,
            "label": self.label,
            "reason": self.reason,
            "best_epoch": self.best_epoch,
            "best": self.best,
            "over": self.state is None,
        }
        return contents

    @classmethod
    def from_contents(cls, path: Path, contents: Contents) -> Network:
        """The inverse of :meth:`contents`.

        Raises:
            FileFormatError, ValueError, TypeError, KeyError: nonsense.
        """
        record = contents.documents["network"]
        history = history_from(path, contents.documents["history"])
        best_epoch, best = record["best_epoch"], record["best"]
        if best_epoch is not None:
            checks.integer("best_epoch", best_epoch, minimum=1, maximum=2**62)
            checks.number("best", best)
        network = cls(
            kind=checks.choice("kind", record["kind"], (FOLD, MEMBER)),
            label=str(record["label"]),
            reason=checks.choice("reason", record["reason"], _REASONS),
            best_epoch=best_epoch,
            best=best,
            history=history,
        )
        own = copy_of(contents)
        if not checks.boolean("over", record["over"]):
            stopping = _checked_stopping(own.documents.pop("stopping"))
            best = own.tables.pop("best", None)
            listed = {name: tuple(shape) for name, shape in own.documents["training"]["weights"]}
            if best is not None and {name: each.shape for name, each in best.items()} != listed:
                raise ValueError("the best weights are not those of the network")
            network.state = NetworkState(own, stopping, best)
        elif network.kind == MEMBER:
            network.model = model_from(path, own, None, True)
            network.model.history = history
        else:
            network.outputs = own.tables["fold"]["outputs"]
            network.target = Target.from_record(own.documents["target"])
        return network


def _checked_stopping(stopping: Any) -> dict[str, Any]:
    """What early stopping remembers; nothing, where there was no validation."""
    if stopping == {}:
        return {}
    if stopping["best"] is not None:
        checks.number("best", stopping["best"])
    for name in ("best_epoch", "wait"):
        checks.integer(name, stopping[name], minimum=0, maximum=2**62)
    return dict(stopping)


def copy_of(contents: Contents) -> Contents:
    """Other dictionaries with the same things."""
    return Contents(contents.kind, dict(contents.documents), dict(contents.tables))


@dataclass
class Run:
    """A run that is not over.

    Attributes:
        reason: why; see :class:`~trimtab.predictor.unfinished.Unfinished`.
        given: the options as they were given, before anything was decided.
        fingerprint: of the data.
        networks: those over and the one under way, in order.
    """

    reason: str
    given: Mapping[str, Any]
    fingerprint: int
    networks: Sequence[Network]

    def unfinished(self) -> Unfinished:
        """For a file."""
        contents = Contents("run")
        contents.documents["run"] = {
            "reason": self.reason,
            "given": dict(self.given),
            "fingerprint": self.fingerprint,
            "networks": len(self.networks),
        }
        for number, network in enumerate(self.networks):
            contents.nest(str(number), network.contents())
        return Unfinished(contents.documents, contents.tables)

    @classmethod
    def of(cls, path: Path, unfinished: Unfinished) -> Run:
        """What a file holds.

        Raises:
            FileFormatError: it does not hold what it should.
        """
        try:
            record = unfinished.documents["run"]
            count = checks.positive_integer("networks", record["networks"])
            whole = Contents("run", unfinished.documents, unfinished.tables)
            parts = [whole.nested(str(number), "network") for number in range(count)]
            given = record["given"]
            if not isinstance(given, dict):
                raise TypeError("given")
            return cls(
                reason=checks.choice("reason", record["reason"], _REASONS),
                given=given,
                fingerprint=checks.integer(
                    "fingerprint", record["fingerprint"], minimum=0, maximum=2**64
                ),
                networks=[Network.from_contents(path, part) for part in parts],
            )
        except BAD as problem:
            broken(path, "the state of a run", problem)
