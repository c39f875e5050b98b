"""Files that are written whole or not at all."""

import os
import signal
import stat
import subprocess
import sys
import textwrap

import pytest

from trimtab.core.replacing import replacing


def test_until_it_is_whole_the_old_one_stays(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"before")
    path.chmod(0o640)
    with replacing(path) as file:
        file.write(b"after")
        file.flush()
        assert path.read_bytes() == b"before"
    assert path.read_bytes() == b"after"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def write_half(path, problem):
    with replacing(path) as file:
        file.write(b"half")
        raise problem


@pytest.mark.parametrize("problem", [OSError, KeyboardInterrupt])
def test_what_fails_leaves_nothing_behind(tmp_path, problem):
    with pytest.raises(problem):
        write_half(tmp_path / "a", problem)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("during", ["os.open", "fcntl.flock", "os.fsync", "os.replace"])
def test_an_interrupt_at_any_step_leaves_nothing_behind(tmp_path, monkeypatch, during):
    """The signal arrives as the step ends: what it made is there, and nobody knows of it yet."""
    module, name = during.split(".")
    step = getattr(sys.modules[module], name)

    def interrupted(*arguments):
        step(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(during, interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path / "a", b"whole")
    assert [each.name for each in tmp_path.iterdir()] == ["a"] * (during == "os.replace")


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    path, target = tmp_path / "link", tmp_path / "elsewhere" / "a"
    path.symlink_to(target)
    with replacing(path) as file:
        file.write(b"whole")
    assert path.is_symlink() and target.read_bytes() == b"whole"


WRITER = """
    import sys
    from pathlib import Path

    from trimtab.core.replacing import replacing

    with replacing(Path(sys.argv[1])) as file:
        file.write(b"theirs")
        file.flush()
        print("writing", flush=True)
        sys.stdin.readline()
"""


@pytest.fixture
def start():
    """Starts a process that writes a file and waits in the middle of it for a line of input."""
    children = []

    def start(path):
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WRITER), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        children.append(child)
        assert child.stdout.readline() == "writing\n"
        return child

    yield start
    for child in children:
        child.kill()
        child.communicate()


def save(path, data):
    with replacing(path) as file:
        file.write(data)


def test_what_killed_processes_left_is_removed_by_the_next_save(tmp_path, start):
    path, other = tmp_path / "model", tmp_path / "model2"
    for child in (start(path), start(path), start(other)):
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    assert len(list(tmp_path.iterdir())) == 3
    mine = tmp_path / ".model.notes.tmp"
    mine.touch()
    save(path, b"ours")
    assert path.read_bytes() == b"ours"
    save(other, b"ours")
    assert sorted(tmp_path.iterdir()) == [mine, path, other]


def test_what_a_living_process_writes_stays(tmp_path, start):
    path = tmp_path / "model"
    child = start(path)
    (theirs,) = tmp_path.iterdir()
    save(path, b"ours")
    assert path.read_bytes() == b"ours" and theirs.read_bytes() == b"theirs"
    child.communicate("go on\n")
    assert child.returncode == 0
    assert path.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_removed_before_it_is_locked_is_written_again(tmp_path, monkeypatch):
    path, opened, open_file = tmp_path / "model", [], os.open

    def open_and_lose(name, *arguments):
        descriptor = open_file(name, *arguments)
        if str(name).endswith(".tmp"):
            opened.append(name)
            if len(opened) == 1:
                os.unlink(name)
        return descriptor

    monkeypatch.setattr(os, "open", open_and_lose)
    save(path, b"whole")
    assert len(opened) == 2
    assert path.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [path]


def test_file_systems_without_locks(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", refuse)
    left = tmp_path / ".model.0123456789ab.tmp"
    left.touch()
    save(tmp_path / "model", b"whole")
    assert sorted(tmp_path.iterdir()) == [left, tmp_path / "model"]


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with (
        pytest.raises(FileNotFoundError, match=r"^there is no folder '.*no'\. Make it first\.$"),
        replacing(tmp_path / "no" / "a"),
    ):
        pytest.fail("there is nothing to write to")


# -- the file that is replaced stays ---------------------------------------------------------------


def keep(path, data, previous):
    with replacing(path, previous) as file:
        file.write(data)


def test_what_is_replaced_keeps_another_name(tmp_path):
    path, previous = tmp_path / "a", tmp_path / "a.previous"
    for number in range(4):
        keep(path, b"%d" % number, previous)
        assert path.read_bytes() == b"%d" % number
        assert not number or previous.read_bytes() == b"%d" % (number - 1)
    assert sorted(tmp_path.iterdir()) == [path, previous]


@pytest.mark.parametrize("during", ["link", "chmod", "replace", "fsync"])
@pytest.mark.parametrize("which", [0, 1])
def test_there_is_a_whole_file_all_the_time(tmp_path, monkeypatch, during, which):
    path, previous = tmp_path / "a", tmp_path / "a.previous"
    for number in range(3):
        keep(path, b"%d" % number, previous)
    step, calls = getattr(os, during), iter(range(9))

    def failing(*arguments):
        assert path.read_bytes() in (b"2", b"3") and previous.read_bytes() in (b"1", b"2")
        if next(calls) == which:
            raise OSError("full")
        return step(*arguments)

    monkeypatch.setattr(os, during, failing)
    failed = during == "replace" or (which == 0 and during != "link")
    if failed:
        with pytest.raises(OSError, match="full"):
            keep(path, b"3", previous)
    else:  # copied instead, or there is no such call
        keep(path, b"3", previous)
    monkeypatch.undo()
    assert path.read_bytes() == (b"2" if failed else b"3")
    assert previous.read_bytes() in (b"1", b"2")
    keep(path, b"4", previous)
    assert sorted(tmp_path.iterdir()) == [path, previous]


def test_both_names_may_be_those_of_one_file(tmp_path):
    """A process was killed between the two renames."""
    path, previous = tmp_path / "a", tmp_path / "a.previous"
    path.write_bytes(b"1")
    os.link(path, previous)
    keep(path, b"2", previous)
    assert (path.read_bytes(), previous.read_bytes()) == (b"2", b"1")
    assert sorted(tmp_path.iterdir()) == [path, previous]
