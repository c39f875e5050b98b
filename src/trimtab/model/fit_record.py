"""What a fit was asked for, as plain data: whether another one is the same."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trimtab.core.hashing import checksum
from trimtab.core.words import brief
from trimtab.engines.base import Rows
from trimtab.errors import InvalidArgument
from trimtab.model.contents import compile_record
from trimtab.nn import registration
from trimtab.nn.layers.base import trainable_itself
from trimtab.nn.network import Network
from trimtab.training.callback import Callback
from trimtab.training.settings import FitSettings

__all__ = ["check_same", "fit_record", "remembering"]

#: Arguments of callbacks that change no number of the training.
_FREE = frozenset({"verbose", "filepath", "filename", "backup_dir", "log_dir", "separator"})

#: What a difference is about -> its sentence, in the order in which they are looked for.
_WHAT = {
    "model": "the model",
    "compile": "the compilation",
    "data": "the data",
    "fit": "an argument of fit",
    "callbacks": "a callback",
}


def fit_record(
    model: Network,
    rows: Rows,
    validation: Rows | None,
    settings: FitSettings,
    callbacks: Sequence[Callback],
) -> dict[str, Any]:
    """The fit as plain data, for a file.

    Names of layers are numbered, since those of a second model of the same code differ.
    """
    with registration.CustomObjectScope(open=True):  # files of runs are read by the same code
        config = model.get_config()
        compiled = _plain(compile_record(model) or {})
    optimizer = compiled["optimizer"]["config"]
    optimizer.pop("name", None)
    if model.compiled_rate is not None:
        optimizer["learning_rate"] = model.compiled_rate
    compiled["precision"] = model.runner.choice.get("precision", "float32")
    freq = settings.validation_freq
    return {
        "model": {
            **_numbered(config),
            "trainable": [trainable_itself(layer) for layer in model.all_layers()],
        },
        "compile": compiled,
        "data": {**_printed("", rows), **_printed("validation ", validation)},
        "fit": {
            "batch_size": settings.batch_size,
            "epochs": settings.epochs,
            "shuffle": settings.shuffle,
            "initial_epoch": settings.initial_epoch,
            "validation_batch_size": settings.validation_batch_size,
            "validation_freq": freq if isinstance(freq, int) else sorted(freq),
            "statistics": settings.statistics,
            "freeze_statistics_after": settings.freeze_statistics_after,
            "track": sorted(settings.track),
            "last_batch": settings.last_batch,
        },
        "callbacks": [
            {"class_name": name.partition("#")[0], **_arguments(callback)}
            for name, callback in remembering(callbacks)
            if not hasattr(callback, "is_history")
        ],
    }


def remembering(callbacks: Sequence[Callback]) -> Iterator[tuple[str, Callback]]:
    """The callbacks that remember something, each with a name of its own."""
    numbers: dict[str, int] = {}
    for callback in callbacks:
        history = hasattr(callback, "is_history")
        if history or type(callback).get_state is not Callback.get_state:
            name = "History" if history else type(callback).__name__
            numbers[name] = numbers.get(name, 0) + 1
            yield f"{name}#{numbers[name]}", callback


def check_same(
    before: Mapping[str, Any], now: Mapping[str, Any], rate: Any, path: Path, anew: str
) -> None:
    """Refuses a fit that is not the one that was kept.

    Args:
        before: record of the one that was kept.
        now: of the one that is asked for.
        rate: learning rate that the run has now, which a model that was loaded from it has, too.
        path: of the file.
        anew: what to do to begin anew.

    Raises:
        InvalidArgument: naming what differs, its value then and now, and what to do.
    """
    for part, what in _WHAT.items():
        there, here = before[part], now[part]
        if part == "fit":
            _check_epochs(there["epochs"], here["epochs"], path, anew)
            there = {**there, "epochs": here["epochs"]}
        if part == "compile":
            there = _with_rate(there, here, rate)
        found = _difference(there, here)
        if found is None:
            continue
        name, old, new = found
        if part == "data":
            old, new = old.strip("'"), new.strip("'")
        name = f"callbacks{name}" if part == "callbacks" else name.lstrip(".")
        raise InvalidArgument(
            f"{what} is another one than in the run kept in {str(path)!r}: {name} is {old} there, "
            f"received {new}. Pass what the run began with to resume it; to begin anew, {anew}."
        )


def _check_epochs(there: int, here: int, path: Path, anew: str) -> None:
    if here < there:
        raise InvalidArgument(
            "epochs can only be raised when a run is resumed: the run kept in "
            f"{str(path)!r} has {there}, received {here}. Use epochs={there}, or more; to begin "
            f"anew, {anew}."
        )


def _with_rate(there: Any, here: Any, rate: Any) -> Any:
    """The compilation that was kept, with the rate of now if the present one has that."""
    optimizer = there["optimizer"]
    if rate is None or here["optimizer"]["config"].get("learning_rate") != rate:
        return there
    config = {**optimizer["config"], "learning_rate": rate}
    return {**there, "optimizer": {**optimizer, "config": config}}


def _printed(prefix: str, rows: Rows | None) -> dict[str, Any]:
    """Shapes and checksums: each covers what stands before it, too."""
    if rows is None:
        return {f"{prefix}data": None} if prefix else {}
    found: dict[str, Any] = {}
    so_far = 0
    for name in ("x", "y", "weight"):
        array = getattr(rows, name)
        shown = f"{prefix}{'sample_weight or class_weight' if name == 'weight' else name}"
        if array is None:
            found[shown] = None
            continue
        so_far = checksum([array], so_far)
        found[shown] = f"{' x '.join(map(str, array.shape))} numbers of checksum {so_far:08x}"
    return found


def _arguments(callback: Callback) -> dict[str, Any]:
    """What one of trimtab's own callbacks was made with, where that is plain data."""
    if not type(callback).__module__.startswith("trimtab."):
        return {}
    names = inspect.signature(type(callback)).parameters
    found = {name: getattr(callback, name, None) for name in names if name not in _FREE}
    return {
        name: value
        for name, value in found.items()
        if value is None or isinstance(value, bool | int | float | str)
    }


