"""Columns that are passed through come out as they went in, whatever the format and the chunks."""

import datetime
import decimal
import json

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest
from pyarrow import feather

from tests.support.refusals import assert_refused
from trimtab.errors import InvalidData
from trimtab.tables.files.passing.column_text import as_json, as_text
from trimtab.tables.files.passing.passing import EVERY, Passing
from trimtab.tables.files.reading import read, read_chunks
from trimtab.tables.files.writing import delimited, writer

BIG = 2**53 + 1
UTC = datetime.timezone.utc  # noqa: UP017
NOON = datetime.datetime(2020, 7, 1, 12, tzinfo=UTC)

#: An Arrow column, and its cells in CSV and in JSON.
ARROW = {
    "int64": (pa.array([12, None, BIG]), ["12", "", str(BIG)], ["12", "null", str(BIG)]),
    "uint64": (
        pa.array([2**64 - 1, None, 5], pa.uint64()),
        ["18446744073709551615", "", "5"],
        ["18446744073709551615", "null", "5"],
    ),
    "int8": (pa.array([1, 2, None], pa.int8()), ["1", "2", ""], ["1", "2", "null"]),
    "decimal": (
        pa.array([decimal.Decimal("0.10"), None, decimal.Decimal("0E-2")], pa.decimal128(22, 2)),
        ["0.10", "", "0.00"],
        ["0.10", "null", "0.00"],
    ),
    "fine decimal": (
        pa.array([decimal.Decimal("12345678901234567890.1234567890")], pa.decimal128(38, 10)),
        ["12345678901234567890.1234567890"],
        ["12345678901234567890.1234567890"],
    ),
    "zoned": (
        pa.array([NOON, None], pa.timestamp("us", tz="Europe/Berlin")),
        ["2020-07-01 14:00:00+02:00", ""],
        ['"2020-07-01 14:00:00+02:00"', "null"],
    ),
    "nanoseconds": (
        pa.array([1_593_604_800_123_456_789, None, 0], pa.timestamp("ns")),
        ["2020-07-01 12:00:00.123456789", "", "1970-01-01 00:00:00"],
        ['"2020-07-01 12:00:00.123456789"', "null", '"1970-01-01 00:00:00"'],
    ),
    "far": (
        pa.array([datetime.datetime(9999, 12, 31)], pa.timestamp("us")),
        ["9999-12-31 00:00:00"],
        ['"9999-12-31 00:00:00"'],
    ),
    "date": (
        pa.array([datetime.date(1500, 7, 1), None]),
        ["1500-07-01", ""],
        ['"1500-07-01"', "null"],
    ),
    "time": (pa.array([datetime.time(7, 5), None]), ["07:05:00", ""], ['"07:05:00"', "null"]),
    "fine time": (
        pa.array([1, None, 3_600_000_000_000], pa.time64("ns")),
        ["00:00:00.000000001", "", "01:00:00"],
        ['"00:00:00.000000001"', "null", '"01:00:00"'],
    ),
    "duration": (
        pa.array([datetime.timedelta(days=1), None]),
        ["1 days 00:00:00", ""],
        ['"1 days 00:00:00"', "null"],
    ),
    "codes": (pa.array([5, None, 7]).dictionary_encode(), ["5", "", "7"], ["5", "null", "7"]),
    "single codes": (
        pa.array([0.1, None], pa.float32()).dictionary_encode(),
        ["0.1", ""],
        ["0.1", "null"],
    ),
    "names": (
        pa.array(["007", None, "a,b"]).dictionary_encode(),
        ["007", "", '"a,b"'],
        ['"007"', "null", '"a,b"'],
    ),
    "text": (
        pa.array(["007", "1.50", "1e5"], pa.large_string()),
        ["007", "1.50", "1e5"],
        ['"007"', '"1.50"', '"1e5"'],
    ),
    "boolean": (pa.array([True, None]), ["True", ""], ["true", "null"]),
    "bytes": (pa.array([b"ab", None]), ["ab", ""], ['"ab"', "null"]),
    "single": (pa.array([0.1, None, 1e16], pa.float32()), ["0.1", "", "1e+16"], None),
    "double": (pa.array([12.0, None, 0.1]), ["12.0", "", "0.1"], ["12.0", "null", "0.1"]),
    "list": (
        pa.array([[1, None], None, []], pa.list_(pa.uint64())),
        ['"[1, null]"', "", "[]"],
        ["[1, null]", "null", "[]"],
    ),
    "struct": (pa.array([{"a": 1}, None]), ['"{""a"": 1}"', ""], ['{"a": 1}', "null"]),
    "nothing": (pa.nulls(2), ["", ""], ["null", "null"]),
}


