"""The page of the playground: what a server offers."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from trimtab.live.server import Resource
from trimtab.report.page import asset

__all__ = ["resources"]


@cache
def resources() -> dict[str, Resource]:
    """Name -> what the page consists of."""
    names = ("play.html", "play.css", "play.js", "surface.js")
    own = {name: _text("trimtab.play", name) for name in names}
    charts = _text("trimtab.live", "charts.js")
    script = "\n".join([asset("drawing.js"), charts, own["surface.js"], own["play.js"]])
    return {
        "": Resource("text/html", own["play.html"]),
        "style.css": Resource("text/css", asset("page.css") + own["play.css"]),
        "script.js": Resource("text/javascript", script),
    }


def _text(room: str, name: str) -> str:
    return (files(room) / "assets" / name).read_text("utf-8")
