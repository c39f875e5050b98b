"""Whole numbers that float64 cannot hold are exact in every format, whole and in chunks."""

import decimal
import json

import numpy as np
import pandas as pd
import pytest

from trimtab.tables import read, read_chunks
from trimtab.tables.files.cells import Settled, canonical
from trimtab.tables.files.growing import Growing
from trimtab.tables.files.numbers import whole

ROWS = 60
STARTS = {
    "2**53": 2**53,
    "19 digits": 1234567890123456700,
    "across 2**63": 2**63 - 30,
    "uint64": 2**63,
    "negative": -(2**60),
    "25 digits": 10**24,
}


@pytest.fixture(params=STARTS.values(), ids=STARTS)
def start(request):
    return request.param


@pytest.fixture(params=[False, True], ids=["all", "gaps"])
def numbers(start, request):
    gaps = {3, 40} if request.param else set()
    return [None if row in gaps else start + row for row in range(ROWS)]


def as_csv(numbers, folder, missing=""):
    lines = (
        f"{missing if number is None else number},{row}.5\n" for row, number in enumerate(numbers)
    )
    (folder / "n.csv").write_text("n,x\n" + "".join(lines))
    return folder / "n.csv"


def as_csv_with_na(numbers, folder):
    return as_csv(numbers, folder, "NA")


def as_tsv(numbers, folder):
    path = as_csv(numbers, folder)
    path.write_text(path.read_text().replace(",", "\t"))
    return path


def as_jsonl(numbers, folder):
    path = folder / "n.jsonl"
    path.write_text("".join(json.dumps({"n": number, "x": 1}) + "\n" for number in numbers))
    return path


def as_sheet(numbers, folder):
    texts = [None if number is None else str(number) for number in numbers]
    pd.DataFrame({"n": texts, "x": range(ROWS)}).to_excel(folder / "n.xlsx", index=False)
    return folder / "n.xlsx"


def as_objects(numbers, folder):
    return pd.DataFrame({"n": pd.Series(numbers, dtype=object), "x": range(ROWS)})


def as_dict(numbers, folder):
    return {"n": numbers, "x": list(range(ROWS))}


def as_decimals(numbers, folder):
    cells = [None if number is None else decimal.Decimal(number) for number in numbers]
    return {"n": cells, "x": list(range(ROWS))}


def as_arrow_decimals(numbers, folder):
    pa = pytest.importorskip("pyarrow")
    cells = as_decimals(numbers, folder)["n"]
    return pa.table({"n": pa.array(cells, pa.decimal128(30, 0)), "x": range(ROWS)})


def typed(numbers):
    """What holds the numbers in 64 bits: a signed type, or one without a sign."""
    present = [number for number in numbers if number is not None]
    if max(present) >= 2**64:
        pytest.skip("64 bits are too few")
    return max(present) >= 2**63


def as_parquet(numbers, folder):
    pa = pytest.importorskip("pyarrow")
    kind = pa.uint64() if typed(numbers) else pa.int64()
    table = pa.table({"n": pa.array(numbers, kind), "x": range(ROWS)})
    pytest.importorskip("pyarrow.parquet").write_table(
        table, folder / "n.parquet", row_group_size=11
    )
    return folder / "n.parquet"


def as_feather(numbers, folder):
    pa = pytest.importorskip("pyarrow")
    kind = pa.uint64() if typed(numbers) else pa.int64()
    table = pa.table({"n": pa.array(numbers, kind), "x": range(ROWS)})
    pytest.importorskip("pyarrow.feather").write_feather(table, folder / "n.feather")
    return folder / "n.feather"


def as_polars(numbers, folder):
    pl = pytest.importorskip("polars")
    kind = pl.UInt64 if typed(numbers) else pl.Int64
    return pl.DataFrame({"n": pl.Series(numbers, dtype=kind), "x": range(ROWS)})


def as_nullable(numbers, folder):
    kind = "UInt64" if typed(numbers) else "Int64"
    return pd.DataFrame({"n": pd.array(numbers, dtype=kind), "x": range(ROWS)})


FORMATS = [
    *(as_csv, as_csv_with_na, as_tsv, as_jsonl, as_sheet, as_objects, as_dict, as_decimals),
    *(as_arrow_decimals, as_parquet, as_feather, as_polars, as_nullable),
]


@pytest.mark.parametrize("make", FORMATS, ids=lambda make: make.__name__)
def test_every_format_keeps_every_digit(make, numbers, tmp_path):
    expected = [None if number is None else str(number) for number in numbers]
    source = make(numbers, tmp_path)
    for tables in ([read(source)], [*read_chunks(source, rows=7)]):
        cells = [cell for table in tables for cell in table.frame["n"]]
        assert [None if pd.isna(cell) else canonical(cell) for cell in cells] == expected


