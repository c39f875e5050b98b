"""Codes that are read as numbers are named, with what to type; counts and measures are not."""

import numpy as np
import pytest

from tests.support.commands import trimtab
from trimtab.tables import infer_schema, inspect, read
from trimtab.tables.columns.codes import looks_like_codes, named_like_code, words_of

__all__ = ["trimtab"]

N = 400
DRAW = np.random.default_rng(0)
X = DRAW.normal(size=N)


def said_of(name, cells, **told):
    table = read({name: cells, "x": DRAW.permutation(X), "y": X})
    found = inspect(table, schema=infer_schema(table, "y", **told))
    return [each.text for each in found.suspicions if each.what == "codes"]


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("zip", DRAW.choice(10000 + 97 * np.arange(30), N)),
        ("Postal Code", DRAW.integers(1067, 99998, N // 2).repeat(2)),
        ("PLZ", DRAW.choice(10115 + 40 * np.arange(40), N)),
        ("station_no", DRAW.choice([4931, 10384, 2115, 726590], N)),
        ("storeId", DRAW.integers(1, 12, N)),
        ("Telefonnummer", 2**40 + DRAW.integers(0, 300, N)),
        ("reading", DRAW.integers(100_000, 1_000_000, N // 2).repeat(2)),  # all of six digits
    ],
)
def test_codes(name, cells):
    (text,) = said_of(name, cells)
    assert name in text and "is read as a number" in text
    assert "=category" in text


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("price", DRAW.integers(75_000, 900_000, N)),
        ("salary", DRAW.integers(20, 150, N) * 1000),
        ("year", DRAW.integers(1900, 2020, N)),
        ("number of rooms", DRAW.integers(1, 9, N)),
        ("week_no", DRAW.integers(1, 53, N)),
        ("episode number", DRAW.integers(1, 30, N)),
        ("population", np.exp(DRAW.normal(11, 1, N)).astype(int)),
        ("paid", DRAW.integers(0, 500, N)),
        ("humidity", DRAW.integers(0, 100, N)),
        ("zip", DRAW.normal(size=N)),
        ("area_code", DRAW.choice([212.5, 415.0], N)),
        ("code", [f"c{n % 30}" for n in range(N)]),
    ],
)
def test_counts_and_measures(name, cells):
    assert said_of(name, cells) == []


def test_nearly_all_different():
    numbers = DRAW.permutation(N) * 7919 + 100_003
    numbers[:8] = numbers[8:16]
    (text,) = said_of("id", numbers)
    assert text == (
        "id looks like a code (by its name), but is read as a number: 392 different ones in 400 "
        "rows. If it only identifies rows, leave it out: --drop id, or --id id to copy it to the "
        "predictions."
    )


def test_all_different_is_said_once():
    numbers = DRAW.permutation(N) * 79 + 10_003
    assert "--drop zip" in said_of("zip", numbers)[0]
    (text,) = said_of("id", [None, *numbers[1:].tolist()])  # not called an identifier for its gap
    assert "--drop id" in text
    assert said_of("zip", np.sort(numbers)) == said_of("account_nr", numbers) == []


def test_many_are_named_together():
    columns = {f"{name}_code": DRAW.integers(1, 9, N) for name in ("red", "blue", "green", "grey")}
    table = read({**columns, "x": X, "y": X[::-1]})
    (found,) = [each for each in inspect(table, "y").suspicions if each.what == "codes"]
    assert found.columns == tuple(columns)
    assert found.text == (
        "4 columns look like codes, but are read as numbers: red_code, blue_code, green_code, "
        "grey_code. Where they are names and no amounts, use --type red_code=category, once for "
        "each."
    )


def test_a_column_called_id_that_is_different_in_every_row_is_left_out():
    numbers = DRAW.permutation(N) * 7919 + 100_003
    for name in ("id", "houseID", "order_id", "OBJECTID"):
        table = read({name: numbers, "x": X, "y": X[::-1]})
        column = infer_schema(table, "y").column(name)
        assert column.reason == "identifies rows: 400 different values in 400 rows"
        told = infer_schema(table, "y", kinds={name: "numeric"}).column(name)
        assert told.role == "feature"
    for name in ("paid", "size", "identity_score"):
        table = read({name: numbers, "x": X, "y": X[::-1]})
        assert infer_schema(table, "y").column(name).role == "feature"


def test_what_groups_rows_is_said_once():
    table = read({"patient_id": np.arange(N) // 4 * 7 + 5, "x": X, "y": X[::-1]})
    found = [each.what for each in inspect(table, "y").suspicions]
    assert "groups" in found and "codes" not in found


def test_a_type_that_is_given_ends_it(trimtab):
    rows = "".join(f"{10115 + n % 40 * 17},{x},{n % 7}\n" for n, x in enumerate(X))
    (trimtab.folder / "zip.csv").write_text("zip,x,y\n" + rows)
    assert "--type zip=category" in trimtab.does("inspect", "zip.csv", "--target", "y").out
    for kind in ("category", "numeric"):
        shown = trimtab.does("inspect", "zip.csv", "--target", "y", "--type", f"zip={kind}")
        assert "looks like a code" not in shown.out


def test_words_of_names():
    assert words_of("PULocationID") == ["pu", "location", "id"]
    assert not named_like_code("") and not named_like_code("123")
    assert looks_like_codes("zip", read({"zip": [1, 2]}).frame["zip"]) is None
