"""One run: trained beside its mended twin, shown to be what it is called, and put to the coach."""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.coach.criteria import WORST, Pair, Trial, clearly, errors, finite, start
from benchmarks.coach.families import FAMILIES
from benchmarks.coach.plan import Run
from benchmarks.coach.recipe import Recipe, Trained, fit, train
from benchmarks.coach.remedies import REMEDIES
from benchmarks.coach.rows import Rows, divided
from benchmarks.coach.truths import SHOWN_BY
from trimtab import callbacks
from trimtab.errors import TrimtabError
from trimtab.insight.coach.findings import Finding

SEEDS = (0, 1, 2)

#: Remedies that are tried on sick runs, too: they show what else is true of them.
TELLING = ("longer", "early stopping", "higher rate", "lower rate", "wider")

#: A healthy run reaches this share of what the best other model does, and learns something.
REACHED, LEARNED = 0.8, 0.05

#: What may be true of a healthy run.
HARMLESS = {"more-parameters-than-rows", "noisy-validation", "unequal-classes"}

Row = dict[str, Any]


def recipes(run: Run, folder: Path) -> tuple[Recipe, Recipe | None]:
    """What is trained, and its mended twin; a healthy run has none."""
    base = FAMILIES[run.family].recipe(divided(run.table, folder, run.size, run.number))
    fault = run.fault
    if fault is None:
        return base, None
    pair = fault.make(base, np.random.default_rng(run.number))
    return pair.sick, pair.mended


def verified(run: Run, folder: Path) -> Row:
    """The run's row without findings: its errors, whether it is what it is called, what is true."""
    recipe, mended = recipes(run, folder)
    found, refused = attempt(recipe)
    row = {
        "name": run.name,
        "label": run.label,
        "way": run.way,
        "table": run.table,
        "family": run.family,
        "half": run.half,
        "rows": len(recipe.rows.x.train),
        "task": recipe.rows.task,
        "errors": _plain(errors(found)),
    }
    if run.fault is None or mended is None:
        return row | healthy(recipe, found)
    twins = [train(mended, seed) for seed in SEEDS]
    shown, facts = run.fault.shown(Trial(Pair(recipe, mended), found, twins, refused))
    shown = bool(shown)  # NumPy has one of its own
    row |= {
        "mended": _plain(errors(twins)),
        "facts": _told(facts),
        "refused": refused,
        "shown": shown,
    }
    helped: list[str] = []
    true = {run.label}
    if shown and found:
        helped, _ = remedies(recipe, errors(found), TELLING)
        true |= facts_of(recipe, found) | shown_by(helped)
    return row | {"helped": helped, "true": sorted(true)}


def healthy(recipe: Recipe, found: Sequence[Trained]) -> Row:
    """Whether it reaches what others reach, and no common remedy clearly improves it."""
    mine = float(np.mean(errors(found)))
    true = facts_of(recipe, found)
    row: Row = {"facts": {}, "shown": False, "helped": [], "true": sorted(true)}
    if not 1 - mine >= LEARNED or not true <= HARMLESS:
        return row
    helped, best = remedies(recipe, errors(found), list(REMEDIES))
    best = min(best, simple(recipe.rows))
    reached = (1 - mine) / (1 - best)
    return row | {
        "facts": {"best": round(best, 4), "reached": round(reached, 3)},
        "shown": not helped and reached >= REACHED,
        "helped": helped,
        "true": sorted(true | shown_by(helped)),
    }


def attempt(recipe: Recipe) -> tuple[list[Trained], str]:
    """Trainings with all seeds, or what ``fit`` says."""
    try:
        return [train(recipe, seed) for seed in SEEDS], ""
    except TrimtabError as wrong:
        return [], str(wrong)


def remedies(
    recipe: Recipe, present: Sequence[float], names: Sequence[str]
) -> tuple[list[str], float]:
    """Those that clearly improve the run, and the smallest mean error of all."""
    helped, means = [], []
    for name in names:
        changed = REMEDIES[name](recipe)
        tried = [train(changed, seed).error for seed in SEEDS]
        means.append(float(np.mean(tried)))
        if clearly(present, tried):
            helped.append(name)
    return helped, min(means)


