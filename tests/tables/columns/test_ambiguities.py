"""What may be meant otherwise than it is read is said, with the way to decide."""

import datetime

import numpy as np
import pandas as pd
import pytest

from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables import ReadOptions, infer_schema, read
from trimtab.tables.columns.schema import Schema, told_texts

N = 120


def column(*cells):
    return [cells[row % len(cells)] for row in range(N)]


def schema_of(cells, target=None, **told):
    """The schema of a table with these cells in column c; "c" or nothing is the target."""
    table = read({"c": cells, "x": np.linspace(0, 1, N), "n": np.arange(N) % 7})
    return infer_schema(table, target or "x", **told)


ALL_YES_NO = column("Yes", "yes", "NO ", "n", "No")


def test_yes_and_no_in_many_spellings_are_one_pair_and_said():
    schema = schema_of(ALL_YES_NO)
    assert schema.column("c").kind == "boolean"
    assert schema.notes == (
        "Column 'c': 'Yes', 'yes', 'NO ', 'n', 'No' are read as yes and no. To keep them apart, "
        "use --type c=category.",
    )
    apart = schema_of(ALL_YES_NO, kinds={"c": "category"})
    assert apart.column("c").kind == "category"
    assert "'NO ' and 'No', 'Yes' and 'yes' differ only in capitals or blanks" in apart.notes[0]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (("true", "FALSE", "T", "f"), "boolean"),
        (("on", "Off", "ON"), "boolean"),
        (("y", "no", "N", "yes"), "boolean"),
        (("yes", "y", "true"), "category"),  # nobody says no
        (("yes", "no", "maybe"), "category"),
        (("yes", "no", "n/a"), "category"),
    ],
)
def test_which_words_mean_yes_and_no(cells, kind):
    assert schema_of(column(*cells)).column("c").kind == kind


def test_classes_that_are_spellings_of_yes_and_no_are_two():
    schema = schema_of(ALL_YES_NO, "c")
    assert (schema.task, schema.classes) == ("binary", ("No", "yes"))
    assert schema.notes == (
        "c: 'NO ', 'No', 'Yes', 'n', 'yes' are read as the classes 'No' and 'yes'; 'yes' is the "
        "positive one. To keep them apart, use --type c=category.",
    )
    later = read({"c": ["YES", "n", "no ", "true"]})
    assert schema.targets(later).tolist() == [1, 0, 0, 1]
    with pytest.raises(InvalidData, match="'perhaps' is none of the model's classes"):
        schema.targets(read({"c": ["yes", "perhaps"]}))
    assert schema_of(ALL_YES_NO, "c", kinds={"c": "boolean"}).classes == ("No", "yes")
    assert len(schema_of(ALL_YES_NO, "c", kinds={"c": "category"}).classes) == 5
    assert len(schema_of(ALL_YES_NO, "c", task="multiclass").classes) == 5


def test_categories_that_differ_in_capitals_and_blanks_are_said_and_joined_on_request():
    cells = column("Oak", "oak", "elm", "elm ", "Silver  fir", "silver fir")
    schema = schema_of(cells)
    (note,) = schema.notes
    assert note == (
        "Column 'c': 'Oak' and 'oak', 'Silver  fir' and 'silver fir', 'elm' and 'elm ' differ only "
        "in capitals or blanks and are separate categories. If they mean the same, use --type "
        "c=category:alike."
    )
    joined = schema_of(cells, kinds={"c": "category:alike"})
    assert not joined.notes and joined.column("c").format == "alike"
    assert "c" in told_texts({"c": "category:alike"}) and "c" in joined.text_columns
    again = Schema.from_record(joined.record())
    found = again.values(read({"c": ["OAK", " elm", None]}), "c")
    assert found.tolist() == ["oak", "elm", None]
    with pytest.raises(InvalidArgument, match="only datetime and numeric take a format"):
        schema_of(cells, kinds={"c": "category:same"})


def test_classes_that_differ_in_capitals_are_said_and_joined_on_request():
    cells = column("Oak", "oak", "elm", "elm ")
    schema = schema_of(cells, "c")
    assert len(schema.classes) == 4 and "are separate classes" in schema.notes[0]
    joined = schema_of(cells, "c", kinds={"c": "category:alike"})
    assert (joined.task, joined.classes) == ("binary", ("elm", "oak"))
    assert joined.targets(read({"c": ["ELM", " Oak"]})).tolist() == [0, 1]


@pytest.mark.parametrize("target", [None, "c"])
def test_names_that_look_like_a_missing_value(target):
    schema = schema_of(column("NA", "DE", "FR"), target)
    assert schema.notes[-1] == (
        "Column 'c': 'NA' (40 cells) is a category, not missing, as in any column of text. If it "
        "means missing, use --missing NA."
    )
    table = read({"c": column("NA", "DE", "FR")}, ReadOptions(missing=("NA",)))
    assert table.frame["c"].isna().sum() == 40


def test_leading_zeros():
    schema = schema_of(column("00712", "12345", "23456"))
    assert schema.notes == (
        "Column 'c' is text, since '00712' begins with a zero. If it is a number, use --type "
        "c=numeric.",
    )
    schema = schema_of(column("00712", "12345", "23456"), kinds={"c": "numeric"})
    table = read({"c": ["00712"]})
    assert schema.values(table, "c").tolist() == [712]


def test_times_with_and_without_a_zone():
    cells = column("2020-01-01T10:00:00Z", "2020-01-02 10:00", "2020-01-03T10:00:00+02:00")
    assert schema_of(cells).notes == (
        "Column 'c': 40 cells have no time zone, such as '2020-01-02 10:00' (row 2), while others "
        "have one (+02:00, Z). Those without are taken to be in UTC; if they are not, write their "
        "offset behind them.",
    )
    cells = column("2020-01-01T10:00:00+01:00", "2020-01-03T10:00:00+02:00")
    assert schema_of(cells).notes == ("Times of 'c' are converted to UTC from +01:00, +02:00.",)
    assert not schema_of(column("2020-01-01T10:00Z", "2020-01-03T10:00Z")).notes
    assert not schema_of(column("2020-01-01", "2020-01-03")).notes
    mixed = [datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC)]
    assert read({"t": mixed}).notes == [
        "Column 't': 1 time has no time zone and is taken to be in UTC, unlike the others."
    ]


def test_years_of_two_digits():
    (note,) = schema_of(column("21.06.68", "22.06.75")).notes
    assert "00 to 68 as 2000 to 2068, and '21.06.68' as 2068-06-21" in note


def test_many_columns_do_not_flood():
    data = {f"c{i}": column("NA", "DE") for i in range(30)}
    notes = infer_schema(read({**data, "x": np.arange(N) % 3})).notes
    assert len(notes) == 5 and notes[-1].startswith("The same in 26 more columns: 'c4', ")


def test_tables_without_ambiguities_say_nothing():
    table = read(
        {
            "a": column("red", "blue"),
            "b": column("yes", "no"),
            "c": column("2020-01-01", "2021-01-01"),
            "d": pd.Series(column(1.5, 2.5)),
        }
    )
    assert infer_schema(table).notes == ()
