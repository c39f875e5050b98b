"""Numbers for people."""

import math

import pytest

from trimtab.core.words import figure


@pytest.mark.parametrize(
    ("value", "text", "fixed"),
    [
        (0.0, "0", "0.0000"),
        (3, "3", "3.0000"),
        (-0.51234567, "-0.5123", "-0.5123"),
        (0.527, "0.527", "0.5270"),
        (12.3456, "12.35", "12.35"),
        (999.94, "999.9", "999.9"),
        (999.96, "1,000", "1,000"),
        (1234.5678, "1,235", "1,235"),
        (264_400.0, "264,400", "264,400"),
        (-54321.9, "-54,322", "-54,322"),
        (1e15, "1e+15", "1.000e+15"),
        (1e-5, "1e-05", "1.000e-05"),
        (math.inf, "inf", "inf"),
    ],
)
def test_four_digits_that_count(value, text, fixed):
    assert figure(value) == text
    assert figure(value, fixed=True) == fixed
