"""Numbers as people and spreadsheets write them."""

import io
import json
import math

import numpy as np
import pandas as pd
import pytest

from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables import ReadOptions, infer_schema, inspect, read, read_chunks
from trimtab.tables.files.numbers.number_forms import NumberForm
from trimtab.tables.files.written_numbers import find_form

N = 240


def same(found, wanted):
    return np.array_equal(np.asarray(found, float), np.asarray(wanted, float), equal_nan=True)


@pytest.fixture
def save(tmp_path):
    def write(text, name="table.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def german(value):
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


#: cells -> numbers, and the example that the schema keeps
AGREED = {
    "thousands": (["1,163.74", "300.10", "12,345,678.5"], [1163.74, 300.1, 12345678.5], "1,234.5"),
    "german": (["1.299,99", "5,00", "-3,5"], [1299.99, 5, -3.5], "1.234,5"),
    "percent": (["12.5%", "0%", "100%"], [12.5, 0, 100], "1234.5%"),
    "percent apart": (["12,5 %", "7 %"], [12.5, 7], "1234,5 %"),
    "dollars": (["$1,200", "$3", "-$5", "$-7"], [1200, 3, -5, -7], "$1,234.5"),
    "euros": (["123,45 €", "1.000,00 €"], [123.45, 1000], "1.234,5 €"),
    "code": (["USD 12", "usd 13.5"], [12, 13.5], "USD 1234.5"),
    "minus": (["\u22120.5", "1.5", "\u22122"], [-0.5, 1.5, -2], "1234.5"),
    "dash": (["\u201312", "7"], [-12, 7], "1234.5"),
    "brackets": (["(1,234.00)", "12.00"], [-1234, 12], "1,234.5"),
    "brackets and unit": (["($1,234)", "$(5)", "$12"], [-1234, -5, 12], "$1,234.5"),
    "blanks": (["1 234,5", "12,25"], [1234.5, 12.25], "1 234,5"),
    "no-break blanks": (["1\u00a0234,5", "1\u202f234\u202f567"], [1234.5, 1234567], "1 234,5"),
    "apostrophes": (["1'234.50", "1\u2019000"], [1234.5, 1000], "1'234.5"),
    "underscores": (["1_000", "12_000.5"], [1000, 12000.5], "1_234.5"),
    "plus": (["+3", "-4", "+2.5"], [3, -4, 2.5], "1234.5"),
    "unit": (["12 kg", "5.5 kg", "0"], [12, 5.5, 0], "1234.5 kg"),
    "unit without a blank": (["16GB", "32GB"], [16, 32], "1234.5GB"),
    "unit with a digit": (["85 m2", "102.5 m2"], [85, 102.5], "1234.5 m2"),
    "singular": (["1 year", "3 years"], [1, 3], "1234.5 year"),
    "per": (["$5/kg", "$6.5/kg"], [5, 6.5], "$1234.5/kg"),
    "exponent": (["1,2e3", "5E-1", "7,5"], [1200, 0.5, 7.5], "1234,5"),
    "indian": (["\u20b91,23,456", "\u20b910,00,000"], [123456, 1000000], "\u20b91,234.5"),
    "trailing minus": (["12-", "3.5"], [-12, 3.5], "1234.5"),
    "no cents": (["1.299,-", "5,50"], [1299, 5.5], "1.234,5"),
    "wide": (["１，２３４．５", "６"], [1234.5, 6], "1,234.5"),
    "gaps": (["$5", "NA", "", "-", "$7"], [5, math.nan, math.nan, math.nan, 7], "$1234.5"),
}


@pytest.mark.parametrize("name", AGREED)
def test_cells_that_agree_are_numbers(name):
    cells, numbers, example = AGREED[name]
    table = read({"c": cells, "n": list(range(len(cells)))})
    assert same(table.frame["c"], numbers)
    assert table.forms["c"].example == example
    assert NumberForm.of(example).example == example
    assert table.notes[0].startswith("Column 'c' is read as numbers")
    again, bad = NumberForm.of(example).read(pd.Series(cells), ("", "NA", "-"))
    assert same(again, numbers) and not bad.any()


@pytest.mark.parametrize(
    "cells",
    [
        ["agent 03", "agent 11", "agent 20"],
        ["10-20", "20-30", "30-40"],
        ["12:30", "13:45", "09:15"],
        ["3 May 2020", "4 May 2020"],
        ["192.168.1.1", "10.0.0.1"],
        ["1.2.3", "1.10.0"],
        ["F0-00001", "F0-00002"],
        ["00712", "01234", "12345"],
        ["12345", "12346", "99999"],  # names, for all that the cells tell
        ["12A", "14B", "3C"],
        ["2S", "3H", "4D", "5C"],
        ["1st", "2nd", "3rd"],
        ["555 123 4567", "555 987 6543"],
        ["+49 30 1234", "+49 30 5678"],
        ["7/8", "1/2"],
        ["4x4", "6x4"],
        ["<5", ">10", "5-10"],
        ["$", "%", "kg"],
        ["5 kg (net)", "6 kg (net)"],
    ],
)
def test_names_dates_and_ranges_are_not_numbers(cells):
    found = find_form(pd.Series(cells))
    assert found is None or found.form is None
    assert read({"c": cells}).frame["c"].tolist() == cells


def test_files_as_spreadsheets_of_two_countries_write_them(save):
    n = range(N)
    rows = [f'{i % 50},"{300 + i * 37:,}.{i % 90 + 10}",{i * 37 + i % 50}' for i in n]
    table = read(save("age,revenue,y\n" + "\n".join(rows)))
    assert same(table.frame["revenue"], [300 + i * 37 + (i % 90 + 10) / 100 for i in n])
    rows = [f"{i % 50},5;{german(300 + i * 37 + (i % 90 + 10) / 100)};{i * 37}" for i in n]
    table = read(save("alter;umsatz;y\n" + "\n".join(rows)))
    assert table.decimal == ","
    assert same(table.frame["umsatz"], [300 + i * 37 + (i % 90 + 10) / 100 for i in n])
    assert table.notes == ["Column 'umsatz' is read as numbers: '1.003,29' is 1003.29."]
    schema = infer_schema(table, "umsatz")
    assert (schema.task, schema.column("umsatz").format) == ("regression", "1.234,5")


def test_the_unit_stands_in_inspect(save):
    rows = [f"{i % 160 / 2}%,${i * 3},{i * 1.5:.2f} €,{i * 37}" for i in range(N)]
    found = inspect(read(save("share,fee,eur,y\n" + "\n".join(rows))), "y")
    units = {column.name: (column.kind, column.unit, column.reason) for column in found.columns}
    assert units == {
        "share": ("numeric", "%", ""),
        "fee": ("numeric", "$", ""),
        "eur": ("numeric", "€", ""),
        "y": ("numeric", "", ""),
    }
    assert "Column 'share' is read as numbers in %: '0.5%' is 0.5." in found.notes
    assert found.record()["columns"][0]["unit"] == "%"


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (["$5", "$7", "€9"], "mixed currencies, such as '$5' (row 1), '€9' (row 3)"),
        (["5 km", "3 mi", "4 km"], "mixed units, such as '5 km' (row 1), '3 mi' (row 2)"),
        (["19M", "8.7k", "3M"], "mixed units, such as '19M' (row 1), '8.7k' (row 2)"),
        (["12%", "0.5", "7%"], "mixed numbers with and without a unit, such as '12%' (row 1)"),
    ],
)
def test_mixed_units_are_refused_with_a_word(cells, wanted):
    columns = {"c": cells * 10, "x": np.linspace(0, 1, 10 * len(cells))}
    column = infer_schema(read(columns)).column("c")
    assert column.role == "dropped" and column.reason.startswith(wanted)
    assert "--type c=category" in column.reason
    assert infer_schema(read(columns), kinds={"c": "category"}).column("c").role == "feature"
    with pytest.raises(InvalidData, match=r"target 'c' cannot be predicted as numbers: mixed"):
        infer_schema(read(columns), "c")
    with pytest.raises(InvalidData, match="column 'c' cannot be numeric: mixed"):
        infer_schema(read(columns), kinds={"c": "numeric"})


