"""The tasks a network can be trained for, by their names."""

from __future__ import annotations

__all__ = ["BINARY", "MULTICLASS", "REGRESSION", "TASKS"]

REGRESSION, BINARY, MULTICLASS = "regression", "binary", "multiclass"
TASKS = (REGRESSION, BINARY, MULTICLASS)
