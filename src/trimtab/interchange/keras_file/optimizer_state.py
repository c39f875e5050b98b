"""What optimizers keep, in the order of Keras' files.

Keras writes the number of updates, the learning rate unless it follows a schedule, averages of the
weights, sums of gradients, and then what the rule itself keeps. What a rule makes in one go lies
weight by weight: the momentum and the velocity of the first weight, those of the second, ...
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Floats
from trimtab.model.model import Model
from trimtab.nn.layers import Weight

__all__ = ["arrays_of", "take"]

#: Rules that make their first two slots in one go.
_IN_PAIRS = frozenset({"Adadelta", "Adam", "AdamW", "Adamax", "Ftrl", "Nadam"})


def _order(model: Model) -> Iterator[tuple[int, ...]]:
    """Numbers of slots in the order of Keras; those of a group lie weight by weight."""
    operation = model.optimizer.lower()
    averages = operation.ema_momentum is not None
    sums = operation.accumulation > 1
    own = operation.slots - averages - sums
    if averages:
        yield (operation.slots - 1,)
    if sums:
        yield (own,)
    paired = 2 if own >= 2 and type(model.optimizer).__name__ in _IN_PAIRS else 0
    if paired:
        yield (0, 1)
    for number in range(paired, own):
        yield (number,)


def arrays_of(model: Model, weights: Sequence[Weight]) -> list[Any]:
    """The state of a compiled model's optimizer, as Keras' file has it; zeros before training.

    Args:
        model: whose weights were read back from its engine.
        weights: all of them in Keras' order.
    """
    program = model.program()
    weights = [weight for weight in weights if weight.trainable]
    state = model.runner.state(program, model.weights)
    assert program.optimizer is not None
    table = state.slots.reshape(program.optimizer.slots, program.trainable_count)
    kept = {slot.name: table[:, slot.place] for slot in program.parameters if slot.trainable}
    found: list[Any] = [np.int32(model.runner.step)]
    if model.optimizer.schedule is None:
        found.append(np.float32(model.optimizer.learning_rate))
    for group in _order(model):
        for weight in weights:
            found += [kept[weight.path][number].reshape(weight.shape) for number in group]
    if _keeps_product(model):
        found.append(_product(model.optimizer.beta_1, model.runner.step))
    return found


def take(model: Model, arrays: Sequence[NDArray[Any]], weights: Sequence[Weight]) -> bool:
    """Gives a compiled model the state of Keras' optimizer.

    Args:
        model: whose weights have their values.
        arrays: as the file has them.
        weights: all of them in Keras' order.

    Returns:
        False if they do not fit: nothing is taken then.
    """
    scheduled = model.optimizer.schedule is not None
    first = 1 if scheduled else 2
    if len(arrays) < first or any(array.shape != () for array in arrays[:first]):
        return False
    step = int(arrays[0])
    rate = None if scheduled else float(arrays[1])
    if not 0 <= step < 2**62 or (rate is not None and not (math.isfinite(rate) and rate >= 0)):
        return False
    trained = [weight for weight in weights if weight.trainable]
    slots = _slots(model, list(arrays[first:]), trained)
    if slots is None:
        return False
    model.runner.step = model.optimizer.iterations = step
    if rate is not None:
        model.optimizer.learning_rate = rate
    model.runner.slots = slots
    model.runner.touched()
    return True


def _slots(
    model: Model, arrays: list[NDArray[Any]], weights: list[Weight]
) -> dict[str, Floats] | None:
    """Slots by the path of their weight; None if they do not fit."""
    if not arrays:  # compiled and never trained
        return {}
    if _keeps_product(model):
        arrays.pop()
    count = model.optimizer.lower().slots
    if len(arrays) != count * len(weights):
        return None
    found = {weight.path: np.zeros((count, weight.size), np.float32) for weight in weights}
    waiting = iter(arrays)
    for group in _order(model):
        for weight in weights:
            for number in group:
                array = next(waiting)
                if array.shape != weight.shape:
                    return None
                found[weight.path][number] = array.reshape(-1)
    return found


def _keeps_product(model: Model) -> bool:
    """Whether Keras keeps the product of the momentums so far, too; trimtab works it out."""
    return type(model.optimizer).__name__ == "Nadam"


def _product(beta: float, step: int) -> Any:
    logarithms = (
        math.log(beta * (1 - 0.5 * 0.96**t)) if beta else -math.inf
        for t in range(1, min(step, 100_000) + 1)
    )
    return np.float32(math.exp(sum(logarithms)))
