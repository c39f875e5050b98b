"""One sentence about what the curves show, from rules that anybody can check on the screen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from trimtab.insight.coach.course import thresholds
from trimtab.insight.coach.course.facts import end_of, jitter_of, smoothed
from trimtab.play.choices import Choices

__all__ = ["Course", "Said", "say"]

#: Epochs before anything is said of curves, and that a rise takes at least.
FEW, RISING = 10, 5

#: A rise is worth a word from this share of the loss of a constant prediction on.
NOTICED = 0.02

#: A gap between the two losses, too, from this share on.
GAP = 0.1

#: A loss jumps about if it does so by this share of itself.
JUMPS = 0.12

#: Share of a layer's outputs that are 0 from which on it is nearly dead.
DEAD = 0.95

#: Standard deviations that moving means may be away from those of the batches.
LAG = 0.5


@dataclass(frozen=True)
class Course:
    """What has happened so far.

    Attributes:
        epochs: numbers of the epochs, from 1; some may be left out.
        loss, val_loss: after each of them.
        constant: the validation loss of the best prediction that is the same for all rows.
        zeros, lag: layer -> share of its outputs that are 0; distance of its moving means.
    """

    epochs: Sequence[int]
    loss: Sequence[float]
    val_loss: Sequence[float]
    constant: float
    zeros: dict[str, float] = field(default_factory=dict)
    lag: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Said:
    """A sentence.

    Attributes:
        kind: what it is about; a page reads it aloud when this changes.
        text: the sentence, and what to try.
    """

    kind: str
    text: str


def say(course: Course, choices: Choices) -> Said:
    """What is seen, the most urgent thing first.

    Example:
        >>> from trimtab.play.choices import Choices
        >>> from trimtab.play.words import Course, say
        >>> loss = [1 / epoch for epoch in range(1, 41)]
        >>> val_loss = [0.6 + 0.01 * abs(epoch - 20) for epoch in range(1, 41)]
        >>> print(say(Course(range(1, 41), loss, val_loss, constant=0.7), Choices()).text)
        Validation loss has risen since epoch 20 while training loss fell: overfitting. Try \