def passed(source, *, rows=None, read_too=(), names=("k",)):
    """Column ``k`` of a source, as it is passed through: whole, or in chunks."""
    passing = Passing(names, read_too)
    if rows is None:
        return read(source, passing=passing).passed["k"]
    return pd.concat([table.passed for table in read_chunks(source, passing=passing, rows=rows)])[
        "k"
    ]


def in_csv(column):
    """The cells of a column in CSV; the text is written beside a number, as predictions are."""
    lines = delimited(pd.DataFrame({"k": column, "p": 1}), header=False).splitlines()
    return [line.removesuffix(",1") for line in lines]


# -- files with types -----------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [None, 1, 2])
@pytest.mark.parametrize("kind", ["parquet", "feather", "table", "batches"])
@pytest.mark.parametrize("name", ARROW)
def test_arrow(tmp_path, name, kind, rows):
    column, text, lines = ARROW[name]
    table = pa.table({"k": column, "x": range(len(column))})
    source = tmp_path / f"t.{kind}"
    if kind == "parquet":
        pyarrow.parquet.write_table(table, source, row_group_size=2)
        table = pyarrow.parquet.read_table(source)
    elif kind == "feather":
        feather.write_feather(table, str(source))
    else:
        source = table if kind == "table" else table.to_batches()[0]
    found = passed(source, rows=rows)
    assert pa.array(found).type == table.schema.field("k").type
    assert pa.array(found).to_pylist() == table.column("k").to_pylist()
    assert in_csv(found) == text
    assert lines is None or as_json(found) == lines


@pytest.mark.parametrize("kind", ["parquet", "feather"])
@pytest.mark.parametrize("name", ARROW)
def test_arrow_to_arrow(tmp_path, name, kind):
    """Each row in a chunk of its own: types do not depend on what a chunk holds."""
    column = ARROW[name][0]
    pyarrow.parquet.write_table(pa.table({"k": column}), tmp_path / "in.parquet")
    with writer(tmp_path / f"out.{kind}") as write:
        for chunk in read_chunks(tmp_path / "in.parquet", passing=Passing(EVERY), rows=1):
            write(chunk.passed)
    before = pyarrow.parquet.read_table(tmp_path / "in.parquet")
    load = pyarrow.parquet.read_table if kind == "parquet" else feather.read_table
    after = load(str(tmp_path / f"out.{kind}"))
    assert after.schema.field("k").type == before.schema.field("k").type
    assert after.column("k").to_pylist() == before.column("k").to_pylist()


def test_bytes_that_are_no_text(tmp_path):
    column = passed(pa.table({"k": [b"\xff\x00"], "x": [1]}))
    message = (
        r"column 'k' holds bytes that are no text, such as b'\xff\x00', which CSV cannot hold. "
        "Write Parquet, which can: --out predictions.parquet."
    )
    assert_refused(InvalidData, message, lambda: in_csv(column))
    assert_refused(InvalidData, message.replace("CSV", "JSON"), lambda: as_json(column))
    with writer(tmp_path / "t.parquet") as write:
        write(pd.DataFrame({"k": column}))
    assert pd.read_parquet(tmp_path / "t.parquet")["k"].tolist() == [b"\xff\x00"]


def test_a_type_that_a_format_lacks(tmp_path):
    frame = pd.DataFrame({"k": [pd.DateOffset(months=1)]})
    frame["k"] = frame["k"].astype(object)
    with (
        pytest.raises(InvalidData, match=r"t\.parquet: this format has no such type .*--out pred"),
        writer(tmp_path / "t.parquet") as write,
    ):
        write(frame)


