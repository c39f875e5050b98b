"""The page of error messages has messages that are raised, in their very words."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trimtab
from trimtab import Sequential, keras, layers

PAGE = Path(__file__).parents[1] / "docs" / "guides" / "errors.md"
HEADINGS = re.findall(r"^### `(.*)`$", PAGE.read_text("utf-8"), re.MULTILINE)

X = pd.DataFrame({"a": np.arange(40.0), "b": np.arange(40.0) % 7})
Y = X["a"] * 2


def network(width=2, outputs=1, fitted=True):
    model = Sequential([layers.Input((width,)), layers.Dense(outputs)])
    model.compile(optimizer="adam", loss="mae")
    if fitted:
        model.fit(X, Y, epochs=1, verbose=0)
    return model


def train(text, target="y", **options):
    """Trains on a CSV file of this text."""
    Path("table.csv").write_text(text)
    trimtab.train("table.csv", target, epochs=1, layers="2", effort="quick", **options)


def rows(cell):
    return "a,y\n" + "".join(f"{number * 7 % 31},{cell(number)}\n" for number in range(60))


def predictor():
    return trimtab.train(X.assign(y=Y), "y", epochs=1, layers="2", effort="quick")


def classes():
    model = Sequential([layers.Dense(3, activation="softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.fit(X, np.arange(40) % 3 + 1, verbose=0)


def occupied():
    predictor().save("x.trimtab")
    train(rows(lambda number: number), out="x.trimtab")


def broken():
    path = predictor().save("x.trimtab")
    Path(path).write_bytes(Path(path).read_bytes()[:2000])
    trimtab.load(path)


CALLS = {
    "has no column …": lambda: train(rows(str), "z"),
    "is not a number, but all other cells of the column are": lambda: train(
        rows(lambda number: "1.2x" if number == 3 else number)
    ),
    "… fields, but there are … column names": lambda: train(rows(str) + "1,2,3\n"),
    "have the same name": lambda: train("a,a,y\n1,2,3\n"),
    "too many to be classes": lambda: train(rows(lambda number: f"text {number}")),
    "is … in every row, so there is nothing to predict": lambda: train(rows(lambda number: 1)),
    "training needs at least 20 rows with a target": lambda: train("a,y\n1,2\n2,3\n3,5\n"),
    "cannot order the rows in time": lambda: train(
        rows(str).replace("\n", ",Kiel\n").replace("y,Kiel", "y,city"), time="city"
    ),
    "that the model was trained with": lambda: predictor().predict(X[["a"]]),
    "has the columns of fit in another order": lambda: network().predict(X[["b", "a"]]),
    "columns, but the model takes": lambda: network().predict(np.zeros((3, 5))),
    "fit needs a compiled model": lambda: Sequential([layers.Dense(1)]).fit(X, Y),
    "They must have the same number.": lambda: network().fit(X, Y[:3]),
    "Drop those rows or fill them in before training.": lambda: network().fit(X, Y.where(Y > 9)),
    "must hold numbers, received the text": lambda: network().fit(X.assign(b="text"), Y),
    "must hold class numbers from": classes,
    "rate must be a float between 0 and 1": lambda: layers.Dropout(30),
    "is not supported: trimtab trains dense networks": lambda: keras.layers.LSTM(8),
    "no loss is called '…'. Did you mean": lambda: network().compile(optimizer="adam", loss="mea"),
    "has no argument …": lambda: network().fit(X, Y, epoch=3),
    "already exists and holds": occupied,
    "is not a trimtab file": lambda: trimtab.load(PAGE),
    "is damaged": broken,
}

#: Raised where a package is missing, and by the command line: tests of these have the words.
ELSEWHERE = {"which is not installed", "No such option"}


def test_every_message_is_tried():
    assert set(HEADINGS) == set(CALLS) | ELSEWHERE


@pytest.mark.parametrize("words", CALLS)
def test_messages_are_those_that_are_raised(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((trimtab.errors.TrimtabError, AttributeError)) as caught:
        CALLS[words]()
    pattern = ".*".join(re.escape(part) for part in words.split("…"))
    assert re.search(pattern, str(caught.value), re.DOTALL)
