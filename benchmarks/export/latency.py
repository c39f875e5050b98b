"""Processor seconds from rows to answers: predict, onnxruntime and the NumPy file, in turns."""

from __future__ import annotations

import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

import trimtab
from benchmarks import machine, markdown
from benchmarks.export.tables import mixed
from trimtab.interchange.onnx.running import session

__all__ = ["page"]

ROWS = (1, 32, 100_000)
WAYS = ("predict", "onnxruntime", "NumPy alone")


def page(rounds: int, sizes: tuple[int, ...] = ROWS, epochs: int = 5) -> str:
    """The table, and how it came about; the caller has set one thread."""
    lines = [["model", "rows", *WAYS, "onnxruntime by predict", "NumPy by predict"]]
    for name, predictor, frame in _models(epochs):
        for rows in sizes:
            seconds = _measured(predictor, frame, rows, rounds)
            medians = [statistics.median(each) for each in seconds]
            ratios = [
                statistics.median(a / b for a, b in zip(each, seconds[0], strict=True))
                for each in seconds[1:]
            ]
            shown = [_time(each) for each in medians]
            lines.append([name, f"{rows:,}", *shown, *(f"{ratio:.2f}" for ratio in ratios)])
    facts = machine.describe()
    return f"""# From rows to answers

Processor time on one thread: the median of {rounds} rounds in which all take turns, and of the
ratios within a round. 1 and 32 rows are dicts, of which onnxruntime needs an array a column: making
them counts. Of 100,000 rows the columns are arrays. Written by `python -m benchmarks export`.

{markdown.table(lines)}

{facts["processor"]}, {facts["cores"]} cores, {facts["date"]}.
"""


def _time(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{1e6 * seconds:.0f} µs"
    return f"{1e3 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.2f} s"


def _models(epochs: int) -> list[tuple[str, trimtab.Predictor, Any]]:
    """A network of numbers, and committees with the default's embeddings."""
    from trimtab.tables import read

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wine, every = read("red-wine").frame, mixed("y", rows=600)
        small = {"layers": "64 relu, 64 relu", "valid": 0.3}

        def trained(table: Any, target: str, **options: Any) -> trimtab.Predictor:
            return trimtab.train(table, target, epochs=epochs, seed=1, verbose=0, **options)

        return [
            ("red-wine, two layers of 64", trained(wine, "quality", **small), wine),
            ("red-wine, default", trained(wine, "quality"), wine),
            ("all kinds of columns, default", trained(every, "y"), every),
        ]


def _measured(
    predictor: trimtab.Predictor, frame: Any, rows: int, rounds: int
) -> list[list[float]]:
    """Seconds of each round, for each of :data:`WAYS`."""
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        runs = _runs(predictor, frame, rows, Path(folder))
        for run in runs:
            run()
        repeats = 1 if rows > 1000 else 20
        found: list[list[float]] = [[] for _ in runs]
        for _ in range(rounds):
            for run, seconds in zip(runs, found, strict=True):
                begin = time.process_time()
                for _ in range(repeats):
                    run()
                seconds.append((time.process_time() - begin) / repeats)
    return found


def _runs(
    predictor: trimtab.Predictor, frame: Any, rows: int, folder: Path
) -> list[Callable[[], Any]]:
    done = trimtab.export(predictor, folder / "model.onnx", gaps=True)
    trimtab.export(predictor, folder / "model.py")
    space: dict[str, Any] = {"__name__": "exported"}
    exec((folder / "model.py").read_text(), space)
    made = session(done.path.read_bytes(), threads=1)
    drawn = frame.sample(rows, replace=True, random_state=0).reset_index(drop=True)
    drawn = drawn[[*done.inputs]]
    predict_file: Callable[[Any], Any] = space["predict"]
    if rows > 1000:
        feeds = {name: _fed(drawn[name], kind) for name, kind in done.inputs.items()}
        columns = {name: drawn[name].to_numpy() for name in done.inputs}
        return [
            lambda: predictor.predict(drawn),
            lambda: made.run(None, feeds),
            lambda: predict_file(columns),
        ]
    plain = drawn.astype(object).where(drawn.notna(), None).to_dict("records")
    types = {"float64": np.float64, "int64": np.int64, "str": object}
    fed = [
        {name: _fed(drawn[name], kind).tolist()[at][0] for name, kind in done.inputs.items()}
        for at in range(rows)
    ]

    def by_runtime() -> Any:
        return made.run(
            None,
            {
                name: np.array([row[name] for row in fed], types[kind]).reshape(-1, 1)
                for name, kind in done.inputs.items()
            },
        )

    return [lambda: predictor.predict(plain), by_runtime, lambda: predict_file(plain)]


def _fed(cells: Any, kind: str) -> Any:
    """A column as an ONNX file takes it."""
    import pandas as pd

    if kind == "str":
        made = cells.astype(object).where(cells.notna(), "").to_numpy()
    elif kind == "int64" and cells.dtype.kind != "M":
        made = pd.to_timedelta(cells).to_numpy("timedelta64[ns]").astype(np.int64)
    elif kind == "int64":
        made = cells.to_numpy("datetime64[ns]").astype(np.int64)
    else:
        made = cells.to_numpy(np.float64, na_value=np.nan)
    return made.reshape(-1, 1)
