"""Where equality counts, whole numbers are equal to the last digit."""

import numpy as np
import pandas as pd
import pytest

from trimtab.tables import SplitPlan, infer_schema, inspect, make_split, read
from trimtab.tables.columns.copies import Copies

N = 240
X = np.arange(N) % 17 + 0.5
Y = np.arange(N) * 1.5


def column_of(numbers, gap):
    cells = [int(number) for number in numbers]
    return [None, *cells[1:]] if gap else cells


@pytest.fixture(params=[2**53, 1234567890123456700, 2**63, 10**24], ids=str)
def first(request):
    return request.param


@pytest.mark.parametrize("gap", [False, True])
def test_groups(first, gap):
    numbers = column_of([first + row // 2 for row in range(N)], gap)
    table = read({"g": numbers, "x": X, "y": Y})
    schema = infer_schema(table, "y", group="g")
    split = make_split(table, schema, SplitPlan(seed=1))
    assert len(np.unique(split.groups)) == 120 + gap
    folds = make_split(table, schema, SplitPlan(folds=3)).folds
    for train, valid in folds:
        assert not {*split.groups[train]} & {*split.groups[valid]}


def test_inspect_shows_every_digit(first):
    found = inspect(read({"g": [first + row for row in range(N)], "x": X, "y": Y}), "y").columns[0]
    assert (found.distinct, found.missing) == (N, 0)
    if found.numbers is None:  # digits
        assert found.top[0][0] == str(first)
    else:
        numbers = found.numbers
        assert (numbers.minimum, numbers.maximum) == (first, first + N - 1)
        assert numbers.median == first + (N - 1) // 2
        assert sum(found.histogram) == N and max(found.histogram) <= N // 8


def test_neither_constant_nor_copies(first):
    table = read({"n": [first + row for row in range(N)], "x": [1.5] * N, "y": [2.5, 3.5] * 120})
    schema = infer_schema(table, "y", kinds={"n": "category", "x": "numeric"}, task="regression")
    assert Copies.of(table, schema) is None


@pytest.mark.parametrize("gap", [False, True])
def test_copies_of_numbers(gap):
    cells = column_of([2**60 + row // 2 for row in range(N)], gap)
    table = read({"n": cells, "y": np.arange(N) // 2 * 1.5})
    copies = Copies.of(table, infer_schema(table, "y"))
    assert copies.repeats == 120 - gap


def test_time_to_the_nanosecond():
    moments = 1_700_000_000_000_000_000 + np.arange(N)
    table = read({"t": np.roll(moments, 9), "x": X, "y": Y})
    split = make_split(table, infer_schema(table, "y", time="t"), SplitPlan(valid=0.25))
    assert len(split.valid) == 60
    assert moments[-60:].tolist() == sorted(table.frame["t"].to_numpy()[split.valid].tolist())
    assert "1700000000000000179" in split.how


@pytest.mark.parametrize("first_class", [2**60, 2**63 + 1])
def test_classes(first_class):
    labels = [first_class + row % 3 for row in range(N)]
    table = read({"x": X, "y": labels})
    schema = infer_schema(table, "y", task="multiclass")
    assert schema.classes == tuple(first_class + at for at in range(3))
    assert schema.targets(table).tolist() == [row % 3 for row in range(N)]
    texts = read({"x": X, "y": [str(label) for label in labels]})
    assert schema.targets(texts).tolist() == [row % 3 for row in range(N)]
    assert type(schema).from_record(schema.record()) == schema


def test_equal_as_floats_is_no_leak():
    target = 2**60 + np.arange(N) * 1000
    near = target + np.arange(N) % 7
    leaks = [
        each.text
        for each in inspect(read({"near": near, "y": target}), "y").suspicions
        if each.what == "leak"
    ]
    assert leaks and "equals the target" not in leaks[0]
    same = inspect(read({"same": target, "y": target}), "y").suspicions
    assert any("equals the target" in each.text for each in same)


def test_whole_floats_are_the_same_category_as_integers():
    table = read({"n": np.array([2.0**60, 2.0**61]), "x": [1, 2]})
    schema = infer_schema(table, kinds={"n": "category"})
    assert schema.values(table, "n").tolist() == [str(2**60), str(2**61)]


def test_features_are_floats_in_the_end():
    table = read({"n": [2**60 + 1, None, 5], "x": [1, 2, 3]})
    values = infer_schema(table, kinds={"n": "numeric"}).values(table, "n")
    np.testing.assert_array_equal(values, [2.0**60, np.nan, 5.0])
    assert table.frame["n"].dtype == pd.Int64Dtype()
