"""Rows that layers adapt to: an array, or batches of it."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.core.words import count
from trimtab.errors import InvalidArgument
from trimtab.nn.sources import Source, is_source, parts_of

__all__ = ["rows_to_adapt_to"]


def rows_to_adapt_to(layer: Any, data: Any, steps: int | None = None) -> Doubles:
    """All rows in float64, as an array of the shape they have.

    Args:
        layer: for messages.
        data: an array, a frame, a list of rows or of arrays of rows; or what gives batches: a
            generator, a ``PyDataset``, a ``DataLoader``. Of ``(x, y)`` it takes ``x``.
        steps: batches to take; None: all.

    Raises:
        InvalidArgument: there is no row, or batches differ in width.

    Example:
        >>> import numpy as np
        >>> from trimtab import layers
        >>> batches = (np.array([[n, n + 1.0]]) for n in range(3))
        >>> rows_to_adapt_to(layers.Normalization(), batches).tolist()
        [[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]]
    """
    name = f"{layer.path}.adapt"
    if steps is not None:
        steps = checks.positive_integer("steps", steps, hint="Leave it out for all batches.")
    if not is_source(data) and not _is_list_of_arrays(data):
        if steps is not None:
            raise InvalidArgument(
                f"{name}: steps={steps} counts batches, and the rows are an array. Leave it out."
            )
        return np.asarray(data, np.float64)
    source = Source(iter(data) if isinstance(data, list | tuple) else data)
    if steps is None and source.orders and source.length is None:
        raise InvalidArgument(
            f"{name}: the PyDataset has no end: it lacks __len__. Pass steps=100."
        )
    parts: list[Doubles] = []
    for number, batch in enumerate(itertools.islice(source.batches(), steps)):
        part = np.asarray(parts_of(batch, number, source.what)[0], np.float64)
        if parts and part.shape[1:] != parts[0].shape[1:]:
            raise InvalidArgument(
                f"{name} needs batches of {count(parts[0].shape[-1], 'column')}, received shape "
                f"{part.shape} in batch {number}."
            )
        parts.append(part)
    if not parts:
        raise source.empty()
    return np.concatenate(parts)


def _is_list_of_arrays(data: Any) -> bool:
    listed = isinstance(data, list | tuple) and len(data) > 0
    return listed and all(getattr(each, "ndim", 0) == 2 for each in data)
