"""The live page in a real browser: it grows while a network trains, and its button stops it."""

import threading
import time

import numpy as np
import pytest

import trimtab
from tests.support.browser import Browser, axe_source
from trimtab import layers
from trimtab.live import view

pytestmark = pytest.mark.slow  # a browser starts


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture
def place(monkeypatch):
    monkeypatch.setattr(view, "_view", None)
    monkeypatch.setattr(view, "can_open", lambda: False)
    yield view.live_view()
    view._view.close()


def trains(name, epochs):
    """A fit in a thread of its own."""
    x = np.random.default_rng(0).normal(size=(2000, 4)).astype("float32")
    model = trimtab.Sequential(
        [layers.Dense(32, activation="relu"), layers.BatchNormalization(), layers.Dense(1)], seed=1
    )
    model.compile("adam", "mse", metrics=["mae"])
    live = trimtab.callbacks.Live(name)
    work = threading.Thread(
        target=model.fit,
        args=(x, x[:, 0] * x[:, 1]),
        kwargs={"epochs": epochs, "validation_split": 0.2, "callbacks": [live], "verbose": 0},
    )
    work.start()
    return work, model


EPOCH = "+(document.querySelector('.head p')?.textContent.match(/Epoch ([\\d,]+)/)?.[1] ?? 0)"
LINE = "document.querySelector('figure.first path.valid')?.getAttribute('d').length ?? 0"


def test_the_page_grows_and_its_button_stops_the_fit(browser, place):
    browser.opens(place.url, width=1200)
    assert browser.until("document.querySelector('h1').textContent") == "Nothing trains yet"
    work, model = trains("<b>first</b>", 100_000)
    browser.until(f"{LINE} > 60")
    assert browser.runs("return document.querySelector('h1').textContent") == "<b>first</b>"
    before = browser.runs(f"return {EPOCH}")
    browser.until(f"{EPOCH} > {before}")
    assert len(browser.runs("return [...document.querySelectorAll('figure svg')].length + ''")) > 0
    browser.until("document.querySelectorAll('figure').length >= 4")  # layers, too
    browser.runs("document.querySelector('.head button').click()")
    work.join(10)
    assert not work.is_alive()
    assert model.history.epoch[-1] < 99_999
    browser.until("document.querySelector('.said:not([hidden])')?.textContent.includes('as asked')")
    last = f"{len(model.history.epoch):,}"
    browser.until(f"document.querySelector('.head p').textContent.includes('Epoch {last} of')")

    again, _ = trains("second", 30)
    again.join()
    browser.until("document.querySelectorAll('section.run').length === 2")
    browser.until("document.querySelector('#together figure svg') !== null")
    assert browser.runs("return document.querySelector('h1').textContent") == "2 runs"
    assert browser.complaints() == []
    assert all(each.startswith((place.url, "data:")) for each in browser.requests())

    axe = axe_source()
    for dark in (False, True):
        browser.opens(place.url, width=390, dark=dark)
        browser.until("document.querySelectorAll('section.run').length === 2")
        assert browser.violations(axe) == []
        assert browser.runs("return document.documentElement.scrollWidth") <= 390

    place.close()
    browser.until("document.getElementById('state').textContent.includes('has ended')")


def test_trials_are_a_table_with_a_button(browser, place):
    trials = place.board.trials("Comparison")
    rows = [
        {"name": "dropout(0.5)", "gains": [0.1, -0.2, 0.4], "dropped": False},
        {"name": "units(2)", "gains": [0.1], "dropped": True},
    ]
    trials.show("mae", rows, 8, 4, 12.0)
    browser.opens(place.url, width=1000)
    browser.until("document.querySelectorAll('tbody tr').length === 2")
    said = browser.runs("return document.querySelector('#trials').textContent")
    assert "8 of 12 trials, about 0:12 left" in said
    assert "dropped" in said
    browser.runs("document.querySelector('.head button').focus()")
    trials.show("mae", rows, 9, 3, 9.0)
    browser.until("document.querySelector('#trials').textContent.includes('9 of 12')")
    assert browser.runs("return document.activeElement.tagName") == "BUTTON", "the focus stays"
    browser.runs("document.querySelector('.head button').click()")
    end = time.monotonic() + 10
    while not trials.stopping:
        assert time.monotonic() < end
        time.sleep(0.02)
    trials.end(["dropout(0.5) helped."])
    browser.until("document.querySelector('.said').textContent === 'dropout(0.5) helped.'")
    assert browser.complaints() == []
    assert browser.violations(axe_source()) == []
