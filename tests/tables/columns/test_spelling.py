"""Spellings of the same value."""

import pandas as pd
import pytest

from trimtab.tables.columns import storage
from trimtab.tables.columns.spelling import key_for, number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("1", "1"), ("1.0", "1"), ("1.00", "1"), ("1.", "1"), ("1e0", "1"), ("+1", "1")),
        *((" 1 ", "1"), ("-1.0", "-1"), ("−3", "-3"), ("-0.0", "0"), ("0", "0")),
        *(("1,234", "1234"), ("-1,234.0", "-1234"), ("1.234,5", "1234.5"), ("0,5", "0.5")),
        *(("12,0", "12"), (".5", "0.5"), ("2.50", "2.5"), ("1e3", "1000"), ("1e-3", "0.001")),
        *((str(2**60 + 1), str(2**60 + 1)), (f"{2**60 + 1}.0", str(2**60 + 1))),
        *((str(10**24), str(10**24)), ("1e400", None), ("1e+300", "1e+300")),
        *(("01", None), ("-007", None), ("", None), ("one", None), ("1 2", None), ("nan", None)),
        *(("inf", None), ("0x1F", None), ("1_000", None), ("1,23,4", None), ("2020-01-01", None)),
    ],
)
def test_a_number_in_its_shortest_spelling(text, expected):
    assert number(text) == expected


@pytest.mark.parametrize(
    ("names", "one", "other", "same"),
    [
        (["1", "2"], "1.0", "1", True),
        (["1.0", "2.0"], "1", "1.0", True),
        (["1", "2"], "01", "1", False),
        (["1", "01"], "1.0", "1", False),
        (["1", "1.0"], "1.00", "1", False),
        (["1", "2"], "True", "1", True),
        (["True", "False"], "1.0", "True", True),
        (["True", "False"], "true", "True", True),
        (["True", "False"], "yes", "True", False),
        (["12", "12a"], "12.0", "12", True),
        (["1.2", "1.2.3"], "1.20", "1.2", False),
        (["012", "12a"], "12.0", "12", False),
        (["2020-01-01", "2020-02-01"], "2020-01-01 00:00:00", "2020-01-01", True),
        (["2020-01-01", "soon"], "2020-01-01 00:00:00", "2020-01-01", False),
        (["pop", "rock"], "Pop", "pop", False),
        ([], "1.0", "1", False),
    ],
)
def test_keys(names, one, other, same):
    key = key_for(names)
    assert (key(one) is not None and key(one) == key(other)) is same


def test_text_that_was_given_as_text_is_not_read_as_numbers():
    assert key_for(["1", "2"], numbers=False)("1.0") is None
    assert key_for(["1", "2"], numbers=True)("1.0") == "1"


def test_yes_and_no_as_floats():
    values, bad = storage.booleans(pd.Series(["1.0", "0.0", "0", "yes", "2.0", None]), ".")
    assert values[:4].tolist() == [1.0, 0.0, 0.0, 1.0]
    assert bad.tolist() == [False, False, False, False, True, False]
