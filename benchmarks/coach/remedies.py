"""The common remedies, as changes of a recipe: none of them may clearly improve a healthy run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from benchmarks.coach.recipe import Block, Recipe

MOST_UNITS, MOST_EPOCHS = 256, 150  # a run takes a second


def _units(factor: float) -> Callable[[Recipe], Recipe]:
    def changed(units: int) -> int:
        wanted = max(1, round(units * factor))
        return wanted if factor < 1 else max(units, min(wanted, MOST_UNITS))

    def change(recipe: Recipe) -> Recipe:
        blocks = (replace(b, units=changed(b.units)) for b in recipe.blocks)
        return recipe.with_(blocks=tuple(blocks))

    return change


def _rate(factor: float) -> Callable[[Recipe], Recipe]:
    return lambda recipe: recipe.with_(rate=recipe.rate * factor)


def _longer(recipe: Recipe) -> Recipe:
    patience = None if recipe.patience is None else 3 * recipe.patience
    epochs = max(recipe.epochs, min(3 * recipe.epochs, MOST_EPOCHS))
    return recipe.with_(epochs=epochs, patience=patience)


def _dropped(block: Block) -> Block:
    return replace(block, order=block.order.replace(" drop", "") + " drop", rate=0.2)


def _normalized(block: Block) -> Block:
    rest = " drop" if "drop" in block.order else ""
    return replace(block, order=f"dense norm act{rest}", norm={"momentum": 0.9})


def _plain(block: Block) -> Block:
    return replace(block, order="dense act", rate=0.0)


def _each(change: Callable[[Block], Block]) -> Callable[[Recipe], Recipe]:
    return lambda recipe: recipe.with_(blocks=tuple(map(change, recipe.blocks)))


REMEDIES: dict[str, Callable[[Recipe], Recipe]] = {
    "longer": _longer,
    "early stopping": lambda recipe: recipe.with_(patience=8),
    "higher rate": _rate(5.0),
    "lower rate": _rate(0.2),
    "wider": _units(3.0),
    "narrower": _units(1 / 3),
    "dropout": _each(_dropped),
    "batch normalization": _each(_normalized),
    "neither": _each(_plain),
}
