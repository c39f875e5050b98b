"""The site's tool leads links right and finds dead ones; search has a worker without a server."""

import time

import pytest

from tests.support.browser import Browser
from tools import website


def test_links_of_the_repository_become_links_of_the_site():
    text = "[a](../CONTRIBUTING.md#pages) [b](tables.md) [c](../examples/concrete.py)\n"
    text += "```\n[d](../x)\n```\n"
    assert website.relinked(text, "docs/train.md") == (
        "[a](project/CONTRIBUTING.md#pages) [b](tables.md) [c](project/examples/concrete.py.md)\n"
        "```\n[d](../x)\n```\n"
    )
    assert (
        website.relinked("[e](../docs/train.md)", "benchmarks/README.md") == "[e](../../train.md)"
    )


def test_what_pages_link_to_comes_along():
    found = website.outside({"docs/x.md": "[a](../examples/README.md) [b](../examples)"})
    assert {"project/examples/README.md", "project/CONTRIBUTING.md"} <= set(found)
    # and what that links to
    assert all(website.origin(uri) for uri in found)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<a href="b.html">', "index.html links to b.html, which is not there"),
        ('<a href="#there">', "index.html links to #there: the page has no such place"),
        (
            '<img src="https://example.org/a.png">',
            "index.html fetches https://example.org/a.png from elsewhere",
        ),
        ('<a href="https://example.org">', None),
        ('<h2 id="there"></h2><a href="#there">', None),
    ],
)
def test_faults(tmp_path, body, fault):
    (tmp_path / "index.html").write_text(body)
    assert website.faults(tmp_path) == ([fault] if fault else [])


def test_every_public_module_has_a_page():
    import trimtab

    modules = {name for name in trimtab.__all__ if hasattr(getattr(trimtab, name), "__path__")}
    modules |= {
        name for name in trimtab.__all__ if getattr(trimtab, name).__class__.__name__ == "module"
    }
    # `trimtab.coach` is a function that old imports find as a module.
    modules = {name for name in modules if not callable(getattr(trimtab, name))}
    assert modules - {"keras"} <= set(website.MODULES)
    assert "::: trimtab.nn.layers.dropout.Dropout\n" in website.reference("layers")


def test_docstrings_in_markdown():
    pytest.importorskip("griffe")
    from tools import docstrings

    text = "See :func:`~trimtab.train`::\n\n    Example:\n        >>> 1\n"
    assert docstrings.shown(text) == "See `train`:\n\n    Examples:\n        >>> 1\n"


def test_a_worker_without_a_server(tmp_path):
    (tmp_path / "worker.js").write_text(
        'addEventListener("message", (event) => { postMessage(2 * event.data); });'
    )
    script = website.ROOT / "docs" / "assets" / "iframe-worker.js"
    (tmp_path / "page.html").write_text(
        f"<script src='{script.as_uri()}'></script><script>"
        "const worker = new Worker('worker.js');"
        "worker.addEventListener('message', (event) => { document.title = event.data; });"
        "worker.postMessage(21);</script>"
    )
    browser = Browser(tmp_path / "profile")
    try:
        browser.driver.get((tmp_path / "page.html").as_uri())
        end = time.monotonic() + 20
        while browser.driver.title != "42" and time.monotonic() < end:
            time.sleep(0.05)
        assert browser.driver.title == "42"
    finally:
        browser.close()
