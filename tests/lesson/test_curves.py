"""The picture's file; what it looks like was looked at."""

import math

import pytest

from trimtab.errors import InvalidArgument
from trimtab.lesson import Outcome, draw_curves
from trimtab.lesson.curves import output_folder

LEARNED = Outcome("with", [40.0, 5.0, 4.0, 3.0], [30.0, 6.0, 5.0, 5.5], 1.0)
DIVERGED = Outcome("without", [math.nan] * 4, [math.nan] * 4, 1.0)
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    "outcomes",
    [
        [LEARNED],
        [DIVERGED, LEARNED],
        [DIVERGED],
        [Outcome("one epoch", [1.0], [2.0], 0.0)],
        [Outcome("constant", [1.0, 1.0], [1.0, 1.0], 0.0)],
        [Outcome("went off late", [1.0, 1e30, math.inf], [1.0, 1e38, math.nan], 0.0), LEARNED],
    ],
    ids=lambda outcomes: ", ".join(outcome.variant for outcome in outcomes),
)
def test_draws(tmp_path, outcomes):
    path = tmp_path / "curves.png"
    draw_curves(outcomes, "A title", path)
    assert path.read_bytes().startswith(PNG)
    assert list(tmp_path.iterdir()) == [path]


def test_a_picture_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    path = tmp_path / "curves.png"
    path.write_bytes(b"before")

    def half(figure, file, **settings):
        file.write(PNG)
        raise OSError("disk full")

    monkeypatch.setattr(Figure, "savefig", half)
    with pytest.raises(OSError, match="disk full"):
        draw_curves([LEARNED], "A title", path)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_output_folder_is_made(tmp_path):
    with output_folder(tmp_path / "a" / "b"):
        pass
    assert (tmp_path / "a" / "b").is_dir()


def test_output_folder_made_for_nothing_goes_again(tmp_path):
    with pytest.raises(KeyboardInterrupt), output_folder(tmp_path / "a" / "b"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_output_folder_that_was_there_stays(tmp_path):
    with pytest.raises(KeyboardInterrupt), output_folder(tmp_path):
        raise KeyboardInterrupt
    assert tmp_path.is_dir()


def test_output_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with (
            pytest.raises(InvalidArgument, match=r"cannot write to .* Choose another folder"),
            output_folder(path),
        ):
            pass
