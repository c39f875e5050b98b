"""``trimtab predict``: tables in, predictions out, whole or not at all."""

import csv
import gzip
import io
import json
import os
import signal
import stat
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.support.close import assert_same_bits
from tests.support.predictors import houses, small_predictor
from tests.support.small import small_model
from trimtab.core.words import figure


@pytest.fixture(scope="module")
def predictor():
    return small_predictor()


@pytest.fixture
def files(trimtab, predictor):
    """The folder with a model and new rows in it."""
    predictor.save(trimtab.folder / "m")
    houses(30, seed=1).drop(columns="price").to_csv(trimtab.folder / "new.csv", index=False)
    return trimtab.folder


def predictions_in(text):
    """To the last bit, which not every version of pandas reads."""
    rows = csv.DictReader(io.StringIO(text))
    return np.array([float(row["prediction"]) for row in rows])


READERS = {
    "csv": pd.read_csv,
    "csv.gz": pd.read_csv,
    "tsv": lambda path: pd.read_csv(path, sep="\t"),
    "jsonl": lambda path: pd.DataFrame(map(json.loads, path.read_text().splitlines())),
    "parquet": pd.read_parquet,
    "feather": pd.read_feather,
}


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("rows", [7, 100])
def test_every_format_holds_the_same_numbers(trimtab, files, predictor, kind, rows):
    out = files / f"out.{kind}"
    result = trimtab("predict", "m", "new.csv", "-o", out, "--chunk-rows", rows)
    assert (result.status, result.out) == (0, "")
    assert result.err.startswith("30 rows predicted in ") and result.err.endswith(f": {out}\n")
    found = READERS[kind](out)
    assert list(found) == ["house", "prediction"]
    new = pd.read_csv(files / "new.csv")
    assert found["house"].tolist() == new["house"].tolist()
    np.testing.assert_allclose(found["prediction"], predictor.predict(new), rtol=1e-15)
    assert sorted(os.listdir(files)) == sorted(["m.trimtab", "new.csv", out.name])


