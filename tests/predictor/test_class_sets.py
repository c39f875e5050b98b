"""Sets of classes in one cell, whatever the classes are called."""

import csv
import itertools

import numpy as np
import pandas as pd
import pytest

import trimtab
from trimtab.predictor.classes.sets import in_one_cell

AWKWARD = ["x|y", "x", "y", '"', '5"', 'a"|"b', "|", "||", "line\nbreak", "a, b", " ", "ä|ö", "\\|"]


def test_sets_can_be_taken_apart():
    for number in (1, 2, 3):
        for labels in itertools.permutations(AWKWARD, number):
            assert next(csv.reader([in_one_cell(labels)], delimiter="|", strict=True)) == list(
                labels
            ) or any("\n" in label for label in labels)
    cell = in_one_cell(["line\nbreak", "x|y"])
    assert next(csv.reader(cell.splitlines(keepends=True), delimiter="|")) == ["line\nbreak", "x|y"]


def test_all_sets_differ():
    cells = [
        in_one_cell(labels)
        for number in range(4)
        for labels in itertools.permutations(AWKWARD, number)
    ]
    assert len(set(cells)) == len(cells)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_in_files(tmp_path, ending):
    generator = np.random.default_rng(0)
    x = generator.normal(size=300)
    names = np.array(["x|y", "x", 'y "z"'])
    frame = pd.DataFrame({"x": x, "y": names[np.digitize(x + generator.normal(size=300), [-1, 1])]})
    predictor = trimtab.train(frame, "y", epochs=2, layers="4 relu", effort="quick")
    found = predictor.predict_frame(frame, interval=0.9)
    sets = predictor.predict_interval(frame, 0.9).classes()
    path = tmp_path / f"p.{ending}"
    from trimtab.tables.files.writing import writer

    with writer(path) as write:
        write(found)
    read = {
        "csv": lambda: pd.read_csv(path, keep_default_na=False),
        "jsonl": lambda: pd.read_json(path, lines=True),
        "parquet": lambda: pd.read_parquet(path),
    }[ending]()
    cells = [
        next(csv.reader([cell], delimiter="|"), []) if cell else [] for cell in read["classes"]
    ]
    assert cells == sets and any(len(each) > 1 for each in cells)
