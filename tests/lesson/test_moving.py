"""The moving pictures of the lesson: true masks, frames, files of a good size, whole pages."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from tests.support.browser import Browser
from trimtab.engines.base import Rows
from trimtab.lesson import MOVING
from trimtab.lesson.moving import committee, dropout, write_gif, write_page
from trimtab.lesson.moving.picture import Motion
from trimtab.program.ops import Dropout

MOST_BYTES = 1_000_000


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Name -> what was measured, the GIF and the page; few steps of the dropout."""
    folder = tmp_path_factory.mktemp("moving")
    found = {}
    for name, moving in MOVING.items():
        motion = moving.motion(3, "native")
        gif, page = folder / f"{name}.gif", folder / f"{name}.html"
        frames = write_gif(motion, gif)
        write_page(moving, motion, page)
        found[name] = motion, gif, frames, page
    return found


# -- the masks ------------------------------------------------------------------------------------


def changed(model, x, y):
    """Trains one step on one row; which hidden units have other outgoing weights after it."""
    dense = [layer for layer in model.layers if type(layer).__name__ == "Dense"]
    before = [layer.get_weights()[0].copy() for layer in dense]
    run = dropout.train(model, x, y, rate=0.5, steps=1, batch=1)
    after = [layer.get_weights()[0] for layer in dense]
    return run, [(a != b).any(axis=1) for a, b in zip(after, before, strict=True)][1:]


def test_a_dropped_unit_gets_no_gradient_in_that_very_step():
    """What is crossed out is what the training step itself left out."""
    generator = np.random.default_rng(0)
    agree, off_by_one = [], []
    model = dropout.network(0.5, seed=3, engine="native")
    model.compile(optimizer="sgd", loss="mse", engine="native")
    last = None
    for _ in range(30):
        x = generator.normal(size=(1, 8)).astype(np.float32)
        step = model.runner.step
        run, learned = changed(model, x, np.float32([5.0]))
        for masks, kept in ((run.kept[0], agree), (last, off_by_one)):
            if masks is not None:
                # A unit that is kept may still be 0 behind relu; one that is dropped never learns.
                kept += [
                    bool((learns <= mask).all())
                    for learns, mask in zip(learned, masks, strict=True)
                ]
        last = run.kept[0]
        assert model.runner.step == step + 1
    assert all(agree) and not all(off_by_one)
    assert np.mean(off_by_one) <= 0.5


@pytest.mark.parametrize("rate", [0.3, 0.7])
def test_masks_are_those_of_the_engine(rate):
    """Of 40 steps in a row, for the first row of the batch."""
    model = dropout.network(rate, seed=11, engine="native")
    x = np.abs(np.random.default_rng(1).normal(size=(400, 8))).astype(np.float32)
    weights = [np.abs(each) + 0.1 for each in model.get_weights()]  # no unit is 0 by itself
    model.set_weights(weights)
    ops = [op for op in model.program().ops if isinstance(op, Dropout)]
    engine = model.inference_engine()
    seen = []
    for step in range(40):
        values = engine.probe(Rows(x[:64]), training=True, seed=model.run_seed(), step=step).values
        seen.append([values[op.output][0] != 0 for op in ops])
    run = dropout.train(model, x, x[:, 0], rate=rate, steps=40, batch=64)
    assert np.array_equal(seen, run.kept)
    assert not np.array_equal(seen[1:], run.kept[:-1])


def test_the_page_and_the_film_show_those_masks(made):
    motion, gif, frames, page = made["dropout"]
    facts = json.loads(re.search(r'id="facts">(.*?)</script>', page.read_text())[1])
    assert facts == json.loads(json.dumps(motion.facts))
    assert frames == dropout.STEPS
    run = facts["runs"][facts["first"]]
    model = dropout.network(facts["rates"][facts["first"]], 3, "native")
    x = np.zeros((64, 8), np.float32)
    again = dropout.train(model, x, x[:, 0], rate=0.3, steps=dropout.STEPS)
    for step, masks in enumerate(again.kept):
        assert run["dropped"][step] == [np.flatnonzero(~mask).tolist() for mask in masks]
    # In the film a unit that is dropped has a cross of orange where it stands.
    for step in (0, 1, 17):
        with Image.open(gif) as film:
            film.seek(step)
            colors = np.asarray(film.convert("RGB")).astype(int)
        orange = (colors[..., 0] - colors[..., 2] > 120).sum()
        count = sum(map(len, run["dropped"][step]))
        assert (orange > 0) == (count > 0) and (count == 0 or 20 <= orange / count <= 200)


