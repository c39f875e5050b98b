"""The scale on which errors of a curved target are measured: there, back, and the ends."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose as assert_close

from trimtab.errors import InvalidArgument
from trimtab.tables.preprocessing.error_scale import ErrorScale
from trimtab.tables.preprocessing.several_targets import SeveralTargets, error_scales
from trimtab.tables.preprocessing.target import Target, fit_target
from trimtab.tables.preprocessing.target_scale import curved, limited

LOGNORMAL = np.exp(2 + 1.2 * np.random.default_rng(0).normal(size=4000))
WITH_ZEROS = np.concatenate([[0.0, 0.0], LOGNORMAL])
SHIFTED = LOGNORMAL - 30
TABLES = [
    (LOGNORMAL, "log"),
    (WITH_ZEROS, "log"),
    (LOGNORMAL * 1e-9, "log"),
    (LOGNORMAL * 1e150, "log"),
    (LOGNORMAL, "yeo-johnson"),
    (WITH_ZEROS, "yeo-johnson"),
    (SHIFTED, "yeo-johnson"),
    (-LOGNORMAL, "yeo-johnson"),
]


@pytest.mark.parametrize(("values", "how"), TABLES)
def test_it_is_the_curve_of_the_target_without_limits(values, how):
    target = curved(fit_target(values), values, how)
    scale = target.error_scale
    assert_close(scale.targets(values), target.bent(values), rtol=1e-12)
    beyond = np.array([values.max(), 5 * values.max() - 4 * values.min()])
    assert beyond[1] > target.most
    assert_close(scale.back(scale.targets(beyond)), beyond, rtol=1e-9)
    assert scale.lowest == (0.0 if values.min() >= 0 else None)


@pytest.mark.parametrize(("values", "how"), TABLES)
def test_it_never_falls_and_always_has_an_end(values, how):
    scale = curved(fit_target(values), values, how).error_scale
    wild = np.sort(np.concatenate([values, [-1e308, -1e9, -1.0, 0.0, 1e9, 1e308]]))
    assert (np.diff(scale.targets(wild)[np.isfinite(scale.targets(wild))]) >= 0).all()
    ends = scale.back(np.array([-np.inf, -1e308, -800.0, 800.0, 1e308, np.inf]))
    assert np.isfinite(ends).all() and (np.diff(ends) >= 0).all()
    if values.min() >= 0:
        assert ends[0] == 0
        assert scale.targets([-1e-9]).tolist() == [-np.inf]
    assert np.isnan(scale.targets([np.nan])).all() and np.isnan(scale.predictions([np.nan])).all()


def test_predictions_that_are_means_lead_to_medians():
    target = curved(fit_target(LOGNORMAL), LOGNORMAL, "log")
    errors = np.random.default_rng(1).normal(size=200)
    means = target.with_errors(errors, np.zeros(200))
    z = np.linspace(-2, 0.7, 20)
    medians = means.error_scale.predictions(means.to_units(z))
    assert_close(medians, z * target.scale + target.shift, atol=0.02)
    assert target.error_scale.offset == 0 < means.error_scale.offset


def test_lines_have_none():
    log = curved(fit_target(LOGNORMAL), LOGNORMAL, "log")
    line = Target(1.0, 2.0)
    assert error_scales(line) == error_scales(limited(line, LOGNORMAL)) == (None,)
    assert error_scales(SeveralTargets((line, log))) == (None, log.error_scale)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"curve": "line"}, InvalidArgument),
        ({"stretch": 0.0}, InvalidArgument),
        ({"origin": np.nan}, InvalidArgument),
        ({"offset": np.inf}, InvalidArgument),
        ({"lowest": np.nan}, InvalidArgument),
        ({"power": 2.5}, ValueError),
        ({"power": np.nan}, ValueError),
    ],
)
def test_numbers_that_are_no_scale(wrong, error):
    with pytest.raises(error):
        ErrorScale(**{"curve": "log", **wrong})
