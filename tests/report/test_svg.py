"""The writer of pictures: scales, ticks, and that all text is escaped."""

import itertools
import math

import pytest
from markupsafe import Markup

from trimtab.report.svg import Chart, Scale, cut, tag, ticks


def test_text_and_attributes_are_escaped():
    made = tag("text", '</svg><script>"', aria_label="\"><img onerror='x'>", class_="a")
    assert isinstance(made, Markup)
    assert "<script" not in made and "<img" not in made
    assert made.count("<") == 2
    assert "&#34;&gt;&lt;img onerror=&#39;x&#39;&gt;" in made


def test_control_signs_do_not_get_into_a_picture():
    assert "\x00" not in tag("text", "a\x00b\u202ec") and "\u202e" not in tag("text", "a\u202ec")


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (3, 8), (-1e-9, 1e-9), (1e12, 3e12), (0.1199, 0.12), (-5, 300)]
)
def test_ticks_are_few_round_and_inside(low, high):
    found = ticks(low, high)
    assert 2 <= len(found) <= 8
    assert all(low - 1e-9 * abs(low) <= each <= high + 1e-9 * abs(high) for each in found)
    steps = {round((b - a) / (found[1] - found[0]), 6) for a, b in itertools.pairwise(found)}
    assert steps == {1.0}


@pytest.mark.parametrize("values", [[], [math.nan], [2.0], [0.0, 0.0]])
def test_a_scale_of_next_to_nothing(values):
    scale = Scale.of(values, 0, 100)
    assert scale.low < scale.high
    assert 0 <= scale(scale.low) <= 100 and math.isfinite(scale(5.0))
    assert scale.ticks()


def test_a_logarithmic_scale():
    scale = Scale.of([0.01, 100.0, -3.0], 0, 100, pad=0, log=True)
    assert (scale(0.01), scale(1.0), scale(100.0)) == pytest.approx((0, 50, 100))
    assert scale.ticks() == [0.01, 0.1, 1.0, 10.0, 100.0]


def test_a_line_is_broken_where_a_number_is_missing():
    chart = Chart("a line")
    chart.scale_x([0, 3])
    chart.scale_y([0, 1])
    chart.line([0, 1, 2, 3], [0.5, None, 0.2, math.inf], "train", "loss")
    (line,) = chart.parts
    assert line.count("M") == 2 and "nan" not in line and "inf" not in line
    svg = chart.render(hover="epoch|loss")
    assert 'role="img" aria-label="a line"' in svg and 'data-hover="epoch|loss"' in svg


def test_cut_keeps_both_ends():
    assert cut("sensor_001_measurement", 11) == "senso…ement"
    assert cut("short", 11) == "short" and cut("two\nlines", 20) == "two lines"
