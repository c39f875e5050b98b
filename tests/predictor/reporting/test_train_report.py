"""The report that ``train`` makes: beside the model, and never in its way."""

import numpy as np
import pytest

import trimtab
from tests.predictor.reporting.conftest import SMALL, table_of
from tests.support.pages import checked
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.predictor.training import events
from trimtab.training.history import History

DATA = table_of("price")


def saved(heard):
    return [event.what for event in heard if isinstance(event, events.Saved)]


def notes(heard):
    return next(event for event in heard if isinstance(event, events.Finished)).notes


def test_a_page_lies_beside_the_model(tmp_path):
    heard = []
    trimtab.train(DATA, "price", out=tmp_path / "m", listener=heard.append, **SMALL)
    assert saved(heard) == ["model", "picture", "options", "report"]
    found = checked((tmp_path / "m.html").read_text("utf-8"))
    assert "Predicting price" in found.text
    assert "trimtab train 'the data frame' --target price" in found.text
    seconds = next(each for each in heard if isinstance(each, events.Finished)).seconds
    assert seconds["report"] > 0


def test_no_page_where_none_is_wanted(tmp_path):
    trimtab.train(DATA, "price", out=tmp_path / "m", report=False, **SMALL)
    trimtab.train(DATA, "price", **SMALL)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".png", ".toml", ".trimtab"]


def test_a_page_without_a_model(tmp_path):
    trimtab.train(DATA, "price", report=tmp_path / "page", private=True, baselines=False, **SMALL)
    (path,) = tmp_path.iterdir()
    assert path.name == "page.html"
    text = checked(path.read_text("utf-8")).text
    assert "gradient boosting" not in text and "The worst rows" not in text


def test_a_function_as_report_is_a_listener():
    """As it was before there were reports."""
    heard = []
    trimtab.train(DATA, "price", report=heard.append, **SMALL)
    assert isinstance(heard[-1], events.Finished)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"report": 3}, "report must be True for a page beside the model, False for none"),
        ({"report": "page.pdf"}, "report must end in .html, received 'page.pdf'"),
        ({"report": "no/such/page.html"}, "there is no folder no/such"),
        ({"report": "page.html", "private": 1}, "private must be True or False"),
        ({"baselines": "no"}, "baselines must be True or False"),
    ],
)
def test_refused_before_anything_is_trained(options, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidArgument, match=r"must|there is") as refused:
        trimtab.train(DATA, "price", **options)
    assert message in str(refused.value)


def test_a_report_that_fails_leaves_the_model(tmp_path, monkeypatch):
    def broken(*arguments):
        raise ZeroDivisionError("in a picture")

    monkeypatch.setattr("trimtab.predictor.reporting.facts.collect", broken)
    heard = []
    trimtab.train(DATA, "price", out=tmp_path / "m", listener=heard.append, **SMALL)
    (note,) = [each for each in notes(heard) if "report" in each]
    assert note == (
        "The report could not be made; the model is not affected. It says: "
        "ZeroDivisionError('in a picture')"
    )
    assert trimtab.load(tmp_path / "m.trimtab").unfinished is None
    assert not (tmp_path / "m.html").exists()


def test_a_full_disk_is_a_note(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("trimtab.predictor.reporting.writing.write_page", full)
    heard = []
    trimtab.train(DATA, "price", out=tmp_path / "m", listener=heard.append, **SMALL)
    assert any("could not be written: No space left on device" in each for each in notes(heard))


def test_a_page_of_somebody_else_is_left(tmp_path):
    page = tmp_path / "m.html"
    page.write_text("<h1>Mine</h1>")
    heard = []
    trimtab.train(DATA, "price", out=tmp_path / "m", listener=heard.append, **SMALL)
    assert page.read_text() == "<h1>Mine</h1>"
    assert any("m.html was not written by train and is left" in each for each in notes(heard))
    page.unlink()
    for _ in range(2):  # the second time it replaces its own
        trimtab.train(DATA, "price", out=tmp_path / "m", overwrite=True, **SMALL)
    assert "Predicting price" in page.read_text("utf-8")


def test_many_rows_are_sampled(tmp_path, monkeypatch):
    monkeypatch.setattr("trimtab.predictor.reporting.rows.MOST_ROWS", 150)
    monkeypatch.setattr("trimtab.predictor.reporting.rows.MOST_CELLS", 10)
    path = tmp_path / "big.csv"
    rows = 3000
    generator = np.random.default_rng(0)
    x = generator.normal(size=rows)
    lines = [f"{each:.6f},{2 * each + 1:.6f}" for each in x]
    path.write_text("\n".join(["x,y", *lines]) + "\n")
    trimtab.train(str(path), "y", report=tmp_path / "page.html", fold=3, **SMALL)
    text = checked((tmp_path / "page.html").read_text("utf-8")).text
    assert "Measured on 150 rows, drawn at random" in text
    assert "150 of 3,000 rows out of fold, drawn at random" in text
    # Rows are named by their lines in the file all the same.
    line = text.partition("distribution of")[0].partition("error x")[2].split()[:2]
    assert line[0] == "line" and 2 <= int(line[1].replace(",", "")) <= rows + 1


# -- the methods ----------------------------------------------------------------------------------


def test_predictor_report(tmp_path, trained):
    predictor, data = trained("number")
    page = predictor.report(tmp_path / "a", data, facts=tmp_path / "a.json", baselines=False)
    assert page == tmp_path / "a.html"
    checked(page.read_text("utf-8"))
    assert '"version": 1' in (tmp_path / "a.json").read_text("ascii")
    x, y = data.drop(columns="price"), data["price"]
    apart = predictor.report(tmp_path / "b", x, y, baselines=False)
    assert len(apart.read_bytes()) == pytest.approx(len(page.read_bytes()), rel=0.01)
    with pytest.raises(InvalidData, match="price"):
        predictor.report(tmp_path / "c", x)
    assert not (tmp_path / "c.html").exists()


def test_history_to_html(tmp_path):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(64, 3)).astype("float32")
    model = trimtab.Sequential(
        [trimtab.layers.Dense(4, "relu", name="<hidden>"), trimtab.layers.Dense(1)], seed=1
    )
    model.compile(optimizer="adam", loss="mse", metrics=["mae"])
    history = model.fit(x, x[:, 0], epochs=3, verbose=0, validation_split=0.25, track=["layers"])
    path = history.to_html(tmp_path / "curves.html", title="Two <b>layers</b>")
    found = checked(path.read_text("utf-8"))
    assert "Two <b>layers</b>" in found.text and "mae by epoch" in found.text
    assert "Layers by epoch" in found.text and "<hidden>" in found.text
    assert len(found.all("figure")) > 5
    with pytest.raises(InvalidArgument, match="at least one epoch"):
        History().to_html(tmp_path / "none.html")
