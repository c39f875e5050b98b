"""What the layers of a network do at some epochs of its training; the report draws it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from trimtab.engines.base import Rows
from trimtab.insight.probe.inspector import Inspector
from trimtab.insight.probe.tracking import PROBE_ROWS, spread
from trimtab.training.callback import Callback, Logs

if TYPE_CHECKING:
    from trimtab.core.types import Floats
    from trimtab.model.sequential import Sequential

__all__ = ["LayerLooks"]

#: Of the first epochs each is looked at; later ones ever less often, about so many a doubling.
_EACH, _A_DOUBLING = 4, 3


class LayerLooks:
    """What layers do at some epochs: at most about 25 of a thousand, in milliseconds each.

    Looking changes nothing of the network.

    Attributes:
        epochs: that were looked at, from 1.
        curves: quantity -> layer -> a number for each of these epochs.

    Example:
        >>> [epoch for epoch in range(1, 40) if due(epoch)]
        [1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 17, 21, 26, 32]
    """

    def __init__(self, record: Any = None) -> None:
        self.epochs: list[int] = []
        self.curves: dict[str, dict[str, list[float | None]]] = {}
        self._inspector: tuple[Sequential, Inspector] | None = None
        if isinstance(record, dict):
            self.epochs = list(record.get("epochs", []))
            self.curves = {
                quantity: {layer: list(values) for layer, values in by_layer.items()}
                for quantity, by_layer in record.get("curves", {}).items()
            }

    @staticmethod
    def sees(model: Sequential) -> bool:
        """Whether looking takes milliseconds: the native engine compiles nothing for it."""
        from trimtab.engines.native import NativeEngine

        return isinstance(model.inference_engine(), NativeEngine)

    def look(self, model: Sequential, x: Floats, epoch: int) -> None:
        """Looks at the layers after an epoch, if it is time for that.

        Args:
            model: as it is now.
            x: rows to send through it; some of them are used.
            epoch: its number, from 1.
        """
        if not due(epoch) or (self.epochs and epoch <= self.epochs[-1]):
            return
        if self._inspector is None or self._inspector[0] is not model:
            self._inspector = model, Inspector(model)
        inspector = self._inspector[1]
        table = inspector.look(Rows(spread(x, PROBE_ROWS)), model.known_run_seed() or 0)
        for row in table:
            if row.layer in inspector.passing:
                continue
            for name, value in row.quantities().items():
                line = self.curves.setdefault(name, {}).setdefault(row.layer, [])
                line += [None] * (len(self.epochs) - len(line))
                line.append(float(f"{value:.5g}") if math.isfinite(value) else None)
        self.epochs.append(epoch)

    def callbacks(self, model: Sequential, x: Floats) -> list[Callback]:
        """What ``fit`` is given to look, if the model can be looked into."""
        return [Looking(self, x)] if self.sees(model) else []

    def record(self) -> dict[str, Any]:
        """As plain data, for files; empty if nothing was looked at."""
        return {"epochs": self.epochs, "curves": self.curves} if self.epochs else {}


def due(epoch: int) -> bool:
    """Whether an epoch is looked at."""
    if epoch <= _EACH:
        return True
    before, now = (round(_A_DOUBLING * math.log2(each) + 0.5) for each in (epoch - 1, epoch))
    return now > before


class Looking(Callback):
    """Looks at the layers while :meth:`trimtab.Sequential.fit` runs.

    Args:
        looks: takes down what is seen.
        x: rows that are trained on.
    """

    def __init__(self, looks: LayerLooks, x: Floats) -> None:
        super().__init__()
        self._looks, self._x = looks, x

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._looks.look(self.model, self._x, epoch + 1)