@pytest.mark.parametrize("arrow", [True, False])
def test_integers_of_128_bits(arrow, monkeypatch):
    pl = pytest.importorskip("polars")
    if not arrow:
        monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    for numbers in ([2**60 + 1, 7], [10**24, 10**24 + 1], [10**38, -5], [3, 4]):
        cells = read(pl.DataFrame({"n": pl.Series(numbers, dtype=pl.Int128)})).frame["n"]
        assert [*map(canonical, cells)] == [*map(str, numbers)]
    gaps = pl.DataFrame({"n": pl.Series([2**60 + 1, None], dtype=pl.Int128)})
    assert read(gaps).frame["n"].tolist() == [2**60 + 1, pd.NA]


def test_polars_without_arrow_keeps_every_digit(monkeypatch):
    pl = pytest.importorskip("polars")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    data = pl.DataFrame({"n": [2**60 + 1, None, 2**60], "kind": pl.Series(["a", "b", None])})
    data = data.with_columns(pl.col("kind").cast(pl.Categorical))
    table = read(data)
    assert table.frame["n"].tolist()[::2] == [2**60 + 1, 2**60]
    assert table.said == {"kind": "category"}


def test_small_numbers_are_stored_as_before(tmp_path):
    for make in FORMATS[:-5]:
        frame = read(make([1, 2, 3] * 20, tmp_path)).frame
        assert frame["n"].dtype in (np.int64, np.float64), make
    assert read({"n": [1, None, 3]}).frame["n"].dtype == np.float64
    assert read(pd.DataFrame({"n": pd.array([1, None, 3], "UInt64")})).frame["n"].dtype == float


def test_whole_floats_written_with_a_point(tmp_path):
    path = tmp_path / "n.csv"
    path.write_text("n\n1234567890123456768.0\n1234567890123457024.0\n5.0\n")
    assert read(path).frame["n"].tolist() == [1234567890123456768, 1234567890123457024, 5]


def test_numbers_and_fractions_are_floats(tmp_path):
    path = tmp_path / "n.csv"
    path.write_text(f"n,x\n{2**60},1\n,2\n0.5,3\n")
    np.testing.assert_array_equal(read(path).frame["n"], [2.0**60, np.nan, 0.5])


def test_both_signs_beyond_64_bits_are_text():
    assert read({"n": [2**63, -1]}).frame["n"].tolist() == [str(2**63), "-1"]


# Columns that come in parts.


def grown(*parts):
    growing = Growing()
    for part in parts:
        values = pd.array(part, dtype="Int64") if None in part else np.array(part)
        growing.add(Settled(values))
    return growing.settled().values


@pytest.mark.parametrize(
    "parts",
    [
        ([1.0, np.nan], [2**60 + 1, 2**60]),
        ([2**60 + 1, 2**60], [1.0, np.nan]),
        ([2**60 + 1], [2**60, None], [7]),
        ([2**60 + 1, None], [2**63 + 1], [5.0, np.nan]),
        ([5], [2**63 + 1], [2**60 + 1, None]),
    ],
)
def test_parts_join_exactly(parts):
    values = grown(*parts)
    expected = [
        None if cell != cell or cell is None else int(cell) for part in parts for cell in part
    ]
    assert [None if pd.isna(cell) else int(cell) for cell in values] == expected
    assert values.dtype.kind in "iu"


def test_fractions_in_a_later_part_make_floats():
    values = grown([2**60 + 1], [2**60, None], [0.5])
    np.testing.assert_array_equal(values, [2.0**60, 2.0**60, np.nan, 0.5])


def test_parts_that_64_bits_cannot_hold_together_are_digits():
    assert grown([2**63 + 1], [-5, 7]).tolist() == [str(2**63 + 1), "-5", "7"]
    growing = Growing()
    growing.add(Settled(np.array([3, 4])))
    growing.add(Settled(pd.Series([str(10**24)])))
    growing.add(Settled(np.array([5])))
    assert growing.settled().values.tolist() == ["3", "4", str(10**24), "5"]


def test_text_of_digits():
    text = pd.Series(["18446744073709551615", "NA", "+5"])
    assert whole.of_text(text, ["NA"]).tolist() == [2**64 - 1, pd.NA, 5]
    assert whole.of_text(pd.Series([str(10**24), "NA"]), ["NA"]).tolist()[0] == str(10**24)
    for cells in (["1e20", "5"], ["2.5"], ["", "NA"], ["one"]):
        assert whole.of_text(pd.Series(cells), ["", "NA"]) is None