# -- text -----------------------------------------------------------------------------------------

CELLS = ["007", "1.50", "1e5", "", " NA ", "NA", "12345678901234567890123", "-0", "  ", "ü"]


@pytest.mark.parametrize("rows", [None, 1, 3])
@pytest.mark.parametrize("told", [(), ("NA", "007")])
@pytest.mark.parametrize(("ending", "sign"), [("csv", ","), ("tsv", "\t"), ("txt", ";")])
def test_text_is_that_of_the_cell(tmp_path, ending, sign, told, rows):
    from trimtab.tables.files.read_options import ReadOptions

    path = tmp_path / f"t.{ending}"
    lines = [f"k{sign}x", *(f"{cell}{sign}{row}" for row, cell in enumerate(CELLS))]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    options = ReadOptions(missing=told)
    passing = Passing({"k"})
    if rows is None:
        found = read(path, options, passing=passing).passed["k"]
    else:
        chunks = read_chunks(path, options, passing=passing, rows=rows)
        found = pd.concat([chunk.passed["k"] for chunk in chunks])
    assert found.fillna("").tolist() == CELLS
    assert found.isna().tolist() == [cell == "" for cell in CELLS]
    assert in_csv(found) == CELLS
    assert found.index.tolist() == list(range(len(CELLS)))


def test_text_with_quotes_delimiters_and_line_breaks(tmp_path):
    cells = ['"a,b"', '"say ""no"""', '"two\nlines"', "1,50"]
    (tmp_path / "t.csv").write_text("k;x\n" + "".join(f"{cell};1\n" for cell in cells[:3]))
    found = passed(tmp_path / "t.csv", rows=1)
    assert found.tolist() == ["a,b", 'say "no"', "two\nlines"]
    (tmp_path / "t.csv").write_text("k;x\n1,50;0,5\n0,25;1,5\n")
    assert passed(tmp_path / "t.csv").tolist() == ["1,50", "0,25"]


def test_a_column_that_is_read_as_well(tmp_path):
    """The number to learn from, and the text to pass through."""
    (tmp_path / "t.csv").write_text("k,x\n1.50,1\n,2\n1e1,3\n")
    table = read(tmp_path / "t.csv", passing=Passing({"k"}, {"k", "x"}))
    assert table.passed["k"].fillna("").tolist() == ["1.50", "", "1e1"]
    np.testing.assert_array_equal(table.frame["k"], [1.5, np.nan, 10])
    alone = read(tmp_path / "t.csv", passing=Passing({"k"}, {"x"}))
    assert list(alone.frame) == ["x"] and list(alone.passed) == ["k"]
    assert alone.names == ["x", "k"]


def test_the_end_of_a_line_is_no_column(tmp_path):
    (tmp_path / "t.csv").write_text("k,x,\na,1,\nb,2,\n")
    every = [chunk.passed for chunk in read_chunks(tmp_path / "t.csv", passing=Passing(EVERY))]
    assert list(every[0])[:2] == ["k", "x"] and every[0]["k"].tolist() == ["a", "b"]


# -- JSON lines and sheets ------------------------------------------------------------------------

#: Cells of JSON, and the same in CSV; in JSON they come out as they are.
JSON = {
    "whole": (["12", "null", str(BIG)], ["12", "", str(BIG)]),
    "long": (["12", "null", str(2**64 - 1)], ["12", "", str(2**64 - 1)]),
    "longer": (["-1", "null", str(10**30)], ["-1", "", str(10**30)]),
    "written": (["1.50", "1e5", "null", "2.0"], ["1.50", "1e5", "", "2.0"]),
    "digits": (["1.5", "12345678901234567890.125"], ["1.5", "12345678901234567890.125"]),
    "numbers": (["1", "2.5", "null"], ["1", "2.5", ""]),
    "long numbers": ([str(BIG), "2.5"], [str(BIG), "2.5"]),
    "boolean": (["true", "null", "false"], ["True", "", "False"]),
    "text": (['"007"', "null", '""', '"ü"'], ["007", "", "", "ü"]),
    "empty text": (["12", '""', "14"], ["12", "", "14"]),
    "mixed": (['"007"', "7", "7.50", "true", "null"], ["007", "7", "7.50", "True", ""]),
    "nested": (["[1, 2.50]", "null", '{"a": [null]}'], ['"[1, 2.50]"', "", '"{""a"": [null]}"']),
    "late": (["null", "null", "3"], ["", "", "3"]),
}


