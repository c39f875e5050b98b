"""How far exported files are from the models, on random rows and edge cases."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import trimtab
from benchmarks import machine, markdown
from benchmarks.export.tables import mixed, spotify

__all__ = ["cases", "page", "rows_of"]

_SMALL: dict[str, Any] = {"layers": "32 bn relu dropout:0.2, 16 silu", "valid": 0.3}

#: Name -> target, options of training. Each has another way from columns to answers.
_MIXED: dict[str, tuple[Any, dict[str, Any]]] = {
    "numbers": ("y", _SMALL),
    "numbers, default": ("y", {}),
    "numbers, robust scaling": ("y", {**_SMALL, "scaling": "robust"}),
    "numbers, also categories": ("y", {**_SMALL, "also_categories": 24}),
    "numbers, members of one network": ("y", {**_SMALL, "members": 3}),
    "numbers, five folds": ("y", {"layers": "32 relu", "fold": 5}),
    "logarithm": ("price", {**_SMALL, "target_scale": "log"}),
    "logarithm, means": ("price", {**_SMALL, "target_scale": "log", "loss": "mse"}),
    "Yeo-Johnson": ("signed", {**_SMALL, "target_scale": "yeo-johnson"}),
    "several targets": (["y", "price"], _SMALL),
    "two classes, threshold": ("two", {**_SMALL, "threshold": "f1"}),
    "two classes, sigmoid": ("two", {**_SMALL, "calibrate": "sigmoid"}),
    "three classes": ("three", _SMALL),
    "three classes, default": ("three", {}),
    "three classes, isotonic": ("three", {**_SMALL, "calibrate": "isotonic"}),
    "whole numbers as classes": ("five", {**_SMALL, "task": "multiclass"}),
    "yes and no": ("flag", _SMALL),
    "periodic embeddings": ("y", {**_SMALL, "layers": "periodic:8x4, 32 relu"}),
}


def cases(data: Path) -> Iterator[tuple[str, str, Any, Any, dict[str, Any]]]:
    """Table, what is special, rows, target and options of each case."""
    for name, (target, options) in _MIXED.items():
        targets = tuple(target) if isinstance(target, list) else target
        yield "all kinds of columns", name, mixed(targets, rows=600), target, options
    yield "red-wine", "default", "red-wine", "quality", {}
    yield "red-wine", "classes", "red-wine", "quality", {**_SMALL, "task": "multiclass"}
    yield "concrete", "default", "concrete", "CompressiveStrength", {}
    songs = spotify(data)
    if songs is not None:
        yield "spotify", "default", songs, "track_popularity", {}


def rows_of(data: Path, rows: int, epochs: int) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Table, what is special and the largest difference of each format and output."""
    for table, name, source, target, options in cases(data):
        with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
            warnings.simplefilter("ignore")
            predictor = trimtab.train(
                source,
                target,
                epochs=epochs,
                seed=1,
                verbose=0,
                **{"types": _types(table)} | options,
            )
            found: dict[str, float] = {}
            for to in ("onnx", "python"):
                done = trimtab.export(predictor, Path(folder) / "m", to, interval=0.8, rows=rows)
                for output, difference in done.differences.items():
                    found[f"{to} {_kind(output)}"] = max(
                        difference, found.get(f"{to} {_kind(output)}", 0.0)
                    )
            yield table, name, found


def _types(table: str) -> dict[str, str]:
    return {"grade": "category", "rooms": "integer"} if table.startswith("all") else {}


def _kind(output: str) -> str:
    """Numbers and probabilities, ends of intervals, or labels and sets."""
    word = output.split("_")[0]
    return {"lower": "interval", "upper": "interval", "in": "set"}.get(word, word)


def page(data: Path, rows: int, epochs: int) -> str:
    """The table, and how it came about."""
    kinds = ("prediction", "probabilities", "interval", "set")
    heads = [f"{to} {kind}" for to in ("onnx", "python") for kind in kinds]
    lines = [["table", "case", *heads]]
    for table, name, found in rows_of(data, rows, epochs):
        lines.append([table, name, *(_figure(found.get(head)) for head in heads)])
    facts, versions = machine.describe(), _versions()
    return f"""# Exported files beside the models

Largest difference on {rows:,} random rows, in some of which each column in turn is missing, far out
or, of categories, unseen. Predictions and ends of intervals: on the scale that was learned, as a
share of the target's scale. Probabilities: as they are; where an isotonic curve corrects them, as a
share of its slope. Labels and sets of classes: the share of rows in which they differ and are no
tie. Above 1e-05, nothing is written. Written by `python -m benchmarks export --differences`.

{markdown.table(lines)}

{facts["processor"]}, {facts["date"]}; {versions}. Networks of {epochs} epochs.
"""


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.1e}" if value else "0"


def _versions() -> str:
    from importlib.metadata import version

    return ", ".join(f"{name} {version(name)}" for name in ("onnx", "onnxruntime", "numpy"))
