"""`cures`: which remedies of its findings cure a sick run, in trials as the coach makes them.

The sick run, its mended twin and the sick run with each remedy are trained alike: by the trials'
own code, with the same seeds, on the training rows, of which a fifth is held out where a training
is validated; errors are those on rows that none of them saw. A remedy is an edit of a finding. It
cures if it closes most of the way from the sick run to the mended one.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.coach import plan, store
from benchmarks.coach.criteria import clearly
from benchmarks.coach.halves import HALVES
from benchmarks.coach.job import SEEDS, recipes
from benchmarks.coach.recipe import Recipe, fit
from benchmarks.coach.rows import logits, probabilities
from benchmarks.coach.store import Row
from trimtab import callbacks, config
from trimtab.errors import TrimtabError
from trimtab.insight.coach.findings import Finding
from trimtab.trials.edits import EDITS, changed
from trimtab.trials.network_trial import fit_network
from trimtab.trials.recipe import HELD
from trimtab.trials.recipe import Recipe as Tried

NAME = "cures.jsonl"

#: Remedies are ranked on the half that chooses.
HALF = HALVES[0]

#: Share of the way from the sick run to the mended one that a cure closes.
CURED = 0.8

#: An error above that of a constant counts as that: both have learned nothing.
NOTHING = 1.0

#: Runs with a finding from which on its remedies are ranked.
ENOUGH = 3

#: Runs of each label, unless more are asked for.
RUNS = 2


@dataclass(frozen=True)
class Asked:
    """What is to be run: runs of each label, from which tables, with how many processes."""

    runs: int = RUNS
    folder: Path = Path()
    results: Path = store.RESULTS
    jobs: int = 1


def path_of(results: Path) -> Path:
    return results / NAME


def read(results: Path) -> dict[str, Row]:
    """Every run's newest row, by name."""
    path = path_of(results)
    lines = path.read_text().splitlines() if path.is_file() else []
    return {row["name"]: row for row in map(json.loads, lines)}


def run(asked: Asked) -> None:
    """Measures what has no row yet; rows are sorted at the end."""
    known, wanted = read(asked.results), _wanted(asked)
    new = [each for each in wanted if each.name not in known]
    path = path_of(asked.results)
    with path.open("a") as file:
        for row in _measured(new, asked):
            file.write(json.dumps(row) + "\n")
            file.flush()
            print(f"{row['name']}: {row.get('left out') or len(row['tried'])}", flush=True)
    rows = read(asked.results)
    path.write_text("".join(json.dumps(rows[name]) + "\n" for name in sorted(rows)))


def _wanted(asked: Asked) -> list[plan.Run]:
    """The first runs of each label that count."""
    rows = store.read(HALF, asked.results)
    found = []
    for label in plan.labels():
        if label != plan.HEALTHY:
            counted = (
                each
                for each in plan.candidates(label, HALF)
                if rows.get(each.name, {}).get("shown")
            )
            found += [each for each, _ in zip(counted, range(asked.runs), strict=False)]
    return found


def _measured(runs: Sequence[plan.Run], asked: Asked) -> Iterator[Row]:
    folders = [asked.folder] * len(runs)
    if asked.jobs == 1:
        yield from map(cures, runs, folders)
    else:
        with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
            yield from pool.map(cures, runs, folders)


def cures(run: plan.Run, folder: Path) -> Row:
    """The errors of a sick run, of its mended twin and with each remedy of its findings."""
    config.set_threads(1)
    sick, mended = recipes(run, folder)
    row: Row = {"name": run.name, "label": run.label, "tried": []}
    assert mended is not None
    try:
        before, after = errors(sick, tried_of(sick)), errors(mended, tried_of(mended))
    except (TrimtabError, TypeError, ValueError) as refused:  # what no trial can train
        return row | {"left out": str(refused).splitlines()[0]}
    row |= {"sick": _told(before), "mended": _told(after)}
    if not clearly(np.minimum(before, NOTHING).tolist(), np.minimum(after, NOTHING).tolist()):
        return row | {"left out": "the mended run is not clearly better"}
    base = tried_of(sick)
    for edit, codes in remedies(findings(sick)):
        try:
            with_edit = errors(sick, changed(base, edit))
        except (TrimtabError, TypeError, KeyError, ValueError):
            continue  # it does not fit this network: the coach tries it as little
        closed = (_mean(before) - _mean(with_edit)) / (_mean(before) - _mean(after))
        row["tried"].append(
            {
                "edit": str(edit),
                "name": edit.name,
                "codes": codes,
                "errors": _told(with_edit),
                "closed": round(closed, 3),
            }
        )
    return row