def test_standard_output_of_another_encoding(files):
    """What a pipe gets is what a file gets."""
    new = pd.read_csv("new.csv").assign(house=["Käte"] * 30)
    new.to_csv("named.csv", index=False)
    command = [sys.executable, "-m", "trimtab", "predict", "m.trimtab", "named.csv"]
    done = subprocess.run(
        command, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode("utf-8").count("Käte") == 30


def test_standard_output_and_input(trimtab, files, predictor, monkeypatch):
    expected = predictor.predict(pd.read_csv(files / "new.csv"))
    result = trimtab("predict", "m.trimtab", "new.csv", "--chunk-rows", "9")
    assert_same_bits(predictions_in(result.out), expected)
    done = subprocess.run(
        [sys.executable, "-m", "trimtab", "predict", "m", "-", "--out", "-"],
        input=(files / "new.csv").read_bytes(),
        capture_output=True,
        cwd=files,
        check=True,
    )
    assert done.stdout.decode() == result.out


def test_intervals_probabilities_and_columns(trimtab, files):
    options = ("-o", "out.csv", "--interval", "0.8", "--id", "town")
    result = trimtab("predict", "m", "new.csv", *options)
    found = pd.read_csv("out.csv")
    half = (found["upper"] - found["lower"]).mean() / 2
    assert result.err.splitlines()[-2] == (
        f"80 % intervals: ± {figure(half)}, calibrated on 20 rows that also picked the best "
        "epoch, so it may be slightly too narrow."
    )
    assert list(found) == ["house", "town", "prediction", "lower", "upper"]
    assert (found["lower"] < found["upper"]).all()
    small_predictor("binary").save(files / "b")
    result = trimtab("predict", "b", "new.csv", "-o", "out.csv", "--proba", "--interval", "0.5")
    assert "50 % sets of classes: calibrated on 21 rows that also" in result.err
    found = pd.read_csv("out.csv")
    assert list(found) == [*("house", "prediction", "classes", "probability_no", "probability_yes")]


def test_all_columns_stay_as_they_are_spelled(trimtab, files, predictor):
    text = (files / "new.csv").read_text().splitlines()
    lines = [f"{line},{each}" for line, each in zip(text, ["code", *["007"] * 30], strict=True)]
    lines[1] = lines[1].replace(",,", ",NA,")  # a gap in a column of numbers
    lines[2] = "h1001,1.50e2,3.00,Ulm,1.10"
    (files / "new.csv").write_text("\n".join(lines))
    result = trimtab("predict", "m", "new.csv", "-o", "out.csv", "--all-columns")
    assert result.status == 0 and "'code' is ignored" in result.err
    found = (files / "out.csv").read_text().splitlines()
    assert found[0] == "house,size,rooms,town,code,prediction"
    assert [line.rpartition(",")[0] for line in found[2:]] == lines[2:]
    plain = pd.read_csv(files / "new.csv")
    expected = predictor.predict_frame(plain.drop(columns="code"))["prediction"]
    assert_same_bits(predictions_in((files / "out.csv").read_text()), expected.to_numpy())


def test_gzip_is_the_same_bytes_each_time(trimtab, files):
    for name in ("a.csv.gz", "b.csv.gz"):
        trimtab("predict", "m", "new.csv", "-o", name)
    assert (files / "a.csv.gz").read_bytes() == (files / "b.csv.gz").read_bytes()
    assert gzip.decompress((files / "a.csv.gz").read_bytes()).startswith(b"house,prediction\n")


def test_notes_are_said_once(trimtab, files):
    frame = houses(30, seed=1).drop(columns="price").assign(colour="red")
    frame.loc[[3, 20], "town"] = "Trier"
    frame.to_csv(files / "new.csv", index=False)
    result = trimtab("predict", "m", "new.csv", "-o", "out.csv", "--chunk-rows", "10")
    notes = [line for line in result.err.splitlines() if line.startswith("Note: ")]
    assert len(notes) == 2
    assert "'colour' is ignored" in notes[0] and "2 cells" in notes[1]


def test_columns_in_any_order_and_other_formats(trimtab, files, predictor):
    new = pd.read_csv(files / "new.csv")
    new[new.columns[::-1]].to_csv("shuffled.csv", index=False, sep=";", decimal=",")
    new.to_parquet("new.parquet")
    expected = predictor.predict(new)
    for name in ("shuffled.csv", "new.parquet"):
        trimtab("predict", "m", name, "-o", "out.parquet")
        assert_same_bits(pd.read_parquet("out.parquet")["prediction"].to_numpy(), expected)


# -- refusals -------------------------------------------------------------------------------------


def test_refusals_before_anything_is_read(trimtab, files):
    houses(30).to_csv(files / "out.csv", index=False)
    refused = lambda *more: trimtab.refuses("predict", "m", "new.csv", *more)  # noqa: E731
    assert refused("-o", "no/out.csv") == (
        "there is no folder 'no' to write 'out.csv' into. Make it first."
    )
    assert "tables are written as '.csv', '.tsv', '.jsonl'" in refused("-o", "out.docx")
    assert "tables are written as" in refused("-o", "out.parquet.gz")
    assert refused("-o", ".").startswith("'.'")
    for name in ("new.csv", "./new.csv", "m.trimtab"):
        assert refused("-o", name)
    os.link("new.csv", "same.csv")
    assert refused("-o", "same.csv") == (
        "--out same.csv is an input of this command. Choose another output file."
    )
    assert "--interval 0.99 needs at least 99" in refused("--interval", "0.99")
    assert "--interval must be a level between 0 and 1" in refused("--interval", "900")
    assert "'price' is a number" in refused("--proba")
    assert "rows must be a positive integer" in refused("--chunk-rows", "0")
    assert "Did you mean 'house'?" in refused("--id", "hose")
    assert trimtab.refuses("predict", "no", "new.csv") == "there is no file 'no'."
    assert "'no.csv'" in trimtab.refuses("predict", "m", "no.csv")
    assert "delimiter must be one character" in refused("--delimiter", "ab").replace("--", "")
    small_model().save("plain")
    assert trimtab.refuses("predict", "plain", "new.csv") == (
        "'plain' holds a model, not a predictor with its table. Use trimtab.load_model()."
    )


def test_missing_columns(trimtab, files):
    pd.read_csv("new.csv").drop(columns=["size", "rooms"]).to_csv("short.csv", index=False)
    message = trimtab.refuses("predict", "m", "short.csv", "-o", "out.csv")
    assert message.startswith("short.csv lacks 2 columns") and "'size', 'rooms'" in message


@pytest.mark.parametrize("kind", READERS)
def test_a_bad_row_in_a_late_chunk_leaves_nothing(trimtab, files, kind):
    """And what was there before stays."""
    lines = (files / "new.csv").read_text().splitlines()
    lines[25] = lines[25].rpartition(",")[0]
    (files / "new.csv").write_text("\n".join(lines))
    out = files / f"out.{kind}"
    out.write_bytes(b"before")
    message = trimtab.refuses("predict", "m", "new.csv", "-o", out, "--chunk-rows", "4")
    assert "new.csv, line 26: 3 fields" in message
    assert out.read_bytes() == b"before"


def test_a_disk_that_is_full(trimtab, files, monkeypatch):
    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    assert "No space left on device" in trimtab.refuses("predict", "m", "new.csv", "-o", "o.csv")


def test_types_that_change_on_the_way(trimtab, files):
    """A column to pass through is of one type in a file of types."""
    frame = pd.DataFrame(houses(30, seed=1).drop(columns="price"))
    rows = [json.dumps(row) for row in frame.assign(extra=1).to_dict("records")]
    rows[20] = rows[20].replace('"extra": 1', '"extra": 0.5')
    (files / "new.jsonl").write_text("\n".join(rows).replace("NaN", "null"))
    arguments = ("predict", "m", "new.jsonl", "--all-columns", "--chunk-rows", "10")
    result = trimtab(*arguments, "-o", "out.csv")
    assert result.status == 0 and len(pd.read_csv("out.csv")) == 30
    result = trimtab(*arguments, "-o", "out.parquet")
    if result.status:  # unless all of it is kept as text
        assert "changes its type on the way" in result.err and not os.path.exists("out.parquet")


def test_ctrl_c_leaves_nothing(files):
    """Between two chunks, in a process of its own."""
    big = pd.concat([pd.read_csv(files / "new.csv")] * 2000)
    big.to_csv(files / "big.csv", index=False)
    child = subprocess.Popen(
        [
            *(sys.executable, "-m", "trimtab", "predict", "m", "big.csv", "-o", "out.csv"),
            *("--chunk-rows", "20"),
        ],
        cwd=files,
        stderr=subprocess.PIPE,
        text=True,
    )
    while child.poll() is None and not list(files.glob(".out.csv*.tmp")):
        pass
    child.send_signal(signal.SIGINT)
    _, said = child.communicate()
    assert said == "Interrupted; nothing was written.\n"
    # Interrupted inside exec(), as an import does it, Python ends itself by the signal: to a shell
    # that is 130 as well.
    assert child.returncode in (130, -signal.SIGINT)
    assert not list(files.glob("*out.csv*")) and not list(files.glob(".out*"))


def test_a_new_file_has_the_permissions_of_new_files(trimtab, files):
    trimtab("predict", "m", "new.csv", "-o", "out.csv")
    (files / "other").touch()
    assert stat.S_IMODE(os.stat("out.csv").st_mode) == stat.S_IMODE(os.stat("other").st_mode)


SPOTIFY = Path(__file__).parents[3] / "shared/data/spotify.csv"


@pytest.mark.skipif(not SPOTIFY.exists(), reason="the table is not here")
def test_songs(trimtab):
    """Dates, embeddings, groups, columns left out; files that are not quite the one trained on."""
    songs = pd.read_csv(SPOTIFY, nrows=4000).drop_duplicates("track_id")
    songs.to_csv("songs.csv", index=False)
    told = ("--target", "track_popularity", "--group", "track_artist", "--id", "track_id")
    small = ("--epochs", "1", "--layers", "8 relu", "--effort", "quick", "--quiet")
    assert trimtab("train", "songs.csv", *told, *small).status == 0
    assert trimtab("predict", "songs", "songs.csv", "-o", "all.csv").status == 0
    expected = pd.read_csv("all.csv").set_index("track_id")["prediction"]
    assert np.isfinite(expected).all() and len(expected) == len(songs)

    shuffled = songs.drop(columns=["track_popularity", "track_artist", "track_name"])
    shuffled = shuffled.sample(frac=0.5, random_state=0)[shuffled.columns[::-1]]
    shuffled.assign(mood="blue").to_parquet("other.parquet")
    result = trimtab("predict", "songs", "other.parquet", "-o", "other.csv", "--chunk-rows", "300")
    assert result.status == 0 and "Column 'mood' is ignored" in result.err
    found = pd.read_csv("other.csv").set_index("track_id")["prediction"]
    assert found.index.tolist() == shuffled["track_id"].tolist()
    assert found.tolist() == expected[found.index].tolist()

    shuffled.assign(playlist_subgenre="polka").to_csv("unseen.csv", index=False)
    result = trimtab("predict", "songs", "unseen.csv", "-o", "unseen.csv.gz")
    assert f"{len(shuffled):,} cells have a category that is not in the training rows" in result.err
    shuffled.drop(columns=["tempo", "key"]).to_csv("short.csv", index=False)
    message = trimtab.refuses("predict", "songs", "short.csv")
    assert "'tempo'" in message and "'key'" in message
    assert trimtab("evaluate", "songs", "songs.csv", "--part", "valid").status == 0


def test_many_rows_take_no_more_memory(files, predictor, monkeypatch):
    """Four times the rows in chunks of one size, and in blocks that are small beside the file."""
    monkeypatch.setattr("trimtab.tables.files.text_blocks.BLOCK", 1 << 16)
    new = pd.read_csv(files / "new.csv")
    peaks = []
    for repeats in (1000, 4000):
        pd.concat([new] * repeats).to_csv(files / "big.csv", index=False)
        tracemalloc.start()
        for frame in predictor.predict_chunks(files / "big.csv", rows=5000):
            assert len(frame) <= 5000
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] <= 1.2 * peaks[0], peaks