# -- batch normalization and the committee --------------------------------------------------------


def test_normalized_inputs_keep_their_spread(made):
    plain, normal = made["batch-norm"][0].facts["runs"]
    assert all(abs(mean) <= 0.1 for mean in normal["mean"])
    assert all(0.8 <= deviation <= 1.2 for deviation in normal["deviation"])
    assert max(plain["deviation"]) <= 0.8
    for run in (plain, normal):
        assert all(abs(sum(shares) - 1) <= 0.01 for shares in run["shares"])
        assert run["loss"][-1] <= 0.7 * run["loss"][0]


def test_the_mean_is_better_than_its_members(made):
    facts = made["committee"][0].facts
    assert facts["joint"][0] == facts["own"][0]
    assert facts["joint"][-1] <= 0.9 * np.mean(facts["own"])
    members = np.asarray(facts["members"])
    off = np.sqrt(((members[:7].mean(axis=0) - facts["truth"]) ** 2).mean())
    assert abs(off - facts["joint"][6]) <= 2e-3


def test_a_thinned_network_is_one_mask_for_all_points():
    """Its prediction is that of the network without the units that the mask drops."""
    model = committee.network(1, "native", whole_columns=True)
    x = np.float32([[-1.0], [0.5], [2.0]])
    together = model.predict_samples(x, samples=4, seed=5)[:, :, 0]
    alone = [model.predict_samples(x[[n]], samples=4, seed=5)[:, 0, 0] for n in range(3)]
    assert np.abs(together - np.transpose(alone)).max() <= 1e-6
    assert np.ptp(together, axis=0).min() > 0


# -- the files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MOVING)
def test_files_are_small_and_hold_all_they_need(name, made):
    _, gif, frames, page = made[name]
    assert gif.stat().st_size <= MOST_BYTES and page.stat().st_size <= MOST_BYTES
    with Image.open(gif) as film:
        assert film.n_frames == frames >= 20
    text = page.read_text()
    assert not re.search(r'(src|href)="|@import|url\(|https?://(?!www\.w3\.org/2000/svg)', text)
    assert "prefers-reduced-motion" in text and 'aria-label="A' in text


def test_facts_cannot_leave_their_script(tmp_path):
    moving = MOVING["dropout"]
    hostile = Motion(("<b>", "</script>"), {"a": "</script><!--"}, lambda figure: iter(()))
    write_page(moving, hostile, tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text()
    assert text.count("</script>") == 2 and "&lt;b&gt;" in text


@pytest.mark.slow  # a browser starts
def test_pages_play_and_obey_the_keyboard(made, tmp_path):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    browser = Browser(tmp_path)
    try:
        driver = browser.driver
        features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        for _, _, _, page in made.values():
            driver.get(page.as_uri())
            step, play = (driver.find_element(By.ID, name) for name in ("step", "play"))
            assert (step.get_attribute("value"), play.text) == ("0", "Play")  # nothing moves
            said = driver.find_element(By.ID, "said").text
            step.send_keys(Keys.ARROW_RIGHT * 3)
            assert step.get_attribute("value") == "3"
            assert driver.find_element(By.ID, "said").text != said
            play.send_keys(Keys.SPACE)
            assert play.text == "Pause"
            play.send_keys(Keys.SPACE)
            assert play.text == "Play"
            assert driver.execute_script("return document.querySelectorAll('svg *').length") > 20
            assert browser.complaints() == []
    finally:
        browser.close()
