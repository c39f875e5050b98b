from typing import Any

from benchmarks.measurements.sweep import page


def cell(peer: str, width: int, batch: int, turn: int, seconds: float) -> dict[str, Any]:
    return {
        "case": f"{width} x {batch}",
        "peer": peer,
        "turn": turn,
        "value": seconds,
        "width": width,
        "batch": batch,
        "flops": 2e12,
    }


def peak(precision: str, rate: float) -> dict[str, Any]:
    return {
        "case": "peak",
        "peer": precision,
        "turn": 1,
        "value": 1.0,
        "size": 8192,
        "flops_per_second": rate,
    }


def test_a_table_for_each_peer_beside_the_peak_of_its_precision() -> None:
    records = [
        peak("float32", 40e12),
        peak("bfloat16", 400e12),
        cell("trimtab-jax", 64, 256, 1, 1.0),
        cell("trimtab-jax", 64, 256, 2, 0.2),
        cell("trimtab-jax", 64, 256, 3, 0.1),
        cell("trimtab-jax", 4096, 1024, 1, 0.1),
        cell("trimtab-jax-bfloat16", 64, 256, 1, 4000.0),
    ]
    text = "\n".join(page(records))
    assert "Peak of float32 products: 40 TFLOP/s, at 8192 x 8192 by 8192 x 8192." in text
    assert "| width | batch 256 | batch 1024 |" in text
    assert "| 64 | 10 TFLOP/s (25 %) | – |" in text
    assert "| 4096 | – | 20 TFLOP/s (50 %) |" in text
    assert "| 64 | 0.5 GFLOP/s (0.000125 %) |" in text


def test_without_a_peak_there_is_no_share() -> None:
    text = "\n".join(page([cell("trimtab-jax", 64, 256, 1, 1.0)]))
    assert "| 64 | 2 TFLOP/s |" in text
