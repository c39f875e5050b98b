"""``trimtab lesson``: what it prints, what it writes, and what it refuses."""

import re

import pytest

from trimtab.engines import choosing
from trimtab.tables import datasets

PNG = b"\x89PNG\r\n\x1a\n"


def test_concrete_reports_both_networks(trimtab):
    result = trimtab("lesson", "concrete", "--epochs", "2")
    assert (result.status, result.err) == (0, "")
    first, second = re.findall(r"^Minimum Validation Loss: (\S+)$", result.out, re.MULTILINE)
    assert first == "nan"
    assert re.fullmatch(r"\d+\.\d{4}", second)
    assert "Diverged: loss is nan from epoch 1." in result.out
    assert "without batch normalization" in result.out
    assert "Learning curves: lesson-concrete/learning-curves.png" in result.out
    assert "\x1b" not in result.out
    picture = trimtab.folder / "lesson-concrete" / "learning-curves.png"
    assert picture.read_bytes().startswith(PNG)
    assert sorted(trimtab.folder.rglob("*")) == [picture.parent, picture]


def test_same_seed_same_numbers_another_seed_others(trimtab):
    def number(seed):
        out = trimtab("lesson", "concrete", "--epochs", "1", "--seed", seed, "--out", "curves").out
        return re.findall(r"^Minimum Validation Loss: (\S+)$", out, re.MULTILINE)[1]

    assert number("7") == number("7") != number("8")


def test_own_data_and_own_folder(trimtab):
    frame = datasets.load_red_wine().head(60)
    frame.to_csv(trimtab.folder / "wine.csv", index=False)
    result = trimtab(
        *("lesson", "red-wine", "--data", "wine.csv", "--out", "deep/down", "--epochs", "1")
    )
    assert result.status == 0
    assert "42 rows to train on, 18 to validate on, 11 columns" in result.out
    assert (trimtab.folder / "deep/down/learning-curves.png").read_bytes().startswith(PNG)


def test_on_the_other_engine(trimtab, monkeypatch):
    """By the option, and by the environment: the same run but for rounding."""
    pytest.importorskip("jax", reason="JAX is not installed")
    frame = datasets.load_red_wine().head(60)
    frame.to_csv(trimtab.folder / "wine.csv", index=False)
    used = []
    make = choosing.make_engine

    def spy(*given, **options):
        made = make(*given, **options)
        used.append(made.name)
        return made

    monkeypatch.setattr(choosing, "make_engine", spy)

    def number(*arguments):
        out = trimtab("lesson", "red-wine", "--data", "wine.csv", "--epochs", "1", *arguments).out
        return float(re.findall(r"^Minimum Validation Loss: (\S+)$", out, re.MULTILINE)[0])

    native = number("--engine", "native")
    option = number("--engine", "jax")
    monkeypatch.setenv("TRIMTAB_ENGINE", "jax")
    environment = number()
    assert used == ["native", "jax", "jax"]
    assert option == environment
    assert abs(option - native) <= 1e-3


def test_a_moving_picture(trimtab):
    result = trimtab("lesson", "batch-norm", "--seed", "2")
    assert (result.status, result.err) == (0, "")
    assert "Film: lesson-batch-norm/batch-norm.gif" in result.out
    assert "Page: lesson-batch-norm/batch-norm.html" in result.out
    folder = trimtab.folder / "lesson-batch-norm"
    assert sorted(each.name for each in folder.iterdir()) == ["batch-norm.gif", "batch-norm.html"]


@pytest.mark.parametrize(
    "arguments", [("--data", "a.csv"), ("--epochs", "3"), ("--coach",)], ids=lambda given: given[0]
)
def test_options_of_lessons_alone(trimtab, arguments):
    assert trimtab.refuses("lesson", "committee", *arguments) == (
        f"{arguments[0]} is for the lessons concrete, red-wine, spotify; committee is a moving "
        "picture. Use trimtab lesson committee."
    )


def test_unknown_engine(trimtab):
    assert trimtab.refuses("lesson", "concrete", "--engine", "gpu") == (
        "engine must be 'auto' or one of native, jax, received 'gpu'."
    )


def test_unknown_lesson(trimtab):
    message = trimtab.refuses("lesson", "conrete")
    assert message == (
        "lesson must be one of 'concrete', 'red-wine', 'spotify', 'dropout', 'batch-norm', "
        "'committee', received 'conrete'. Did you mean 'concrete'?"
    )


def test_no_lesson(trimtab):
    assert "NAME" in trimtab.refuses("lesson")


def test_spotify_says_where_people_get_it(trimtab):
    message = trimtab.refuses("lesson", "spotify")
    assert "TidyTuesday, 2020-01-21" in message
    assert "--data" in message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "table.csv"),
        (b"", "table.csv is empty"),
        (b"a,b\n1,2\n", "the table has no column 'Cement', 'BlastFurnaceSlag'"),
        (b"\x00\x01\x02", "table.csv is a binary file"),
    ],
)
def test_bad_data(trimtab, content, message):
    path = trimtab.folder / "table.csv"
    if content is not None:
        path.write_bytes(content)
    assert message in trimtab.refuses("lesson", "concrete", "--data", str(path))


def test_a_long_path_is_named_whole(trimtab):
    path = str(trimtab.folder / ("x" * 60) / ("y" * 60) / "table.csv")
    assert repr(path) in trimtab.refuses("lesson", "concrete", "--data", path)


@pytest.mark.parametrize("option", ["--seed", "--epochs"])
@pytest.mark.parametrize("value", ["-1", "1.5", "many", ""])
def test_bad_numbers(trimtab, option, value):
    assert option in trimtab.refuses("lesson", "concrete", f"{option}={value}")


def test_no_epochs_and_too_large_a_seed(trimtab):
    assert "--epochs" in trimtab.refuses("lesson", "concrete", "--epochs", "0")
    assert "--seed" in trimtab.refuses("lesson", "concrete", "--seed", str(2**64))


def test_folder_that_cannot_be_written(trimtab):
    (trimtab.folder / "file").write_text("")
    assert "cannot write to file" in trimtab.refuses("lesson", "concrete", "--out", "file")


def test_nothing_is_left_when_training_is_interrupted(trimtab, monkeypatch):
    def interrupted(*arguments, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr("trimtab.lesson.train", interrupted)
    result = trimtab("lesson", "concrete")
    assert (result.status, result.err) == (130, "Interrupted; nothing was written.\n")
    assert list(trimtab.folder.iterdir()) == []
