"""The coaching of options of ``train`` on a table."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from trimtab.coaching.asking import BOOSTED, WATCHED, Asked
from trimtab.coaching.boosting import Boosting, boosted, compared, of_arrays
from trimtab.coaching.budget import plan
from trimtab.coaching.code import table_code
from trimtab.coaching.prescribing import candidates, combined
from trimtab.coaching.prescription import Prescription, winner_of
from trimtab.coaching.reaching import epochs_to_base
from trimtab.coaching.rounds import Rounds, run_rounds
from trimtab.errors import InvalidArgument
from trimtab.insight.coach import Finding, Findings
from trimtab.insight.coach.course import Course, Curves
from trimtab.insight.coach.course.curves import overfitting, still_falling
from trimtab.predictor.predictor import Predictor
from trimtab.predictor.training.options import TrainOptions
from trimtab.predictor.training.train import train
from trimtab.trials.selection import split_means
from trimtab.trials.tasks import TableTask
from trimtab.trials.trial import BASE
from trimtab.trials.variants import DECIDED

__all__ = ["OUT", "coach_table"]

#: The file that code for a table saves to.
OUT = "better.trimtab"


def coach_table(
    table: Any,
    options: Mapping[str, Any],
    asked: Asked,
    *,
    metric: Any = None,
) -> Prescription:
    """Watches, tries and says what helps; see :func:`trimtab.coach`.

    Args:
        table: as ``train`` takes it.
        options: of ``train``, the target among them.
        asked: budget and design.
        metric: that decides, or None.
    """
    begin = time.monotonic()
    for name in DECIDED:
        if name in options:
            raise InvalidArgument(
                f"{name} is decided by the coaching. Leave it out; each trial has one thread and "
                "a seed of its own."
            )
    # The first training is watched, and decides what was left open, so that all edits fit.
    limit = WATCHED * asked.seconds
    timed: dict[str, Any] = {} if math.isinf(limit) else {"time_limit": max(1.0, limit)}
    started = time.perf_counter()
    watched = train(
        table, report=False, verbose=0, threads=1, seed=asked.seed, **timed, **dict(options)
    )
    seconds = time.perf_counter() - started
    if watched.unfinished is not None:
        seconds *= 2  # it would have gone on, nobody knows for how long
    base = _told(watched.options)
    target = base.pop("target")

    def task_of(variants: Mapping[str, Any]) -> TableTask:
        listed = {name: list(edits) for name, edits in variants.items()}
        return TableTask(base, listed, table, target, metric)

    findings = Findings(_findings(watched))
    found = candidates(base, findings)
    if not found:
        raise InvalidArgument(
            "coach knows no change that fits these options. Compare changes of your own: "
            "trimtab compare."
        )
    left = asked.seconds - (time.monotonic() - begin)
    planned = plan(
        len(found),
        trials=asked.trials,
        seconds=left,
        each=seconds * (1 - asked.test),
        jobs=asked.jobs,
        seeds=len(asked.seeds),
        splits=asked.splits,
    )
    rounds = run_rounds(
        task_of,
        found,
        partial(combined, base),
        planned,
        seeds=asked.seeds,
        design=asked.design,
        test=asked.test,
        seed=asked.seed,
        jobs=asked.jobs,
        seconds=left * (1 - BOOSTED),
        smallest=asked.smallest,
        live=asked.live,
    )
    winner = winner_of(rounds.comparison, rounds.tried)
    boosting = _boosting(watched, rounds, winner, asked)
    predictor, code, better = None, "", None
    if winner != BASE:
        task = rounds.task
        assert isinstance(task, TableTask)
        better = {name: value for name, value in task.options[winner].items() if name != "task"}
        predictor = train(table, report=False, verbose=0, seed=asked.seed, **better)
        named = repr(table) if isinstance(table, str) else "data"
        code = table_code(named, {**better, "seed": asked.seed}, OUT)
    return Prescription(
        findings=findings,
        comparison=rounds.comparison,
        tried=rounds.tried,
        epochs_to_base=epochs_to_base(
            rounds.comparison.outcomes,
            {each.candidate.name: each.candidate.edits for each in rounds.tried},
            rounds.design.reporting,
        ),
        boosting=boosting,
        held=None,
        model=None,
        predictor=predictor,
        seconds=time.monotonic() - begin,
        _code=code,
        _options=better,
    )


def _told(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options without those that a comparison decides, and without what holds anyway."""
    usual = TrainOptions()
    return {
        name: value
        for name, value in options.items()
        if name not in DECIDED
        and value not in (None, [], (), {})
        and value != getattr(usual, name, None)
    }


def _findings(watched: Predictor) -> list[Finding]:
    """What the curves of the watched training say."""
    curves = {} if watched.history is None else watched.history.history
    loss: Sequence[float] | None = curves.get("loss")
    held: Sequence[float] | None = curves.get("val_loss")
    if not loss or not held or len(loss) != len(held):
        return []
    course = Course(Curves.of(list(loss), list(held)))
    return [*overfitting(course), *still_falling(course)]


def _boosting(watched: Predictor, rounds: Rounds, winner: str, asked: Asked) -> Boosting | None:
    """Gradient boosting on columns as the watched network has them."""
    from trimtab.tables.files.reading import read

    task, metric = rounds.task, rounds.comparison.metric
    assert isinstance(task, TableTask)
    if rounds.comparison.unfinished == "interrupted" or rounds.design.kind == "parts":
        return None  # in parts the rows lie in another order by now
    try:
        import sklearn  # noqa: F401
    except ImportError:
        return None
    preprocessor = watched.preprocessor
    table = read(task.frame)
    rows = np.arange(len(task.frame))
    x = preprocessor.transform(table, rows)
    if watched.classifies:
        y: Any = watched.schema.targets(table, rows)
    else:
        scaled = np.asarray(preprocessor.targets(table, rows), np.float64)
        y = preprocessor.target.to_units(scaled)
    classes = watched.classifies
    predict = of_arrays(x, np.asarray(y), metric=metric, classes=classes)
    seconds = BOOSTED * asked.seconds if math.isfinite(asked.seconds) else math.inf
    values, took = boosted(
        rounds.design, predict, np.asarray(y), metric=metric, classes=classes, seconds=seconds
    )
    means = split_means(rounds.comparison.outcomes, metric, rounds.comparison.seeds)
    return compared(
        values,
        means.get(winner, {}),
        metric=metric,
        overlap=rounds.design.overlap,
        beside="the present network" if winner == BASE else f"the network with {winner}",
        seconds=took,
    )
