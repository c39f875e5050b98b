"""Phases are sorted, summed and drawn; the peak is a rate."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks import phases
from benchmarks.data import synthetic
from benchmarks.measurements.phases import DEFAULT_TITLE, page, picture, shares
from benchmarks.networks import BatchNormalization, Dense, Dropout, Run, product_flops, step_flops
from benchmarks.peers import load
from benchmarks.phases_picture import COLOURS
from trimtab.core import _native

RUN = Run(
    "small",
    (Dense(32, relu=True), Dropout(0.3), BatchNormalization(), Dense(24, relu=True), Dense(1)),
    "adam",
    16,
    2,
)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("matmul", phases.FORWARD),
        ("matmul + bias + loss", phases.FORWARD),
        ("matmul kernel gradient, update", phases.KERNEL),
        ("matmul input gradient + dropout backward", phases.INPUT),
        ("sum of halves + activation backward", phases.INPUT),
        ("batch normalization + activation + dropout", "batch normalization"),
        ("bias gradient", "bias, activation, dropout"),
        ("penalty", "optimizer"),
        ("sum losses", "loss"),
        ("embedding backward", phases.OTHER),
    ],
)
def test_a_phase_has_the_kind_of_its_first_part(name: str, kind: str) -> None:
    assert phases.kind(name) == kind


def test_threads_are_averaged_and_waits_added_up() -> None:
    timed = [("matmul", [1.0, 3.0], [0.5, 0.0]), ("gather", [1.0, 0.0], [0.0, 1.5])]
    assert phases.seconds_by_kind(timed) == {phases.FORWARD: 2.0, "gather": 0.5, "waiting": 1.0}


def test_the_engine_times_every_phase_of_a_fit() -> None:
    peer: Any = load("trimtab")(RUN, synthetic(50, 5))
    peer.build(1)
    peer.fit()
    timed = phases.timed(peer.model, peer.fit)
    found = phases.seconds_by_kind(timed)
    assert found.keys() >= {*phases.PRODUCTS, "batch normalization", "optimizer", "loss", "gather"}
    assert phases.OTHER not in found
    assert phases.network_of(peer.model).phase_times() == [
        (name, [], []) for name, _, _ in timed
    ]  # off again


def test_operations_of_products_add_up_to_those_of_a_step() -> None:
    flops = product_flops(RUN, 5)
    forward = 2 * (5 * 32 + 32 * 24 + 24)
    assert (flops.forward, flops.kernel_gradients) == (forward, forward)
    assert flops.input_gradients == forward - 2 * 5 * 32
    assert step_flops(RUN, 5) == 16 * (3 * forward - 2 * 5 * 32)


def test_the_peak_is_a_rate_of_all_threads() -> None:
    one = _native.peak_flops(0.01, 1)
    assert 1e8 <= one <= 1e12
    assert _native.peak_flops(0.01, 2) >= 0.1 * one
    for seconds, threads in ((0.0, 1), (float("nan"), 1), (0.01, 0)):
        with pytest.raises(ValueError, match="must be"):
            _native.peak_flops(seconds, threads)


def record(case: str, peer: str, scale: float) -> dict[str, Any]:
    microseconds = {phases.FORWARD: 10 * scale, "optimizer": 5 * scale, "waiting": 1.0}
    flops = {phases.FORWARD: 2e6, phases.KERNEL: 0.0, phases.INPUT: 0.0}
    return {
        "case": case,
        "peer": peer,
        "turn": 1,
        "value": sum(microseconds.values()),
        "microseconds": microseconds,
        "flops": flops,
        "peak_flops": 2e11,
        "threads": 2,
    }


RECORDS = [
    record(case, peer, scale)
    for case in ("concrete", DEFAULT_TITLE)
    for peer, scale in (("trimtab-before", 2.0), ("trimtab", 1.0))
]


def test_shares_are_of_the_peak_of_the_run() -> None:
    found = shares(RECORDS, "concrete", "trimtab")
    assert found.keys() == {phases.FORWARD}
    assert np.allclose(found[phases.FORWARD], (2e11, 0.5))
    text = "\n".join(page(RECORDS))
    assert "200 GFLOP/s a core, the median of the run (200 to 200)" in text
    assert "| products forward | 20 (100 GFLOP/s, 25 %) | 10 (200 GFLOP/s, 50 %) |" in text
    assert "| a step (products' share of the peak) | 31 (16.1 %) | 16 (31.2 %) |" in text


def test_the_picture_has_a_bar_for_each_version(tmp_path: Path) -> None:
    root = ElementTree.fromstring(picture(RECORDS))
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert texts.count("before") == texts.count("now") == 2
    assert texts.count("25 %") == texts.count("50 %") == 2
    assert {"concrete", DEFAULT_TITLE, "31 µs", "16 µs"} <= set(texts)
    assert len(set(COLOURS)) == len(COLOURS) == len(phases.SHOWN)
