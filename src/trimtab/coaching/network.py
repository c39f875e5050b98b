"""The coaching of a compiled network on arrays."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.coaching.asking import BOOSTED, WATCHED, Asked
from trimtab.coaching.boosting import beside
from trimtab.coaching.budget import plan
from trimtab.coaching.code import network_code
from trimtab.coaching.handing import can_hand_over, handed_over
from trimtab.coaching.prescribing import Candidate, candidates, combined, with_edits
from trimtab.coaching.prescription import Handed, Held, Prescription, prescribed, winner_of
from trimtab.coaching.rounds import Rounds, run_rounds
from trimtab.errors import InvalidArgument, TrimtabError
from trimtab.insight.coach import Findings
from trimtab.insight.coach.watching import Coach
from trimtab.nn import data
from trimtab.training.callback import Callback
from trimtab.trials.designs import Units, held_out
from trimtab.trials.measures import measured
from trimtab.trials.network_trial import Fitted, fit_network, seed_of
from trimtab.trials.recipe import HELD, Recipe
from trimtab.trials.tasks import NetworkTask
from trimtab.trials.trial import BASE, Trial

__all__ = ["coach_network"]


class _Until(Callback):
    """Ends a training after an epoch once so many seconds are over, or its loss is NaN."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._end = time.monotonic() + seconds
        self._begin = 0.0
        self.epochs: list[float] = []  # seconds of each, without what the coach takes behind it

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._begin = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epochs.append(time.perf_counter() - self._begin)
        if time.monotonic() >= self._end or math.isnan((logs or {}).get("loss", 0.0)):
            self.model.stop_training = True


@dataclass(frozen=True, eq=False)
class _Watched:
    """The watched training: what was found, and what an epoch of one row costs in seconds."""

    findings: Findings
    row_epoch: float


def coach_network(
    model: Any,
    x: Any,
    y: Any,
    fit: Mapping[str, Any],
    asked: Asked,
    *,
    metric: Any = None,
    groups: Any = None,
    times: Any = None,
    validation_data: Any = None,
) -> Prescription:
    """Watches, tries and says what helps; see :func:`trimtab.coach`.

    Args:
        model: a compiled ``Sequential``, or a function that returns one.
        x, y: the rows.
        fit: arguments of ``fit``.
        asked: budget and design.
        metric, groups, times, validation_data: see :func:`trimtab.coach`.
    """
    begin = time.monotonic()
    changes: dict[str, tuple[Any, ...]] = {}

    def task_of(variants: Mapping[str, Any]) -> NetworkTask:
        changes.update(variants)
        listed = {name: list(edits) for name, edits in variants.items()}
        return NetworkTask(model, listed, x, y, fit, metric, groups, times)

    base = task_of({})
    held = _held(validation_data, base)
    recipe = base.recipes[BASE]
    watched = _watch(recipe, base, x, y, held, validation_data, asked)
    found = [
        each
        for each in candidates(recipe, watched.findings, grouped=groups is not None)
        if _fits(recipe, each, list(getattr(x, "columns", ())), base.x.shape[1])
    ]
    if not found:
        raise InvalidArgument(
            "coach knows no change that fits this network. Compare changes of your own, "
            "trials.compare(model, variants, x, y)."
        )
    left = asked.seconds - (time.monotonic() - begin)
    planned = plan(
        len(found),
        trials=asked.trials,
        seconds=left,
        each=watched.row_epoch * recipe.epochs * len(base.x) * (1 - asked.test),
        jobs=asked.jobs,
        seeds=len(asked.seeds),
        splits=asked.splits,
    )

    def combine(best: Any, most: int) -> list[Candidate]:
        names = list(getattr(x, "columns", ()))
        together = combined(recipe, best, most)
        return [each for each in together if _fits(recipe, each, names, base.x.shape[1])]

    rounds = run_rounds(
        task_of,
        found,
        combine,
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
        watched.findings,
        rounds,
        beside(rounds, winner, base.x, base.y, classes=base.classes, asked=asked),
        Handed() if winner == BASE else _handed(rounds, winner, base, held, asked.seed),
        begin,
    )


