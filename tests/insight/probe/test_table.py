"""The table: as text, as data, as a DataFrame."""

import math

import numpy as np
import pytest

from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument
from trimtab.insight.probe import LayerRow, LayerTable

PLAIN = {"kind": "Dense", "units": 8, "mean": 0.5, "standard_deviation": 2.0, "zeros": 0.25}

FULL = LayerTable(
    (
        LayerRow(
            layer="dense", dead=3, weight_norm=2.0, gradient_norm=1.0, update_norm=0.002, **PLAIN
        ),
        LayerRow(layer="block/a_rather_long_name_for_a_layer", saturated=1, **PLAIN),
        LayerRow(
            layer="bn", weight_norm=4.0, gradient_norm=8e4, update_norm=math.nan,
            statistics_distance=12.345, variance_ratio=0.731, **PLAIN,
        ),
    ),
    1234,
)  # fmt: skip


def test_as_text():
    assert str(FULL) == (
        "layer                         units   mean    std  zeros  dead  satur.   grad/w   step/w"
        "    lag  ratio\n"
        "dense                             8  0.500  2.000   25 %     3            0.500  1.0e-03\n"
        "…ather_long_name_for_a_layer      8  0.500  2.000   25 %             1\n"
        "bn                                8  0.500  2.000   25 %                2.0e+04      nan"
        "  12.35  0.731\n"
        "Over 1,234 rows, in inference mode.\n"
        "grad/w, step/w: norms of gradient and next update over that of the weights.\n"
        "lag: distance of moving mean and population mean, in standard deviations.\n"
        "ratio: variance of the input, inference over training; 1 without dropout."
    )
    assert repr(FULL) == str(FULL)


def test_columns_that_nobody_has_are_left_out():
    table = LayerTable((LayerRow(layer="dense", **PLAIN),), 1)
    assert str(table).splitlines() == [
        "layer  units   mean    std  zeros",
        "dense      8  0.500  2.000   25 %",
        "Over 1 row, in inference mode.",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.01, "-0.010"),
        (0.00999, "1.0e-02"),
        (9999.0, "9999"),
        (123.456, "123.5"),
        (-12.3456, "-12.35"),
        (1e4, "1.0e+04"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
    ],
)
def test_numbers_are_short(value, text):
    row = LayerRow(layer="dense", **{**PLAIN, "mean": value})
    assert str(LayerTable((row,), 1)).splitlines()[1].split()[2] == text
    assert len(text) <= 8


def test_widest_table_fits_a_terminal():
    numbers = {"mean": -1.2e-05, "standard_deviation": -1.2e-05, "zeros": 1.0, "units": 10240}
    row = LayerRow(
        layer="x" * 40, kind="Dense", dead=10240, saturated=10240, weight_norm=1.0,
        gradient_norm=1e-10, update_norm=1e-10, statistics_distance=1e-10, variance_ratio=1e-10,
        **numbers,
    )  # fmt: skip
    assert max(map(len, str(LayerTable((row,), 8192)).splitlines())) <= 120


def test_rows_by_name_and_number():
    assert FULL["bn"] is FULL.rows[2]
    assert len(FULL) == 3 and [row.layer for row in FULL] == [row.layer for row in FULL.rows]
    assert_refused(
        InvalidArgument,
        "there is no layer 'dens' in this table. Did you mean 'dense'? Its layers are dense, "
        "block/a_rather_long_name_for_a_layer, bn.",
        lambda: FULL["dens"],
    )


def test_as_a_frame():
    frame = FULL.to_frame()
    assert list(frame.index) == [row.layer for row in FULL]
    assert frame.loc["dense", "dead"] == 3 and np.isnan(frame.loc["bn", "dead"])
    assert frame.loc["dense", "gradient_ratio"] == 0.5
    assert frame.loc["dense", "update_ratio"] == 0.001
    assert frame.loc["bn", "variance_ratio"] == 0.731


def test_ratios_by_nothing():
    def row(weights, gradient):
        return LayerRow(layer="a", weight_norm=weights, gradient_norm=gradient, **PLAIN)

    assert row(None, None).gradient_ratio is None
    assert row(1.0, None).gradient_ratio is None
    assert math.isnan(row(0.0, 0.0).gradient_ratio)
    assert row(0.0, 1.0).gradient_ratio == math.inf


def test_quantities_are_floats_and_those_there_are():
    found = FULL["dense"].quantities()
    assert found["dead"] == 3.0 and type(found["dead"]) is float
    assert "saturated" not in found and "variance_ratio" not in found
    assert found["update_ratio"] == 0.001
