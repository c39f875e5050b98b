"""The JAX engine: a program as one XLA computation, on one or more CPUs, GPUs or TPUs.

Importing it imports JAX, so trimtab does that only when this engine is needed. It is also the
readable definition of every op: one short ``jax.numpy`` function each.
"""

from __future__ import annotations

from trimtab.core.extras import need_jax

need_jax("engine='jax'")

from trimtab.engines.jax.engine import JaxEngine  # noqa: E402 - it imports JAX

__all__ = ["JaxEngine"]
