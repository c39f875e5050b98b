"""One table in several files: folders, patterns, lists, partitions."""

import gzip

import numpy as np
import pandas as pd
import pytest

import trimtab
from trimtab.errors import InvalidData
from trimtab.predictor import Remarks
from trimtab.tables import ReadOptions, infer_schema, read, read_chunks

ROWS = 20


def rows(first, count=ROWS):
    numbers = range(first, first + count)
    return pd.DataFrame(
        {
            "x": [number % 7 + 0.5 for number in numbers],
            "kind": ["abc"[number % 3] for number in numbers],
            "y": [number * 2 for number in numbers],
        }
    )


def same(frame, expected):
    """The same cells; text may be stored in either way that pandas has."""
    pd.testing.assert_frame_equal(frame, expected, check_dtype=False)
    kinds = [
        [dtype.kind if dtype.kind in "if" else "" for dtype in f.dtypes] for f in (frame, expected)
    ]
    assert kinds[0] == kinds[1]


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "sales"
    made.mkdir()
    for number, name in enumerate(("may", "june", "april")):
        rows(number * ROWS).to_csv(made / f"{name}.csv", index=False)
    return made


EVERY = pd.concat([rows(40), rows(20), rows(0)], ignore_index=True)


@pytest.mark.parametrize("kind", ["folder", "text", "pattern", "list", "path objects"])
def test_the_same_table_however_it_is_named(folder, kind):
    names = ["april.csv", "june.csv", "may.csv"]
    source = {
        "folder": folder,
        "text": f"{folder}/",
        "pattern": f"{folder}/*.csv",
        "list": [str(folder / name) for name in names],
        "path objects": tuple(folder / name for name in names),
    }[kind]
    table = read(source)
    same(table.frame, read(EVERY).frame)
    assert str(table.guesses[0]) == "files: 3, sorted by name: april.csv, june.csv, may.csv"
    assert [table.place(row) for row in (0, 19, 20, 59)] == [
        "april.csv, line 2",
        "april.csv, line 21",
        "june.csv, line 2",
        "may.csv, line 21",
    ]
    assert table.notes == []


def test_a_list_keeps_its_order(folder):
    table = read([folder / "may.csv", folder / "april.csv"])
    assert table.frame["y"].tolist() == [*range(0, 40, 2), *range(80, 120, 2)]
    assert str(table.guesses[0]) == "files: 2, as given: may.csv, april.csv"
    assert table.name == "may.csv and 1 more file"


def test_chunks(folder):
    parts = list(read_chunks(folder, rows=15))
    assert [len(part) for part in parts] == [15, 5] * 3
    joined = pd.concat([part.frame for part in parts], ignore_index=True)
    same(joined, read(folder).frame)
    assert [part.place(0) for part in parts[:3]] == [
        "april.csv, line 2",
        "april.csv, line 17",
        "june.csv, line 2",
    ]
    assert [part.first_row for part in parts] == [0, 15, 20, 35, 40, 55]


@pytest.mark.parametrize("form", ["parquet", "feather", "jsonl", "xlsx"])
def test_other_formats(tmp_path, form):
    pytest.importorskip("openpyxl" if form == "xlsx" else "pyarrow")
    write = {
        "parquet": pd.DataFrame.to_parquet,
        "feather": pd.DataFrame.to_feather,
        "jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True),
        "xlsx": lambda frame, path: frame.to_excel(path, index=False),
    }[form]
    for number in range(3):
        write(rows(number * ROWS), tmp_path / f"part-{number}.{form}")
    table = read(tmp_path)
    same(table.frame, read(pd.concat([rows(0), rows(20), rows(40)], ignore_index=True)).frame)
    line = {"jsonl": "part-1.jsonl, line 1", "xlsx": "part-1.xlsx, line 2"}
    assert table.place(20) == line.get(form, f"part-1.{form}, row 1")
    chunks = pd.concat([part.frame for part in read_chunks(tmp_path, rows=7)], ignore_index=True)
    same(chunks, table.frame)


