"""Which engine runs a program, and making it."""

from __future__ import annotations

import os
from typing import Any

from trimtab import distributed
from trimtab.core.extras import need_jax
from trimtab.engines.base import Engine
from trimtab.errors import InvalidArgument
from trimtab.program import Program

ENGINES = ("native", "jax")


def check_choice(engine: str, devices: Any = None, precision: str = "float32") -> None:
    """Refuses a name that no engine has, and settings that the engine named cannot have.

    Raises:
        InvalidArgument: naming what does not fit.
    """
    if engine not in ("auto", *ENGINES):
        raise InvalidArgument(
            f"engine must be 'auto' or one of {', '.join(ENGINES)}, received {engine!r}."
        )
    wants = _accelerated(devices, precision)
    if engine == "native":
        _refuse("engine='native'", wants)
    elif engine == "jax" or wants:
        need_jax(" and ".join(wants) or "engine='jax'")


def choose(
    program: Program, engine: str = "auto", devices: Any = None, precision: str = "float32"
) -> str:
    """The name of the engine that runs this program: ``native`` or ``jax``.

    ``auto`` is what ``TRIMTAB_ENGINE`` says, else the native engine, without looking for
    accelerators (that alone would import JAX); JAX where the program holds something that only JAX
    has, where devices or a precision ask for it, and where several processes train together.

    Raises:
        InvalidArgument: an unknown name, or an engine that cannot do what is asked for.
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
    """What of these only the JAX engine has."""
    wants = []
    if devices is not None:
        wants.append(f"devices={devices!r}")
    if precision != "float32":
        wants.append(f"precision={precision!r}")
    return wants


def _refuse(said: str, wants: list[str]) -> None:
    if wants:
        raise InvalidArgument(
            f"{said} cannot run {' and '.join(wants)}: only JAX can. Use engine='jax' or 'auto'."
        )


def make_engine(
    program: Program,
    engine: str = "auto",
    *,
    devices: Any = None,
    precision: str = "float32",
    threads: int | None = None,
) -> Engine:
    """The engine for this program; see :func:`choose`.

    Args:
        program: the verified program.
        engine: ``auto``, ``native`` or ``jax``.
        devices: of the JAX engine: None, ``"all"`` or a list.
        precision: ``float32`` or ``mixed_bfloat16``.
        threads: of the native engine, at most; None: ``trimtab.config.get_threads()`` at each
            call.
    """
    if choose(program, engine, devices, precision) == "native":
        from trimtab.engines.native import NativeEngine

        return NativeEngine(program, threads=threads)
    from trimtab.engines.jax import JaxEngine

    return JaxEngine(program, devices=devices, precision=precision)
