"""What a metric keeps between batches: an array that can be assigned."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import ArrayLike

from trimtab.core.types import Doubles

__all__ = ["MetricVariable"]


class MetricVariable(NDArrayOperatorsMixin):
    """A float64 array that :meth:`assign` replaces; it computes as an array does.

    Example:
        >>> from trimtab.nn.metrics.variables import MetricVariable
        >>> total = MetricVariable(0.0, "total")
        >>> total.assign_add([1.0, 2.0][1])
        >>> float(total / 2)
        1.0
    """

    def __init__(self, value: ArrayLike, name: str) -> None:
        self.name = name
        self._value = np.asarray(value, np.float64)
        self._start = self._value

    @property
    def value(self) -> Doubles:
        """The array."""
        return self._value

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self._value.shape

    def numpy(self) -> Doubles:
        """A copy of the array."""
        return self._value.copy()

    def assign(self, value: ArrayLike) -> None:
        """Takes another value, of the same shape or one that broadcasts to it."""
        self._value = np.broadcast_to(np.asarray(value, np.float64), self.shape).copy()

    def assign_add(self, value: ArrayLike) -> None:
        """Adds a value."""
        self.assign(self._value + np.asarray(value, np.float64))

    def assign_sub(self, value: ArrayLike) -> None:
        """Subtracts a value."""
        self.assign(self._value - np.asarray(value, np.float64))

    def restart(self) -> None:
        """Takes the first value again."""
        self._value = self._start

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self._value, dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        plain = [each.value if isinstance(each, MetricVariable) else each for each in inputs]
        return getattr(ufunc, method)(*plain, **options)

    def __getitem__(self, key: Any) -> Any:
        return self._value[key]

    def __len__(self) -> int:
        return len(self._value)

    def __float__(self) -> float:
        return float(self._value)

    def __repr__(self) -> str:
        return f"<MetricVariable name={self.name} value={self._value}>"