def test_compressed_files_and_other_files(folder):
    (folder / "may.csv.gz").write_bytes(gzip.compress((folder / "may.csv").read_bytes()))
    (folder / "may.csv").unlink()
    (folder / "README.md").write_text("# About")
    (folder / "_SUCCESS").write_text("")
    (folder / ".april.csv.crc").write_text("x")
    table = read(folder)
    same(table.frame, read(EVERY).frame)
    assert table.notes == ["Not a table, left out: README.md."]


def test_columns_in_another_order(folder):
    rows(20)[["y", "x", "kind"]].to_csv(folder / "june.csv", index=False, sep=";")
    table = read(folder)
    same(table.frame, read(EVERY).frame)
    assert any(
        str(guess) == "delimiter: ',' (comma) in 2 files, ';' (semicolon) in 1 file"
        for guess in table.guesses
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda frame: frame.drop(columns="x"),
            r"june\.csv lacks column 'x', which april\.csv has",
        ),
        (
            lambda frame: frame.assign(z=1, w=2),
            r"june\.csv has columns 'z', 'w', which april\.csv lacks",
        ),
        (lambda frame: frame.rename(columns={"x": "X"}), r"june\.csv lacks column 'x'"),
    ],
)
def test_other_columns_are_refused(folder, change, message):
    change(rows(20)).to_csv(folder / "june.csv", index=False)
    for reading in (read, lambda source: list(read_chunks(source))):
        with pytest.raises(InvalidData, match=rf"sales/: {message}.*same columns, in any order"):
            reading(folder)


def test_a_bad_cell_names_file_and_line(folder):
    with (folder / "june.csv").open("a") as file:
        file.write("oops,a,3\n")
    notes = infer_schema(read(folder), "y").notes
    assert any("missing: 'oops' (june.csv, line 22)" in note for note in notes)
    predictor = trimtab.train(
        folder, "y", epochs=1, layers="4 relu", missing=("oops",), effort="quick"
    )
    with (folder / "may.csv").open("a") as file:
        file.write("again,a,3\n")
    remarks = Remarks()
    list(predictor.predict_chunks(folder, rows=7, remarks=remarks))
    assert any("'again' in may.csv, line 22)" in each for each in remarks.sentences())


def test_a_broken_line_names_its_file(folder):
    with (folder / "june.csv").open("a") as file:
        file.write("1,a\n")
    with pytest.raises(InvalidData, match=r"june\.csv, line 22: 2 fields"):
        read(folder)


def test_names_made_of_digits_in_one_file_only(folder):
    for number, name in enumerate(("april", "june", "may")):
        code = ["007", "1"] if number == 1 else ["12", "1.0"]
        rows(0).assign(code=code * 10).to_csv(folder / f"{name}.csv", index=False)
    table = read(folder)
    assert (
        table.frame["code"].tolist()
        == [*["12", "1.0"] * 10, *["007", "1"] * 10] + ["12", "1.0"] * 10
    )


def test_files_without_rows(folder):
    (folder / "a-none.csv").write_text("x,kind,y\n")
    (folder / "empty.csv").write_text("")
    table = read(folder)
    same(table.frame, read(EVERY).frame)
    assert table.notes == ["a-none.csv, empty.csv: It has no rows."]
    assert sum(map(len, read_chunks(folder))) == 60


def test_a_column_that_is_empty_in_one_file(folder):
    rows(20).assign(x=None, kind=None).to_csv(folder / "june.csv", index=False)
    frame = read(folder).frame
    assert frame["x"].dtype == float and frame["x"].isna().sum() == 20
    assert frame["kind"].isna().tolist() == [False] * 20 + [True] * 20 + [False] * 20


