"""Facts on the network: its layers, its course of training, and what its layers do now."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core.words import count, figure
from trimtab.insight.coach.course.layers import too_many
from trimtab.model import unit_drawing
from trimtab.model.committee import members_of
from trimtab.predictor import notation
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.loss_words import loss_words
from trimtab.predictor.network_size import size_of
from trimtab.predictor.reporting.plain import number, numbers
from trimtab.predictor.reporting.rows import Seen
from trimtab.training.curves_page import curve_facts, layer_facts, other_facts
from trimtab.training.layer_curves import QUANTITIES

if TYPE_CHECKING:
    from trimtab.model.sequential import Sequential
    from trimtab.nn.layers import Layer
    from trimtab.training.history import History

__all__ = ["course_facts", "health_facts", "network_facts"]

#: Rows that layers are looked at with.
_PROBED = 1_000

#: Most layers that are listed.
_MOST_LAYERS = 60

#: Most columns of units that are drawn.
_MOST_COLUMNS = 10


# -- layers ---------------------------------------------------------------------------------------


def network_facts(predictor: PredictorBase) -> dict[str, Any]:
    """The layers of the network, in order, and how many networks there are."""
    every = members_of(predictor.model)
    first = every[0]
    layers = [fact for layer in first.layers for fact in _layer(layer, 0, len(first))]
    features = {column.source for column in predictor.preprocessor.columns}
    return {
        "networks": len(every),
        "members": len(first),
        "inputs": int(first.input_shape[1]),
        "features": len(features),
        "outputs": len(predictor.classes) if predictor.classifies else len(predictor.targets),
        "parameters": int(first.count_params()),
        "size": size_of(first),
        "layers": layers[:_MOST_LAYERS],
        "more": max(0, len(layers) - _MOST_LAYERS),
        "columns": _columns(first),
        "python": notation.to_python(first.layers, inputs=first.input_shape[1], members=len(first)),
    }


def _columns(model: Sequential) -> list[dict[str, Any]]:
    """The network as units and lines; nothing where it is too long to be drawn so."""
    columns = unit_drawing.columns_of(model)
    if len(columns) > _MOST_COLUMNS:
        return []
    keys = ("title", "width", "reads", "rows", "kind")
    return [{key: getattr(each, key) for key in keys} for each in columns]


def _layer(layer: Layer, depth: int, members: int) -> Iterator[dict[str, Any]]:
    """A layer, and those inside it."""
    width = int(layer.output_width or 0)
    if layer.seat is not None:
        width //= layer.seat.members
    yield {
        "name": layer.path,
        "kind": type(layer).__name__,
        "width": width,
        "parameters": int(layer.count_params()) if layer.built else 0,
        "details": _details(layer),
        "depth": depth,
    }
    for inner in layer.sublayers:
        yield from _layer(inner, depth + 1, members)


def _details(layer: Layer) -> list[str]:
    """What a reader wants to know of a layer besides its size."""
    config = layer.get_config()
    found = []
    activation = config.get("activation")
    if isinstance(activation, str) and activation != "linear":
        found.append(activation)
    rate = config.get("rate")
    if isinstance(rate, int | float):
        found.append(f"rate {figure(float(rate))}")
    elif rate is not None:
        found.append("rate on a schedule")
    if "momentum" in config:
        found.append(f"momentum {figure(float(config['momentum']))}")
    for name, word in (("kernel_regularizer", "penalty"), ("kernel_constraint", "constraint")):
        if config.get(name):
            found.append(word)
    sizes = (name for name in ("bins", "frequencies") if isinstance(config.get(name), int))
    return [*found, *(f"{config[name]} {name}" for name in sizes)]


# -- the course of training -----------------------------------------------------------------------


def _panel(
    histories: Sequence[tuple[str, Mapping[str, Sequence[float]], int | None]],
    mean: Mapping[str, Sequence[float]] | None,
    title: str,
) -> dict[str, Any]:
    """Learning curves as plain data.

    Args:
        histories: of each network its label, its history and its best epoch, from 1.
        mean: the history of the means over networks.
        title: above them.
    """
    curves = [curve_facts(label, history, best) for label, history, best in histories]
    return {
        "title": title,
        "curves": curves,
        "mean": None if mean is None else curve_facts("mean", mean, None),
    }


def course_facts(predictor: PredictorBase) -> dict[str, Any]:
    """How training went, from what the model knows of it."""
    history, split = predictor.history, predictor.split
    folds = split.get("folds") or []
    panels = []
    if split.get("crossed"):
        own = [(f"network {n + 1}", f["history"], f["best_epoch"]) for n, f in enumerate(folds)]
        title = f"{len(folds)} networks, each validated on its fold"
        panels.append(_panel(own, history.history, title))
    else:
        if folds:
            own = [(f"fold {n + 1}", f["history"], f["best_epoch"]) for n, f in enumerate(folds)]
            panels.append(_panel(own, _mean(folds), f"{len(folds)} folds"))
        networks = len(members_of(predictor.model))
        title = "the network on all rows" if folds else ""
        if networks > 1:
            title = f"the first of {networks} networks"
        best = _best_epoch(history)
        panels.append(_panel([("network", history.history, best)], None, title))
    epochs = max((len(c["loss"]) for panel in panels for c in panel["curves"]), default=0)
    first = members_of(predictor.model)[0]
    return {
        "panels": [panel for panel in panels if any(c["loss"] for c in panel["curves"])],
        "label": loss_words(predictor.options.get("loss"), len(predictor.targets)),
        "epochs": epochs,
        "planned": predictor.options.get("epochs"),
        "ended": predictor.provenance.get("ended"),
        "batch_size": predictor.options.get("batch_size"),
        "learning_rate": _learning_rate(predictor, first, epochs),
        "dropout": _dropout(predictor, first, epochs),
        "seconds": predictor.provenance.get("seconds", {}),
        "others": other_facts(history.history),
        "layers": _looked_at(predictor) or layer_facts(history.history),
    }


def _looked_at(predictor: PredictorBase) -> dict[str, Any]:
    """What layers did at some epochs of the training, but for the means of their outputs."""
    record = predictor.provenance.get("layers")
    if not isinstance(record, dict) or len(record.get("epochs", [])) < 2:
        return {}
    curves = {name: record["curves"][name] for name in QUANTITIES if name in record["curves"]}
    curves.pop("mean", None)
    return {"epochs": record["epochs"], "curves": curves}


def _mean(folds: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """The means over folds, of the epochs that all of them have."""
    histories = [each["history"] for each in folds]
    names = [name for name in ("loss", "val_loss") if all(name in each for each in histories)]
    whole = min((len(each[names[0]]) for each in histories), default=0) if names else 0
    return {
        name: [float(np.mean([each[name][epoch] for each in histories])) for epoch in range(whole)]
        for name in names
    }


def _best_epoch(history: History) -> int | None:
    """The epoch of the lowest validation loss, from 1."""
    values = [
        (value, epoch)
        for epoch, value in enumerate(history.history.get("val_loss", []), start=1)
        if math.isfinite(value)
    ]
    return min(values)[1] if values else None


def _steps_of_an_epoch(predictor: PredictorBase) -> int | None:
    rows, size = predictor.split.get("train"), predictor.options.get("batch_size")
    if not isinstance(rows, int) or not isinstance(size, int):
        return None
    folds = predictor.split.get("folds") or []
    if predictor.split.get("crossed") and folds:
        rows -= rows // len(folds)
    return max(1, -(-rows // size))


def _learning_rate(
    predictor: PredictorBase, model: Sequential, epochs: int
) -> list[float | None] | None:
    """The learning rate at the beginning of each epoch; None where it does not change."""
    steps = _steps_of_an_epoch(predictor)
    schedule = getattr(model.optimizer, "schedule", None)
    if steps is None or schedule is None or epochs < 2:
        return None
    return numbers(np.asarray(schedule(np.arange(epochs) * steps), np.float64), 4)


def _dropout(
    predictor: PredictorBase, model: Sequential, epochs: int
) -> dict[str, list[float | None]]:
    """Dropout rates by epoch, of layers whose rate changes."""
    steps = _steps_of_an_epoch(predictor)
    if steps is None or epochs < 2:
        return {}
    found = {}
    for layer in _all_layers(model.layers):
        schedule = getattr(layer, "schedule", None)
        if schedule is not None and hasattr(schedule, "rates"):
            rates = schedule.rates(0, steps * epochs, steps)[::steps]
            found[layer.path] = numbers(np.asarray(rates, np.float64), 4)
    return found


def _all_layers(layers: Sequence[Layer]) -> Iterator[Layer]:
    for layer in layers:
        yield layer
        yield from _all_layers(layer.sublayers)


# -- what layers do -------------------------------------------------------------------------------


def health_facts(predictor: PredictorBase, seen: Seen) -> dict[str, Any]:
    """What each layer does with held-out rows, now that training is over."""
    first = members_of(predictor.model)[0]
    rows = seen.some(_PROBED)
    x = predictor.preprocessor.transform(rows.table, rows.rows)
    y = predictor.preprocessor.targets(rows.table, rows.rows)
    table = first.probe(x, y if first.compiled else None)
    found = []
    for row in table:
        own = {name: number(value, 4) for name, value in row.quantities().items()}
        found.append({"layer": row.layer, "kind": row.kind, "units": row.units, **own})
    # The next step is of no interest once training is over.
    names = [
        name
        for name in QUANTITIES
        if name != "update_ratio" and any(name in each for each in found)
    ]
    return {"rows": table.count, "quantities": names, "layers": found, "notes": _ailments(found)}


#: Standard deviations from which on moving statistics lag.
_LAG = 0.3


def _ailments(layers: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong with layers, a sentence each."""
    found = []
    for each in layers:
        for name, word in (("dead", "never active"), ("saturated", "saturated")):
            if too_many(name, each.get(name), each["units"]):
                found.append(
                    f"{each['layer']}: {each[name]:,.0f} of {count(each['units'], 'unit')} are "
                    f"{word}."
                )
        lag = each.get("statistics_distance")
        if lag is not None and lag > _LAG:
            found.append(
                f"{each['layer']}: its moving mean is {figure(lag)} standard deviations from "
                "that of these rows."
            )
    return found