def findings(recipe: Recipe) -> list[Finding]:
    """What the coach says before the training and from watching it."""
    model, coach, arguments = recipe.model(SEEDS[0]), callbacks.Coach(verbose=0), recipe.arguments()
    groups = {} if recipe.groups is None else {"groups": recipe.groups}
    before = model.check(**arguments, **groups)
    try:
        fit(model, recipe, callbacks=[*arguments["callbacks"], coach])
    except TrimtabError:
        return list(before)
    return [*coach.findings, *before]


def remedies(found: Iterable[Finding]) -> list[tuple[Any, list[str]]]:
    """Each remedy with the codes whose findings name it, as the trials know it."""
    codes: dict[str, list[str]] = {}
    edits: dict[str, Any] = {}
    for finding in found:
        for each in finding.edits:
            if each.name != "group_split":  # without its groups a trial cannot split by them
                edit = EDITS[each.name].make(**each.arguments)
                edits[str(edit)] = edit
                names = codes.setdefault(str(edit), [])
                if str(finding.code) not in names:
                    names.append(str(finding.code))
    return [(edit, codes[name]) for name, edit in edits.items()]


def tried_of(recipe: Recipe) -> Tried:
    """A run as the trials have it: early stopping watches rows that the trial holds out."""
    fitting = {
        "batch_size": recipe.batch_size,
        "epochs": recipe.epochs,
        "callbacks": [make() for make in recipe.callbacks],
        **recipe.fit,
    }
    share = recipe.share or (HELD if recipe.callbacks else 0.0)
    if share:
        fitting["validation_split"] = share
    return replace(Tried.of(recipe.model(0), fitting), patience=recipe.patience)


def errors(recipe: Recipe, tried: Tried) -> list[float]:
    """On rows held out, with each seed."""
    rows = recipe.rows
    if rows.kinds and _output(tried) != _output(tried_of(recipe)):  # outputs mean something else
        rows = replace(rows, read=logits if tried.logits else probabilities)
    found = []
    for seed in SEEDS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that a network is frozen is the fault
            fitted = fit_network(tried, seed, slice(None), rows.x.train, rows.y.train)
        outputs = fitted.model.predict(fitted.inputs(rows.x.test), verbose=0)
        found.append(rows.error(np.asarray(fitted.target.given(outputs))))
    return found


def _output(tried: Tried) -> tuple[Any, ...]:
    config_of = [layer["config"].get("activation") for layer in tried.layers]
    return config_of[-1], type(tried.loss).__name__, tried.logits


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(np.minimum(np.nan_to_num(values, nan=NOTHING), NOTHING)))


def _told(values: Sequence[float]) -> list[float]:
    return [round(float(min(value, 10.0)), 4) for value in values]


# -- what they say ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Cure:
    """A remedy of a code: in how many runs with this finding it was tried, and what it did.

    Attributes:
        cured: runs in which it closes most of the way.
        closed: the mean share of the way, each from -1 to 1.
    """

    code: str
    name: str
    tried: int
    cured: int
    closed: float

    @property
    def expected(self) -> float:
        """Share of runs that it cures, by Laplace's rule of succession: few runs say little."""
        return (self.cured + 1) / (self.tried + 2)


def ranked(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Cure]]:
    """Code -> its remedies by name, those that are expected to cure most first."""
    seen: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        best: dict[tuple[str, str], float] = {}
        for each in row["tried"]:
            for code in each["codes"]:
                place = code, each["name"]
                best[place] = max(best.get(place, -1.0), each["closed"])
        for place, closed in best.items():
            seen.setdefault(place, []).append(min(1.0, closed))
    cures = [
        Cure(code, name, len(closed), sum(c >= CURED for c in closed), float(np.mean(closed)))
        for (code, name), closed in seen.items()
    ]
    found: dict[str, list[Cure]] = {}
    for each in sorted(cures, key=lambda c: (c.code, -c.expected, -c.closed)):
        found.setdefault(each.code, []).append(each)
    return found


def order(rows: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Code -> names of its remedies, the best first, where there are several and enough runs."""
    return {
        code: tuple(each.name for each in found)
        for code, found in ranked(rows).items()
        if len(found) > 1 and max(each.tried for each in found) >= ENOUGH
    }
