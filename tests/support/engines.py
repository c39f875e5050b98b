"""Engines for tests: which there are, at which instruction-set levels, with how many threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from trimtab.engines import Engine, EngineState
from trimtab.engines.choosing import make_engine
from trimtab.program import Program

ENGINES = ("native", "jax")
THREADS = (1, 2, 3, 5)


def native_levels() -> list[str]:
    """Instruction-set levels that this machine runs, or one empty name where they cannot be set."""
    try:
        from trimtab.core import _native
    except ImportError:
        return [""]
    return list(_native.available_levels()) if hasattr(_native, "available_levels") else [""]


@contextmanager
def native_level(name: str) -> Iterator[None]:
    """Networks made inside use this level."""
    if not name:
        yield
        return
    from trimtab.core import _native

    assert _native.force_level(name), f"level {name} is listed but cannot be forced"
    try:
        yield
    finally:
        _native.force_level(native_levels()[-1])


def levels(name: str) -> list[str]:
    """:func:`native_levels` of the native engine, one empty name for JAX."""
    return native_levels() if name == "native" else [""]


def engine(
    name: str, program: Program, state: EngineState | None = None, **options: object
) -> Engine:
    """A loaded engine; a missing extension or JAX skips the test with a word."""
    if name == "native":
        pytest.importorskip("trimtab.core._native", reason="the native extension is not built")
    if name == "jax":
        pytest.importorskip("jax", reason="JAX is not installed")
        options.pop("threads", None)
    made = make_engine(program, name, **options)
    if state is not None:
        made.load(state)
    return made