def test_zero_needs_no_unit_and_two_names_are_one_currency():
    table = read({"c": ["$5", "0", "7 USD", "US$ 9"], "x": [1, 2, 3, 4]})
    assert table.frame["c"].tolist() == [5, 0, 7, 9]


def test_a_single_comma_is_ambiguous_and_said_with_the_way_to_decide(save):
    text = "t,y\n" + "\n".join(f'"{1 + i % 9},{100 + i}",{i * 7 % 5}' for i in range(N))
    table = read(save(text))
    assert table.frame["t"].tolist()[:2] == [1100, 2101]
    assert table.notes == [
        "Column 't' is read as numbers: '1,100' is 1100. It could also be 1.1; if it is, use "
        "--type t=numeric:1234,5."
    ]
    told = read(save(text), text=["t"], numbers={"t": "1234,5"})
    assert told.frame["t"].tolist()[:2] == [1.1, 2.101] and not told.notes
    with pytest.raises(InvalidArgument, match="must not be readable in two ways, received '1,234'"):
        NumberForm.of("1,234")


def test_small_numbers_beside_it_show_what_a_comma_means():
    notes = read({"c": ["£1,001", "£950", "£12"], "x": [1, 2, 3]}).notes
    assert notes == ["Column 'c' is read as numbers in £: '£1,001' is 1001."]
    assert "could also be" in read({"c": ["£1,001", "£2,950", "0"], "x": [1, 2, 3]}).notes[0]


