"""Keeps a run in a file while it trains, and resumes it."""

from __future__ import annotations

import os
from pathlib import Path

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.training.callback import Callback

__all__ = ["BackupAndRestore"]


class BackupAndRestore(Callback):
    """Keeps a run in a file while it trains; the same ``fit`` in another process resumes it.

    What was killed, by a crash, a power cut or a scheduler, is run once more as it is: ``fit``
    finds the run in ``backup_dir``, says where it resumes, and ends with the same bits as a run
    that was never stopped. The file holds all that training changes: weights, moving statistics,
    optimizer and learning rate, random state, the place inside the epoch, the history, and what
    callbacks remember (:meth:`Callback.get_state`). Ctrl-C keeps the last step inside an epoch.

    Another model, compilation, data or fit is refused, so that no run is continued by mistake.
    ``epochs`` may be raised. Where the file cannot be written, because the disk is full, a warning
    says so and training goes on; the file that is there stays whole.

    Args:
        backup_dir: folder of the run, made where it is missing; it holds ``run.trimtab`` and
            ``run.previous.trimtab``. Each run needs one of its own.
        save_freq: ``"epoch"``, or a number of batches. A number makes each batch a call of the
            engine, which takes longer.
        double_checkpoint: keep the state before the last one, too. It is used where the last one
            cannot be read. False saves the space.
        delete_checkpoint: remove the files once training has come to its end. False keeps them, so
            that the run can be resumed for more epochs.

    Raises:
        InvalidArgument: ``backup_dir`` is empty, or ``save_freq`` is neither ``"epoch"`` nor a
            positive integer.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> import trimtab
        >>> from trimtab.callbacks import BackupAndRestore, LambdaCallback
        >>> x = np.linspace(-1, 1, 64)
        >>> def train(folder, *more):
        ...     model = trimtab.Sequential([trimtab.layers.Dense(1, input_shape=[1])], seed=1)
        ...     model.compile(optimizer="adam", loss="mse")
        ...     kept = BackupAndRestore(folder)
        ...     return model.fit(x, 3 * x, epochs=4, callbacks=[kept, *more], verbose=0)
        >>> def crash(epoch, logs):
        ...     if epoch == 2:
        ...         raise RuntimeError("no power")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     never_stopped = train(folder + "/one")
        ...     try:
        ...         train(folder + "/two", LambdaCallback(on_epoch_begin=crash))
        ...     except RuntimeError as problem:
        ...         print(problem)
        ...     resumed = train(folder + "/two")
        no power
        >>> resumed.history == never_stopped.history
        True
    """

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = True,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        if not isinstance(backup_dir, str | os.PathLike) or not os.fspath(backup_dir):
            raise InvalidArgument(
                f"BackupAndRestore: backup_dir must be a folder, received {brief(backup_dir)}. "
                "Use BackupAndRestore('backup')."
            )
        good = isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq > 0
        if not good and save_freq != "epoch":
            raise InvalidArgument(
                "BackupAndRestore: save_freq must be 'epoch' or a positive number of batches, "
                f"received {brief(save_freq)}. Use save_freq='epoch'."
            )
        self.backup_dir = Path(backup_dir)
        self.save_freq = save_freq
        self.double_checkpoint = checks.boolean("double_checkpoint", double_checkpoint)
        self.delete_checkpoint = checks.boolean("delete_checkpoint", delete_checkpoint)

    def wants_train_batches(self) -> bool:
        return super().wants_train_batches() or self.save_freq != "epoch"

    def wants_epochs(self) -> bool:
        return True
