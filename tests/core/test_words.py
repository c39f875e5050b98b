"""Numbers, counts and lists for people."""

import math

import pytest

from trimtab.core.words import count, figure, folded, listed


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


def test_few_alike_sentences_stay():
    said = [f"Column 'c{i}' is constant: {i}." for i in range(4)]
    assert folded(said) == said
    assert folded([]) == []


def test_of_many_alike_ones_two_stay():
    said = [f"Column 'c{i}' has {i:,} gaps." for i in range(5)]
    assert folded(said) == [*said[:2], "The same of 3 more: 'c2', 'c3', 'c4'."]


def test_kinds_are_told_apart_and_keep_their_order():
    said = [f"Column {i!r} {what}." for i in "abcdefgh" for what in ("is text", "is empty")]
    lines = folded(["First.", *said, "Last."])
    assert lines[0] == "First." and lines[-1] == "Last."
    assert [line.split()[-1] for line in lines[1:4]] == ["text.", "text.", "'h'."]
    assert len(lines) == 8


@pytest.mark.parametrize("number", [30, 3000])
def test_folded_stays_short(number):
    names = [f"{'long ' * 10}{i}" for i in range(number)]
    lines = folded(f"Column {name!r} is empty." for name in names)
    assert len(lines) == 3 and max(map(len, lines)) < 700
    assert f"The same of {number - 2:,} more" in lines[-1]


def test_sentences_without_names():
    assert folded(["It is so."] * 6) == ["It is so."] * 2 + ["The same of 4 more."]


def test_names_with_quotes_and_numbers():
    said = [f'Column "it\'s {i}" is empty.' for i in range(9)]
    assert folded(said)[-1].startswith('The same of 7 more: "it\'s 2", "it\'s 3"')
