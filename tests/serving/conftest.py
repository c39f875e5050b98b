"""Small models, trained once, and servers that answer with them in a thread of the tests."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading

import numpy as np
import pandas as pd
import pytest

import trimtab

SMALL = {"effort": "quick", "layers": "8 relu", "epochs": 8, "test": 0.2}


def homes(rows: int = 240) -> pd.DataFrame:
    """Numbers with gaps, yes and no, categories, dates, and a column that says nothing."""
    draws = np.random.default_rng(0)
    size = draws.normal(70, 20, rows).round(1)
    colour = draws.choice(["red", "green", "sky blue"], rows, p=[0.5, 0.3, 0.2])
    price = 1000 * size + 20_000 * (colour == "red") + draws.normal(0, 5000, rows) + 50_000
    frame = pd.DataFrame(
        {
            "size": size,
            "rooms": draws.integers(1, 6, rows),
            "colour": colour,
            "lift": draws.choice(["yes", "no"], rows, p=[0.3, 0.7]),
            "sold": pd.date_range("2023-01-01", periods=rows).strftime("%Y-%m-%d"),
            "country": "here",
            "price": price.round(),
            "rent": (price / 250).round(2),
            "grade": np.array(["poor", "fair", "good"])[np.digitize(price, [120_000, 140_000])],
        }
    )
    frame.loc[::9, "size"] = np.nan
    return frame


def table_for(kind: str) -> tuple[pd.DataFrame, object]:
    """A table and its target."""
    frame = homes()
    if kind == "plain":  # what few rows need no table for
        return frame[["size", "rooms", "colour", "lift", "price"]], "price"
    if kind == "classes":
        return frame.drop(columns=["price", "rent"]), "grade"
    if kind == "several":
        return frame.drop(columns=["grade"]), ["price", "rent"]
    return frame.drop(columns=["rent", "grade"]), "price"


@pytest.fixture(scope="session")
def trained():
    """A function from a kind of table to its predictor."""
    made = {}

    def get(kind: str = "plain"):
        if kind not in made:
            data, target = table_for(kind)
            made[kind] = trimtab.train(data, target, **SMALL)
        return made[kind]

    return get


class Running:
    """A server in a thread."""

    def __init__(self, predictor, *, token=None, hosts=(), most_bytes=1 << 20) -> None:
        from trimtab.serving.running import opened, server

        self.socket = opened("127.0.0.1", 0)
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        ready = threading.Event()
        self.server = server(
            predictor, token=token, hosts=hosts, most_bytes=most_bytes, ready=ready.set
        )
        self.thread = threading.Thread(target=self.server.run, args=([self.socket],))
        self.thread.start()
        assert ready.wait(10)

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        self.socket.close()
        assert not self.thread.is_alive()

    def ask(self, path="/predict", body=None, headers=(), method=None):
        """Status, headers and the JSON of an answer."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, 20)) as link:
            named = {"Content-Type": "application/json", **dict(headers)}
            if body is not None and not isinstance(body, bytes | str):
                body = json.dumps(body)
            link.request(method or ("GET" if body is None else "POST"), path, body, named)
            answer = link.getresponse()
            text = answer.read()
            kind = answer.headers.get("content-type", "")
            return answer.status, answer.headers, json.loads(text) if "json" in kind else text


@pytest.fixture(scope="module")
def running(trained):
    """A function that starts a server for a kind of table; all end with the file."""
    with contextlib.ExitStack() as stack:

        def start(kind="plain", **settings) -> Running:
            made = Running(trained(kind), **settings)
            stack.callback(made.close)
            return made

        yield start


@pytest.fixture(scope="module")
def plain(running):
    """A server without a token."""
    return running()


ROW = {"size": 80.5, "rooms": 3, "colour": "red", "lift": True}
