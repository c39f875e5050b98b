"""The page in a real browser: it trains, draws, refuses, and everybody can use it."""

import re
import time

import pytest

from tests.support.browser import Browser, axe_source
from trimtab.live.server import LocalServer
from trimtab.play.data import Shelf
from trimtab.play.page import resources
from trimtab.play.playground import Playground

pytestmark = pytest.mark.slow  # a browser starts


class Page:
    """The playground, open in a browser."""

    def __init__(self, browser, server, playground):
        self.browser, self.server, self.playground = browser, server, playground

    def opens(self, **how):
        self.browser.opens(self.server.url, **how)
        self.until("Boolean(document.querySelector('#code').textContent)")

    def runs(self, script, *arguments):
        return self.browser.runs(f"return {script}", *arguments)

    def until(self, script, wanted=True, seconds=60):
        self.browser.until(script, wanted, seconds)

    def clicks(self, name):
        self.browser.runs("document.getElementById(arguments[0]).click()", name)

    def sets(self, name, value, event="change"):
        self.browser.runs(
            "const e = document.getElementById(arguments[0]); e.focus(); e.value = arguments[1];"
            "e.dispatchEvent(new Event(arguments[2], {bubbles: true}))",
            *(name, value, event),
        )

    def epoch(self):
        found = re.search(
            r"Epoch ([\d,]+)", self.runs("document.querySelector('#where').textContent")
        )
        return int(found[1].replace(",", ""))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    playground = Playground(Shelf())
    playground.choose({"speed": "fast"})
    with LocalServer(resources(), playground.actions(), playground.log) as server:
        playground.watched = lambda: server.watched
        yield Page(browser, server, playground)
        browser.close()
    playground.close()


CURVE = "document.querySelector('#curves path.train')?.getAttribute('d') ?? ''"
SURFACE = "document.querySelector('#look canvas').toDataURL()"


def test_it_trains_and_pauses(page, capsys):
    page.opens(width=1280)
    page.clicks("reset")
    page.until(f"({CURVE}).length", 0)
    surface = page.runs(SURFACE)
    page.clicks("step")
    page.until("document.querySelector('#where').textContent.startsWith('Epoch 1:')")
    page.clicks("train")
    page.until("document.querySelector('#train').textContent", "Pause")
    page.until("document.querySelectorAll('#layers svg').length >= 3")
    page.until(f"{SURFACE} !== arguments[0]".replace("arguments[0]", repr(surface)))
    before = page.runs(CURVE)
    page.until(f"({CURVE}) !== {before!r}")
    page.clicks("train")
    page.until("document.querySelector('#train').textContent", "Train")
    while page.playground.busy:
        time.sleep(0.01)
    stopped = page.playground.epoch
    page.until(f"document.querySelector('#code').textContent.includes('epochs={stopped},')")
    assert page.epoch() == stopped > 1
    code = page.runs("document.querySelector('#code').textContent")

    names = {}
    exec(code, names)
    shown = page.playground.log.wait(0, 0.0)[1]
    losses = next(each["now"] for each in shown if "now" in each)["curves"]["loss"]
    history = names["history"].history["loss"]
    assert len(history) == stopped
    assert losses[-1] == float(f"{history[-1]:.5g}")
    assert page.browser.complaints() == []
    asked = page.browser.requests()
    assert asked and all(each.startswith((page.server.url, "data:")) for each in asked)


def test_choices_go_to_trimtab_and_come_back(page):
    page.opens(width=1280)
    page.sets("data", "concrete")
    page.until("document.querySelectorAll('#look circle').length > 100")
    page.until(
        "document.querySelector('#command').textContent.startsWith('trimtab train concrete')"
    )
    assert page.runs("document.querySelector('#learning_rate').value") == "0.001"
    page.sets("data", "moons")
    page.until("document.querySelectorAll('#look canvas').length", 1)
    page.sets("dropout", "0.3", "input")
    page.clicks("thinned")
    page.clicks("step")
    page.until("document.querySelectorAll('#look canvas').length", 3)
    page.clicks("add")
    page.until("document.querySelectorAll('#hidden li').length", 3)
    assert page.runs("document.querySelectorAll('#hidden input')[2].labels === null") is False
    page.browser.runs("document.querySelector('#hidden button').click()")
    page.until("document.querySelectorAll('#hidden li').length", 2)
    page.sets("data", "curve")
    page.clicks("step")
    page.until("document.querySelectorAll('#look path.thinned').length", 12)
    # A second page, and one that is opened again, know the same.
    page.opens(width=1280)
    page.until("document.querySelector('#data').value", "curve")
    assert page.runs("document.querySelector('#dropout-said').textContent") == "0.3"
    assert page.browser.complaints() == []


def test_a_wrong_value_is_refused_in_words(page):
    page.opens(width=1280)
    before = page.playground.choices
    page.sets("learning_rate", "fast <b>")
    page.until("document.querySelector('#problem').hidden", False)
    said = page.runs("document.querySelector('#problem').textContent")
    assert said == "learning_rate must be a finite number, received 'fast <b>'. Use 0.01."
    assert (
        page.runs("document.querySelector('#learning_rate').getAttribute('aria-invalid')") == "true"
    )
    assert page.playground.choices == before
    page.sets("learning_rate", "0.02")
    page.until("document.querySelector('#problem').hidden")
    assert page.playground.choices.learning_rate == 0.02


@pytest.mark.parametrize("data", ["spirals", "red-wine"])
@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)], ids=["dark", "light"])
def test_it_fits_and_can_be_used_by_all(data, dark, width, page):
    page.playground.choose({"data": data, "dropout": 0.2, "thinned": True, "batch_norm": "before"})
    page.opens(width=width, dark=dark)
    page.clicks("step")
    page.until("document.querySelectorAll('#layers svg').length >= 4")
    assert page.runs("document.documentElement.scrollWidth") <= width
    assert page.browser.violations(axe_source()) == []
    unlabelled = "[...document.querySelectorAll('input, select')].filter((e) => !e.labels?.length"
    unlabelled += " && !e.hasAttribute('aria-label')).length"
    assert page.runs(unlabelled) == 0
    assert [each for each in page.browser.complaints() if "events" not in each] == []


def test_keys_alone_reach_everything(page):
    from selenium.webdriver.common.keys import Keys

    page.playground.choose({"data": "moons", "hidden": [8]})
    page.opens(width=1280)
    seen = []
    for _ in range(24):
        page.browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        seen.append(page.runs("document.activeElement.id || document.activeElement.className"))
    assert seen[:4] == ["skip", "train", "step", "reset"]
    wanted = {"speed", "thinned", "log", "data", "rows", "noise", "seed", "add", "activation"}
    assert wanted | {"dropout", "batch_norm", "optimizer", "rate-slide", "learning_rate"} <= {*seen}
