"""What a metric is: running sums in float64, whatever the batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core.types import Doubles
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn.losses.rows import weighted_rows
from trimtab.nn.metrics.variables import MetricVariable
from trimtab.nn.registry import snake_case

__all__ = ["Metric"]


class Metric:
    """Base of all metrics: a weighted mean over the rows seen since the last reset.

    Subclass it for a metric of your own, with :meth:`update_state` and :meth:`result` as in Keras;
    what it keeps between batches comes from :meth:`add_variable`. It is called batch by batch, with
    float32 arrays ``(rows, columns)``.

    Args:
        name: key in History; None: of the class, in snake case.
        dtype: None or ``"float32"``.

    Attributes:
        per_batch: whether rows must come batch by batch, because the metric sees whole batches.
        direction: ``"up"`` if more is better, ``"down"`` if less is, None if callbacks should ask.

    Raises:
        Unsupported: another dtype.

    Example:
        >>> import numpy as np
        >>> from trimtab import metrics
        >>> class Within(metrics.Metric):
        ...     direction = "up"
        ...
        ...     def __init__(self, limit=1.0, name="within", **kwargs):
        ...         super().__init__(name=name, **kwargs)
        ...         self.limit = limit
        ...         self.good = self.add_variable((), name="good")
        ...         self.seen = self.add_variable((), name="seen")
        ...
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.good.assign_add(np.sum(np.abs(y_true - y_pred) <= self.limit))
        ...         self.seen.assign_add(len(y_true))
        ...
        ...     def result(self):
        ...         return self.good / self.seen
        >>> metric = Within()
        >>> metric.update_state(np.array([[1.0], [2.0]]), np.array([[1.5], [9.0]]))
        >>> float(metric.result())
        0.5
    """

    per_batch: bool = False
    direction: ClassVar[str | None] = None
    dtype = "float32"
    _variables: tuple[MetricVariable, ...] = ()

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        owner = type(self).__name__
        if dtype not in (None, "float32"):
            raise Unsupported(f"{owner}: dtype must be 'float32', received {brief(dtype)}.")
        self.name = snake_case(owner) if name is None else str(name)
        self.reset()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "update_state" in vars(cls) and "per_batch" not in vars(cls):
            cls.per_batch = True  # it may count batches

    def add_variable(
        self,
        shape: Sequence[int] = (),
        initializer: Any = None,
        dtype: Any = None,
        aggregation: Any = None,
        name: str | None = None,
    ) -> MetricVariable:
        """An array that the metric keeps; :meth:`reset_state` gives it its first value again.

        Args:
            shape: of the array.
            initializer: None or ``"zeros"``, ``"ones"``, a number or an array.
            dtype: accepted; sums are kept in float64.
            aggregation: accepted, without effect.
            name: of the array.

        Raises:
            InvalidArgument: another initializer.
        """
        value = initializer
        if initializer is None or isinstance(initializer, str) or callable(initializer):
            called = type(initializer).__name__ if callable(initializer) else initializer or "zeros"
            value = {"zeros": 0.0, "ones": 1.0}.get(str(called).lower())
        if value is None:
            raise InvalidArgument(
                "initializer must be 'zeros', 'ones', a number or an array, received "
                f"{brief(initializer)}."
            )
        whole = np.broadcast_to(np.asarray(value, np.float64), tuple(shape)).copy()
        variable = MetricVariable(whole, name or f"variable_{len(self._variables)}")
        self._variables = (*self._variables, variable)
        return variable

    add_weight = add_variable

    @property
    def variables(self) -> list[MetricVariable]:
        """What :meth:`add_variable` made."""
        return list(self._variables)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        """The metric of each row."""
        raise NotImplementedError(f"{type(self).__name__} does not compute")

    def cells(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        """The metric of each number, ``(rows, columns)``, where each may have a weight of its own.

        Of each row, where one can only be told of whole rows.
        """
        return self.rows(y_true, y_pred)

    def reset(self) -> None:
        """Forgets all rows."""
        if self._variables:
            for variable in self._variables:
                variable.restart()
            return
        self.total = 0.0
        self.count = 0.0

    def update(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Takes in any number of rows."""
        if sample_weight is None:
            values = self.rows(y_true, y_pred)
            self.total += float(values.sum())
            self.count += len(values)
        else:
            values, weights = weighted_rows(self.cells(y_true, y_pred), sample_weight)
            self.total += float(values.sum())
            self.count += float(weights.sum())

    def result(self) -> Any:
        """The metric of all rows since the last reset; 0 before any."""
        return self.total / self.count if self.count else 0.0

    # Keras' names of the same.

    def update_state(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """:meth:`update` under Keras' name."""
        self.update(y_true, y_pred, sample_weight)

    def reset_state(self) -> None:
        """:meth:`reset` under Keras' name."""
        self.reset()

    def __call__(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Any:
        """Takes rows in and gives the result so far."""
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Metric:
        """The inverse of :meth:`get_config`."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
