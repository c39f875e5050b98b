"""The history of a fit: losses and metrics of each epoch."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from trimtab.core.notebook import html_table, paragraph
from trimtab.core.pictures import FEW, new_figure, picture_html
from trimtab.core.words import count, figure
from trimtab.errors import InvalidArgument
from trimtab.training.callback import Callback, Logs
from trimtab.training.layer_curves import draw_layers, layers_frame
from trimtab.training.progress import number_of, ordered

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


class History(Callback):
    """Records the logs of every epoch; what ``fit`` returns.

    Attributes:
        history: key -> one Python float per epoch; ``pandas.DataFrame(history.history)`` works.
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
        >>> history
        <History of 3 epochs: loss 0.04561>
    """

    #: ``CallbackList`` adds no other history if a callback has this.
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

    def get_state(self) -> dict[str, Any]:
        return {"history": self.history, "epoch": self.epoch}

    def set_state(self, state: dict[str, Any]) -> None:
        self.history = {key: list(values) for key, values in state["history"].items()}
        self.epoch = list(state["epoch"])

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

    def layers(self) -> pd.DataFrame:
        """What ``fit(track=["layers"])`` logged: one row for each layer and epoch (from 1).

        Raises:
            InvalidArgument: no layers were tracked.

        Example:
            >>> import trimtab
            >>> history = trimtab.callbacks.History()
            >>> history.on_epoch_end(0, {"loss": 0.5, "dense/mean": 0.1, "dense/zeros": 0.5})
            >>> history.layers().loc[("dense", 1)].to_dict()
            {'mean': 0.1, 'zeros': 0.5}
        """
        return layers_frame(self.history, self.epoch, self.model)

    @overload
    def plot(
        self,
        *keys: str,
        ax: Axes | None = ...,
        title: str | None = ...,
        layers: Literal[False] = ...,
    ) -> Axes: ...

    @overload
    def plot(
        self, *keys: str, ax: None = ..., title: str | None = ..., layers: Literal[True]
    ) -> list[Axes]: ...

    def plot(
        self,
        *keys: str,
        ax: Axes | None = None,
        title: str | None = None,
        layers: bool = False,
    ) -> Axes | list[Axes]:
        """Draws curves over the epochs, validation next to training.

        Args:
            keys: what to draw, ``loss`` by default; each with its ``val_`` curve.
            ax: axes to draw on; new ones by default.
            title: of the axes. If a curve became NaN, the title says at which epoch.
            layers: draw what ``fit(track=["layers"])`` logged instead: a panel for each quantity
                (``mean``, ``update_ratio``, ...; all by default, or those in ``keys``) with one
                line per layer, in a new figure.

        Returns:
            The axes; with ``layers`` a list of axes.

        Raises:
            InvalidArgument: a key that was not recorded, and for ``ax`` with ``layers``.

        Example:
            >>> import trimtab
            >>> history = trimtab.callbacks.History()
            >>> history.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.7})
            >>> axes = history.plot()
            >>> [line.get_label() for line in axes.get_lines()]
            ['loss', 'val_loss']
        """
        if layers:
            if ax is not None:
                raise InvalidArgument(
                    "plot(layers=True) draws several panels, received ax for one. Leave it out."
                )
            return draw_layers(self.history, self.epoch, self.model, keys, title, new_figure())
        drawn: list[str] = []
        for key in keys or ("loss",):
            if key not in self.history:
                known = ", ".join(self.history) or "none yet"
                raise InvalidArgument(f"{key!r} was not recorded. There are: {known}.")
            drawn += [name for name in (key, f"val_{key}") if name in self.history]
        ours = ax is None
        if ax is None:
            ax = new_figure(layout=None).subplots()
        # A single point has no line.
        style: dict[str, Any] = {"marker": "o"} if len(self.epoch) < FEW else {}
        for key in drawn:
            values = self.history[key]
            # A metric that came later than the others belongs to the last epochs.
            epochs = [epoch + 1 for epoch in self.epoch[-len(values) :]]
            ax.plot(epochs, values, label=key, **style)
        if ours:
            _number_whole_epochs(ax, self.epoch)
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

    def to_html(self, path: str | os.PathLike[str], *, title: str = "Learning curves") -> Path:
        """Writes the curves as a page: one HTML file that works offline.

        Losses, metrics, and what ``fit(track=["layers"])`` logged of each layer.

        Args:
            path: of the page; it appears whole or not at all.
            title: above the curves.

        Returns:
            The path of the page.

        Raises:
            InvalidArgument: no epochs were trained.

        Example:
            >>> import tempfile
            >>> import trimtab
            >>> history = trimtab.callbacks.History()
            >>> history.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.7})
            >>> history.on_epoch_end(1, {"loss": 0.4, "val_loss": 0.6})
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     "</svg>" in history.to_html(f"{folder}/curves.html").read_text("utf-8")
            True
        """
        from trimtab.training.curves_page import write_curves

        return write_curves(self.history, self._best_place(), path, title)

    def __repr__(self) -> str:
        return described(self.history, self.epoch)

    def _repr_html_(self) -> str:
        """What a notebook shows: the curves, and the numbers of the best and the last epoch."""
        if not self.epoch or not self.history:
            return paragraph("No epochs were trained.")
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6, 3.2), layout="constrained")
        parts = []
        if "loss" in self.history:
            axes = figure.subplots()
            self.plot(ax=axes)
            _number_whole_epochs(axes, self.epoch)
            parts.append(picture_html(figure))
        names = ordered(name for name in self.history if "/" not in name)
        places = {len(self.epoch) - 1: "last"}
        best = self._best_place()
        if best is not None:
            places = {best: "best", **places} if best not in places else {best: "best and last"}
        rows = [
            [
                f"{self.epoch[place] + 1} ({word})",
                *(self._number_at(name, place) for name in names),
            ]
            for place, word in places.items()
        ]
        return "".join([*parts, html_table(["epoch", *names], rows)])

    def _best_place(self) -> int | None:
        """Where the lowest validation loss is among the epochs."""
        values = self.history.get("val_loss", [])
        found = [place for place, value in enumerate(values) if math.isfinite(value)]
        if not found:
            return None
        return len(self.epoch) - len(values) + min(found, key=lambda place: values[place])

    def _number_at(self, name: str, place: int) -> str:
        values = self.history[name]
        at = place - (len(self.epoch) - len(values))
        return number_of(values[at]) if 0 <= at < len(values) else ""

    def __getstate__(self) -> dict[str, Any]:
        # A history outlives its model: saving or pickling one does not drag the other along.
        return {**self.__dict__, "model": None}


def _number_whole_epochs(ax: Axes, epochs: Sequence[int]) -> None:
    """There is no epoch 1.5."""
    if len(epochs) == 1:
        ax.set_xticks([epochs[0] + 1])
    else:
        ax.locator_params(axis="x", integer=True)


def described(history: Mapping[str, Sequence[float]], epochs: Sequence[int]) -> str:
    """One line: the number of epochs, the last losses, and the best ones where they differ."""
    losses = [key for key in ("loss", "val_loss") if history.get(key)]
    if not losses:
        return f"<History of {count(len(epochs), 'epoch')}>"
    parts = []
    for key in losses:
        values = history[key]
        best = min(range(len(values)), key=lambda i: (not math.isfinite(values[i]), values[i]))
        part = f"{key} {figure(values[-1])}"
        if math.isfinite(values[best]) and not values[-1] <= values[best]:
            part += f" (best {figure(values[best])}"
            if len(values) == len(epochs):  # not validated now and then only
                part += f" at epoch {epochs[best] + 1}"
            part += ")"
        parts.append(part)
    return f"<History of {count(len(epochs), 'epoch')}: {', '.join(parts)}>"
