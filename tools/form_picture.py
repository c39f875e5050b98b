"""Draws docs/images/serve-form.png: the form of `trimtab serve` for the red wines, in Chromium.

    python tools/form_picture.py [OUT.png]

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
OUT = ROOT / "docs" / "images" / "serve-form.png"

#: What is typed: the place of a column, and its value.
TYPED = {1: "0.3", 9: "0.9", 10: "12.4"}

_TYPE = (
    "const e = document.getElementById(`column-${arguments[0]}`); e.value = arguments[1];"
    "e.dispatchEvent(new Event('input', {bubbles: true}))"
)


def main() -> None:
    import trimtab
    from trimtab.serving.running import opened, server

    sys.path.insert(0, str(ROOT))
    browser: Any = __import__("tests.support.browser", fromlist=["Browser"])
    ready = threading.Event()
    running = server(
        trimtab.train("red-wine", effort="quick"), token=None, most_bytes=1 << 20, ready=ready.set
    )
    with opened("127.0.0.1", 0) as listening, tempfile.TemporaryDirectory() as profile:
        thread = threading.Thread(target=running.run, args=([listening],))
        thread.start()
        ready.wait()
        window = browser.Browser(Path(profile))
        try:
            window.opens(f"http://127.0.0.1:{listening.getsockname()[1]}/", width=1160)
            time.sleep(1)
            for place, text in TYPED.items():
                window.runs(_TYPE, place, text)
            time.sleep(2)
            height = window.runs("return document.querySelector('.page').offsetHeight - 30")
            clip = {"x": 0, "y": 0, "width": 1160, "height": height, "scale": 1}
            shot = window.cdp("Page.captureScreenshot", format="png", clip=clip)
        finally:
            window.close()
            running.should_exit = True
            thread.join()
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    out.write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main()