def test_what_is_ambiguous_alone_is_not_beside_a_column_that_shows_the_mark():
    table = read({"a": ["1.234", "5.678"], "b": ["1.299,99", "3,50"]})
    assert table.frame["a"].tolist() == [1234, 5678]
    assert not any("could also" in note for note in table.notes)
    table = read({"a": ["1.234", "5.678"], "b": ["1,299.99", "3.50"]})
    assert table.frame["a"].tolist() == [1.234, 5.678]


def test_a_point_that_may_separate_thousands_is_said_and_decided(save):
    path = save("a;b\n" + "".join(f"{i}.{100 + i};x\n" for i in range(1, 30)))
    assert read(path).notes == [
        "Column 'a': '1.101' is read as 1.101. If the point separates thousands, use --decimal ,."
    ]
    assert read(path, ReadOptions(decimal=",")).frame["a"].tolist()[:2] == [1101, 2102]
    clear = save("a;b\n" + "".join(f"{i}.{100 + i};{i}.5\n" for i in range(1, 30)), "clear.csv")
    assert read(clear).notes == []


def test_a_column_that_nearly_fits_says_which_cells_do_not(save):
    rows = [f'"{i * 7:,}",{i}' if i % 9 else f"x{i},{i}" for i in range(N)]
    found = inspect(read(save("t,y\n" + "\n".join(rows))), "y")
    assert found.columns[0].reason == (
        "looks like numbers, but 27 cells are not, such as 'x0' (line 2), 'x9' (line 11). Correct "
        "or empty them, or use --missing x0 if it means missing"
    )


def test_a_few_mistakes_among_written_numbers_are_missing_and_named(save):
    rows = [f'"{i * 7:,}.50",{i}' if i != 77 else f"soon,{i}" for i in range(N)]
    table = read(save("t,y\n" + "\n".join(rows)))
    schema = infer_schema(table, "y")
    assert schema.column("t").format == "1,234.5"
    assert "'soon' (line 79)" in schema.notes[0]
    assert np.isnan(schema.values(table, "t")).nonzero()[0].tolist() == [77]
    table = read(save("t,y\n" + "\n".join(rows)), ReadOptions(missing=("soon",)))
    assert infer_schema(table, "y").column("t").format == "1,234.5"
    assert math.isnan(table.frame["t"][77])


def test_nearly_numbers_as_target_say_so(save):
    rows = [f'"{i * 7:,}.50",{i}' if i % 9 else f"x{i},{i}" for i in range(N)]
    with pytest.raises(
        InvalidData, match="cannot be predicted: it looks like numbers, but 27 cells"
    ):
        infer_schema(read(save("t,y\n" + "\n".join(rows))), "t")


@pytest.mark.parametrize("form", ["jsonl", "xlsx", "parquet", "csv", "feather", "polars", "arrow"])
def test_in_every_format(form, tmp_path):
    values = [1299.99 + i for i in range(30)]
    frame = pd.DataFrame({"c": [german(v) + " €" for v in values], "n": range(30)})
    path = tmp_path / f"table.{form}"
    if form == "jsonl":
        path.write_text("\n".join(json.dumps(row) for row in frame.to_dict("records")))
    elif form == "polars":
        path = pytest.importorskip("polars").DataFrame(frame.to_dict("list"))
    elif form == "arrow":
        path = pytest.importorskip("pyarrow").Table.from_pandas(frame)
    else:
        save = {
            "xlsx": "to_excel",
            "parquet": "to_parquet",
            "csv": "to_csv",
            "feather": "to_feather",
        }
        getattr(frame, save[form])(
            path, **({} if form in ("parquet", "feather") else {"index": False})
        )
    table = read(path)
    assert np.allclose(table.frame["c"], values) and table.forms["c"].unit == "€"
    chunks = [*read_chunks(path, rows=7)]
    assert np.allclose(np.concatenate([chunk.frame["c"] for chunk in chunks]), values)


def test_numbers_among_text_in_a_sheet_keep_their_value(tmp_path):
    # 1.234 is a number there and no thousand, whatever the cells of text look like.
    cells = [1.234, "1.299,99", 7, "5,50"]
    pd.DataFrame({"c": cells, "n": range(4)}).to_excel(tmp_path / "mixed.xlsx", index=False)
    wanted = [1.234, 1299.99, 7, 5.5]
    assert read(tmp_path / "mixed.xlsx").frame["c"].tolist() == wanted
    assert read({"c": cells, "n": range(4)}).frame["c"].tolist() == wanted


