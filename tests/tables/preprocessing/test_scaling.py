from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import QuantileTransformer, RobustScaler, StandardScaler

from tests.support.close import assert_close, assert_same_bits
from trimtab.errors import InvalidArgument
from trimtab.tables.preprocessing.auto_scaling import fit_scaling
from trimtab.tables.preprocessing.scaling import (
    Quantile,
    Robust,
    Scaling,
    Scalings,
    Standard,
    Unscaled,
    scaling_from_record,
)

FLOAT32 = float(np.finfo(np.float32).max)


def draw(name: str, rows: int = 3000, seed: int = 0) -> np.ndarray:
    r = np.random.default_rng(seed)
    return {
        "normal": lambda: r.normal(50, 7, rows),
        "uniform": lambda: r.uniform(-1, 1, rows),
        "two values": lambda: (r.random(rows) < 0.3) * 1.0,
        "few values": lambda: r.integers(3, 9, rows) * 1.0,
        "rare ones": lambda: (np.arange(rows) % 100 == 0) * 1.0,
        "gamma": lambda: r.gamma(2.0, size=rows),
        "one wrong cell": lambda: np.append(r.normal(size=rows - 1), 1e6),
        "student": lambda: r.standard_t(3, rows),
        "lognormal": lambda: np.exp(2 * r.normal(size=rows)),
        "cauchy": lambda: r.standard_cauchy(rows),
        "zeros and more": lambda: np.where(r.random(rows) < 0.9, 0, np.exp(r.normal(size=rows))),
    }[name]()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("normal", "standard"),
        ("uniform", "standard"),
        ("two values", "standard"),
        ("few values", "standard"),
        ("one wrong cell", "robust"),
        ("student", "robust"),
        ("lognormal", "quantile"),
        ("cauchy", "quantile"),
        ("zeros and more", "quantile"),
        ("rare ones", "quantile"),
    ],
)
def test_the_tails_of_a_column_choose_its_scaling(name: str, kind: str) -> None:
    scaling = fit_scaling(draw(name))
    assert scaling is not None
    assert scaling.kind == kind


def test_the_choice_does_not_depend_on_the_unit() -> None:
    for name in ("normal", "student", "lognormal", "zeros and more"):
        values = draw(name)
        plain = fit_scaling(values)
        for factor in (1e-200, 1e-9, 1e9, 1e200):
            scaled = fit_scaling(values * factor)
            assert scaled is not None
            assert plain is not None
            assert scaled.kind == plain.kind
            assert_close(scaled.apply(values * factor), plain.apply(values), 1e-6)


def test_standard_is_scikit_learns() -> None:
    values, later = draw("gamma"), draw("gamma", seed=1)
    scaling = fit_scaling(values, "standard")
    expected = StandardScaler().fit(values.reshape(-1, 1)).transform(later.reshape(-1, 1))
    assert_close(scaling.apply(later), expected[:, 0], 1e-14)


def test_standard_takes_weights_as_scikit_learn_does() -> None:
    values, weights = draw("gamma"), np.random.default_rng(2).random(3000)
    scaling = fit_scaling(values, "standard", weights)
    fit = StandardScaler().fit(values.reshape(-1, 1), sample_weight=weights)
    assert_close(scaling.apply(values), fit.transform(values.reshape(-1, 1))[:, 0], 1e-14)


def test_weights_that_are_all_zero_count_as_none() -> None:
    values = draw("normal")
    assert fit_scaling(values, "standard", np.zeros(3000)) == fit_scaling(values, "standard")


def test_standard_ends_at_twice_the_training_row_farthest_out() -> None:
    scaling = fit_scaling(np.array([-1.0, 0.0, 1.0, 2.0, -2.0]), "standard")
    farthest = scaling.apply(np.array([2.0]))[0]
    assert scaling.apply(np.array([3.0]))[0] == 1.5 * farthest
    assert scaling.apply(np.array([1e300, -1e300])).tolist() == [2 * farthest, -2 * farthest]


def test_robust_is_scikit_learns_with_a_smooth_end() -> None:
    values, later = draw("student"), draw("student", seed=1)
    z = RobustScaler().fit(values.reshape(-1, 1)).transform(later.reshape(-1, 1))[:, 0]
    found = fit_scaling(values, "robust").apply(later)
    assert_close(found, z / np.sqrt(1 + (z / 3) ** 2), 1e-14)
    assert np.abs(found).max() <= 3
    assert (np.argsort(found, kind="stable") == np.argsort(later, kind="stable")).all()


