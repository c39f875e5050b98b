"""One network of a training and what came of it, in memory and in a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trimtab.core import checks
from trimtab.core.container import Contents
from trimtab.core.types import Floats
from trimtab.model.contents import history_from, history_record, model_contents
from trimtab.model.reading import model_from
from trimtab.predictor.training.state import NetworkState, shallow
from trimtab.tables.preprocessing.several_targets import OneTarget, SeveralTargets, target_from
from trimtab.training.history import History

if TYPE_CHECKING:
    from trimtab.model.sequential import Sequential

__all__ = ["CROSS", "FOLD", "MEMBER", "REASONS", "Fit"]

#: What a network is for: to score a fold of the cross-validation, to predict, or both.
FOLD, MEMBER, CROSS = "fold", "member", "cross"

#: Why training ended, as in :class:`~trimtab.predictor.training.events.Ended`; it has not yet.
REASONS = ("epochs", "patience", "time", "interrupted", "diverged", "running")


@dataclass(frozen=True, eq=False)
class Fit:
    """One network of a training and what came of it.

    Attributes:
        kind: ``fold``, ``member`` or ``cross``.
        label: for people: ``fold 1 of 5``; empty for the only network.
        reason: why its training ended; one of :data:`REASONS`.
        best_epoch: from 1; None without validation or without a whole epoch.
        best: lowest ``val_loss``, in the target's own units.
        history: in the target's own units.
        model: with the weights of its best epoch, or the last ones where there is no best; None
            for a fold that an earlier process finished.
        state: to resume from; None where training is over.
        outputs: what a fold's network predicts for its fold, as it comes out of the network.
        target: leads from these outputs to the units of the table.
        fold: the number of its fold, from 0, where it predicts as well.
        diverged: the first epoch whose loss is not finite, from 1, or None.
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
    target: OneTarget | SeveralTargets | None = None
    diverged: int | None = None
    fold: int = 0

    @classmethod
    def running(cls, kind: str, label: str, state: NetworkState, best: float | None) -> Fit:
        """A network that is still training, as it would be used if that ended now.

        Args:
            kind: ``fold`` or ``member``.
            label: for people.
            state: of the network.
            best: lowest ``val_loss``, in the target's own units.
        """
        model = state.best_model()
        assert model.history is not None
        return cls(kind, label, "running", state.best_epoch, best, model.history, model, state)

    def fold_at(self, place: int) -> int:
        """The fold that it did not see: networks of folds alone stand in the order of the folds.

        Args:
            place: its number among the networks of the run.
        """
        return self.fold if self.kind == CROSS else place

    @property
    def over(self) -> bool:
        """Whether there is nothing left to train."""
        return self.state is None

    @property
    def usable(self) -> bool:
        """Whether it has learned anything that can be used."""
        return self.diverged is None or self.best_epoch is not None

    @property
    def epochs(self) -> int:
        """Whole epochs."""
        return len(self.history.epoch)

    def contents(self) -> Contents:
        """The network as a part of a file."""
        contents = Contents("network")
        if self.state is not None:
            contents = self.state.part()
        elif self.kind == MEMBER:
            assert self.model is not None
            contents = model_contents(self.model)
        if self.outputs is not None and self.kind == FOLD:
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
            "over": self.over,
        }
        if self.kind == CROSS:
            contents.documents["network"]["fold"] = self.fold
        return contents

    @classmethod
    def from_contents(cls, path: Path, contents: Contents) -> Fit:
        """The inverse of :meth:`contents`.

        Raises:
            FileFormatError, ValueError, TypeError, KeyError: the contents are damaged.
        """
        record = contents.documents["network"]
        history = history_from(path, contents.documents["history"])
        best_epoch, best = record["best_epoch"], record["best"]
        if best_epoch is not None:
            checks.integer("best_epoch", best_epoch, minimum=1, maximum=2**62)
            checks.number("best", best)
        kind = checks.choice("kind", record["kind"], (FOLD, MEMBER, CROSS))
        reason = checks.choice("reason", record["reason"], REASONS)
        model = state = outputs = target = None
        fold = checks.integer("fold", record.get("fold", 0), minimum=0, maximum=1000)
        if not checks.boolean("over", record["over"]):
            state = NetworkState.from_part(contents)
        elif kind == CROSS:
            raise ValueError("networks of folds that predict are over only all at once")
        elif kind == MEMBER:
            model = model_from(path, shallow(contents), None, True)
            model.history = history
        else:
            outputs = contents.tables["fold"]["outputs"]
            target = target_from(contents.documents["target"])
        return cls(
            *(kind, str(record["label"]), reason, best_epoch, best, history),
            *(model, state, outputs, target),
            fold=fold,
        )