@pytest.mark.parametrize("rows", [None, 1, 2])
@pytest.mark.parametrize("name", JSON)
def test_lines_of_json(tmp_path, name, rows):
    cells, text = JSON[name]
    lines = "".join(f'{{"x": 1, "k": {cell}}}\n' for cell in cells)
    (tmp_path / "t.jsonl").write_text(lines.replace(', "k": null', ""), "utf-8")
    found = passed(tmp_path / "t.jsonl", rows=rows)
    assert in_csv(found) == text
    assert as_json(found) == cells


@pytest.mark.parametrize("name", JSON)
def test_lines_of_json_to_arrow(tmp_path, name):
    """The type follows from the whole file, and each row is a chunk of its own."""
    cells, _ = JSON[name]
    (tmp_path / "t.jsonl").write_text("".join(f'{{"k": {cell}}}\n' for cell in cells), "utf-8")
    with writer(tmp_path / "t.parquet") as write:
        for chunk in read_chunks(tmp_path / "t.jsonl", passing=Passing({"k"}), rows=1):
            write(chunk.passed)
    found = pyarrow.parquet.read_table(tmp_path / "t.parquet").column("k")
    expected = [json.loads(cell) for cell in cells]
    kinds = {type(cell) for cell in expected} - {type(None)}
    if name in ("longer", "digits", "long numbers", "mixed", "nested", "empty text"):
        assert str(found.type) == "string"
        expected = [None if cell == "null" else cell.strip('"') for cell in cells]
        expected = ["True" if cell == "true" else cell for cell in expected]
    elif kinds <= {int, float}:
        assert pa.types.is_integer(found.type) == (kinds == {int})
    assert found.to_pylist() == expected


@pytest.mark.parametrize(
    ("cells", "text", "kind"),
    [
        ([12, None, BIG - 2], ["12", "", str(BIG - 2)], "int64"),
        ([12, None, 2.5], ["12", "", "2.5"], "double"),
        (["007", None, "1.50"], ["007", "", "1.50"], "string"),
        ([True, None, False], ["True", "", "False"], "bool"),
        ([None, datetime.datetime(2020, 7, 1)], ["", "2020-07-01"], "date32[day]"),
        (
            [datetime.datetime(2020, 7, 1), None, datetime.datetime(2020, 7, 1, 12)],
            ["2020-07-01 00:00:00", "", "2020-07-01 12:00:00"],
            "timestamp[us]",
        ),
        ([datetime.time(7, 5), None], ["07:05:00", ""], "time64[us]"),
        (["a", 5, True, None], ["a", "5", "True", ""], "string"),
    ],
)
def test_sheets(tmp_path, cells, text, kind):
    book = openpyxl.Workbook()
    book.active.append(["k", "x"])
    for cell in cells:
        book.active.append([cell, 1])
    book.save(tmp_path / "t.xlsx")
    with writer(tmp_path / "t.parquet") as write:
        for rows in (None, 1, 2):
            assert in_csv(passed(tmp_path / "t.xlsx", rows=rows)) == text
        write(passed(tmp_path / "t.xlsx").to_frame())
    assert str(pyarrow.parquet.read_table(tmp_path / "t.parquet").schema.field("k").type) == kind


# -- frames ---------------------------------------------------------------------------------------

