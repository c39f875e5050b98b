"""The rule about the learning rate: whether it is usual, and gets far enough in these steps."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from trimtab.insight.coach import remedies, source, steps
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.insight.coach.reach import foretold
from trimtab.insight.coach.rules.scales import slowed_by_scale
from trimtab.nn.optimizers import SGD, RMSprop

__all__ = ["unusual_learning_rate"]

#: Usual learning rates; for SGD, after division by 1 - momentum.
USUAL = {"sgd": (1e-6, 1.0), "others": (1e-6, 0.1)}

#: Learning rates to try, the most cautious first; for SGD, after division by 1 - momentum.
USUAL_RATES = {"sgd": (0.01, 0.03, 0.1), "others": (0.001, 0.003, 0.01)}

#: By how much of itself the loss is to fall, as the first step has it.
ENOUGH = 2.0


def unusual_learning_rate(facts: Facts) -> Iterator[Finding]:
    """A learning rate, or the highest of a schedule, outside the usual range, or too low."""
    optimizer = facts.optimizer
    if optimizer is None or not foretold(optimizer):
        return
    schedule = optimizer.schedule
    rate = max(float(optimizer.learning_rate), facts.highest_rate or 0.0)
    if schedule is not None:
        times = np.unique(np.linspace(0, max((facts.steps or 1) - 1, 0), 100).astype(int))
        rate = max(float(schedule(int(step))) for step in times)
    plain = isinstance(optimizer, SGD)
    low, high = USUAL["sgd" if plain else "others"]
    momentum = optimizer.momentum if isinstance(optimizer, SGD | RMSprop) else 0.0
    effective = rate / (1 - momentum) if momentum < 1 else math.inf
    far = steps.reach(facts)
    # At a usual rate it is the number of steps that is low, which whoever chose it knows.
    cautious = effective < USUAL_RATES["sgd" if plain else "others"][0] * (1 - 1e-6)
    unmoved = far is not None and not far.moves and cautious and not slowed_by_scale(facts)
    gets_there = far is not None and far.moves
    usual = effective <= high * (1 + 1e-6)  # 0.1 / (1 - 0.9) is a little more than 1
    usual = usual and (effective >= low or gets_there)
    if usual and not unmoved:
        return
    evidence = {
        "optimizer": type(optimizer).__name__,
        "learning_rate": source.shortest(rate),
        "momentum": momentum,
        "effective": effective if math.isfinite(effective) else None,
        "low": low,
        "high": high,
    }
    sentence = "{optimizer} with learning rate {learning_rate:g}"
    if schedule is not None:
        sentence = "{optimizer} with learning rates up to {learning_rate:g}"
    if momentum == 1:
        sentence += " and momentum 1, which never slows down"
    elif momentum:
        sentence += " and momentum {momentum:g}: effectively {effective:.3g}"
    if unmoved and effective <= high:
        assert far is not None
        evidence |= {
            "steps": far.steps,
            "loss": far.first.loss,
            "reached": far.loss,
            "constant": far.first.constant,
        }
        sentence += (
            ": {steps:,} steps lower the loss from {loss:.3g} to {reached:.3g} or so; predicting "
            "the same for all rows has {constant:.3g}"
        )
    else:
        sentence += "; the usual range is {low:g} to {high:g}"
    code, better = _better_rate(facts, momentum)
    yield Finding.of(
        Code.UNUSUAL_LEARNING_RATE,
        sentence,
        evidence,
        edits=[Edit("learning_rate", {"value": better})],
        steps=code,
    )


def _better_rate(facts: Facts, momentum: float) -> tuple[str, float]:
    """Code for a learning rate that gets far enough in these steps, or more, and the rate."""
    optimizer = facts.optimizer
    assert optimizer is not None
    first, total = facts.first_step, facts.steps
    rates = USUAL_RATES["sgd" if isinstance(optimizer, SGD) else "others"]
    slowed = 1 - (0.9 if momentum >= 1 else momentum)
    better, share = float(f"{rates[0] * slowed:.3g}"), math.inf
    if first is not None and first.loss > 0 and total:
        for rate in rates:
            better = float(f"{rate * slowed:.3g}")
            updates = total / (optimizer.gradient_accumulation_steps or 1)
            share = better / slowed * updates * first.fall / first.loss
            if share >= ENOUGH:
                break
    code = f"model.optimizer.learning_rate = {better!r}"
    if optimizer.schedule is not None or momentum >= 1:
        changes = {"learning_rate": better} | ({"momentum": 0.9} if momentum >= 1 else {})
        new = remedies.changed_optimizer(facts, **changes)
        code = remedies.recompiled(facts.model, facts.plan, optimizer=new)
    else:
        facts.plan.compile["optimizer"] = remedies.changed_optimizer(facts, learning_rate=better)
    if share < ENOUGH / 2:
        epochs = math.ceil(facts.epochs * ENOUGH / share) if share > 0 else 100
        code += "\n" + remedies.fitting(facts, epochs=repr(min(epochs, 10_000)))
    return code, better
