"""Rows of a request: each is answered as the predictor answers it, or refused by column."""

import json
import math

import numpy as np
import pandas as pd
import pytest

import trimtab
from tests.serving.conftest import ROW, table_for
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.serving.answering import FEW, Answering
from trimtab.serving.fields import usual_row

KINDS = ["plain", "classes", "several", "dates"]


def rows_of(kind, most=12):
    """Rows as JSON has them."""
    frame, target = table_for(kind)
    frame = frame.drop(columns=target).head(most)
    return json.loads(frame.to_json(orient="records"))


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_answered_as_the_predictor_answers_them(kind, trained):
    predictor = trained(kind)
    frame, target = table_for(kind)
    expected = predictor.predict_frame(
        frame.drop(columns=target).head(12), interval=0.9, proba=predictor.classifies
    )
    answering = Answering(predictor)
    answer = answering.of_json(rows_of(kind))
    assert answer.refused == []
    for own, (_, wanted) in zip(answer.predictions, expected.iterrows(), strict=True):
        if predictor.classifies:
            assert own["prediction"] == wanted["prediction"]
            for name, share in own["probabilities"].items():
                assert abs(share - wanted[f"probability_{name}"]) <= 1e-12
            assert "|".join(own["classes"]) == wanted["classes"]
        else:
            assert sorted(own) == sorted(expected.columns)
            assert all(own[name] == wanted[name] for name in own)


def test_few_plain_rows_take_the_short_way_to_the_same_bits(trained):
    answering = Answering(trained())
    rows = rows_of("plain", FEW)
    few = answering.few(rows)
    assert few is not None
    assert few == list(answering.of_json(rows).predictions)


@pytest.mark.parametrize("kind", KINDS)
def test_csv_is_read_as_the_command_reads_it(kind, trained, tmp_path):
    predictor = trained(kind)
    frame, target = table_for(kind)
    file = tmp_path / "rows.csv"
    frame.drop(columns=target).head(12).to_csv(file, index=False, sep=";", decimal=",")
    expected = predictor.predict(file)
    answer = Answering(predictor).of_csv(file.read_bytes())
    assert answer.refused == []
    if kind != "several":
        assert [each["prediction"] for each in answer.predictions] == expected.tolist()


ODD = {
    "clock": [f"{n % 24:02}:{n % 60:02}" for n in range(80)],
    "cost": [f"{1 + n % 9}.{100 + n % 77},{10 + n % 60} €" for n in range(80)],
    "when": [f"{1 + n % 28:02}/{1 + n % 12:02}/2023" for n in range(80)],
    "code": [100 + n % 7 for n in range(80)],
    "big": [2**54 + 7 * n % 80 for n in range(80)],
    "hue": [["Red", "red ", " RED", "blue"][n % 4] for n in range(80)],
    "name": [f"A-{n}" for n in range(80)],
}


def test_columns_of_every_kind(tmp_path):
    """As text in CSV, as JSON's types, and the usual row: all to the bit, without a word."""
    file = tmp_path / "odd.csv"
    y = [n % 7 + n % 4 for n in range(80)]
    pd.DataFrame({**ODD, "y": y}).to_csv(file, index=False)
    small = {"effort": "quick", "layers": "4 relu", "epochs": 1}
    types = {"code": "category", "hue": "category:alike"}
    answering = Answering(trimtab.train(file, "y", **small, types=types, id=["name"]))
    kinds = {field.kind for field in answering.fields}
    assert kinds == {"time", "numeric", "datetime", "category"}
    rows = pd.DataFrame(ODD).head(20)
    rows.to_csv(file, index=False)
    expected = answering.predictor.predict(file).tolist()
    for answer in (
        answering.of_csv(file.read_bytes()),
        answering.of_json(json.loads(rows.to_json(orient="records"))),
    ):
        assert (answer.refused, answer.notes) == ([], [])
        assert [each["prediction"] for each in answer.predictions] == expected
    usual = answering.of_json([usual_row(answering.fields)])
    assert (usual.refused, usual.notes) == ([], [])
    bad = answering.of_json([usual_row(answering.fields) | {"clock": "25:99", "cost": "much"}])
    assert bad.refused[0].column in ("clock", "cost")