dropout, more rows, or stop there.
    """
    if not course.epochs:
        return Said("ready", "Nothing is trained yet. Press Train, or Step for a single epoch.")
    if not (math.isfinite(course.loss[-1]) and math.isfinite(course.val_loss[-1])):
        return Said(
            "diverged",
            "The loss is not a number any more: training diverged. Lower the learning rate, to "
            f"{choices.learning_rate / 10:g}, and reset.",
        )
    if course.epochs[-1] < FEW:
        return Said("begun", "Training has just begun: after ten epochs the curves say something.")
    loss, val_loss = np.asarray(course.loss, float), np.asarray(course.val_loss, float)
    for rule in (_blown_up, _overfitting, _dead, _lagging, _nothing, _falling, _jumping, _dropped):
        found = rule(course, choices, loss, val_loss)
        if found is not None:
            return found
    return _settled(course, choices, loss, val_loss)


Values = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def _blown_up(course: Course, choices: Choices, loss: Values, val_loss: Values) -> Said | None:
    if loss[-1] < thresholds.BLOWN_UP * loss.min() or val_loss[-1] < 2 * course.constant:
        return None
    return Said(
        "blown up",
        "The loss has blown up: the steps are too large. Lower the learning rate, to "
        f"{choices.learning_rate / 10:g}.",
    )


def _overfitting(course: Course, choices: Choices, loss: Values, val_loss: Values) -> Said | None:
    smooth = smoothed(val_loss)
    best = int(np.argmin(smooth))
    begin = max(0, best - max(1, round(thresholds.WINDOW * len(smooth) / 2)))
    epoch = course.epochs[begin + int(np.argmin(val_loss[begin : 2 * best - begin + 1]))]
    lowest, last = float(smooth[best]), end_of(val_loss)
    risen = last - lowest
    enough = max(thresholds.RISEN * lowest, thresholds.SURE * jitter_of(val_loss))
    if course.epochs[-1] - epoch < RISING or risen < enough or risen <= NOTICED * course.constant:
        return None
    if end_of(loss) > (1 - thresholds.FALLEN_MEANWHILE) * float(smoothed(loss)[best]):
        return None
    ways = "more dropout" if choices.dropout else "dropout"
    return Said(
        "overfitting",
        f"Validation loss has risen since epoch {epoch} while training loss fell: overfitting. "
        f"Try {ways}, more rows, or stop there.",
    )


def _dead(course: Course, choices: Choices, loss: Values, val_loss: Values) -> Said | None:
    for layer, share in course.zeros.items():
        if share >= DEAD and choices.activation == "relu":
            norm = choices.batch_norm != "before"
            ways = "batch normalization before the activation, " if norm else ""
            return Said(
                f"dead {layer}",
                f"In {layer}, {100 * share:.0f} % of the outputs are 0: most units are dead. "
                f"Try {ways}a lower learning rate, or elu.",
            )
    return None


def _lagging(course: Course, choices: Choices, loss: Values, val_loss: Values) -> Said | None:
    layer, lag = max(course.lag.items(), key=lambda item: item[1], default=("", 0.0))
    if lag < LAG or val_loss[-1] < 1.2 * loss[-1]:
        return None
    return Said(
        "lagging",
        f"Validation uses moving means, and those of {layer} lag {lag:.1f} standard deviations "
        f"behind the batches'. Try a momentum below {choices.momentum:g}, or wait.",
    )


def _nothing(course: Course, choices: Choices, loss: Values, val_loss: Values) -> Said | None:
    if end_of(loss) < thresholds.NOTHING_LEARNED * course.constant:
        return None
    return Said(
        "nothing learned",
        "The network is no better than predicting the same for every row. Try more units, another "
        "learning rate, or " + ("less dropout." if choices.dropout > 0.3 else "more layers."),
    )


def _falling(course: Course, choices: Choices, loss: Values, val_loss: Values) -> Said | None:
    window = max(2, round(thresholds.LAST * len(val_loss)))
    if len(val_loss) < 2 * window:
        return None
    before = float(np.median(val_loss[-2 * window : -window]))
    now = float(np.median(val_loss[-window:]))
    enough = max(0.03 * before, thresholds.SURE * jitter_of(val_loss))
    if before - now < enough or before - now < thresholds.NOTICEABLE * course.constant:
        return None
    return Said("falling", "Validation loss still falls: train on.")


def _jumping(course: Course, choices: Choices, loss: Values, val_loss: Values) -> Said | None:
    # Dropout makes every training loss jump; of validation it is off.
    if jitter_of(val_loss) < max(JUMPS * end_of(val_loss), NOTICED * course.constant):
        return None
    return Said(
        "jumping",
        "Validation loss jumps about from epoch to epoch: the steps are large. A lower "
        "learning rate or larger batches calm it.",
    )


def _dropped(course: Course, choices: Choices, loss: Values, val_loss: Values) -> Said | None:
    if not choices.dropout or end_of(loss) < (1 + thresholds.ABOVE) * end_of(val_loss):
        return None
    return Said(
        "dropped",
        "Training loss is above validation loss, as it should be: dropout is at work in training, "
        "and off in validation.",
    )


def _settled(course: Course, choices: Choices, loss: Values, val_loss: Values) -> Said:
    own, other = end_of(loss), end_of(val_loss)
    if other > 1.5 * own and other - own > GAP * course.constant:
        return Said(
            "gap",
            f"Validation loss does not fall any more, and is {other / own:.1f} times the training "
            f"loss. Try {'more dropout' if choices.dropout else 'dropout'} or more rows.",
        )
    return Said("settled", "Both losses have settled, close to each other.")
