"""Contents of model files: how they are written, and checked when they are read."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from trimtab import distributed
from trimtab.core import checks, container, formats
from trimtab.core.container import Contents, checked_path, read, refuse
from trimtab.core.types import Floats
from trimtab.core.words import brief
from trimtab.engines.base import Looked
from trimtab.errors import EngineError, FileFormatError, InvalidArgument, TrimtabError
from trimtab.nn import losses, metrics, optimizers, registration
from trimtab.nn.layers.attachment import attachment
from trimtab.nn.layers.base import trainable_itself
from trimtab.nn.losses.several import SeveralLosses
from trimtab.nn.network import Network
from trimtab.training.batches import LAST_BATCH, cut
from trimtab.training.history import History
from trimtab.training.position import Position

__all__ = [
    "AGAIN",
    "BAD",
    "NETWORK",
    "broken",
    "column_names_in",
    "compile_from",
    "compile_record",
    "document",
    "history_from",
    "history_record",
    "layers_by_path",
    "load_weights",
    "model_contents",
    "save_model",
    "save_weights",
    "take_training",
    "take_weights",
    "weights_in",
    "write",
]

#: Advice for a broken predictor file, and the part of the file that holds its network.
AGAIN = "Save it again with predictor.save()."
NETWORK = "network"

#: The arrays of what was looked at in the epoch that a model is in.
_LOOKED = ("values", "training", "inference", "norms", "state")

#: What a damaged or hostile record can raise while a model is built from it.
BAD = (
    *(TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError),
    *(TrimtabError, RecursionError),
)


def save_model(
    model: Network, filepath: str | os.PathLike[str], overwrite: bool = True, **options: Any
) -> None:
    """Saves a model to one file; see :meth:`trimtab.Sequential.save`.

    Example:
        >>> import tempfile, trimtab
        >>> model = trimtab.Sequential([trimtab.layers.Dense(1, input_shape=[2])])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     trimtab.model.save_model(model, f"{folder}/model.trimtab")
        ...     again = trimtab.load_model(f"{folder}/model.trimtab")
        >>> bool((again.get_weights()[0] == model.get_weights()[0]).all())
        True
    """
    checks.unknown_arguments("save_model", options, ["filepath", "overwrite"])
    of_keras = formats.named_by(filepath, ".keras")
    if of_keras is not None:
        of_keras.save(model, checks.path("filepath", filepath), overwrite)
        return
    write(checked_path(filepath), model_contents(model), overwrite)


def model_contents(model: Network) -> Contents:
    """The contents of a model's file."""
    contents = _state(model, "model")
    contents.documents["model"] = {
        "class_name": type(model).__name__,
        "config": model.get_config(),
        "trainable": {path: trainable_itself(layer) for path, layer in layers_by_path(model)},
    }
    contents.documents["compile"] = compile_record(model)
    if model.history is not None:
        contents.documents["history"] = history_record(model.history)
    return contents


def save_weights(
    model: Network, filepath: str | os.PathLike[str], overwrite: bool = True, **options: Any
) -> None:
    """Saves weights and optimizer state; see :meth:`trimtab.Sequential.save_weights`."""
    checks.unknown_arguments("save_weights", options, ["filepath", "overwrite"])
    of_keras = formats.named_by(filepath, ".weights.h5")
    if of_keras is not None:
        of_keras.save_weights(model, checks.path("filepath", filepath), overwrite)
        return
    if formats.named_by(filepath, ".keras") is not None:
        raise InvalidArgument(
            f"save_weights leaves out what a .keras file has to hold, received "
            f"{brief(str(filepath))}. Use model.save(), or a name that ends in .weights.h5."
        )
    path = checked_path(filepath)
    model.count_params()  # refuses a model that has no weights yet
    write(path, _state(model, "weights"), overwrite)


