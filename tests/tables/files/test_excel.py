"""Workbooks as people make them: covers, titles, merged cells, formulas, bare dates, errors."""

import datetime
import zipfile

import pytest

import trimtab
from tests.support.close import assert_close
from trimtab.errors import InvalidData
from trimtab.tables import ReadOptions, infer_schema, read, read_chunks
from trimtab.tables.files.sheets.sheets import names_at

openpyxl = pytest.importorskip("openpyxl")
pytest.importorskip("openpyxl.chart")
ROWS = 60
HEAD = ["shop", "size", "price"]
PLAIN = [HEAD, *([f"s{row // 3}", row % 7 + 0.5, row * 3] for row in range(ROWS))]


@pytest.fixture
def book(tmp_path):
    """Writes a workbook of sheets, each a list of rows; ``also`` may change it."""

    def write(also=None, **sheets):
        made = openpyxl.Workbook()
        made.remove(made.active)
        for name, rows in sheets.items():
            sheet = made.create_sheet(name)
            for row in rows:
                sheet.append(row)
        if also is not None:
            also(made)
        path = tmp_path / "book.xlsx"
        made.save(path)
        return path

    return write


def guess(table):
    return {each.what: each.value for each in table.guesses}.get("sheet")


# Sheets.


def test_a_cover_comes_first(book):
    path = book(About=[["Exported today"], ["by nobody"]], Data=PLAIN)
    table = read(path)
    assert list(table.frame.columns) == HEAD and len(table) == ROWS
    assert guess(table) == "'Data', the only one of 2 with a table"


def test_an_empty_sheet_comes_first(book):
    table = read(book(Empty=[], More=[], Data=PLAIN))
    assert len(table) == ROWS and guess(table) == "'Data', the only one of 3 with a table"


def test_a_cover_with_a_small_table_of_its_own(book):
    cover = [["Report", "Sales"], ["Author", "Ann"], ["Version", "3"]]
    table = read(book(Cover=cover, Data=PLAIN))
    assert len(table) == ROWS
    assert guess(table) == "'Data', of 2 with a table; others: 'Cover' with 2 rows (--sheet NAME)"


def test_the_first_of_several_tables(book):
    path = book(May=PLAIN, June=PLAIN[:40])
    assert (
        guess(read(path)) == "'May', of 2 with a table; others: 'June' with 39 rows (--sheet NAME)"
    )
    told = read(path, ReadOptions(sheet="June"))
    assert len(told) == 39 and str(told.guesses[-1]) == "sheet: 'June' (given)"


def test_hidden_sheets_and_charts_are_not_taken(book):
    def hide(made):
        made["Codes"].sheet_state = "hidden"
        chart = openpyxl.chart.BarChart()
        chart.add_data(openpyxl.chart.Reference(made["Data"], min_col=2, min_row=1, max_row=9))
        made.create_chartsheet("Chart", 0).add_chart(chart)

    table = read(book(hide, Codes=PLAIN, Data=PLAIN[:30]))
    assert len(table) == 29
    assert (
        guess(table)
        == "'Data', of 2 with a table; others: 'Codes' with 60 rows, hidden (--sheet NAME)"
    )
    only = read(book(hide, Codes=PLAIN, Data=[["see elsewhere"]]))
    assert len(only) == ROWS


@pytest.mark.parametrize("sheets", [{"A": [], "B": []}, {"A": []}])
def test_nothing_at_all(book, sheets):
    with pytest.raises(InvalidData, match=r"book\.xlsx: sheet 'A' is empty\. (Fill|Name)"):
        read(book(**sheets))


# Rows above the names, columns beside them.


@pytest.mark.parametrize(
    "above",
    [
        [["Sales, third quarter"]],
        [["Sales"], [], ["in euros"]],
        [[None], ["Made by: Ann"], []],
    ],
)
def test_titles_above_the_names(book, above):
    table = read(book(Data=[*above, *PLAIN]))
    assert list(table.frame.columns) == HEAD and len(table) == ROWS
    assert table.place(0) == f"line {len(above) + 2}"
    (note,) = table.notes
    assert note.startswith(f"The names are in row {len(above) + 1}; row")


def test_a_merged_title(book):
    def merge(made):
        made["Data"].merge_cells("A1:C1")

    table = read(book(merge, Data=[["Sales", None, None], *PLAIN]))
    assert list(table.frame.columns) == HEAD and len(table) == ROWS


