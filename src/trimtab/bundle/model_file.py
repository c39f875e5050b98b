"""Models in files: what is written, and how it is read back and checked."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from trimtab import checks, registration
from trimtab.bundle.container import Contents, checked_path, read, refuse, write
from trimtab.engines.base import Floats
from trimtab.errors import EngineError, FileFormatError, TrimtabError
from trimtab.training.batches import LAST_BATCH, cut
from trimtab.training.history import History
from trimtab.training.loop import Position

if TYPE_CHECKING:
    from trimtab.model import Sequential

__all__ = [
    "BAD",
    "broken",
    "history_from",
    "history_record",
    "load_model",
    "load_weights",
    "model_contents",
    "model_from",
    "save_model",
    "save_weights",
]

#: What a hostile or damaged record can raise while a model is made from it.
BAD = (
    *(TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError),
    *(TrimtabError, RecursionError),
)


def save_model(
    model: Sequential, filepath: str | os.PathLike[str], overwrite: bool = True, **options: Any
) -> None:
    """Writes a model to one file; see :meth:`trimtab.Sequential.save`.

    Example:
        >>> import tempfile, trimtab
        >>> model = trimtab.Sequential([trimtab.layers.Dense(1, input_shape=[2])])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     trimtab.bundle.save_model(model, f"{folder}/model.trimtab")
        ...     again = trimtab.load_model(f"{folder}/model.trimtab")
        >>> bool((again.get_weights()[0] == model.get_weights()[0]).all())
        True
    """
    checks.unknown_arguments("save_model", options, ["filepath", "overwrite"])
    write(checked_path(filepath), model_contents(model), overwrite)


def model_contents(model: Sequential) -> Contents:
    """What a model's file holds."""
    contents = _state(model, "model")
    contents.documents["model"] = {
        "class_name": type(model).__name__,
        "config": model.get_config(),
        "trainable": {layer.path: layer._trainable for layer in _all_layers(model)},
    }
    contents.documents["compile"] = _compile_record(model)
    if model.history is not None:
        contents.documents["history"] = history_record(model.history)
    return contents


def save_weights(
    model: Sequential, filepath: str | os.PathLike[str], overwrite: bool = True, **options: Any
) -> None:
    """Writes weights and optimizer state; see :meth:`trimtab.Sequential.save_weights`."""
    checks.unknown_arguments("save_weights", options, ["filepath", "overwrite"])
    path = checked_path(filepath)
    model.count_params()  # refuses a model that has no weights yet
    write(path, _state(model, "weights"), overwrite)


def load_model(
    filepath: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,  # noqa: A002 (Keras' name)
    safe_mode: bool = True,
    **options: Any,
) -> Any:
    """The model that :meth:`trimtab.Sequential.save` wrote, ready to predict and to go on training.

    From a file of :meth:`trimtab.Committee.save`, the committee; from one that ``trimtab train``
    wrote, the network or committee in it, which takes prepared columns (``trimtab.load`` gives
    what takes tables).

    Loading executes nothing of the file. What is of one's own (layers, losses, metrics) is found by
    the name that :func:`trimtab.register` gave it: import it first.

    Args:
        filepath: the file; ``.trimtab`` may be left out.
        custom_objects: name -> class or function, instead of its registration; and for metrics
            that were not registered.
        compile: False leaves optimizer, loss and metrics away.
        safe_mode: accepted for Keras' sake; loading is always safe.

    Raises:
        FileNotFoundError: there is no such file.
        FileFormatError: it is damaged, foreign, written by a newer trimtab, holds weights only, or
            names something that is not registered in this process.
    """
    checks.unknown_arguments("load_model", options, ["filepath", "custom_objects", "compile"])
    path = Path(os.fspath(filepath))
    contents = read(path)
    if contents.kind == "committee":
        from trimtab.bundle.committee_file import committee_from

        return committee_from(path, contents, custom_objects, compile)
    if contents.kind == "predictor":
        from trimtab.bundle.predictor_file import network_from

        return network_from(path, contents, custom_objects, compile)
    if contents.kind != "model":
        refuse(path, f"holds {contents.kind} only", "Build the model and use model.load_weights().")
    return model_from(path, contents, custom_objects, compile)


