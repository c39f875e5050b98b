"""Optional packages: asked for by name, refused with what to install."""

from __future__ import annotations

import importlib.util

from trimtab.errors import EngineError


def need_jax(what: str) -> None:
    """Raises ``EngineError`` where JAX is missing; does not import it.

    Args:
        what: needs it, for the message.
    """
    if importlib.util.find_spec("jax") is None:
        raise EngineError(
            f"{what} needs JAX, which is not installed. Run: pip install 'trimtab[jax]'"
        )
