"""Cells with a number about which something is said, and what messages make of them."""

import pytest

from trimtab.tables import infer_schema, inspect, read
from trimtab.tables.files.near_numbers import is_near_number

N = 60


@pytest.mark.parametrize(
    "cell",
    ["<5", ">= 1,200", "\u2264 3 mg/l", "~7.5", "approx 5", "ca. 5 km", "100+", "3*", "5 (est.)"],
)
def test_something_is_said_about_a_number(cell):
    assert is_near_number(cell)


@pytest.mark.parametrize(
    "cell", ["5", "-5 \u20ac", "A/5 21171", "10-20", "agent 3", "", "about", "B2"]
)
def test_plain_numbers_and_names_are_something_else(cell):
    assert not is_near_number(cell)


@pytest.mark.parametrize(
    ("cells", "bad"),
    [
        ([f"approx {i}" for i in range(N)], N),
        ([f"~{i}" for i in range(N)], N),
        ([f"<{i}" if i % 5 == 0 else str(i) for i in range(N)], N // 5),
        ([f"{i} (est.)" if i % 2 else f"{i}.5" for i in range(N)], N // 2),
    ],
)
def test_the_reason_is_in_the_cells_not_in_their_number(cells, bad):
    table = read({"c": cells, "x": [i % 5 for i in range(N)], "y": [i % 7 for i in range(N)]})
    column = infer_schema(table, "y").column("c")
    assert column.reason.startswith(
        f"looks like numbers, but {bad} cells are not, such as {cells[1 if bad == N // 2 else 0]!r}"
    )


def test_ranges_that_repeat_are_categories_without_a_word():
    table = read(
        {"age": ["<18", "18+"] * N, "x": [i % 5 for i in range(2 * N)], "y": list(range(2 * N))}
    )
    found = inspect(table, "y")
    assert found.schema.column("age").kind == "category"
    assert not [each for each in found.suspicions if "age" in each.columns]


def test_mixed_units_are_said_once():
    cells = [f"{i} kg" if i % 2 else f"{i}" for i in range(N)]
    table = read({"c": cells, "y": [i % 7 for i in range(N)], "x": [i % 5 for i in range(N)]})
    found = inspect(table, "y")
    assert "mixed numbers with and without a unit" in found.schema.column("c").reason
    assert not [each for each in found.suspicions if "c" in each.columns]


def test_half_a_day_is_no_unit():
    table = read({"c": [f"{1 + i % 11} am" for i in range(N)], "y": list(range(N))})
    assert not table.forms and infer_schema(table, "y").column("c").kind == "category"