def model_from(
    path: Path,
    contents: Contents,
    custom_objects: Mapping[str, Any] | None,
    compile: bool,  # noqa: A002 (as in load_model)
) -> Sequential:
    """The model that these contents of a file are."""
    with registration.CustomObjectScope(custom_objects):
        _need_registered(path, contents, ["model", *(["compile"] if compile else [])])
        model = _model(path, contents)
        weights = _weights(path, contents, model)
        if compile:
            _compile(path, contents, model, custom_objects or {})
    _take_weights(model, weights)
    if compile:
        _take_training(path, contents, model)
    record = contents.documents.get("history")
    if record is not None:
        history_from(path, record).set_model(model)
    return model


def load_weights(model: Sequential, filepath: str | os.PathLike[str], **options: Any) -> None:
    """Reads weights into a model; see :meth:`trimtab.Sequential.load_weights`."""
    checks.unknown_arguments("load_weights", options, ["filepath"])
    path = Path(os.fspath(filepath))
    contents = read(path)
    if contents.kind not in ("model", "weights"):
        refuse(
            path,
            f"holds a {contents.kind}, not the weights of one model",
            "Use trimtab.load_model() and the weights of the model you mean.",
        )
    if not model.built:
        model.build(_document(path, contents, "training").get("input_width"))
    weights = _weights(path, contents, model)
    model.pull()
    _take_weights(model, weights)
    if model.compiled and _optimizer_kind(model) == _document(path, contents, "training").get(
        "rule"
    ):
        _take_training(path, contents, model)


# -- writing ----------------------------------------------------------------------------------


def _state(model: Sequential, kind: str) -> Contents:
    """Weights, optimizer state, random state and the place inside an epoch."""
    model.pull()
    contents = Contents(kind)
    weights = model.weights
    contents.tables["weights"] = {weight.path: weight.value for weight in weights if model.built}
    runner = model.runner
    training: dict[str, Any] = {
        "input_width": model._width,
        "weights": [[weight.path, list(weight.shape)] for weight in weights],
        "step": runner.step,
        "seed": model._seed,
        "run_seed": model._run_seed,
        "eager_calls": model._eager_calls,
        "rule": _optimizer_kind(model) if model.compiled else None,
        "learning_rate": None,
        "epoch_steps": model.epoch_steps,
    }
    if model.compiled and model.optimizer.schedule is None:
        training["learning_rate"] = float(model.optimizer.learning_rate)
    if runner.slots:
        contents.tables["optimizer"] = dict(runner.slots)
    if model.position is not None:
        position = dict(model.position.sealed().__dict__)
        predictions = position.pop("predictions")
        del position["data"]
        position["measured"] = predictions is not None
        training["position"] = position
        if predictions is not None:
            contents.tables["epoch"] = {"predictions": predictions}
    contents.documents["training"] = training
    return contents


def _optimizer_kind(model: Sequential) -> str:
    """What slots depend on: the rule, and how many numbers it keeps."""
    rule: str = model.optimizer.lower().rule
    return rule


def _compile_record(model: Sequential) -> dict[str, Any] | None:
    if not model.compiled:
        return None
    from trimtab import losses, metrics, optimizers

    def record(spec: Any) -> Any:
        if isinstance(spec, str):
            return spec
        if isinstance(spec, Mapping):
            return dict(spec)
        known = metrics.get(spec)
        try:
            return metrics.serialize(known)
        except registration.NotRegistered:  # a model can do without; loading says so
            return {"function": known.name}

    plain, weighted = model._metric_specs
    return {
        "optimizer": optimizers.serialize(model.optimizer),
        "loss": losses.serialize(model._loss),
        "metrics": [record(spec) for spec in plain],
        "weighted_metrics": [record(spec) for spec in weighted],
    }


def _all_layers(model: Sequential) -> list[Any]:
    found: list[Any] = []
    waiting = list(model.layers)
    while waiting:
        layer = waiting.pop(0)
        found.append(layer)
        waiting = list(layer.sublayers) + waiting
    return found


# -- reading ----------------------------------------------------------------------------------


