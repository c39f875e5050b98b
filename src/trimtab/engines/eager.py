"""One op or layer on one array: a small program, run at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.core.types import Floats
from trimtab.engines.base import EngineState
from trimtab.engines.choosing import make_engine
from trimtab.errors import InvalidData
from trimtab.program import Builder, Program


def as_matrix(x: ArrayLike) -> NDArray[np.float32]:
    """``x`` as a C-contiguous float32 array ``(rows, columns)``.

    Raises:
        InvalidData: not two dimensions.
    """
    array = np.ascontiguousarray(x, dtype=np.float32)
    if array.ndim != 2:
        raise InvalidData(
            f"x must have two dimensions (rows, columns), received shape {array.shape}."
        )
    return array


def run_op(kind: str, x: ArrayLike, **attributes: Any) -> Floats:
    """Runs one op without weights on an array of any shape; the last axis holds the columns."""
    array = np.asarray(x, dtype=np.float32)
    columns = array.shape[-1] if array.ndim else 1
    if columns == 0:
        return array.copy()
    rows = np.ascontiguousarray(array.reshape(-1, columns))
    builder = Builder(columns)
    program = builder.finish(builder.emit(kind, [0], **attributes))
    shape = (*array.shape[:-1], program.output_width) if array.ndim else ()
    if array.size == 0:
        return np.zeros(shape, np.float32)
    engine = make_engine(program, quickest(program))
    empty = np.zeros(0, np.float32)
    engine.load(EngineState(empty, empty, empty, 0))
    return engine.forward(rows, training=False).reshape(shape)


def quickest(program: Program) -> str:
    """The engine for a single call: the native one, which needs no compiling, if it can."""
    return "native" if program.native else "jax"
