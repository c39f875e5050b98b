"""The second engine: a program as one XLA computation, on CPUs, GPUs, TPUs, and several of them.

The only package of trimtab that imports JAX, and only when this engine is asked for. It is also
the plain statement of what every op means: one short ``jax.numpy`` function each.
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
