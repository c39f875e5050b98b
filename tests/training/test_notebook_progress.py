"""What fit shows in a notebook."""

import math
import re

import pytest

from tests.support.notebooks import notebook  # noqa: F401 - a fixture
from tests.support.small import small_data, small_model
from trimtab.keras.callbacks import LambdaCallback
from trimtab.training import notebook_progress
from trimtab.training.notebook_progress import EpochTable, NotebookProgress
from trimtab.training.progress import LineProgress
from trimtab.training.progress_choice import make_progress


@pytest.fixture
def at_once(monkeypatch):
    """Nothing waits for the next drawing."""
    monkeypatch.setattr(notebook_progress, "_PERIOD", 0.0)


def fit(epochs=3, **options):
    x, y = small_data()
    return small_model(loss="mse", metrics=["mae"]).fit(
        x, y, epochs=epochs, validation_split=0.2, **options
    )


def rows_of(place):
    """Heading and rows of the table as text."""
    return [line.split() for line in place.text.splitlines()[1:]]


@pytest.mark.parametrize("verbose", ["auto", 1])
def test_one_table_with_a_row_for_each_epoch(notebook, at_once, capsys, verbose):  # noqa: F811
    history = fit(verbose=verbose).history
    (place,) = notebook.places
    head, *rows = rows_of(place)
    assert head == ["epoch", "loss", "mae", "val_loss", "val_mae"]
    expected = [
        [str(epoch + 1), *(f"{history[name][epoch]:.4f}" for name in head[1:])]
        for epoch in range(3)
    ]
    assert rows == expected
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", place.html)
    assert cells == [cell for row in expected for cell in row]
    assert place.text.startswith("3 of 3 epochs in 0:0")
    assert capsys.readouterr().out == ""


def test_it_grows_while_fit_runs(notebook, at_once):  # noqa: F811
    fit()
    (place,) = notebook.places
    numbers = [len(bundle["text/html"].split("<tr>")) for bundle in place.shown]
    assert numbers == sorted(numbers) and set(numbers) == {3, 4, 5}
    assert "<progress" in place.shown[0]["text/html"] and "<progress" not in place.html


def test_a_long_epoch_shows_its_loss_so_far(notebook, at_once):  # noqa: F811
    progress = NotebookProgress()
    progress.set_params({"epochs": 2, "steps": 10})
    progress.on_train_begin()
    progress.on_epoch_begin(0)
    progress.watch_steps(0, math.nan)  # no step is done
    assert notebook.places == []
    for steps, loss in ((4, 0.51234), (8, math.nan)):
        progress.watch_steps(steps, loss)
    (place,) = notebook.places
    first, second = (bundle["text/plain"] for bundle in place.shown)
    assert re.fullmatch(r"epoch 1/2, loss 0\.5123, \d+:\d\d left", first)
    assert re.fullmatch(r"epoch 1/2, loss nan, \d+:\d\d left", second)
    assert 'value="0.200"' in place.shown[0]["text/html"]
    progress.on_epoch_end(0, {"loss": 0.5})
    assert "loss 0" not in place.text.splitlines()[0]  # it stands in the table now


def test_drawings_are_rare(notebook, monkeypatch):  # noqa: F811
    moments = iter(i / 1000 for i in range(10**6))
    monkeypatch.setattr(notebook_progress.time, "monotonic", lambda: next(moments))
    fit(epochs=200)
    (place,) = notebook.places
    looked = next(moments)
    assert 2 <= len(place.shown) <= looked / 0.3 + 2


def test_of_many_epochs_the_first_the_best_and_the_last(notebook, at_once):  # noqa: F811
    history = fit(epochs=40, verbose=1).history
    _, *rows = rows_of(notebook.places[0])
    epochs = [int(row[0]) for row in rows]
    best = min(range(40), key=lambda epoch: history["val_loss"][epoch]) + 1
    assert epochs == sorted({1, best, *range(31, 41)})
    bold = re.findall(r"<tr>(?:<td[^>]*bold[^>]*>([^<]*)</td>)", notebook.places[0].html)
    assert bold == [str(best)]


def test_one_line_an_epoch_where_asked_for(notebook, capsys):  # noqa: F811
    fit(verbose=2)
    assert len(capsys.readouterr().out.splitlines()) == 3 and notebook.places == []


def test_silence(notebook, capsys):  # noqa: F811
    fit(verbose=0)
    assert capsys.readouterr().out == "" and notebook.places == []


def test_which_display(notebook):  # noqa: F811
    assert type(make_progress("auto")) is type(make_progress(1)) is NotebookProgress
    assert type(make_progress(2)) is LineProgress


def test_elsewhere_there_is_no_table():
    assert type(make_progress("auto")) is LineProgress


def test_one_of_several_processes_shows_it(notebook, monkeypatch):  # noqa: F811
    from trimtab.training import progress_choice

    monkeypatch.setattr(progress_choice, "is_main", lambda: False)
    fit(verbose=1)
    assert notebook.places == []


def test_later_epochs_of_a_longer_run(notebook, at_once):  # noqa: F811
    fit(epochs=5, initial_epoch=3)
    assert [row[0] for row in rows_of(notebook.places[0])[1:]] == ["4", "5"]


def test_a_table_each_fit(notebook):  # noqa: F811
    x, y = small_data()
    model = small_model()
    for _ in range(2):
        model.fit(x, y, epochs=1)
    assert len(notebook.places) == 2


def test_an_error_leaves_the_epochs_so_far(notebook):  # noqa: F811
    def stop(epoch, logs):
        if epoch == 1:
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        fit(epochs=9, callbacks=[LambdaCallback(on_epoch_end=stop)])
    (place,) = notebook.places
    assert "<progress" not in place.html and len(rows_of(place)) >= 2


@pytest.mark.parametrize("lost", [math.nan, math.inf])
def test_losses_that_are_no_numbers(notebook, lost):  # noqa: F811
    table = EpochTable(3)
    table.add(1, {"loss": lost, "val_loss": math.nan})
    table.draw("epoch 1/3", 0.3, now=True)
    assert rows_of(notebook.places[0])[1] == ["1", str(lost), "nan"]
    assert "bold" not in notebook.places[0].html
    table.add(2, {"loss": 1.0, "val_loss": 2.0})
    table.add(3, {"loss": lost, "val_loss": math.nan})
    table.draw("epoch 3/3", 1.0, now=True)
    assert re.findall(r"<td[^>]*bold[^>]*>([^<]*)<", notebook.places[0].html)[0] == "2"


def test_a_metric_now_and_then_and_names_of_ones_own(notebook):  # noqa: F811
    table = EpochTable(2)
    table.add(1, {"loss": 1.0, "<script>": 0.5})
    table.add(2, {"loss": 0.5, "val_loss": 0.75})
    table.draw("fold <1>, epoch 2/2", 0.5, now=True)
    html = notebook.places[0].html
    assert "<script>" not in html and "&lt;script&gt;" in html and "fold &lt;1&gt;" in html
    assert len(re.findall("<td", html)) == 2 * 4


def test_nothing_is_left_of_it(notebook):  # noqa: F811
    table = EpochTable(1)
    table.draw("epoch 1/1", 0.0, now=True)
    table.clear()
    assert notebook.places[0].html == ""
