"""A model remembers how the numbers of its columns are written."""

import json
import re

import numpy as np
import pandas as pd
import pytest

import trimtab
from trimtab.errors import InvalidData, PredictionWarning

N = 200
RNG = np.random.default_rng(0)
REVENUE = RNG.uniform(300, 9000, N).round(2)
SHARE = RNG.uniform(0, 80, N).round(1)
Y = REVENUE / 100 + SHARE


def german(value):
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


def written(unit=" €"):
    return pd.DataFrame({"r": [german(v) + unit for v in REVENUE], "s": [f"{v}%" for v in SHARE]})


PLAIN = pd.DataFrame({"r": REVENUE, "s": SHARE})


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    table = written().assign(y=Y)
    trained = trimtab.train(table, "y", epochs=2, layers="8 relu", seed=1, effort="quick")
    return trimtab.load(trained.save(tmp_path_factory.mktemp("model") / "m.trimtab"))


@pytest.fixture(scope="module")
def wanted(predictor):
    return predictor.predict(written()).ravel()


def test_the_schema_keeps_the_writing(predictor):
    formats = {column.name: column.format for column in predictor.schema.columns}
    assert formats == {"r": "1.234,5 €", "s": "1234.5%", "y": ""}


def mixed():
    frame = PLAIN.astype(object)
    frame.loc[::2, "r"] = written()["r"][::2]
    return frame


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx", "parquet"])
@pytest.mark.parametrize("rows", [written, lambda: PLAIN, mixed, lambda: written(" EUR")])
@pytest.mark.filterwarnings("ignore:Column '[rs]' has no unit here")
def test_the_same_numbers_in_every_file_and_chunk(predictor, wanted, tmp_path, form, rows):
    path, frame = tmp_path / f"rows.{form}", rows()
    if form == "jsonl":
        path.write_text("\n".join(json.dumps(row) for row in frame.to_dict("records")))
    elif form == "parquet":
        if frame["r"].map(type).nunique() > 1:
            pytest.skip("Parquet has no columns of several types")
        frame.to_parquet(path)
    else:
        getattr(frame, {"csv": "to_csv", "xlsx": "to_excel"}[form])(path, index=False)
    assert np.array_equal(predictor.predict(path).ravel(), wanted)
    chunks = [*predictor.predict_chunks(path, rows=33)]
    assert np.array_equal(np.concatenate([each["prediction"] for each in chunks]), wanted)


def test_another_currency_is_refused_by_name(predictor, tmp_path):
    message = r"row 1, column 'r': '[\d.,]+ \$' is in \$, but the column is one of numbers in €"
    with pytest.raises(InvalidData, match=message):
        predictor.predict(written(" $"))
    written(" $").to_csv(tmp_path / "usd.csv", index=False)
    with pytest.raises(InvalidData, match=r"usd.csv, line 2, column 'r'.* 199 more like it"):
        predictor.predict(tmp_path / "usd.csv")


def test_a_cell_that_does_not_fit_names_its_line(predictor, tmp_path):
    frame = written()
    frame.loc[7, "r"] = "soon"
    frame.to_csv(tmp_path / "bad.csv", index=False)
    message = r"'r': 1 cell is not a number like '1\.234,5 €' \('soon' in line 9\)"
    with pytest.warns(PredictionWarning) as said:
        predictor.predict(tmp_path / "bad.csv")
    assert re.search(message, str(said[0].message))


def test_numbers_without_the_unit_are_said(predictor, wanted):
    with pytest.warns(PredictionWarning) as said:
        assert np.array_equal(predictor.predict(PLAIN).ravel(), wanted)
    assert [str(each.message) for each in said] == [
        "Column 'r' has no unit here and is taken to be in €.",
        "Column 's' has no unit here and is taken to be in %.",
    ]


def test_one_row_is_read_as_many(predictor):
    one = predictor.predict({"r": ["1.234 €"], "s": ["5 %"]})
    with pytest.warns(PredictionWarning, match="no unit here"):
        assert np.array_equal(one, predictor.predict({"r": [1234], "s": [5]}))
    assert np.array_equal(one, predictor.predict({"r": ["1234.0"], "s": ["5,0%"]}))


def test_a_file_of_another_country_is_read_by_its_own_decimal_mark(tmp_path):
    predictor = trimtab.train(
        PLAIN.assign(r=[f"{v:,.2f}" for v in REVENUE], y=Y),
        "y",
        epochs=1,
        layers="8 relu",
        effort="quick",
    )
    wanted = predictor.predict(PLAIN)
    comma = tmp_path / "comma.csv"
    PLAIN.to_csv(comma, index=False, sep=";", decimal=",")
    assert np.array_equal(predictor.predict(comma), wanted)
    german_rows = PLAIN.assign(r=[german(v) for v in REVENUE])
    german_rows.to_csv(comma, index=False, sep=";", decimal=",")
    assert np.array_equal(predictor.predict(comma), wanted)
    comma.write_text("r;s\n1,234;2,5\n")  # 1234 in training, 1.234 in this file
    with pytest.raises(InvalidData, match="line 2, column 'r': '1,234' is not a number like"):
        predictor.predict(comma)


def test_a_model_of_plain_numbers_reads_written_ones_but_no_units(tmp_path):
    predictor = trimtab.train(PLAIN.assign(y=Y), "y", epochs=1, layers="8 relu", effort="quick")
    rows = PLAIN.assign(r=[f"{v:,.2f}" for v in REVENUE])
    rows.to_csv(tmp_path / "rows.csv", index=False)
    with pytest.warns(PredictionWarning, match="'r' is written otherwise than in training"):
        found = predictor.predict(tmp_path / "rows.csv")
    assert np.array_equal(found, predictor.predict(PLAIN))
    with pytest.raises(InvalidData, match="the numbers are in €, but the column is one of numbers"):
        predictor.predict(written().assign(s=SHARE))


def test_a_target_with_a_unit(tmp_path):
    path = tmp_path / "t.csv"
    table = pd.DataFrame({"a": REVENUE, "y": [f"${v:,.2f}" for v in REVENUE]})
    table.loc[3, "y"] = "NA"
    table.to_csv(path, index=False)
    predictor = trimtab.train(
        path, "y", epochs=1, layers="8 relu", class_weight=None, effort="quick"
    )
    assert predictor.schema.column("y").format == "$1,234.5"
    plain = pd.DataFrame({"a": REVENUE, "y": REVENUE}).drop(index=3)
    with pytest.warns(PredictionWarning):
        of_text, of_numbers = predictor.evaluate(path), predictor.evaluate(plain)
    assert of_text.sentence().replace("t.csv", "") == of_numbers.sentence().replace(
        "the data frame", ""
    )


def test_a_table_of_plain_numbers_has_no_formats():
    predictor = trimtab.train(PLAIN.assign(y=Y), "y", epochs=1, layers="8 relu", effort="quick")
    assert all(not column.format for column in predictor.schema.columns)
    assert set(predictor.schema.record()["columns"][0]) == {
        "name",
        "kind",
        "role",
        "reason",
        "format",
    }
