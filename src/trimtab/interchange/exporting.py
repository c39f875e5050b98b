"""Models as files that run without trimtab: ONNX, or one Python file that needs NumPy alone."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.replacing import replacing
from trimtab.core.version import __version__
from trimtab.core.words import count, listed
from trimtab.errors import InvalidArgument
from trimtab.interchange.checking import TOLERANCE, differences, expected, fed, refuse
from trimtab.interchange.graph.graph import Graph
from trimtab.interchange.graph.predictors import PROBABILITIES, graph_of, output_columns
from trimtab.interchange.onnx import running
from trimtab.interchange.onnx.writing import OPSET, as_bytes
from trimtab.interchange.python_file import writing as python_file
from trimtab.interchange.sampling import sampled
from trimtab.model.committee import Committee
from trimtab.model.model import Model
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.predictor import Predictor
from trimtab.tables.columns.alike import ALIKE
from trimtab.tables.columns.dates import ISO, NO_DATE

__all__ = ["FORMATS", "Exported", "export"]

#: Format -> the extension of its files.
FORMATS = {"onnx": ".onnx", "python": ".py"}


@dataclass(frozen=True)
class Exported:
    """A file that was written; ``print`` says what it takes, what it gives and how exact it is.

    Attributes:
        path: of the file.
        to: ``onnx`` or ``python``.
        inputs: the type of each input by name: a column each, or a matrix of a bare network.
        outputs: the type of each output by name.
        rows: it was checked on.
        differences: the largest one of each output: of numbers as a share of the target's scale, of
            probabilities as they are, of labels the share of rows with another one.
    """

    path: Path
    to: str
    inputs: dict[str, str]
    outputs: dict[str, str]
    rows: int
    differences: dict[str, float]

    @property
    def difference(self) -> float:
        """The largest of all."""
        return max(self.differences.values(), default=0.0)

    def __str__(self) -> str:
        types = [*self.inputs.values()]
        kinds = [f"{types.count(kind):,} {kind}" for kind in dict.fromkeys(types)]
        takes = f"{count(len(types), 'input')} ({', '.join(kinds)})"
        needs = f"opset {OPSET}" if self.to == "onnx" else "needs NumPy alone"
        of = "of a probability" if PROBABILITIES in self.differences else "of the target's scale"
        return (
            f"{self.path}: {takes}, {count(len(self.outputs), 'output')} "
            f"({', '.join(self.outputs)}); {needs}.\n"
            f"Largest difference from predict on {count(self.rows, 'row')}: {self.difference:.1e} "
            f"{of}; up to {TOLERANCE:g} is allowed."
        )

    __repr__ = __str__


def export(
    model: Any,
    path: str | os.PathLike[str],
    to: str | None = None,
    *,
    interval: float | None = None,
    data: Any = None,
    rows: int = 1000,
    gaps: bool = False,
    overwrite: bool = True,
) -> Exported:
    """Writes a model as a file that runs without trimtab, checked against the model.

    A predictor becomes everything from the raw columns of a table to its answers. An ONNX file has
    an input for each column, ``(rows, 1)``: float64 for numbers, NaN where a cell is missing; int64
    and bool for whole numbers and for yes and no of which none was missing in training; text for
    categories, "" where a cell is missing; int64 for dates, nanoseconds since 1970 in UTC, NaT as
    NumPy has it. It uses standard operators alone. A Python file reads dicts, and CSV files as a
    command. A network alone becomes an ONNX file that takes matrices, as ``model.predict`` does.

    Before anything is written, the file predicts random rows, in some of which each column in turn
    is missing, far out or, of categories, unseen. It has to agree with the model.

    Args:
        model: a predictor, a TabularRegressor or TabularClassifier that was fitted, a model or a
            committee.
        path: of the file; the format's extension is added if there is none.
        to: ``onnx`` or ``python``; None: by the extension, ``.py`` or any other.
        interval: level of intervals, or sets of classes, that are further outputs; None: none.
        data: rows to check on besides; for a network alone a matrix.
        rows: how many random ones to check on.
        gaps: whether any number may be missing: every column of numbers is float64 then. Python
            files are so in any case.
        overwrite: False refuses to replace a file.

    Returns:
        What was written.

    Raises:
        Unsupported: something in the model cannot be expressed. The message names it.
        ExportError: the file does not agree with the model; it was not written.
        InvalidArgument: no such format, no intervals, or onnx is not installed.
        InvalidData: columns are missing in ``data``.

    Example:
        >>> import tempfile, trimtab
        >>> predictor = trimtab.train("red-wine", epochs=1, layers="8 relu")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     done = trimtab.export(predictor, f"{folder}/wine.py")
        >>> done.to, done.outputs, done.difference <= 1e-5
        ('python', {'prediction': 'float64'}, True)
    """
    target, to = _place(path, to, overwrite)
    rows = checks.positive_integer("rows", rows)
    gaps = checks.boolean("gaps", gaps) or to == "python"
    model = getattr(model, "predictor_", model) if hasattr(model, "get_params") else model
    if isinstance(model, PredictorBase):
        checked = _of_predictor(model, to, interval, data, rows, gaps)
    elif isinstance(model, Model | Committee):
        if to != "onnx" or interval is not None:
            raise InvalidArgument(
                "a network alone takes a matrix, and can only be exported to ONNX, without "
                "interval. Use to='onnx', or trimtab.train, which makes a predictor."
            )
        checked = _of_network(model, data, rows)
    else:
        raise InvalidArgument(
            f"model must be a predictor, a fitted estimator, a model or a committee, received "
            f"{type(model).__name__}. Use trimtab.load(path) to read a file."
        )
    with replacing(target) as file:
        file.write(checked.content)
    graph = checked.graph
    return Exported(
        target,
        to,
        {port.name: port.dtype for port in graph.inputs},
        {port.name: port.dtype for port, _ in graph.outputs},
        checked.rows,
        checked.differences,
    )


@dataclass(frozen=True)
class _Checked:
    """A file that agrees with its model."""

    content: bytes
    graph: Graph
    rows: int
    differences: dict[str, float]


def _place(path: str | os.PathLike[str], to: str | None, overwrite: bool) -> tuple[Path, str]:
    target = checks.path("path", path)
    if to is None:
        to = "python" if target.suffix == FORMATS["python"] else "onnx"
    checks.choice("to", to, tuple(FORMATS))
    if not target.suffix:
        target = target.with_name(target.name + FORMATS[to])
    if target.suffix in FORMATS.values() and target.suffix != FORMATS[to]:
        raise InvalidArgument(
            f"a file of format {to!r} must not end in {target.suffix!r}, received {str(target)!r}. "
            f"Use {str(target.with_suffix(FORMATS[to]))!r}."
        )
    if target.exists() and not checks.boolean("overwrite", overwrite):
        raise InvalidArgument(f"{str(target)!r} exists. Use overwrite=True to replace it.")
    return target, to


# -- predictors -----------------------------------------------------------------------------------


def _of_predictor(
    predictor: PredictorBase, to: str, level: float | None, data: Any, rows: int, gaps: bool
) -> _Checked:
    from trimtab.tables.files.reading import read

    graph = graph_of(predictor, level, gaps=gaps, texts=to == "python")
    about = _about(predictor)
    metadata = _metadata(predictor, graph, level)
    content = _Content(predictor, graph, about, to)
    made = content.file(metadata)
    assert isinstance(predictor, Predictor)
    options, text = predictor.reading(), predictor.schema.text_columns
    tables = [read(sampled(predictor, graph.inputs, rows), options, text=text)]
    if data is not None:
        own = read(data, options, text=text)
        predictor.schema.check(own)
        tables.append(own)
    found: dict[str, float] = {}
    seen = 0
    for table in tables:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            inputs = fed(predictor, graph.inputs, table)
            wanted = expected(predictor, table, level)
        each = differences(predictor, wanted, content.outputs(made, inputs), level)
        found = {name: max(found.get(name, 0.0), each[name]) for name in each}
        seen += len(table)
    refuse(found, seen, "onnxruntime" if to == "onnx" else "the Python file")
    last = content.file({**metadata, **_said(seen, found)})
    return _Checked(last, graph, seen, found)


class _Content:
    """The file of a predictor, in one format or the other."""

    def __init__(self, predictor: PredictorBase, graph: Graph, about: str, to: str) -> None:
        self._predictor, self._graph, self._about, self._to = predictor, graph, about, to

    def file(self, metadata: Mapping[str, str]) -> bytes:
        """The file with this metadata."""
        if self._to == "onnx":
            return as_bytes(self._graph, metadata, self._about)
        columns = output_columns(self._predictor, self._graph)
        reading = _reading(self._predictor, self._graph)
        text = python_file.as_text(self._graph, self._about, metadata, columns, reading)
        return text.encode()

    def outputs(self, content: bytes, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """What the file makes of rows."""
        if self._to == "onnx":
            return running.run(content, inputs)
        rows = {name: _raw(self._predictor, name, cells[:, 0]) for name, cells in inputs.items()}
        return python_file.run(content.decode(), rows)


def _raw(predictor: PredictorBase, name: str, cells: Any) -> Any:
    """Cells as somebody has them: dates as dates, missing text as None."""
    kind = predictor.schema.column(name).kind
    if kind == "datetime":
        return cells.view("datetime64[ns]")
    if kind == "time":
        clocks = (cells // 10**9).tolist()
        return [
            "" if seconds < 0 else f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
            for seconds in clocks
        ]
    if cells.dtype == object:
        return [text or None for text in cells.tolist()]
    return cells


def _reading(predictor: PredictorBase, graph: Graph) -> python_file.Reading:
    columns = []
    for port in graph.inputs:
        column = predictor.schema.column(port.name)
        kind, form = _READ[column.kind], ""
        if column.kind == "datetime":
            form = column.format or ISO
        elif column.format == ALIKE:
            form = ALIKE
        columns.append((port.name, kind, form))
    told = tuple(predictor.options.get("missing") or ())
    return python_file.Reading(columns, sorted(NO_DATE), told)


_READ = {
    **dict.fromkeys(("numeric", "integer"), "number"),
    "boolean": "yes or no",
    "datetime": "moment",
    "time": "time of day",
    **dict.fromkeys(("category", "text"), "text"),
}


def _about(predictor: PredictorBase) -> str:
    what = listed(map(repr, predictor.targets), last=" and ")
    return f"Predicts {what} of the rows of a table. Written by trimtab {__version__}."


def _metadata(predictor: PredictorBase, graph: Graph, level: float | None) -> dict[str, str]:
    """What the file says about itself, as text by name."""
    kinds = {column.name: column.kind for column in predictor.schema.features}
    found: dict[str, Any] = {
        "trimtab": __version__,
        "task": predictor.task,
        "targets": list(predictor.targets),
        "columns": {port.name: kinds[port.name] for port in graph.inputs},
    }
    if predictor.classifies:
        found["classes"] = list(predictor.schema.classes)
        if predictor.threshold is not None:
            found["threshold"] = predictor.threshold
            found["positive"] = predictor.positive
    if level is not None and predictor.calibration is not None:
        found["interval"] = {"level": level, "basis": predictor.calibration.basis}
    found["provenance"] = predictor.provenance
    return {
        name: value if isinstance(value, str) else json.dumps(value, default=str)
        for name, value in found.items()
    }


def _said(rows: int, found: Mapping[str, float]) -> dict[str, str]:
    return {
        "checked_rows": str(rows),
        "largest_differences": json.dumps({name: float(f"{d:.3g}") for name, d in found.items()}),
    }


# -- networks -------------------------------------------------------------------------------------


def _of_network(model: Model | Committee, data: Any, rows: int) -> _Checked:
    from trimtab.interchange.graph.models import graph_of_model, sampled_inputs

    graph = graph_of_model(model)
    x = sampled_inputs(model, rows)
    if data is not None:
        x = np.concatenate([x, _first(model).features(data)])
    metadata = {"trimtab": __version__}
    about = f"A network of trimtab {__version__}."
    content = as_bytes(graph, metadata, about)
    inputs, begin = {}, 0
    for port in graph.inputs:
        assert port.width is not None
        inputs[port.name] = np.ascontiguousarray(x[:, begin : begin + port.width])
        begin += port.width
    made = running.run(content, inputs)
    columns = np.concatenate([made[port.name] for port, _ in graph.outputs], axis=1)
    wanted = np.asarray(_matrix(model, x), np.float64)
    size = np.maximum(1.0, np.abs(wanted))
    same = (wanted == columns) | (np.isnan(wanted) & np.isnan(columns))
    with np.errstate(all="ignore"):
        distance = np.where(same, 0.0, np.abs(columns - wanted) / size)
    found, begin = {}, 0
    for port, _ in graph.outputs:
        assert port.width is not None
        own = distance[:, begin : begin + port.width]
        found[port.name] = float(own.max(initial=0.0))
        begin += port.width
    refuse(found, len(x), "onnxruntime")
    return _Checked(as_bytes(graph, metadata | _said(len(x), found), about), graph, len(x), found)


def _first(model: Model | Committee) -> Model:
    first: Model = model.members[0] if isinstance(model, Committee) else model
    return first


def _matrix(model: Model | Committee, x: Any) -> Any:
    """All outputs side by side."""
    if isinstance(model, Committee):
        return model.predict(x)
    parts = model.predict(_split(model, x), verbose=0)
    if isinstance(parts, dict):
        parts = list(parts.values())
    return np.concatenate(parts, axis=1) if isinstance(parts, list) else parts


def _split(model: Model, x: Any) -> Any:
    widths = model.input_widths
    if widths is None or len(widths) < 2:
        return x
    return np.split(x, np.cumsum(widths)[:-1], axis=1)
