"""The course: what only training shows. Facts of a training that is over, and rules about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.course import curves, divergence, layers, learning_rate, statistics
from trimtab.insight.coach.course.facts import Course, Curves, Watched
from trimtab.insight.coach.findings import Finding

__all__ = ["COURSE_RULES", "Course", "CourseRule", "Curves", "Watched", "findings_of"]

#: A function from what is known of a training to findings.
CourseRule = Callable[[Course], Iterable[Finding]]

#: Code -> its rule, in the order in which findings of one severity are listed.
COURSE_RULES: dict[Code, CourseRule] = {
    Code.DIVERGED: divergence.diverged,
    Code.RATE_TOO_HIGH: learning_rate.rate_too_high,
    Code.RATE_TOO_LOW: learning_rate.rate_too_low,
    Code.FEW_STEPS: curves.few_steps,
    Code.DECAY_TOO_EARLY: learning_rate.decay_too_early,
    Code.EXPLODING_ACTIVATIONS: layers.exploding_activations,
    Code.VANISHING_GRADIENTS: layers.vanishing_gradients,
    Code.DEAD_UNITS: layers.dead_units,
    Code.SATURATED_UNITS: layers.saturated_units,
    Code.STALE_STATISTICS: statistics.stale_statistics,
    Code.JUMPING_VALIDATION: statistics.jumping_validation,
    Code.IMPATIENT_STOPPING: curves.impatient_stopping,
    Code.PLATEAU: curves.plateau,
    Code.UNDERFITTING: curves.underfitting,
    Code.OVERFITTING: curves.overfitting,
    Code.STILL_FALLING: curves.still_falling,
    Code.NOISY_VALIDATION: curves.noisy_validation,
    Code.TRAINING_ABOVE_VALIDATION: curves.training_above_validation,
}


def findings_of(course: Course) -> list[Finding]:
    """What all rules find in a training that is over."""
    if not len(course.curves):
        return []
    return [finding for rule in COURSE_RULES.values() for finding in rule(course)]