def shown_by(helped: Sequence[str]) -> set[str]:
    return {code for name in helped for code in SHOWN_BY[name]}


def facts_of(recipe: Recipe, found: Sequence[Trained]) -> set[str]:
    """Codes that are true of any run, as counted here."""
    rows, true = recipe.rows, set[str]()
    if any(not finite(run) or run.history.history["loss"][-1] > 2 * start(run) for run in found):
        true.add("diverged")
    x, truth = recipe.validation()
    known = len(rows.x.train) - (len(x) if recipe.share else 0)
    seen = {row.tobytes() for row in np.column_stack([rows.x.train, rows.truth.train])[:known]}
    copies = [row.tobytes() in seen for row in np.column_stack([x, truth])]
    if np.mean(copies) >= 0.01:
        true.add("shared-rows")
    if len(seen) <= 0.95 * known:
        true.add("duplicate-rows")
    if rows.kinds and min(np.bincount(rows.truth.train.astype(int))) <= 0.15 * known / rows.kinds:
        true.add("unequal-classes")
    if len(x) <= 40:
        true.add("noisy-validation")
    if found[0].model.count_params() >= 10 * known:
        true.add("more-parameters-than-rows")
    return true


def simple(rows: Rows) -> float:
    """Error of the better one of a linear model and a random forest."""
    from sklearn import ensemble, linear_model

    made: list[Any] = (
        [
            linear_model.LogisticRegression(max_iter=300),
            ensemble.RandomForestClassifier(40, random_state=0),
        ]
        if rows.kinds
        else [linear_model.RidgeCV(), ensemble.RandomForestRegressor(40, random_state=0)]
    )
    found = []
    for model in made:
        model.fit(rows.x.train, rows.truth.train)
        if rows.kinds:
            wide = np.zeros((len(rows.x.test), rows.kinds))
            wide[:, model.classes_.astype(int)] = model.predict_proba(rows.x.test)
            found.append(rows.error(wide))
        else:
            found.append(rows.error(model.predict(rows.x.test)[:, None]))
    return min(found)


def looked_at(run: Run, folder: Path) -> Row:
    """What the coach says before training and, where it can, after it and from watching it."""
    recipe, _ = recipes(run, folder)
    model, arguments = recipe.model(SEEDS[0]), recipe.arguments()
    if recipe.groups is not None:
        arguments["groups"] = recipe.groups
    seen: Row = {"before": codes(model, arguments)}
    if "history" in inspect.signature(model.check).parameters:
        watching = getattr(callbacks, "Coach", None)
        coach = watching(verbose=0) if watching else None
        try:
            model = recipe.model(SEEDS[0])
            last = [coach] if coach else []
            history = fit(model, recipe, callbacks=[*arguments["callbacks"], *last])
        except TrimtabError:
            return seen
        seen["after"] = codes(model, arguments | {"history": history})
        if coach:
            seen["watched"] = plain(coach.findings)
    return seen


def codes(model: Any, arguments: dict[str, Any]) -> list[Row]:
    """The findings as plain data; an exception is told as one, for it is a fault of the coach."""
    try:
        found = model.check(**arguments)
    except TrimtabError as refusal:
        return [{"code": "refused", "severity": "refused", "evidence": str(refusal)}]
    except Exception as failure:  # noqa: BLE001
        return [{"code": "failed", "severity": "failed", "evidence": repr(failure)}]
    return plain(found)


def plain(found: Sequence[Finding]) -> list[Row]:
    return [
        {"code": f.code, "severity": str(f.severity), "evidence": _told(dict(f.evidence))}
        for f in found
    ]


def _told(value: Any) -> Any:
    """Evidence as JSON: short, with six digits."""
    if isinstance(value, dict):
        return {str(key): _told(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_told(each) for each in value[:8]]
    if isinstance(value, float | np.floating):
        return float(f"{value:.6g}") if math.isfinite(value) else str(value)
    return value if isinstance(value, int | str | bool | None) else str(value)


def _plain(values: list[float]) -> list[float]:
    return [round(min(value, WORST), 4) for value in values]