def load_weights(model: Network, filepath: str | os.PathLike[str], **options: Any) -> None:
    """Loads weights into a model; see :meth:`trimtab.Sequential.load_weights`."""
    checks.unknown_arguments("load_weights", options, ["filepath"])
    path = checks.path("filepath", filepath)
    of_keras = formats.named_by(path, ".weights.h5") or formats.named_by(path, ".keras")
    if of_keras is not None:
        of_keras.load_weights(model, path)
        return
    contents = read(path)
    if contents.kind not in ("model", "weights"):
        refuse(
            path,
            f"holds a {contents.kind}, not the weights of one model",
            "Use trimtab.load_model() and the weights of the model you mean.",
        )
    if not model.built:
        model.build(document(path, contents, "training").get("input_width"))
    weights = weights_in(path, contents, model)
    names = column_names_in(path, contents)
    model.pull()
    take_weights(model, weights)
    model.column_names = names
    if model.compiled and _optimizer_kind(model) == document(path, contents, "training").get(
        "rule"
    ):
        take_training(path, contents, model)


# -- writing ----------------------------------------------------------------------------------


def _state(model: Network, kind: str) -> Contents:
    """Weights, optimizer state, random state and the place inside an epoch."""
    model.pull()
    contents = Contents(kind)
    weights = model.weights
    contents.tables["weights"] = {weight.path: weight.value for weight in weights if model.built}
    runner = model.runner
    training: dict[str, Any] = {
        "input_width": model.width,
        "weights": [[weight.path, list(weight.shape)] for weight in weights],
        "step": runner.step,
        **model.random_state(),
        "rule": _optimizer_kind(model) if model.compiled else None,
        "learning_rate": None,
        "epoch_steps": model.epoch_steps,
    }
    if model.column_names is not None:
        training["column_names"] = list(model.column_names)
    if model.compiled and model.optimizer.schedule is None:
        training["learning_rate"] = float(model.optimizer.learning_rate)
    if runner.slots:
        contents.tables["optimizer"] = dict(runner.slots)
    if model.position is not None:
        position = dict(model.position.sealed().__dict__)
        predictions, looked = position.pop("predictions"), position.pop("looked")
        del position["data"]
        position["measured"] = predictions is not None
        training["position"] = position
        if predictions is not None:
            contents.tables["epoch"] = {"predictions": predictions}
        if looked is not None:
            position["looked"] = {"rows": looked.rows, "paired": looked.paired}
            contents.tables["looked"] = {name: getattr(looked, name) for name in _LOOKED}
    contents.documents["training"] = training
    return contents


def _optimizer_kind(model: Network) -> str:
    """What slots depend on: the rule, and what is kept besides its own."""
    kind: str = model.optimizer.lower().kind
    return kind


def compile_record(model: Network) -> dict[str, Any] | None:
    """What the model is compiled with, as plain data; None if it is not."""
    if not model.compiled:
        return None

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

    def every(specs: Any) -> Any:
        if isinstance(specs, Mapping):  # of several outputs
            return {name: [record(spec) for spec in own] for name, own in specs.items()}
        return [record(spec) for spec in specs]

    plain, weighted = model.metric_specs
    saved = {
        "optimizer": optimizers.serialize(model.optimizer),
        "metrics": every(plain),
        "weighted_metrics": every(weighted),
    }
    if isinstance(model.loss_function, SeveralLosses):
        parts = model.loss_function.parts
        saved["loss"] = {part.head.name: losses.serialize(part.loss) for part in parts}
        saved["loss_weights"] = {part.head.name: part.weight for part in parts}
    else:
        saved["loss"] = losses.serialize(model.loss_function)
    return saved


def layers_by_path(model: Network) -> list[tuple[str, Any]]:
    """All layers, those inside blocks too, outer ones first, each with its path in this model.

    In a model that lies inside another one, a layer's own path begins with that one's name.
    """
    found: list[tuple[str, Any]] = []
    waiting = [(layer.name, layer) for layer in model.layers_without_inputs]
    while waiting:
        path, layer = waiting.pop(0)
        found.append((path, layer))
        waiting = [
            (f"{path}/{attachment(inner).place or inner.name}", inner) for inner in layer.sublayers
        ] + waiting
    return found


# -- reading ----------------------------------------------------------------------------------


def document(path: Path, contents: Contents, name: str) -> dict[str, Any]:
    """A document that the file must have."""
    document = contents.documents.get(name)
    if not isinstance(document, dict):
        refuse(path, f"lacks its part {name!r}")
    return document


