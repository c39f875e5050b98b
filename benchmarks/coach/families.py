"""Families of healthy networks, and how each is trained: where every run starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from benchmarks.coach.recipe import Block, Recipe
from benchmarks.coach.rows import Rows

STEPS = 1200  # of a training, about
SPARSE = "sparse_categorical_crossentropy"


@dataclass(frozen=True)
class Family:
    """Hidden layers, an optimizer, and how training ends.

    Attributes:
        training: Options of the recipe; ``batch_size`` and ``patience`` as in ``fit``.
    """

    blocks: tuple[Block, ...]
    training: dict[str, Any] = field(default_factory=dict)

    def recipe(self, rows: Rows) -> Recipe:
        outputs: dict[str, dict[str, Any]] = {
            "regression": {"activation": None, "units": 1, "loss": "mse"},
            "binary": {"activation": "sigmoid", "units": 1, "loss": "binary_crossentropy"},
            "multiclass": {"activation": "softmax", "units": rows.kinds, "loss": SPARSE},
        }
        made = Recipe(rows, self.blocks, **outputs[rows.task] | self.training)
        return made.with_(epochs=min(100, max(12, round(STEPS / made.steps))))


def _same(number: int, units: int, activation: str | None = "relu", **more: Any) -> Family:
    training = more.pop("training", {})
    return Family((Block(units, activation, **more),) * number, training)


_SGD = {"optimizer": "SGD", "rate": 0.01, "options": {"momentum": 0.9}}

FAMILIES: dict[str, Family] = {
    "two-relu": _same(2, 32, training={"patience": 8}),
    "small-relu": _same(1, 16),
    "wide-relu": _same(1, 256, training={"patience": 8}),
    "deep-relu": _same(4, 32, dense={"kernel_initializer": "he_normal"}, training={"patience": 8}),
    "tanh": _same(2, 24, "tanh", training={"patience": 10}),
    "elu": _same(2, 32, "elu", training={"batch_size": 64, "patience": 8}),
    "gelu": _same(2, 48, "gelu", training={"optimizer": "AdamW", "patience": 8}),
    "silu-sgd": _same(2, 32, "silu", training=_SGD | {"patience": 10}),
    "relu-sgd": _same(2, 32, training=_SGD | {"patience": 10}),
    "dropout": _same(2, 96, order="dense act drop", rate=0.2, training={"patience": 10}),
    "heavy-dropout": _same(1, 192, order="dense act drop", rate=0.4, training={"batch_size": 64}),
    "normalized": _same(2, 48, order="dense norm act", dense={"use_bias": False}),
    "normalized-after": _same(2, 48, order="dense act norm", training={"patience": 8}),
    "normalized-dropout": Family(
        (
            Block(64, order="dense norm act", dense={"use_bias": False}),
            Block(64, order="dense norm act drop", rate=0.2, dense={"use_bias": False}),
        ),
        {"batch_size": 64, "patience": 10},
    ),
    "pyramid": Family((Block(64), Block(32), Block(16)), {"patience": 8}),
    "residual": Family((Block(32), Block(32, residual=True), Block(32, residual=True))),
}
