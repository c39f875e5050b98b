"""Chooses the engine for a program, and makes it."""

from __future__ import annotations

import os
from typing import Any

from trimtab import distributed
from trimtab.core.extras import need_jax
from trimtab.core.words import brief
from trimtab.engines.base import Engine
from trimtab.errors import InvalidArgument
from trimtab.program import Program

ENGINES = ("native", "jax")


def check_choice(engine: str, devices: Any = None, precision: str = "float32") -> None:
    """Raises unless the engine is known and supports these settings.

    Raises:
        InvalidArgument: an unknown engine, or a setting that it does not support.
        EngineError: JAX is needed and not installed.
    """
    if not isinstance(engine, str) or engine not in ("auto", *ENGINES):
        raise InvalidArgument(
            f"engine must be 'auto' or one of {', '.join(ENGINES)}, received {brief(engine)}."
        )
    wants = _accelerated(devices, precision)
    if engine == "native":
        _refuse("engine='native'", wants)
    elif engine == "jax" or wants:
        need_jax(" and ".join(wants) or "engine='jax'")


def choose(
    program: Program, engine: str = "auto", devices: Any = None, precision: str = "float32"
) -> str:
    """The name of the engine for this program: ``native`` or ``jax``.

    ``auto`` reads ``TRIMTAB_ENGINE``. If that is not set, it is the native engine, or JAX for a
    program with custom layers or losses, for ``devices``, for a precision other than float32, and
    for several processes that train together. It does not look for accelerators, since that alone
    would import JAX.

    Raises:
        InvalidArgument: an unknown engine, or one that does not support what is asked for.
        EngineError: JAX is needed and not installed.
    """
    said = f"engine={engine!r}"
    if engine == "auto":
        engine = os.environ.get("TRIMTAB_ENGINE", "").strip().lower() or "auto"
        said = f"TRIMTAB_ENGINE={engine}"
    check_choice(engine)
    if engine == "auto" and distributed.process_count() > 1:
        engine = "jax"
    wants = _accelerated(devices, precision)
    wants += program.jax_only()
    if engine == "native":
        _refuse(said, wants)
    elif wants:
        need_jax(" and ".join(wants))
    return "jax" if wants or engine == "jax" else "native"


def _accelerated(devices: Any, precision: str) -> list[str]:
    """Those of these settings that need the JAX engine."""
    wants = []
    if devices is not None:
        wants.append(f"devices={devices!r}")
    if precision != "float32":
        wants.append(f"precision={precision!r}")
    return wants


def _refuse(said: str, wants: list[str]) -> None:
    if wants:
        raise InvalidArgument(
            f"{said} does not support {' and '.join(wants)}. Use engine='jax' or 'auto'."
        )


def make_engine(
    program: Program,
    engine: str = "auto",
    *,
    devices: Any = None,
    precision: str = "float32",
    threads: int | None = None,
) -> Engine:
    """An engine for this program; see :func:`choose`.

    Args:
        program: a verified program.
        engine: ``auto``, ``native`` or ``jax``.
        devices: for the JAX engine: None, ``"all"`` or a list.
        precision: ``float32`` or ``mixed_bfloat16``.
        threads: maximum number for the native engine; None for ``trimtab.config.get_threads()``
            at each call.
    """
    if choose(program, engine, devices, precision) == "native":
        from trimtab.engines.native import NativeEngine

        return NativeEngine(program, threads=threads)
    from trimtab.engines.jax import JaxEngine

    return JaxEngine(program, devices=devices, precision=precision)
