"""Where no compiler is found, one readable message."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def backend(monkeypatch):
    for name in ("CXX", "CMAKE_ARGS", "CMAKE_TOOLCHAIN_FILE", "SKBUILD_CMAKE_DEFINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.syspath_prepend(ROOT / "tools")
    import build_backend

    yield build_backend
    sys.modules.pop("build_backend", None)


def message_of(backend, settings=None):
    with pytest.raises(SystemExit) as end:
        backend.check_compiler(settings)
    return str(end.value)


def test_no_compiler(backend, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    message = message_of(backend)
    assert "no C++ compiler was found (looked for c++, g++, clang++)" in message
    assert "sudo apt-get install g++" in message


def test_both_first_hooks_look(backend, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for hook in (backend.get_requires_for_build_wheel, backend.get_requires_for_build_editable):
        with pytest.raises(SystemExit, match="no C\\+\\+ compiler was found"):
            hook()
    for hook in (backend.build_wheel, backend.build_editable):
        with pytest.raises(SystemExit, match="no C\\+\\+ compiler was found"):
            hook(str(tmp_path))


def test_cxx_that_is_not_there(backend, monkeypatch):
    monkeypatch.setenv("CXX", "g++-0 -O2")
    assert "(CXX=g++-0 is not one)" in message_of(backend)


def test_compiler_too_old(backend, monkeypatch, tmp_path):
    old = tmp_path / "old-compiler"
    old.write_text("#!/bin/sh\necho 'unrecognized option -std=c++20' >&2\nexit 1\n")
    old.chmod(0o755)
    monkeypatch.setenv("CXX", str(old))
    message = message_of(backend)
    assert "unrecognized option -std=c++20" in message
    assert "g++ 11 or newer" in message


def test_a_compiler_named_to_cmake_is_left_to_cmake(backend, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    backend.check_compiler({"cmake.define.CMAKE_CXX_COMPILER": "/opt/g++"})
    monkeypatch.setenv("CMAKE_ARGS", "-DCMAKE_TOOLCHAIN_FILE=arm.cmake")
    backend.check_compiler()


def test_the_compiler_here_will_do(backend):
    backend.check_compiler()
