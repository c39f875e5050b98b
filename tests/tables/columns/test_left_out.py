"""Columns that are left out, in few sentences."""

import pytest

from trimtab.tables.columns.left_out import left_out


def test_few_have_their_whole_reason():
    said = [("id", "counts the rows from 1"), ("note", "free text: 'a b c'"), ("x", "")]
    assert left_out(said) == ["id (counts the rows from 1)", "note (free text: 'a b c')", "x"]
    assert left_out(said[:1], between=": {}") == ["id: counts the rows from 1"]
    assert left_out([]) == []


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("constant: {} in every row", "are constant"),
        ("counts the rows from {}", "count the rows"),
        ("every cell is missing", "have no values"),
        ("free text, such as {}", "are free text"),
        ("identifies rows: {} different values in 90 rows", "identify rows"),
        ("repeats too seldom to learn from: {}", "repeat too seldom to learn from"),
        ("a copy of x: {}", "are left out (a copy of x)"),
        ("", "are left out"),
    ],
)
def test_many_of_one_kind(reason, sentence):
    columns = [(f"f{i}", reason.format(i)) for i in range(5000)]
    (said,) = left_out(columns)
    assert said == f"5,000 columns {sentence}: f0, f1, f2, f3, f4, f5, f6 and 4,993 more"
    (said,) = left_out(columns[:4])
    assert said == f"4 columns {sentence}: f0, f1, f2, f3"


def test_kinds_in_the_order_in_which_they_come():
    columns = [("a", "counts the rows from 0")]
    columns += [(f"f{i}", f"constant: {i} in every row") for i in range(9)]
    columns += [("b", "counts the rows from 1")]
    first, second, third = left_out(columns)
    assert (first, second) == ("a (counts the rows from 0)", "b (counts the rows from 1)")
    assert third.startswith("9 columns are constant: f0")


def test_long_names_are_cut():
    columns = [(f"{'x' * 1000}{i}", "constant: 1 in every row") for i in range(50)]
    assert max(map(len, left_out(columns))) < 1000
