"""A recipe as Python to paste."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from trimtab.insight.coach.source import Expression, call, constructor, literal
from trimtab.nn import losses, optimizers, schedules
from trimtab.nn.layers.table import deserialize
from trimtab.nn.losses import FunctionLoss
from trimtab.trials.network_trial import balance
from trimtab.trials.recipe import HELD, Recipe

__all__ = ["network_code", "table_code"]

_FIT = ("class_weight", "freeze_statistics_after", "last_batch", "shuffle", "statistics")


def network_code(recipe: Recipe, y: Any) -> str:
    """Code that makes, compiles and fits the network; ``x`` and ``y`` are arrays.

    Args:
        recipe: of the network.
        y: the targets, ``(n,)`` or ``(n, outputs)``.
    """
    needed = ["layers", "optimizers"]
    more = []
    rows, targets = "x", "y"
    if recipe.dropped or recipe.standardized or recipe.target:
        more.append("import numpy as np\n")
    lines = []
    if recipe.dropped:
        lines.append(f"x = np.delete(np.asarray(x), {list(recipe.dropped)}, axis=1)")
    if recipe.standardized:
        lines += [
            "mean, deviation = np.mean(x, axis=0), np.std(x, axis=0)",
            "x = (x - mean) / np.where(deviation > 0, deviation, 1)  # new rows as well",
        ]
    if recipe.target == "standard":
        lines.append("center, spread = np.mean(y), np.std(y)")
        targets = "(y - center) / spread"
    if recipe.target == "log":
        targets = "np.log(y)"
    made = [constructor(deserialize(record), named=False) for record in recipe.layers]
    own = f"trimtab.Sequential([\n{''.join(_indented(each) for each in made)}])"
    if recipe.members > 1:
        own = own[:-1] + f", members={recipe.members})"
    lines.append(f"model = {own}")
    record = optimizers.serialize(recipe.model(0, rows=len(y)).optimizer)
    rate = record["config"].get("learning_rate")
    if isinstance(rate, Mapping):
        needed.append("schedules")
    arguments = [f"optimizer={_optimizer(record)}", f"loss={_loss(recipe.loss, needed)}"]
    chosen = recipe.engine.get("engine", "auto")
    if chosen not in ("auto", None):
        arguments.append(f"engine={literal(str(chosen))}")
    lines.append(call("model.compile", arguments))
    fit = [rows, targets, f"batch_size={recipe.batch_size}", f"epochs={recipe.epochs}"]
    share = recipe.fit.get("validation_split") or (HELD if recipe.patience is not None else 0)
    if share:
        fit.append(f"validation_split={share}")  # the last rows
    fit += [
        f"{name}={literal(recipe.fit[name])}"
        for name in _FIT
        if recipe.fit.get(name) is not None and not (name == "class_weight" and recipe.balanced)
    ]
    if recipe.balanced:
        fit.append(f"class_weight={balance(y)!r}")
    if recipe.patience is not None:
        needed.append("callbacks")
        stop = f"callbacks.EarlyStopping(patience={recipe.patience}, restore_best_weights=True)"
        fit.append(f"callbacks=[{stop}]")
    if share:
        lines.append("# The last rows are held out: shuffle rows that are sorted.")
    lines.append(call("model.fit", fit))
    if recipe.target == "standard":
        lines.append("predicted = model.predict(x) * spread + center")
    if recipe.target == "log":
        lines.append("predicted = np.exp(model.predict(x))")
    head = [*more, "import trimtab", f"from trimtab import {', '.join(sorted(set(needed)))}", ""]
    return "\n".join([*head, *lines])


def _indented(code: str) -> str:
    return "".join(f"    {line}\n" for line in f"{code},".splitlines())


def _optimizer(record: Mapping[str, Any]) -> str:
    kind = getattr(optimizers, record["class_name"])
    return _made("optimizers", kind, record["config"])


def _made(module: str, kind: type, config: Mapping[str, Any]) -> str:
    """The call that makes an optimizer or a schedule; defaults are left out."""
    known = inspect.signature(kind).parameters
    own = {}
    for name, value in config.items():
        if name == "name" or name not in known or value == known[name].default:
            continue
        if isinstance(value, Mapping) and "class_name" in value:
            inner = getattr(schedules, value["class_name"])
            value = Expression(_made("schedules", inner, value["config"]))
        own[name] = value
    return call(f"{module}.{kind.__name__}", [f"{name}={literal(own[name])}" for name in own])


def _loss(loss: Any, needed: list[str]) -> str:
    short = {type(losses.get(name)): name for name in ("mae", "mse")}
    if isinstance(loss, FunctionLoss):
        return f"{loss.name}  # your own"
    if type(loss) in short:
        return literal(short[type(loss)])
    needed.append("losses")
    return _made("losses", type(loss), loss.get_config())


def table_code(table: str, options: Mapping[str, Any], out: str) -> str:
    """Code that trains a table with these options.

    Args:
        table: the first argument, as code.
        options: of ``train``, the target among them.
        out: the file to save to.

    Example:
        >>> print(table_code("'wine.csv'", {"target": "quality", "lr": 0.01}, "better.trimtab"))
        import trimtab
        <BLANKLINE>
        predictor = trimtab.train('wine.csv', target="quality", lr=0.01, out="better.trimtab")
    """
    told = {**options, "out": out}
    arguments = [table, *(f"{name}={literal(value)}" for name, value in told.items())]
    return f"import trimtab\n\npredictor = {call('trimtab.train', arguments)}"
