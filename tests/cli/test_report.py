"""``trimtab report``, and the report of ``trimtab train``."""

import json

import pytest

from tests.support.pages import checked

QUICK = ("--layers", "8 relu", "--epochs", "2")


@pytest.fixture
def quick_report():
    """Pages are made here."""


@pytest.fixture
def model(trimtab):
    trimtab.does("train", "red-wine", "--no-report", *QUICK)
    return "red-wine.trimtab"


def test_train_makes_one(trimtab):
    out = trimtab.does("train", "red-wine", "--no-baselines", *QUICK).out
    assert "\nreport    red-wine.html\n" in out
    text = checked((trimtab.folder / "red-wine.html").read_text("utf-8")).text
    assert "trimtab train red-wine --target quality --layers '8 relu' --epochs 2" in text
    assert "gradient boosting" not in text


def test_made_again(trimtab, model):
    assert trimtab.does("report", model).out == "report: red-wine.html\n"
    first = checked((trimtab.folder / "red-wine.html").read_text("utf-8")).text
    assert "The worst rows" not in first
    out = trimtab.does("report", model, "--data", "red-wine", "--facts", "f.json").out
    assert out == "report: red-wine.html\nfacts: f.json\n"
    second = checked((trimtab.folder / "red-wine.html").read_text("utf-8")).text
    assert "The worst rows" in second and "gradient boosting" in second
    facts = json.loads((trimtab.folder / "f.json").read_text())
    assert facts["version"] == 1 and facts["verdict"]["sentence"] in second
    out = trimtab.does("report", model, "--data", "red-wine", "--private", "-o", "p.html").out
    assert out == "report: p.html\n"
    assert "The worst rows" not in (trimtab.folder / "p.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.trimtab",), "none.trimtab"),
        (("red-wine.trimtab", "--data", "none.csv"), "none.csv"),
        (("red-wine.trimtab", "--out", "page.pdf"), "--out must end in .html, received 'page.pdf'"),
        (("red-wine.trimtab", "--out", "no/page.html"), "there is no folder no"),
        (("red-wine.trimtab", "--facts", "f.txt"), "--facts must end in .json"),
        (("red-wine.trimtab", "--facts", "no/f.json"), "Create it first."),
    ],
)
def test_refusals(trimtab, model, arguments, message):
    assert message in trimtab.refuses("report", *arguments)


def test_a_page_of_somebody_else_is_left(trimtab, model):
    (trimtab.folder / "red-wine.html").write_text("mine")
    assert "is not a report that trimtab made" in trimtab.refuses("report", model)
    assert (trimtab.folder / "red-wine.html").read_text() == "mine"


def test_a_table_is_not_replaced(trimtab, model):
    (trimtab.folder / "t.html").write_text("x,y\n1,2\n")
    message = trimtab.refuses("report", model, "--data", "t.html", "--out", "t.html")
    assert "is an input of this command" in message
