"""What a model predicts, according to its loss: numbers, or one of several classes."""

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

#: Names of tasks in pickles of earlier versions.
_FORMER_NAMES = {"numbers": REGRESSION, "classes": MULTICLASS}


@dataclass(frozen=True)
class Task:
    """The meaning of a model's outputs.

    Attributes:
        kind: ``regression``, ``binary`` (one probability per row) or ``multiclass``.
        logits: Whether outputs are logits: values before sigmoid or softmax.
    """

    kind: str
    logits: bool = False

    def __setstate__(self, state: dict[str, Any]) -> None:
        kind = state["kind"]
        self.__dict__.update(state, kind=_FORMER_NAMES.get(kind, kind))

    @property
    def classifies(self) -> bool:
        """Whether the model predicts classes."""
        return self.kind != REGRESSION

    def values(self, outputs: NDArray[Any]) -> Doubles:
        """Outputs as numbers, or as probabilities ``(..., classes)``, in float64.

        A binary output becomes two probabilities, of class 0 and class 1.
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
        """The inverse of :meth:`values`."""
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
    """What a model predicts; a custom loss counts as one for numbers.

    Raises:
        NotCompiled: The model has no loss yet.
        Unsupported: It has several binary outputs.
    """
    if not model.compiled:
        raise NotCompiled(
            f"{model.name} is not compiled, and only the loss tells whether it predicts numbers or "
            "classes. Call model.compile(optimizer='adam', loss='mae') first."
        )
    if len(model.heads) > 1:
        names = ", ".join(head.name for head in model.heads)
        raise Unsupported(
            f"{model.name} has several outputs ({names}), and only one is supported here. Make a "
            "model of the output you mean: Model(model.inputs, model.outputs[0])."
        )
    loss = model.loss_function.lower().loss
    logits = loss.endswith("_logits")
    if loss.startswith(("binary_crossentropy", "binary_focal")):
        width = model.output_width()
        if width != 1:
            raise Unsupported(
                f"{model.name} has {width} binary outputs, and only one is supported here. Train "
                "one model for each."
            )
        return Task(BINARY, logits)
    if "categorical" in loss and loss != "categorical_hinge":
        return Task(MULTICLASS, logits)
    return Task(REGRESSION)
