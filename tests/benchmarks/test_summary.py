from typing import Any

from benchmarks.summary import Spread, landed, ratio, spread_over_cases, validation_losses


def record(case: str, peer: str, turn: int, value: float, **more: Any) -> dict[str, Any]:
    return {"case": case, "peer": peer, "turn": turn, "value": value} | more


def test_ratios_are_taken_within_a_round() -> None:
    records = [
        record("spotify", "a", 1, 1.0),
        record("spotify", "b", 1, 2.0),
        record("spotify", "a", 2, 30.0),
        record("spotify", "b", 2, 10.0),
        record("spotify", "a", 3, 7.0),  # nothing beside it
    ]
    assert ratio(records, "spotify", "a", "b") == Spread(1.75, 0.5, 3.0)
    assert ratio(records, "concrete", "a", "b") is None


def test_the_first_fit_is_no_steady_one() -> None:
    records = [
        record("spotify", "a", 0, 100.0),
        record("spotify", "a", 1, 1.0),
        record("spotify", "b", 0, 1.0),
        record("spotify", "b", 1, 1.0),
    ]
    assert ratio(records, "spotify", "a", "b") == Spread(1.0, 1.0, 1.0)


def test_spread_over_cases_needs_two() -> None:
    records = [record("1 rows", "a", 1, 2.0), record("2 rows", "a", 1, 3.0)]
    assert spread_over_cases(records, "a") == Spread(1.5, 1.5, 1.5)
    assert spread_over_cases(records[:1], "a") is None


def test_a_diverged_run_has_not_landed() -> None:
    records = [
        record("spotify", "a", 1, 1.0, val_loss=0.19),
        record("spotify", "a", 2, 1.0, val_loss="nan"),
        record("spotify", "a", 3, 1.0, val_loss=None),
    ]
    losses = validation_losses(records, "spotify", "a")
    assert landed(losses[:1], (0.18, 0.2))
    assert not landed(losses, (0.18, 0.2))
    assert len(losses) == 2
