"""Rules about the learning rate for these steps: each rate is tried for a few steps more."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from trimtab.core.words import count
from trimtab.insight.coach import remedies
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.course import advice, divergence, thresholds
from trimtab.insight.coach.course.curves import falling
from trimtab.insight.coach.course.facts import Course, end_of, jitter_of
from trimtab.insight.coach.course.lab import Losses
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.findings import Finding

__all__ = ["decay_too_early", "rate_too_high", "rate_too_low"]


def rate_too_high(course: Course) -> Iterator[Finding]:
    """A loss that a tenth of the rate lowers at once or keeps finite, that jumps, or blew up."""
    curves = course.curves
    if curves.rates is None or not len(curves):
        return
    rate = float(curves.rates.max())
    ways = (_diverged,) if course.diverged else (_blew_up, _jumps, _falls_at_a_tenth)
    for how in ways:
        told = how(course)
        if told is None:
            continue
        sentence, evidence = told
        yield Finding.of(
            Code.RATE_TOO_HIGH,
            "with a learning rate of {rate:.3g}, " + sentence,
            {"rate": rate, **evidence},
            edits=[
                Edit("learning_rate", {"factor": thresholds.LOWER}),
                Edit("schedule", {"name": "cosine"}),
                Edit("clip_norm", {"value": 1.0}),
            ],
            steps=advice.other_rate(course.facts, rate * thresholds.LOWER),
        )
        return


_Told = tuple[str, dict[str, Any]]


def _diverged(course: Course) -> _Told | None:
    """The loss is not finite any more, and at a tenth of the rate the same batches keep it so."""
    place, cause, _, _ = divergence.why(course)
    if cause != "rate" or place is None or not place.calm:
        return None
    return (
        "the loss is no number any more from batch {batch} of epoch {epoch} on, and stays finite "
        "in the same batches at a tenth of the rate",
        {"batch": place.batch, "epoch": divergence.first_bad_epoch(course)},
    )


def _blew_up(course: Course) -> _Told | None:
    """The loss was far above that before the first step; where this is unknown, of predicting 0.

    It ends at that of a constant, or was so far above that nothing else explains it.
    """
    constant, first, curves = course.constant, course.first_loss, course.curves
    began = course.zero_loss if first is None else first
    if constant is None or began is None or len(curves) < 2 or course.penalized:
        return None
    start = max(constant, began)
    loss, which = curves.loss, "training"
    if course.dropout > thresholds.MUCH_DROPPED and curves.validated:
        loss, which = curves.val_loss, "validation"
    highest, last = float(loss.max()), end_of(loss)
    place = int(np.argmax(loss))
    if place == len(loss) - 1 or highest < thresholds.BLEW_UP * start:
        return None
    ends = thresholds.NOTHING_LEARNED * constant <= last <= thresholds.AT_CONSTANT * constant
    far = highest >= thresholds.BLEW_UP_FAR * start and last <= thresholds.CALMED * highest
    if not far and not (ends and course.underfits):
        return None
    yardstick = "after {start:.3g} before the first step"
    if first is None:
        yardstick = "where predicting 0 has {start:.3g}"
    return (
        "the {which} loss was {highest:.3g} in epoch {epoch}, "
        + yardstick
        + ", and ends at {last:.4g}; the best constant has {constant:.4g}",
        {
            "which": which,
            "highest": highest,
            "epoch": int(course.curves.epochs[place]),
            "last": last,
            "constant": constant,
            "start": began,
        },
    )


def _jumps(course: Course) -> _Told | None:
    """The training loss rises by a lot, again and again."""
    loss = course.curves.loss
    if len(loss) < thresholds.FEW_EPOCHS or not (loss > 0).all():
        return None
    rises = loss[1:] > (1 + thresholds.JUMP) * loss[:-1]
    noisy = course.dropout or (course.lab is not None and course.lab.normalizes)
    if noisy and course.curves.validated:  # masks and small batches alone make training losses jump
        other = course.curves.val_loss
        rises &= (other > 1.5 * np.minimum.accumulate(other))[1:]
    if course.constant is not None:
        rises &= np.diff(loss) > thresholds.JUMPED_OF_ALL * course.constant
    number = int(rises.sum())
    if number < max(thresholds.FEWEST_JUMPS, thresholds.JUMPS * len(rises)):
        return None
    worst = int(np.argmax(loss[1:] / loss[:-1])) + 1
    return (
        "the training loss rises by more than {percent:.0f} % in {number} of {epochs} epochs, in "
        "epoch {epoch} from {before:.4g} to {after:.4g}",
        {
            "percent": 100 * thresholds.JUMP,
            "number": number,
            "epochs": len(loss),
            "epoch": int(course.curves.epochs[worst]),
            "before": float(loss[worst - 1]),
            "after": float(loss[worst]),
        },
    )


def _falls_at_a_tenth(course: Course) -> _Told | None:
    """A few steps more at a tenth of the rate help far more than at the rate."""
    curves, now = course.curves, course.tried(0.0)
    assert curves.rates is not None
    if now is None:
        return None
    before = now[1]
    rate = float(curves.rates[-1])
    rough = jitter_of(curves.loss) > thresholds.JUMP / 10 * end_of(curves.loss)
    if rate < thresholds.DECAYED * curves.rates.max() or not (rough or course.underfits):
        return None
    low, same = course.tried(rate * thresholds.LOWER), course.tried(rate)
    if low is None or same is None:
        return None
    gained = before.mean - low[1].mean
    surely = before.less(low[1]), same[1].less(low[1])
    better = all(each.mean > thresholds.SURE * each.error for each in surely)
    enough = gained > thresholds.TOO_HIGH * before.mean and low[1].mean < same[1].mean * (
        1 - thresholds.TOO_HIGH / 2
    )
    scale = course.constant
    if not better or not enough:
        return None
    if scale is not None and gained < thresholds.NOTICEABLE * scale:
        return None
    return (
        "{steps} more steps bring the {which} loss from {before:.4g} to {same:.4g}, and at a tenth "
        "of the rate to {low:.4g}",
        {
            "steps": course.more_steps,
            "before": before.mean,
            "same": same[1].mean,
            "low": low[1].mean,
            "which": "validation" if curves.validated else "training",
        },
    )


def rate_too_low(course: Course) -> Iterator[Finding]:
    """A loss that falls several times as fast at ten times the rate."""
    curves, now = course.curves, course.tried(0.0)
    if course.diverged or curves.rates is None or now is None:
        return
    facts, before = course.facts, now[0]
    assert facts is not None
    highest, rate = float(curves.rates.max()), float(curves.rates[-1])
    if rate < thresholds.DECAYED * highest or not (course.underfits or falling(course)):
        return
    if (course.steps or 0) < thresholds.SOME_STEPS or not _steady(course):
        return
    high, same = course.tried(rate * thresholds.HIGHER), course.tried(rate)
    if high is None or same is None or not math.isfinite(high[0].mean):
        return
    faster, own = before.mean - high[0].mean, max(0.0, before.mean - same[0].mean)
    if faster < thresholds.TOO_LOW * before.mean or faster < thresholds.TOO_LOW_TIMES * own:
        return
    if faster < thresholds.SURE * before.less(high[0]).error or any(rate_too_high(course)):
        return
    if not course.underfits and not _helps(course, high[1]):
        return
    yield Finding.of(
        Code.RATE_TOO_LOW,
        "with a learning rate of {rate:.3g}, {many} bring the training loss from {before:.4g} to "
        "{same:.4g}, and at ten times the rate to {high:.4g}",
        {
            "rate": rate,
            "steps": course.more_steps,
            "before": before.mean,
            "same": same[0].mean,
            "high": high[0].mean,
        },
        words={"many": count(course.more_steps, "more step")},
        edits=[Edit("learning_rate", {"factor": thresholds.HIGHER})],
        steps=advice.other_rate(facts, rate * thresholds.HIGHER),
    )


def _helps(course: Course, after: Losses) -> bool:
    """Whether a few steps have surely lowered the loss on validation rows."""
    now = course.tried(0.0)
    if now is None:
        return False
    before = now[1]
    gained, enough = before.less(after), thresholds.GAINED * before.mean
    if course.constant is not None:
        learned = max(0.0, course.constant - before.mean)
        enough = min(enough, thresholds.LEARNED_LATELY * learned)
    enough = max(enough, thresholds.LEAST_GAINED * before.mean)
    return gained.mean > max(enough, thresholds.SURE * gained.error)


def _steady(course: Course) -> bool:
    """Whether the training loss goes down without jumping about."""
    loss = course.curves.loss
    if len(loss) < thresholds.FEW_EPOCHS:
        return True
    fallen = float(loss[0]) - end_of(loss)
    return fallen >= 0 and (np.diff(loss) > thresholds.JUMP * loss[:-1]).mean() < thresholds.JUMPS


def decay_too_early(course: Course) -> Iterator[Finding]:
    """A rate that is next to nothing for many epochs, where steps at a fair one still gain."""
    curves, now = course.curves, course.tried(0.0)
    if course.diverged or curves.rates is None or now is None:
        return
    before, judged = now
    highest = float(curves.rates.max())
    off = curves.rates < thresholds.OFF * highest
    number = int(off.sum())
    if not off[-1] or number < max(2, thresholds.OFF_EARLY * len(off)):
        return
    facts = course.facts
    assert facts is not None and facts.optimizer is not None
    missed = round(thresholds.OF_OFF * number * (facts.epoch_steps or 1))
    missed = min(thresholds.MOST_STEPS, max(missed, course.more_steps))
    for more in (course.more_steps, missed):
        tried = course.tried(highest * thresholds.FAIR, more)
        if tried is None or (not course.underfits and not _helps(course, tried[1])):
            continue
        own, other = before.less(tried[0]), judged.less(tried[1])
        enough = max(thresholds.GAINED * before.mean, thresholds.SURE * own.error)
        if own.mean >= enough and other.mean >= 0:
            break
    else:
        return
    steps = course.steps or 1
    yield Finding.of(
        Code.DECAY_TOO_EARLY,
        "the rate fell from {highest:.3g} to {last:.2g}, and was below {percent:.0f} % of the "
        "highest for {number} of {epochs} epochs; {steps} more steps at {fair:.2g} bring the "
        "training loss from {before:.4g} to {after:.4g}",
        {
            "highest": highest,
            "last": float(curves.rates[-1]),
            "percent": 100 * thresholds.OFF,
            "number": number,
            "epochs": len(off),
            "steps": more,
            "fair": highest * thresholds.FAIR,
            "before": before.mean,
            "after": tried[0].mean,
        },
        edits=[Edit("schedule", {"name": "cosine"}), Edit("epochs", {"factor": 2})],
        steps=_cosine(course, highest, steps),
    )


def _cosine(course: Course, highest: float, steps: int) -> str:
    """A decay as long as the training."""
    facts = course.facts
    assert facts is not None and facts.optimizer is not None
    place = remedies.new_optimizer(facts.optimizer, learning_rate=-1.0)
    decay = f"schedules.CosineDecay({highest:.2g}, {steps})"
    optimizer = place.replace("learning_rate=-1.0", f"learning_rate={decay}")
    return advice.again(facts, first="from trimtab import schedules\n", optimizer=optimizer)
