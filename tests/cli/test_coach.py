"""``trimtab coach``: what it prints, what it writes, and what it refuses."""

import json

import pytest

import trimtab as package
from tests.support.pages import checked
from tests.support.predictors import houses

QUICK = ("--effort", "quick", "--layers", "8 relu", "--trials", "14", "--quiet")


@pytest.fixture
def folder(trimtab):
    houses().to_csv(trimtab.folder / "houses.csv", index=False)
    return trimtab.folder


def typed(*more):
    return ("coach", "houses.csv", "--target", "price", *QUICK, *more)


def test_it_writes_a_model_only_if_something_is_better(trimtab, folder):
    result = trimtab(*typed("--epochs", "2", "--json"))
    assert (result.status, result.err) == (0, "")
    record = json.loads(result.out)
    place = folder / "houses.coached.trimtab"
    assert place.exists() == (record["winner"] != "base")
    if place.exists():
        assert package.load(place).target == "price"
        assert record["saved"] == "houses.coached.trimtab"


def test_a_page_of_it(trimtab, folder):
    result = trimtab(*typed("--epochs", "2", "--report", "page"))
    assert (result.status, result.err) == (0, "")
    assert "Report: page.html" in result.out
    page = checked((folder / "page.html").read_text("utf-8"))
    assert "Coaching: predicting price of houses" in page.text


def test_it_says_how_it_measured(trimtab, folder):
    result = trimtab(*typed("--epochs", "2"))
    assert result.status == 0
    assert result.out.startswith("change")
    assert "splits of the same rows" in result.out.replace("\n", " ")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--trials", "0"), "trials must be"),
        (("--design", "part"), "Did you mean 'parts'"),
        (("--out", "nowhere/a.trimtab"), "there is no folder 'nowhere'"),
        (("--out", "houses.csv"), "is no model of trimtab"),
        (("--report", "page.pdf"), "--report must end in .html"),
        (("--report", "nowhere/page.html"), "there is no folder nowhere"),
    ],
)
def test_refusals(trimtab, folder, more, message):
    before = (folder / "houses.csv").read_bytes()
    result = trimtab(*typed(*more))
    assert result.status == 2
    assert message in result.err
    assert (folder / "houses.csv").read_bytes() == before


def test_a_target_is_needed(trimtab, folder):
    result = trimtab("coach", "houses.csv")
    assert result.status == 2
    assert "--target COLUMN" in result.err


def test_a_time_limit_of_a_lesson_is_for_coaching(trimtab):
    result = trimtab("lesson", "concrete", "--time-limit", "1m")
    assert result.status == 2
    assert "--time-limit is for --coach" in result.err