@pytest.mark.parametrize(
    ("rows", "at"),
    [
        ([["a", "b"], ["x", "y"], ["z", "w"]], 0),
        ([[None, "b"], ["x", "y"], ["z", "w"]], 0),
        ([["title", None], ["a", "b"], ["x", 1]], 1),
        ([["title", None], [2020, 2021], [1, 2]], 0),
        ([["a", None, None, None], ["x", "x", "y", "z"], [1, 2, 3, 4]], 0),
    ],
)
def test_where_the_names_are(rows, at):
    assert names_at([(line, tuple(row)) for line, row in enumerate(rows, 1)]) == at


def test_a_table_that_begins_elsewhere(book):
    rows = [[], [], *([None, None, *row] for row in PLAIN)]
    table = read(book(Data=rows))
    assert list(table.frame.columns) == HEAD and table.place(0) == "line 4" and table.notes == []


def test_a_sheet_without_names(book):
    with pytest.raises(InvalidData, match=r"the first line \(2020, 0\) holds values"):
        read(book(Data=[[2020 + row, row * 2] for row in range(30)]))
    years = [["shop", 2023, 2024], *(["s", row, row * 2] for row in range(30))]
    assert list(read(book(Data=years)).frame.columns) == ["shop", "2023", "2024"]


# Merged cells.


def merged_shops(made):
    for top in range(2, ROWS + 2, 3):
        made["Data"].merge_cells(start_row=top, end_row=top + 2, start_column=1, end_column=1)


def test_merged_cells_fill_their_block(book):
    path = book(merged_shops, Data=PLAIN)
    table = read(path)
    assert table.frame["shop"].tolist() == [f"s{row // 3}" for row in range(ROWS)]
    assert table.notes == ["Merged cells: 20 blocks; all cells of a block have its value."]
    assert infer_schema(table, "price").column("shop").kind == "category"
    parts = list(read_chunks(path, rows=25))
    assert [part.frame["shop"].iloc[0] for part in parts] == ["s0", "s8", "s16"]


def test_a_block_over_rows_and_columns(book):
    rows = [["a", "b", "c"], [1, 2, 3], [4, 5, 6], [7, 8, 9]]
    table = read(book(lambda made: made["Data"].merge_cells("B3:C4"), Data=rows))
    assert table.frame["b"].tolist() == [2, 5, 5] and table.frame["c"].tolist() == [3, 5, 5]


def test_headings_across_the_table_are_left_out(book):
    rows = [HEAD, ["North", None, None], *PLAIN[1:4], ["South", None, None], *PLAIN[4:7]]

    def merge(made):
        made["Data"].merge_cells("A2:C2")
        made["Data"].merge_cells("A6:C6")

    table = read(book(merge, Data=rows))
    assert len(table) == 6 and table.place(3) == "line 7"
    assert table.notes == ["2 rows merged across all columns left out as headings: 2, 6."]


def test_merged_names_are_not_data(book):
    table = read(book(lambda made: made["Data"].merge_cells("A1:B1"), Data=PLAIN))
    assert len(table) == ROWS and table.frame["price"].tolist() == [row * 3 for row in range(ROWS)]


# Formulas.


def formulas(every):
    return [
        ["size", "double", "price"],
        *(
            [row + 0.5, f"=A{row + 2}*2" if row % every == 0 else row, row * 3]
            for row in range(ROWS)
        ),
    ]


def test_a_column_of_formulas_without_results(book):
    table = read(book(Data=formulas(1)))
    reason = infer_schema(table, "price").column("double").reason
    assert reason == (
        "formulas whose results are not stored in the file; open the file in Excel or LibreOffice "
        "and save it to have them"
    )
    with pytest.raises(InvalidData, match=r"'double' \(target\) holds formulas .* LibreOffice"):
        infer_schema(table, "double")
    schema = infer_schema(table, "price", drop=["double"])
    assert schema.column("double").reason == "left out on request"


def test_some_formulas_without_results(book):
    table = read(book(Data=formulas(4)))
    assert table.frame["double"].isna().sum() == 15
    assert table.notes == [
        "Column 'double': 15 cells with formulas whose results are not stored in the file (first "
        "B2: =A2*2) counted as missing. Open the file in Excel or LibreOffice and save it to have "
        "them."
    ]


def test_formulas_with_results(book, tmp_path):
    """As Excel writes them; openpyxl cannot."""
    path, stored = book(Data=formulas(1)), tmp_path / "stored.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(stored, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                assert (
                    data.count(b"</f><v></v>") + data.count(b"</f><v />") + data.count(b"</f><v/>")
                    == ROWS
                )
                for empty in (b"</f><v></v>", b"</f><v />", b"</f><v/>"):
                    data = data.replace(empty, b"</f><v>7.5</v>")
            new.writestr(name, data)
    table = read(stored)
    assert table.frame["double"].tolist() == [7.5] * ROWS and table.notes == []


