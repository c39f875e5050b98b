"""Tables of every format and kind, read whole and in parts."""

import csv
import datetime
import decimal
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.support.close import assert_close
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables import BadCell, ReadOptions, read, read_chunks
from trimtab.tables.files import text_blocks

DATA = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture
def save(tmp_path):
    def save(data, name="rows.csv"):
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return save


def joined(parts):
    return pd.concat([part.frame for part in parts], ignore_index=True)


# Text files: what the cells become.


def test_columns_of_each_kind(save):
    table = read(save("n,x,s\n1,0.5,a\n2,1e3,NA\n3,-2.,b c\n"))
    assert table.frame["n"].dtype == np.int64 and table.frame["x"].dtype == np.float64
    assert table.frame["s"].tolist() == ["a", "NA", "b c"]
    assert table.frame.index.tolist() == [0, 1, 2] and table.notes == [] and table.lines is None


def test_missing_values_are_counted_by_spelling(save):
    table = read(save('a,b,s\n1,NA,\n,"NA",NA\n?,3,x\n4,-,y\n'))
    assert table.frame["a"].tolist()[::3] == [1, 4] and table.frame["a"].isna().sum() == 2
    assert table.frame["s"].isna().tolist() == [True, False, False, False]
    assert table.notes == [
        "Counted as missing in columns of numbers: 'NA' 2 times in b, '?' 1 time in a, '-' 1 "
        "time in b."
    ]


def test_told_spellings_count_everywhere(save):
    table = read(save("a,s\n1,x\n-999,none\n3,y\n"), ReadOptions(missing=("-999", "none")))
    assert table.frame["a"].isna().tolist() == table.frame["s"].isna().tolist()
    assert table.frame["a"].isna().tolist() == [False, True, False]


def test_infinite_numbers_are_counted(save):
    table = read(save("a,b\ninf,1\n-Infinity,2\n1,+inf\n"))
    assert table.frame["a"].isna().tolist() == [True, True, False]
    assert table.notes == ["Infinite numbers counted as missing: 2 in a, 1 in b."]


@pytest.mark.parametrize("cell", ["007", '"007"', "-01", " 01", "00"])
def test_leading_zeros_make_text(save, cell):
    table = read(save(f"a,b\n{cell},1\n12,0.5\n0,0\n"))
    assert table.frame["a"].tolist() == [cell.strip('"'), "12", "0"]
    assert table.frame["b"].tolist() == [1, 0.5, 0]


def test_digits_beyond_64_bits_are_text(save):
    table = read(save("a,b\n123456789012345678901,1\n123456789012345678902,2\n"))
    assert table.frame["a"].tolist() == ["123456789012345678901", "123456789012345678902"]


@pytest.mark.parametrize("cell", ["True", "1,234", "12%", "1 000", "0x1F", "2020-05-17", "1_0"])
def test_what_is_no_plain_number_is_text(save, cell):
    table = read(save(f'a;b\n"{cell}";1.5\nx;2.5\n'))
    assert table.frame["a"].tolist() == [cell, "x"]


def test_booleans_stay_as_they_are_written(save):
    assert read(save("a,b\ntrue,1\nfalse,2\n")).frame["a"].tolist() == ["true", "false"]


def test_bad_cells_are_shown_with_their_lines(save):
    rows = "".join(f"{row},x\n" for row in range(100))
    table = read(save("a,b\n" + rows + "12O,y\n" + rows + "?,z\n1.2.3,w\n"))
    assert table.bad == {"a": [BadCell(100, 102, "12O"), BadCell(202, 204, "1.2.3")]}
    assert table.bad_counts == {"a": 2}
    assert table.frame["a"].iloc[201] == "?" and table.frame["a"].iloc[0] == "0"


def test_many_bad_cells_are_counted_and_few_shown(save):
    rows = "".join(f"{row}\n" if row % 10 else "bad\n" for row in range(200))
    table = read(save("a\n" + rows))
    assert len(table.bad["a"]) == 5 and table.bad_counts == {"a": 20}


