"""The form in a real browser: it answers while one types, on a phone as on a desktop."""

import pytest

from tests.support.browser import Browser, axe_source

pytestmark = pytest.mark.slow  # a browser starts

TOKEN = "a-token-of-the-tests"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def servers(running):
    return {kind: running(kind) for kind in ("plain", "classes", "several")}


def opens(browser, url, **how):
    browser.opens(url, **how)


def types(browser, place, text):
    browser.runs(
        "const e = document.getElementById(`column-${arguments[0]}`); e.value = arguments[1];"
        "e.dispatchEvent(new Event('input', {bubbles: true}))",
        place,
        text,
    )


ANSWERED = "document.querySelectorAll('.value').length > 0"
VALUE = "document.querySelector('.value').textContent"


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1200, False)], ids=["dark", "light"])
@pytest.mark.parametrize("kind", ["plain", "classes", "several"])
def test_it_fits_and_can_be_used_by_all(kind, dark, width, servers, browser):
    opens(browser, servers[kind].url, dark=dark, width=width)
    browser.until(ANSWERED)
    types(browser, 0, "120")
    browser.until("document.querySelectorAll('#effects li').length", 1)
    assert browser.runs("return document.documentElement.scrollWidth") <= width
    assert browser.violations(axe_source()) == []
    assert browser.complaints() == []
    asked = browser.requests()
    assert asked and all(each.startswith(servers[kind].url) for each in asked)
    unlabelled = "[...document.querySelectorAll('input, select')].filter((e) => !e.labels.length)"
    assert browser.runs(f"return {unlabelled}.length") == 0


def test_it_predicts_as_one_types(servers, browser):
    server = servers["plain"]
    opens(browser, server.url)
    browser.until(ANSWERED)
    usual = server.ask("/schema")[2]["example"]
    before = browser.runs(f"return {VALUE}")
    types(browser, 0, "120")
    browser.until(f"{VALUE} !== {before!r}")
    row = usual | {"size": 120}
    now, put = server.ask(body=[row, usual])[2]["predictions"]
    shown = f"{now['prediction']:,.0f}"
    assert browser.runs(f"return {VALUE}") == shown
    between = browser.runs("return document.querySelector('.between').textContent")
    assert f"{now['lower']:,.0f} and {now['upper']:,.0f}" in between
    effect = browser.runs("return document.querySelector('#effects .number').textContent")
    assert effect == f"+{now['prediction'] - put['prediction']:,.0f}"
    browser.until("document.querySelector('#said').textContent.includes('Prediction')")
    command = browser.runs("return document.querySelector('#command').textContent")
    assert command.startswith(f"curl {server.url}predict --json '{{") and '"size":120' in command
    browser.runs("document.querySelector('#reset').click()")
    browser.until(f"{VALUE} === {before!r}")


def test_a_wrong_value_is_named_at_its_field(servers, browser):
    opens(browser, servers["classes"].url)
    browser.until(ANSWERED)
    types(browser, 0, "wide <b>")
    browser.until("document.getElementById('column-0').getAttribute('aria-invalid')", "true")
    problem = browser.runs("return document.getElementById('column-0-problem').textContent")
    assert problem == "must be a number, received the text 'wide <b>'."
    types(browser, 0, "")
    browser.until("document.getElementById('column-0').hasAttribute('aria-invalid')", False)


def test_keys_alone_reach_everything(servers, browser):
    from selenium.webdriver.common.keys import Keys

    opens(browser, servers["plain"].url)
    browser.until(ANSWERED)
    seen = []
    for _ in range(9):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        seen.append(
            browser.runs("return document.activeElement.id || document.activeElement.className")
        )
    assert seen[0] == "skip"
    assert {"reset", "column-0", "column-1", "column-2", "column-3"} <= set(seen)


def test_a_token_is_asked_for_once_and_leaves_the_address(running, browser):
    server = running(token=TOKEN)
    opens(browser, server.url)
    browser.until("!document.getElementById('entry').hidden")
    assert browser.violations(axe_source()) == []
    browser.runs(
        "document.getElementById('token').value = arguments[0];"
        "document.querySelector('#entry button').click()",
        "wrong",
    )
    browser.until("document.getElementById('token-problem').textContent.includes('not')")
    opens(browser, f"{server.url}#token={TOKEN}")
    browser.until(ANSWERED)
    assert browser.runs("return location.href") == server.url
    assert "$TRIMTAB_TOKEN" in browser.runs("return document.querySelector('#command').textContent")
    opens(browser, f"{server.url}docs")
    browser.until("document.querySelectorAll('section.path').length >= 4")


@pytest.mark.parametrize(("width", "dark"), [(390, False), (1200, True)], ids=["light", "dark"])
def test_the_page_of_requests(dark, width, servers, browser):
    opens(browser, f"{servers['classes'].url}docs", dark=dark, width=width)
    browser.until("document.querySelectorAll('section.path').length >= 4")
    assert browser.runs("return document.documentElement.scrollWidth") <= width
    assert browser.violations(axe_source()) == []
    browser.runs("document.getElementById('send').click()")
    browser.until("document.getElementById('answered').textContent.startsWith('200')")
    assert browser.complaints() == []
