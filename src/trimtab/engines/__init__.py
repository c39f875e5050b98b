"""Engines: what computes a program. See :mod:`trimtab.engines.base` for the protocol."""

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
