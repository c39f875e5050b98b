"""The Dockerfile of the example: not as root, and a command that exists."""

import json
import re
from pathlib import Path

import typer

from trimtab.cli.app import app

FOLDER = Path(__file__).parents[2] / "examples" / "serve"


def test_the_dockerfile():
    text = (FOLDER / "Dockerfile").read_text("utf-8")
    told = dict(re.findall(r"^(\w+) (.*)$", text, re.MULTILINE))  # the last of each
    assert told["USER"] not in ("root", "0")
    assert not re.search(r"TOKEN\s*=", text)
    program, *words = [*json.loads(told["ENTRYPOINT"]), *json.loads(told["CMD"])]
    assert (program, words[0]) == ("trimtab", "serve")
    command = typer.main.get_command(app).commands["serve"]
    options = {flag for each in command.params for flag in each.opts}
    for page in (text, (FOLDER / "README.md").read_text("utf-8")):
        for flag in re.findall(r"--(?:host|allow-host|port|body-limit|token)[\w-]*", page):
            assert flag in options, flag
    assert {word for word in words if word.startswith("--")} <= options
