"""Custom layers: ``call``, traced as a pure function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from trimtab.engines.jax.context import Array, Context, full_products
from trimtab.errors import EngineError, InvalidArgument
from trimtab.program.ops import Call

#: The op that is being traced: layers inside a custom layer run under the same conditions.
_context: ContextVar[Context | None] = ContextVar("context of a custom layer", default=None)


def call(op: Call, context: Context) -> tuple[Array, Sequence[Array]]:
    """The checked value of the function; the state is updated in training."""
    (x,) = context.inputs
    assert context.knobs is not None
    words = jnp.stack([context.knobs.key, jnp.asarray(context.step, jnp.uint32)])
    key = jax.random.wrap_key_data(words, impl="threefry2x32")
    with conditions(context), full_products():
        value, moved = op.function.call(
            x, context.parameters, context.state, training=context.training, key=key
        )
    value = rows_and_columns(op.function.name, value)
    if value.shape != (len(x), op.units):
        raise EngineError(
            f"{op.function.name}: call must return an array of shape {(len(x), op.units)} (one row "
            "per input row, and the width that the layer was built with), received "
            f"{value.shape}."
        )
    return value.astype(x.dtype), moved if context.training else context.state


def rows_and_columns(name: str, value: Any) -> Array:
    """What ``call`` returned.

    Raises:
        InvalidArgument: not an array of two dimensions.
    """
    if isinstance(value, jax.Array | np.ndarray) and value.ndim == 2:
        return jnp.asarray(value)
    shown = f"shape {value.shape}" if hasattr(value, "shape") else type(value).__name__
    raise InvalidArgument(f"{name}: call must return an array (rows, units), received {shown}.")


@contextmanager
def conditions(context: Context) -> Iterator[None]:
    """Custom layers inside ``with`` are traced under these conditions."""
    token = _context.set(context)
    try:
        yield
    finally:
        _context.reset(token)


def current_context() -> Context | None:
    """The conditions under which a custom layer is being traced; None if none is."""
    return _context.get()
