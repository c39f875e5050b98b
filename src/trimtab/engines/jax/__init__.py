"""The second engine: a program as one XLA computation, on CPUs, GPUs, TPUs, and several of them.

The only package of trimtab that imports JAX, and only when this engine is asked for. It is also
the plain statement of what every op means: one short ``jax.numpy`` function each.
"""

from __future__ import annotations

from trimtab.core.extras import need_jax

need_jax("engine='jax'")

from trimtab.engines.jax.engine import JaxEngine  # noqa: E402 - it imports JAX

__all__ = ["JaxEngine"]