def test_columns_that_are_said_to_be_categories_or_text_stay_so():
    table = read({"c": pd.Categorical(["5%", "7%"]), "n": [1, 2]})
    assert table.frame["c"].tolist() == ["5%", "7%"] and not table.forms
    assert read({"c": ["5%", "7%"], "n": [1, 2]}, text=["c"]).frame["c"].tolist() == ["5%", "7%"]


def test_whole_numbers_stored_as_text_stay_text_and_are_said():
    columns = {"c": [str(i) for i in range(100)], "n": np.linspace(0, 1, 100)}
    reason = infer_schema(read(columns)).column("c").reason
    assert "whole numbers stored as text" in reason and "--type c=numeric" in reason
    assert infer_schema(read(columns), kinds={"c": "numeric"}).column("c").role == "feature"


def test_a_form_reads_plain_numbers_too_but_nothing_twice():
    form = NumberForm.of("1.234,5 €")
    values, bad = form.read(pd.Series(["1.299,99 €", "1163.74", "7", "EUR 5", "$5", "x"]), ())
    assert same(values, [1299.99, 1163.74, 7, 5, math.nan, math.nan])
    assert bad.tolist() == [False, False, False, False, True, True]
    values, bad = form.read(pd.Series(["1163.74", "1.234"]), ())  # 1.234 or 1234?
    assert bad.tolist() == [False, True]
    values, bad = NumberForm.of("1 234,5").read(pd.Series(["1.234"]), ())
    assert bad.tolist() == [True]
    values, bad = NumberForm.of("1234.5").read(pd.Series(["1,234", "1 234"]), ())
    assert values.tolist() == [1234, 1234] and not bad.any()


def test_notes_on_many_columns_are_one(save):
    names = ",".join(f"c{i}" for i in range(40))
    rows = [",".join(f"{r + i}%" for i in range(40)) for r in range(30)]
    notes = read(save(names + "\n" + "\n".join(rows))).notes
    assert len(notes) == 1 and notes[0].startswith("40 columns 'c0', 'c1', ")


def test_standard_input_is_read_in_the_same_way(monkeypatch):
    class Input:
        buffer = io.BytesIO(b"a,b\n" + b"".join(b'"1,%d.5",2\n' % (100 + i) for i in range(30)))

    monkeypatch.setattr("sys.stdin", Input)
    assert read("-").frame["a"].tolist()[:2] == [1100.5, 1101.5]


LARGE = 1234567890123456700


@pytest.mark.parametrize(
    "write",
    [
        lambda value: f"{value:,}",
        lambda value: f"{value:,}".replace(",", "\u00a0"),
        lambda value: f"{value:,}".replace(",", ".") + " \u20ac",
        lambda value: f"-${value:,}.00",
        lambda value: f"{value} kg" if value % 2 else "",
    ],
)
def test_large_whole_numbers_keep_their_digits(save, write):
    cells = [write(LARGE + i // 2) for i in range(N)]
    text = "g;y\n" + "".join(f"{cell};{i}\n" for i, cell in enumerate(cells))
    for table in (read(save(text)), read({"g": cells, "y": list(range(N))})):
        sign = -1 if cells[0].startswith("-") else 1
        found = [None if pd.isna(value) else int(value) for value in table.frame["g"]]
        assert found == [sign * (LARGE + i // 2) if cell else None for i, cell in enumerate(cells)]
        assert str(LARGE)[:-2] in table.notes[0]


def test_large_written_classes_stay_apart(save):
    text = "c;y\n" + "".join(f"{i % 7};{LARGE + i % 3:,}\n" for i in range(N))
    table = read(save(text))
    schema = infer_schema(table, "y", task="multiclass")
    assert schema.classes == (LARGE, LARGE + 1, LARGE + 2)
    again = read(save(text, "again.csv"), text=["y"])
    assert same(schema.targets(again), [i % 3 for i in range(N)])


def test_the_example_shows_the_thousands():
    notes = read({"c": ["0.25", "1,100"] * N}).notes
    assert notes[0] == "Column 'c' is read as numbers: '1,100' is 1100."


def test_large_numbers_stay_exact_where_a_row_of_text_is_left_out():
    cells = [*(f"{LARGE + i:,}" for i in range(N)), "none"]
    table = read({"g": cells, "y": list(range(N + 1))})
    assert table.without([N]).frame["g"].tolist() == [LARGE + i for i in range(N)]