def test_robust_takes_the_standard_deviation_where_the_middle_half_is_one_value() -> None:
    values = draw("zeros and more")
    scaling = fit_scaling(values, "robust")
    assert isinstance(scaling, Robust)
    assert scaling.center == 0
    assert_close(scaling.scale, values.std(), 1e-12)


@pytest.mark.parametrize("name", ["normal", "gamma", "lognormal", "cauchy"])
@pytest.mark.parametrize("rows", [5, 100, 3000, 40_000])
def test_quantile_is_scikit_learns(name: str, rows: int) -> None:
    values, later = draw(name, rows), draw(name, 1000, seed=1)
    scaling = fit_scaling(values, "quantile")
    knots = min(max(rows // 30, 10), 1000, rows)
    fit = QuantileTransformer(n_quantiles=knots, output_distribution="normal", subsample=rows)
    fit.fit(values.reshape(-1, 1))
    for asked in (values, later):
        assert_close(scaling.apply(asked), fit.transform(asked.reshape(-1, 1))[:, 0], 1e-9)


def test_quantile_gives_a_value_in_many_rows_the_middle_of_its_ranks() -> None:
    r = np.random.default_rng(0)
    for inside in (True, False):
        values = np.where(r.random(9000) < 0.6, 0.0, r.exponential(size=9000) + 0.1)
        if inside:  # as many below as above: as in scikit-learn
            values *= r.choice([-1, 1], 9000)
        scaling = fit_scaling(values, "quantile")
        expected = 0.0 if inside else -0.524  # the normal number of rank 0.3
        assert_close(scaling.apply(np.zeros(1)), [expected], 0.1, scale=1.0)
    assert scaling.apply(np.array([-1.0]))[0] < -5.19


@pytest.mark.parametrize("how", ["auto", "standard", "robust", "quantile", "none"])
def test_a_constant_column_has_no_scaling(how: str) -> None:
    assert fit_scaling(np.full(50, 3.7), how) is None
    # Noise of rounding is no information either.
    assert fit_scaling(np.full(50, 1e9) + np.arange(50) % 2 * 1e-7, how) is None


@pytest.mark.parametrize("how", ["auto", "standard", "robust", "quantile", "none"])
@pytest.mark.parametrize(
    "values",
    [
        [1.0, 2.0, 3.0, 1e300],
        [*np.linspace(0, 1, 1000), 1e300, -1e308],
        [1.7e308, -1.7e308, 0.0, 1.0],
        [1.7e308, -1.7e308] * 5,
        [5e-324, 0.0],
        [5e-324, 0.0, 1e-310, 2e-310, 1.0],
        [1e-300, 2e-300, 3e-300],
    ],
)
def test_extreme_numbers_stay_within_float32(how: str, values: list[float]) -> None:
    column = np.array(values)
    scaling = fit_scaling(column, how)
    if scaling is None:  # numbers so small that their squares are nothing
        assert len(np.unique(column)) == 1 or np.abs(column).max() < 1e-150
        return
    found = scaling.apply(np.array([*values, 0.0, 1.79e308, -1.79e308])).astype(np.float32)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("wrong", [[1e20], [1e300], [1e300, -1e308]])
def test_wrong_cells_do_not_flatten_the_rest(wrong: list[float]) -> None:
    values = draw("normal")
    scaling = fit_scaling(np.append(values, wrong))
    assert scaling.kind == "robust"
    assert_close(scaling.apply(values), fit_scaling(values, "robust").apply(values), 0.01)


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(finite, min_size=1, max_size=40), finite, st.sampled_from(["auto", "quantile"]))
def test_every_column_scales_every_number(values: list[float], asked: float, how: str) -> None:
    scaling = fit_scaling(np.array(values), how)
    if scaling is not None:
        found = scaling.apply(np.array([asked, *values])).astype(np.float32)
        assert np.isfinite(found).all()


@given(
    st.sampled_from(
        [
            lambda a, b, c: Standard(a, abs(b) or 1.0, min(abs(c), FLOAT32) or 1.0),
            lambda a, b, c: Robust(a, abs(b) or 1.0),
            lambda a, b, c: Quantile(np.sort(np.clip([a, b, c], -1e300, 1e300))),
            lambda a, b, c: Unscaled(),
        ]
    ),
    st.tuples(finite, finite, finite),
    finite,
)
def test_whatever_a_file_says_numbers_stay_finite(make, numbers, asked: float) -> None:
    found = make(*numbers).apply(np.array([asked]))
    assert np.isfinite(found.astype(np.float32)).all()


@pytest.mark.parametrize("how", ["standard", "robust", "quantile", "none"])
def test_a_value_has_the_same_bits_alone_and_among_others(how: str) -> None:
    values = draw("lognormal", 5000)
    scaling = fit_scaling(values, how)
    whole = scaling.apply(values)
    assert whole.tobytes() == b"".join(scaling.apply(v).tobytes() for v in values.reshape(-1, 1))
    parts = np.split(values, [1, 8, 17, 1024, 2000, 4999])
    assert whole.tobytes() == b"".join(scaling.apply(part).tobytes() for part in parts)


@pytest.mark.parametrize(
    ("document", "arrays"),
    [
        (None, {}),
        ({}, {}),
        ({"kind": "standard"}, {}),
        ({"kind": "minmax"}, {}),
        ({"kind": 3}, {}),
        ({"kind": "standard", "mean": 0.0, "scale": 0.0, "limit": 1.0}, {}),
        ({"kind": "standard", "mean": 0.0, "scale": 1.0, "limit": 1e40}, {}),
        ({"kind": "standard", "mean": np.nan, "scale": 1.0, "limit": 1.0}, {}),
        ({"kind": "standard", "mean": 10**400, "scale": 1.0, "limit": 1.0}, {}),
        ({"kind": "standard", "mean": "0", "scale": 1.0, "limit": 1.0}, {}),
        ({"kind": "standard", "mean": True, "scale": 1.0, "limit": 1.0}, {}),
        ({"kind": "robust", "center": 0.0, "scale": 1.0, "more": 1.0}, {}),
        ({"kind": "robust", "center": 0.0, "scale": 1.0}, {"knots": np.zeros(3)}),
        ({"kind": "raw"}, {"knots": np.zeros(3)}),
        ({"kind": "quantile"}, {}),
        ({"kind": "quantile"}, {"knots": [0.0, 1.0]}),
        ({"kind": "quantile"}, {"knots": np.zeros(3, np.float32)}),
        ({"kind": "quantile"}, {"knots": np.zeros(1)}),
        ({"kind": "quantile"}, {"knots": np.zeros(1001)}),
        ({"kind": "quantile"}, {"knots": np.zeros((2, 2))}),
        ({"kind": "quantile"}, {"knots": np.array([1.0, 0.0])}),
        ({"kind": "quantile"}, {"knots": np.array([0.0, np.nan])}),
        ({"kind": "quantile"}, {"knots": np.array([0.0, 1e301])}),
    ],
)
def test_records_of_no_scaling_are_refused(document, arrays) -> None:
    with pytest.raises(InvalidArgument):
        scaling_from_record(document, arrays)


def test_several_scalings_at_once_are_the_same_to_the_bit() -> None:
    values = np.vstack([draw(name, 64, seed=1) for name in ("normal", "cauchy", "few values")])
    values[:, :5] = [[0.0], [-1e15], [1e15]]
    for hows in ("standard robust quantile", "quantile none quantile", "none standard standard"):
        each = [
            scaling
            for column, how in zip(values, hows.split(), strict=True)
            if (scaling := fit_scaling(column, how)) is not None
        ]
        for rows in (1, 2, 64):
            part = np.ascontiguousarray(values[:, :rows])
            expected = [scaling.apply(column) for scaling, column in zip(each, part, strict=True)]
            assert_same_bits(Scalings(each).apply(part), np.array(expected))
    assert Scalings([]).apply(np.empty((0, 3))).shape == (0, 3)


def test_every_scaling_can_be_one_of_several() -> None:
    for scaling in (
        Unscaled(),
        Standard(1.0, 2.0, 3.0),
        Robust(1.0, 2.0),
        Quantile(np.arange(9.0)),
    ):
        part = np.array([[4.25]])
        assert_same_bits(Scalings([scaling]).apply(part), scaling.apply(part[0])[None])
    assert {cls.kind for cls in Scaling.__subclasses__()} == {
        "raw",
        "standard",
        "robust",
        "quantile",
    }
