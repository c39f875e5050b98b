"""What fit prints: nothing, a line an epoch, or a live line."""

import io
import re
import subprocess
import sys

import pytest

from tests.support.small import small_data, small_model
from trimtab.training import progress

LINE = re.compile(
    r"^Epoch (\d)/3 - \d+\.\d\ds - loss: (\S+) - mae: \S+ - val_loss: \S+ - val_mae: \S+$"
)


def fit(**options):
    x, y = small_data()
    model = small_model(loss="mse", metrics=["mae"])
    return model.fit(x, y, epochs=3, validation_split=0.2, **options)


def test_one_line_an_epoch(capsys):
    history = fit(verbose=2)
    lines = capsys.readouterr().out.splitlines()
    found = [LINE.match(line).groups() for line in lines]
    assert found == [(str(i + 1), f"{v:.4f}") for i, v in enumerate(history.history["loss"])]


@pytest.mark.parametrize("verbose", ["auto", 1, True])
def test_off_a_terminal_it_is_one_line_an_epoch(capsys, verbose):
    fit(verbose=verbose)
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_silence(capsys):
    fit(verbose=0)
    assert capsys.readouterr().out == ""


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("verbose", ["auto", 1])
def test_live_line_on_a_terminal(monkeypatch, verbose):
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(sys, "stdout", terminal)
    history = fit(verbose=verbose)
    text = terminal.getvalue()
    assert "epoch 3/3" in text
    last = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).splitlines()[-1]
    for key in ("loss", "mae", "val_loss", "val_mae"):
        assert f"{key} {history.history[key][-1]:.4f}" in last
    assert "lr 0.001" in last


def test_a_narrow_terminal_shows_what_matters_most(monkeypatch):
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys, "stdout", terminal)
    history = fit(verbose=1).history
    last = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.getvalue()).splitlines()[-1]
    assert len(last) <= 60
    assert f"loss {history['loss'][-1]:.4f}  val_loss {history['val_loss'][-1]:.4f}" in last
    assert "epoch 3/3" in last and "mae" not in last and "…" not in last


def test_live_line_looks_in_between_steps(monkeypatch):
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", terminal)
    ticks = []
    monkeypatch.setattr(progress, "_PERIOD", 0.0)
    live = progress.LiveProgress
    monkeypatch.setattr(live, "watch_steps", lambda self, steps, loss: ticks.append((steps, loss)))
    x, y = small_data(3000)
    small_model().fit(x, y, batch_size=1, verbose=1)
    assert all(0 <= steps < 3000 for steps, _ in ticks)


def test_the_live_line_ends_after_an_error(monkeypatch):
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", terminal)
    stop = progress.LiveProgress()
    stop.set_params({"epochs": 1, "steps": 1})
    stop.on_train_begin()
    stop.release()
    assert stop._line is None
    assert "\x1b[?25h" in terminal.getvalue()  # the cursor is back


def test_a_callback_that_prints_does_not_break_the_line(monkeypatch):
    from trimtab.training.callbacks import LambdaCallback

    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", terminal)
    fit(verbose=1, callbacks=[LambdaCallback(on_epoch_end=lambda e, logs: print(f"mine {e}"))])
    assert [f"mine {e}" in terminal.getvalue() for e in range(3)] == [True] * 3


def test_numbers_are_short():
    logs = {"val_loss": 1e-5, "loss": 0.12345, "mae": float("nan"), "big": 1e7, "val_mae": 0.0}
    assert progress.format_logs(logs, "=") == [
        "loss=0.1235",
        "big=1.0000e+07",
        "mae=nan",
        "val_loss=1.0000e-05",
        "val_mae=0.0000",
    ]


def test_evaluate_says_one_line(capsys):
    x, y = small_data()
    model = small_model(metrics=["mse"])
    loss, mse = model.evaluate(x, y)
    assert capsys.readouterr().out == f"loss: {loss:.4f} - mse: {mse:.4f}\n"
    model.evaluate(x, y, verbose=0)
    model.predict(x)
    assert capsys.readouterr().out == ""


def test_no_terminal_at_all():
    code = (
        "import sys\nsys.stdout = None\n"
        "from trimtab.core.live_line import is_live\n"
        "sys.stderr.write(str(is_live()))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stderr == "False"
