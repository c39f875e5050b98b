"""A model as a table of text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from trimtab.nn.graph import Graph
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.nested import Nested

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["columns_text", "print_summary"]


def print_summary(
    model: Network,
    line_length: int | None = None,
    positions: list[float] | None = None,
    print_fn: Callable[[str], Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
) -> None:
    """Prints the layers of a model with their output shapes and numbers of weights."""
    write = print if print_fn is None else print_fn
    header = ["Layer (type)", "Output Shape", "Param #"]
    rows = [row for layer in model.layers_without_inputs for row in _rows(layer, 0, expand_nested)]
    if show_trainable:
        header.append("Trainable")
    else:
        rows = [row[:3] for row in rows]
    graph = model.graph() if model.layers_without_inputs else None
    if graph is not None and not graph.straight:
        header.append("Connected to")
        _connect(graph, rows)
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    if positions is not None and line_length is not None:
        ends = [int(p * line_length) if p <= 1 else int(p) for p in positions]
        widths = [max(4, end - start - 2) for start, end in zip([0, *ends], ends, strict=False)]
    elif line_length is not None:
        spare = line_length - sum(widths) - 2 * (len(widths) - 1)
        widths[0] = max(4, widths[0] + spare)
    total = sum(widths) + 2 * (len(widths) - 1)

    def line(cells: list[str]) -> str:
        parts = [
            cell[:width].rjust(width) if i == 2 else cell[:width].ljust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=False))
        ]
        return "  ".join(parts).rstrip()

    members = f" ({len(model)} members that share kernels)" if len(model) > 1 else ""
    write(f'Model: "{model.name}"{members}')
    write("─" * total)
    write(line(header))
    write("═" * total)
    for row in rows:
        write(line(row))
    write("─" * total)
    trainable = sum(weight.size for weight in model.trainable_weights)
    frozen = sum(weight.size for weight in model.non_trainable_weights)
    write(f"Total params: {_with_memory(trainable + frozen)}")
    write(f"Trainable params: {_with_memory(trainable)}")
    write(f"Non-trainable params: {_with_memory(frozen)}")
    slots = model.optimizer_numbers()
    if slots:
        write(f"Optimizer params: {_with_memory(slots)}")


def _connect(graph: Graph, rows: list[list[str]]) -> None:
    """Adds the inputs as rows, and to each layer what it is called on."""
    names = {number: source.name for number, source in enumerate(graph.inputs) if source}
    read: dict[str, list[str]] = {}
    for call in graph.calls:
        names.update(dict.fromkeys(call.outputs, call.layer.name))
        read.setdefault(call.layer.name, []).append(", ".join(names[i] for i in call.inputs))
    written = graph.symbols()
    shapes: dict[str, dict[str, None]] = {}
    for call in graph.calls:
        made = [f"(None, {written[i].width})" for i in call.outputs]
        shapes.setdefault(call.layer.name, {}).update(dict.fromkeys(made))
    for row in rows:
        name = row[0].rpartition(" (")[0]
        row.append("; ".join(read.get(name, [])))
        if len(shapes.get(name, ())) > 1:  # a shared layer may write values of several widths
            row[1] = ", ".join(shapes[name])
    for number, source in enumerate(each for each in graph.inputs if each is not None):
        row = [f"{source.name} (InputLayer)", f"(None, {source.width})", "0", "-", "-"]
        rows.insert(number, [*row[: len(rows[-1]) - 1], ""])


def _rows(layer: Layer, depth: int, nested: bool) -> list[list[str]]:
    prefix = "   " * (depth - 1) + "└ " if depth else ""
    shape = (
        "?" if layer.output_width is None else f"(None, {columns_text(layer, layer.output_width)})"
    )
    numbers = f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
    state = ("Y" if layer.trainable else "N") if layer.built and layer.weights else "-"
    kind = type(layer.model if isinstance(layer, Nested) else layer).__name__
    rows = [[f"{prefix}{layer.name} ({kind})", shape, numbers, state]]
    if nested:
        for inner in layer.sublayers:
            rows += _rows(inner, depth + 1, nested)
    return rows


def columns_text(layer: Layer, width: int) -> str:
    """Output columns: of members, those of one and how many there are."""
    if layer.seat is None:
        return str(width)
    return f"{layer.seat.members} x {width // layer.seat.members}"


def _with_memory(numbers: int) -> str:
    size = float(numbers * 4)
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{numbers:,} ({size:.2f} {unit})"
        size /= 1024
    return f"{numbers:,} ({size:.2f} GB)"
