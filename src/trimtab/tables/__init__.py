"""Tables: reading files, typing columns, dividing and preparing rows.

Names load on first use, so that pandas and scikit-learn are imported only where they are needed.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trimtab.tables.columns.column import Column
    from trimtab.tables.columns.inference import infer_schema
    from trimtab.tables.columns.inspection import Inspection, inspect
    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.files.passing.passing import Passing
    from trimtab.tables.files.read_options import ReadOptions
    from trimtab.tables.files.reading import read, read_chunks
    from trimtab.tables.files.table import BadCell, Guess, Table
    from trimtab.tables.preprocessing import OutputColumn, Preprocessor, Unseen
    from trimtab.tables.splits.plan import Split, SplitPlan, make_split

__all__ = [
    "BadCell",
    "Column",
    "Guess",
    "Inspection",
    "OutputColumn",
    "Passing",
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
    "BadCell": "trimtab.tables.files.table",
    "Column": "trimtab.tables.columns.column",
    "Guess": "trimtab.tables.files.table",
    "Inspection": "trimtab.tables.columns.inspection",
    "OutputColumn": "trimtab.tables.preprocessing",
    "Passing": "trimtab.tables.files.passing.passing",
    "Preprocessor": "trimtab.tables.preprocessing",
    "ReadOptions": "trimtab.tables.files.read_options",
    "Schema": "trimtab.tables.columns.schema",
    "Split": "trimtab.tables.splits.plan",
    "SplitPlan": "trimtab.tables.splits.plan",
    "Table": "trimtab.tables.files.table",
    "Unseen": "trimtab.tables.preprocessing",
    "infer_schema": "trimtab.tables.columns.inference",
    "inspect": "trimtab.tables.columns.inspection",
    "make_split": "trimtab.tables.splits.plan",
    "read": "trimtab.tables.files.reading",
    "read_chunks": "trimtab.tables.files.reading",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        from trimtab.core import checks

        hint = "" if name.startswith("_") else checks.nearest(name, __all__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}. {hint}".rstrip())
    value = getattr(importlib.import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
