"""``trimtab serve``: a process that says where it answers, and ends at once."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

import trimtab

ROW = {"size": 3.0, "hue": "red"}
TOKEN = "a-token-of-the-tests"

ENDED = "Interrupted; the server has ended.\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    file = tmp_path_factory.mktemp("serve") / "m.trimtab"
    data = {"size": [1.0, 2.0, 3.0, 4.0] * 10, "hue": ["red", "blue"] * 20}
    small = {"effort": "quick", "layers": "4 relu", "epochs": 2}
    trimtab.train(data, [5.0, 6.0, 8.0, 9.0] * 10, **small).save(file)
    return file


class Served:
    """The command in a process of its own."""

    def __init__(self, model, *arguments, token=None, port="0"):
        environment = {name: value for name, value in os.environ.items() if name != "TRIMTAB_TOKEN"}
        if token is not None:
            environment["TRIMTAB_TOKEN"] = token
        self.process = subprocess.Popen(
            [sys.executable, "-m", "trimtab", "serve", str(model), "--port", port, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.said = ""
        while line := self.process.stdout.readline():
            self.said += line
            if line.startswith("Ctrl-C"):
                break
        found = re.search(r":(\d+)/", self.said)
        assert found, self.process.communicate(timeout=30)
        self.port = int(found[1])

    def ask(self, headers=()):
        link = http.client.HTTPConnection("127.0.0.1", self.port, 20)
        kind = {"Content-Type": "application/json"}
        link.request("POST", "/predict", json.dumps(ROW), {**kind, **dict(headers)})
        answer = link.getresponse()
        found = answer.status, json.loads(answer.read())
        link.close()
        return found

    def ends(self, number):
        """Its status after a signal, and what it said."""
        start = time.monotonic()
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        assert time.monotonic() - start < 10  # a fraction of a second where nothing else runs
        return self.process.returncode, out, err


@pytest.fixture
def served(model):
    every = []

    def start(*arguments, **how):
        every.append(Served(model, *arguments, **how))
        return every[-1]

    yield start
    for each in every:
        each.process.kill()
        each.process.communicate()


def test_it_answers_and_ends_with_a_client_still_there(served, model):
    server = served()
    here = f"http://127.0.0.1:{server.port}/"
    assert server.said == f"{model} answers at {here}\nCtrl-C ends it.\n"
    code, answer = server.ask()
    expected = trimtab.load(model).predict(ROW)[0]
    assert (code, answer["predictions"][0]["prediction"]) == (200, expected)
    with socket.create_connection(("127.0.0.1", server.port)) as half:
        half.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n")
        assert server.ends(signal.SIGINT) == (130, "", ENDED)


def test_for_others_it_makes_a_token(served):
    server = served("--host", "0.0.0.0")
    token = re.search(r"#token=(\S{32})\n", server.said)[1]
    assert server.ask()[0] == 401
    assert server.ask({"Authorization": f"Bearer {token}"})[0] == 200
    assert f"Authorization: Bearer {token}\n" in server.said


def test_a_token_of_the_environment_is_not_printed(served):
    server = served(token=TOKEN)
    assert server.ask()[0] == 401
    assert server.ask({"Authorization": f"Bearer {TOKEN}"})[0] == 200
    assert server.ends(signal.SIGTERM) == (143, "", ENDED)
    assert TOKEN not in server.said


def test_refusals(trimtab, model, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = trimtab.refuses("serve", model, "--port", port)
        assert f"cannot listen on http://127.0.0.1:{port}/" in said and "Use --port" in said
    assert "--host 0.0.0.0" in trimtab.refuses("serve", model, "--host", "no.such.host.invalid")
    assert "port must be" in trimtab.refuses("serve", model, "--port", 70_000)
    assert "--body-limit must be" in trimtab.refuses("serve", model, "--body-limit", 0)
    assert "no file" in trimtab.refuses("serve", "nothing.trimtab")
    monkeypatch.setenv("TRIMTAB_TOKEN", "short")
    said = trimtab.refuses("serve", model)
    assert "at least 16" in said and "short" not in said and "secrets.token_urlsafe" in said


def test_without_its_packages_it_says_what_to_install(trimtab, model, monkeypatch):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec",
        lambda name, *rest: None if name == "fastapi" else find(name, *rest),
    )
    assert "pip install 'trimtab[serve]'" in trimtab.refuses("serve", model)
