"""One table in every container: the same model comes of it, and the same predictions."""

import bz2
import csv
import gzip
import json
import lzma
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest

import trimtab as package
from tests.support.close import assert_same_bits

ROWS = 90


def shops() -> pd.DataFrame:
    """A column of each kind, with gaps."""
    generator = np.random.default_rng(3)
    size = generator.normal(50, 10, ROWS).round(2)
    day = pd.Timestamp("2023-01-01") + pd.to_timedelta(generator.integers(0, 600, ROWS), "D")
    town = generator.choice(["Köln", "東京", "São Paulo; SP", 'say "hi", twice'], ROWS)
    frame = pd.DataFrame(
        {
            "key": [f"k{number:03d}" for number in range(ROWS)],
            "size": size,
            "floor": generator.integers(-1, 6, ROWS),
            "open": generator.random(ROWS) < 0.5,
            "zip": generator.choice(["01067", "80331", "20095"], ROWS),
            "town": town,
            "built": day,
            "price": (3 * size + 20 * (town == "Köln") + generator.normal(0, 5, ROWS)).round(3),
        }
    )
    frame.loc[::8, "size"] = np.nan
    frame.loc[::9, "town"] = None
    return frame


def text(frame, **options):
    return frame.to_csv(index=False, date_format="%Y-%m-%d", **options)


def objects(frame):
    rows = frame.assign(built=frame["built"].dt.strftime("%Y-%m-%d")).to_dict("records")
    lines = [
        {key: None if value is None or value != value else value for key, value in row.items()}
        for row in rows
    ]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def archive(path, data):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("table.csv", data)


#: File -> how it is written.
CONTAINERS = {
    "plain.csv": lambda f, p: p.write_text(text(f), "utf-8"),
    "marked.csv": lambda f, p: p.write_text(text(f), "utf-8-sig"),
    "windows.csv": lambda f, p: p.write_bytes(text(f).replace("\n", "\r\n").encode()),
    "german.csv": lambda f, p: p.write_text(text(f, sep=";", decimal=","), "utf-8"),
    "wide.csv": lambda f, p: p.write_text(text(f), "utf-16"),
    "quoted.csv": lambda f, p: p.write_text(text(f, quoting=csv.QUOTE_ALL), "utf-8"),
    "tabs.tsv": lambda f, p: p.write_text(text(f, sep="\t"), "utf-8"),
    "tabs.csv": lambda f, p: p.write_text(text(f, sep="\t"), "utf-8"),
    "pipes.txt": lambda f, p: p.write_text(text(f, sep="|"), "utf-8"),
    "packed.csv.gz": lambda f, p: p.write_bytes(gzip.compress(text(f).encode())),
    "packed.csv.bz2": lambda f, p: p.write_bytes(bz2.compress(text(f).encode())),
    "packed.csv.xz": lambda f, p: p.write_bytes(lzma.compress(text(f).encode())),
    "packed.zip": lambda f, p: archive(p, text(f)),
    "misnamed.csv": lambda f, p: f.to_parquet(p),
    "columns.parquet": lambda f, p: f.to_parquet(p),
    "columns.feather": lambda f, p: f.to_feather(p),
    "sheet.xlsx": lambda f, p: f.to_excel(p, index=False),
    "excel.csv": lambda f, p: (
        f.to_excel(p.with_suffix(".xlsx"), index=False) or p.with_suffix(".xlsx").rename(p)
    ),
    "lines.jsonl": lambda f, p: p.write_text(objects(f), "utf-8"),
    "lines.jsonl.gz": lambda f, p: p.write_bytes(gzip.compress(objects(f).encode())),
}

