"""One trial: a variant of the options, trained on a table's rows and measured on held-out ones."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.study.tables import StudyTable, divided

#: Probabilities stay this far from 0.
SMALLEST = 1e-7


@dataclass(frozen=True)
class Trial:
    """What is trained on what."""

    table: StudyTable
    seed: int
    variant: str
    options: dict[str, Any]
    most_rows: int

    @property
    def key(self) -> tuple[str, int, str, int]:
        return self.table.name, self.seed, self.variant, self.most_rows


def run(trial: Trial) -> dict[str, Any]:
    """The errors of a trial, with what was asked for; `failed` instead of errors if it raised."""
    found: dict[str, Any] = {
        **asdict(trial),
        "table": trial.table.name,
        "task": trial.table.task,
    }
    begin, cpu = time.perf_counter(), time.process_time()
    try:
        found |= _errors(trial)
    except Exception as problem:  # noqa: BLE001 - one bad variant must not end the study
        found["failed"] = f"{type(problem).__name__}: {problem}"[:500]
    found["seconds"] = round(time.perf_counter() - begin, 2)
    found["cpu_seconds"] = round(time.process_time() - cpu, 2)
    return found


def _errors(trial: Trial) -> dict[str, Any]:
    import trimtab

    table = trial.table
    train, held = divided(table, trial.seed, trial.most_rows)
    common: dict[str, Any] = {"seed": trial.seed, "threads": 1, "task": table.task}
    predictor: Any = trimtab.train(train, table.target, **(common | trial.options))
    rows, answers = held.drop(columns=table.target), held[table.target]
    size = {"train_rows": len(train), "columns": rows.shape[1]}
    if table.task == "regression":
        true = answers.to_numpy(np.float64)
        off = np.asarray(predictor.predict(rows), np.float64).reshape(-1) - true
        around = true - train[table.target].median()
        return {
            "rmse": float(np.sqrt(np.mean(off**2))),
            "mae": float(np.mean(np.abs(off))),
            "nmae": float(np.mean(np.abs(off)) / np.mean(np.abs(around))),
            **size,
        }
    chances = np.clip(np.asarray(predictor.predict_proba(rows), np.float64), SMALLEST, None)
    chances /= chances.sum(axis=1, keepdims=True)
    place = {str(name): number for number, name in enumerate(predictor.classes)}
    true_class = np.array([place[str(name)] for name in answers])
    return {
        "log_loss": float(-np.log(chances[np.arange(len(held)), true_class]).mean()),
        "accuracy": float((chances.argmax(axis=1) == true_class).mean()),
        **size,
    }
