"""Draws docs/images/play.png: the playground on two moons, in Chromium.

    python tools/play_picture.py [OUT.png]

Needs what the tests of pages need: Chromium, its driver and selenium.
"""

from __future__ import annotations

import base64
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "images" / "play.png"

#: What is chosen, and the epochs that are trained.
CHOSEN = {
    "data": "moons",
    "noise": 0.3,
    "hidden": [64, 64],
    "dropout": 0.3,
    "batch_norm": "before",
    "learning_rate": 0.003,
    "thinned": True,
}
EPOCHS = 150

WIDTH, HEIGHT = 1280, 1110


def main() -> None:
    from trimtab.live.server import LocalServer
    from trimtab.play.data import Shelf
    from trimtab.play.page import resources
    from trimtab.play.playground import Playground

    sys.path.insert(0, str(ROOT))
    browser: Any = __import__("tests.support.browser", fromlist=["Browser"])
    playground = Playground(Shelf())
    playground.choose(CHOSEN)
    server = LocalServer(resources(), playground.actions(), playground.log)
    with server, tempfile.TemporaryDirectory() as profile:
        window = browser.Browser(Path(profile))
        try:
            window.opens(server.url, width=WIDTH)
            for epoch in range(1, EPOCHS + 1):
                playground.step()
                while playground.epoch < epoch:
                    time.sleep(0.001)
            time.sleep(2)
            window.cdp(
                "Emulation.setDeviceMetricsOverride",
                width=WIDTH, height=HEIGHT, deviceScaleFactor=1, mobile=False,
            )  # fmt: skip
            time.sleep(1)
            clip = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT, "scale": 1}
            shot = window.cdp("Page.captureScreenshot", format="png", clip=clip)
        finally:
            window.close()
            playground.close()
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    out.write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main()
