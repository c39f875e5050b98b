"""Files that are written completely or not at all."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # not a POSIX system: no locks, and nothing is removed
    fcntl = None  # type: ignore[assignment]

__all__ = ["replacing"]


@contextmanager
def replacing(path: Path, previous: Path | None = None) -> Iterator[BinaryIO]:
    """Yields a file to write, which replaces ``path`` once it is complete.

    Until then, and if anything fails, ``path`` stays as it was. A link stays a link, and a file
    keeps its permissions. The file is written under a temporary name beside ``path``; temporary
    files that killed processes have left there are removed.

    Args:
        path: the file.
        previous: in the same folder; what is replaced stays under this name. There is a whole file
            at ``path`` all the time.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "a"
        ...     with replacing(path) as file:
        ...         _ = file.write(b"whole")
        ...         exists = path.exists()
        ...     exists, path.read_bytes()
        (False, b'whole')
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(target.parent)!r}. Make it first.")
    _remove_abandoned(target)
    # The name comes first: Ctrl-C may arrive between making the file and knowing that it is there.
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
    lock = None
    try:
        descriptor, lock = _created(temporary)
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            os.chmod(temporary, target.stat().st_mode & 0o7777)
            if previous is not None:
                _keep(target, previous)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        if lock is not None:
            os.close(lock)
    _sync_folder(target.parent)


def _keep(target: Path, previous: Path) -> None:
    """Gives the present file a second name, in place of the file that had it."""
    second = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
    try:
        try:
            os.link(target, second)
        except OSError:  # a file system without links, such as FAT
            shutil.copyfile(target, second)
        os.replace(second, previous)
    finally:
        second.unlink(missing_ok=True)  # also where both names were those of one file before


def _created(temporary: Path) -> tuple[int, int | None]:
    """Makes a new file: a descriptor, and another one that keeps its lock.

    The lock shows other processes that the writer lives, and ends with it. It must last until the
    file has its final name, longer than the descriptor that is written to.
    """
    while True:
        # Not from tempfile: the finished file has the permissions any new file would get.
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        if fcntl is None:
            return descriptor, None
        with suppress(OSError):  # a file system without locks: nobody else can lock it either
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return descriptor, os.dup(descriptor)
        os.close(descriptor)  # another process removed it before it was locked


def _remove_abandoned(target: Path) -> None:
    """Removes temporary files of earlier writers of ``target`` that no longer live."""
    if fcntl is None:
        return
    name = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{12}}\.tmp")
    try:
        found = [each for each in os.listdir(target.parent) if name.fullmatch(each)]
    except OSError:
        return  # creating the file will say what is wrong
    for each in found:
        try:
            descriptor = os.open(target.with_name(each), os.O_RDWR | os.O_NOFOLLOW)
        except OSError:
            continue  # finished meanwhile, or not ours
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            target.with_name(each).unlink(missing_ok=True)
        except OSError:
            pass  # its writer lives
        finally:
            os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """Makes the renaming last through a power cut, if the system can."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)
