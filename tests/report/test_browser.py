"""Pages in a real browser: nothing in them runs, nothing leaves, all of it can be read."""

import json

import numpy as np
import pandas as pd
import pytest

import trimtab
from tests.predictor.reporting.conftest import CASES, SMALL, table_of
from tests.support.browser import Browser, axe_source

pytestmark = pytest.mark.slow  # a browser starts, and networks are trained

#: Text that would become markup, or run, if it were not escaped wherever it stands.
HOSTILE = (
    "<script>window.hacked=1</script>",
    '"><img src=x onerror=window.hacked=2>',
    "'><svg onload=window.hacked=3>",
    "</title></style></script><script>window.hacked=4</script>",
    "{{ 7*7 }}{% raw %}<b>bold</b>",
    "javascript:window.hacked=5",
    "&lt;i&gt; &amp; ]]> <!-- -->",
)


def hostile():
    """A table full of it: names, cells, classes, groups."""
    generator = np.random.default_rng(0)
    rows = 240
    x = generator.normal(size=rows)
    return pd.DataFrame(
        {
            HOSTILE[0]: x,
            HOSTILE[1]: generator.choice([*HOSTILE[2:6], "plain"], rows),
            f"{HOSTILE[2]} date": pd.date_range("2024-01-01", periods=rows),
            f"{HOSTILE[3]} id": [f"{HOSTILE[4]} {number % 30}" for number in range(rows)],
            "constant": HOSTILE[1],
            HOSTILE[6]: np.where(x + 0.3 * generator.normal(size=rows) > 0, *HOSTILE[:2]),
        }
    )


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Name -> the page of a report."""
    folder = tmp_path_factory.mktemp("pages")
    made = {}
    for name in ("folds", "binary", "classes", "several"):
        target, options = CASES[name]
        made[name] = folder / f"{name}.html"
        trimtab.train(table_of(target), target, report=made[name], **SMALL, **options)
    generator = np.random.default_rng(0)
    wide = pd.DataFrame(
        generator.normal(size=(200, 300)),
        columns=[f"a_column_with_a_rather_long_name_{number}" for number in range(300)],
    )
    wide["y"] = wide.iloc[:, 0] * 2 + wide.iloc[:, 1]
    made["wide"] = folder / "wide.html"
    trimtab.train(wide, "y", report=made["wide"], **SMALL)
    made["hostile"] = folder / "hostile.html"
    trimtab.train(
        hostile(), HOSTILE[6], report=made["hostile"], fold=3, group=f"{HOSTILE[3]} id", **SMALL
    )
    frame = hostile()
    frame[HOSTILE[2]] = frame[HOSTILE[0]] * 2
    coached = frame[[*HOSTILE[:3], HOSTILE[6]]]
    found = trimtab.coach(coached, HOSTILE[2], trials=14, **SMALL | {"epochs": 2})
    made["coaching"] = found.report(folder / "coaching.html")
    x = generator.normal(size=(64, 3)).astype("float32")
    layers = [
        trimtab.layers.Dense(4, "relu", name="<img src=x onerror=window.hacked=6>"),
        trimtab.layers.Dense(1),
    ]
    model = trimtab.Sequential(layers, seed=1)
    model.compile(optimizer="adam", loss="mse")
    history = model.fit(x, x[:, 0], epochs=8, verbose=0, validation_split=0.25, track=["layers"])
    made["history"] = history.to_html(folder / "history.html", title=HOSTILE[3])
    return made


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


NAMES = ["folds", "binary", "classes", "several", "wide", "hostile", "history", "coaching"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_runs_and_nothing_leaves(name, pages, browser):
    assert pages[name].stat().st_size < 1_500_000
    browser.opens(pages[name])
    assert browser.runs("return window.hacked === undefined && document.images.length === 0")
    assert browser.runs("return document.querySelectorAll('script').length") == 1
    assert browser.complaints() == []
    assert browser.requests() == []


def test_hostile_names_and_cells_are_text(pages, browser):
    browser.opens(pages["hostile"])
    text = browser.runs("return document.body.textContent")
    for each in HOSTILE:
        assert each in text, each
    assert "49" not in browser.runs("return document.querySelector('h1').textContent")
    assert browser.runs("return document.title").startswith("Predicting &lt;i&gt; &amp; ]]>")


def test_what_is_injected_is_stopped(pages, browser, tmp_path):
    """Had something got through after all, the policy would not let it run or load."""
    page = tmp_path / "injected.html"
    html = pages["folds"].read_text("utf-8")
    page.write_text(
        html.replace(
            "<main",
            "<script>window.hacked=1</script><img src='http://127.0.0.1:9/x' "
            "onerror='window.hacked=2'><main",
        )
    )
    browser.opens(page)
    assert browser.runs("return window.hacked === undefined")
    assert any("Content Security Policy" in each for each in browser.complaints())


@pytest.mark.parametrize("width", [390, 1000, 1600])
@pytest.mark.parametrize("name", NAMES)
def test_no_page_is_wider_than_its_window(name, width, pages, browser):
    browser.opens(pages[name], width=width)
    assert browser.runs("return document.documentElement.scrollWidth") <= width
    # Nothing sticks out either, unless it can be scrolled to.
    out = browser.runs(
        "return [...document.querySelectorAll('main *')].filter((e) => !e.closest('.scroll, svg, "
        "pre') && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML)"
    )
    assert out == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_no_violation(name, dark, pages, browser):
    axe = axe_source()
    browser.opens(pages[name], dark=dark)
    assert browser.violations(axe) == []


def test_dark_and_light_differ(pages, browser):
    colour = "return getComputedStyle(document.body).backgroundColor"
    browser.opens(pages["folds"], dark=False)
    light = browser.runs(colour)
    browser.opens(pages["folds"], dark=True)
    assert light == "rgb(255, 255, 255)" and browser.runs(colour) != light


def test_text_and_pictures_need_no_script(pages, browser):
    browser.opens(pages["folds"], script=False)
    without = browser.picture()
    assert len(without) > 20_000
    assert browser.cdp("DOM.getDocument", depth=1)["root"]["childNodeCount"] == 2
    browser.opens(pages["folds"])
    assert browser.runs("return document.querySelectorAll('figure > svg').length") > 10


def test_tables_sort(pages, browser):
    browser.opens(pages["folds"])
    cells = (
        "const t = [...document.querySelectorAll('#columns table')][0];"
        "return [...t.tBodies[0].rows].map((r) => parseFloat(r.cells[2].dataset.value))"
    )
    before = browser.runs(cells)
    press = "document.querySelectorAll('#columns thead button')[1].click()"
    browser.runs(press)
    browser.runs(press)
    assert browser.runs(cells) == sorted(before)
    browser.runs(press)
    assert browser.runs(cells) == sorted(before, reverse=True)
    assert browser.runs(
        "return document.querySelector('#columns th[aria-sort]').getAttribute('aria-sort')"
    ) == "descending"  # fmt: skip


def test_pictures_enlarge_and_lines_tell_their_numbers(pages, browser):
    browser.opens(pages["folds"])
    told = browser.runs(
        "const svg = document.querySelector('#training svg[data-frame]');"
        "svg.scrollIntoView();"
        "const path = svg.querySelector('path[data-name=validation]');"
        "const [, x, y] = path.getAttribute('d').match(/^M([\\d.]+) ([\\d.]+)/).map(Number);"
        "const m = svg.getScreenCTM();"
        "svg.dispatchEvent(new PointerEvent('pointermove', {bubbles: true,"
        " clientX: m.a * x + m.e, clientY: m.d * y + m.f}));"
        "return document.querySelector('#tip').textContent"
    )
    assert told.startswith("validation: epoch 1, mean absolute error ")
    browser.runs("document.querySelector('#training .tools button:last-child').click()")
    assert browser.runs("return document.querySelector('dialog').open")
    assert browser.runs("return document.querySelectorAll('dialog svg').length") == 1
    browser.runs("document.querySelector('dialog button').click()")
    assert not browser.runs("return document.querySelector('dialog').open")


def test_a_log_scale_where_it_helps(pages, browser):
    facts = {
        "version": 1, "kind": "history", "title": "steep", "by": "trimtab", "made": "2026-11-30",
    }  # fmt: skip
    curve = {
        "label": "",
        "loss": [10.0 / 2**n for n in range(9)],
        "val_loss": [],
        "best_epoch": None,
    }
    panel = {"title": "", "curves": [curve], "mean": None}
    course = {
        "panels": [panel], "label": "loss", "others": {}, "layers": {}, "learning_rate": None,
        "dropout": {},
    }  # fmt: skip
    from trimtab.report.page import page

    path = pages["folds"].with_name("steep.html")
    path.write_text(page(json.loads(json.dumps(facts | {"course": course}))), "utf-8")
    browser.opens(path)
    shown = "return [...document.querySelectorAll('figure > svg')].map((e) => !e.hidden)"
    visible = (
        "return [...document.querySelectorAll('figure > svg')].map((e) => e.checkVisibility())"
    )
    assert browser.runs(visible) == [True, False], browser.runs(shown)
    browser.runs("document.querySelector('.tools button').click()")
    assert browser.runs(visible) == [False, True]


def test_it_prints(pages, browser):
    browser.opens(pages["binary"])
    pdf = browser.pdf()
    assert pdf.startswith(b"%PDF") and len(pdf) > 20_000