# Refusals.


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda at: None, "is a folder without tables. It is empty"),
        (lambda at: (at / "notes.md").write_text("#"), "It holds notes.md. Name a file"),
    ],
)
def test_folders_without_tables(tmp_path, make, message):
    make(tmp_path)
    with pytest.raises(InvalidData, match=message):
        read(tmp_path)


def test_mixed_formats(folder):
    (folder / "july.jsonl").write_text('{"x": 1}\n')
    with pytest.raises(
        InvalidData, match=r"1 of JSON lines and 3 of text .*: '.*/\*\.csv'"
    ) as told:
        read(folder)
    remedy = str(told.value).rsplit("'", 2)[1]
    assert len(read(remedy)) == 60
    (folder / "july.csv").write_text('{"x": 1, "kind": "a", "y": 3}\n')
    with pytest.raises(InvalidData, match=r"april\.csv is text .* and july\.csv is JSON lines"):
        read(remedy)


def test_nothing_fits(folder):
    with pytest.raises(InvalidData, match=r"no file fits '.*\*\.parquet'"):
        read(f"{folder}/*.parquet")
    with pytest.raises(InvalidData, match=r"there is no file 'no\.csv'"):
        read([str(folder / "may.csv"), "no.csv"])
    with pytest.raises(InvalidData, match=r"may\.csv is named twice"):
        read([folder / "may.csv", folder / "may.csv"])
    with pytest.raises(InvalidData, match=r"standard input .* cannot be one of several"):
        read([str(folder / "may.csv"), "-"])


def test_a_file_name_with_signs_of_a_pattern(tmp_path):
    rows(0).to_csv(tmp_path / "sales[1].csv", index=False)
    assert len(read(tmp_path / "sales[1].csv")) == ROWS


# Partitions.


@pytest.fixture
def partitioned(tmp_path):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    frame = pd.concat([rows(0), rows(20), rows(40)], ignore_index=True)
    frame["year"] = np.repeat([2023, 2024, 2025], 20)
    frame["shop"] = ["north & south" if row % 2 else None for row in range(60)]
    parquet.write_to_dataset(
        pa.table(frame), tmp_path / "sales", partition_cols=["year", "shop"],
        basename_template="part-{i}.parquet",
    )  # fmt: skip
    return tmp_path / "sales"


def test_partitions_become_columns(partitioned):
    table = read(partitioned)
    assert list(table.frame.columns) == ["x", "kind", "y", "year", "shop"]
    assert table.frame["year"].dtype == np.int64
    assert table.frame["year"].value_counts().to_dict() == {2023: 20, 2024: 20, 2025: 20}
    assert set(table.frame["shop"].dropna()) == {"north & south"}
    assert table.frame["shop"].isna().sum() == 30
    by_year = table.frame.groupby("year")["y"].agg(["min", "max"])
    assert by_year.to_numpy().tolist() == [[0, 38], [40, 78], [80, 118]]
    for source in (
        f"{partitioned}/**/*.parquet",
        f"{partitioned}/year=*",
        sorted(partitioned.rglob("*.parquet")),
    ):
        same(read(source).frame, table.frame)


def test_a_model_of_partitions_predicts_a_single_one(partitioned):
    predictor = trimtab.train(
        partitioned, "y", epochs=1, layers="4 relu", drop=["shop"], effort="quick"
    )
    whole = predictor.predict(partitioned)
    assert len(whole) == 60 and "year" in [
        column.source for column in predictor.preprocessor.columns
    ]
    single = predictor.predict(partitioned / "year=2024")
    assert np.array_equal(single, whole[20:40])
    file = next((partitioned / "year=2024").rglob("*.parquet"))
    assert np.isin(predictor.predict(file), whole[20:40]).all()
    parts = pd.concat(predictor.predict_chunks(partitioned, rows=7))
    assert np.array_equal(parts["prediction"], whole)


