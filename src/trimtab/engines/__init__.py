"""Engines: what computes a program. See :mod:`trimtab.engines.base` for the protocol."""

from __future__ import annotations

from typing import Any

from trimtab.engines.base import Engine, EngineState, Rows
from trimtab.errors import InvalidArgument
from trimtab.program import Program

ENGINES = ("native", "jax")

__all__ = ["ENGINES", "Engine", "EngineState", "Rows", "make_engine"]


def make_engine(program: Program, engine: str = "auto", **options: Any) -> Engine:
    """The engine called ``engine`` for this program; ``auto`` is the native one."""
    if engine in ("auto", "native"):
        from trimtab.engines.native import NativeEngine

        return NativeEngine(program, **options)
    if engine == "jax":
        from trimtab.engines.jax import JaxEngine

        return JaxEngine(program, **options)
    raise InvalidArgument(
        f"engine must be 'auto' or one of {', '.join(ENGINES)}, received {engine!r}."
    )
