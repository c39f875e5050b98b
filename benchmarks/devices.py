"""How far several devices, or two processes, part from one: `python -m benchmarks devices`.

Nothing is timed. The devices are this machine's processor, which JAX is told to show as eight; the
two processes are real. Everything is computed in processes of its own, as both have to be said
before JAX starts.
"""

from __future__ import annotations

import argparse
import os
import pickle
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine, markdown
from benchmarks.client import ROOT

NUMBERS = (1, 2, 4, 8)
GROUPS = ("losses", "weights", "moving statistics", "optimizer slots")
NUDGED = "1 device, its kernels moved by one unit in the last place"
BATCH, EPOCHS = 50, 20

#: What training has moved: group -> arrays in order.
State = dict[str, list[Any]]


def main(arguments: Sequence[str] | None = None) -> int:
    ways = argparse.ArgumentParser(
        prog="python -m benchmarks devices",
        description="Relative differences from one device; writes one Markdown page.",
    )
    ways.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "devices.md")
    ways.add_argument("--epochs", type=int, default=EPOCHS, help=f"of the fit (default {EPOCHS})")
    asked = ways.parse_args(arguments)
    text = page(compute(asked.epochs), asked.epochs)
    asked.out.write_text(text)
    print(text, end="")
    return 0


def page(found: dict[str, dict[str, State]], epochs: int) -> str:
    """The two tables, and how they came about."""
    facts = machine.describe()
    return f"""# Several devices and one

Relative differences from one device, `|difference| / |value|`, each tensor taken as a whole; shown
is the tensor of the group that is off most, 0 where all bits are the same. The network is two
hidden layers of 64 (tanh) with batch normalization and dropout 0.3, on the concrete table, with
Adam and mean squared error; {BATCH} rows a batch (4 and 8 devices do not divide them), a short last
one of 24. Written by `python -m benchmarks devices`.

## One step from the same state (after two epochs on one device)

{_table(found, "step")}

## A fit of {epochs} epochs

Training is chaotic: the last row says how far one device parts from itself.

{_table(found, "fit")}

{facts["processor"]}, {facts["cores"]} cores, {facts["date"]}; JAX {found["versions"]["jax"]}. Each
device is a share of this processor.
"""


def _table(found: dict[str, Any], kind: str) -> str:
    rows = [["", *GROUPS]]
    named = {f"{n} devices": found[f"{n} devices"] for n in NUMBERS[1:]}
    named |= {"2 processes": found["2 processes"], NUDGED: found["nudged"]}
    for name, state in named.items():
        apart = (distance(state[kind][g], found["1 devices"][kind][g]) for g in GROUPS)
        rows.append([name, *(f"{value:.1e}" if value else "0" for value in apart)])
    return markdown.table(rows)


def distance(actual: Sequence[Any], expected: Sequence[Any]) -> float:
    """Of the tensor that is off most."""
    apart = []
    for one, other in zip(actual, expected, strict=True):
        a, e = np.asarray(one, np.float64), np.asarray(other, np.float64)
        norm = float(np.linalg.norm(e))
        apart.append(float(np.linalg.norm(a - e)) / (norm or 1.0))
    return float(np.max(apart))


# -- in processes of their own ---------------------------------------------------------------------


def compute(epochs: int) -> dict[str, Any]:
    """Every row of the tables, by its name."""
    with tempfile.TemporaryDirectory() as folder:
        alone, pair = Path(folder) / "devices", Path(folder) / "processes"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        _finish([_start(alone, epochs, 8)])
        _finish([_start(pair, epochs, 1, address, str(index)) for index in (0, 1)])
        return {**pickle.loads(alone.read_bytes()), **pickle.loads(pair.read_bytes())}


def _start(result: Path, epochs: int, devices: int, *where: str) -> subprocess.Popen[bytes]:
    flags = f"--xla_force_host_platform_device_count={devices}"
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.devices", str(result), str(epochs), *where],
        cwd=ROOT,
        env={**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags},
        stdout=subprocess.DEVNULL,
    )


def _finish(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    codes = [process.wait() for process in processes]
    if any(codes):
        raise RuntimeError(f"a process failed (exit codes {codes}); its message stands above")


def _child(result: str, epochs: str, address: str = "", index: str = "") -> None:
    from trimtab import distributed

    under_way = Path(result).with_name("state.trimtab")
    if address:
        distributed.initialize(address, 2, int(index))
        found: dict[str, Any] = {"2 processes": run(int(epochs), under_way, None)}
    else:
        x, y = _data()
        begun = _model(x.shape[1], [0])
        begun.fit(x, y, batch_size=BATCH, epochs=2, verbose=0)
        begun.save_weights(under_way)
        found = {f"{n} devices": run(int(epochs), under_way, list(range(n))) for n in NUMBERS}
        found["nudged"] = run(int(epochs), under_way, [0], nudged=True)
    import jax

    if distributed.is_main():
        Path(result).write_bytes(pickle.dumps(found | {"versions": {"jax": jax.__version__}}))


def run(epochs: int, under_way: Path, devices: Any, *, nudged: bool = False) -> dict[str, State]:
    """One step from a state under way, and a fit from first weights."""
    x, y = _data()
    stepped, fitted = (_model(x.shape[1], devices) for _ in range(2))
    stepped.load_weights(under_way)
    for model in (stepped, fitted) if nudged else ():
        up = np.float32(np.inf)
        weights = model.get_weights()
        model.set_weights([np.nextafter(w, up) if w.ndim == 2 else w for w in weights])
    loss = stepped.train_on_batch(x[:BATCH], y[:BATCH])
    history = fitted.fit(
        x, y, batch_size=BATCH, epochs=epochs, validation_split=0.2, verbose=0
    ).history
    return {
        "step": _state(stepped, [loss]),
        "fit": _state(fitted, [history["loss"], history["val_loss"]]),
    }


def _data() -> tuple[Any, Any]:
    from trimtab.tables.datasets import load_concrete

    table = load_concrete().to_numpy(np.float32)
    table = (table - table.mean(axis=0)) / table.std(axis=0)
    return table[:, :-1], table[:, -1]


def _model(columns: int, devices: Any) -> Any:
    from trimtab import Sequential
    from trimtab.nn import layers

    model = Sequential([layers.Input((columns,))], seed=1)
    for _ in range(2):
        # Not relu: a unit that one row of the batch switches on has, before a normalization, a
        # gradient of nothing but rounding, and Adam makes whole steps of it.
        model.add(layers.Dense(64, activation="tanh"))
        model.add(layers.BatchNormalization())
        model.add(layers.Dropout(0.3))
    model.add(layers.Dense(1))
    model.compile("adam", "mse", engine="jax", devices=devices)
    return model


def _state(model: Any, losses: list[Any]) -> State:
    model.pull()
    slots = model.runner.slots
    moving = {id(weight) for weight in model.non_trainable_weights}
    return {
        "losses": losses,
        "weights": [w.numpy() for w in model.weights if id(w) not in moving],
        "moving statistics": [w.numpy() for w in model.weights if id(w) in moving],
        "optimizer slots": [slots[w.path] for w in model.weights if w.path in slots],
    }


if __name__ == "__main__":
    _child(*sys.argv[1:])
