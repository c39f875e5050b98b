"""Rules about moving averages: they are compared with population statistics, not guessed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.course import advice, thresholds
from trimtab.insight.coach.course.facts import Course
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.findings import Finding

__all__ = ["jumping_validation", "stale_statistics"]

_EDITS = (
    Edit("population_statistics"),
    Edit("batch_norm_momentum", {"value": 0.9}),
    Edit("dropout_last"),
)


def stale_statistics(course: Course) -> Iterator[Finding]:
    """Moving averages that predict worse than the statistics of the rows do."""
    present, population = course.judged_loss, course.population
    if present is None or population is None:
        return
    late = {path: lag for path, lag in course.lags.items() if lag > thresholds.LAGS}
    away = present.less(population)
    if not late or away.mean < thresholds.STALE * present.mean:
        return
    if away.mean < thresholds.SURE * away.error:
        return
    worst = max(late, key=lambda path: late[path])
    yield Finding.of(
        Code.STALE_STATISTICS,
        "its moving averages are {distance:.2g} standard deviations, or that much of a variance, "
        "from the statistics of the rows it was trained on; with these the {which} loss is "
        "{population:.4g} in place of {loss:.4g}",
        {
            "distance": late[worst],
            "loss": present.mean,
            "population": population.mean,
            "which": "validation" if course.lab and course.lab.valid is not None else "training",
            "layers": [worst],
            "late": list(late),
        },
        layer=worst,
        edits=_EDITS,
        steps="model.refresh_statistics(x)  # mends this model as it is\n"
        "# and the next one: fit with\n"
        + advice.again(course.facts, fit={"statistics": '"population"'}),
    )


def jumping_validation(course: Course) -> Iterator[Finding]:
    """Epochs after which the validation loss was far up with moving averages only."""
    jumps = [
        jump
        for jump in course.watched.jumps
        if jump.loss - jump.population > thresholds.BACK * (jump.loss - jump.best)
    ]
    values = course.curves.val_loss
    if not jumps or not course.curves.validated:
        return
    number = int((values[1:] > thresholds.JUMPED * np.minimum.accumulate(values)[:-1]).sum())
    if number < max(thresholds.FEWEST_JUMPED, thresholds.OFTEN_JUMPED * len(values)):
        return
    worst = max(jumps, key=lambda jump: jump.loss / jump.best)
    yield Finding.of(
        Code.JUMPING_VALIDATION,
        "in {jumps} of {epochs} epochs the validation loss is {percent:.0f} % above the best "
        "before; after epoch {epoch} it is {loss:.4g} where that was {best:.4g}, and "
        "{population:.4g} with the statistics of the rows trained on",
        {
            "epoch": worst.epoch,
            "loss": worst.loss,
            "best": worst.best,
            "population": worst.population,
            "jumps": number,
            "epochs": len(values),
            "percent": 100 * (thresholds.JUMPED - 1),
        },
        edits=_EDITS,
        steps=advice.again(course.facts, fit={"statistics": '"population"'}),
    )