def test_partitions_of_text_files(tmp_path):
    for code in ("01", "10"):
        (tmp_path / f"code={code}").mkdir()
        rows(0).to_csv(tmp_path / f"code={code}" / "a.csv", index=False)
    table = read(tmp_path)
    assert table.frame["code"].tolist() == [1] * 20 + [10] * 20
    assert table.place(25) == "code=10/a.csv, line 7"


def test_a_file_outside_the_partitions(partitioned):
    rows(0).to_parquet(partitioned / "loose.parquet")
    with pytest.raises(
        InvalidData, match=r"loose\.parquet is not in a folder that says its 'year'"
    ):
        read(partitioned)


def test_types_that_differ_between_files(tmp_path):
    pytest.importorskip("pyarrow")
    rows(0).assign(code=1).to_parquet(tmp_path / "a.parquet")
    rows(20).assign(code=1.5).to_parquet(tmp_path / "b.parquet")
    assert read(tmp_path).frame["code"].tolist() == [1.0] * 20 + [1.5] * 20
    rows(40).assign(code="x").to_parquet(tmp_path / "c.parquet")
    table = read(tmp_path)
    assert table.frame["code"].tolist() == ["1"] * 20 + ["1.5"] * 20 + ["x"] * 20


def test_evaluating_and_explaining(folder):
    predictor = trimtab.train(str(folder), "y", epochs=1, layers="4 relu", effort="quick")
    assert predictor.evaluate(folder, part="valid").rows == 15
    assert len(predictor.explain(f"{folder}/*.csv", repeats=1).lines()) > 2


def test_read_options_hold_for_all(folder):
    table = read(folder, ReadOptions(missing=("a",)))
    assert table.frame["kind"].isna().sum() == 20


def test_numbers_as_people_write_them_in_one_file_only(tmp_path):
    for name, prices in (("a", ["1,163.74", "12.50"]), ("b", ["163.74", "12.5"])):
        rows(0).assign(price=prices * 10).to_csv(tmp_path / f"{name}.csv", index=False)
    frame = read(tmp_path).frame
    assert frame["price"].tolist() == [1163.74, 12.5] * 10 + [163.74, 12.5] * 10


def test_what_passes_through_keeps_its_digits(tmp_path):
    pytest.importorskip("pyarrow")
    keys = [2**60 + row for row in range(ROWS)]
    rows(0).assign(key=keys).to_parquet(tmp_path / "a.parquet")
    rows(20).assign(key=pd.array([None, *keys[1:]], "Int64")).to_parquet(tmp_path / "b.parquet")
    predictor = trimtab.train(rows(0), "y", epochs=1, layers="4 relu", effort="quick")
    found = predictor.predict_frame(tmp_path, ids=["key"])
    assert found["key"].tolist()[:20] == keys and found["key"].tolist()[21:] == keys[1:]
    assert found["key"].isna().sum() == 1
    parts = list(predictor.predict_chunks(tmp_path, ids=["key"], rows=7))
    assert [key for part in parts for key in part["key"]][:20] == keys


def test_a_partition_passes_through(partitioned):
    predictor = trimtab.train(
        partitioned, "y", epochs=1, layers="4 relu", drop=["shop"], effort="quick"
    )
    found = predictor.predict_frame(partitioned, ids=["year", "shop"])
    assert found["year"].tolist() == sorted([2023, 2024, 2025] * 20)
    assert found["shop"].isna().sum() == 30


def test_large_integers_stay_exact_beside_gaps(tmp_path):
    pytest.importorskip("pyarrow")
    rows(0).assign(key=2**60 + np.arange(ROWS)).to_parquet(tmp_path / "a.parquet")
    rows(0).assign(key=pd.array([None] + [5] * 19, "Int64")).to_parquet(tmp_path / "b.parquet")
    found = read(tmp_path).frame["key"]
    assert found.tolist()[:20] == [2**60 + row for row in range(ROWS)]
    assert found.isna().sum() == 1 and found.tolist()[21:] == [5] * 19
