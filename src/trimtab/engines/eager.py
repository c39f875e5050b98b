"""Layers called on an array: a program of one layer, run at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab import config
from trimtab.engines import make_engine
from trimtab.engines.base import Floats
from trimtab.engines.weights import initialize, scatter, state_of
from trimtab.errors import InvalidData
from trimtab.layers.base import Layer
from trimtab.program import Builder, Program


def call_layer(
    layer: Layer, x: ArrayLike, *, training: bool, mask: ArrayLike | None = None
) -> Floats:
    """Builds the layer if need be, runs it, and keeps what it learned of its moving statistics."""
    array = as_rows(x)
    rows = as_mask(mask, len(array))
    if not layer.built:
        layer.build(array.shape[1])
    elif layer.input_width != array.shape[1]:
        raise InvalidData(
            f"{layer.path} was built for {layer.input_width} columns, received {array.shape[1]}."
        )
    layer.pull()
    weights = layer.weights
    if any(weight._value is None for weight in weights):
        initialize(weights, config.next_seed())
    builder = Builder(array.shape[1])
    program = builder.finish(layer.lower(builder, 0))
    engine = make_engine(program, _quickest(program))
    engine.load(state_of(program, weights, None, 0))
    if layer._calls == 0 or not hasattr(layer, "_call_seed"):
        layer._call_seed = config.next_seed()
    layer._calls += 1
    seed: Any = layer._call_seed  # type: ignore[attr-defined]
    # Rates on a schedule are those of the next batch of the layer's model, or of the first.
    step, epoch_steps = layer._time()
    rates = program.dropout_rates(step, 1, epoch_steps) if training else None
    result = engine.forward(
        array, training=training, seed=seed, step=layer._calls, dropout_rates=rates, mask=rows
    )
    if training and program.state:
        scatter(program.state, weights, engine.dump().state)
        layer.touched()
    return result


def as_rows(x: ArrayLike) -> NDArray[np.float32]:
    """``x`` as a C-contiguous float32 array of two dimensions."""
    array = np.ascontiguousarray(x, dtype=np.float32)
    if array.ndim != 2:
        raise InvalidData(
            f"x must have two dimensions (rows, columns), received shape {array.shape}."
        )
    return array


def as_mask(mask: ArrayLike | None, rows: int) -> NDArray[np.float32] | None:
    """``mask`` as 0 and 1 in float32, one a row; None stays None."""
    if mask is None:
        return None
    array = np.asarray(mask)
    if array.shape != (rows,):
        raise InvalidData(
            f"mask must have one entry a row, shape {(rows,)}, received shape {array.shape}."
        )
    others = array[~np.isin(array, (0, 1))].tolist()
    if others:
        raise InvalidData(
            f"mask must hold True and False, or 1 and 0, received {others[0]!r}. Weights go to "
            "fit(sample_weight=...) and BatchNormalization(weighted=True)."
        )
    return np.ascontiguousarray(array, dtype=np.float32)


def run_op(kind: str, x: ArrayLike, **attributes: Any) -> Floats:
    """One op without weights on an array of any shape; its last axis are the columns."""
    array = np.asarray(x, dtype=np.float32)
    if array.size == 0:
        return array.copy()
    rows = np.ascontiguousarray(array.reshape(-1, array.shape[-1] if array.ndim else 1))
    builder = Builder(rows.shape[1])
    program = builder.finish(builder.emit(kind, [0], **attributes))
    engine = make_engine(program, _quickest(program))
    engine.load(state_of(program, [], None, 0))
    return engine.forward(rows, training=False).reshape(array.shape)


def _quickest(program: Program) -> str:
    """One call on one array: the engine that does not compile first, where it can."""
    return "native" if program.native else "jax"