def test_a_column_that_turns_to_text_after_many_blocks(save):
    count = 400_000
    body = "".join(f"{row},{row}.5,0\n" for row in range(count))
    table = read(save("a,b,c\n" + body + "x,1,2\n"))
    assert table.frame["a"].iloc[[0, 1, -1]].tolist() == ["0", "1", "x"]
    assert table.frame["b"].dtype == np.float64 and table.frame["c"].dtype == np.int64
    assert table.bad == {"a": [BadCell(count, count + 2, "x")]}
    parts = [*read_chunks(save("a,b,c\n" + body + "x,1,2\n"), rows=50_000)]
    assert max(map(len, parts)) <= 50_000 and sum(map(len, parts)) == count + 1
    assert parts[0].frame["a"].dtype == np.int64
    assert parts[-1].frame["a"].iloc[-1] == "x"
    assert parts[-1].place(len(parts[-1]) - 1) == f"line {count + 2:,}"


def test_text_that_is_asked_for_stays_as_written(save):
    table = read(save("a,b\n1.50,NA\n2.00,\n"), text=["a"])
    assert table.frame["a"].tolist() == ["1.50", "2.00"]
    assert read(save("a,b\n1.50,NA\n2.00,7\n"), text=["b"]).frame["b"].tolist() == ["NA", "7"]


def test_columns_that_are_asked_for(save):
    table = read(save("a,b,c\n1,x,2\n3,y,4\n"), columns=["c", "nowhere", "a"])
    assert table.frame.to_dict("list") == {"a": [1, 3], "c": [2, 4]}


# Text files: rows and lines.


def test_lines_follow_breaks_in_quotes_and_blank_lines(save):
    table = read(save('a,b\n1,"x\ny"\n\n2,"z ""q"", w"\n   \n3,""\n'))
    assert table.frame["b"].tolist()[:2] == ["x\ny", 'z "q", w'] and table.frame["b"].isna()[2]
    assert table.lines.tolist() == [2, 5, 7]
    assert [table.place(row) for row in range(3)] == ["line 2", "line 5", "line 7"]


def test_quotes_in_the_middle_of_fields(save):
    table = read(save('a,b\n5" pipe,1\n"x"y,2\n"a, b",3\n7",4\n'))
    assert table.frame["a"].tolist() == ['5" pipe', "xy", "a, b", '7"']
    assert table.frame["b"].tolist() == [1, 2, 3, 4] and table.lines is None


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_rows_agree_with_the_csv_module(save, monkeypatch, seed, quoting):
    # Quotes, breaks, delimiters and blanks at random; blocks so small that all of them are cut.
    generator = np.random.default_rng(seed)
    monkeypatch.setattr(text_blocks, "BLOCK", int(generator.integers(5, 200)))
    alphabet = ["a", "b", '"', ",", "\n", " ", "1", "", "é", "\r\n"]
    written = ["".join(generator.choice(alphabet, size=4)) for _ in range(300)]
    rows = [[f"k{at}", written[at], written[-at]] for at in range(300)]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=quoting).writerows([["k", "x", "y"], *rows])
    path = save(out.getvalue())
    # Line breaks of every kind are read as one kind.
    rows = [[cell.replace("\r\n", "\n") for cell in row] for row in rows]
    counts = np.cumsum([1 + sum(cell.count("\n") for cell in row) for row in rows])
    table = read(path)
    assert [table.line(row) for row in range(300)] == [2, *(counts[:-1] + 2).tolist()]
    for frame in (table.frame, joined(read_chunks(path, rows=7, text=["x", "y"]))):
        assert frame["k"].tolist() == [row[0] for row in rows]
        assert frame["x"].fillna("").tolist() == [row[1] for row in rows]
        assert frame["y"].fillna("").tolist() == [row[2] for row in rows]


@pytest.mark.parametrize("seed", range(40))
def test_stray_quotes_are_read_as_the_csv_module_does_or_refused(save, monkeypatch, seed):
    generator = np.random.default_rng(seed)
    alphabet = ["a", "é", '"', ",", "\n", "a,", ",b", "\n1,"]
    text = "k,x\nstart,0\n" + "".join(generator.choice(alphabet, size=40)) + "\n"
    expected = [row for row in csv.reader(io.StringIO(text)) if any(map(str.strip, row)) or row[1:]]
    found = []
    for block in (7, 1 << 20):
        monkeypatch.setattr(text_blocks, "BLOCK", block)
        try:
            frame = read(save(text), ReadOptions(delimiter=","), text=["k", "x"]).frame
        except InvalidData as refused:
            found.append(str(refused))
        else:
            found.append(frame.fillna("").to_numpy().tolist())
            assert found[-1] == expected[1:]
    assert found[0] == found[1]


