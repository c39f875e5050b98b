"""What a model is compiled with, from records of Keras and to them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trimtab.core import checks
from trimtab.interchange.keras_file.archive import refuse
from trimtab.interchange.keras_file.records import in_keras, short, to_keras
from trimtab.model.contents import BAD, compile_record
from trimtab.model.model import Model
from trimtab.nn import metrics

__all__ = ["compile_from", "record_of"]


def compile_from(path: Path, record: Any, model: Model) -> bool:
    """Compiles the model as its file says.

    Args:
        path: for messages.
        record: Keras' ``compile_config``.
        model: the model.

    Returns:
        Whether it is compiled.

    Raises:
        FileFormatError: trimtab has not what it names.
    """
    if not record:
        return False
    try:
        known = short(record)
        if known.get("loss") is None:
            warnings.warn(
                f"{str(path)!r} is compiled without a loss, which trimtab needs. Call "
                "model.compile(optimizer, loss) before fit.",
                stacklevel=checks.outside(),
            )
            return False
        model.compile(
            optimizer=known["optimizer"],
            loss=known["loss"],
            loss_weights=known.get("loss_weights"),
            metrics=_made(known.get("metrics")),
            weighted_metrics=_made(known.get("weighted_metrics")),
        )
    except BAD as problem:
        refuse(
            path,
            f"is compiled with what trimtab cannot use: {problem}",
            f"Use load_model({path.name!r}, compile=False) and compile the model yourself.",
        )
    return True


def _made(specs: Any) -> Any:
    """Metrics of records, which leave out the type that Keras counts in."""
    if isinstance(specs, list):
        return [_made(each) for each in specs if each is not None]
    if not isinstance(specs, dict):
        return specs
    if "class_name" not in specs:  # of several outputs
        return {name: _made(each) for name, each in specs.items()}
    config = {name: value for name, value in specs["config"].items() if name != "dtype"}
    return metrics.get({**specs, "config": config})


class _Missing(Exception):
    """Something that Keras does not have."""


def record_of(model: Model) -> dict[str, Any] | None:
    """Keras' ``compile_config`` of a model; None where it is not compiled, or Keras cannot."""
    record = compile_record(model)
    if record is None:
        return None
    try:
        optimizer = _named(record["optimizer"], "optimizers")
        loss = _each(record["loss"], lambda spec: _named(spec, "losses"))
    except _Missing as missing:
        warnings.warn(
            f"{missing}, so the file holds the network without its compilation. In Keras, call "
            "model.compile() before fit.",
            stacklevel=checks.outside(),
        )
        return None
    excluded = optimizer["config"].pop("exclude_from_weight_decay", None)
    if excluded is not None:
        warnings.warn(
            "Keras' files do not say which weights have no weight decay. In Keras, call "
            "optimizer.exclude_from_weight_decay() again.",
            stacklevel=checks.outside(),
        )
    return {
        "optimizer": optimizer,
        "loss": loss,
        "loss_weights": record.get("loss_weights"),
        "metrics": _metrics(record["metrics"]),
        "weighted_metrics": _metrics(record["weighted_metrics"]),
        "run_eagerly": False,
        "steps_per_execution": 1,
        "jit_compile": "auto",
    }


def _each(specs: Any, convert: Callable[[Any], Any]) -> Any:
    """One, or those of several outputs by name."""
    if isinstance(specs, dict) and "class_name" not in specs:
        return {name: _each(spec, convert) for name, spec in specs.items()}
    return convert(specs)


def _named(spec: Any, family: str) -> Any:
    if isinstance(spec, str):
        return spec
    made = to_keras(spec, f"keras.{family}")
    if made["registered_name"] is not None:
        return made
    kind = made["class_name"]
    if not in_keras(family, kind):
        raise _Missing(f"Keras has no {family}.{kind}")
    config = made["config"]
    if kind == "SparseCategoricalCrossentropy" and config.pop("label_smoothing", 0):
        raise _Missing("SparseCategoricalCrossentropy of Keras has no label_smoothing")
    rate = config.get("learning_rate")
    if (
        isinstance(rate, dict)
        and rate["registered_name"] is None
        and not in_keras("schedules", rate["class_name"])
    ):
        raise _Missing(f"Keras has no schedules.{rate['class_name']}")
    return made


def _metrics(specs: Any) -> Any:
    """Metrics, without those that Keras cannot read; these are named."""
    if isinstance(specs, dict):
        return {name: _metrics(each) for name, each in specs.items()}
    found, left_out = [], []
    for spec in specs:
        if isinstance(spec, dict) and spec.keys() == {"function"}:
            left_out.append(str(spec["function"]))
            continue
        try:
            made = _named(spec, "metrics")
        except _Missing:
            left_out.append(spec["class_name"])
            continue
        if isinstance(made, dict) and made["class_name"] == "AUC":
            made["config"] = _auc(made["config"])
        found.append(made)
    if left_out:
        warnings.warn(
            f"metrics that Keras cannot read from a file were left out: {', '.join(left_out)}. "
            "In Keras, compile the model with them again.",
            stacklevel=checks.outside(),
        )
    return found


def _auc(config: dict[str, Any]) -> dict[str, Any]:
    if config.get("num_thresholds", 200) is not None:
        return config
    warnings.warn(
        "metrics.AUC takes every prediction as a threshold here, and 200 thresholds in Keras. Use "
        "AUC(num_thresholds=200) for the same in both.",
        stacklevel=checks.outside(),
    )
    return {name: value for name, value in config.items() if name != "num_thresholds"}
