"""How many requests of one row `trimtab serve` answers, and how long each waits.

    python -m benchmarks serve

The server is the command, in a process of its own; the client is this process, with connections
that stay open, on the same machine. At a fixed rate every request has its moment, and its time
counts from then, whether the connection was free or not: a server that stalls cannot hide it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks import machine, markdown
from benchmarks.client import ROOT

RESULTS = ROOT / "benchmarks" / "results"
GOAL = 1000
#: Seconds before anything counts: connections are opened, and caches are warm.
WARM_UP = 1.0
#: Seconds before the first request: connections are opened.
HEAD_START = 0.05


@dataclass(frozen=True)
class Case:
    """A load: requests a second over some connections; without a rate each asks when answered."""

    name: str
    connections: int
    rate: float | None


@dataclass(frozen=True)
class Measured:
    """What a case came to; milliseconds of requests, processor microseconds a request."""

    case: str
    turn: int
    requests: int
    a_second: float
    median_ms: float
    p99_ms: float
    largest_ms: float
    server_us: float
    client_us: float


def main(arguments: Sequence[str] | None = None) -> int:
    ways = argparse.ArgumentParser(
        prog="python -m benchmarks serve",
        description="Load on trimtab serve; writes serve.json and serve.md.",
    )
    ways.add_argument("--model", type=Path, help="default: trimtab train red-wine, made now")
    ways.add_argument("--rate", type=float, default=GOAL, help=f"requests a second ({GOAL})")
    ways.add_argument("--seconds", type=float, default=20.0, help="of each case and round (20)")
    ways.add_argument("--repeats", type=int, default=3, help="rounds (3)")
    ways.add_argument("--out", type=Path, default=RESULTS, help="folder for results")
    asked = ways.parse_args(arguments)
    cases = (
        Case("one connection, one request after another", 1, None),
        Case(f"{asked.rate:,.0f} requests a second, 16 connections", 16, asked.rate),
        Case("16 connections, each as fast as it can", 16, None),
    )
    load = machine.load_average()
    with tempfile.TemporaryDirectory() as folder:
        model = asked.model or trained(Path(folder))
        found = [
            each
            for turn in range(1, asked.repeats + 1)
            for each in measured(model, cases, asked.seconds, turn)
        ]
    record = {
        "machine": machine.describe(),
        "versions": machine.versions(),
        "load_before": load,
        "seconds": asked.seconds,
        "records": [asdict(each) for each in found],
    }
    asked.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, indent=1, allow_nan=False)
    (asked.out / "serve.json").write_text(text + "\n", "utf-8")
    (asked.out / "serve.md").write_text(page(record), "utf-8")
    print(page(record), end="")
    return 0


def trained(folder: Path) -> Path:
    """The default model of the red wines: what `trimtab train red-wine` makes."""
    model = folder / "red-wine.trimtab"
    command = [sys.executable, "-m", "trimtab", "train", "red-wine", "--out", str(model)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)
    return model


def measured(model: Path, cases: Sequence[Case], seconds: float, turn: int) -> list[Measured]:
    """All cases on one server."""
    command = [sys.executable, "-m", "trimtab", "serve", str(model), "--port", "0"]
    environment = {name: value for name, value in os.environ.items() if name != "TRIMTAB_TOKEN"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        place = re.search(r":(\d+)/", server.stdout.readline())
        try:
            if place is None:
                raise RuntimeError("trimtab serve did not start")
            return [
                asyncio.run(load_of(case, int(place[1]), server.pid, seconds, turn))
                for case in cases
            ]
        finally:
            server.terminate()


async def load_of(case: Case, port: int, pid: int, seconds: float, turn: int) -> Measured:
    """One case."""
    body = await example(port)
    await answered(port, case, body, WARM_UP)
    before = processor_seconds(pid), own_seconds()
    start = time.perf_counter()
    taken = await answered(port, case, body, seconds)
    wall = time.perf_counter() - start - HEAD_START
    after = processor_seconds(pid), own_seconds()
    each = np.array(taken) * 1e3
    number = len(taken)
    return Measured(
        case.name,
        turn,
        number,
        number / wall,
        float(np.median(each)),
        float(np.quantile(each, 0.99)),
        float(each.max()),
        1e6 * (after[0] - before[0]) / number,
        1e6 * (after[1] - before[1]) / number,
    )


async def example(port: int) -> bytes:
    """The row that is posted: the usual one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /schema HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    row = json.loads(await answer_of(reader))["example"]
    writer.close()
    body = json.dumps(row).encode()
    head = (
        "POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def answer_of(reader: asyncio.StreamReader) -> bytes:
    """The body of an answer; it must be a good one."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    if not head.startswith(b"HTTP/1.1 200") or length is None:
        raise RuntimeError(f"refused: {head!r}")
    return await reader.readexactly(int(length[1]))


async def answered(port: int, case: Case, request: bytes, seconds: float) -> list[float]:
    """Seconds that each request took."""
    start = time.perf_counter() + HEAD_START
    taken: list[float] = []

    async def connection(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        every = 0.0 if case.rate is None else case.connections / case.rate
        moment = start + every * number / case.connections
        while moment < start + seconds:
            wait = moment - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            begun = moment if case.rate is not None else time.perf_counter()
            writer.write(request)
            await answer_of(reader)
            now = time.perf_counter()
            taken.append(now - begun)
            moment = moment + every if case.rate is not None else now
        writer.close()

    await asyncio.gather(*map(connection, range(case.connections)))
    return taken


def processor_seconds(pid: int) -> float:
    """Of a process so far; 0 where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def own_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def page(record: dict[str, object]) -> str:
    """The table, and how it came about; the middle one of the rounds."""
    facts, found = record["machine"], record["records"]
    assert isinstance(facts, dict) and isinstance(found, list)
    names = dict.fromkeys(each["case"] for each in found)
    heads = ["load", "requests a second", "median", "99 % within", "longest", "server"]
    rows = [heads]
    for name in names:
        own = [each for each in found if each["case"] == name]
        middle = {
            key: statistics.median(each[key] for each in own) for key in own[0] if key != "case"
        }
        rows.append(
            [
                name,
                f"{middle['a_second']:,.0f}",
                *(f"{middle[key]:.2f} ms" for key in ("median_ms", "p99_ms", "largest_ms")),
                f"{middle['server_us']:.0f} µs",
            ]
        )
    rounds = len({each["turn"] for each in found})
    load = record["load_before"]
    busy = "" if load is None else f" {load:.1f} other processes wanted the cores."
    return f"""# Requests

`trimtab serve` on the default model of the red wines: one row of 11 columns a request, as JSON, the
answer with its interval. Server and client share {facts["cores"]} cores. The last column is the
server's processor time for a request. Medians of {rounds} rounds of {record["seconds"]:g} s.{busy}
Written by `python -m benchmarks serve`.

{markdown.table(rows)}

{facts["processor"]}, {facts["cores"]} cores, Python {facts["Python"]}, {facts["date"]}.
"""
