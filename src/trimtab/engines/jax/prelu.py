"""The rectified linear unit with a learned slope."""

from __future__ import annotations

from collections.abc import Sequence

import jax

from trimtab.engines.jax.context import Array, Context
from trimtab.program.ops import Prelu


def prelu(op: Prelu, call: Context) -> tuple[Array, Sequence[Array]]:
    """``x`` above 0, ``alpha * x`` elsewhere; at 0 no gradient passes, as in Keras."""
    (x,), (alpha,) = call.inputs, call.parameters
    return jax.nn.relu(x) - alpha.astype(x.dtype) * jax.nn.relu(-x), ()
