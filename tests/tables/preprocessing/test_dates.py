from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from tests.support.close import assert_close
from trimtab.core.records import from_record
from trimtab.errors import InvalidArgument
from trimtab.tables.preprocessing.dates import PARTS, Moment, fit_moment
from trimtab.tables.preprocessing.scaling import Quantile, Robust, Unscaled
from trimtab.tables.preprocessing.step import Unseen


def moments(*texts: str) -> np.ndarray:
    return np.array(texts, "datetime64[ns]")


def drawn(rows: int = 500, seed: int = 0) -> np.ndarray:
    r = np.random.default_rng(seed)
    return r.integers(-(10**18), 4 * 10**18, rows).view("datetime64[ns]")


def run(step, values, unseen: Unseen | None = None) -> np.ndarray:
    out = np.full((len(values), len(step.columns)), np.nan, np.float32)
    step.transform(values, out, Unseen() if unseen is None else unseen)
    return out


def test_parts_are_those_of_the_calendar() -> None:
    values = drawn()
    days = pd.Series(values).dt
    origin = int(values.min().astype(np.int64))
    instants = values.view(np.int64)

    def part(name: str) -> np.ndarray:
        return PARTS[name](instants, origin)

    assert part("year").tolist() == days.year.tolist()
    assert part("day of year").tolist() == [
        stamp.timetuple().tm_yday for stamp in pd.Series(values)
    ]
    elapsed = (values - values.min()) / np.timedelta64(1, "D")
    assert_close(part("days elapsed"), elapsed, 1e-14)
    minutes = days.hour * 60 + days.minute
    for name, place, around in (
        ("month", days.month - 1, 12),
        ("weekday", days.day_of_week, 7),
        ("time of day", minutes, 24 * 60),
    ):
        angle = 2 * math.pi * np.asarray(place) / around
        assert_close(part(f"{name} sin"), np.sin(angle), 1e-14)
        assert_close(part(f"{name} cos"), np.cos(angle), 1e-14)


def test_parts_that_never_change_are_left_out() -> None:
    step = fit_moment("sold", moments("2024-03-01", "2024-03-05", "2024-03-06"))
    assert [column.name for column in step.columns] == [
        "sold days elapsed",
        "sold day of year",
        "sold weekday sin",
        "sold weekday cos",
    ]
    assert fit_moment("sold", moments("2024-03-01", "2024-03-01")) is None
    assert fit_moment("sold", moments("NaT", "NaT")) is None
    times = fit_moment("sold", moments("2024-03-01T06:00", "2024-03-01T18:30"))
    assert "sold time of day sin" in [column.name for column in times.columns]


def test_missing_dates_take_the_median_one_and_are_flagged() -> None:
    values = moments("2024-03-01", "NaT", "2024-03-05", "2025-04-06")
    step = fit_moment("sold", values)
    found = run(step, moments("NaT", "2024-03-05"))
    assert found[0, :-1].tolist() == found[1, :-1].tolist()
    assert found[:, -1].tolist() == [1, 0]
    assert step.columns[-1].name == "sold missing"
    only = fit_moment("sold", moments("2024-03-01", "NaT"))
    assert run(only, values).tolist() == [[0], [1], [0], [0]]


def test_missing_dates_without_a_flag_are_counted() -> None:
    step = fit_moment("sold", moments("2024-03-01", "2024-03-05", "2025-04-06"))
    unseen = Unseen()
    assert np.isfinite(run(step, moments("NaT"), unseen)).all()
    assert unseen.sentences() == [
        ("Column 'sold': 1 cell is missing, but none in the training rows; counted as 2024-03-05.")
    ]


def test_later_days_go_on_beyond_the_training_rows() -> None:
    # Most of them recent, a few very old: quantiles would end at the last training row.
    r = np.random.default_rng(0)
    days = 20_000 - np.exp(2.5 * r.normal(size=2000)).astype(np.int64)
    values = np.clip(days, 0, 20_000).astype("datetime64[D]").astype("datetime64[ns]")
    step = fit_moment("sold", values)
    assert isinstance(step.scalings["days elapsed"], Robust)
    ahead = values.max() + np.array([0, 10, 20], "timedelta64[D]")
    assert (np.diff(run(step, ahead)[:, 0]) > 0).all()
    told = fit_moment("sold", values, "quantile")
    assert isinstance(told.scalings["days elapsed"], Quantile)


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_any_resolution_is_the_same_moment(unit: str) -> None:
    values = moments("2024-03-01T10:00", "NaT", "2024-03-05T11:30", "2025-04-06T23:59")
    step = fit_moment("sold", values)
    assert run(step, values.astype(f"datetime64[{unit}]")).tolist() == run(step, values).tolist()


def test_the_first_and_the_last_moment_there_are() -> None:
    ends = np.array([-(2**63) + 1, 0, 2**63 - 1]).view("datetime64[ns]")
    step = fit_moment("sold", ends)
    assert np.isfinite(run(step, ends)).all()


def test_rows_have_the_same_bits_alone_and_among_others() -> None:
    values = drawn()
    step = fit_moment("sold", values)
    alone = [run(step, values[row : row + 1]) for row in range(len(values))]
    assert np.concatenate(alone).tobytes() == run(step, values).tobytes()


@pytest.mark.parametrize(
    "arguments",
    [
        {"source": 1},
        {"fill": 1.5},
        {"fill": True},
        {"origin": 2**63},
        {"origin": -(2**63)},  # that is NaT
        {"flagged": "no"},
        {"scalings": {"century": Unscaled()}},
        {"scalings": {}},
    ],
)
def test_what_is_no_step_is_refused(arguments) -> None:
    good = {
        "source": "sold",
        "fill": 5,
        "origin": 1,
        "flagged": False,
        "scalings": {"year": Unscaled()},
    }
    from_record(Moment, {}, **good)
    with pytest.raises(InvalidArgument):
        from_record(Moment, {}, **(good | arguments))
