"""How honest the scores and intervals of cross-fitted networks are, against untouched rows.

    python benchmarks/cross_fitting.py --tables FOLDER --json results.json

From each table some rows are trained on with ``fold=5`` and the others are left untouched. Compared
with what is true on these: the score out of fold, that of the average, the coverage of intervals,
and the scores out of fold with each network stopped by its own fold, and with columns prepared for
each network by itself. FOLDER holds ``NAME.parquet`` files and ``tables.json``, a list of records
with ``name``, ``target``, ``task`` and ``half``; only tables of the half ``choose`` are read.
Results are kept row by row: the command goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd

import trimtab
from trimtab.engines.base import Rows
from trimtab.predictor.training.building import built, member_seed
from trimtab.predictor.training.crossfit import course
from trimtab.predictor.training.crossfit.blocks import Blocks
from trimtab.predictor.training.crossfit.network import CrossNetwork
from trimtab.predictor.training.crossfit.neutral import Ranges
from trimtab.predictor.training.fits import Fit
from trimtab.predictor.training.parts import prepared
from trimtab.predictor.training.preparing import Prepared
from trimtab.predictor.training.trained import Trained
from trimtab.predictor.training.units import Units
from trimtab.tables.preprocessing import Preprocessor, Unseen

#: Rows that are trained on, and most rows that are left untouched.
ROWS, UNTOUCHED = 1200, 8000


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=Path, required=True)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--options", type=json.loads, default={})
    parser.add_argument("--only", nargs="*")
    chosen = parser.parse_args()
    done = json.loads(chosen.json.read_text()) if chosen.json.exists() else []
    known = {(each["table"], each["seed"]) for each in done}
    listed = json.loads((chosen.tables / "tables.json").read_text())
    for seed in range(chosen.seeds):
        for table in listed:
            if table["half"] != "choose" or (table["name"], seed) in known:
                continue
            if chosen.only and table["name"] not in chosen.only:
                continue
            frame = pd.read_parquet(chosen.tables / f"{table['name']}.parquet")
            result = measured(frame, table, seed, chosen.rows, chosen.options)
            done.append({"table": table["name"], "seed": seed, **result})
            chosen.json.write_text(json.dumps(done, indent=1))
            print(json.dumps(done[-1]), flush=True)
    report(done)


def measured(
    frame: pd.DataFrame, table: dict[str, Any], seed: int, rows: int, options: dict[str, Any]
) -> dict[str, Any]:
    """One table, one seed."""
    frame = frame[frame[table["target"]].notna()]
    order = np.random.default_rng(seed).permutation(len(frame))
    rows = min(rows, int(0.7 * len(frame)))
    train = frame.iloc[order[:rows]].reset_index(drop=True)
    untouched = frame.iloc[order[rows : rows + UNTOUCHED]].reset_index(drop=True)
    number = table["task"] == "regression"
    if not number:  # classes that training lacks cannot be scored
        untouched = untouched[untouched[table["target"]].isin(set(train[table["target"]]))]
    told: dict[str, Any] = {"task": None if number else "multiclass", "seed": seed, "fold": 5}
    told |= {"effort": "quick", **options}
    if not number and train[table["target"]].nunique() == 2:
        told["task"] = "binary"
    kept: list[Trained] = []
    real = course.cross_fit

    def spied(*arguments: Any, **named: Any) -> Trained:
        kept.append(real(*arguments, **named))
        return kept[-1]

    begun = time.perf_counter()
    with mock.patch("trimtab.predictor.training.fitting.cross_fit", spied):
        predictor: Any = trimtab.train(train, table["target"], **told)
    seconds = time.perf_counter() - begun
    metric = "mae" if number else "log_loss"
    scores = predictor.scores["folds"]
    result: dict[str, Any] = {
        "task": predictor.task,
        "rows": rows,
        "untouched": len(untouched),
        "seconds": round(seconds, 2),
        "metric": metric,
        "folds": float(scores.metrics[metric].value),
        "error": float(scores.metrics[metric].error),
        "average": dict(scores.averaged.metrics),
        "one": {name: float(each.value) for name, each in scores.metrics.items()},
    }
    result["selfish"] = selfish(kept[0], metric)
    truth = predictor.evaluate(untouched)
    result["true average"] = {name: float(each.value) for name, each in truth.metrics.items()}
    result["true error"] = float(truth.metrics[metric].error)
    whole, singles = predictor.model, []
    for member in whole.members:
        predictor.model = member
        singles.append(
            {n: float(e.value) for n, e in predictor.evaluate(untouched).metrics.items()}
        )
    predictor.model = whole
    result["true one"] = {n: float(np.mean([e[n] for e in singles])) for n in singles[0]}
    if number:
        y = untouched[table["target"]].to_numpy(np.float64)
        found = predictor.predict_interval(untouched, 0.9)
        inside = (found.lower[:, 0] <= y) & (y <= found.upper[:, 0])
        result["coverage"] = float(inside.mean())
    result["own preparation"] = apart(train, table["target"], told)
    return result


class Enough(Exception):
    """Networks of different widths are trained, and cannot predict together."""


def apart(train: pd.DataFrame, target: str, told: dict[str, Any]) -> float:
    """The loss out of fold, with columns prepared for each network by its own rows."""
    kept: list[Trained] = []

    def only(*arguments: Any, **named: Any) -> Trained:
        kept.append(course.cross_fit(*arguments, **named))
        raise Enough

    with (
        mock.patch.object(course._CrossFit, "_made", own_preparation),
        mock.patch("trimtab.predictor.training.fitting.cross_fit", only),
    ):
        try:
            trimtab.train(train, target, **told)
        except Enough:
            sizes = [len(each.outputs) for each in kept[0].fits]  # type: ignore[arg-type]
            return float(
                np.average([each.best or math.nan for each in kept[0].fits], weights=sizes)
            )
    raise AssertionError


def selfish(trained: Trained, metric: str) -> float:
    """The validation losses over the folds, had each network been stopped by its own."""
    sizes = [len(each.outputs) for each in trained.fits]  # type: ignore[arg-type]
    own = [np.nanmin(each.history.history["val_loss"]) for each in trained.fits]
    honest = [each.best or math.nan for each in trained.fits]
    return float(np.average(own, weights=sizes) / np.average(honest, weights=sizes))


def own_preparation(self: Any, known: Any) -> list[CrossNetwork]:
    """The networks, each with columns prepared by its own rows."""
    made, valid, blocks, data = [], [], self._blocks, self._data
    chosen, folds = blocks.chosen, len(blocks)
    for fold in range(folds):
        place = blocks.place(fold)
        others = np.r_[0 : place.start, place.stop : len(chosen)]
        preprocessor = Preprocessor.fit(
            chosen.table, data.schema, chosen.rows[others], weights=None
        )
        (rows,) = prepared(preprocessor, [chosen], balanced=False, consume=False, report=Unseen())
        ready = Prepared(preprocessor, {"train": chosen}, {"train": rows}, Unseen())
        own = Blocks(ready, rows, blocks.edges, chosen)
        model = built(data, ready, member_seed(data.options.seed, fold), others)
        codes = [size for _, size in preprocessor.embeddings]
        ranges = Ranges(rows.x, [own.place(each) for each in range(folds)], codes)
        network = CrossNetwork(
            f"fold {fold + 1} of {folds}",
            fold,
            model,
            rows,
            own.without(fold),
            own.fold(fold),
            self._recipe,
            Units(preprocessor.target.unit).of(model),
            ranges.without(fold),
        )
        made.append(network)
        valid.append(own.fold(fold))
    self._complete = lambda each, best, fit: _complete(
        fit, each, best, valid[each.fold], blocks.prepared.preprocessor.target
    )
    return made


def _complete(fit: Fit, network: CrossNetwork, best: int, valid: Rows, target: Any) -> Fit:
    assert fit.model is not None
    return replace(
        fit,
        best=network.history.history["val_loss"][best - 1],
        outputs=fit.model.predict(valid.x, verbose=0),
        target=target,
        fold=network.fold,
    )


def report(results: list[dict[str, Any]]) -> None:
    """Geometric means over tables."""

    def mean(name: str, ratio: Any) -> None:
        """Tables count by how exactly they are known: by the standard errors of both parts."""
        values = np.array([math.log(ratio(each)) for each in results])
        errors = [each["error"] / each["folds"] for each in results]
        others = [each["true error"] / each["true average"][each["metric"]] for each in results]
        weights = 1 / (np.square(errors) + np.square(others))
        middle = np.average(values, weights=weights)
        spread = np.sqrt(np.sum(np.square(weights * (values - middle)))) / weights.sum()
        print(f"{name:60}{math.exp(middle):.4f} ± {spread:.4f} ({len(values)})")

    mean(
        "out of fold / one network on untouched rows",
        lambda e: e["folds"] / e["true one"][e["metric"]],
    )
    mean(
        "the same, each stopped by its own fold",
        lambda e: e["selfish"] * e["folds"] / e["true one"][e["metric"]],
    )
    mean("own preparation / shared, out of fold", lambda e: e["own preparation"] / e["folds"])
    mean(
        "estimate for the average / average on untouched rows",
        lambda e: e["average"][e["metric"]] / e["true average"][e["metric"]],
    )
    mean(
        "average / one network, untouched rows",
        lambda e: e["true average"][e["metric"]] / e["true one"][e["metric"]],
    )
    mean("average / one network, estimated", lambda e: e["average"][e["metric"]] / e["folds"])
    covered = [each["coverage"] for each in results if "coverage" in each]
    if covered:
        print(
            f"coverage of 90 % intervals: mean {np.mean(covered):.4f}, "
            f"{min(covered):.3f} to {max(covered):.3f} ({len(covered)})"
        )


if __name__ == "__main__":
    main()
