"""Columns with names that a terminal, a shell or an option could take for something else."""

import json
import re

import pandas as pd
import pytest

import trimtab as trimtab_package
from trimtab.tables import infer_schema, read

ROWS = 40
LONG = "long " * 100 + "name"

#: Name -> what it is called.
NAMES = {
    "price\n(EUR)": "price (EUR)",
    "tab\tinside": "tab inside",
    "\x1b[31mred\x1b[0m": "[31mred [0m",
    "right\u202eleft": "right left",
    "bell\x07": "bell",
    "a=b": "a=b",
    "c,d": "c,d",
    "e:f": "e:f",
    "it's": "it's",
    "$HOME": "$HOME",
    "-dash": "-dash",
    "Size": "Size",
    "size": "size",
    LONG: LONG,
}


def table():
    columns = {
        name: [(row * (at + 3)) % (7 + at) + 0.5 for row in range(ROWS)]
        for at, name in enumerate(NAMES)
    }
    return pd.DataFrame({**columns, "y\r\nhere": [row * 1.5 for row in range(ROWS)]})


@pytest.fixture
def odd(trimtab):
    table().to_csv(trimtab.folder / "odd.csv", index=False)
    return trimtab


def safe(text):
    return not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)


def test_inspect_prints_a_line_for_each(odd):
    result = odd("inspect", "odd.csv", "--target", "y here")
    assert result.status == 0 and safe(result.out)
    lines = result.out.splitlines()
    for name in NAMES.values():
        assert sum(line.startswith(f"{name} ") for line in lines) == 1, name
    assert (
        "Line breaks and the like in column names became blanks: 'price\\n(EUR)' is " in result.out
    )


@pytest.mark.parametrize("name", NAMES.values(), ids=lambda name: name[:12])
def test_options_name_them(odd, name):
    told = ("--drop", name, "--target", "y here")
    record = json.loads(odd("inspect", "odd.csv", *told, "--json").out)
    reasons = {column["name"]: column["reason"] for column in record["columns"]}
    assert reasons[name] == "left out on request"
    told = ("--type", f"{name}=category", "--target", "y here")
    record = json.loads(odd("inspect", "odd.csv", *told, "--json").out)
    assert {column["name"]: column["kind"] for column in record["columns"]}[name] == "category"


def test_the_name_as_it_stands_in_the_file_works_too(odd):
    result = odd("inspect", "odd.csv", "--drop", "price\n(EUR)", "--target", "y\r\nhere", "--json")
    assert json.loads(result.out)["target"] == "y here"


def test_train_predict_explain_and_show(odd):
    trained = odd(
        "train", "odd.csv", "--target", "y here", "--epochs", "1", "--layers", "4 relu",
        "--id", "tab inside",
    )  # fmt: skip
    assert trained.status == 0 and safe(trained.out) and safe(trained.err)
    predicted = odd("predict", "odd.trimtab", "odd.csv", "--id", "price\n(EUR)")
    assert predicted.status == 0
    assert predicted.out.splitlines()[0] == "tab inside,price (EUR),prediction"
    explained = odd(
        "explain", "odd.trimtab", "odd.csv", "--repeats", "1", "--column", "price (EUR)"
    )
    assert explained.status == 0 and safe(explained.out)
    assert safe(odd("show", "odd.trimtab").out)


def test_a_missing_column_is_named_safely(odd):
    trained = odd("train", "odd.csv", "--target", "y here", "--epochs", "1", "--layers", "4 relu")
    assert trained.status == 0
    table().drop(columns="price\n(EUR)").to_csv(odd.folder / "less.csv", index=False)
    message = odd.refuses("predict", "odd.trimtab", "less.csv")
    assert "'price (EUR)'" in message and safe(message) and message.count("\n") <= 1


def test_other_containers(tmp_path):
    frame = table()
    frame.to_json(tmp_path / "a.jsonl", orient="records", lines=True)
    sources = [frame, tmp_path / "a.jsonl", {name: frame[name].tolist() for name in frame}]
    pytest.importorskip("pyarrow")
    pytest.importorskip("openpyxl")
    frame.to_parquet(tmp_path / "a.parquet")
    frame[["price\n(EUR)", "y\r\nhere"]].to_excel(tmp_path / "a.xlsx", index=False)
    for source in [*sources, tmp_path / "a.parquet", tmp_path / "a.xlsx"]:
        schema = infer_schema(
            read(source), "y\r\nhere", drop=["tab\tinside"][: 0 if "xlsx" in str(source) else 1]
        )
        assert schema.target == "y here" and schema.column("price (EUR)").role == "feature"


def test_python_takes_the_names_of_a_frame():
    frame = table()
    predictor = trimtab_package.train(frame, "y\r\nhere", epochs=1, layers="4 relu", drop=["a=b"])
    found = predictor.predict_frame(frame, ids=["price\n(EUR)"])
    assert list(found.columns) == ["price (EUR)", "prediction"]
    assert len(predictor.explain(frame, repeats=1, columns=["bell\x07"]).columns) == 1


def test_names_that_become_equal_are_refused():
    from trimtab.errors import InvalidData

    with pytest.raises(InvalidData, match=r"columns 1 and 2 have the same name, 'a b'"):
        read({"a\nb": [1, 2], "a b": [3, 4]})


def test_models_of_earlier_versions():
    """They hold names with line breaks; tables are read without them."""
    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.preprocessing import Preprocessor

    predictor = trimtab_package.train(table(), "y\r\nhere", epochs=1, layers="4 relu")
    document, arrays = predictor.preprocessor.record()
    record = predictor.schema.record()
    for name, called in NAMES.items():
        for each in [*record["columns"], *document["steps"]]:
            for key in ("name", "source"):
                if each.get(key) == called:
                    each[key] = name
    assert "price\n(EUR)" in {step["source"] for step in document["steps"]}
    schema = Schema.from_record(record)
    assert schema == predictor.schema
    again = Preprocessor.from_record(document, arrays, schema)
    rows = read(table())
    assert (again.transform(rows) == predictor.preprocessor.transform(rows)).all()
