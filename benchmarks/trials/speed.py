"""Trials per minute of trimtab and its peers, and what looking into networks costs.

`speed`: each peer, in a fresh process, trains new networks of a lesson from the same rows with the
same seeds, epochs and batches, validated after each epoch: trimtab one a core, or all as one
population on its JAX engine; the others one after another, each on all cores. Compiling counts,
and is shown apart.

`tracking`: the same network, trained again and again on one thread with and without looks into its
layers, a process for each kind, in turns.

Each run of a peer is one line of `results/trials/PART.jsonl`, with the machine, versions and load.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import machine, markdown
from benchmarks.networks import Run
from benchmarks.peers import PEERS
from benchmarks.runs import find
from benchmarks.session import Session, Settings
from benchmarks.summary import landed, unique

Row = dict[str, Any]

#: How each peer trains many networks.
TRAINING = {
    "trimtab": "trimtab, one network a core",
    "trimtab-single": "trimtab, one core",
    "trimtab-jax": "trimtab's JAX engine, one population",
    "keras-jax": "Keras (JAX), one after another",
    "pytorch": "PyTorch, one after another",
}

#: Where nothing is looked at, where layers are tracked, where the coach watches.
LOOKING = ("trimtab-single", "trimtab-tracked", "trimtab-coached")


def speed(session: Session, networks: int) -> Iterator[Row]:
    """A row for each peer and round."""
    settings = session.settings
    peers = session.chosen(settings.peers or list(TRAINING))
    files = session.lesson_files(settings.lessons)
    for lesson, file in files.items():
        load = {"run": lesson, "epochs": settings.epochs, "file": str(file)}
        for turn in range(1, settings.repeats + 1):
            seeds = [turn * networks + index for index in range(networks)]
            for peer in peers:
                answer = session.ask_fresh(peer, load, "many", seeds=seeds)
                if answer is not None:
                    yield described(session, lesson, peer, turn) | {"networks": networks} | answer


def tracking(session: Session, _: int) -> Iterator[Row]:
    """A row for each kind of looking and round; Concrete's rows train the default network, too."""
    settings = session.settings
    files = session.lesson_files(settings.lessons)
    if "concrete" in files:
        files["default"] = files["concrete"]
    for lesson, file in files.items():
        load = {"run": lesson, "epochs": settings.epochs, "file": str(file)}
        with session.workers(LOOKING, **load) as workers:
            for turn in range(settings.repeats + 1):
                for peer, worker in workers.items():
                    answer = session.ask(worker, "steady" if turn else "first", seed=turn)
                    if answer is not None and turn:
                        yield described(session, lesson, peer, turn) | answer


PARTS: dict[str, Callable[[Session, int], Iterator[Row]]] = {"speed": speed, "tracking": tracking}


def described(session: Session, lesson: str, peer: str, turn: int) -> Row:
    """What a row tells beside what was measured."""
    packages = {*PEERS[peer].packages, "numpy"}
    known = machine.versions() | session.versions
    return {
        "lesson": lesson,
        "peer": peer,
        "round": turn,
        "epochs": session.settings.epochs or find(lesson).epochs,
        "load": machine.load_average(),
        "versions": {name: known[name] for name in sorted(packages & known.keys())},
        "machine": machine.describe(),
    }


def main(part: str, asked: argparse.Namespace) -> None:
    """Measures a part, appends its rows, and prints the tables."""
    path = asked.out / "trials" / f"{part}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    began = datetime.now(UTC).isoformat(timespec="seconds")
    with tempfile.TemporaryDirectory() as scratch, path.open("a") as file:
        settings = Settings(
            asked.data,
            asked.out,
            Path(scratch),
            lessons=asked.lessons,
            peers=asked.peers,
            repeats=asked.repeats,
            epochs=asked.epochs,
            stand_in=asked.stand_in,
        )
        session = Session(settings)
        for row in PARTS[part](session, asked.networks):
            file.write(json.dumps({"began": began} | row) + "\n")
            file.flush()
            os.fsync(file.fileno())
            print(f"{row['lesson']} {row['round']} {row['peer']}: {row['seconds']:.3g} s")
    print(page(part, rows_of(path)))


def rows_of(path: Path) -> list[Row]:
    """All rows of a part."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def newest(rows: Sequence[Row], peer: str) -> list[Row]:
    """The rows of a peer's newest run."""
    own = [row for row in rows if row["peer"] == peer]
    return [row for row in own if row["began"] == own[-1]["began"]]


