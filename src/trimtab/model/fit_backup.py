"""A fit in a file while it runs: what is kept, when, and how it is resumed."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trimtab import distributed
from trimtab.core import checks
from trimtab.core.container import EXTENSION, Contents, read
from trimtab.core.packing import packed, unpacked
from trimtab.core.words import count
from trimtab.engines.base import Rows
from trimtab.errors import FileFormatError, InvalidArgument
from trimtab.model.contents import (
    BAD,
    broken,
    document,
    model_contents,
    take_training,
    take_weights,
    weights_in,
    write,
)
from trimtab.model.fit_record import check_same, fit_record, remembering
from trimtab.nn import registration
from trimtab.nn.network import Network
from trimtab.training.callback import Logs
from trimtab.training.callback_list import CallbackList
from trimtab.training.callbacks import BackupAndRestore
from trimtab.training.position import fingerprint
from trimtab.training.settings import FitSettings

__all__ = ["FitBackup", "KeptFit"]

#: Files of a run in its folder: the last state, and the one before it.
_LAST, _PREVIOUS = f"run{EXTENSION}", f"run.previous{EXTENSION}"

#: The part of the file of a model that says how its fit goes on.
_PART = "run"


@dataclass(frozen=True, eq=False)
class KeptFit:
    """A fit as a file keeps it, between two steps.

    Attributes:
        path: of the file.
        contents: of the model's file, with what the fit needs besides.
        record: what the fit was asked for.
        epoch: number of the epoch to go on with, from 0.
        batches: of that epoch that are done.
        memories: what the callbacks remember.
        names: of the layers, some of which stand in the history.
    """

    path: Path
    contents: Contents
    record: Mapping[str, Any]
    epoch: int
    batches: int
    memories: Mapping[str, Any]
    names: Sequence[str] = ()

    @classmethod
    def read(cls, path: Path) -> KeptFit:
        """The fit in a file.

        Raises:
            FileNotFoundError: there is no such file.
            FileFormatError: it is damaged, or holds no fit.
        """
        contents = read(path)
        record = contents.documents.get(_PART)
        if contents.kind == "predictor":
            raise FileFormatError(
                f"{str(path)!r} holds a run of trimtab.train. Resume it there: "
                "trimtab.train(table, target, resume=True)."
            )
        if contents.kind != "model" or not isinstance(record, dict):
            raise FileFormatError(
                f"{str(path)!r} holds a {contents.kind}, not a run. Files of runs are written by "
                "callbacks.BackupAndRestore; load a model with trimtab.load_model()."
            )
        try:
            position = document(path, contents, "training").get("position")
            return cls(
                path=path,
                contents=contents,
                record={**record["fit"]},
                epoch=checks.integer("epoch", record["epoch"], minimum=0, maximum=2**62),
                batches=0
                if position is None
                else checks.integer("batches", position["batches"], minimum=1, maximum=2**62),
                memories={
                    str(name): unpacked(memory, contents.tables.get("callbacks", {}))
                    for name, memory in contents.documents["callbacks"].items()
                },
                names=[str(name) for name in record["layers"]],
            )
        except BAD as problem:
            broken(path, "a run", problem)

    @property
    def where(self) -> str:
        """Where it stands, for people."""
        inside = f", after {count(self.batches, 'batch', 'batches')}" if self.batches else ""
        return f"epoch {self.epoch + 1}{inside}"

    @property
    def rate(self) -> Any:
        """The learning rate at this place; None where it follows a schedule."""
        return document(self.path, self.contents, "training").get("learning_rate")

    def restore(self, model: Network, callbacks: CallbackList) -> None:
        """Makes a model and callbacks what they were.

        Raises:
            FileFormatError: the file is damaged.
        """
        weights = weights_in(self.path, self.contents, model)
        model.pull()
        take_weights(model, weights)
        take_training(self.path, self.contents, model)
        names = [layer.path for layer in model.all_layers()]
        for name, callback in remembering(callbacks.callbacks):
            if name in self.memories:
                memory = self.memories[name]
                if hasattr(callback, "is_history"):
                    memory = _with_names(memory, dict(zip(self.names, names, strict=False)))
                callback.set_state(memory)


class FitBackup:
    """Keeps a fit in a file while it runs, and resumes the one that is there.

    It is the :class:`~trimtab.training.backup.Backup` of a fit.

    Args:
        model: the compiled and built network.
        record: what the fit is asked for.
        rows: that it trains on.
        kept: the run to resume, or None.
        callback: says where and how often the fit is kept; None: it is not.
        damaged: whether the last state in the folder cannot be read, and is not worth keeping.
        verbose: whether to say where the run is resumed.
    """

    def __init__(
        self,
        model: Network,
        record: Mapping[str, Any],
        rows: Rows,
        kept: KeptFit | None,
        callback: BackupAndRestore | None,
        *,
        damaged: bool = False,
        verbose: bool = True,
    ) -> None:
        self.first_epoch = record["fit"]["initial_epoch"] if kept is None else kept.epoch
        self.inside = kept is not None and kept.batches > 0
        self.keeps = callback is not None
        self._model, self._rows, self._kept = model, rows, kept
        self._record = record
        if kept is not None:  # a model that goes on may be compiled with another rate by now
            epochs = record["fit"]["epochs"]
            self._record = {**kept.record, "fit": {**kept.record["fit"], "epochs": epochs}}
        self._callback = callback
        self._damaged = damaged
        self._verbose = verbose
        self._callbacks: CallbackList | None = None
        self._fingerprint = 0
        self._unkept = 0  # batches
        self._standing = ""  # what the file holds

    @staticmethod
    def refuse_batches(what: str, callbacks: CallbackList, resume: Any) -> None:
        """Nothing is kept of a fit whose batches come one after the other.

        Args:
            what: they come from.
            callbacks: of the fit.
            resume: its argument.

        Raises:
            InvalidArgument: the fit is to be kept or resumed.
        """
        keeps = any(isinstance(each, BackupAndRestore) for each in callbacks)
        if keeps or resume is not None:
            raise InvalidArgument(
                f"{'BackupAndRestore' if keeps else 'resume'} resumes a fit between two steps, and "
                f"these batches come from the {what}, which cannot be put back. Pass arrays to fit "
                "without steps_per_epoch, or leave it out."
            )

    @classmethod
    def of(
        cls,
        model: Network,
        rows: Rows,
        validation: Rows | None,
        settings: FitSettings,
        callbacks: CallbackList,
        resume: Any = None,
    ) -> FitBackup | None:
        """That of a fit; None where it is neither kept nor resumed.

        Args:
            model: the compiled and built network.
            rows, validation: that it trains on and validates on.
            settings: the other arguments.
            callbacks: of the fit.
            resume: the file or folder of the run that is to be resumed, or None.

        Raises:
            InvalidArgument: there is no run at ``resume``, it is that of another fit, or there are
                two places to keep the fit in.
            FileFormatError: there is a run, and no state of it can be read.
        """
        keeping = [each for each in callbacks if isinstance(each, BackupAndRestore)]
        if len(keeping) > 1:
            raise InvalidArgument(
                f"callbacks hold {len(keeping)} BackupAndRestore: a run is kept in one place. "
                "Leave one of them."
            )
        callback = keeping[0] if keeping else None
        if callback is None and resume is None:
            return None
        folder = None if callback is None else callback.backup_dir
        kept, damaged = (None, False) if folder is None else _found(folder)
        anew = f"remove {str(folder)!r} or use another backup_dir"
        if resume is not None:
            place = checks.path("resume", resume)
            if folder is None or not _same(place, folder):
                if kept is not None:
                    raise InvalidArgument(
                        f"resume is {str(place)!r}, and there is a run in the backup_dir "
                        f"{str(folder)!r}, too. Use resume={str(folder)!r}, or another backup_dir."
                    )
                kept, _ = _found(place)
            anew = "leave resume out"
            if kept is None:
                raise InvalidArgument(
                    f"there is no run to resume: {str(place)!r} holds none. Leave resume out to "
                    "train anew."
                )
        record = fit_record(model, rows, validation, settings, list(callbacks))
        if kept is not None:
            try:
                check_same(kept.record, record, kept.rate, kept.path, anew)
            except (KeyError, TypeError) as problem:
                broken(kept.path, "a run", problem)
            weights_in(kept.path, kept.contents, model)  # before anything changes
        return cls(
            model,
            record,
            rows,
            kept,
            callback,
            damaged=damaged,
            verbose=settings.verbose != 0,
        )

    # -- what the loop calls ----------------------------------------------------------------------

    def restore(self, callbacks: CallbackList) -> None:
        if self._kept is not None:
            self._kept.restore(self._model, callbacks)

    def begin(self, callbacks: CallbackList) -> None:
        self._callbacks = callbacks
        if self._kept is not None:
            if self._verbose:
                distributed.say(f"Resuming in {self._kept.where} ({self._kept.path}).")
            self._standing = self._kept.where
        if self._callback is None:
            return
        folder = self._callback.backup_dir
        if self._kept is None or self._kept.path != folder / _LAST:
            distributed.on_main(lambda: folder.mkdir(parents=True, exist_ok=True))
            self._write(self.first_epoch)

    def batch_done(self, epoch: int) -> None:
        self._unkept += 1
        if self._due():
            self._keep(epoch)

    def epoch_done(self, epoch: int, logs: Logs) -> None:
        self._unkept += 1
        if self._due(epoch + 1):
            self._keep(epoch + 1)

    def stopped(self, epoch: int) -> None:
        if self._callback is not None and distributed.process_count() == 1:
            self._keep(epoch)
            if self._verbose:
                distributed.say(
                    f"Stopped in {self._standing}; the same fit resumes there "
                    f"({self._callback.backup_dir})."
                )

    def finished(self) -> None:
        callback = self._callback
        if callback is not None and callback.delete_checkpoint:
            distributed.on_main(lambda: _remove(callback.backup_dir))

    # -- the file ---------------------------------------------------------------------------------

    def _due(self, epochs: int | None = None) -> bool:
        """Whether the state is written now.

        Args:
            epochs: done; None inside an epoch.
        """
        if self._callback is None:
            return False
        every = self._callback.save_freq
        if every == "epoch" or epochs == self._record["fit"]["epochs"]:
            return epochs is not None
        return self._unkept >= int(every)

    def _keep(self, epoch: int) -> None:
        """Writes the state, or says that it cannot be written: training goes on in any case."""
        try:
            self._write(epoch)
        except OSError as problem:
            assert self._callback is not None
            reason = problem.strerror or str(problem) or type(problem).__name__
            warnings.warn(
                f"BackupAndRestore could not write {str(self._callback.backup_dir / _LAST)!r} "
                f"({reason}); the state of {self._standing} stays there. Training goes on. Make "
                "room, and the next state is written.",
                stacklevel=checks.outside(),
            )

    def _write(self, epoch: int) -> None:
        assert self._callback is not None
        folder = self._callback.backup_dir
        contents = self._contents(epoch)
        double = self._callback.double_checkpoint and not self._damaged
        write(folder / _LAST, contents, previous=folder / _PREVIOUS if double else None)
        self._damaged = False
        self._unkept = 0
        position = contents.documents["training"].get("position")
        batches = 0 if position is None else position["batches"]
        self._standing = KeptFit(Path(), contents, {}, epoch, batches, {}).where

    def _contents(self, epoch: int) -> Contents:
        """The model's file, with what the fit needs besides."""
        assert self._callbacks is not None
        model = self._model
        position = model.position
        if position is not None and position.data is not None:
            if self._fingerprint == 0:
                self._fingerprint = fingerprint(self._rows)
            model.position = replace(position, fingerprint=self._fingerprint, data=None)
        with registration.CustomObjectScope(open=True):  # a run is resumed by the code it began in
            contents = model_contents(model)
        arrays: dict[str, Any] = {}
        contents.documents["callbacks"] = {
            name: packed(callback.get_state(), arrays, f"{type(callback).__name__}.get_state")
            for name, callback in remembering(self._callbacks.callbacks)
        }
        if arrays:
            contents.tables["callbacks"] = arrays
        contents.documents[_PART] = {
            "fit": self._record,
            "epoch": epoch,
            "layers": [layer.path for layer in model.all_layers()],
        }
        contents.documents.pop("history", None)  # it is what the callback remembers
        return contents