def _document(path: Path, contents: Contents, name: str) -> dict[str, Any]:
    document = contents.documents.get(name)
    if not isinstance(document, dict):
        refuse(path, f"lacks its part {name!r}")
    return document


def _need_registered(path: Path, contents: Contents, parts: list[str]) -> None:
    """Refuses a file that names what this process does not know, all of it in one message."""
    missing = registration.missing_in(contents.documents.get(name) for name in parts)
    if missing:
        problem, advice = registration.missing_text(missing)
        refuse(path, f"holds what is not trimtab's own: {problem}", advice)


def broken(path: Path, what: str, problem: BaseException) -> NoReturn:
    """Refuses a file for a part of it that says nonsense."""
    if isinstance(problem, EngineError | FileFormatError):
        raise problem  # JAX is missing: nothing is wrong with the file; or it was said already
    raise FileFormatError(
        f"{str(path)!r} holds {what} that cannot be used ({type(problem).__name__}: {problem}). "
        "Save the model again with model.save()."
    ) from problem


def _model(path: Path, contents: Contents) -> Sequential:
    """The layers, their weights declared and without values."""
    from trimtab.model import Sequential

    record = _document(path, contents, "model")
    width = _document(path, contents, "training").get("input_width")
    if record.get("class_name") != "Sequential":
        refuse(path, f"holds a {record.get('class_name')!r}, which this trimtab does not know")
    try:
        model = Sequential._unbuilt(record["config"])
        trainable = record["trainable"]
        for layer in _all_layers(model):
            if not isinstance(trainable[layer.path], bool):
                raise TypeError(f"trainable of {layer.path}")
            layer._trainable = trainable[layer.path]
        if width is not None:
            model._declare(checks.positive_integer("input_width", width))
    except BAD as problem:
        broken(path, "an architecture", problem)
    return model


def _weights(path: Path, contents: Contents, model: Sequential) -> list[Floats]:
    """The arrays for the model's weights, in order, every shape checked."""
    listed = _document(path, contents, "training").get("weights")
    table = contents.tables.get("weights", {})
    names: list[str] = []
    try:
        for name, _ in listed or []:
            names.append(str(name))
    except (TypeError, ValueError) as problem:
        broken(path, "a list of weights", problem)
    if set(names) != set(table) or len(set(names)) != len(names):
        refuse(path, "lists other weights than it holds")
    own = model.weights
    advice = "Build the same layers as the model that was saved."
    if len(own) != len(names):
        refuse(
            path,
            f"does not fit: it holds {len(names)} weights, {model.name} has {len(own)}",
            advice,
        )
    for weight, name in zip(own, names, strict=True):
        array = table[name]
        if name.rsplit("/", 1)[-1] != weight.name or array.shape != weight.shape:
            refuse(
                path,
                f"does not fit: {weight.path} has shape {weight.shape}, the file holds {name} of "
                f"shape {array.shape}",
                advice,
            )
    return [table[name] for name in names]


def _take_weights(model: Sequential, arrays: list[Floats]) -> None:
    for weight, array in zip(model.weights, arrays, strict=True):
        # Not assign(): a model that is being loaded has no engine to tell.
        weight._value = np.array(array, dtype=np.float32)
    model.touched()


def _compile(
    path: Path, contents: Contents, model: Sequential, custom_objects: Mapping[str, Any]
) -> None:
    record = contents.documents.get("compile")
    if record is None:
        return
    if not isinstance(record, dict):
        refuse(path, "holds a compilation that is none")
    missing: list[str] = []

    def metric(spec: Any) -> list[Any]:
        if isinstance(spec, dict) and spec.keys() == {"function"}:
            name = str(spec["function"])
            if name not in custom_objects:
                missing.append(name)
                return []
            return [custom_objects[name]]
        return [spec]

    try:
        model.compile(
            optimizer=record["optimizer"],
            loss=record["loss"],
            metrics=[found for spec in record["metrics"] for found in metric(spec)],
            weighted_metrics=[
                found for spec in record["weighted_metrics"] for found in metric(spec)
            ],
        )
    except BAD as problem:
        broken(path, "a compilation", problem)
    if missing:
        warnings.warn(
            f"{str(path)!r}: metrics that are Python functions are not in the file and were left "
            f"out: {', '.join(missing)}. Use load_model(path, custom_objects={{'{missing[0]}': "
            "function}).",
            stacklevel=checks.outside(),
        )


