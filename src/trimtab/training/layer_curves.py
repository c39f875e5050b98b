"""What was tracked of layers over the epochs: as a DataFrame, as small multiples."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trimtab.core import checks
from trimtab.errors import InvalidArgument

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from trimtab.nn.layers import Layer
    from trimtab.nn.network import Network

__all__ = ["QUANTITIES", "curves_by_quantity", "draw_layers", "layers_frame"]

Curves = dict[str, dict[str, list[float]]]

#: Quantity -> the title of its panel.
_TITLES = {
    "mean": "mean of the output",
    "standard_deviation": "standard deviation of the output",
    "zeros": "share of zeros",
    "dead": "dead units",
    "saturated": "saturated units",
    "weight_norm": "norm of the weights",
    "gradient_ratio": "gradient / weights",
    "update_ratio": "update / weights",
    "statistics_distance": "moving from population mean,\nin standard deviations",
    "variance_ratio": "variance ratio,\ninference / training",
}

#: What ``fit(track=["layers"])`` logs of a layer, in the order of panels and columns.
QUANTITIES = tuple(_TITLES)

#: Drawn on a logarithmic scale where they span more than :data:`_WIDE`.
_LOGARITHMIC = {"weight_norm", "gradient_ratio", "update_ratio", "statistics_distance"}

_WIDE = 30

#: Layers named below the panels; more would not fit, and are drawn all the same.
_MOST_NAMES = 24


def curves_by_quantity(history: Mapping[str, list[float]]) -> Curves:
    """Quantity -> layer -> one number an epoch, of what was tracked."""
    found: Curves = {}
    for key, values in history.items():
        layer, _, quantity = key.rpartition("/")
        if layer and quantity in QUANTITIES:
            found.setdefault(quantity, {})[layer] = values
    if not found:
        raise InvalidArgument(
            "this history has nothing of single layers. Use fit(track=['layers'])."
        )
    return {name: found[name] for name in QUANTITIES if name in found}


def layers_frame(
    history: Mapping[str, list[float]], epochs: Sequence[int], model: Network | None
) -> pd.DataFrame:
    """What was tracked, one row for each layer and epoch (from 1).

    Args:
        model: says the order of the layers; without one it is that of the logs, by name.
    """
    import pandas as pd

    curves = curves_by_quantity(history)
    columns = {}
    for quantity, by_layer in curves.items():
        columns[quantity] = {
            (layer, epoch + 1): value
            for layer, values in by_layer.items()
            for epoch, value in zip(epochs[-len(values) :], values, strict=True)
        }
    known = {place for column in columns.values() for place in column}
    places = ((layer, epoch + 1) for layer in _layers(history, model) for epoch in epochs)
    index = [place for place in places if place in known]
    return pd.DataFrame(
        {name: [column.get(place) for place in index] for name, column in columns.items()},
        index=pd.MultiIndex.from_tuples(index, names=["layer", "epoch"]),
        dtype=float,
    )


def draw_layers(
    history: Mapping[str, list[float]],
    epochs: Sequence[int],
    model: Network | None,
    quantities: Sequence[str],
    title: str | None,
    figure: Figure,
) -> list[Any]:
    """One panel for each quantity, one line for each layer; returns the axes.

    Lines are coloured from the first layer (dark) to the last (bright).
    """
    from matplotlib import colormaps

    curves = curves_by_quantity(history)
    for name in quantities:
        checks.choice("plot: layers", name, curves)
    chosen = list(dict.fromkeys(quantities)) or [
        # What is 0 in all layers at all times needs no panel.
        name
        for name, by_layer in curves.items()
        if name not in ("dead", "saturated") or any(any(values) for values in by_layer.values())
    ]
    names = [
        layer for layer in _layers(history, model) if any(layer in curves[name] for name in chosen)
    ]
    colours = colormaps["viridis"]
    shade = {name: colours(0.9 * i / max(1, len(names) - 1)) for i, name in enumerate(names)}
    columns = min(3, len(chosen))
    rows = math.ceil(len(chosen) / columns)
    legend = names[:_MOST_NAMES]
    legend_rows = math.ceil(len(legend) / columns)
    figure.set_size_inches(4 * columns, 2.5 * rows + 0.2 * legend_rows + 0.4)
    panels = list(figure.subplots(rows, columns, squeeze=False, sharex=True).flat)
    handles = {}
    for name, panel in zip(chosen, panels, strict=False):
        for layer, values in curves[name].items():
            x = [epoch + 1 for epoch in epochs[-len(values) :]]
            dots = {"marker": "o", "markersize": 4} if len(values) < 3 else {}
            (handles[layer],) = panel.plot(x, values, color=shade[layer], label=layer, **dots)
        if name in _LOGARITHMIC and _spans(curves[name]) > _WIDE:
            panel.set_yscale("log")
        panel.set_title(_TITLES[name], fontsize=10)
        panel.grid(alpha=0.3)
        panel.spines[["top", "right"]].set_visible(False)
        panel.locator_params(axis="x", integer=True)
    for panel in panels[len(chosen) :]:
        panel.remove()
    for column in range(columns):
        lowest = max(i for i in range(column, len(chosen), columns))
        panels[lowest].set_xlabel("epoch")
        panels[lowest].tick_params(labelbottom=True)
    if title:
        figure.suptitle(title, fontsize=13, fontweight="bold")
    figure.legend(
        handles=[handles[name] for name in legend],
        loc="outside lower center",
        ncols=columns,
        frameon=False,
        fontsize=8,
    )
    return panels[: len(chosen)]


def _spans(curves: Mapping[str, list[float]]) -> float:
    """The largest finite number over the smallest above 0."""
    values = [v for curve in curves.values() for v in curve if v > 0 and math.isfinite(v)]
    return max(values) / min(values) if values else 1.0


def _layers(history: Mapping[str, list[float]], model: Network | None) -> list[str]:
    """The layers something was tracked of: in the order of the model, then the others."""
    found = (key.rpartition("/") for key in history)
    tracked = dict.fromkeys(layer for layer, _, name in found if layer and name in QUANTITIES)
    ordered = (
        []
        if model is None
        else [path for layer in model.layers_without_inputs for path in _paths(layer)]
    )
    return [
        *(path for path in ordered if path in tracked),
        *(name for name in tracked if name not in ordered),
    ]


def _paths(layer: Layer) -> Iterator[str]:
    """Its path, after those of the layers inside it."""
    for inner in layer.sublayers:
        yield from _paths(inner)
    yield layer.path
