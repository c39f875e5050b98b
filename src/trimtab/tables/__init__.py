"""From a file of rows to columns that a network can be trained on.

Names load when they are first used: pandas and scikit-learn are asked for by what needs them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trimtab.tables.inspection import Inspection, inspect
    from trimtab.tables.preprocessing import OutputColumn, Preprocessor, Unseen
    from trimtab.tables.reading import ReadOptions, read, read_chunks
    from trimtab.tables.schema import Column, Schema, infer_schema
    from trimtab.tables.splitting import Split, SplitPlan, make_split
    from trimtab.tables.table import BadCell, Guess, Table

__all__ = [
    "BadCell",
    "Column",
    "Guess",
    "Inspection",
    "OutputColumn",
    "Preprocessor",
    "ReadOptions",
    "Schema",
    "Split",
    "SplitPlan",
    "Table",
    "Unseen",
    "infer_schema",
    "inspect",
    "make_split",
    "read",
    "read_chunks",
]

#: Each public name -> the module that defines it.
_MODULES = {
    "BadCell": "table",
    "Column": "schema",
    "Guess": "table",
    "Inspection": "inspection",
    "OutputColumn": "preprocessing",
    "Preprocessor": "preprocessing",
    "ReadOptions": "reading",
    "Schema": "schema",
    "Split": "splitting",
    "SplitPlan": "splitting",
    "Table": "table",
    "Unseen": "preprocessing",
    "infer_schema": "schema",
    "inspect": "inspection",
    "make_split": "splitting",
    "read": "reading",
    "read_chunks": "reading",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
