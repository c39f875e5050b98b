"""The playground without a page: what is asked for happens, and what pages are told is true."""

import base64
import json
import threading
import time

import numpy as np
import pytest

from trimtab.errors import InvalidArgument, InvalidData
from trimtab.play import looks, words
from trimtab.play.choices import Choices
from trimtab.play.data import GIVEN, Shelf
from trimtab.play.network import Thinning, adjust, build


def test_it_trains_pauses_steps_and_resets(opens):
    opened = opens()
    playground = opened.playground
    assert opened.told("now")["epoch"] == 0 and not opened.told("now")["running"]
    opened.trains(2)
    playground.choose({"speed": "fast"})
    playground.train()
    now = opened.until(lambda now: now["epoch"] > 20)
    assert now["running"]
    playground.pause()
    opened.settles()
    stopped = opened.trains(1)["epoch"]
    opened.settles()
    assert opened.told("now")["epoch"] == stopped and not opened.told("now")["running"]
    curves = opened.told("now")["curves"]
    assert curves["epochs"][-1] == stopped and len(curves["loss"]) == len(curves["epochs"])
    assert f"epochs={stopped}," in opened.told("setup")["code"]
    playground.reset()
    now = opened.told("now")
    assert (now["epoch"], now["curves"]["epochs"], now["said"]["kind"]) == (0, [], "ready")


def test_the_same_choices_give_the_same_losses(opens):
    one, other = opens(), opens()
    first = one.trains(3)
    one.playground.reset()
    assert one.trains(3)["curves"] == first["curves"] == other.trains(3)["curves"]


def test_pages_never_know_the_code_of_one_epoch_beside_the_curves_of_another(opens, monkeypatch):
    say = words.say
    monkeypatch.setattr(words, "say", lambda *of: time.sleep(0.02) or say(*of))
    opened = opens()
    log, wrong, states = opened.playground.log, [], set()

    def read():
        seen, known = 0, {}
        while not log.closed:
            seen, messages = log.wait(seen, 10.0)
            for each in messages:
                known |= each
            now, code = known["now"], known["setup"]["code"]
            states.add((now["run"], now["running"], now["epoch"] > 0))
            if known["data"]["run"] != now["run"]:
                wrong.append((known["data"]["run"], now["run"]))
            if not now["running"] and f"epochs={now['epoch'] or 100}," not in code:
                wrong.append((now["epoch"], code))

    reader = threading.Thread(target=read)
    reader.start()
    opened.playground.choose({"speed": "fast"})
    for _ in range(3):
        opened.playground.train()
        opened.until(lambda now: now["epoch"] > 20)
        opened.playground.pause()
        opened.settles()
        opened.trains(1)
        opened.playground.reset()
    log.close()
    reader.join()
    assert wrong == [] and len(states) > 5


def test_a_rate_changes_while_it_trains_and_a_layer_does_not(opens):
    opened = opens()
    opened.playground.choose({"dropout": 0.5})
    assert not opened.told("setup")["altered"]
    run = opened.told("now")["run"]
    opened.trains(2)
    opened.playground.choose({"learning_rate": 0.3, "dropout": 0.0})
    now, setup = opened.told("now"), opened.told("setup")
    assert (now["run"], now["epoch"]) == (run, 2) and setup["altered"]
    assert "goes on" in now["note"] and "Adam(0.3)" in setup["code"]
    assert "Dropout" not in setup["code"]
    opened.trains(1)
    opened.playground.choose({"hidden": [4]})
    now = opened.told("now")
    assert now["run"] > run and now["epoch"] == 0 and "new" in now["note"]
    assert opened.told("data")["run"] == now["run"] and not opened.told("setup")["altered"]


def test_a_rate_is_that_of_the_network():
    choices = Choices(dropout=0.5)
    data = Shelf().data(choices)
    model = build(choices, data)
    adjust(model, choices.changed({"dropout": 0.1, "learning_rate": 0.2}))
    assert [layer.rate for layer in model.layers if hasattr(layer, "rate")] == [0.1, 0.1]
    assert abs(float(model.optimizer.learning_rate) - 0.2) <= 1e-7


