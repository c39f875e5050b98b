"""The one board of a process, and its page: it is opened by whoever comes first."""

from __future__ import annotations

import atexit
import html
import json
import os
import sys
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab.core import checks
from trimtab.core.live_line import is_live
from trimtab.core.lost_terminal import without_terminal
from trimtab.core.notebook import Display, in_notebook
from trimtab.live.board import Board

if TYPE_CHECKING:
    from trimtab.live.server import LocalServer

__all__ = ["View", "can_open", "current_view", "link", "live_view", "open_browser", "wanted_view"]

_ASSETS = Path(__file__).parent / "assets"


class View:
    """A board and the server of its page.

    Args:
        port: of the page; 0: any that is free.

    Attributes:
        board: the runs.
        opened: whether a browser was opened.

    Raises:
        InvalidArgument: the port is in use.
    """

    def __init__(self, port: int = 0) -> None:
        from trimtab.live.server import LocalServer

        self.board = Board()
        self.opened = False
        self._server: LocalServer = LocalServer(
            resources(), {"stop": self.board.stop}, self.board.log, port=port
        )

    @property
    def url(self) -> str:
        """The address of the page."""
        return self._server.url

    def show(self, wanted: bool | None = None) -> None:
        """Opens the page in a browser, once.

        Args:
            wanted: False: it is not opened; None: only where somebody sits at this machine.
        """
        if self.opened or wanted is False or not (wanted or can_open()):
            return
        self.opened = open_browser(self.url)

    def close(self) -> None:
        """Tells open pages the rest, and ends."""
        self._server.close()


_lock = threading.Lock()
_view: View | None = None
_owner = 0


def live_view(port: int = 0) -> View:
    """The view of this process; all runs are on it.

    Args:
        port: of its page, where it is not open yet.

    Raises:
        InvalidArgument: the port is in use.
    """
    global _view, _owner
    with _lock:
        if _view is None or os.getpid() != _owner:  # a forked child has no server
            _view, _owner = View(port), os.getpid()
            atexit.register(_view.close)
        return _view


def current_view() -> View | None:
    """The view of this process, if it is open."""
    return _view if _owner == os.getpid() else None


def wanted_view(live: Any) -> View | None:
    """Opens the view if an argument ``live`` asks for it, and says where it is.

    Args:
        live: True, False, or the port of the page.

    Raises:
        InvalidArgument: it is none of these, or the port is in use.
    """
    if isinstance(live, int) and not isinstance(live, bool):
        port = checks.integer("live", live, minimum=1, maximum=65535)
    elif not checks.boolean("live", live):
        return None
    else:
        port = 0
    view = live_view(port)
    view.show()
    if in_notebook():
        Display().show(link(view.url), view.url)
    else:
        with without_terminal():  # standard output may be for a program
            print(f"{'live':<9} {view.url}", file=sys.stderr, flush=True)
    return view


def resources() -> dict[str, Any]:
    """What the page is made of, by name."""
    from trimtab.live.server import Resource
    from trimtab.report.page import QUANTITIES, asset

    words = f"const QUANTITIES = {json.dumps(QUANTITIES)};"
    script = "\n".join([asset("drawing.js"), words, _asset("charts.js"), _asset("live.js")])
    return {
        "": Resource("text/html", _asset("live.html")),
        "style.css": Resource("text/css", asset("page.css") + _asset("live.css")),
        "script.js": Resource("text/javascript", script),
    }


def can_open() -> bool:
    """Whether a browser that is opened here is in front of whoever started this."""
    if os.environ.get("SSH_CONNECTION") or os.environ.get("CI") or not is_live():
        return False
    if os.environ.get("BROWSER") or sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_browser(url: str) -> bool:
    """Opens an address in the browser; whether there is one."""
    import webbrowser

    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    # Some wait until the window is closed.
    threading.Thread(target=browser.open, args=(url,), daemon=True, name="trimtab-opens").start()
    return True


def link(url: str) -> str:
    """The address as a link, for notebooks."""
    safe = html.escape(url, quote=True)
    return f'Live view: <a href="{safe}" target="_blank" rel="noopener">{safe}</a>'


@cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text("utf-8")
