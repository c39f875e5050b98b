"""What a board keeps and tells: all points of short runs, some of long ones, the last always."""

import io
import json
import math
import threading
import time

import pytest

from trimtab.errors import InvalidArgument
from trimtab.live.board import EACH, MOST_RUNS, Board
from trimtab.live.log import Log
from trimtab.live.panel import Panel, spark


def told(board):
    """All messages, merged as the page merges them."""
    runs = {}
    for message in board.log.wait(0, 0.0)[1]:
        json.dumps(message, allow_nan=False)
        run = runs.setdefault(message.get("run"), {"epochs": [], "series": {}})
        for name, values in message.get("series", {}).items():
            run["series"].setdefault(name, [None] * len(run["epochs"])).extend(values)
        run["epochs"] += message.get("epochs", [])
        run |= {k: v for k, v in message.items() if k not in ("epochs", "series")}
    return runs


def test_pages_hear_every_epoch_of_a_short_run():
    board = Board()
    run = board.run("wine")
    for epoch in range(1, 201):
        run.epoch(epoch, 200, {"loss": 1 / epoch, "val_loss": math.nan if epoch == 3 else 2.0})
    run.end(["All epochs are done."])
    found = told(board)[run.number]
    assert found["epochs"] == list(range(1, 201))
    assert found["series"]["loss"][9] == 0.1
    assert found["series"]["val_loss"][2] is None
    assert found["now"]["share"] == 1.0
    assert found["ended"] == ["All epochs are done."]
    assert found["title"] == "wine"


def test_a_long_run_has_some_thousand_points_and_its_last_epoch():
    board = Board()
    run = board.run()
    for epoch in range(1, 100_000):
        run.epoch(epoch, None, {"loss": float(epoch)})
    run.end([])
    found = told(board)[run.number]
    assert EACH < len(found["epochs"]) < 8 * EACH
    assert found["epochs"][-1] == 99_999 == found["series"]["loss"][-1]
    assert len(board.log.wait(0, 0.0)[1]) < 3000


def test_a_metric_that_comes_later_has_a_gap_before():
    board = Board()
    run = board.run()
    run.epoch(1, 2, {"loss": 1.0})
    run.epoch(2, 2, {"loss": 1.0, "val_loss": 3.0})
    run.end([])
    assert told(board)[run.number]["series"]["val_loss"] == [None, 3.0]


def test_writing_takes_microseconds():
    run = Board().run()
    losses = {"loss": 0.5, "val_loss": 0.4, "mae": 0.3, "val_mae": 0.2}
    begin = time.process_time()
    for epoch in range(1, 5001):
        run.epoch(epoch, 5000, losses, left=1.0, best=1)
    assert (time.process_time() - begin) / 5000 < 100e-6  # 8 on a laptop


def test_stopping_asks_once_and_says_so():
    board, asked = Board(), []
    run = board.run("a", lambda: asked.append(1))
    assert board.stop({"run": run.number}) == {"stopping": True}
    board.stop({"run": run.number})
    assert asked == [1]
    assert run.stopping
    assert told(board)[run.number]["stopping"]
    run.end([])
    assert board.stop({"run": run.number}) == {"stopping": False}


@pytest.mark.parametrize("number", [0, 99, "1", True, None, 1.0, [1], {}])
def test_what_is_no_run_is_refused(number):
    board = Board()
    board.run()
    with pytest.raises(InvalidArgument, match="no such run"):
        board.stop({"run": number})


def test_the_oldest_run_that_has_ended_goes():
    board = Board()
    first = board.run("still trains")
    for number in range(MOST_RUNS + 5):
        board.run(f"run {number}").end([])
    assert len(board.runs) == MOST_RUNS
    assert first in board.runs
    found = told(board)
    gone = [number for number, run in found.items() if run.get("gone")]
    assert len(gone) == 6
    assert all(not found[number]["epochs"] for number in gone)


def test_trials_end_when_asked():
    board = Board()
    trials = board.trials("Comparison")
    trials.show("mae", [{"name": "a", "gains": [0.1, math.nan], "dropped": False}], 3, 1, 2.0)
    assert board.stop({"run": trials.number}) == {"stopping": True}
    assert trials.stopping
    messages = [each for each in board.log.wait(0, 0.0)[1] if "rows" in each]
    assert messages[0]["rows"][0]["gains"] == [0.1, None]


def test_a_spark_shows_the_shape():
    assert spark([1.0, 2.0, 3.0], 10) == "▁▅█"
    assert spark([math.inf, None], 10) == ""
    assert len(spark(list(range(1000)), 30)) == 30
    steep = spark([1000.0] + [1.0 + i / 100 for i in range(99)], 100)
    assert len(set(steep)) > 4, "one large number at the beginning must not flatten the rest"


@pytest.mark.parametrize("width", [30, 80, 200])
def test_the_panel_says_where_training_is(width):
    from rich.console import Console

    board = Board()
    run = board.run("wine [bold]")
    panel = Panel(run, "http://127.0.0.1:1/x/")
    for epoch in range(1, 31):
        run.epoch(epoch, 60, {"loss": 1 / epoch, "val_loss": 2 / epoch}, left=65.0, best=7)
    run.layers([1, 2], {"zeros": {"dense": [0.5, 0.25]}, "dead": {"dense": [0.0, 3.0]}})
    run.find([{"severity": "warning", "title": "Overfitting:", "text": "it rises."}])
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(panel.drawn(width))
    said = console.export_text()
    assert max(map(len, said.splitlines())) <= width
    for each in ("epoch 30/60", "1:05 left", "val_loss", "zeros 25 %", "Overfitting", "Ctrl-C"):
        assert each in said.replace("\n", " ").replace("│", "") or width == 30, (each, said)
    assert "wine [bold]" in said


def test_what_belongs_together_comes_together():
    log, told = Log(), []
    reader = threading.Thread(target=lambda: told.append(log.wait(0, 10.0)))
    with log.together():
        log.post({"epochs": [1, 2]})
        reader.start()
        time.sleep(0.05)
        log.post({"now": 2}, key="now")
    reader.join()
    assert told == [(2, [{"epochs": [1, 2]}, {"now": 2}])]