def test_what_is_refused_changes_nothing(opens):
    opened = opens()
    before = opened.told("setup"), opened.told("now")
    for asked, said in (
        ({"dropout": "much"}, "received 'much'"),
        ({"hidden": [8], "rows": -1}, "rows must be"),
        ({"data": "moon"}, "Did you mean 'moons'?"),
        ({"data": GIVEN}, "data must be one of"),
    ):
        with pytest.raises(InvalidArgument) as refused:
            opened.playground.choose(asked)
        assert said in str(refused.value)
    assert (opened.told("setup"), opened.told("now")) == before


def test_a_training_that_diverges_stops_and_says_so(opens):
    opened = opens()
    opened.playground.choose(
        {"data": "hills", "optimizer": "sgd", "learning_rate": 10, "speed": "fast", "hidden": [64]}
    )
    opened.playground.train()
    now = opened.until(lambda now: now["epoch"] > 0 and not now["running"])
    assert now["said"]["kind"] == "diverged"
    json.dumps(now, allow_nan=False)


def test_it_pauses_when_no_page_is_open(opens, monkeypatch):
    monkeypatch.setattr("trimtab.play.playground.UNWATCHED", 0.1)
    opened = opens(watched=lambda: False)
    opened.playground.choose({"speed": "fast"})
    opened.playground.train()
    now = opened.until(lambda now: now["epoch"] > 0 and not now["running"])
    assert now["note"] == "Paused: no page was open."


def test_it_pauses_after_many_epochs(opens, monkeypatch):
    monkeypatch.setattr("trimtab.play.playground.MOST_EPOCHS", 7)
    opened = opens()
    opened.playground.choose({"speed": "fast"})
    opened.playground.train()
    now = opened.until(lambda now: not now["running"])
    assert now["epoch"] == 7 and "Paused after 7 epochs" in now["note"]
    opened.playground.train()
    assert opened.until(lambda now: not now["running"])["epoch"] == 7


def test_a_new_network_does_not_wait_for_a_long_epoch(opens):
    opened = opens()
    long = {"rows": 5000, "batch_size": 1, "hidden": [512] * 6}
    opened.playground.choose(long)
    opened.playground.train()
    time.sleep(0.5)  # the epoch is under way
    opened.playground.pause()
    assert opened.told("now")["note"] == "Pauses after this epoch."
    opened.playground.choose({"rows": 300, "batch_size": 32, "hidden": [8]})
    opened.playground.train()
    begin = time.monotonic()
    opened.until(lambda now: now["epoch"] > 0)
    assert time.monotonic() - begin <= 8  # the long epoch takes more than ten
    assert opened.told("now")["note"] == ""


def test_layers_are_measured(opens):
    opened = opens()
    opened.playground.choose({"batch_norm": "before", "hidden": [8, 4], "dropout": 0.2})
    layers = opened.trains(3)["layers"]
    assert layers["epochs"] == [1, 2, 3]
    curves = layers["curves"]
    assert set(curves["update_ratio"]) == {"layer 1", "layer 2", "output"}
    for quantity in ("mean", "standard_deviation", "zeros", "statistics_distance"):
        assert set(curves[quantity]) == {"layer 1", "layer 2"}
    assert 0.1 <= curves["zeros"]["layer 1"][-1] <= 0.9  # of the rectifier, not of the dense layer


# -- what it predicts -----------------------------------------------------------------------------


def seen(asked, epochs=0, thinned=False):
    choices = Choices().changed(asked)
    data = Shelf().data(choices)
    model = build(choices, data)
    if epochs:
        model.fit(data.x, data.y, epochs=epochs, verbose=0)
    return model, data, looks.look(model, data, choices, Thinning(model) if thinned else None, 1)


