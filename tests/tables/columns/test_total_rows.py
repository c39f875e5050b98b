"""Rows that are totals of the others."""

import numpy as np
import pandas as pd
import pytest

from trimtab import tables
from trimtab.tables.columns.total_rows import leave_out_totals, total_rows

N = 60
RNG = np.random.default_rng(3)
VISITORS, SALES = RNG.integers(50, 400, N), RNG.normal(2000, 300, N).round(2)
SHOPS = [f"shop {row % 12:02d}" for row in range(N)]


def shops(*more, first=()):
    rows = [*first, *zip(SHOPS, VISITORS.tolist(), SALES.tolist(), strict=True), *more]
    return tables.read(pd.DataFrame(rows, columns=["shop", "visitors", "sales"]))


def sums(label, scale=1.0):
    return label, int(VISITORS.sum() * scale), round(float(SALES.sum() * scale), 2)


@pytest.mark.parametrize(
    "label",
    ["Total", "TOTAL:", "Grand Total", "Sum", "Summe", "Gesamt", "total 2024", "合计", " Total "],
)
def test_labels(label):
    (found,) = total_rows(shops(sums(label)))
    assert (found.row, found.what, found.columns) == (N, "sums", ("visitors", "sales"))


@pytest.mark.parametrize(
    ("label", "statistic", "what"),
    [
        ("Average", np.mean, "means"),
        ("Mittelwert", np.mean, "means"),
        ("Median", np.median, "medians"),
        ("Max", np.max, "largest values"),
    ],
)
def test_other_statistics(label, statistic, what):
    row = (label, float(statistic(VISITORS)), float(statistic(SALES)))
    (found,) = total_rows(shops(row))
    assert (found.row, found.what) == (N, what)


def test_a_blank_label_and_a_first_row():
    assert [each.row for each in total_rows(shops(sums(None)))] == [N]
    assert [each.row for each in total_rows(shops(first=[sums("Total")]))] == [0]
    assert [each.row for each in total_rows(shops(first=[sums(None)]))] == [0]


def test_several_rows_are_totals_of_the_same_others():
    table = shops(sums("Total"), ("Average", float(VISITORS.mean()), float(SALES.mean())))
    assert [each.what for each in total_rows(table)] == ["sums", "means"]


def test_subtotals_between_the_rows():
    half = N // 2
    cut = [
        ("Subtotal", int(VISITORS[part].sum()), float(SALES[part].sum()))
        for part in (slice(half), slice(half, N))
    ]
    rows = list(zip(SHOPS, VISITORS.tolist(), SALES.tolist(), strict=True))
    frame = pd.DataFrame(
        [*rows[:half], cut[0], *rows[half:], cut[1], sums("Grand total")],
        columns=["shop", "visitors", "sales"],
    )
    assert [each.row for each in total_rows(tables.read(frame))] == [half, N + 1, N + 2]


def test_numbers_alone_need_two_columns_of_sums():
    frame = pd.DataFrame({"a": VISITORS, "b": SALES})
    both = pd.concat([frame, frame.sum().to_frame().T], ignore_index=True)
    assert [each.row for each in total_rows(tables.read(both))] == [N]
    assert total_rows(tables.read(both[["a"]])) == []


@pytest.mark.parametrize(
    "row",
    [
        ("Total", 111, 2000.0),  # a brand of that name
        ("shop 03", *sums("")[1:]),  # a name shows a case
        ("", 0, 0.0),
        sums(None, 1.01),
    ],
)
def test_cases_stay(row):
    assert all(not each.what for each in total_rows(shops(row)))


def test_a_brand_in_many_rows_is_no_label():
    brands = ["Total", "Shell", "Esso"] * 20
    assert total_rows(tables.read({"brand": brands, "price": SALES})) == []


def test_flags_and_zeros_are_no_sums():
    flags = {"a": [1, *[0] * 28, 1], "b": [0] * 29 + [0], "name": ["x"] * 29 + [None]}
    assert total_rows(tables.read(flags)) == []
    assert total_rows(tables.read({"a": [0.0] * 30, "b": [0.0] * 30})) == []


def test_a_total_is_named_and_left_out():
    table = leave_out_totals(shops(sums("Total")))
    assert len(table) == N
    assert table.notes[-1] == (
        "1 row of totals left out: row 61 ('Total'), whose numbers are the sums of visitors, sales."
        " If it is a case like the others, use --totals keep."
    )
    assert len(leave_out_totals(shops(sums("Total")), "keep")) == N + 1


def test_a_label_alone_is_said():
    table = leave_out_totals(shops(("Total", 111, 2000.0)))
    assert len(table) == N + 1
    assert table.notes[-1].startswith("The row in row 61 is called 'Total', but its numbers")


def test_lines_and_bad_cells_keep_their_places(tmp_path):
    path = tmp_path / "t.csv"
    cells = [str(row) if row != 40 else "x" for row in range(N)]
    rows = [f"{cell},{sale}" for cell, sale in zip(cells, SALES, strict=True)]
    path.write_text("\n".join(["id,sales", f"Total,{SALES.sum():.2f}", *rows]) + "\n")
    table = leave_out_totals(tables.read(path))
    assert (len(table), table.place(0), table.place(40)) == (N, "line 3", "line 43")
    assert [(cell.row, cell.value) for cell in table.bad["id"]] == [(40, "x")]
    assert table.bad_counts == {"id": 1}


def test_a_column_of_numbers_under_the_label_is_one_again():
    ids = [*range(5, N + 5), "Total"]
    table = leave_out_totals(tables.read({"id": ids, "y": [*SALES, SALES.sum()]}))
    assert table.frame["id"].tolist() == ids[:-1]
    assert tables.inspect(table, "y").schema.column("id").kind == "numeric"


def test_a_column_of_a_file_under_the_label_is_one_again(tmp_path):
    path = tmp_path / "t.csv"
    rows = [f"{row * 3},{sale}" for row, sale in enumerate(SALES)]
    path.write_text("\n".join(["id,sales", *rows, f"Total,{SALES.sum():.2f}"]) + "\n")
    table = leave_out_totals(tables.read(path))
    assert table.frame["id"].tolist() == [row * 3 for row in range(N)]
    assert "id" not in table.bad
