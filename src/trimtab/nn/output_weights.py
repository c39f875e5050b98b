"""Sample weights of single outputs: each a column behind the targets of its output."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.core.words import brief, listed
from trimtab.errors import InvalidData

__all__ = ["are_by_output", "weight_columns"]


def are_by_output(sample_weight: Any) -> bool:
    """Whether these are weights for single outputs: a dict, or a list of arrays and None.

    Example:
        >>> import numpy as np
        >>> [are_by_output(w) for w in ({"a": [1.0]}, [np.ones(2), None], np.ones(2), [1.0, 2.0])]
        [True, True, False, False]
    """
    if isinstance(sample_weight, Mapping):
        return True
    several = isinstance(sample_weight, list | tuple) and len(sample_weight) > 0
    return several and all(each is None or np.ndim(each) > 0 for each in sample_weight)


def weight_columns(
    given: Any,
    names: Sequence[str],
    convert: Callable[[Any, str], Floats | None],
    rows: int,
    name: str,
) -> list[Floats]:
    """A column of weights for each output with a loss; ones where none are given.

    Args:
        given: a dict by the output's name, a list with one entry for each, or None.
        names: of the outputs that have a loss.
        convert: makes weights of a row an array ``(rows,)``, given what messages call them.
        rows: there are.
        name: what messages call the weights.

    Raises:
        InvalidData: a name that no such output has, or another number of entries.
    """
    if isinstance(given, Mapping):
        for key in given:
            if key not in names:
                hint = checks.nearest(str(key), list(names))
                raise InvalidData(
                    f"{name}: there is no output {brief(key)} with a loss. "
                    f"{hint or 'Outputs are: ' + ', '.join(names) + '.'}"
                )
        each = [given.get(key) for key in names]
    else:
        each = [None] * len(names) if given is None else list(given)
        if len(each) != len(names):
            raise InvalidData(
                f"{name} is a list of {len(each)}, but {len(names)} outputs have a loss: "
                f"{listed(list(names), last=' and ')}. Give one entry for each, or a dict by name."
            )
    columns = []
    for key, own in zip(names, each, strict=True):
        found = convert(own, f"{name}[{key!r}]")
        columns.append(np.ones(rows, np.float32) if found is None else found)
    return [column.reshape(-1, 1) for column in columns]
