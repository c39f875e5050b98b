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


# -- train --coach --------------------------------------------------------------------------------


def trained(*more):
    return ("train", "houses.csv", "--target", "price", "--coach", *QUICK[:4], *more)


def test_train_coaches_once_the_model_is_saved(trimtab, folder):
    result = trimtab(*trained("--coach-time", "2s", "--epochs", "2"))
    assert (result.status, result.err) == (0, "")
    before, after = result.out.split("\ncoaching  for up to 2 seconds")
    assert "model     houses.trimtab" in before
    assert "\nchange " in after and "splits of the same rows" in after.replace("\n", " ")
    assert "(--" not in after.split("Train with it")[0]  # names of changes stay as they are


def test_ctrl_c_ends_the_coaching_and_the_model_stands(trimtab, folder, monkeypatch):
    def coach(self, data, **asked):
        raise KeyboardInterrupt

    monkeypatch.setattr(package.Predictor, "coach", coach)
    result = trimtab(*trained("--epochs", "2", "--json"))
    assert result.status == 130
    last = json.loads(result.out.splitlines()[-1])
    assert (last["event"], last["ended"]) == ("coached", "interrupted")
    assert package.load(folder / "houses.trimtab").target == "price"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--coach-time", "soon"), "--coach-time must be a positive number of seconds"),
        (("--json", "--coach-time", "0"), "--coach-time must be a positive number"),
    ],
)
def test_train_refuses(trimtab, folder, more, message):
    result = trimtab(*trained(*more))
    assert result.status == 2
    assert message in result.err
    assert not (folder / "houses.trimtab").exists()


def test_a_time_for_a_coaching_needs_one(trimtab, folder):
    result = trimtab("train", "houses.csv", "--target", "price", "--coach-time", "5m")
    assert result.status == 2
    assert "--coach-time is for --coach. Use both, or neither." in result.err