def _plain(value: Any) -> Any:
    """The value as a file gives it back."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    return value.item() if isinstance(value, np.generic) else value


def _numbered(config: Any) -> Any:
    """A configuration whose names are numbers, in the order in which they come."""
    names: dict[str, str] = {}

    def collect(value: Any) -> None:
        if isinstance(value, Mapping):
            if isinstance(value.get("name"), str):
                names.setdefault(value["name"], f"#{len(names)}")
            for item in value.values():
                collect(item)
        elif isinstance(value, list | tuple):
            for item in value:
                collect(item)

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: renamed(item) for key, item in value.items()}
        if isinstance(value, list):
            return [renamed(item) for item in value]
        return names.get(value, value) if isinstance(value, str) else value

    collect(config)
    return renamed(_plain(config))


def _difference(before: Any, now: Any, where: str = "") -> tuple[str, str, str] | None:
    """The first place where two values of plain data differ, and both values there."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in dict.fromkeys([*before, *now]):
            if key not in before or key not in now:
                old, new = (
                    _shown(each[key]) if key in each else "not there" for each in (before, now)
                )
                return f"{where}.{key}", old, new
            found = _difference(before[key], now[key], f"{where}.{key}")
            if found is not None:
                return found
        return None
    if isinstance(before, list) and isinstance(now, list):
        for number, (old, new) in enumerate(zip(before, now, strict=False)):
            found = _difference(old, new, f"{where}[{number}]")
            if found is not None:
                return found
        if len(before) != len(now):
            return f"{where or ''} (their number)", str(len(before)), str(len(now))
        return None
    if before == now or (before != before and now != now):
        return None
    return where, _shown(before), _shown(now)


def _shown(value: Any) -> str:
    """A value for people: a number that was rounded to float32 has its digits alone."""
    if isinstance(value, float):
        with np.errstate(over="ignore"):
            rounded = np.float32(value)
        return str(rounded) if float(rounded) == value else brief(value)
    return brief(value)