def _handed(rounds: Rounds, winner: str, base: NetworkTask, held: Any, seed: int) -> Handed:
    """What helps, trained on all rows, and measured on the validation rows if there are any."""
    task = rounds.task
    assert isinstance(task, NetworkTask)
    own = task.recipes[winner]
    fitted = _fitted(own, base, seed)
    before_after = None
    if held is not None:
        present = _fitted(base.recipes[BASE], base, seed)
        values = [
            measured(held[1], each.predict(held[0]), classes=base.classes)[base.metric]
            for each in (present, fitted)
        ]
        before_after = Held(*values)
    log = "The model predicts the logarithm of the target; take numpy.exp of it."
    return Handed(
        model=handed_over(fitted, base.x.shape[1], seed),
        code=network_code(own, base.y),
        held=before_after,
        remarks=(log,) if own.target == "log" else (),
    )


def _held(validation_data: Any, base: NetworkTask) -> tuple[Any, Any] | None:
    """Validation rows as arrays."""
    if validation_data is None:
        return None
    if not isinstance(validation_data, tuple | list) or len(validation_data) != 2:
        raise InvalidArgument(
            "validation_data must be (x, y), received "
            f"a {type(validation_data).__name__}. Use validation_data=(x_valid, y_valid)."
        )
    return data.as_features(validation_data[0], base.x.shape[1]), np.asarray(validation_data[1])


def _watch(
    recipe: Recipe,
    base: NetworkTask,
    x: Any,
    y: Any,
    held: Any,
    validation_data: Any,
    asked: Asked,
) -> _Watched:
    """Trains the present network once, with the coach beside it."""
    fit: dict[str, Any] = dict(recipe.fit)
    fit.pop("validation_split", None)
    own: tuple[Any, Any] = (base.x, base.y)
    if held is None:
        units = Units.of(len(base.x), groups=base.groups)
        kept, watched = held_out(units, recipe.validated or HELD, asked.seed)
        own, held = (base.x[kept], base.y[kept]), (base.x[watched], base.y[watched])
        names = getattr(x, "columns", None)
        if names is not None:  # findings call columns by their names
            own = (_framed(own[0], names), own[1])
            held = (_framed(held[0], names), held[1])
    else:
        own, held = (x, np.asarray(y)), validation_data
    coach, model = Coach(verbose=0), recipe.model(seed_of(Trial(0, asked.seed, BASE)), rows=len(y))
    model.runner.limit_threads(1)  # as a trial has it, so that its time says what a trial takes
    limit = _Until(WATCHED * asked.seconds)
    callbacks = [*(fit.pop("callbacks", None) or ()), limit, coach]
    fit |= {"validation_data": held, "callbacks": callbacks, "verbose": 0}
    model.fit(own[0], own[1], **fit)
    epoch = float(np.median(limit.epochs)) if limit.epochs else 0.0
    return _Watched(coach.findings, epoch / len(own[1]))


def _framed(values: Any, names: Any) -> Any:
    import pandas as pd

    return pd.DataFrame(values, columns=names)


def _fits(recipe: Recipe, each: Candidate, names: list[Any], width: int) -> bool:
    """Whether a candidate can be built, and handed over as a network that takes rows as they are.

    Args:
        recipe: the base.
        each: the candidate.
        names: of the columns, if they have any.
        width: number of columns.
    """
    try:
        own = with_edits(recipe, each.edits)
        dropped = [names.index(one) if one in names else one for one in own.dropped]
        if not all(isinstance(one, int) and 0 <= one < width for one in dropped):
            return False
        own.model(0).build((None, width - len(set(dropped))))
    except TrimtabError:
        return False
    return can_hand_over(own)


def _fitted(recipe: Recipe, base: NetworkTask, seed: int) -> Fitted:
    """A network trained on all rows; those of early stopping are held out among them."""
    return fit_network(
        recipe,
        seed_of(Trial(0, seed, BASE)),
        slice(None),
        base.x,
        base.y,
        base.groups,
        held_seed=seed,
        threads=None,
    )
