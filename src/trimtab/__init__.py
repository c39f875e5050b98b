"""Neural networks on tables, trained steadily: dropout and batch normalization done right.

Names load when they are first used, so that importing trimtab is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trimtab import (
        activations,
        config,
        constraints,
        datasets,
        distributed,
        errors,
        initializers,
        keras,
        layers,
        losses,
        metrics,
        optimizers,
        regularizers,
        schedules,
        tables,
        uncertainty,
    )
    from trimtab.bundle import load, load_model
    from trimtab.committee import Committee
    from trimtab.config import set_random_seed
    from trimtab.layers import Input
    from trimtab.model import Sequential
    from trimtab.predictor import Predictor
    from trimtab.predictor.train import train
    from trimtab.registration import register
    from trimtab.training import callbacks

__version__ = "0.1.0"

__all__ = [
    "Committee",
    "Input",
    "Predictor",
    "Sequential",
    "activations",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "distributed",
    "errors",
    "initializers",
    "keras",
    "layers",
    "load",
    "load_model",
    "losses",
    "metrics",
    "optimizers",
    "register",
    "regularizers",
    "schedules",
    "set_random_seed",
    "tables",
    "train",
    "uncertainty",
]

#: Names that are not modules of the package itself -> where they lie.
_ELSEWHERE = {
    "Committee": "trimtab.committee",
    "Input": "trimtab.layers",
    "Sequential": "trimtab.model",
    "callbacks": "trimtab.training",
    "Predictor": "trimtab.predictor",
    "load": "trimtab.bundle",
    "load_model": "trimtab.bundle",
    "register": "trimtab.registration",
    "set_random_seed": "trimtab.config",
    "train": "trimtab.predictor.train",
}


def __getattr__(name: str) -> Any:
    if name in _ELSEWHERE:
        value = getattr(importlib.import_module(_ELSEWHERE[name]), name)
    elif name in __all__:
        value = importlib.import_module(f"trimtab.{name}")
    elif name[:1].isupper():
        from trimtab import catalogue

        raise catalogue.missing("keras", name, __all__)
    else:
        raise AttributeError(f"module 'trimtab' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