def broken(path: Path, what: str, problem: BaseException) -> NoReturn:
    """Refuses a file because one of its parts cannot be used."""
    if isinstance(problem, EngineError | FileFormatError):
        raise problem  # JAX is missing: nothing is wrong with the file; or it was said already
    raise FileFormatError(
        f"{str(path)!r} holds {what} that cannot be used ({type(problem).__name__}: {problem}). "
        "Save the model again with model.save()."
    ) from problem


def weights_in(path: Path, contents: Contents, model: Network) -> list[Floats]:
    """The arrays for the model's weights, in order, every shape checked."""
    listed = document(path, contents, "training").get("weights")
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


def take_weights(model: Network, arrays: list[Floats]) -> None:
    """Sets the arrays of a model that is being loaded."""
    for weight, array in zip(model.weights, arrays, strict=True):
        # Not assign(): a model that is being loaded has no engine to tell.
        weight.stored = np.array(array, dtype=np.float32)
    model.touched()


def compile_from(
    path: Path, contents: Contents, model: Network, custom_objects: Mapping[str, Any]
) -> None:
    """Compiles the model as its file says."""
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

    def every(specs: Any) -> Any:
        if isinstance(specs, dict):  # of several outputs
            return {name: [f for spec in own for f in metric(spec)] for name, own in specs.items()}
        return [found for spec in specs for found in metric(spec)]

    try:
        model.compile(
            optimizer=record["optimizer"],
            loss=record["loss"],
            loss_weights=record.get("loss_weights"),
            metrics=every(record["metrics"]),
            weighted_metrics=every(record["weighted_metrics"]),
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


def column_names_in(path: Path, contents: Contents) -> list[str] | None:
    """Names of the columns that the network was trained on; None where it knows none."""
    names = document(path, contents, "training").get("column_names")
    if names is None:
        return None
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        broken(path, "names of columns", TypeError("column_names must be a list of texts"))
    return names


def take_training(path: Path, contents: Contents, model: Network) -> None:
    """Step, seeds, optimizer slots, and the place inside an epoch."""
    training = document(path, contents, "training")
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
    model.set_random_state(seeds[0], seeds[1], calls)
    model.epoch_steps = epoch_steps
    model.position = position
    if model.compiled:
        model.optimizer.iterations = step
        if rate is not None and model.optimizer.schedule is None:
            model.optimizer.learning_rate = rate


def _slots(contents: Contents, listed: Any, model: Network) -> dict[str, Floats]:
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


def _position(record: Any, contents: Contents, model: Network) -> Position | None:
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
        if predictions.shape != (seen, model.output_width()):
            raise ValueError(f"predictions have shape {predictions.shape}")
    return Position(
        shuffle=checks.boolean("shuffle", record["shuffle"]),
        total=float(record["total"]),
        predictions=predictions,
        last_batch=last_batch,
        looked=_looked(record.get("looked"), contents),
        **numbers,
    )


def _looked(record: Any, contents: Contents) -> Looked | None:
    if record is None:
        return None
    rows, paired = (
        checks.integer(name, record[name], minimum=0, maximum=2**62) for name in ("rows", "paired")
    )
    table = contents.tables["looked"]
    looked = Looked(
        rows=rows,
        values=table["values"],
        training=table["training"],
        inference=table["inference"],
        paired=paired,
        norms=table["norms"],
        state=table["state"],
    )
    shapes = [len(getattr(looked, name).shape) for name in _LOOKED]
    if shapes != [2, 2, 2, 2, 1] or looked.values.shape[0] != 5 or looked.norms.shape[1] != 3:
        raise ValueError(f"what was looked at has shapes {shapes}")
    return looked


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


def write(
    path: Path, contents: Contents, overwrite: bool = True, *, previous: Path | None = None
) -> None:
    """Writes the file under another name, flushes it to the disk, and renames it.

    Whatever fails on the way, the file that was there before stays as it was. Of several processes
    that train together one writes; the file is whole when the call returns on any of them.

    Args:
        path: of the file.
        contents: what it holds.
        overwrite: whether to replace a file that exists.
        previous: where the file that is replaced stays; None: nowhere.

    Raises:
        InvalidArgument: there is a file and ``overwrite`` is False.
    """
    distributed.on_main(lambda: container.write(path, contents, overwrite, previous=previous))
