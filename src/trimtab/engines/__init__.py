"""Engines: what computes a program. See :mod:`trimtab.engines.base` for the protocol."""

from __future__ import annotations

from typing import Any

from trimtab.engines.base import Engine, EngineState, Rows
from trimtab.errors import InvalidArgument
from trimtab.program import Program

ENGINES = ("native", "jax")

__all__ = ["ENGINES", "Engine", "EngineState", "Rows", "choose", "make_engine"]


def choose(
    program: Program, engine: str = "auto", *, devices: Any = None, precision: str = "float32"
) -> str:
    """The name of the engine that runs this program: ``native`` or ``jax``.

    ``auto`` is the native engine, without looking for accelerators (that alone would import JAX);
    JAX where the program holds something that only JAX has, or where devices or a precision ask
    for it.

    Raises:
        InvalidArgument: an unknown name, or an engine that cannot do what is asked for.
    """
    if engine not in ("auto", *ENGINES):
        raise InvalidArgument(
            f"engine must be 'auto' or one of {', '.join(ENGINES)}, received {engine!r}."
        )
    wants = []
    if not program.native:
        wants.append("a layer or loss of your own is written in jax.numpy")
    if devices is not None:
        wants.append(f"devices={devices!r} are JAX's")
    if precision != "float32":
        wants.append(f"precision={precision!r} is for accelerators")
    if engine == "native" and wants:
        raise InvalidArgument(
            f"engine='native' cannot run this: {'; '.join(wants)}. Use engine='jax' or 'auto'."
        )
    return "jax" if wants or engine == "jax" else "native"


def make_engine(
    program: Program,
    engine: str = "auto",
    *,
    devices: Any = None,
    precision: str = "float32",
    **options: Any,
) -> Engine:
    """The engine for this program; see :func:`choose`.

    Args:
        program: the verified program.
        engine: ``auto``, ``native`` or ``jax``.
        devices: of the JAX engine: None, ``"all"`` or a list.
        precision: ``float32`` or ``mixed_bfloat16``.
        options: the native engine's own (threads).
    """
    if choose(program, engine, devices=devices, precision=precision) == "native":
        from trimtab.engines.native import NativeEngine

        return NativeEngine(program, **options)
    from trimtab.engines.jax import JaxEngine

    return JaxEngine(program, devices=devices, precision=precision)