def test_nothing_but_formulas(book):
    rows = [["a", "b"], *([f"=C{row}", f"=D{row}"] for row in range(2, 30))]
    with pytest.raises(InvalidData, match=r"all cells are formulas whose results are not stored"):
        read(book(Data=rows))


# Cells.


def test_errors_are_missing(book):
    rows = [
        ["ratio", "kind"],
        *([0.5, "a"] if row % 5 else ["#DIV/0!", "#N/A"] for row in range(20)),
    ]
    table = read(book(Data=rows))
    assert table.frame.isna().sum().tolist() == [4, 4] and table.frame["ratio"].dtype == float
    assert table.notes == [
        "Column 'ratio': error cells counted as missing: #DIV/0! 4.",
        "Column 'kind': error cells counted as missing: #N/A 4.",
    ]


def test_errors_in_text_files_too(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,y\n1,2\n#DIV/0!,3\n#N/A,4\n2.5,5\n")
    table = read(path)
    assert table.frame["x"].isna().tolist() == [False, True, True, False]
    assert "'#DIV/0!' 1 time in x" in table.notes[0]


def test_dates_whose_format_is_lost(book):
    day = datetime.datetime(2024, 1, 1)
    days = [day + datetime.timedelta(row) for row in range(30)]
    rows = [["sold", "at", "y"]]
    for row, each in enumerate(days):
        clock = datetime.time(row % 24, 30)
        rows.append([45292 + row if row % 10 == 0 else each, 0.5 if row == 12 else clock, row])
    table = read(book(Data=rows))
    assert table.frame["sold"].tolist() == days
    schema = infer_schema(table, "y")
    assert schema.column("at").kind == "time" and table.frame["at"][12] == "12:00:00"
    assert table.notes == [
        "Column 'sold': 3 numbers among dates read as dates, as the sheet counts them.",
        "Column 'at': 1 number among times read as time, as the sheet counts them.",
    ]


def test_spans_beyond_a_day(book):
    def span(made):
        for row in range(2, 32):
            made["Data"].cell(row, 1).number_format = "[h]:mm:ss"

    rows = [["span", "y"], *([datetime.timedelta(hours=row), row] for row in range(30))]
    table = read(book(span, Data=rows))
    assert table.frame["span"].tolist() == [3600.0 * row for row in range(30)]


def test_booleans_and_numbers_as_text(book):
    rows = [["open", "zip", "n"], *([row % 2 == 0, f"0{row}", str(row)] for row in range(30))]
    table = read(book(Data=rows))
    assert table.frame["open"].dtype == bool and table.frame["n"].tolist() == list(range(30))
    assert table.frame["zip"][3] == "03"


@pytest.mark.filterwarnings("ignore::trimtab.errors.PredictionWarning")
def test_training_and_predicting(book, tmp_path):
    predictor = trimtab.train(
        book(merged_shops, Data=PLAIN), "price", epochs=1, layers="4 relu", effort="quick"
    )
    plain = [dict(zip(HEAD, row, strict=True)) for row in PLAIN[1:]]
    columns = {name: [row[name] for row in plain] for name in HEAD}
    assert_close(predictor.predict(columns), predictor.predict(tmp_path / "book.xlsx"), 0.0)


@pytest.mark.parametrize(
    "above",
    [
        [["Sales of May"], [], ["exported", "2024-05-31"], []],
        [["Sales of May"], ["exported", 45443], ["by", "Ada"], []],
        [["Sales of May"], []],
        [["Sales of May"]],
    ],
)
def test_lines_of_two_cells_above_a_narrow_table(tmp_path, above):
    book = openpyxl.Workbook()
    for row in [*above, ["size", "price"], *([i + 0.5, i * 3] for i in range(20))]:
        book.active.append(row)
    book.save(tmp_path / "narrow.xlsx")
    table = trimtab.tables.read(tmp_path / "narrow.xlsx")
    assert list(table.frame) == ["size", "price"] and len(table) == 20


def test_two_cells_without_a_title_are_names(tmp_path):
    book = openpyxl.Workbook()
    for row in [["size", "price"], [1.5, 3], [], ["new", "rows"], [2.5, 6], [3.5, 9]]:
        book.active.append(row)
    book.save(tmp_path / "plain.xlsx")
    assert list(trimtab.tables.read(tmp_path / "plain.xlsx").frame) == ["size", "price"]
