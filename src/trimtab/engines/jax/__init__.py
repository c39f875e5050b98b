"""The second engine: a program as one jitted JAX function.

The only package of trimtab that imports JAX, and only when this engine is asked for. What it can
run is what :mod:`trimtab.engines.jax.registry` lists; anything else is refused by name.
"""

from __future__ import annotations

from trimtab.errors import EngineError

try:
    import jax as _jax  # noqa: F401
except ImportError as error:
    raise EngineError(
        "engine='jax' needs JAX, which is not installed. Run: pip install trimtab[jax]"
    ) from error

from trimtab.engines.jax.engine import JaxEngine

__all__ = ["JaxEngine"]