def test_a_surface_lies_under_its_points():
    _, data, look = seen({"data": "moons", "noise": 0.05}, epochs=30)
    surface = np.frombuffer(base64.b64decode(look["mean"]), np.uint8).reshape(48, 48)
    span = looks.points(data)["span"]
    column = ((data.x[:, 0] + span) / (2 * span) * 48).astype(int)
    row = ((span - data.x[:, 1]) / (2 * span) * 48).astype(int)
    right = (surface[row, column] > 127) == (data.y == 1)
    assert right.mean() >= 0.97


def test_thinned_networks_are_those_of_dropout():
    model, _, look = seen(
        {"data": "curve", "dropout": 0.4, "hidden": [64, 32], "batch_norm": "after"}, 20, True
    )
    thinned, mean = np.array(look["thinned"]), np.array(look["mean"])
    assert thinned.shape == (looks.THINNED, looks.ALONG)
    assert 0.01 <= thinned.std(0).mean() <= 1
    x = np.array(look["x"], np.float32)[:, None]
    many = Thinning(model).predictions(x, 200, 0)[:, :, 0]
    samples = model.predict_samples(x, 400, seed=0)[:, :, 0]
    assert np.abs(many.mean(0) - samples.mean(0)).mean() <= 0.1
    assert 0.8 <= many.std(0).mean() / samples.std(0).mean() <= 1.25
    assert np.allclose(model.predict(x, verbose=0)[:, 0], mean, atol=1e-4)  # it is as it was


def test_a_table_is_seen_in_its_own_units():
    _, _, look = seen({"data": "concrete", "hidden": [16]}, epochs=5)
    assert look["kind"] == "actual" and look["target"] == "CompressiveStrength"
    actual, predicted = look["valid"]
    assert len(actual) == len(predicted) == 256
    assert min(actual) >= 2 and 70 <= max(actual) <= 83


@pytest.fixture
def table(tmp_path):
    draw = np.random.default_rng(0)
    rows = [["size", "hue", "town", "kind"]]
    for _ in range(300):
        kind = draw.integers(3)
        town = f"t{draw.integers(60)}"
        rows.append([f"{kind + draw.normal():.3f}", "rgb"[draw.integers(3)], town, f"k{kind}"])
    path = tmp_path / "kinds <b>.csv"
    path.write_text("\n".join(",".join(row) for row in rows) + "\n")
    return path


def test_a_table_of_classes_from_the_command_line(table, opens, capsys):
    opened = opens(shelf=Shelf(str(table), "kind"))
    setup = opened.told("setup")
    assert setup["choices"]["data"] == GIVEN and setup["shelf"][GIVEN].endswith("(your table)")
    now = opened.trains(2)
    assert now["look"]["kind"] == "confusion" and now["look"]["classes"] == ["k0", "k1", "k2"]
    assert sum(map(sum, now["look"]["counts"])) == 75
    names = {}
    exec(opened.told("setup")["code"], names)
    shown = [float(f"{value:.5g}") for value in names["history"].history["loss"]]
    assert shown == now["curves"]["loss"]
    assert "--target kind" in opened.told("setup")["command"]


def test_what_the_shelf_refuses(table, tmp_path):
    with pytest.raises(InvalidArgument) as refused:
        Shelf(str(table))
    assert "--target 'kind'" in str(refused.value)
    with pytest.raises(InvalidArgument) as refused:
        Shelf(None, "kind")
    assert "trimtab play TABLE --target COLUMN" in str(refused.value)
    with pytest.raises(InvalidData):
        Shelf(str(table), "knd")
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("a,b,c\n" + "".join(f"{i * i % 11},{i % 7},{i % 5}\n" for i in range(60)))
    with pytest.raises(InvalidArgument) as refused:
        Shelf(str(numbers), "b,c")
    assert "the playground predicts one column, received 'b,c'. Use --target 'b'." in str(
        refused.value
    )