TRAIN = (
    *(
        "--target",
        "price",
        "--id",
        "key",
        "--layers",
        "8 relu",
        "--epochs",
        "3",
        "-q",
        "--effort",
        "quick",
    ),
    *("--type", "open=boolean", "--out", "model"),
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Trained on the table as a CSV file."""
    folder = tmp_path_factory.mktemp("model")
    (folder / "table.csv").write_text(text(shops()), "utf-8")
    return package.train(
        *(folder / "table.csv", "price"),
        id=["key"],
        types={"open": "boolean"},
        layers="8 relu",
        epochs=3,
        effort="quick",
        out=folder / "model",
    )


@pytest.fixture
def folder(trimtab, model):
    model.save("model")
    return trimtab.folder


def predictions(path="out.csv"):
    with open(path, encoding="utf-8", newline="") as file:
        return {row["key"]: float(row["prediction"]) for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", CONTAINERS)
def test_predictions_are_the_same_whatever_the_container(trimtab, folder, model, name):
    CONTAINERS[name](shops(), folder / name)
    result = trimtab("predict", "model", name, "-o", "out.csv", "--chunk-rows", "40")
    assert result.status == 0
    assert "that is not in the training rows" not in result.err
    expected = dict(zip(shops()["key"], model.predict(shops()), strict=True))
    assert predictions() == expected


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if number % 2 else ())
        for number, name in enumerate(CONTAINERS)
        if name != "plain.csv"
    ],
)
def test_the_model_is_the_same_whatever_the_container(trimtab, without_pictures, model, name):
    CONTAINERS[name](shops(), trimtab.folder / name)
    trimtab.does("train", name, *TRAIN)
    found = package.load("model")
    for mine, theirs in zip(found.model.get_weights(), model.model.get_weights(), strict=True):
        assert_same_bits(mine, theirs)
    assert found.scores["valid"].record() == model.scores["valid"].record()


def test_what_a_file_is_can_be_told(trimtab, without_pictures, model):
    """Told or guessed, it is said; and the model is the same."""
    frame = shops()
    frame["town"] = frame["town"].replace("東京", "München")
    frame["size"] = frame["size"].fillna(-99)
    data = frame.to_csv(sep="|", decimal=",", index=False, quotechar="'", date_format="%Y-%m-%d")
    (trimtab.folder / "told.dat").write_bytes(data.encode("cp1252"))
    told = {
        "format": "csv", "delimiter": "|", "decimal": ",", "encoding": "cp1252", "quote": "'",
        "compression": "none", "missing": "-99",
    }  # fmt: skip
    flags = [word for name, value in told.items() for word in (f"--{name}", value)]
    loud = [each for each in TRAIN if each != "-q"]
    assert "Detected:" not in trimtab.does("train", "told.dat", *loud, *flags).out
    found = package.load("model")
    assert found.options["delimiter"] == "|" and found.options["missing"] == ["-99"]

    frame["size"] = frame["size"].replace(-99, np.nan)
    CONTAINERS["plain.csv"](frame, trimtab.folder / "plain.csv")
    guessed = trimtab.does("train", "plain.csv", *loud, "--out", "guessed").out
    assert "Detected:" in guessed and "delimiter ','" in guessed
    assert package.load("guessed").scores["valid"].metrics == found.scores["valid"].metrics


def test_frames_of_any_library(model):
    polars, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    expected = model.predict(shops())
    frames = [
        polars.from_pandas(shops()),
        pa.Table.from_pandas(shops()),
        shops().to_dict("list"),
        shops().convert_dtypes(),
        shops().astype({"town": "category", "zip": "category"}),
        shops().astype({"size": np.float64, "floor": np.int8}),
    ]
    for frame in frames:
        assert_same_bits(model.predict(frame), expected)


@pytest.mark.parametrize("data", ["columns.parquet"])
def test_standard_input(trimtab, folder, model, data):
    CONTAINERS[data](shops(), folder / data)
    with (folder / data).open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-m", "trimtab", "predict", "model", "-"],
            stdin=file,
            capture_output=True,
            check=True,
        )
    (folder / "out.csv").write_bytes(done.stdout)
    assert list(predictions().values()) == model.predict(shops()).tolist()
    assert done.stderr.endswith(b" s\n")


READERS = {
    "out.csv": lambda path: pd.read_csv(path, dtype={"zip": str}),
    "out.tsv": lambda path: pd.read_csv(path, sep="\t", dtype={"zip": str}),
    "out.csv.gz": lambda path: pd.read_csv(path, dtype={"zip": str}),
    "out.jsonl": lambda path: pd.DataFrame(map(json.loads, path.read_text("utf-8").splitlines())),
    "out.parquet": pd.read_parquet,
    "out.feather": pd.read_feather,
}


@pytest.mark.parametrize("out", READERS)
def test_every_kind_of_output(trimtab, folder, model, out):
    CONTAINERS["plain.csv"](shops(), folder / "plain.csv")
    result = trimtab("predict", "model", "plain.csv", "-o", out, "--interval", "0.8", "--id", "zip")
    assert result.status == 0
    found = READERS[out](folder / out)
    assert list(found) == ["key", "zip", "prediction", "lower", "upper"]
    assert found["key"].tolist() == shops()["key"].tolist()
    assert found["zip"].tolist() == shops()["zip"].tolist()
    np.testing.assert_allclose(found["prediction"], model.predict(shops()), rtol=1e-14)
    bounds = model.predict_interval(shops(), 0.8)
    np.testing.assert_allclose(found["lower"], bounds.lower[:, 0], rtol=1e-14)
    np.testing.assert_allclose(found["upper"], bounds.upper[:, 0], rtol=1e-14)


def test_files_that_are_not_quite_the_one_trained_on(trimtab, folder, model):
    """Other order of rows and columns, columns too many, categories that were never seen."""
    frame = shops()
    expected = dict(zip(frame["key"], model.predict(frame), strict=True))
    other = frame.sample(frac=1, random_state=0).drop(columns="price")
    other = other[list(np.random.default_rng(0).permutation(other.columns))]
    other.assign(mood="blue", colour=1).to_csv("other.csv", index=False)
    result = trimtab("predict", "model", "other.csv", "-o", "out.csv")
    assert result.status == 0 and "'mood', 'colour'" in result.err
    assert predictions() == expected
    assert list(predictions()) == other["key"].tolist()

    strange = other.assign(town=["Ulm", "Bonn"] * (ROWS // 2))
    strange.to_csv("strange.csv", index=False)
    result = trimtab("predict", "model", "strange.csv", "-o", "out.csv", "--chunk-rows", "7")
    assert result.status == 0
    assert f"{ROWS} cells have a category that is not in the training rows" in result.err
    assert result.err.count("Note: ") == 1
    assert np.isfinite(list(predictions().values())).all()

    for missing in (["size"], ["zip", "built", "town"]):
        other.drop(columns=missing).to_csv("short.csv", index=False)
        message = trimtab.refuses("predict", "model", "short.csv", "-o", "short.parquet")
        for name in missing:
            assert repr(name) in message

    other.drop(columns="key").to_csv("nameless.csv", index=False)
    result = trimtab("predict", "model", "nameless.csv")
    assert result.status == 0 and result.out.startswith("prediction\n")
    assert "'key' cannot be passed through: not in nameless.csv" in result.err


def test_a_model_is_a_file_that_can_be_moved(trimtab, folder, model, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.move("model.trimtab", elsewhere / "renamed.bin")
    found = package.load(elsewhere / "renamed.bin")
    assert_same_bits(found.predict(shops()), model.predict(shops()))
