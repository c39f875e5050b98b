"""Kills training at random moments and fails its writes, to see that a run survives both.

    python tools/survive.py                  # 300 kills, and every write failed in turn
    python tools/survive.py --kills 20 --failures 30
    python tools/survive.py --engine jax --kills 20 --failures 0

A small network trains with ``callbacks.BackupAndRestore`` after every step: dropout, shuffling,
batch normalization, a weight average, early stopping, a falling learning rate, a CSV log and
tracked layers are on. Each process is ended by SIGKILL after a random time, and started again until
its run comes to its end. After every kill each file in the folder is read; at every end all
weights, optimizer slots, the history and the CSV file are compared, to the bit, with those of a run
that was neither stopped nor kept. Then each system call that a write consists of fails once: with a
full disk, with an error, and after half of its bytes; training has to go on, and what is on the
disk has to lead to the same end. The exit status is 1 if anything differs.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import io
import os
import random
import select
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import trimtab
from trimtab import callbacks, keras, layers
from trimtab.core import replacing
from trimtab.model.fit_backup import KeptFit

#: Of one run.
EPOCHS, ROWS, BATCH = 5, 64, 16


def train(folder: Path, engine: str, *, backup: bool = True, begun: Callable[[], None]) -> str:
    """One run in a folder, or the rest of it; returns the SHA-256 of all that came of it."""
    keras.backend.clear_session()  # names of layers are those of a new process
    generator = np.random.default_rng(0)
    x = generator.normal(size=(ROWS + 32, 6)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] - 2 * x[:, 2]).astype(np.float32)
    stack = [layers.Dense(16, activation="relu", input_shape=[6]), layers.BatchNormalization()]
    stack += [layers.Dropout(0.3), layers.Dense(8, activation="relu"), layers.Dense(1)]
    model = trimtab.Sequential(stack, seed=1)
    model.compile(optimizer="adam", loss="mse", metrics=["mae"], engine=engine)
    listed: list[Any] = [
        callbacks.EarlyStopping(patience=4, restore_best_weights=True),
        callbacks.ReduceLROnPlateau(patience=1, factor=0.5, min_delta=0.5),
        callbacks.ExponentialMovingAverage(0.9),
        callbacks.CSVLogger(folder / "log.csv"),
    ]
    if backup:
        listed.append(callbacks.BackupAndRestore(folder / "backup", save_freq=1))
    begun()
    history = model.fit(
        *(x[:ROWS], y[:ROWS]),
        validation_data=(x[ROWS:], y[ROWS:]),
        batch_size=BATCH,
        epochs=EPOCHS,
        track=["layers", "statistics"],
        callbacks=listed,
        verbose=0,
    )
    digest = hashlib.sha256()
    for weight in model.get_weights():
        digest.update(np.asarray(weight, np.float32).tobytes())
    for name in sorted(model.runner.slots):
        digest.update(model.runner.slots[name].tobytes())
    numbers = {key: [each.hex() for each in values] for key, values in history.history.items()}
    digest.update(repr((model.runner.step, history.epoch, numbers)).encode())
    digest.update((folder / "log.csv").read_bytes())
    return digest.hexdigest()


def check_files(folder: Path) -> tuple[int, bool]:
    """Reads every file of a run; how many there are, and whether a write was under way.

    Raises:
        AssertionError: the parts of a file do not belong together.
    """
    backup = folder / "backup"
    found = sorted(backup.iterdir()) if backup.exists() else []
    whole = [path for path in found if path.suffix == ".trimtab"]
    for path in whole:
        kept = KeptFit.read(path)
        step = kept.contents.documents["training"]["step"]
        assert step == kept.epoch * (ROWS // BATCH) + kept.batches, f"{path} is torn"
        history = kept.memories["History#1"]
        assert len(history["epoch"]) == kept.epoch, (
            f"{path} is torn: its history is of another step"
        )
        average = kept.memories["ExponentialMovingAverage#1"]
        assert average["averaged"] == step, f"{path} is torn: its average is of another step"
    return len(whole), len(found) > len(whole)


# -- kills ----------------------------------------------------------------------------------------


class Child:
    """A process that trains."""

    def __init__(self, folder: Path, engine: str, *, backup: bool = True) -> None:
        self._pipe, theirs = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._pipe)
            status = 1
            try:
                digest = train(
                    folder, engine, backup=backup, begun=lambda: _say(theirs, "training")
                )
                _say(theirs, digest)
                status = 0
            except BaseException:  # noqa: BLE001 (a forked process must not return)
                traceback.print_exc()
            finally:
                os._exit(status)
        os.close(theirs)
        self._said = b""

    def begun(self) -> None:
        """Returns when training begins."""
        while b"\n" not in self._said:
            self._hear(None)

    def digest(self, seconds: float | None) -> str | None:
        """What came of it; None if it is still at work after so many seconds."""
        end = None if seconds is None else time.monotonic() + seconds
        while self._said.count(b"\n") < 2:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return None
            self._hear(left)
        self._over()
        return self._said.decode().split()[1]

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self._over()

    def _over(self) -> None:
        os.waitpid(self.pid, 0)
        os.close(self._pipe)

    def _hear(self, seconds: float | None) -> None:
        ready, _, _ = select.select([self._pipe], [], [], seconds)
        if ready:
            heard = os.read(self._pipe, 4096)
            if not heard:
                raise RuntimeError("a process that trains has failed")
            self._said += heard


def _say(descriptor: int, text: str) -> None:
    os.write(descriptor, f"{text}\n".encode())


def whole_run(engine: str, backup: bool) -> tuple[str, float]:
    """A run that nothing stops, in a process of its own: what came of it, and its seconds."""
    with tempfile.TemporaryDirectory(prefix="trimtab-survive-") as name:
        child = Child(Path(name), engine, backup=backup)
        child.begun()
        start = time.monotonic()
        digest = child.digest(None)
        assert digest is not None
        return digest, time.monotonic() - start


def kills(number: int, engine: str, expected: str, seconds: float, seed: int) -> int:
    """Kills so many processes; returns how many runs ended with other numbers."""
    moments = random.Random(seed)
    killed = in_writes = files = ends = differ = stops = 0
    most = 0
    while killed < number:
        with tempfile.TemporaryDirectory(prefix="trimtab-survive-") as name:
            folder, stops = Path(name), 0
            while True:
                child = Child(folder, engine)
                child.begun()
                digest = None
                if killed < number:
                    digest = child.digest(moments.uniform(0, seconds))
                    if digest is None:
                        child.kill()
                        killed, stops = killed + 1, stops + 1
                        read, writing = check_files(folder)
                        files, in_writes = files + read, in_writes + writing
                        continue
                digest = child.digest(None) if digest is None else digest
                break
            ends, most = ends + 1, max(most, stops)
            differ += digest != expected
            leftover = sorted(path.name for path in folder.iterdir())
            assert leftover == ["log.csv"], f"left behind: {leftover}"
    print(
        f"{engine}: {killed} processes killed, {in_writes} of them in the middle of a write; "
        f"{files} files read after it, all whole; {ends} runs came to their end, one of them after "
        f"{most} kills; {differ} with other bits",
        flush=True,
    )
    return differ


# -- writes that fail -----------------------------------------------------------------------------


class Fault:
    """Makes the n-th system call of the writes fail.

    Args:
        number: of the call, from 1; 0: none does.
        kind: ``full``: no space; ``error``: input/output error; ``short``: half of the bytes are
            written, and then there is no space.
    """

    def __init__(self, number: int = 0, kind: str = "full") -> None:
        self.calls = 0
        self.last = ""
        self._number, self._kind = number, kind

    def due(self, what: str) -> bool:
        self.calls += 1
        if self.calls == self._number:
            self.last = what
        return self.calls == self._number

    def fail(self) -> None:
        code = errno.EIO if self._kind == "error" else errno.ENOSPC
        raise OSError(code, os.strerror(code))

    def calling(self, what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **options: Any) -> Any:
            if self.due(what):
                self.fail()
            return function(*arguments, **options)

        return called

    @contextmanager
    def around(self) -> Iterator[None]:
        """Inside, the writes of files that replace others go through this."""
        names = ("open", "fsync", "link", "chmod", "replace")
        before = {name: getattr(os, name) for name in (*names, "fdopen")}

        class System:
            """``os`` as the module sees it."""

            def __getattr__(self, name: str) -> Any:
                return getattr(os, name)

        system: Any = System()
        for name in names:
            setattr(system, name, self.calling(name, before[name]))
        system.fdopen = lambda descriptor, mode: io.BufferedRandom(Raw(descriptor, mode, self))
        module: Any = replacing
        module.os = system
        try:
            yield
        finally:
            module.os = os


class Raw(io.FileIO):
    """A file whose writes may fail."""

    def __init__(self, descriptor: int, mode: str, fault: Fault) -> None:
        super().__init__(descriptor, mode.replace("b", ""))
        self._fault = fault

    def write(self, data: Any) -> int:
        if self._fault.due("write"):
            if self._fault._kind == "short":
                super().write(memoryview(data)[: len(data) // 2])
            self._fault.fail()
        return super().write(data)


def failures(most: int | None, engine: str, expected: str) -> int:
    """Fails each system call of the writes of a run, in each way; returns how many ends differ."""
    counted = Fault()
    with tempfile.TemporaryDirectory() as name, counted.around():
        train(Path(name), engine, begun=lambda: None)
    # The state before the first step has to be written: its failure ends the fit, with an error.
    first = Fault()
    with tempfile.TemporaryDirectory() as name, first.around(), _stopped_at_once():
        train(Path(name), engine, begun=lambda: None)
    numbers = list(range(first.calls + 1, counted.calls + 1))
    if most is not None and most < len(numbers):
        numbers = sorted(random.Random(0).sample(numbers, most))
    went_on = resumed = differ = 0
    said: dict[str, int] = {}
    for number in numbers:
        for kind in ("full", "error", "short"):
            for dies in (False, True):
                fault = Fault(number, kind)
                with tempfile.TemporaryDirectory(prefix="trimtab-survive-") as name:
                    folder = Path(name)
                    try:
                        with fault.around(), _warned(dies):
                            digest = train(folder, engine, begun=lambda: None)
                        went_on += 1
                    except UserWarning:  # the process dies when the write has failed
                        check_files(folder)
                        digest = train(folder, engine, begun=lambda: None)
                        resumed += 1
                    differ += digest != expected
                    said[fault.last] = said.get(fault.last, 0) + 1
    print(
        f"{engine}: {sum(said.values())} writes failed "
        f"({', '.join(f'{name} {times}' for name, times in sorted(said.items()))}); {went_on} runs "
        f"went on to their end, {resumed} ended there and were resumed; {differ} with other bits",
        flush=True,
    )
    return differ


@contextmanager
def _stopped_at_once() -> Iterator[None]:
    """Ends a run before its first step."""

    class Stop(Exception):
        pass

    def stop(*arguments: Any) -> None:
        raise Stop

    before = callbacks.EarlyStopping.on_epoch_begin
    callbacks.EarlyStopping.on_epoch_begin = stop
    try:
        yield
    except Stop:
        pass
    finally:
        callbacks.EarlyStopping.on_epoch_begin = before


@contextmanager
def _warned(dies: bool) -> Iterator[None]:
    """Whether the warning that a write has failed ends the run."""
    with warnings.catch_warnings():
        warnings.simplefilter("error" if dies else "ignore", UserWarning)
        yield


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Kill training, fail its writes, compare the ends."
    )
    parser.add_argument("--kills", type=int, default=300, help="processes to kill (%(default)s)")
    parser.add_argument("--failures", type=int, metavar="N", help="so many calls, not all of them")
    parser.add_argument("--engine", choices=("native", "jax"), default="native")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (%(default)s)")
    given = parser.parse_args()
    trimtab.config.set_threads(1)  # the network is small, and no number of threads changes a bit
    expected, _ = whole_run(given.engine, backup=False)
    kept, seconds = whole_run(given.engine, backup=True)
    differ = int(kept != expected)
    if differ:
        print("a run that is kept ends with other bits than one that is not")
    if given.kills:
        differ += kills(given.kills, given.engine, expected, seconds, given.seed)
    if given.failures != 0:
        differ += failures(given.failures, given.engine, expected)
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
