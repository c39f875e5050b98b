"""What the live view costs: fits without it, with it, with a page that reads, with one that hangs.

`python -m benchmarks live`: the four are trained in turn, again and again, and each is divided by
the one without in the same round. Writes `results/live.md`.
"""

from __future__ import annotations

import argparse
import contextlib
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlparse

import numpy as np

from benchmarks.client import ROOT

RESULTS = ROOT / "benchmarks" / "results" / "live.md"

#: Name -> rows, columns, hidden layers, batch size, epochs.
RUNS = {
    "1,600 rows, 2 x 64, batches of 32": (1600, 11, (64, 64), 32, 1600),
    "20,000 rows, 2 x 256, batches of 128": (20_000, 50, (256, 256), 128, 50),
}

WAYS = ("without", "no page open", "a page that reads", "a page that hangs")

#: A page that reads whatever comes, in a process of its own as a browser is.
_READER = """
import sys, urllib.request
with urllib.request.urlopen(sys.argv[1] + "events") as stream:
    print("reads", flush=True)
    for line in stream:
        pass
"""


def seconds(run: tuple[int, int, tuple[int, ...], int, int], live: bool) -> float:
    """Seconds of one fit."""
    import trimtab
    from trimtab import layers

    rows, columns, widths, batch, epochs = run
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, columns)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] + rng.normal(size=rows)).astype(np.float32)
    stack: list[layers.Layer] = []
    for width in widths:
        stack += [layers.Dense(width, activation="relu"), layers.Dropout(0.2)]
        stack.append(layers.BatchNormalization())
    model = trimtab.Sequential([*stack, layers.Dense(1)], seed=0)
    model.compile("adam", "mse", metrics=["mae"])
    callbacks = [trimtab.callbacks.Live(browser=False)] if live else []
    begin = time.perf_counter()
    model.fit(
        x, y, epochs=epochs, batch_size=batch, validation_split=0.2, callbacks=callbacks, verbose=0
    )
    return time.perf_counter() - begin


@contextlib.contextmanager
def page(way: str) -> Iterator[None]:
    """Somebody who has the page open meanwhile."""
    from trimtab.live.view import live_view

    if way == "a page that reads":
        command = [sys.executable, "-c", _READER, live_view().url]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as reader:
            assert reader.stdout is not None
            reader.stdout.readline()
            yield
            reader.kill()
    elif way == "a page that hangs":
        place = urlparse(live_view().url)
        with socket.create_connection((place.hostname or "", place.port or 0)) as connection:
            head = f"GET {place.path}events HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n"
            connection.sendall(head.encode())
            yield
    else:
        yield


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and writes the page."""
    ways = argparse.ArgumentParser(prog="python -m benchmarks live")
    ways.add_argument("--repeats", type=int, default=7)
    ways.add_argument("--out", type=Path, default=RESULTS)
    given = ways.parse_args(arguments)
    lines = [
        "# What the live view costs",
        "",
        f"Seconds of a fit with `callbacks.Live()` over those without, medians of {given.repeats} "
        "rounds in turn. The check before the first step and the findings at the end are part of "
        "it where a fit takes long enough for them. A page that reads is another process on the "
        "same cores.",
        "",
        "| | seconds without | " + " | ".join(WAYS[1:]) + " |",
        "|---" * (len(WAYS) + 1) + "|",
    ]
    for name, run in RUNS.items():
        found: dict[str, list[float]] = {way: [] for way in WAYS}
        seconds(run, live=True)
        for number in range(given.repeats):
            order = WAYS[number % len(WAYS) :] + WAYS[: number % len(WAYS)]
            for way in order:
                with page(way):
                    found[way].append(seconds(run, live=way != "without"))
        base = found["without"]
        ratios = [
            statistics.median(a / b for a, b in zip(found[way], base, strict=True))
            for way in WAYS[1:]
        ]
        cells = [f"{statistics.median(base):.2f}", *(f"{ratio:.3f}" for ratio in ratios)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    given.out.write_text("\n".join(lines) + "\n")
    return 0
