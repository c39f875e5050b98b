"""The estimators' ``coach``: one path with :func:`trimtab.coach`, in scikit-learn's words."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from trimtab.estimators.arguments import arguments
from trimtab.insight.coach.source import call, literal
from trimtab.predictor.training.options import TrainOptions

__all__ = ["coach_network", "coach_options"]

#: Options of a training that a coaching decides, or that mean something else there.
DECIDED = ("metric", "seed", "target", "test", "threads", "time_limit")


def coach_options(
    estimator: Any, task: str, table: Any, options: TrainOptions, asked: Mapping[str, Any]
) -> Any:
    """Coaches the options of an estimator; what helps are arguments of it.

    Args:
        estimator: whose arguments they are.
        task: ``regression`` or ``classification``.
        table: rows with the answers.
        options: that the estimator stands for.
        asked: arguments of :func:`trimtab.coach`.
    """
    told = {name: value for name, value in options.changed().items() if name not in DECIDED}
    own = {"seed": options.seed, "jobs": options.threads, **told, **asked}
    found = _coach(table, options.target, **own)
    if not found.edits:
        return found
    better = found.options()
    values = {
        each.name: better[each.option]
        for each in arguments(task)
        if each.option in better and better[each.option] != getattr(estimator, each.name)
    }
    if not estimator.early_stopping:
        values.pop("validation_fraction", None)
    if better.get("group") not in (None, estimator.group):
        values.pop("group", None)  # they come beside the rows
    values.pop("types", None)  # the estimator finds them out
    named = [f"{name}={literal(value)}" for name, value in values.items()]
    code = f"model.set_params({', '.join(named)})\nmodel.fit(X, y)"
    if len(code) > 100:
        code = f"{call('model.set_params', named)}\nmodel.fit(X, y)"
    return found.retold(code, values)


def coach_network(
    build: Callable[[], Any], x: Any, y: Any, names: Any, asked: Mapping[str, Any]
) -> Any:
    """Coaches a network on arrays.

    Args:
        build: makes the network, compiled.
        x: inputs ``(rows, columns)``.
        y: targets.
        names: of the columns, for findings; None: they have none.
        asked: arguments of ``fit`` and of :func:`trimtab.coach`.
    """
    if names is not None:
        import pandas as pd

        x = pd.DataFrame(x, columns=list(names))
    return _coach(build, x, y, **asked)


def _coach(*given: Any, **asked: Any) -> Any:
    """:func:`trimtab.coach` by its public name: the coach's room stands above the estimators'."""
    return importlib.import_module("trimtab").coach(*given, **asked)
