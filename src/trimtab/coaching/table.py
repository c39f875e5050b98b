"""The coaching of options of ``train`` on a table."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from trimtab.coaching.asking import BOOSTED, WATCHED, Asked
from trimtab.coaching.boosting import Boosting, beside
from trimtab.coaching.budget import plan
from trimtab.coaching.code import table_code
from trimtab.coaching.prescribing import candidates, combined
from trimtab.coaching.prescription import Handed, Prescription, prescribed, winner_of
from trimtab.coaching.rounds import Rounds, run_rounds
from trimtab.errors import InvalidArgument
from trimtab.insight.coach import Finding, Findings
from trimtab.insight.coach.course import Course, Curves
from trimtab.insight.coach.course.curves import overfitting, still_falling
from trimtab.predictor.predictor import Predictor
from trimtab.predictor.training.command import command_of
from trimtab.predictor.training.options import TrainOptions
from trimtab.predictor.training.train import train
from trimtab.tables.files.reading import read
from trimtab.trials.tasks import TableTask
from trimtab.trials.trial import BASE
from trimtab.trials.variants import DECIDED

__all__ = ["OUT", "coach_table"]

#: The file that code for a table saves to.
OUT = "better.trimtab"

#: How much longer a trial takes than the stages of its training: reading, and measuring.
_AROUND = 1.3


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
    if isinstance(table, str) and table == "-":  # standard input can be read once
        table = read(table, TrainOptions.of(options).read_options()).frame
    # The first training is watched, and decides what was left open, so that all edits fit.
    limit = WATCHED * asked.seconds
    timed: dict[str, Any] = {} if math.isinf(limit) else {"time_limit": max(1.0, limit)}
    watched = train(
        table, report=False, verbose=0, threads=1, seed=asked.seed, **timed, **dict(options)
    )
    if watched.unfinished is not None and watched.unfinished.reason == "interrupted":
        raise KeyboardInterrupt  # by hand, before there was anything to keep
    seconds = _seconds_of(watched)
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
        drawn=asked.drawn,
    )
    winner = winner_of(rounds.comparison, rounds.tried)
    return prescribed(
        findings,
        rounds,
        _boosting(watched, rounds, winner, asked),
        replace(
            Handed() if winner == BASE else _handed(table, rounds, winner, asked.seed),
            remarks=_remarks(rounds, watched.options),
        ),
        begin,
        f"predicting {target}",
    )


def _remarks(rounds: Rounds, options: Mapping[str, Any]) -> tuple[str, ...]:
    """How to get more pairs, where the time ended early and each trial trains several networks."""
    folds = options.get("fold")
    if rounds.comparison.unfinished != "time" or not folds:
        return ()
    return (
        f"Each trial trains {folds} networks, one for each fold. With --effort quick "
        "(effort='quick') it trains one, and the same time gives more pairs.",
    )


def _handed(table: Any, rounds: Rounds, winner: str, seed: int) -> Handed:
    """The options that help, and a predictor that is trained with them on all rows."""
    task = rounds.task
    assert isinstance(task, TableTask)
    better = {name: value for name, value in task.options[winner].items() if name != "task"}
    predictor = train(table, report=False, verbose=0, seed=seed, **better)
    named, told = isinstance(table, str), {**better, "seed": seed}
    command = f"{command_of(table, TrainOptions.of(told))} --out {OUT}" if named else ""
    return Handed(
        predictor=predictor,
        code=table_code(repr(table) if named else "data", told, OUT),
        command=command,
        options=better,
    )


def _seconds_of(watched: Predictor) -> float:
    """What a trial on all rows takes: without what only the first training of a process pays."""
    known = watched.provenance["seconds"]
    seconds = _AROUND * sum(known.get(stage, 0.0) for stage in ("prepare", "fit", "score"))
    # A training that the time ended would have gone on, nobody knows for how long.
    return float(seconds) * (1 if watched.unfinished is None else 2)


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
    task = rounds.task
    assert isinstance(task, TableTask)
    preprocessor = watched.preprocessor
    table = read(task.undivided())
    rows = np.arange(len(table.frame))
    if watched.classifies:
        y: Any = watched.schema.targets(table, rows)
    else:
        scaled = np.asarray(preprocessor.targets(table, rows), np.float64)
        y = preprocessor.target.to_units(scaled)
    x = preprocessor.transform(table, rows)
    return beside(rounds, winner, x, np.asarray(y), classes=watched.classifies, asked=asked)
