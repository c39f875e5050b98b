"""`claims`: how often a coaching says that something helped where nothing did.

`same`: a coaching whose candidates are the present network with other first weights. Nothing is
different, so every claim is false; rounds, budget, splits and tests are those of ``trimtab.coach``.

`real`: ``trimtab.coach`` itself on the healthy runs of the collection. Differences are small here
and rarely 0, so that each claim is checked: the prescribed network and the present one are trained
with new seeds and measured on rows that the coaching has not seen.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import trimtab
from benchmarks.coach import plan, store
from benchmarks.coach.cures import HALF, tried_of
from benchmarks.coach.job import recipes
from benchmarks.coach.recipe import Recipe
from benchmarks.coach.store import Row
from benchmarks.coach.summary import Share
from trimtab import callbacks, config
from trimtab.coaching.budget import plan as budget
from trimtab.coaching.prescribing import Candidate
from trimtab.coaching.prescription import winner_of
from trimtab.coaching.rounds import run_rounds
from trimtab.insight.coach.edit import Edit
from trimtab.trials.edits import changed
from trimtab.trials.measures import is_error, measured
from trimtab.trials.network_trial import fit_network, run_network
from trimtab.trials.recipe import HELD
from trimtab.trials.running import Call
from trimtab.trials.tasks import NetworkTask
from trimtab.trials.trial import BASE, Outcome, Trial

NAME = "claims.jsonl"
KINDS = ("same", "real")

#: Networks that a coaching may train, and candidates where they are made up.
TRIALS, CANDIDATES = 60, 12

#: Rows of a coaching at most, and epochs where nothing is to be learned from them.
ROWS, EPOCHS = 400, 8

#: Seeds of the networks that check a claim; trials have others.
CHECKS = range(1000, 1008)


def path_of(results: Path) -> Path:
    return results / NAME


def read(results: Path) -> list[Row]:
    path = path_of(results)
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def run(kind: str, coachings: int, folder: Path, results: Path) -> None:
    """Adds coachings until there are so many of the kind."""
    config.set_threads(1)
    known = {(row["kind"], row["name"], row["number"]) for row in read(results)}
    with path_of(results).open("a") as file:
        for number, healthy in enumerate(_healthy(coachings, results)):
            if (kind, healthy.name, number) in known:
                continue
            row = (same if kind == "same" else real)(healthy, number, folder)
            file.write(json.dumps(row) + "\n")
            file.flush()
            print(f"{kind} {number} {healthy.name}: {row['winner']}", flush=True)


def _healthy(coachings: int, results: Path) -> Iterator[plan.Run]:
    """The healthy runs that count, again and again."""
    rows = store.read(HALF, results)
    runs = [
        each for each in plan.candidates(plan.HEALTHY, HALF) if rows.get(each.name, {}).get("shown")
    ]
    if not runs:
        raise ValueError("no healthy run counts: python -m benchmarks coach run --labels healthy")
    for number in range(coachings):
        yield runs[number % len(runs)]


# -- no difference --------------------------------------------------------------------------------


class _Same(NetworkTask):
    """Variants that are the base with other first weights, orders and masks."""

    def __init__(
        self, recipe: Recipe, names: Mapping[str, Any], fit: Mapping[str, Any], rows: int
    ) -> None:
        x, y = recipe.rows.x.train[:rows], recipe.rows.y.train[:rows]
        super().__init__(recipe.model(0), {}, x, y, fit, None, None, None)
        self.recipes |= dict.fromkeys(names, self.recipes[BASE])
        self.digests |= {name: name for name in names}

    def call(self, trial: Trial) -> Call:
        found = super().call(trial)
        return Call(trial, _with_other_weights, found.arguments)


def _with_other_weights(recipe: Any, trial: Trial, *rest: Any) -> Outcome:
    own = zlib.crc32(f"{trial.variant}:{trial.seed}".encode())
    return replace(run_network(recipe, replace(trial, seed=own), *rest), trial=trial)


def same(run: plan.Run, number: int, folder: Path) -> Row:
    """One coaching among equals."""
    recipe, _ = recipes(run, folder)
    fit = {"batch_size": recipe.batch_size, "epochs": EPOCHS}
    found = [Candidate((Edit("seed", {"number": n}),)) for n in range(CANDIDATES)]
    planned = budget(CANDIDATES, trials=TRIALS)
    rounds = run_rounds(
        lambda names: _Same(recipe, names, fit, ROWS),
        found,
        _together,
        planned,
        seeds=(number,),
        design="holdout",
        test=0.25,
        seed=number,
        jobs=1,
        seconds=math.inf,
        smallest=None,
        drawn=False,
    )
    words = [verdict.word for verdict in rounds.comparison.verdicts]
    return {
        "kind": "same",
        "name": run.name,
        "number": number,
        "winner": winner_of(rounds.comparison, rounds.tried),
        "helped": words.count("helped"),
        "hurt": words.count("hurt"),
        "pairs": planned.reporting,
    }


def _together(best: Sequence[Candidate], most: int) -> list[Candidate]:
    pairs = [(0, 1), (0, 2)][:most]
    return [
        Candidate(tuple(edit for place in places for edit in best[place].edits))
        for places in pairs
        if max(places) < len(best)
    ]


# -- the coach itself -----------------------------------------------------------------------------


def real(run: plan.Run, number: int, folder: Path) -> Row:
    """One coaching of a healthy run, and what its winner is worth."""
    recipe, _ = recipes(run, folder)
    rows, base = recipe.rows, tried_of(recipe)
    more: dict[str, Any] = {}
    if recipe.patience is not None:
        early = callbacks.EarlyStopping(patience=recipe.patience, restore_best_weights=True)
        more = {"callbacks": [early], "validation_split": HELD}
    found = trimtab.coach(
        recipe.model(0),
        rows.x.train,
        rows.y.train,
        trials=TRIALS,
        seed=number,
        jobs=1,
        verbose=0,
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        **more,
    )
    metric = found.comparison.metric
    row = {
        "kind": "real",
        "name": run.name,
        "number": number,
        "winner": found.winner,
        "metric": metric,
        "pairs": len(found.comparison.design.reporting),
    }
    if found.winner == BASE:
        return row
    winner = base
    for edit in found.edits:
        winner = changed(winner, edit)
    present, better = (
        [_value(each, recipe, seed, metric) for seed in CHECKS] for each in (base, winner)
    )
    gains = np.subtract(present, better) * (1 if is_error(metric) else -1)
    return row | {
        "claimed": float(f"{found.comparison[found.winner].effect.mean:.4g}"),
        "gained": float(f"{gains.mean():.4g}"),
        "error": float(f"{gains.std(ddof=1) / math.sqrt(len(gains)):.2g}"),
    }


def _value(tried: Any, recipe: Recipe, seed: int, metric: str) -> float:
    rows = recipe.rows
    fitted = fit_network(tried, seed, slice(None), rows.x.train, rows.y.train, held_seed=seed)
    found = measured(rows.y.test, fitted.predict(rows.x.test), classes=bool(rows.kinds))[metric]
    return math.nan if found is None else float(found)


# -- what they say --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Claims:
    """Coachings, those that claim that something helped, and claims that are false.

    Attributes:
        claimed: of all coachings.
        false: of all coachings: nothing is different, or the winner is not better on new rows.
        surely: of all coachings: the winner is worse by more than two standard errors.
    """

    claimed: Share
    false: Share
    surely: Share


def summed(rows: Sequence[Row], kind: str) -> Claims:
    own = [row for row in rows if row["kind"] == kind]
    claimed = [row for row in own if row["winner"] != BASE]
    wrong = [row for row in claimed if kind == "same" or not row["gained"] > 0]
    worse = [row for row in wrong if kind == "real" and row["gained"] < -2 * row["error"]]
    return Claims(*(Share(len(each), len(own)) for each in (claimed, wrong, worse)))