def test_no_line_feed_at_the_end(save):
    assert read(save("a,b\n1,2\n3,4")).frame["b"].tolist() == [2, 4]
    assert read(save('a,b\n1,2\n3,"4"')).frame["b"].tolist() == [2, 4]


def test_rows_of_nothing_are_rows(save):
    assert read(save("a,b\n1,x\n,\n2,y\n")).frame["a"].isna().tolist() == [False, True, False]


def test_lines_longer_than_a_head(save):
    names = [f"{'measurement' * 10}-{at}" for at in range(3_000)]
    text = ",".join(names) + "\n" + (",".join(["1.5"] * 3_000) + "\n") * 2
    assert read(save(text), columns=names[-2:]).frame.to_dict("list") == {
        names[-2]: [1.5, 1.5],
        names[-1]: [1.5, 1.5],
    }


# Text files: names.


@pytest.mark.parametrize("name", ["", "Unnamed: 0"])
@pytest.mark.parametrize("first", [0, 1])
def test_an_index_is_left_out(save, name, first):
    rows = "".join(f"{first + row},{row % 3}\n" for row in range(10))
    table = read(save(f"{name},b\n" + rows))
    assert list(table.frame.columns) == ["b"]
    assert table.notes == ["Column 1 has no name and only counts rows: left out."]
    assert all(
        list(part.frame.columns) == ["b"] for part in read_chunks(save(f"{name},b\n" + rows))
    )


def test_a_column_without_a_name_gets_one(save):
    table = read(save("a,,c\n1,x,2\n3,y,4\n"))
    assert list(table.frame.columns) == ["a", "column_2", "c"]
    assert table.notes == ["Column 2 has no name and is called 'column_2'."]


def test_blanks_around_names(save):
    table = read(save(" a,b \n1,2\n3,4\n"))
    assert list(table.frame.columns) == ["a", "b"]
    assert table.notes == ["Blanks removed around column names: ' a', 'b '."]


def test_delimiters_at_the_end_of_lines(save):
    for text in ("a,b\n1,2,\n3,4,\n", "a,b,\n1,2,\n3,4,\n"):
        table = read(save(text))
        assert list(table.frame.columns) == ["a", "b"]
        assert table.notes == ["Column 3 has neither name nor values: left out."]
    assert list(read(save("a,b,\n1,2\n3,4\n")).frame.columns) == ["a", "b"]


def test_names_that_count_are_names(save):
    assert list(read(save("0,1,2\n1.5,2.5,3.5\n")).frame.columns) == ["0", "1", "2"]
    assert list(read(save("country,1990,2000\nx,1,2\n")).frame.columns) == [
        "country",
        "1990",
        "2000",
    ]


# Other formats.


def mixed():
    return pd.DataFrame(
        {
            "n": [1, 2, 3],
            "x": [0.5, None, 2.5],
            "s": ["a", None, "c"],
            "b": [True, False, True],
            "t": pd.to_datetime(["2020-05-17 00:00", "2021-01-01 12:00", None]),
        }
    )


def check_mixed(table):
    frame = table.frame
    assert frame["n"].dtype == np.int64 and frame["n"].tolist() == [1, 2, 3]
    assert frame["x"].tolist()[::2] == [0.5, 2.5] and frame["x"].isna()[1]
    assert frame["s"].tolist()[::2] == ["a", "c"] and frame["s"].isna()[1]
    assert frame["b"].dtype == bool and frame["b"].tolist() == [True, False, True]
    assert frame["t"].dtype == "datetime64[ns]" and frame["t"].isna().tolist() == [
        False,
        False,
        True,
    ]
    assert frame["t"][1] == pd.Timestamp("2021-01-01 12:00")


