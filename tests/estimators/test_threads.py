"""Inside joblib, workers have a core each."""

from __future__ import annotations

import os
from pathlib import Path

import joblib
import pytest

from tests.estimators.support import numbers, regressor
from trimtab import config
from trimtab.estimators.threads import threads_of

WORKERS = 2


def threads_used(_: int) -> tuple[int, int]:
    """Threads that a fit for all cores was given, and by how many more the process has then."""
    x, y = numbers()
    regressor(epochs=1).fit(x, y)  # imports and first calls have their own
    before = _threads_of_process()
    model = regressor(layers="256 relu, 256 relu", batch_size=64, n_jobs=-1).fit(x, y)
    return model.predictor_.provenance["threads"], _threads_of_process() - before


def _threads_of_process() -> int:
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.exists() else 0


@pytest.mark.parametrize("kind", ["loky", "threading"])
def test_two_workers_have_a_share_of_the_cores_each(kind):
    share = max(1, len(os.sched_getaffinity(0)) // WORKERS) if kind == "loky" else 1
    found = joblib.Parallel(WORKERS, backend=kind)(
        joblib.delayed(threads_used)(each) for each in range(4)
    )
    assert {given for given, _ in found} == {share}
    if kind == "loky" and share == 1:
        assert max(more for _, more in found) == 0


def test_habits_of_scikit_learn():
    assert threads_of(None) == 1
    assert threads_of(3) == 3
    with joblib.parallel_config("threading", n_jobs=5):
        assert threads_of(None) == 5
    assert threads_of(-1) == config.get_threads()
    assert threads_of(-1000) == 1
    assert regressor(epochs=1).fit(*numbers()).predictor_.provenance["threads"] == 1
