"""Learning curves as facts of a report, and as a page of their own."""

from __future__ import annotations

import datetime
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trimtab.core.replacing import replacing
from trimtab.core.version import __version__
from trimtab.errors import InvalidArgument
from trimtab.training.layer_curves import curves_by_quantity

__all__ = ["curve_facts", "layer_facts", "other_facts", "write_curves"]

#: Digits of a number of a curve.
_DIGITS = 5


def write_curves(
    history: Mapping[str, list[float]],
    best: int | None,
    path: str | os.PathLike[str],
    title: str,
) -> Path:
    """Writes a page with the curves of a history.

    Args:
        history: key -> one number an epoch.
        best: where the lowest validation loss is, from 0.
        path: of the page.
        title: above the curves.
    """
    from trimtab.report.page import page
    from trimtab.report.version import VERSION

    if not any(history.values()):
        raise InvalidArgument("to_html needs at least one epoch. Call fit first.")
    first = "loss" if history.get("loss") else next(iter(history))
    curve = curve_facts("network", history, None if best is None else best + 1, first)
    facts = {
        "version": VERSION,
        "kind": "history",
        "made": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "by": f"trimtab {__version__}",
        "title": title,
        "course": {
            "panels": [{"title": "", "curves": [curve], "mean": None}],
            "label": first,
            "learning_rate": None,
            "dropout": {},
            "others": {name: each for name, each in other_facts(history).items() if name != first},
            "layers": layer_facts(history),
        },
    }
    place = Path(path)
    with replacing(place) as file:
        file.write(page(facts).encode("utf-8", "replace"))
    return place


def curve_facts(
    label: str,
    history: Mapping[str, Sequence[float]],
    best_epoch: int | None,
    key: str = "loss",
) -> dict[str, Any]:
    """The curve of one network, as plain data.

    Args:
        label: its name.
        history: key -> one number an epoch.
        best_epoch: the one that is kept, from 1.
        key: of the curve; its validation is ``val_`` and that.
    """
    return {
        "label": label,
        "loss": _plain(history.get(key, [])),
        "val_loss": _plain(history.get(f"val_{key}", [])),
        "best_epoch": best_epoch,
    }


def other_facts(history: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Metrics besides the loss, each with its validation curve."""
    names = [
        name
        for name in history
        if name != "loss" and not name.startswith("val_") and "/" not in name
    ]
    return {
        name: {
            "loss": _plain(history[name]),
            "val_loss": _plain(history.get(f"val_{name}", [])),
        }
        for name in names
    }


def layer_facts(history: Mapping[str, list[float]]) -> dict[str, Any]:
    """What ``fit(track=["layers"])`` logged; empty where nothing was.

    ``epochs`` from 1, and ``curves``: quantity -> layer -> a number for each of them.
    """
    if not any("/" in name for name in history):
        return {}
    curves = {
        quantity: {layer: _plain(values) for layer, values in by_layer.items()}
        for quantity, by_layer in curves_by_quantity(history).items()
    }
    longest = max(len(line) for by_layer in curves.values() for line in by_layer.values())
    return {"epochs": list(range(1, longest + 1)), "curves": curves}


def _plain(values: Sequence[float]) -> list[float | None]:
    """Numbers for JSON, which has neither NaN nor infinity."""
    return [float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None for value in values]
