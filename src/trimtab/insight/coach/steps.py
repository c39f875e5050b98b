"""What the sizes and the number of the steps do: the conditions of several rules.

A remedy that changes a fit is tried on these conditions first, so that it calls up none of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from trimtab.insight.coach.chain import Node
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.labels import Form
from trimtab.insight.coach.output import PROBABILITIES, final_function, reaches_targets
from trimtab.insight.coach.reach import FirstStep, first_step, total_rate
from trimtab.insight.coach.scaling import standardized
from trimtab.insight.coach.start import Start

__all__ = [
    "FEWEST_ROWS",
    "FORGOTTEN",
    "Reach",
    "ends_tiny",
    "few_rows",
    "fitting_changes",
    "found",
    "measure_start",
    "normalizes_single_rows",
    "reach",
    "slow_averages",
    "tiny_last",
    "too_few_rows",
]

#: Start values with less weight than this count as forgotten.
FORGOTTEN = 0.05

#: Statistics this close to those of the data, in standard deviations, hold no start values.
CLOSE = 0.2

#: Fewest rows for a mean and a variance; a batch's mean is then typically off by a quarter of a
#: standard deviation.
FEWEST_ROWS = 16

#: A last batch with fewer rows is tiny.
TINY = 8

#: Rows of a last batch, times batches of an epoch, up to which its gradients do harm, and the same
#: for the square of the rows: one row of 8 batches, two of 4 and three of 2 raise errors by a tenth
#: or more (means of eleven tables), three of 3 and four of 2 by 4 to 5 %. And the error of the
#: moving averages after it, in standard deviations, from which on this does. All were measured on
#: held-out rows, against batches of even size.
FEW_TINY, FEW_TINY_SQUARED, TINY_ERROR = 9, 18, 0.07

#: Training hardly moves if the loss falls by less than this share,
MOVES = 0.3

#: and stays above this share of what the best constant prediction has.
LEARNT = 0.8


def normalizes_single_rows(facts: Facts) -> bool:
    """Whether there are too few rows for batch statistics, whatever the size of the batches."""
    return facts.rows is not None and facts.rows < FEWEST_ROWS


def slow_averages(facts: Facts) -> list[tuple[Node, float]]:
    """Batch normalizations whose start values count after half of the run, and until which step."""
    steps = facts.steps
    freeze = facts.settings.freeze_statistics_after
    if not steps or facts.settings.statistics == "population":
        return []
    if freeze is not None and facts.epoch_steps:
        steps = min(steps, facts.epoch_steps * max(0, freeze - facts.settings.initial_epoch))
    done = facts.model.runner.step
    slow = []
    for node in facts.moving:
        momentum = node.layer.momentum
        if momentum == 0 or node.layer.debias:
            continue
        needed = math.inf if momentum == 1 else math.log(FORGOTTEN) / math.log(momentum) - done
        if needed > steps / 2 and not _holds_statistics(facts, node):
            slow.append((node, needed))
    return slow


def _holds_statistics(facts: Facts, node: Node) -> bool:
    """Whether a layer holds the statistics of these rows already, by whatever way."""
    if not facts.model.runner.step:
        return False
    return facts.measured.stale.get(node.path, math.inf) < CLOSE


def few_rows(facts: Facts) -> list[tuple[Node, int]]:
    """Batch normalizations with statistics of few rows, and of how many."""
    batch = facts.settings.batch_size
    if facts.rows is not None:
        batch = min(batch, facts.rows)
    found = []
    for node in facts.moving:
        virtual = node.layer.virtual_batch_size
        rows = batch if virtual is None else min(batch, virtual)
        if rows < FEWEST_ROWS:
            found.append((node, rows))
    return found


def too_few_rows(facts: Facts) -> bool:
    """Whether a batch normalization that is put in would have too few rows, or too few steps."""
    batch = min(facts.settings.batch_size, facts.rows or facts.settings.batch_size)
    needed = 2 * math.log(FORGOTTEN) / math.log(0.99)
    few = facts.settings.statistics != "population" and (facts.steps or 0) <= needed
    return batch < FEWEST_ROWS or few or _last(facts) * (facts.epoch_steps or 0) <= FEW_TINY


def _last(facts: Facts) -> int:
    """Rows of the last batch if it is much smaller than the others; else more than enough."""
    batches = facts.batches
    if not batches or len(batches) < 2 or batches[-1] >= min(TINY, facts.settings.batch_size):
        return FEW_TINY + 1
    return batches[-1]


def ends_tiny(facts: Facts) -> bool:
    """Whether the last batch is much smaller than the others, be it harmful or not."""
    return _last(facts) <= FEW_TINY


def tiny_last(facts: Facts) -> int | None:
    """Rows of a last batch that is so small that it does harm; None if there is none."""
    last = _last(facts)
    if last > FEW_TINY or not facts.moving:
        return None
    error = 0.0
    if facts.settings.statistics != "population":
        error = (1 - min(node.layer.momentum for node in facts.moving)) / math.sqrt(last)
    each = last * (facts.epoch_steps or 0)
    spoils = each <= FEW_TINY and last * each <= FEW_TINY_SQUARED
    return last if spoils or error >= TINY_ERROR else None


@dataclass(frozen=True)
class Reach:
    """How far the loss gets.

    Attributes:
        first: The first step.
        steps: Number of steps.
        share: By what share the loss falls, at the most.
    """

    first: FirstStep
    steps: int
    share: float

    @property
    def loss(self) -> float:
        """The loss that training reaches."""
        return self.first.loss * max(0.0, 1 - self.share)

    @property
    def moves(self) -> bool:
        """Whether training gets anywhere."""
        return self.share >= MOVES or self.loss <= LEARNT * self.first.constant


def measure_start(facts: Facts) -> None:
    """Adds the start of the network, with its output mended, and its first step to the facts."""
    facts.start, facts.first_step = _start(facts), None
    if facts.start is not None and facts.optimizer is not None:
        facts.first_step = first_step(facts.start, facts.optimizer)


def _start(facts: Facts) -> Start | None:
    loss, y = facts.loss, facts.y
    if loss is None or y is None or facts.model.runner.step:
        return None
    if facts.labels is not None and facts.labels.form is Form.NUMBERS:
        return None
    if loss.sparse and not float(y.columns.high[0]) < (facts.outputs or 0):
        return None
    function = final_function(facts)
    keep = reaches_targets(facts) and not (function == "softmax" and facts.outputs == 1)
    if "crossentropy" in loss.loss:
        if function not in ("linear", *PROBABILITIES):
            keep, function = False, "linear"
        loss = _matching(loss, function)
    return facts.measured.start(loss, y, last=keep, x=standardized(facts))


def _matching(loss: Any, function: str) -> Any:
    name = loss.loss.removesuffix("_logits")
    return replace(loss, loss=name if function in PROBABILITIES else f"{name}_logits")


def reach(facts: Facts) -> Reach | None:
    """How far training gets; None if that cannot be measured."""
    if not facts.steps or facts.optimizer is None:
        return None
    first = facts.first_step
    if first is None or first.loss <= 0:
        return None
    total = total_rate(facts.optimizer, facts.model.runner.step, facts.steps)
    return Reach(first, facts.steps, total * first.fall / first.loss)


def fitting_changes(facts: Facts, candidates: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The first of several changes of a fit that calls up no finding; the last, if all do."""
    chosen: dict[str, Any] = {}
    before = found(facts)
    for candidate in candidates:
        chosen = dict(candidate)
        if not found(facts.changed(**chosen)) - before:
            break
    return chosen


def found(facts: Facts) -> set[str]:
    """The names of the conditions that are met."""
    far = reach(facts)
    conditions = {
        "slow": bool(slow_averages(facts)),
        "few": bool(few_rows(facts)),
        "tiny": tiny_last(facts) is not None,
        "reach": far is not None and not far.moves,
    }
    return {name for name, met in conditions.items() if met}
