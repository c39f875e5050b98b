"""Writes a training to files that TensorBoard shows."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from trimtab import distributed
from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn.registration import CustomObjectScope
from trimtab.training.callback import Callback, Logs, overrides
from trimtab.training.event_files import EventFile, need_event_files

__all__ = ["TensorBoard"]

_TRAIN, _VALIDATION = "train", "validation"


class TensorBoard(Callback):
    """Writes losses, metrics and weights to files that TensorBoard shows.

    ``tensorboard --logdir logs`` shows them while training goes on. Needs tensorboardX or
    tensorboard: ``pip install 'trimtab[tensorboard]'``.

    In ``log_dir/train`` and ``log_dir/validation``, each number has the same name, so that one
    chart holds both curves: ``epoch_loss``, ``epoch_learning_rate``, and so on for each metric. A
    run that is resumed writes the epochs that it trains again once more, with the same numbers.

    Args:
        log_dir: folder, made where it is missing. A folder for each run, such as ``logs/first``,
            shows them beside each other.
        histogram_freq: epochs from one histogram of each weight to the next; 0: none.
        write_graph: write the layers of the model.
        write_images: with each histogram, the weight as a picture.
        write_steps_per_second: write how fast the steps are. With a number as ``update_freq`` each
            batch is timed, too.
        update_freq: ``"epoch"``, or a number of batches (``"batch"`` is 1): ``batch_loss`` and the
            metrics so far are written that often. A number makes each batch a call of the engine,
            which takes longer. Batches are counted over all that the optimizer has done.
        profile_batch, embeddings_freq, embeddings_metadata: not supported; leave them out.

    Raises:
        ImportError: neither package is installed; the message has the command.
        InvalidArgument: a number that is none, or an ``update_freq`` that is neither.
        Unsupported: profiles or projections of embeddings are asked for.

    Example:
        >>> import tempfile
        >>> import trimtab
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     board = trimtab.callbacks.TensorBoard(folder)
        ...     model = trimtab.Sequential([trimtab.layers.Dense(1, input_shape=[1])])
        ...     model.compile(optimizer="adam", loss="mse")
        ...     history = model.fit([[0.0], [1.0]], [0.0, 1.0], callbacks=[board], verbose=0)
        ...     [path.name.split(".")[:3] for path in board.log_dir.glob("train/*")]
        [['events', 'out', 'tfevents']]
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        super().__init__()
        for name, value in (
            ("profile_batch", profile_batch),
            ("embeddings_freq", embeddings_freq),
            ("embeddings_metadata", embeddings_metadata),
        ):
            if value:
                raise Unsupported(
                    f"TensorBoard: {name}={brief(value)} is not supported. Leave it out."
                )
        every = 1 if update_freq == "batch" else update_freq
        if every != "epoch" and (
            not isinstance(every, int) or isinstance(every, bool) or every <= 0
        ):
            raise InvalidArgument(
                "TensorBoard: update_freq must be 'epoch', 'batch' or a positive number of "
                f"batches, received {brief(update_freq)}. Use update_freq='epoch'."
            )
        need_event_files("TensorBoard")
        self.log_dir = checks.path("log_dir", log_dir)
        self.histogram_freq = checks.integer(
            "histogram_freq", histogram_freq, minimum=0, maximum=2**62
        )
        self.write_graph = checks.boolean("write_graph", write_graph)
        self.write_images = checks.boolean("write_images", write_images)
        self.write_steps_per_second = checks.boolean(
            "write_steps_per_second", write_steps_per_second
        )
        self.update_freq = every
        self._files: dict[str, EventFile] = {}
        self._training = False
        self._epoch_began = self._batch_began = 0.0
        self._steps_before = 0

    def wants_train_batches(self) -> bool:
        own = (TensorBoard.on_train_batch_begin, TensorBoard.on_train_batch_end)
        if (type(self).on_train_batch_begin, type(self).on_train_batch_end) != own:
            return True
        hooks = ("on_batch_begin", "on_batch_end")
        return self.update_freq != "epoch" or overrides(self, hooks)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.release()
        self._training = True
        if self.write_graph and distributed.is_main():
            with CustomObjectScope(open=True):  # a picture needs no registration
                self._file(_TRAIN).layers(self.model.to_json())

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch_began = time.perf_counter()
        self._steps_before = self._step()

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        super().on_train_batch_begin(batch, logs)
        self._batch_began = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        super().on_train_batch_end(batch, logs)
        step = self._step()
        if self.update_freq == "epoch" or step % int(self.update_freq) != 0:
            return
        numbers = dict(logs or {})
        if self.write_steps_per_second:
            numbers["steps_per_second"] = 1 / (time.perf_counter() - self._batch_began)
        self._write(_TRAIN, {f"batch_{name}": value for name, value in numbers.items()}, step)

    def on_test_end(self, logs: Logs | None = None) -> None:
        names = {f"evaluation_{name}_vs_iterations": value for name, value in (logs or {}).items()}
        self._write(_VALIDATION, names, self._step())
        if not self._training:  # of evaluate(), which has no other end
            self.release()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        train = {name: value for name, value in (logs or {}).items() if name[:4] != "val_"}
        valid = {name[4:]: value for name, value in (logs or {}).items() if name[:4] == "val_"}
        train["learning_rate"] = float(self.model.optimizer.learning_rate)
        if self.write_steps_per_second:
            seconds = time.perf_counter() - self._epoch_began
            train["steps_per_second"] = (self._step() - self._steps_before) / seconds
        for part, numbers in ((_TRAIN, train), (_VALIDATION, valid)):
            names = {f"epoch_{name}": value for name, value in numbers.items()}
            self._write(part, names, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        for file in self._files.values():
            file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.release()

    def release(self) -> None:
        self._training = False
        files, self._files = self._files, {}
        for file in files.values():
            file.close()

    def _step(self) -> int:
        return int(self.model.optimizer.iterations)

    def _file(self, part: str) -> EventFile:
        if part not in self._files:
            self._files[part] = EventFile(self.log_dir / part)
        return self._files[part]

    def _write(self, part: str, numbers: Logs, step: int) -> None:
        """Of several processes that train together one writes."""
        if not distributed.is_main():
            return
        for name, value in numbers.items():
            if isinstance(value, int | float | np.number):
                self._file(part).number(name, float(value), step)

    def _write_weights(self, epoch: int) -> None:
        self.model.pull()
        if not distributed.is_main():
            return
        file = self._file(_TRAIN)
        for weight in self.model.weights:
            values = weight.numpy()
            file.histogram(f"{weight.path}/histogram", values, epoch)
            if self.write_images and values.size:
                table = values.reshape(len(values) if values.ndim > 1 else 1, -1)
                wide = table.T if table.shape[0] > table.shape[1] else table
                file.image(f"{weight.path}/image", wide, epoch)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_files": {}}  # an open file stays with its process
