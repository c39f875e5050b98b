"""The built site in a real browser: what people search is found, and all can be read.

python tools/check.py site        # builds the site, then runs this
TRIMTAB_SITE=build/site pytest tests/tools/test_site.py
"""

import os
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.browser import Browser, axe_source

SITE = os.environ.get("TRIMTAB_SITE")

pytestmark = [
    pytest.mark.slow,  # a browser starts
    pytest.mark.skipif(SITE is None, reason="python tools/check.py site runs this"),
]

#: One page of each kind.
PAGES = (
    "index.html",
    "guides/questions.html",
    "lesson/both.html",
    "gallery.html",
    "reference/trimtab.uncertainty.html",
    "notebooks/red-wine.html",
)

#: What somebody types -> where the answer is; it must be among the first three pages.
SEARCHES = {
    "--interval": "tables.html#how-wide-intervals-are",
    "missing values": "guides/questions.html#my-table-has-missing-values",
    "val_loss jumps": "guides/validation-jumps.html",
    "validation loss fluctuates": "guides/validation-jumps.html",
    "my loss is nan": "guides/nan.html",
    "imbalanced": "guides/questions.html#my-classes-are-imbalanced",
    "GridSearchCV": "scikit-learn.html#searches",
    "time series": "guides/questions.html#i-have-a-time-series",
    "patients": "guides/questions.html#i-have-several-rows-per-patient-customer-or-building-groups",
    "moving statistics": "guides/questions.html"
    "#what-are-the-moving-statistics-of-batch-normalization-running-mean-running-variance",
    "multi gpu": "guides/hardware.html",
    "learning rate schedule": "guides/questions.html"
    "#set-the-learning-rate-or-a-learning-rate-schedule",
    "early stopping patience": "guides/questions.html#early-stopping-and-patience",
    "EarlyStopping": "reference/trimtab.callbacks.html",
    "reproducible": "guides/questions.html#same-result-every-time-seeds-and-reproducibility",
    "Error: new.csv lacks a column that the model was trained with": "guides/errors.html"
    "#that-the-model-was-trained-with",
    "'1.2x' is not a number, but all other cells": "guides/errors.html"
    "#is-not-a-number-but-all-other-cells-of-the-column-are",
    "loss not decreasing": "guides/questions.html"
    "#my-loss-does-not-decrease-is-stuck-or-all-predictions-are-the-same",
    "BatchNormalization": "reference/trimtab.layers.html"
    "#trimtab.nn.layers.batch_normalization.BatchNormalization",
    "why does fit validate differently": "guides/questions.html"
    "#why-does-fit-validate-differently-so-that-val_loss-is-not-like-loss",
    "how to install": "start.html#install",
    "test set": "guides/questions.html#is-the-score-honest-test-set-validation-cross-validation",
    "tensorboard": "guides/questions.html#watch-a-training-live-curves-in-the-browser-tensorboard",
    "docker": "deploy.html#in-a-container",
}

#: Types into the search box, and waits until its results have changed and come to rest.
SEARCH = """
const [query, done] = arguments;
const box = document.querySelector("[data-md-component=search-query]");
const list = document.querySelector(".md-search-result__list");
let timer;
const rest = () => { clearTimeout(timer); timer = setTimeout(finish, 60); };
const observer = new MutationObserver(rest);
function finish() {
  observer.disconnect();
  const pages = [...list.children].map((item) => [...item.querySelectorAll("a")]);
  done(pages.map((links) => links.map((link) => link.href)));
}
observer.observe(list, { childList: true, subtree: true });
setTimeout(finish, 5000);
box.focus();
box.value = query;
box.dispatchEvent(new KeyboardEvent("keyup", { bubbles: true }));
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        """Says nothing."""


@pytest.fixture(scope="module")
def address():
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    found = Browser(tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


def place(link: str) -> str:
    """Page and place of a result: without the words that are marked on it."""
    page, _, fragment = link.partition("#")
    return page.partition("?")[0] + (f"#{fragment}" if fragment else "")


def results(browser, query: str) -> list[list[str]]:
    """The first three pages that are found: the page itself, then places on it."""
    found = browser.driver.execute_async_script(SEARCH, query)
    return [[place(link) for link in links] for links in found[:3]]


def test_what_people_search_is_found(address, browser):
    browser.opens(address + "index.html")
    missing = {}
    for query, expected in SEARCHES.items():
        found = results(browser, query)
        if address + expected not in [link for links in found for link in links]:
            missing[query] = found
    assert missing == {}


def test_it_is_found_without_a_server(browser):
    browser.opens(Path(SITE, "index.html").resolve())
    assert any("intervals" in link for links in results(browser, "--interval") for link in links)


@pytest.mark.parametrize("page", PAGES)
def test_pages_can_be_read(page, address, browser):
    """Without a complaint, a request to elsewhere, or anything that axe finds; also on a phone."""
    axe = axe_source()
    colours = set()
    for dark in (False, True):
        browser.opens(address + page, dark=dark)
        colours.add(browser.runs("return getComputedStyle(document.body).backgroundColor"))
        assert browser.complaints() == []
        elsewhere = (each for each in browser.requests() if not each.startswith("data:"))
        assert [each for each in elsewhere if not each.startswith(address)] == []
        # The dark page is the light one in other colours.
        assert browser.violations(axe, *(["color-contrast"] if dark else [])) == []
    assert len(colours) == 2
    browser.opens(address + page, width=390)
    assert browser.runs("return document.documentElement.scrollWidth") <= 390
    assert browser.violations(axe, "scrollable-region-focusable") == []