def page(part: str, rows: Sequence[Row]) -> str:
    """Tables of a part in Markdown, one a lesson; each peer's newest run counts."""
    write = speed_table if part == "speed" else tracking_table
    lessons = unique(row["lesson"] for row in rows)
    return "\n\n".join(write([row for row in rows if row["lesson"] == each]) for each in lessons)


def per_minute(row: Row, *, compiling: bool = True) -> float:
    """Networks a minute, with or without the time for compiling."""
    seconds = row["seconds"] - (0.0 if compiling else row.get("compile_seconds", 0.0))
    return float(60 * row["networks"] / seconds)


def over(rows: Sequence[Row], peer: str, other: str, value: Callable[[Row], float]) -> list[float]:
    """A value of a peer's newest run over that of another in the same round."""
    theirs = {(row["began"], row["round"]): value(row) for row in rows if row["peer"] == other}
    own = [(row["began"], row["round"], value(row)) for row in newest(rows, peer)]
    return [each / theirs[began, turn] for began, turn, each in own if (began, turn) in theirs]


def headline(rows: Sequence[Row]) -> str:
    """The lesson, and how it was measured, of the newest runs."""
    rows = [row for peer in unique(each["peer"] for each in rows) for row in newest(rows, peer)]
    first = rows[0]
    loads = [row["load"] for row in rows if row["load"] is not None]
    busy = f", load {min(loads):.1f} to {max(loads):.1f}" if loads else ""
    return f"{first['lesson']}, {first['epochs']} epochs{busy}"


def speed_table(rows: Sequence[Row]) -> str:
    """Medians of the rounds; ratios are taken within a round."""
    table = [
        [
            headline(rows),
            "rounds",
            "trials a minute",
            "compiling left out",
            "seconds of a trial, compiling",
            "processor seconds of a trial",
            "rate / Keras'",
        ]
    ]
    for peer in unique(row["peer"] for row in rows):
        own = newest(rows, peer)
        count = own[0]["networks"]
        ratios = over(rows, peer, "keras-jax", per_minute)
        title = TRAINING.get(peer, PEERS[peer].title) + marked(own)
        table.append(
            [
                title,
                str(len(own)),
                markdown.number(median(map(per_minute, own))),
                markdown.number(median(per_minute(row, compiling=False) for row in own)),
                markdown.number(median(row.get("compile_seconds", 0.0) / count for row in own)),
                markdown.number(median(row["cpu_seconds"] / count for row in own)),
                markdown.number(median(ratios)) if ratios else "",
            ]
        )
    lines = [markdown.table(table)]
    if shares := over(rows, "trimtab", "trimtab-single", per_minute):
        number = int(rows[0]["machine"]["cores"])
        share = median(each / number for each in shares)
        cost = median(
            over(rows, "trimtab", "trimtab-single", lambda row: float(row["cpu_seconds"]))
        )
        lines.append(
            f"One network a core: {share:.0%} of {number} times one core's rate, "
            f"{cost:.3f} times its processor seconds."
        )
    return "\n\n".join(lines)


def marked(rows: Sequence[Row]) -> str:
    """A note where a full run did not land where it should."""
    run: Run = find(rows[0]["lesson"])
    losses = [loss for row in rows for loss in row.get("val_losses", [row.get("val_loss")])]
    whole = rows[0]["epochs"] == run.epochs
    missed = whole and run.lands is not None and not landed(losses, run.lands)
    return " (validation losses off)" if missed else ""


def tracking_table(rows: Sequence[Row]) -> str:
    """Medians of the rounds and of their ratios."""
    table = [
        [
            headline(rows),
            "rounds",
            "processor seconds",
            "more than without",
            "half of the rounds lie in",
            "of it before, while and after training",
        ]
    ]
    for peer in unique(row["peer"] for row in rows):
        own = [row["cpu_seconds"] for row in newest(rows, peer)]
        more = [each - 1 for each in over(rows, peer, LOOKING[0], lambda row: row["cpu_seconds"])]
        quarters = sorted(more)[len(more) // 4], sorted(more)[-1 - len(more) // 4]
        looks = peer != LOOKING[0]
        parts = [
            f"{1e3 * median(row[f'coach_{part}'] for row in newest(rows, peer)):.0f}"
            for part in ("before", "while", "after")
            if all(f"coach_{part}" in row for row in newest(rows, peer))
        ]
        table.append(
            [
                PEERS[peer].title,
                str(len(own)),
                markdown.number(median(own)),
                f"{median(more):.1%}" if looks else "",
                f"{quarters[0]:.1%} to {quarters[1]:.1%}" if looks else "",
                f"{', '.join(parts)} ms" if parts else "",
            ]
        )
    return markdown.table(table)