def as_stream(frame, path):
    import pyarrow as pa

    table = pa.Table.from_pandas(frame)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)


WRITERS = {
    "parquet": lambda frame, path: frame.to_parquet(path, row_group_size=2),
    "feather": lambda frame, path: frame.to_feather(path),
    "arrow": as_stream,
    "xlsx": lambda frame, path: frame.to_excel(path, index=False),
}


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("name", ["rows.{}", "rows.csv"])
def test_files_with_types(tmp_path, form, name):
    path = tmp_path / name.format(form)
    writing = tmp_path / f"writing.{form}"
    WRITERS[form](mixed(), writing)
    writing.rename(path)
    check_mixed(read(path))
    check_mixed_parts = [*read_chunks(path, rows=2)]
    assert [len(part) for part in check_mixed_parts] == [2, 1]
    assert joined(check_mixed_parts)["n"].tolist() == [1, 2, 3]
    assert read(path, columns=["s", "n"]).frame.shape == (3, 2)
    if name == "rows.csv":
        assert "although its extension says otherwise" in read(path).notes[0]


def test_places_in_files_without_lines(tmp_path):
    mixed().to_parquet(tmp_path / "x.parquet")
    first, second = read_chunks(tmp_path / "x.parquet", rows=2)
    assert first.place(1) == "row 2" and second.place(0) == "row 3"


def test_parquet_in_a_compressed_file(tmp_path):
    import gzip

    file = io.BytesIO()
    mixed().to_parquet(file)
    (tmp_path / "x.gz").write_bytes(gzip.compress(file.getvalue()))
    check_mixed(read(tmp_path / "x.gz"))


