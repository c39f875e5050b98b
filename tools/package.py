"""Builds what is published, and tries the wheel as someone does who has no compiler.

    python tools/package.py FOLDER      # an empty folder; what it makes stays there

1. A source distribution, which has to hold every file that a build reads, as it is here.
2. A wheel from it. The extension is not compiled again: it is that of the trimtab that is
   installed, which is what all other tests run.
3. The wheel in a new environment with what it depends on and nothing else, no compiler on the path:
   the commands of the README print there what stands under them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import build_backend

ROOT = Path(__file__).resolve().parent.parent

#: What a build reads.
INPUTS = ("CMakeLists.txt", "LICENSE", "NOTICE", "README.md", "pyproject.toml", "native", "src")


def main(folder: Path) -> None:
    os.chdir(ROOT)
    source = folder / build_backend.build_sdist(str(folder))
    compare_source(source)
    wheel = wheel_from(source, folder)
    compare_wheel(wheel)
    try_wheel(wheel, folder)


def inputs() -> Iterator[Path]:
    """The files that a build reads, from the root."""
    for name in (*INPUTS, "tools/build_backend.py"):
        for path in sorted((ROOT / name).rglob("*")) if (ROOT / name).is_dir() else [ROOT / name]:
            made = "__pycache__" in path.parts or path.suffix == ".so"
            if path.is_file() and not made:
                yield path.relative_to(ROOT)


def compare_source(source: Path) -> None:
    """Every file is there, byte for byte."""
    with tarfile.open(source) as archive:
        held = {member.name.partition("/")[2]: member for member in archive if member.isfile()}
        for path in inputs():
            member = held.get(path.as_posix())
            if member is None:
                sys.exit(f"{source.name} lacks {path}")
            file = archive.extractfile(member)
            if file is None or file.read() != (ROOT / path).read_bytes():
                sys.exit(f"{source.name} holds another {path}")
    print(f"{source.name}: {len(held)} files, {source.stat().st_size:,} bytes")


def wheel_from(source: Path, folder: Path) -> Path:
    """The wheel, with the extension that is installed."""
    from trimtab.core import _native

    defined = f"TRIMTAB_EXTENSION={_native.__file__}"
    run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--wheel-dir", folder, source),
        SKBUILD_CMAKE_DEFINE=defined,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def compare_wheel(wheel: Path) -> None:
    """The whole package and one extension, licences, and nothing else beside it."""
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    package = {path.relative_to("src").as_posix() for path in inputs() if path.parts[0] == "src"}
    extra = {name for name in held - package if ".dist-info/" not in name}
    if package - held:
        sys.exit(f"{wheel.name} lacks {sorted(package - held)}")
    if len(extra) != 1 or not extra.pop().startswith("trimtab/core/_native."):
        sys.exit(f"{wheel.name} also holds {sorted(held - package)}")
    for name in ("LICENSE", "NOTICE", "entry_points.txt"):
        if not any(each.endswith(f"/{name}") for each in held):
            sys.exit(f"{wheel.name} lacks {name}")
    print(f"{wheel.name}: {len(held)} files, {wheel.stat().st_size:,} bytes")


def try_wheel(wheel: Path, folder: Path) -> None:
    """Installs it where nothing else is, and runs the README's commands."""
    venv.create(folder / "empty", with_pip=True)
    python, programs = folder / "empty" / "bin" / "python", folder / "programs"
    programs.mkdir()
    (programs / "bash").symlink_to(shutil.which("bash") or "bash")
    alone = {"PATH": str(programs), "CC": "no-compiler", "CXX": "no-compiler"}
    alone |= dict.fromkeys(("PYTHONPATH", "SKBUILD_CMAKE_DEFINE"), "")
    pip = (python, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-compile", "--only-binary", ":all:", wheel, **alone)
    run(*pip, "check", **alone)
    run(python, ROOT / "tools" / "pages.py", "--check", "README.md", **alone)


def run(*command: str | Path, **env: str) -> None:
    words = [str(word) for word in command]
    print("$", *words, flush=True)
    code = subprocess.run(words, env=os.environ | env, check=False).returncode
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