def _take_training(path: Path, contents: Contents, model: Sequential) -> None:
    """Step, seeds, optimizer slots, and the place inside an epoch."""
    training = _document(path, contents, "training")
    try:
        step = checks.integer("step", training["step"], minimum=0, maximum=2**62)
        seeds = [checks.seed(name, training[name]) for name in ("seed", "run_seed")]
        calls = checks.integer("calls", training["eager_calls"], minimum=0, maximum=2**62)
        rate = training["learning_rate"]
        if rate is not None:
            rate = checks.non_negative_number("learning_rate", rate)
        epoch_steps = training.get("epoch_steps")
        if epoch_steps is not None:
            epoch_steps = checks.integer("epoch_steps", epoch_steps, minimum=1, maximum=2**62)
        position = _position(training.get("position"), contents, model)
        slots = _slots(contents, training["weights"], model) if model.compiled else {}
    except BAD as problem:
        broken(path, "a training state", problem)
    model.runner.step = step
    model.runner.slots = slots
    model._seed, model._run_seed = seeds
    model._eager_calls = calls
    model.epoch_steps = epoch_steps
    model.position = position
    if model.compiled:
        model.optimizer.iterations = step
        if rate is not None and model.optimizer.schedule is None:
            model.optimizer.learning_rate = rate


def _slots(contents: Contents, listed: Any, model: Sequential) -> dict[str, Floats]:
    """Optimizer slots under this model's weight names."""
    count = model.optimizer.lower().slots
    here = {name: weight for (name, _), weight in zip(listed, model.weights, strict=True)}
    slots = {}
    for name, array in contents.tables.get("optimizer", {}).items():
        weight = here[name]
        if array.shape != (count, weight.size):
            raise ValueError(f"optimizer state of {name} has shape {array.shape}")
        slots[weight.path] = np.array(array, dtype=np.float32)
    return slots


def _position(record: Any, contents: Contents, model: Sequential) -> Position | None:
    if record is None:
        return None
    numbers: dict[str, Any] = {
        name: checks.integer(name, record[name], minimum=least, maximum=2**62)
        for name, least in (
            ("epoch", 0),
            ("first_step", 0),
            ("batches", 1),
            ("batch_size", 1),
            ("rows", 1),
            ("fingerprint", 0),
        )
    }
    if not isinstance(record["total"], float | int) or isinstance(record["total"], bool):
        raise TypeError("total")
    last_batch = checks.choice("last_batch", record.get("last_batch", "keep"), LAST_BATCH)
    batches = cut(numbers["rows"], numbers["batch_size"], last_batch)
    if numbers["batches"] >= batches.steps:
        raise ValueError("the epoch is over")
    seen = int(batches.edges[numbers["batches"]])
    predictions = None
    if checks.boolean("measured", record["measured"]):
        predictions = contents.tables["epoch"]["predictions"]
        if predictions.shape != (seen, model.output_shape[1]):
            raise ValueError(f"predictions have shape {predictions.shape}")
    return Position(
        shuffle=checks.boolean("shuffle", record["shuffle"]),
        total=float(record["total"]),
        predictions=predictions,
        last_batch=last_batch,
        **numbers,
    )


def history_record(history: History) -> dict[str, Any]:
    """A history as plain data."""
    return {"history": history.history, "epoch": history.epoch}


def history_from(path: Path, record: Any) -> History:
    """The inverse of :func:`history_record`."""
    history = History()
    try:
        for key, values in record["history"].items():
            if not all(isinstance(value, float) for value in values):
                raise TypeError(f"{key} holds something else than floats")
            history.history[str(key)] = list(values)
        history.epoch = [
            checks.integer("epoch", epoch, minimum=0, maximum=2**62) for epoch in record["epoch"]
        ]
    except BAD as problem:
        broken(path, "a history", problem)
    return history
