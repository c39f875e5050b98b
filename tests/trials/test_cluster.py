"""Trials on a cluster of real processes: the numbers are those of this process."""

import os
import signal
import threading
import time
import warnings

import joblib
import pytest

from tests.trials.networks import rows, small
from trimtab import trials
from trimtab.trials import edits

X, Y = rows(1_000)
FIT = {"epochs": 30, "splits": 12, "design": "parts", "verbose": 0}


def compared(**more):
    found = trials.compare(small(), edits.dropout(0.2), X, Y, **{**FIT, **more})
    return found, [(each.trial, dict(each.metrics)) for each in found.outcomes]


def test_processes_of_joblib_give_the_same_bits():
    _, here = compared(splits=2, epochs=2)
    with joblib.parallel_config(backend="loky", n_jobs=2):
        _, there = compared(splits=2, epochs=2)
    assert there == here


@pytest.mark.slow  # starts a cluster
def test_dask_gives_the_same_bits_though_a_worker_is_killed():
    distributed = pytest.importorskip("distributed")
    _, here = compared()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dask says that a worker is lost, as it should
        cluster = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        )
        with cluster, distributed.Client(cluster) as client:
            workers, killed = client.run(os.getpid), []

            def kill_one_at_work() -> None:
                busy = next((each for each, tasks in client.processing().items() if tasks), None)
                while busy is None:
                    time.sleep(0.01)
                    busy = next(
                        (each for each, tasks in client.processing().items() if tasks), None
                    )
                os.kill(workers[busy], signal.SIGKILL)
                killed.append(workers[busy])

            threading.Thread(target=kill_one_at_work, daemon=True).start()
            with joblib.parallel_config(backend="dask"):
                found, there = compared()
            assert killed and killed[0] not in client.run(os.getpid).values()
    assert there == here
    assert not any(each.failed for each in found.outcomes)


@pytest.mark.slow  # starts a cluster
def test_ray_gives_the_same_bits():
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    _, here = compared(splits=4, epochs=2)
    ray.init(num_cpus=2, include_dashboard=False)
    try:
        register_ray()
        with joblib.parallel_config(backend="ray"):
            _, there = compared(splits=4, epochs=2)
    finally:
        ray.shutdown()
    assert there == here
