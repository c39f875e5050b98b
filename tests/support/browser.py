"""A headless browser for tests of pages: Chromium, driven through selenium."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

#: What Chromium is started with; the folder of its profile is added.
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--hide-scrollbars --disable-dev-shm-usage"
).split()


def missing(what: str) -> None:
    """Skips a test for which something is not installed; where everything must be, it fails."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is not installed, and with CI=true it has to be")
    pytest.skip(f"{what} is not installed")


def axe_source() -> str:
    """The text of axe-core, which npm installs."""
    named = os.environ.get("AXE_PATH")
    places = [Path(named)] if named else []
    if not named and shutil.which("npm"):
        root = subprocess.run(["npm", "root", "-g"], capture_output=True, text=True, check=False)
        places.append(Path(root.stdout.strip()) / "axe-core" / "axe.min.js")
    for place in places:
        if place.is_file():
            return place.read_text("utf-8")
    missing("axe-core (npm install -g axe-core, or AXE_PATH=.../axe.min.js)")
    raise AssertionError


class Browser:
    """One window.

    Args:
        profile: an empty folder.
    """

    def __init__(self, profile: Path) -> None:
        chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
        if chromium is None or driver is None:
            missing("Chromium (apt-get install chromium chromium-driver)")
        from selenium import webdriver
        from selenium.webdriver.chrome.options import Options
        from selenium.webdriver.chrome.service import Service

        options = Options()
        options.binary_location = chromium
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        self.driver = webdriver.Chrome(options=options, service=Service(driver))
        self.driver.set_script_timeout(60)

    def close(self) -> None:
        self.driver.quit()

    def cdp(self, command: str, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def opens(
        self, page: Path | str, *, width: int = 1000, dark: bool = False, script: bool = True
    ):
        """Opens a file, or an address, in a window of some width."""
        self.driver.get("about:blank")  # Chromium's first page asks for much
        for log in ("browser", "performance"):
            self.driver.get_log(log)
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=900, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.cdp("Emulation.setEmulatedMedia", features=[scheme])
        self.cdp("Emulation.setScriptExecutionDisabled", value=not script)
        self.driver.get(page if isinstance(page, str) else page.as_uri())

    def runs(self, script: str, *arguments):
        return self.driver.execute_script(script, *arguments)

    def until(self, script: str, wanted: object = None, seconds: float = 20):
        """Waits until an expression is something true, or what is wanted, and returns it."""
        end = time.monotonic() + seconds
        while True:
            found = self.runs(f"return {script}")
            if found if wanted is None else found == wanted:
                return found
            assert time.monotonic() < end, (script, found)
            time.sleep(0.05)

    def complaints(self) -> list[str]:
        """What the console says: errors, and what the page's policy has stopped."""
        return [each["message"] for each in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the page was opened, but for files."""
        found = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(message["params"]["request"]["url"])
        return [each for each in found if not each.startswith(("file:", "chrome:"))]

    def violations(self, axe: str, *rules: str) -> list[str]:
        """What axe-core finds, by all of its rules or by some; a line each."""
        self.runs(axe)
        found = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "const options = {resultTypes: ['violations']};"
            "if (arguments[0].length) options.runOnly = arguments[0];"
            "axe.run(document, options).then((r) => done(r.violations))",
            rules,
        )
        return [
            f"{each['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
            for each in found
            for node in each["nodes"][:3]
        ]

    def picture(self) -> bytes:
        """The window as a PNG."""
        return base64.b64decode(self.cdp("Page.captureScreenshot", format="png")["data"])

    def pdf(self) -> bytes:
        """The page as it is printed."""
        return base64.b64decode(self.cdp("Page.printToPDF", printBackground=False)["data"])
