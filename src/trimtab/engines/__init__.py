"""Engines compute programs; :mod:`trimtab.engines.base` has their protocol."""

from __future__ import annotations

from trimtab.engines.base import Engine, EngineState, Rows, TrainCall
from trimtab.engines.choosing import ENGINES, check_choice, choose, make_engine

__all__ = [
    "ENGINES",
    "Engine",
    "EngineState",
    "Rows",
    "TrainCall",
    "check_choice",
    "choose",
    "make_engine",
]
