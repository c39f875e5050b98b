"""The peers train the same network: from the same weights, on whole batches, to the same losses."""

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from benchmarks.data import Data, synthetic
from benchmarks.networks import BatchNormalization, Dense, Dropout, Run
from benchmarks.peers import PEERS, load
from benchmarks.peers.keras_shaped import fit

needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs JAX")
needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs torch")

ROWS, COLUMNS, EPOCHS = 48, 5, 6


def run_of(optimizer: str, *, batch_size: int = ROWS, dropout: bool = False) -> Run:
    block = (Dense(7, relu=True), *([Dropout(0.3)] if dropout else []), BatchNormalization())
    return Run("small", (*block, *block, Dense(1)), optimizer, batch_size, EPOCHS)


def scan_from(weights: list[Any], run: Run, data: Data) -> Any:
    """The hand-written scan with a model's weights, in Keras' order."""
    import jax.numpy as jnp

    peer: Any = load("jax-scan")(run, data)
    peer.build(0)
    parameters, moving, slots, step = peer.carry
    rest = iter(jnp.asarray(weight) for weight in weights)
    for own, statistics in zip(parameters, moving, strict=True):
        for part in (own, statistics):
            for name in part:
                part[name] = next(rest)
    assert next(rest, None) is None
    peer.carry = (parameters, moving, slots, step)
    return peer


@needs_jax
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_the_scan_takes_the_steps_of_both_engines(optimizer: str) -> None:
    run, data = run_of(optimizer), synthetic(ROWS, COLUMNS, 16)
    curves = []
    for name in ("trimtab", "trimtab-jax"):
        peer: Any = load(name)(run, data)
        peer.build(3)
        scan = scan_from(peer.model.get_weights(), run, data)
        curves += [peer.fit(), scan.fit()]
    spread = np.ptp(np.array(curves), axis=0)
    assert len(spread) == EPOCHS
    assert np.all(spread <= 1e-5)
    assert np.ptp(curves[0]) > 1e-3  # and they are steps


@pytest.mark.parametrize("name", ["trimtab", "trimtab-jax", "jax-scan", "pytorch"])
def test_a_reset_peer_trains_anew(name: str) -> None:
    if PEERS[name].missing():
        pytest.skip(f"{name} is not installed")
    data = synthetic(50, COLUMNS, 20)
    peer = load(name)(run_of("adam", batch_size=16, dropout=True), data)
    peer.build(1)
    first = peer.fit()
    peer.reset(2)
    other = peer.fit()
    peer.reset(1)
    assert peer.fit() == first != other


@needs_jax
def test_a_population_is_its_networks_one_by_one() -> None:
    data = synthetic(50, COLUMNS, 20)
    run = run_of("adam", batch_size=16, dropout=True)
    peer: Any = load("trimtab-jax")(run, data)
    together = peer.many([1, 2])
    alone = [fit(model, run, data) for model in [peer._compiled(seed) for seed in (1, 2)]]
    assert np.all(np.abs(np.subtract(together, alone)) <= 1e-4)
    assert np.all(np.abs(np.subtract(*alone)) > 1e-3)


@needs_torch
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_recorded_steps_are_the_steps(optimizer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a GPU nothing is recorded; buffers, positions and setting back are the same."""
    from benchmarks.peers import pytorch, pytorch_graphs

    def called_again(work: Callable[[], Any]) -> Callable[[], Any]:
        for _ in range(pytorch_graphs.WARM_UPS):
            work()
        return work

    monkeypatch.setattr(pytorch_graphs, "captured", called_again)
    monkeypatch.setattr(pytorch_graphs.PeerOf, "capturable", False)
    monkeypatch.setattr(pytorch_graphs.PeerOf, "__init__", pytorch.PeerOf.__init__)
    run, data = run_of(optimizer, batch_size=16, dropout=True), synthetic(50, COLUMNS, 20)
    curves = []
    for module in (pytorch, pytorch_graphs):
        peer = module.PeerOf(run, data)
        peer.build(1)
        peer.reset(4)
        curves.append(peer.fit())
    assert curves[0] == curves[1]