def test_types_of_arrow(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table(
        {
            "decimal": pa.array([decimal.Decimal("1.50"), None], pa.decimal128(8, 2)),
            "small": pa.array([1, 2], pa.int8()),
            "unsigned": pa.array([1, 2**63], pa.uint64()),
            "gaps": pa.array([1, None], pa.int32()),
            "single": pa.array([0.5, float("inf")], pa.float32()),
            "half": pa.array(np.array([0.5, 1], np.float16)),
            "coded": pa.array(["a", "b"]).dictionary_encode(),
            "date": pa.array([datetime.date(2020, 5, 17), None]),
            "zoned": pa.array([0, 1], pa.timestamp("s", tz="Europe/Berlin")),
            "span": pa.array([1500, None], pa.duration("ms")),
            "hour": pa.array([datetime.time(1, 0), None]),
            "nothing": pa.nulls(2),
            "maybe": pa.array([True, None]),
        }
    )
    parquet.write_table(table.drop(["half"]), tmp_path / "x.parquet")
    for found in (read(table), read(tmp_path / "x.parquet")):
        frame = found.frame
        assert frame["decimal"].tolist()[0] == 1.5 and frame["decimal"].isna()[1]
        assert frame["small"].dtype == np.int64
        assert frame["unsigned"].tolist() == [1, 2.0**63]
        assert frame["gaps"].tolist()[0] == 1 and frame["gaps"].isna()[1]
        assert frame["single"].dtype == np.float32 and frame["single"].isna().tolist() == [
            False,
            True,
        ]
        assert frame["coded"].tolist() == ["a", "b"]
        assert frame["date"][0] == pd.Timestamp("2020-05-17") and frame["date"].isna()[1]
        assert frame["zoned"][0] == pd.Timestamp("1970-01-01")
        assert frame["span"][0] == 1.5 and frame["hour"][0] == "01:00:00"
        assert frame["nothing"].isna().all()
        assert frame["maybe"].dtype == "boolean"
        assert frame["maybe"][0] == True and pd.isna(frame["maybe"][1])  # noqa: E712
        assert "Infinite numbers counted as missing: 1 in single." in found.notes
        assert "Times of 'zoned' are converted from Europe/Berlin to UTC." in found.notes
        assert "Column 'span': durations are read as seconds." in found.notes
    assert read(table).frame["half"].dtype == np.float32


def test_an_index_that_pandas_wrote(tmp_path):
    frame = mixed().set_index(pd.Index([5, 7, 6]))
    frame.to_parquet(tmp_path / "x.parquet")
    table = read(tmp_path / "x.parquet")
    check_mixed(table)
    assert table.notes == ["The index that pandas wrote into the file is left out."]


def test_what_was_told_for_another_format_is_said(save):
    table = read(save("a,b\n1,2\n"), ReadOptions(sheet="May"))
    assert table.notes == ["sheet has no effect on text with delimiters."]


def test_an_excel_file_in_another_order(tmp_path):
    mixed().to_excel(tmp_path / "x.xlsx", index=False)
    with (
        zipfile.ZipFile(tmp_path / "x.xlsx") as old,
        zipfile.ZipFile(tmp_path / "y.xlsx", "w") as new,
    ):
        new.writestr("customXml/first.xml", "<x/>")
        for member in reversed(old.namelist()):
            new.writestr(member, old.read(member))
    check_mixed(read(tmp_path / "y.xlsx"))


@pytest.mark.parametrize("form", ["parquet", "feather"])
def test_names_of_any_kind(tmp_path, form):
    frame = pd.DataFrame([[1, 2, 3], [4, 5, 6]], columns=["a.b", " c ", "a"])
    WRITERS[form](frame, tmp_path / "x")
    assert read(tmp_path / "x").frame.to_dict("list") == {"a.b": [1, 4], "c": [2, 5], "a": [3, 6]}
    part = next(read_chunks(tmp_path / "x", columns=["a.b", "c"]))
    assert part.frame.to_dict("list") == {"a.b": [1, 4], "c": [2, 5]}


@pytest.mark.parametrize("form", ["parquet", "feather", "xlsx"])
def test_files_without_rows_or_columns(tmp_path, form):
    for frame in (mixed().iloc[:0], mixed()[[]].iloc[:0]):
        WRITERS[form](frame, tmp_path / "x")
        for act in (read, lambda path: [*read_chunks(path)]):
            with pytest.raises(InvalidData, match=r"no rows|no columns|is empty"):
                act(tmp_path / "x")


def test_json_lines(save):
    text = '{"n": 1, "s": "007", "x": 1}\n\n{"s": null, "n": 2, "x": 2.5}\n{"n": 3, "b": true}\n'
    table = read(save(text, "x.jsonl"))
    assert table.frame["n"].tolist() == [1, 2, 3] and table.frame["s"].tolist()[0] == "007"
    assert table.frame["x"].isna().tolist() == [False, False, True]
    assert table.place(1) == "line 3"
    parts = [*read_chunks(save(text, "x.jsonl"), rows=2)]
    assert [len(part) for part in parts] == [2, 1] and parts[1].place(0) == "line 4"


def test_parts_of_json_lines_have_the_columns_of_the_whole_file(save):
    """Also those that no object of the part has, and in one order."""
    path = save('{"b": 1, "a": "x"}\n{"b": 2}\n{"c": 3}\n{"a": "y", "b": 4}\n', "x.jsonl")
    whole = read(path).frame
    for rows in (1, 2, 3):
        parts = [part.frame for part in read_chunks(path, rows=rows)]
        assert [list(part) for part in parts] == [["b", "a", "c"]] * len(parts)
        together = pd.concat([part.astype(object) for part in parts], ignore_index=True)
        assert together.isna().equals(whole.isna())
    assert [*next(read_chunks(path, columns=["c"])).frame] == ["c"]


def test_a_title_above_the_names(tmp_path):
    (tmp_path / "sales.csv").write_text("Sales of the year,,\nregion,visits,sales\nNorth,3,200.5\n")
    unnamed = pd.DataFrame(
        [["region", "visits"]] * 3, index=["Sales", "Unnamed: 1", "Unnamed: 2"]
    ).T
    for source in (tmp_path / "sales.csv", unnamed):
        with pytest.raises(InvalidData, match=r"of 3 columns only one has a name, 'Sales.*a title"):
            read(source)


def test_sheets_of_excel(tmp_path):
    path = tmp_path / "x.xlsx"
    with pd.ExcelWriter(path) as writer:
        pd.DataFrame({"a": ["1", "2"], "z": ["01", "x"]}).to_excel(
            writer, sheet_name="May", index=False, startrow=2
        )
        mixed().to_excel(writer, sheet_name="June", index=False)
    table = read(path)
    assert table.frame["a"].tolist() == [1, 2] and table.frame["z"].tolist() == ["01", "x"]
    assert table.place(0) == "line 4"
    assert (
        str(table.guesses[1])
        == "sheet: 'May', of 2 with a table; others: 'June' with 3 rows (--sheet NAME)"
    )
    check_mixed(read(path, ReadOptions(sheet="June")))
    with pytest.raises(
        InvalidData, match=r"no sheet 'Jun'. Its sheets are 'May', 'June'. Did you mean"
    ):
        read(path, ReadOptions(sheet="Jun"))


@pytest.mark.parametrize(("form", "package"), [("parquet", "pyarrow"), ("xlsx", "openpyxl")])
def test_a_format_whose_package_is_missing(tmp_path, form, package, monkeypatch):
    path = tmp_path / f"x.{form}"
    WRITERS[form](mixed(), path)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InvalidArgument, match=rf"needs {package}: pip install 'trimtab\[files\]'"):
        read(path)


