"""What a network does, as plain data for the page to draw."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np

from trimtab.core.types import Floats
from trimtab.model.sequential import Sequential
from trimtab.play.choices import Choices
from trimtab.play.data import Data
from trimtab.play.network import Thinning

__all__ = ["GRID", "THINNED", "look", "points", "short"]

#: Points of a surface on each side, points of a curve.
GRID, ALONG = 48, 121

#: Thinned networks that a spread is measured over.
THINNED = 12

#: Rows of a table that are drawn, classes in a confusion matrix.
MOST_POINTS, MOST_CLASSES = 400, 12

#: The limits of toys' inputs at least.
_SPAN = 2.2


def short(value: Any) -> float | None:
    """A number for JSON, which has neither NaN nor infinity."""
    number = float(value)
    return float(f"{number:.5g}") if math.isfinite(number) else None


def points(data: Data) -> dict[str, Any] | None:
    """The rows of a toy; None for tables."""
    if not data.toy:
        return None
    parts = {"train": (data.x, data.y), "valid": (data.x_valid, data.y_valid)}
    return {
        "inputs": int(data.x.shape[1]),
        "span": _span(data),
        **{
            name: [np.round(x, 3).astype(float).T.tolist(), np.round(y, 3).astype(float).tolist()]
            for name, (x, y) in parts.items()
        },
    }


def look(
    model: Sequential, data: Data, choices: Choices, thinning: Thinning | None, seed: int
) -> dict[str, Any]:
    """What the network predicts now.

    Args:
        model: the network.
        data: what it trains on.
        choices: what is chosen.
        thinning: of the network, if thinned ones are shown.
        seed: of their masks.
    """
    if not data.toy:
        return _confusion(model, data) if data.classes else _actual(model, data)
    x = _grid(data)
    mean = model.predict(x, verbose=0)[:, 0]
    thinned = None
    if thinning is not None and choices.dropout > 0 and choices.hidden:
        thinned = thinning.predictions(x, THINNED, seed)[:, :, 0]
    if data.x.shape[1] == 1:
        return _lines(x, mean, thinned)
    return _surface(data, mean, thinned)


def _span(data: Data) -> float:
    """Toys are drawn from minus this to this."""
    return round(max(_SPAN, float(np.abs(data.x).max()) * 1.05), 3)


def _grid(data: Data) -> Floats:
    """Inputs all over a toy, in rows from the upper left."""
    span = _span(data)
    if data.x.shape[1] == 1:
        return np.linspace(-span, span, ALONG, dtype=np.float32)[:, None]
    half = span / GRID
    at = np.linspace(-span + half, span - half, GRID, dtype=np.float32)
    across, down = np.meshgrid(at, at[::-1])
    return np.stack([across.ravel(), down.ravel()], 1)


def _lines(x: Floats, mean: Floats, thinned: Floats | None) -> dict[str, Any]:
    lines: dict[str, Any] = {
        "kind": "lines",
        "x": [short(value) for value in x[:, 0]],
        "mean": [short(value) for value in mean],
    }
    if thinned is not None:
        lines["thinned"] = [[short(value) for value in line] for line in thinned]
    return lines


def _surface(data: Data, mean: Floats, thinned: Floats | None) -> dict[str, Any]:
    """Bytes from 0 to 255: probabilities, or numbers within the limits of the targets."""
    low, high = 0.0, 1.0
    if not data.classes:
        low, high = float(data.y.min()), float(data.y.max())
    found: dict[str, Any] = {
        "kind": "surface",
        "low": short(low),
        "high": short(high),
        "mean": _bytes(mean, low, high),
    }
    if thinned is not None:
        spread = thinned.std(0)
        most = 0.5 if data.classes else max(1e-6, (high - low) / 4)
        found["thinned"] = _bytes(thinned[0], low, high)
        found["spread"] = _bytes(spread, 0.0, most)
        found["typical"] = short(spread.mean())
    return found


def _bytes(values: Floats, low: float, high: float) -> str:
    size = np.clip((np.nan_to_num(values) - low) / (high - low or 1.0), 0, 1)
    return base64.b64encode(np.round(255 * size).astype(np.uint8).tobytes()).decode()


def _actual(model: Sequential, data: Data) -> dict[str, Any]:
    """Predicted against actual values of some rows."""
    found: dict[str, Any] = {"kind": "actual", "target": data.target}
    for name, x, y in (("train", data.x, data.y), ("valid", data.x_valid, data.y_valid)):
        some = np.arange(min(len(x), MOST_POINTS)) * len(x) // min(len(x), MOST_POINTS)
        predicted = data.to_units(model.predict(x[some], verbose=0)[:, 0])
        found[name] = [
            [short(value) for value in data.to_units(y[some])],
            [short(value) for value in predicted],
        ]
    return found


def _confusion(model: Sequential, data: Data) -> dict[str, Any]:
    """Validation rows by their class and the predicted one."""
    out = model.predict(data.x_valid, verbose=0)
    predicted = (out[:, 0] >= 0.5).astype(int) if data.task == "binary" else out.argmax(1)
    size = max(len(data.classes), 2)
    counts = np.bincount(data.y_valid.astype(int) * size + predicted, minlength=size * size)
    table = counts.reshape(size, size)
    shown = min(size, MOST_CLASSES)
    return {
        "kind": "confusion",
        "classes": list(data.classes[:shown]),
        "counts": table[:shown, :shown].tolist(),
        "rest": int(table.sum() - table[:shown, :shown].sum()),
    }
