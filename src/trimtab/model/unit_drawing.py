"""A model as a picture of its units: columns of circles, labelled, coloured by activations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.core.words import brief
from trimtab.engines.base import Rows
from trimtab.errors import InvalidArgument, NotBuilt
from trimtab.model.drawing import Drawing, kind_of
from trimtab.nn import activations
from trimtab.nn.layers import Layer
from trimtab.nn.network import Network
from trimtab.program import Builder, ops
from trimtab.program.build import Span

if TYPE_CHECKING:
    from trimtab.report.pictures.units import Column

__all__ = ["network"]

#: Ops that write a column from one column: their layers are lines below the units that they change.
_ONE_TO_ONE = (
    ops.Activation,
    ops.ActivityPenalty,
    ops.BatchNormalization,
    ops.Dropout,
    ops.GaussianNoise,
    ops.LayerNormalization,
    ops.Normalization,
    ops.Prelu,
    ops.Rescaling,
    ops.Softmax,
)


def network(model: Network, x: Any = None, *, units: int = 8) -> Drawing:
    """Draws a model as units and lines.

    Each layer with units of its own is a column of circles; activations, dropout and normalization
    are lines in the label of the column that they change. Of a wide layer some units are drawn, the
    first and the last ones. :func:`trimtab.keras.utils.plot_model` draws boxes instead, which hold
    more facts.

    Args:
        model: built.
        x: rows ``(rows, columns)``; the colour of a unit is then its activation in inference mode,
            the mean over the rows, against the largest of its column. None: no activations.
        units: drawn of a layer, at most; 2 to 64.

    Returns:
        The picture, which a notebook shows; ``.svg`` is the document.

    Raises:
        NotBuilt: the number of columns is not known yet, and there is no ``x``.
        InvalidArgument, InvalidData: no model, or ``x`` does not fit it.

    Example:
        >>> import trimtab
        >>> from trimtab import layers
        >>> stack = [layers.Dense(64, activation="relu", input_shape=[3]), layers.Dropout(0.3)]
        >>> model = trimtab.Sequential([*stack, layers.Dense(1)], seed=1)
        >>> drawing = trimtab.pictures.network(model, [[0.5, -1.0, 2.0]])
        >>> drawing.svg.count('<circle cx') >= 12, "Dropout 0.3" in drawing.svg
        (True, True)
    """
    from trimtab.report.pictures.units import units as picture

    if not isinstance(model, Network):
        raise InvalidArgument(f"network takes a model, received {brief(model)}.")
    most = checks.integer("units", units, minimum=2, maximum=64, hint="Use units=8.")
    rows = None if x is None else model.features(x)
    if not model.built:
        raise NotBuilt(
            f"{model.name} is not built: its first layer does not know its columns. Use "
            "model.build(columns), pass x, or give the first layer input_shape=[columns]."
        )
    columns = columns_of(model, rows)
    title = f"{model.name}: " + ", ".join(f"{each.title} {each.width:,}" for each in columns)
    return Drawing(str(picture(columns, title=title, most=most)), None)


def columns_of(model: Network, rows: Floats | None = None) -> list[Column]:
    """The columns of a built network, in the order of its program; with rows, their activations."""
    from trimtab.report.pictures.units import Column

    builder = Builder(model.built_width())
    model.emit(builder)
    called = {id(step.layer) for step in model.graph().steps().steps}
    spans = [span for span in builder.spans if id(span.layer) in called]
    readers = [source for span in spans for source in span.sources]
    program = model.inference_engine().program
    made = [Column("Input", program.widths[0], kind="input")]
    ends = [0]  # the value that each column shows
    column_of = {0: 0}  # value -> the column that it is in
    for span in spans:
        sources = tuple(dict.fromkeys(column_of.get(each, 0) for each in span.sources))
        layer = cast(Layer, span.layer)
        if _one_to_one(span, program.ops) and readers.count(span.sources[0]) == 1:
            at = column_of[span.target] = sources[0]
            made[at] = replace(made[at], rows=(*made[at].rows, _said(layer)))
            ends[at] = span.target
            continue
        column_of[span.target] = len(made)
        said = _activation(layer)
        rows_below = () if said in (None, "linear") else (str(said),)
        width, title = program.widths[span.target], type(layer).__name__
        made.append(Column(title, width, sources, rows_below, kind_of(layer)))
        ends.append(span.target)
    if rows is None:
        return made
    probed = model.inference_engine().probe(Rows(rows)).values
    with np.errstate(invalid="ignore", over="ignore"):  # a network that diverged
        means = [probed[end].mean(axis=0, dtype=float) for end in ends]
    return [
        replace(column, values=tuple(map(float, mean)))
        for column, mean in zip(made, means, strict=True)
    ]


def _one_to_one(span: Span, program_ops: Sequence[ops.Op]) -> bool:
    """Whether a layer changes each column by itself, and so stands in the label of its input."""
    own = [program_ops[number - 1] for number in span.ops]
    return len(span.sources) == 1 and all(isinstance(op, _ONE_TO_ONE) for op in own)


def _said(layer: Layer) -> str:
    """A layer as a line of a label, such as ``Dropout 0.3``."""
    name, rate = type(layer).__name__, getattr(layer, "rate", None)
    if isinstance(rate, int | float):
        return f"{name} {rate:g}"
    return _activation(layer) or name


def _activation(layer: Layer) -> str | None:
    """The name of its activation, if it has one."""
    activation = getattr(layer, "activation", None)
    return None if activation is None else str(activations.serialize(activation))