# Tables in memory.


def test_a_data_frame_keeps_its_own():
    frame = mixed()
    frame.loc[0, "x"] = np.inf
    before = frame.copy()
    table = read(frame)
    assert table.frame["x"].isna().sum() == 2
    assert table.notes == ["Infinite numbers counted as missing: 1 in x."]
    pd.testing.assert_frame_equal(frame, before)
    assert table.name == "the data frame" and table.place(0) == "row 1"


def test_frames_of_polars_and_arrow():
    polars = pytest.importorskip("polars")
    pa = pytest.importorskip("pyarrow")
    check_mixed(read(mixed()))
    check_mixed(read(pa.Table.from_pandas(mixed())))
    columns = {name: mixed()[name].tolist() for name in ("n", "x", "s", "b")}
    columns["t"] = [datetime.datetime(2020, 5, 17), datetime.datetime(2021, 1, 1, 12), None]
    columns["x"][1] = columns["s"][1] = None
    check_mixed(read(polars.DataFrame(columns)))
    check_mixed(read(polars.DataFrame(columns).lazy()))
    check_mixed(read(columns))


def test_polars_without_pyarrow(monkeypatch):
    polars = pytest.importorskip("polars")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    frame = polars.DataFrame({"n": [1, 2], "x": [0.5, None], "s": ["a", None], "b": [True, False]})
    table = read(frame)
    assert table.frame["n"].tolist() == [1, 2] and table.frame["x"].isna().tolist() == [False, True]
    assert table.frame["s"].isna().tolist() == [False, True] and table.frame["b"].dtype == bool


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        ("int8", np.int64),
        ("uint64", np.int64),
        ("float16", np.float32),
        ("float32", np.float32),
        ("Int64", np.int64),
        ("Float32", np.float32),
        ("Float64", np.float64),
        ("boolean", np.bool_),
        ("int64[pyarrow]", np.int64),
        ("double[pyarrow]", np.float64),
        ("category", np.int64),
        ("Sparse[int64]", np.int64),
        (object, np.int64),
    ],
)
def test_kinds_of_pandas(dtype, kind):
    table = read(pd.DataFrame({"a": pd.Series([1, 0, 1]).astype(dtype)}))
    assert table.frame["a"].dtype == kind
    assert table.frame["a"].astype(int).tolist() == [1, 0, 1]


@pytest.mark.parametrize("dtype", ["Int64", "Float32", "int64[pyarrow]", "category", object])
def test_kinds_of_pandas_with_gaps(dtype):
    series = pd.Series([1, None, 3], dtype="Int64").astype(dtype)
    table = read(pd.DataFrame({"a": series}))
    assert table.frame["a"].dtype.kind == "f"
    assert_close(table.frame["a"].to_numpy(), [1, np.nan, 3], 0, same_nan=True)


@pytest.mark.parametrize("dtype", ["string", "category", object, "str", "string[pyarrow]"])
def test_kinds_of_text(dtype):
    table = read(pd.DataFrame({"a": pd.Series(["x", None, "y"], dtype=dtype)}))
    assert table.frame["a"].tolist()[::2] == ["x", "y"] and table.frame["a"].isna()[1]


