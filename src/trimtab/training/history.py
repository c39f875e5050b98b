"""What happened epoch by epoch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from trimtab.errors import InvalidArgument
from trimtab.training.callbacks.base import Callback, Logs

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class History(Callback):
    """Records the logs of every epoch; what ``fit`` returns.

    Attributes:
        history: key -> one Python float an epoch; ``pandas.DataFrame(history.history)`` works.
        epoch: the numbers of the epochs, from 0.
        params: ``epochs``, ``steps`` and ``verbose`` of the run.
        model: the model.

    Example:
        >>> import trimtab
        >>> model = trimtab.Sequential([trimtab.layers.Dense(1, input_shape=[1])], seed=1)
        >>> model.compile(optimizer="sgd", loss="mse")
        >>> history = model.fit([[0.0], [1.0]], [0.0, 1.0], epochs=3, verbose=0)
        >>> history.epoch, list(history.history)
        ([0, 1, 2], ['loss'])
    """

    #: Tells ``CallbackList`` that there is one, whatever class it is.
    is_history = True

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        model.history = self

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for key, value in (logs or {}).items():
            self.history.setdefault(key, []).append(value)

    def wants_epochs(self) -> bool:
        return type(self).on_epoch_end is not History.on_epoch_end

    def diverged_at(self, *keys: str) -> int | None:
        """The first epoch (from 1) at which one of these (or any) is nan or infinite, or None."""
        first = [
            next((i for i, value in enumerate(self.history[key]) if not math.isfinite(value)), None)
            for key in keys or self.history
        ]
        found = [i for i in first if i is not None]
        return self.epoch[min(found)] + 1 if found else None

    def plot(self, *keys: str, ax: Axes | None = None, title: str | None = None) -> Axes:
        """Draws curves over the epochs, validation beside training, and returns the axes.

        Args:
            keys: what to draw, ``loss`` by default; the ``val_`` curve of each comes with it.
            ax: axes to draw on; new ones by default.
            title: of the axes. Where a curve became nan, the title says at which epoch.

        Errors:
            ``InvalidArgument`` for a key that was not recorded.

        Example:
            >>> import trimtab
            >>> history = trimtab.callbacks.History()
            >>> history.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.7})
            >>> axes = history.plot()
            >>> [line.get_label() for line in axes.get_lines()]
            ['loss', 'val_loss']
        """
        drawn: list[str] = []
        for key in keys or ("loss",):
            if key not in self.history:
                known = ", ".join(self.history) or "none yet"
                raise InvalidArgument(f"{key!r} was not recorded. There are: {known}.")
            drawn += [name for name in (key, f"val_{key}") if name in self.history]
        if ax is None:
            from matplotlib.figure import Figure

            if _interactive():
                from matplotlib import pyplot

                ax = pyplot.subplots()[1]
            else:  # no state shared with anybody, no window system asked for
                ax = Figure().subplots()
        for key in drawn:
            values = self.history[key]
            # A metric that came later than the others belongs to the last epochs.
            ax.plot([epoch + 1 for epoch in self.epoch[-len(values) :]], values, label=key)
        ax.set_xlabel("epoch")
        ax.set_ylabel(keys[0] if len(keys) == 1 else "loss" if not keys else "")
        ax.legend()
        diverged = self.diverged_at(*drawn)
        parts = [title] if title else []
        if diverged is not None:
            parts.append(f"diverged at epoch {diverged}")
        if parts:
            ax.set_title(" - ".join(parts))
        return ax

    def __getstate__(self) -> dict[str, Any]:
        # A history outlives its model: saving or pickling one does not drag the other along.
        return {**self.__dict__, "model": None}


def _interactive() -> bool:
    """Whether pyplot is in use already (a notebook, a script that draws)."""
    import sys

    return "matplotlib.pyplot" in sys.modules
