"""The build backend: scikit-build-core, after a look for a compiler.

Without this look, a machine that has no C++ compiler gets CMake's own error, forty lines that do
not say what to do. Everything else is passed on as it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from scikit_build_core import build as backend
from scikit_build_core.build import (
    build_sdist,
    get_requires_for_build_sdist,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

Settings = dict[str, Any] | None

#: The names under which CMake looks for the compilers that can build the kernels.
NAMES = ("c++", "g++", "clang++")

HOW = """\
How to get one:
  Debian, Ubuntu   sudo apt-get install g++
  Fedora, RHEL     sudo dnf install gcc-c++
  Arch             sudo pacman -S gcc
  Alpine           sudo apk add g++
  macOS            xcode-select --install
  Windows          use trimtab inside WSL (wsl --install), then as on Ubuntu
  conda            conda install -c conda-forge cxx-compiler
A compiler with another name is found through CXX, for instance: CXX=g++-13 pip install .
"""

# What the sources need and an old compiler or a missing standard library does not have.
PROBE = """\
#include <cstdint>
#include <span>
#include <thread>
template <typename T> concept Small = sizeof(T) < 16;
template <Small T> T twice(T x) { return x + x; }
int main() { return twice(0); }
"""


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """The first hook a front end calls: looks before anything is downloaded."""
    check_compiler(config_settings)
    return backend.get_requires_for_build_wheel(config_settings)


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    """As for a wheel."""
    check_compiler(config_settings)
    return backend.get_requires_for_build_editable(config_settings)


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Looks again: without build isolation this hook may be the first."""
    check_compiler(config_settings)
    return backend.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """As for a wheel."""
    check_compiler(config_settings)
    return backend.build_editable(wheel_directory, config_settings, metadata_directory)


def check_compiler(config_settings: Settings = None) -> None:
    """Ends the build with one readable message unless a C++20 compiler answers."""
    if chosen_by_cmake(config_settings):
        return
    asked = os.environ.get("CXX", "").split()
    command = next((path for name in asked[:1] or NAMES if (path := shutil.which(name))), None)
    if command is None:
        which = f"CXX={asked[0]} is not one" if asked else f"looked for {', '.join(NAMES)}"
        refuse(f"trimtab's engine is built from C++, and no C++ compiler was found ({which}).")
    complaint = try_compiler([command, *asked[1:]])
    if complaint:
        refuse(
            "trimtab's engine is built from C++20 (g++ 11 or newer, clang 14 or newer), and "
            f"{command} did not build a small C++20 program:\n\n{complaint}"
        )


def chosen_by_cmake(config_settings: Settings) -> bool:
    """Whether CMake settings name the compiler; CMake then checks it itself."""
    variables = ("CMAKE_ARGS", "SKBUILD_CMAKE_ARGS", "SKBUILD_CMAKE_DEFINE")
    settings = [*(config_settings or {}), *(os.environ.get(name, "") for name in variables)]
    named = any(key in text for text in settings for key in ("CXX_COMPILER", "TOOLCHAIN_FILE"))
    return named or "CMAKE_TOOLCHAIN_FILE" in os.environ


def try_compiler(command: list[str]) -> str:
    """What the compiler complains of when given a small C++20 program; empty if nothing."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "probe.cc"
        source.write_text(PROBE)
        try:
            done = subprocess.run(
                [*command, "-std=c++20", "-o", str(source.with_suffix(".out")), str(source)],
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            return str(problem)
    if done.returncode == 0:
        return ""
    return (done.stderr or done.stdout).strip()[:2000] or f"exit status {done.returncode}"


def refuse(message: str) -> NoReturn:
    """Prints it and ends the build; an exception would bury it in a traceback."""
    sys.exit(f"\n{message}\n\n{HOW}")
