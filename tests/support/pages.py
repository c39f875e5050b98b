"""Reading a page of HTML as a test wants it: its elements, its text, its pictures."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser

#: Elements without an end.
VOID = {"meta", "br", "hr", "img", "input", "link", "wbr"}

#: All elements that pages may have.
ELEMENTS = set(
    "a body button caption circle code dd details div dl dt figcaption figure footer h1 h2 h3 head "
    "header html li main meta nav ol p path pre rect script section small span style summary svg "
    "table tbody td text th thead title tr ul wbr".split()
)


class Page(HTMLParser):
    """A page that was parsed.

    Attributes:
        elements: name and attributes of each, in order.
        text: all text outside of script and style.
        script: the text of the one script.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html = html
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.scripts: list[str] = []
        self._text: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == [], self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (self.open, tag)
        self.open.pop()

    def handle_data(self, data):
        if "script" in self.open:
            self.scripts.append(data)
        elif "style" not in self.open:
            self._text.append(data)

    @property
    def text(self) -> str:
        """Text with single blanks."""
        return re.sub(r"\s+", " ", " ".join(self._text))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of a name."""
        return [attributes for name, attributes in self.elements if name == tag]

    def ids(self) -> list[str]:
        return [a["id"] for _, a in self.elements if "id" in a]


def checked(html: str) -> Page:
    """A page, after everything was checked that holds for each."""
    page = Page(html)
    assert {name for name, _ in page.elements} <= ELEMENTS
    for name, attributes in page.elements:
        assert not [each for each in attributes if each.startswith("on")], (name, attributes)
        assert "src" not in attributes and "xlink:href" not in attributes
        assert attributes.get("href", "#")[0] == "#"
    assert len(page.all("script")) == 1
    digest = base64.b64encode(hashlib.sha256("".join(page.scripts).encode()).digest()).decode()
    policy = next(
        each["content"]
        for each in page.all("meta")
        if each.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; ")
    assert f"script-src 'sha256-{digest}'" in policy and "unsafe-eval" not in policy
    assert "url(" not in html and "@import" not in html
    assert max(Counter(page.ids()).values(), default=1) == 1
    links = {each["href"][1:] for each in page.all("a")}
    assert links <= set(page.ids())
    for svg in page.all("svg"):
        nested = "x" in svg
        assert (
            nested
            or svg.get("aria-hidden") == "true"
            or (svg.get("role") == "img" and svg["aria-label"])
        ), svg
    return page
