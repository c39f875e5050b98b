"""A grid search on Concrete with trimtab's estimator and with scikit-learn's MLP, in pairs.

    python benchmarks/grid_search.py                  # prints a table
    python benchmarks/grid_search.py --jobs 2 --pairs 5 --json grid_search.json

Both search 12 candidates (4 learning rates, 3 strengths of decay) over 5 folds and refit the best:
61 trainings of 2 x 64 units with relu, batches of 32, 100 epochs of Adam, no early stopping, on
float32. The rows are standardized once for the MLP; trimtab prepares them in each ``fit``. Pairs
take turns, so that a busy machine is busy for both. Processor seconds are those of this process
and, with several jobs, are not comparable: joblib's workers go on.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

import trimtab

EPOCHS, UNITS, BATCH = 100, 64, 32
RATES = (0.0005, 0.001, 0.002, 0.004)
DECAYS = (0.0001, 0.001, 0.01)
FOLDS = KFold(5, shuffle=True, random_state=0)


def ours(epochs: int) -> tuple[Any, dict[str, Any]]:
    """The estimator of trimtab and its grid."""
    model = trimtab.TabularRegressor(
        layers=f"{UNITS} relu, {UNITS} relu",
        epochs=epochs,
        batch_size=BATCH,
        schedule="constant",
        average_weights=0.0,
        loss="mse",
        early_stopping=False,
        random_state=0,
    )
    return model, {"lr": RATES, "weight_decay": DECAYS}


def theirs(epochs: int) -> tuple[Any, dict[str, Any]]:
    """The estimator of scikit-learn and its grid."""
    model = MLPRegressor(
        hidden_layer_sizes=(UNITS, UNITS),
        batch_size=BATCH,
        max_iter=epochs,
        n_iter_no_change=epochs + 1,
        random_state=0,
    )
    return model, {"learning_rate_init": RATES, "alpha": DECAYS}


def data() -> tuple[Any, Any, Any]:
    """Inputs as they are, standardized ones, and the target, all float32."""
    frame = trimtab.tables.read("concrete").frame
    x = frame.iloc[:, :-1].to_numpy(np.float32)
    return x, StandardScaler().fit_transform(x), frame.iloc[:, -1].to_numpy(np.float32)


def timed(estimator: Any, grid: dict[str, Any], x: Any, y: Any, jobs: int) -> dict[str, float]:
    """A search: its seconds, processor seconds, and the best score."""
    begun, busy = time.perf_counter(), time.process_time()
    found = GridSearchCV(estimator, grid, cv=FOLDS, n_jobs=jobs, scoring="r2").fit(x, y)
    return {
        "seconds": time.perf_counter() - begun,
        "processor": time.process_time() - busy,
        "r2": float(found.best_score_),
    }


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)  # 100 epochs are what is asked for
    x, standardized, y = data()
    for estimator, grid in (ours(2), theirs(2)):  # imports, workers
        timed(estimator, grid, standardized, y, asked.jobs)
    pairs = []
    for number in range(asked.pairs):
        pair = {}
        sides = [("trimtab", ours, x), ("MLPRegressor", theirs, standardized)]
        for name, side, rows in sides if number % 2 else sides[::-1]:
            pair[name] = timed(*side(asked.epochs), rows, y, asked.jobs)
        pairs.append(pair)
        print(json.dumps(pair), flush=True)
    report(pairs, asked.jobs)
    if asked.json is not None:
        asked.json.write_text(json.dumps({"jobs": asked.jobs, "pairs": pairs}, indent=1) + "\n")


def report(pairs: list[dict[str, dict[str, float]]], jobs: int) -> None:
    """Prints medians, and the ratio within pairs."""
    print(f"\n{platform.machine()}, Python {platform.python_version()}, ", end="")
    print(f"scikit-learn {sklearn.__version__}, trimtab {trimtab.__version__}, n_jobs={jobs}")
    print("\n| median of the pairs | trimtab | MLPRegressor | ratio (least, most) |")
    print("|---|---|---|---|")
    for what in ("seconds", "processor") if jobs == 1 else ("seconds",):
        ratios = [each["MLPRegressor"][what] / each["trimtab"][what] for each in pairs]
        both = (
            f"{statistics.median(each[name][what] for each in pairs):.1f}"
            for name in ("trimtab", "MLPRegressor")
        )
        middle = f"{statistics.median(ratios):.1f} ({min(ratios):.1f}, {max(ratios):.1f})"
        print(f"| {what} | {' | '.join(both)} | {middle} |")
    best = " | ".join(f"{pairs[0][name]['r2']:.3f}" for name in ("trimtab", "MLPRegressor"))
    print(f"| R² of the best | {best} | |")


if __name__ == "__main__":
    main()