def test_moments_in_utc_need_no_word():
    moments = pd.to_datetime(["2020-05-17 12:00", None], utc=True)
    table = read(pd.DataFrame({"at": moments, "size": [1, 2]}))
    assert table.notes == [] and table.frame["at"][0] == pd.Timestamp("2020-05-17 12:00")


def test_time_of_pandas():
    moments = pd.to_datetime(["2020-05-17 12:00", None])
    frame = pd.DataFrame(
        {
            "zoned": moments.tz_localize("Europe/Berlin"),
            "span": moments - pd.Timestamp("2020-05-17"),
            "month": moments.to_period("M"),
        }
    )
    table = read(frame)
    assert table.frame["zoned"][0] == pd.Timestamp("2020-05-17 10:00")
    assert table.frame["span"].tolist()[0] == 43_200 and table.frame["span"].isna()[1]
    assert table.frame["month"][0] == pd.Timestamp("2020-05-01")
    assert table.notes == [
        "Times of 'zoned' are converted from Europe/Berlin to UTC.",
        "Column 'span': durations are read as seconds.",
    ]


def test_an_index_with_a_name_is_a_column():
    table = read(mixed().set_index("s"))
    assert "s" in table.frame.columns
    assert table.notes == ["The index 's' of the data frame became a column."]
    assert list(read(mixed().set_index(pd.Index([7, 8, 9]))).frame.columns) == [*"nxsbt"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (np.zeros(2), "Use numpy.reshape"),
        (pd.DataFrame({"a": []}), "the data frame has columns but no rows"),
        (pd.DataFrame(index=[1, 2]), "the data frame has no columns"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "columns 1 and 2 have the same name, 'a'"),
        (pd.DataFrame([[1, 2]], columns=["1", 1]), "columns 1 and 2 have the same name, '1'"),
        (pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), "several levels"),
        ({"a": [1, 2], "b": [1]}, "the columns must have the same length"),
        ({"a": "text", "b": [1]}, "column 'a' must be a sequence of cells, received 'text'"),
        ({"a": np.zeros((2, 2))}, r"column 'a' must be one-dimensional, received shape \(2, 2\)"),
    ],
)
def test_what_is_no_table(source, message):
    with pytest.raises(ValueError, match=message):
        read(source)


# Tables that come with the package, standard input, real data.


def test_shipped_tables(tmp_path, monkeypatch):
    wine = read("red-wine")
    assert len(wine) == 1599 and wine.name == "red-wine" and wine.place(0) == "line 2"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "red-wine").write_text("a,b\n1,2\n")
    assert list(read("red-wine").frame.columns) == ["a", "b"]
    assert [len(part) for part in read_chunks("concrete", rows=1000)] == [1000, 30]
    first, second = read_chunks("concrete", rows=1000)
    assert first.place(0) == "line 2" and second.place(0) == "line 1,002"


def test_standard_input():
    code = (
        "import trimtab, sys\n"
        "table = trimtab.tables.read('-')\n"
        "print(table.name, table.frame.to_dict('list'), table.place(0))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=b"a;b\n1,5;x\n2;y\n", capture_output=True, check=True
    )
    assert (
        done.stdout.decode().strip() == "standard input {'a': [1.5, 2.0], 'b': ['x', 'y']} line 2"
    )


@pytest.mark.skipif(not DATA.exists(), reason="the lesson's data is not there")
@pytest.mark.parametrize("name", ["spotify.csv", "red-wine.csv", "concrete.csv"])
def test_real_tables_agree_with_pandas(name):
    expected = pd.read_csv(DATA / name, keep_default_na=False)
    table = read(DATA / name)
    assert list(table.frame.columns) == list(expected.columns) and table.notes == []
    for column in expected:
        assert table.frame[column].dtype.kind == expected[column].dtype.kind
        assert table.frame[column].fillna("").tolist() == expected[column].tolist()
    parts = joined(read_chunks(DATA / name, rows=777))
    pd.testing.assert_frame_equal(parts, table.frame)
