"""A network and its training as plain data: what a fault changes, and what is then trained."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.coach.rows import Array, Rows
from trimtab import Sequential, callbacks, layers, optimizers
from trimtab.nn.layers.base import Layer


@dataclass(frozen=True)
class Block:
    """A hidden layer and what stands around it.

    Attributes:
        order: What comes after what, of dense, norm, act, drop.
        dense, norm: More arguments of the layers.
        residual: With a connection around it.
    """

    units: int
    activation: str | None = "relu"
    order: str = "dense act"
    rate: float = 0.0
    dense: Mapping[str, Any] = field(default_factory=dict)
    norm: Mapping[str, Any] = field(default_factory=lambda: {"momentum": 0.9})
    residual: bool = False

    def layers(self) -> list[Layer]:
        words = self.order.split()
        fused = words[:2] == ["dense", "act"]  # an argument of the dense layer, as people write it
        made: dict[str, Callable[[], Layer]] = {
            "dense": lambda: layers.Dense(
                self.units, activation=self.activation if fused else None, **self.dense
            ),
            "norm": lambda: layers.BatchNormalization(**self.norm),
            "act": lambda: layers.Activation(self.activation or "linear"),
            "drop": lambda: layers.Dropout(self.rate),
        }
        stack = [made[word]() for word in words if not (fused and word == "act")]
        return [layers.Residual(*stack)] if self.residual else stack

    @property
    def normalized(self) -> bool:
        return "norm" in self.order.split()


@dataclass(frozen=True)
class Recipe:
    """Everything that is written to train a network.

    Attributes:
        front, tail: Layers before the first block and behind the output, as functions that make
            them.
        head: More arguments of the output layer.
        optimizer: Its class and arguments.
        schedule: From the rate to the schedule.
        loss: A name, or a function that makes the loss.
        patience: Of early stopping, which restores the best weights; None: none.
        callbacks: Others, as functions that make them.
        fit: More arguments of ``fit``.
        share: Validate on this share from the end of the training rows, instead of on rows apart.
        frozen: Layers cannot train.
        groups: Labels for ``check``.
    """

    rows: Rows
    blocks: tuple[Block, ...]
    activation: str | None
    units: int
    loss: Any
    rate: float = 1e-3
    optimizer: str = "Adam"
    options: Mapping[str, Any] = field(default_factory=dict)
    schedule: Callable[[float], Any] | None = None
    batch_size: int = 32
    epochs: int = 40
    patience: int | None = None
    callbacks: tuple[Callable[[], Any], ...] = ()
    fit: Mapping[str, Any] = field(default_factory=dict)
    front: tuple[Callable[[], Layer], ...] = ()
    tail: tuple[Callable[[], Layer], ...] = ()
    head: Mapping[str, Any] = field(default_factory=dict)
    share: float = 0.0
    frozen: bool = False
    groups: Any = None

    def model(self, seed: int) -> Sequential:
        stack = [make() for make in self.front]
        stack += [layer for block in self.blocks for layer in block.layers()]
        stack += [layers.Dense(self.units, activation=self.activation, **self.head)]
        stack += [make() for make in self.tail]
        for layer in stack:
            layer.trainable = not self.frozen
        model = Sequential(stack, seed=seed)
        rate = self.schedule(self.rate) if self.schedule else self.rate
        optimizer = getattr(optimizers, self.optimizer)(rate, **self.options)
        model.compile(optimizer=optimizer, loss=self.loss() if callable(self.loss) else self.loss)
        return model

    def arguments(self) -> dict[str, Any]:
        """Of ``fit``, and of ``check``."""
        rows, called = self.rows, [make() for make in self.callbacks]
        if self.patience is not None:
            called.append(
                callbacks.EarlyStopping(patience=self.patience, restore_best_weights=True)
            )
        held: dict[str, Any] = (
            {"validation_split": self.share}
            if self.share
            else {"validation_data": (rows.x.valid, rows.y.valid)}
        )
        return {
            "x": rows.x.train,
            "y": rows.y.train,
            "batch_size": self.batch_size,
            "epochs": self.epochs,
            "callbacks": called,
            **held,
            **self.fit,
        }

    def validation(self) -> tuple[Array, Array]:
        """Features and truth of the rows that the user validates on."""
        rows = self.rows
        if self.share:
            kept = int(len(rows.x.train) * (1 - self.share))
            return rows.x.train[kept:], rows.truth.train[kept:]
        return rows.x.valid, rows.truth.valid

    # -- what faults and remedies change ---------------------------------------------------------

    def with_(self, **changes: Any) -> Recipe:
        return replace(self, **changes)

    def each_block(self, **changes: Any) -> Recipe:
        return self.with_(blocks=tuple(replace(block, **changes) for block in self.blocks))

    def each_dense(self, **arguments: Any) -> Recipe:
        blocks = (replace(block, dense={**block.dense, **arguments}) for block in self.blocks)
        return self.with_(blocks=tuple(blocks))

    def on(self, rows: Rows) -> Recipe:
        return self.with_(rows=rows)

    def trained_as(self, optimizer: str, rate: float, **options: Any) -> Recipe:
        return self.with_(optimizer=optimizer, rate=rate, options=options, schedule=None)

    def fitted(self, **arguments: Any) -> Recipe:
        return self.with_(fit={**self.fit, **arguments})

    @property
    def steps(self) -> int:
        """Of an epoch."""
        kept = len(self.rows.x.train) * (1 - self.share)
        return max(1, -(-int(kept) // self.batch_size))


@dataclass(frozen=True)
class Trained:
    """What came of one training.

    Attributes:
        error: On rows held out, as a share of that of the best constant; infinite if a prediction
            is not finite.
        told: The same on the rows that the user validates on.
    """

    model: Sequential
    history: Any
    error: float
    told: float


def fit(model: Sequential, recipe: Recipe, **more: Any) -> Any:
    """Fit without a word: that a network is frozen is what a run is about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return model.fit(**recipe.arguments() | more, verbose=0)


def train(recipe: Recipe, seed: int) -> Trained:
    """Fit the recipe once; the same seed gives the same bits."""
    model = recipe.model(seed)
    history = fit(model, recipe)
    rows = recipe.rows
    x, truth = recipe.validation()
    told = replace(rows, truth=replace(rows.truth, valid=truth))
    return Trained(
        model,
        history,
        rows.error(model.predict(rows.x.test), "test"),
        told.error(model.predict(x), "valid"),
    )
