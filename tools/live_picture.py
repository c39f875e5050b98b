"""Draws docs/images/live.png: the live view of a training on Concrete, in Chromium.

    python tools/live_picture.py [OUT.png]

Needs what the tests of pages need: Chromium, its driver and selenium.
"""

from __future__ import annotations

import base64
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "images" / "live.png"

#: Epoch at which the picture is taken, and the size of the window.
EPOCH, WIDTH, HEIGHT = 70, 1160, 748

_SAID = "return document.querySelector('.head p')?.textContent ?? ''"


def main() -> None:
    import trimtab
    from trimtab.live.view import live_view

    sys.path.insert(0, str(ROOT))
    browser: Any = __import__("tests.support.browser", fromlist=["Browser"])
    place = live_view()
    work = threading.Thread(
        target=trimtab.train, args=("concrete",), kwargs={"live": True, "epochs": 200}
    )
    with tempfile.TemporaryDirectory() as profile:
        window = browser.Browser(Path(profile))
        try:
            window.opens(place.url, width=WIDTH)
            work.start()
            while f"Epoch {EPOCH}" not in window.runs(_SAID):
                time.sleep(0.02)
            clip = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT, "scale": 1}
            shot = window.cdp("Page.captureScreenshot", format="png", clip=clip)
        finally:
            window.close()
            for run in place.board.runs:
                run.stop()
            work.join()
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    out.write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main()
