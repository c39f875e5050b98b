"""Layers called on an array: a program of one layer, run at once."""

from __future__ import annotations

from collections.abc import Callable

from numpy.typing import ArrayLike

from trimtab import config
from trimtab.core.types import Floats
from trimtab.engines.choosing import make_engine
from trimtab.engines.eager import as_matrix, quickest
from trimtab.errors import InvalidData
from trimtab.nn.data import as_mask
from trimtab.nn.layers.attachment import attachment
from trimtab.nn.layers.scope import LayerLike
from trimtab.nn.layers.vectors import initialize, scatter, state_of
from trimtab.program import Builder

__all__ = ["call_layer"]


def call_layer(
    layer: LayerLike,
    x: ArrayLike,
    next_call: Callable[[], tuple[int, int]],
    *,
    training: bool,
    mask: ArrayLike | None = None,
) -> Floats:
    """Builds the layer if need be, runs it, and keeps what moved of its statistics.

    Args:
        layer: the layer.
        x: rows.
        next_call: draws the seed and number of this call, once the weights are drawn.
        training: as in a training step.
        mask: False leaves a row out of batch statistics.
    """
    array = as_matrix(x)
    rows = as_mask(mask, len(array))
    if not layer.built:
        layer.build(array.shape[1])
    elif layer.input_width != array.shape[1] and not layer.any_width:
        raise InvalidData(
            f"{layer.path} was built for {layer.input_width} columns, received {array.shape[1]}."
        )
    layer.pull()
    weights = layer.weights
    if any(weight.stored is None for weight in weights):
        initialize(weights, config.next_seed())
    builder = Builder(array.shape[1])
    program = builder.finish(layer.lower(builder, 0))
    engine = make_engine(program, quickest(program))
    engine.load(state_of(program, weights, None, 0))
    seed, number = next_call()
    # Rates on a schedule are those of the next batch of the layer's model, or of the first.
    step, epoch_steps = attachment(layer).holders().time()
    rates = program.dropout_rates(step, 1, epoch_steps) if training else None
    result = engine.forward(
        array, training=training, seed=seed, step=number, dropout_rates=rates, mask=rows
    )
    if training and program.state:
        scatter(program.state, weights, engine.dump().state)
        layer.touched()
    return result
