"""SIGTERM and SIGHUP end a command as Ctrl-C does; the library leaves them alone."""

from __future__ import annotations

import errno
import json
import os
import pty
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

import trimtab
from trimtab.core.interrupts import EndSignals
from trimtab.predictor.training.limits import Limits

TRAIN = (
    "train",
    "red-wine",
    "--epochs",
    "1000000",
    "--patience",
    "1000000",
    "--out",
    "m.trimtab",
    "--effort",
    "quick",
)


#: Becomes the head of a session whose terminal is standard input, then runs its arguments.
WITH_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


#: Processes of the test that runs.
CHILDREN: list[subprocess.Popen] = []


@pytest.fixture(autouse=True)
def as_in_front():
    """A hang-up counts where the tests run under nohup, too; no process outlives its test."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
    while CHILDREN:
        child = CHILDREN.pop()
        child.kill()
        child.communicate()


def started(folder, *arguments, ignoring="", **how):
    """The command in a process of its own, which ignores a signal from its start."""
    command = [sys.executable, "-m", "trimtab", *arguments]
    if ignoring:
        command = ["sh", "-c", f'trap "" {ignoring}; exec "$@"', "sh", *command]
    child = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **how
    )
    CHILDREN.append(child)
    return child


def training(folder, **how):
    """A training that has begun to train its network."""
    child = started(folder, *TRAIN, "--json", stdout=subprocess.PIPE, **how)
    for line in child.stdout:
        if json.loads(line)["event"] == "network":
            break
    time.sleep(1.0)
    return child


@pytest.mark.parametrize("ignoring", ["", "INT"], ids=["in front", "behind"])
def test_sigterm_saves_the_best_network_so_far(tmp_path, ignoring):
    """Also where the process ignores SIGINT, as one does that a script put behind."""
    child = training(tmp_path, ignoring=ignoring)
    sent = time.monotonic()
    child.send_signal(signal.SIGTERM)
    printed, said = child.communicate(timeout=60)
    assert time.monotonic() - sent < 20  # 5 s on a machine with nothing else to do
    assert (child.returncode, said) == (143, "")
    assert json.loads(printed.splitlines()[-1])["reason"] == "interrupted"
    left = trimtab.load(tmp_path / "m.trimtab")
    assert left.unfinished.reason == "interrupted"
    assert len(left.predict("red-wine")) == 1599


def test_sighup_does_so_too_unless_it_was_ignored_at_the_start(tmp_path):
    child = training(tmp_path)
    child.send_signal(signal.SIGHUP)
    child.communicate(timeout=60)
    assert child.returncode == 129
    assert trimtab.load(tmp_path / "m.trimtab").unfinished.reason == "interrupted"

    kept = tmp_path / "nohup"
    kept.mkdir()
    child = training(kept, ignoring="HUP")
    child.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert child.poll() is None
    child.send_signal(signal.SIGTERM)
    child.send_signal(signal.SIGTERM)  # a second one does not end it before it has saved
    child.communicate(timeout=60)
    assert child.returncode == 143
    assert trimtab.load(kept / "m.trimtab").unfinished.reason == "interrupted"


def test_a_terminal_that_closes_takes_no_network_with_it(tmp_path):
    """After the hang-up each line printed fails; the network is saved all the same."""
    terminal, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", WITH_TERMINAL, "-m", "trimtab", *TRAIN],
        **dict.fromkeys(("stdin", "stdout", "stderr"), theirs),
        cwd=tmp_path,
    )
    CHILDREN.append(child)
    os.close(theirs)
    seen = b""
    while b"epoch 2" not in seen:
        seen = (seen + os.read(terminal, 4096))[-4096:]
    os.close(terminal)
    assert child.wait(60) == 129
    assert trimtab.load(tmp_path / "m.trimtab").unfinished.reason == "interrupted"


def opened_by(child, pipe):
    """The writing end of a pipe, once the child reads from it; an error where it has ended."""
    while True:
        ended = child.poll() is not None
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as nobody_reads:
            if nobody_reads.errno != errno.ENXIO or ended:
                raise
        time.sleep(0.01)


def test_before_there_is_a_network_nothing_is_written(tmp_path):
    """While the table is read; a pipe that says nothing keeps it waiting."""
    os.mkfifo(tmp_path / "rows.csv")
    child = started(tmp_path, "train", "rows.csv", "--target", "y", stdout=subprocess.PIPE)
    rows = opened_by(child, tmp_path / "rows.csv")
    try:
        os.write(rows, b"x,y\n")
        time.sleep(1.0)
        child.send_signal(signal.SIGTERM)
        _, said = child.communicate(timeout=60)
    finally:
        os.close(rows)
    assert (child.returncode, said) == (
        143,
        "Interrupted before there was a model; nothing was written.\n",
    )
    assert os.listdir(tmp_path) == ["rows.csv"]


def test_the_other_commands_leave_no_half_of_a_file(tmp_path):
    trimtab.train("red-wine", epochs=1, out=tmp_path / "m.trimtab", effort="quick")
    wine = trimtab.tables.read("red-wine").frame
    pd.concat([wine] * 50).to_csv(tmp_path / "big.csv", index=False)
    child = started(
        tmp_path, "predict", "m.trimtab", "big.csv", "-o", "out.csv", "--chunk-rows", "20"
    )
    while child.poll() is None and not list(tmp_path.glob(".out.csv*.tmp")):
        pass
    child.send_signal(signal.SIGTERM)
    _, said = child.communicate(timeout=60)
    assert (child.returncode, said) == (143, "Interrupted; nothing was written.\n")
    assert not list(tmp_path.glob("*out.csv*"))


# -- the handlers ---------------------------------------------------------------------------------


def test_the_library_installs_no_handler_for_them():
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGHUP)
    during = []
    trimtab.train(
        "red-wine",
        epochs=1,
        report=lambda event: during.append(
            (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGHUP))
        ),
        effort="quick",
    )
    assert set(during) == {before}
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGHUP)) == before


def test_a_command_gives_the_handlers_back(trimtab):
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    trimtab.does("inspect", "red-wine")
    after = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert after == before


def test_what_came_first_is_the_status():
    with EndSignals() as signals:
        assert signals.status == 130  # Ctrl-C goes past it
        with Limits() as limits:
            limits.start()
            signal.raise_signal(signal.SIGHUP)
            assert limits.reason == "interrupted"
            signal.raise_signal(signal.SIGTERM)
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        assert signals.status == 129
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        assert signals.status == 129
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.mark.parametrize("module", ["trimtab.cli.app", "trimtab.cli.options"])
def test_ctrl_c_while_the_command_is_imported(module, tmp_path):
    """In the first second there is no command yet that could answer."""
    script = f"""
import importlib.abc, sys

class Stop(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Stop())
sys.argv = ["trimtab", "train", "red-wine"]
from trimtab.cli import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "Interrupted; nothing was written.\n"
