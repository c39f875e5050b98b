"""What a model predicts, as its loss has it: numbers, or one class out of several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.tasks import BINARY, MULTICLASS, REGRESSION
from trimtab.core.types import Doubles
from trimtab.errors import NotCompiled, Unsupported

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["Task", "task_of"]


@dataclass(frozen=True)
class Task:
    """What outputs mean.

    Attributes:
        kind: ``regression``, ``binary`` (one probability a row) or ``multiclass``.
        logits: whether outputs are logits, probabilities before sigmoid or softmax.
    """

    kind: str
    logits: bool = False

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Older pickles have other names for two of the kinds.
        former = {"numbers": REGRESSION, "classes": MULTICLASS}
        self.__dict__.update(state, kind=former.get(state["kind"], state["kind"]))

    @property
    def classifies(self) -> bool:
        """Whether a row has one class."""
        return self.kind != REGRESSION

    def values(self, outputs: NDArray[Any]) -> Doubles:
        """Numbers as they are, or probabilities ``(..., classes)``, in float64.

        One probability a row becomes two: those of class 0 and class 1.
        """
        values = outputs.astype(np.float64)
        if self.kind == BINARY:
            if self.logits:
                with np.errstate(over="ignore"):
                    values = 1.0 / (1.0 + np.exp(-values))
            return np.concatenate([1.0 - values, values], axis=-1)
        if self.kind == MULTICLASS:
            if self.logits:
                values = np.exp(values - values.max(axis=-1, keepdims=True))
            return np.asarray(values / values.sum(axis=-1, keepdims=True))
        return values

    def outputs(self, values: Doubles) -> NDArray[np.float32]:
        """The inverse of :meth:`values`: what a model would have to give out for these."""
        if self.kind == BINARY:
            chosen = values[..., 1:]
            if self.logits:
                with np.errstate(divide="ignore"):
                    chosen = np.log(chosen) - np.log(values[..., :1])
            return chosen.astype(np.float32)
        if self.kind == MULTICLASS and self.logits:
            with np.errstate(divide="ignore"):
                values = np.log(values)
        return values.astype(np.float32)


def task_of(model: Network) -> Task:
    """What this model predicts. A loss of one's own counts as one for numbers.

    Raises:
        NotCompiled: there is no loss yet.
        Unsupported: several binary outputs a row.
    """
    if not model.compiled:
        raise NotCompiled(
            f"{model.name} must be compiled: the loss says whether it predicts numbers or classes. "
            "Call model.compile(optimizer='adam', loss='mae') first."
        )
    loss = model.loss_function.lower().loss
    logits = loss.endswith("_logits")
    if loss.startswith("binary_crossentropy"):
        width = model.output_shape[1]
        if width != 1:
            raise Unsupported(
                f"prediction sets are for one label a row; {model.name} has {width} binary "
                "outputs. Train one model for each of them."
            )
        return Task(BINARY, logits)
    if loss.startswith("sparse_categorical_crossentropy"):
        return Task(MULTICLASS, logits)
    return Task(REGRESSION)
