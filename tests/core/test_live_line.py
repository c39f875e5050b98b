"""The live line: what it shows, and what it leaves out on a narrow terminal."""

import re

import pytest

from trimtab.core.live_line import LiveLine, clock, fitting, is_live


@pytest.mark.parametrize(
    ("width", "text"),
    [(7, ""), (8, "loss 0.5"), (21, "loss 0.5"), (22, "loss 0.5  val_loss 0.6"), (99, None)],
)
def test_items_that_do_not_fit_are_left_out_from_the_right(width, text):
    items = ["loss 0.5", "val_loss 0.6", "mae 0.7"]
    assert fitting(items, width) == ("  ".join(items) if text is None else text)


def test_an_item_that_is_left_out_takes_the_later_ones_with_it():
    assert fitting(["a" * 5, "b" * 50, "c"], 10) == "aaaaa"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (3599, "59:59"), (3600, "1:00:00")]
)
def test_clock(seconds, text):
    assert clock(seconds) == text


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("columns", [40, 80])
def test_a_line_fits_its_terminal_and_goes_away_unless_it_is_kept(
    capsys, monkeypatch, columns, keep
):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert is_live()
    line = LiveLine(bar=5, keep=keep)
    line.show("epoch 1/9", 0.5, ["0:12 left", "loss 0.5000", "val_loss 0.6000", "mae 0.7000"])
    line.close()
    out = capsys.readouterr().out
    texts = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out))
    assert max(map(len, texts)) <= columns
    drawn = max(texts, key=len)
    assert drawn.startswith("epoch 1/9 ") and "0:12 left  loss 0.5000" in drawn
    assert ("mae" in drawn) == (columns == 80)
    assert out.endswith("\x1b[2K") != keep  # the line is erased


def test_a_stream_without_a_terminal_is_not_live(monkeypatch):
    class Closed:
        def isatty(self):
            raise ValueError("I/O operation on closed file")

    for stream in (Closed(), object()):
        monkeypatch.setattr("sys.stdout", stream)
        live = is_live()
        monkeypatch.undo()
        assert not live