def _with_names(memory: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What a history remembers, under the names of the layers of another model of the same code."""

    def renamed(key: str) -> str:
        layer, slash, what = key.rpartition("/")
        if slash and layer in names:
            return f"{names[layer]}/{what}"
        layer = key.removesuffix("_rate")
        return f"{names[layer]}_rate" if layer != key and layer in names else key

    history = {renamed(key): values for key, values in memory["history"].items()}
    return {**memory, "history": history}


def _found(place: Path) -> tuple[KeptFit | None, bool]:
    """The run in a folder or file, and whether its last state cannot be read.

    Raises:
        FileFormatError: there is one, and no state of it can be read.
    """
    last = place if place.is_file() else place / _LAST
    if last.name != _LAST:  # a copy of one state
        return KeptFit.read(last), False
    previous = last.with_name(_PREVIOUS)
    problem = f"{str(last)!r} is not there"
    try:
        return KeptFit.read(last), False
    except FileNotFoundError:
        if not previous.is_file():
            return None, False
    except (FileFormatError, OSError) as error:
        if "newer trimtab" in str(error):  # nothing is damaged, and the advice is to update
            raise
        problem = _reason(last, error)
        if not previous.is_file():
            raise FileFormatError(_nothing_left(problem, last.parent)) from error
    try:
        kept = KeptFit.read(previous)
    except (FileFormatError, OSError) as error:
        both = f"{problem}, and {_reason(previous, error)}"
        raise FileFormatError(_nothing_left(both, last.parent)) from error
    warnings.warn(
        f"{problem}. The state before it is used: {kept.where} ({previous}).",
        stacklevel=checks.outside(),
    )
    return kept, True


def _reason(path: Path, error: Exception) -> str:
    """Why a state cannot be read, without the advice for files of models."""
    if isinstance(error, FileFormatError):
        return str(error).partition(". ")[0]
    return f"{str(path)!r} cannot be read ({error})"


def _nothing_left(problem: str, folder: Path) -> str:
    return f"{problem}. No state of this run is left: remove {str(folder)!r} to begin anew."


def _same(place: Path, folder: Path) -> bool:
    """Whether a place that was named is a folder of a run, or its file."""
    there = os.path.realpath(place)
    return there in (os.path.realpath(folder), os.path.realpath(folder / _LAST))


def _remove(folder: Path) -> None:
    """Removes the files of a run; its folder, too, if nothing else is in it."""
    for name in (_PREVIOUS, _LAST):  # whenever this is stopped, the rest can be resumed
        (folder / name).unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()
