"""A category, class or group is the same one whatever file, frame or spelling it comes in."""

import json

import numpy as np
import pandas as pd
import pytest

import trimtab
from trimtab.predictor import Remarks
from trimtab.tables.preprocessing.categories import OneHot
from trimtab.tables.preprocessing.step import Unseen

N = 240
CODES = 1 + np.arange(N) % 8
X = np.arange(N) % 50


def table_of(codes):
    return pd.DataFrame({"code": codes, "x": X, "y": CODES * 37 % 11 * 20.0 + X})


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Trained on a file, with a category written 1, 2, ..."""
    folder = tmp_path_factory.mktemp("codes")
    table_of(CODES).to_csv(folder / "codes.csv", index=False)
    path = folder / "codes.trimtab"
    trimtab.train(
        folder / "codes.csv",
        "y",
        types={"code": "category"},
        epochs=6,
        out=path,
        overwrite=True,
        effort="quick",
    )
    return trimtab.load(path)


@pytest.fixture(scope="module")
def expected(model):
    found = model.predict({"code": ["1", "2", "3"], "x": [9, 9, 9]})
    assert len({*found.ravel().tolist()}) == 3
    return found


def predicted(model, data):
    remarks = Remarks()
    frame = pd.concat([*model.predict_chunks(data, rows=2, remarks=remarks)])
    assert not any("not in the training rows" in word for word in remarks.sentences())
    return frame["prediction"].to_numpy()


@pytest.mark.parametrize(
    "cells",
    [
        *([1, 2, 3], [1.0, 2.0, 3.0], ["1.0", "2.0", "3.00"], ["1e0", "+2", " 3"]),
        *(pd.array([1, 2, 3], "Int64"), pd.Categorical([1.0, 2.0, 3.0]), [1, 2.0, "3"]),
    ],
    ids=str,
)
def test_frames(model, expected, cells):
    np.testing.assert_array_equal(model.predict({"code": cells, "x": [9] * 3}), expected)


def as_csv(codes, folder):
    (folder / "new.csv").write_text("code,x\n" + "".join(f"{code},9\n" for code in codes))
    return folder / "new.csv"


def as_decimal_comma(codes, folder):
    rows = "".join(f"{code},0;9\n" for code in (1, 2, 3))
    (folder / "new.csv").write_text("code;x\n" + rows)
    return folder / "new.csv"


def as_jsonl(codes, folder):
    lines = (json.dumps({"code": float(code), "x": 9}) + "\n" for code in codes)
    (folder / "new.jsonl").write_text("".join(lines))
    return folder / "new.jsonl"


def as_sheet(codes, folder):
    pd.DataFrame({"code": codes, "x": 9}).to_excel(folder / "new.xlsx", index=False)
    return folder / "new.xlsx"


def as_parquet(codes, folder):
    pd.DataFrame({"code": codes, "x": 9}).astype({"code": float}).to_parquet(folder / "new.parquet")
    return folder / "new.parquet"


@pytest.mark.parametrize("make", [as_csv, as_decimal_comma, as_jsonl, as_sheet, as_parquet])
def test_files(model, expected, make, tmp_path):
    np.testing.assert_array_equal(
        predicted(model, make(["1.0", "2.00", "3e0"], tmp_path)), expected.ravel()
    )


def test_names_made_of_digits_are_unknown(model):
    remarks = Remarks()
    list(model.predict_chunks({"code": ["01", "02"], "x": [9, 9]}, remarks=remarks))
    assert any("2 cells have a category that is not in" in word for word in remarks.sentences())


def test_text_keeps_its_spellings():
    codes = np.array(["1", "01", "001", "2"])[np.arange(N) % 4]
    predictor = trimtab.train(table_of(codes), "y", epochs=3, effort="quick")
    found = predictor.predict({"code": ["1", "01", "001"], "x": [9] * 3})
    assert len({*found.ravel().tolist()}) == 3


def test_negative_numbers_and_thousands():
    codes = (CODES - 3) * 1000
    predictor = trimtab.train(
        table_of(codes), "y", types={"code": "category"}, epochs=3, effort="quick"
    )
    expected = predictor.predict({"code": [-2000, 0, 4000], "x": [9] * 3})
    for cells in (
        ["-2,000", "0.0", "4,000"],
        ["\N{MINUS SIGN}2000", "-0", "4e3"],
        [-2e3, 0.0, 4e3],
    ):
        np.testing.assert_array_equal(predictor.predict({"code": cells, "x": [9] * 3}), expected)


def test_a_file_of_an_earlier_version_decides_by_its_categories():
    """Its vocabulary does not say whether the column held numbers."""

    def numbers_of(categories, cells):
        document = {"source": "c", "categories": categories, "rare": [], "missing": "never"}
        vocabulary = OneHot.from_record(document, {}).vocabulary
        return vocabulary.numbers(np.array(cells, object), Unseen()).tolist()

    assert numbers_of(["1", "2"], ["2.0", "1e0", "02", "1"]) == [2, 1, 0, 1]
    assert numbers_of(["1.0", "2.0"], ["2", "1"]) == [2, 1]
    assert numbers_of(["01", "1"], ["1", "01", "1.0"]) == [2, 1, 0]


@pytest.mark.parametrize("kinds", [{"y": "category"}, {}])
def test_classes(kinds, tmp_path):
    labels = 1 + np.arange(N) % 3
    frame = pd.DataFrame({"x": labels + X / 500, "y": labels})
    frame.to_csv(tmp_path / "classes.csv", index=False)
    predictor = trimtab.train(
        tmp_path / "classes.csv", "y", types=kinds, task="multiclass", epochs=3, effort="quick"
    )
    before = predictor.evaluate(frame, remarks=Remarks()).sentence()
    for cells in (labels * 1.0, labels.astype(str), [f"{label}.0" for label in labels]):
        assert predictor.evaluate(frame.assign(y=cells), remarks=Remarks()).sentence() == before
    frame.assign(y=labels * 1.0).to_csv(tmp_path / "floats.csv", index=False)
    there = predictor.evaluate(tmp_path / "floats.csv", remarks=Remarks()).sentence()
    assert there.replace("floats.csv", "the data frame") == before


def test_large_classes_are_predicted_to_the_last_digit(tmp_path):
    labels = 2**60 + np.arange(N) % 3
    frame = pd.DataFrame({"x": labels - 2**60 + X / 500, "y": labels})
    path = tmp_path / "large.trimtab"
    trimtab.train(frame, "y", task="multiclass", epochs=20, out=path, effort="quick")
    predictor = trimtab.load(path)
    assert predictor.schema.classes == (2**60, 2**60 + 1, 2**60 + 2)
    assert {*predictor.predict(frame).tolist()} <= {*predictor.schema.classes}
    assert "all predictions are right" in predictor.evaluate(frame, remarks=Remarks()).sentence()


def test_groups_are_the_same_in_files_of_their_own(tmp_path):
    numbers = 1234567890123456700 + np.arange(N) // 2
    frame = pd.DataFrame({"g": numbers, "x": X, "y": X * 2.0 + np.arange(N) % 3})
    frame[:200].to_csv(tmp_path / "train.csv", index=False)
    frame[200:].to_parquet(tmp_path / "valid.parquet")
    apart = {"group": "g", "epochs": 1, "valid": str(tmp_path / "valid.parquet")}
    predictor = trimtab.train(tmp_path / "train.csv", "y", **apart)
    assert "20 groups" in predictor.scores["valid"].sentence()
    frame[199:].to_parquet(tmp_path / "valid.parquet")
    with pytest.raises(trimtab.errors.InvalidData, match=r"shares 1 with .*1234567890123456799"):
        trimtab.train(tmp_path / "train.csv", "y", **apart)


def test_an_interrupted_run_knows_a_table_of_large_numbers_with_gaps():
    from trimtab.predictor.training.fingerprint import fingerprint
    from trimtab.tables import infer_schema, read

    def of(numbers):
        table = read({"g": numbers, "y": [1.5, 2.5, 3.5]})
        return fingerprint([table], infer_schema(table, "y", kinds={"g": "numeric"}))

    assert of([2**60, None, 2**60 + 1]) == of([2**60, None, 2**60 + 1])
    assert of([2**60, None, 2**60 + 1]) != of([2**60, None, 2**60 + 2])
    assert of([2**60, None, 2**60 + 1]) != of([2**60, 0, 2**60 + 1])