PANDAS = {
    "Int64": pd.array([BIG, None, 1], "Int64"),
    "UInt64": pd.array([2**63 + 1, None, 1], "UInt64"),
    "uint64": np.array([2**63 + 1, 2**63, 1], np.uint64),
    "float": [1.0, None, 2.5],
    "category": pd.Categorical([5, None, 7]),
    "ordered": pd.Categorical(["b", None, "a"], ["b", "a"], ordered=True),
    "zoned": pd.to_datetime(["2020-07-01", None, "2020-12-01"]).tz_localize("Europe/Berlin"),
    "period": pd.period_range("2020-01", periods=3, freq="M"),
    "interval": pd.interval_range(0, 3),
    "span": pd.to_timedelta(["1D", None, "2h"]),
    "string": pd.array(["007", None, ""], "string"),
    "objects": np.array([decimal.Decimal("0.10"), None, b"\xff"], object),
    "arrow": pd.array([decimal.Decimal("0.10"), None, None], pd.ArrowDtype(pa.decimal128(9, 2))),
    "complex": np.array([1j, 2, 3]),
}


@pytest.mark.parametrize("rows", [None, 1, 2])
@pytest.mark.parametrize("name", PANDAS)
def test_pandas(name, rows):
    index = pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 2)])
    frame = pd.DataFrame({"k": pd.Series(PANDAS[name]), "x": [1, 2, 3]}).set_axis(index)
    found = passed(frame, rows=rows)
    pd.testing.assert_series_equal(found, frame["k"])


@pytest.mark.parametrize("rows", [None, 1])
def test_polars_and_dicts(rows):
    wide = pl.DataFrame({"k": pl.Series([2**63, None, 1], dtype=pl.UInt64), "x": [1, 2, 3]})
    for source in (wide, wide.lazy(), {"k": wide["k"], "x": [1, 2, 3]}):
        found = passed(source, rows=rows)
        assert str(found.dtype) == "uint64[pyarrow]"
        assert found.isna().tolist() == [False, True, False] and found.iloc[0] == 2**63
    cells = [BIG, None, "a", decimal.Decimal("1.50")]
    assert passed({"k": cells, "x": [1] * 4}, rows=rows).tolist() == cells


def test_indexes():
    frame = pd.DataFrame({"x": [1, 2]}, pd.Index([7, 7], name="k"))
    table = read(frame, passing=Passing(EVERY))
    assert list(table.passed) == ["x"] and table.passed.index.equals(frame.index)
    assert passed(frame).tolist() == [7, 7]  # asked for by name
    series = {"x": pd.Series([1, 2], ["a", "b"]), "z": pd.Series([1, 2], ["a", "b"])}
    assert read(series).passed.index.tolist() == ["a", "b"]
    series["z"] = pd.Series([1, 2], ["b", "a"])
    assert read(series).passed.index.tolist() == [0, 1]


# -- as text --------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin", "America/New_York", "+05:30"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_moments_are_written_as_python_writes_them(unit, zone):
    generator = np.random.default_rng(0)
    second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    ticks = generator.integers(-9 * 10**9 * second, 9 * 10**9 * second, 200)
    ticks[:50] = ticks[:50] // second * second
    arrow = pa.array(ticks, pa.timestamp(unit, tz=zone))
    plain = pd.Series(pd.DatetimeIndex(ticks.astype(f"datetime64[{unit}]")))
    if zone is not None:
        plain = plain.dt.tz_localize("UTC").dt.tz_convert(zone)
    expected = [moment.isoformat(sep=" ") for moment in plain]
    assert as_text(plain).tolist() == expected
    assert as_text(pd.Series(pd.arrays.ArrowExtensionArray(arrow))).tolist() == expected


def test_no_cell_depends_on_the_others():
    """pandas leaves out the time of day where all cells are midnight."""
    moments = pd.Series(pd.to_datetime(["2020-07-01 00:00", "2020-07-01 12:00", None]))
    assert in_csv(moments) == ["2020-07-01 00:00:00", "2020-07-01 12:00:00", ""]
    for row in range(3):
        assert in_csv(moments[row : row + 1]) == in_csv(moments)[row : row + 1]


def test_categories_of_floats():
    column = pd.Series(pd.Categorical(np.array([0.1, 2.0, 0.1], np.float32)))
    assert in_csv(column) == ["0.1", "2.0", "0.1"] == as_json(column)
