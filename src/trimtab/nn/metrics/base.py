"""What a metric is: running sums in float64, whatever the batches."""

from __future__ import annotations

from typing import Any, ClassVar

from numpy.typing import ArrayLike

from trimtab.core.types import Doubles
from trimtab.core.words import brief
from trimtab.errors import Unsupported
from trimtab.nn.losses.rows import row_weights
from trimtab.nn.registry import snake_case

__all__ = ["Metric"]


class Metric:
    """Base of all metrics: a weighted mean over the rows seen since the last reset.

    Attributes:
        name: key in History.
        per_batch: whether rows must come batch by batch, because the metric sees whole batches.
    """

    per_batch: ClassVar[bool] = False

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        owner = type(self).__name__
        if dtype not in (None, "float32"):
            raise Unsupported(f"{owner}: dtype must be 'float32', received {brief(dtype)}.")
        self.name = snake_case(owner) if name is None else str(name)
        self.reset()

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        """The metric of each row."""
        raise NotImplementedError(f"{type(self).__name__} does not compute")

    def reset(self) -> None:
        """Forgets all rows."""
        self.total = 0.0
        self.count = 0.0

    def update(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Takes in any number of rows."""
        values = self.rows(y_true, y_pred)
        if sample_weight is None:
            self.total += float(values.sum())
            self.count += len(values)
        else:
            weights = row_weights(sample_weight, len(values))
            self.total += float((values * weights).sum())
            self.count += float(weights.sum())

    def result(self) -> float:
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
    ) -> float:
        """Takes rows in and gives the result so far."""
        self.update(y_true, y_pred, sample_weight)
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