def test_the_usual_row_is_of_medians_and_commonest_categories(trained):
    fields = Answering(trained("dates")).fields
    assert usual_row(fields) | {"size": 0, "sold": ""} == {
        "size": 0, "rooms": 3, "colour": "red", "lift": False, "sold": "",
    }  # fmt: skip
    frame, _ = table_for("dates")
    usual = usual_row(fields)
    assert abs(usual["size"] - frame["size"].median()) <= 2  # of the training rows
    assert "2023-03-01" < usual["sold"] < "2023-07-01"
    answer = Answering(trained("dates")).of_json([usual])
    assert answer.refused == [] and answer.notes == []


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("size", "80.5", "must be a number, received the text '80.5'. Send 80.5 without quotes."),
        ("size", "wide", "must be a number, received the text 'wide'. Correct it, or send null"),
        ("size", True, "must be a number, received true."),
        ("size", [1], "must be a number, received an array."),
        ("size", {}, "must be a number, received an object."),
        ("lift", "perhaps", "must be true or false, received the text 'perhaps'."),
        ("lift", 2, "must be true or false, received 2."),
        ("colour", ["red"], "must be text, received an array."),
        ("sold", "2023-13-01", "must be a date such as '2023-"),
        ("sold", "soon", "received 'soon'. Correct it, or send null if the value is not known."),
        ("sold", 1.5, "must be a date such as"),
    ],
)
def test_a_bad_cell_refuses_its_row_alone(column, value, message, trained):
    rows = rows_of("dates", 3)
    rows[1] = rows[1] | {column: value}
    answer = Answering(trained("dates")).of_json(rows)
    assert [each is None for each in answer.predictions] == [False, True, False]
    (refused,) = answer.refused
    assert (refused.row, refused.column) == (2, column)
    assert message in refused.message


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (7, "a row must be an object with a value for each column, received 7."),
        (None, "received None."),
        ([1, 2], "received an array."),
        ("{}", "received the text '{}'."),
        ({}, "the row lacks 4 columns that the model needs: 'size', 'rooms', 'colour', 'lift'."),
        (
            {"Size": 1, "rooms": 1, "colour": "red", "lift": True},
            "the row lacks column 'size'. There is 'Size'. Send null for a value that is not",
        ),
    ],
)
def test_what_is_no_row_is_refused_alone(row, message, trained):
    answer = Answering(trained()).of_json([ROW, row])
    assert answer.predictions[0] is not None and answer.predictions[1] is None
    assert message in answer.refused[0].message


def test_what_is_worth_knowing_is_said(trained):
    rows = [ROW | {"colour": "mauve"}, ROW | {"rooms": None}, ROW | {"extra": 1, "price": 2}]
    answer = Answering(trained()).of_json(rows)
    assert None not in answer.predictions
    said = " ".join(answer.notes)
    assert "'extra'" in said and "'price'" not in said
    assert "'mauve'" in said and "'rooms'" in said


def test_bad_cells_of_csv_are_named_by_line(trained):
    text = "size;rooms;colour;lift\n80.5;3;red;yes\nwide;2;red;no\n;2;red;maybe\n"
    answer = Answering(trained()).of_csv(text.encode())
    assert [each is None for each in answer.predictions] == [False, True, True]
    assert [(each.row, each.column) for each in answer.refused] == [(2, "size"), (3, "lift")]
    assert "received 'wide' in line 3. Correct the cell or leave it empty." in (
        answer.refused[0].message
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"size,rooms\n1,2\n", "lacks 2 columns that the model needs: 'colour', 'lift'."),
        (b"size,rooms,colour,lift\n1,2,red,yes,9\n", "line 2"),
        (b"", "empty"),
        (b"\x1f\x8b\x08\x00 not unpacked", ""),
    ],
)
def test_what_is_no_table_is_refused_without_a_path(text, message, trained):
    with pytest.raises(InvalidData) as problem:
        Answering(trained()).of_csv(text)
    assert message in str(problem.value)
    assert "/" not in str(problem.value)


def test_large_numbers(trained):
    sizes = [2**60, 1e300, 10**400, -(10**400)]
    answer = Answering(trained()).of_json([ROW | {"size": size} for size in sizes])
    assert [each is None for each in answer.predictions] == [False, False, True, True]
    for each in answer.predictions[:2]:
        assert all(value is None or math.isfinite(value) for value in each.values())
    assert "fits 64 bits" in answer.refused[0].message


def test_levels_are_checked(trained):
    answering = Answering(trained())
    narrow, wide = (
        answering.of_json([ROW], level=answering.check_level(level)).predictions[0]
        for level in (0.5, 0.9)
    )
    assert wide["upper"] - wide["lower"] > narrow["upper"] - narrow["lower"] > 0
    for level in (0.0, 1.0, 90.0, math.nan):
        with pytest.raises(InvalidArgument, match="level"):
            answering.check_level(level)
    with pytest.raises(InvalidData):
        answering.check_level(0.9999)


def test_a_column_that_says_nothing_need_not_be_sent(trained):
    rows = rows_of("dates", 2)
    assert "country" in rows[0]
    bare = [{name: cell for name, cell in row.items() if name != "country"} for row in rows]
    answering = Answering(trained("dates"))
    assert answering.of_json(bare).predictions == answering.of_json(rows).predictions


def test_many_rows_come_in_order(trained):
    rows = rows_of("plain", 240) * 20
    answer = Answering(trained()).of_json(rows)
    values = np.array([each["prediction"] for each in answer.predictions]).reshape(20, -1)
    assert np.isfinite(values).all()
    assert (values == values[0]).all()
