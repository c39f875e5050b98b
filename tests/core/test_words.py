"""Numbers, counts and lists for people."""

import math

import pytest

from trimtab.core.words import count, figure, listed


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


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 boxes"), (1, "1 box"), (2, "2 boxes"), (1234, "1,234 boxes")]
)
def test_counts(number, text):
    assert count(number, "box", "boxes") == text
    assert count(number, "row") == text.replace("boxes", "rows").replace("box", "row")


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a, b"),
        (["a", "b", "c"], "a, b, c"),
        (["a", "b", "c", "d"], "a, b and 2 more"),
        (range(9), "0, 1 and 7 more"),
    ],
)
def test_lists(names, text):
    assert listed(names, most=3) == text


def test_last_of_a_list():
    assert listed([], last=" and ") == ""
    assert listed([1], last=" or ") == "1"
    assert listed([1, 2], last=" or ") == "1 or 2"
    assert listed("abcd", most=3, last=" or ") == "a, b and 2 more"
