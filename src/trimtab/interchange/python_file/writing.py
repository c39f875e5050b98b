"""A graph as a Python file that needs NumPy alone."""

from __future__ import annotations

import base64
import io
import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.interchange.graph.graph import Graph, Node
from trimtab.interchange.python_file import runtime
from trimtab.interchange.python_file.operators import EXPRESSIONS

__all__ = ["Reading", "as_text", "computed", "run"]

_BEGIN, _END = "# <model>\n", "# </model>\n"

#: Constants of so many numbers stand in the file as they are.
_FEW = 6


@dataclass(frozen=True)
class Reading:
    """How the file reads rows.

    Attributes:
        columns: name, what is read and the format of each column.
        missing: spellings of a missing value in columns of numbers and dates.
        told: those that mean a missing value in columns of text, too.
    """

    columns: Sequence[tuple[str, str, str]]
    missing: Sequence[str] = ()
    told: Sequence[str] = ()


def as_text(
    graph: Graph,
    about: str,
    metadata: Mapping[str, str],
    outputs: Mapping[str, Sequence[str]],
    reading: Reading,
) -> str:
    """The file.

    Args:
        graph: what it computes.
        about: a sentence on it, which becomes its docstring.
        metadata: text by name.
        outputs: the columns of a table that each output makes.
        reading: how it reads rows.
    """
    template = Path(runtime.__file__).read_text("utf-8")
    head, _, rest = template.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    head = head.replace(head.split("\n", 1)[0], f'"""{_escaped(about)}"""', 1)
    lines, packed = _Writer(graph).lines()
    missing = sorted({*reading.missing, *reading.told} - {""})
    body = [
        "#: What the file holds.",
        f"ABOUT = {_dict(metadata)}",
        "",
        "#: The columns that rows must have: name, what is read, and the format of a date.",
        f"COLUMNS = {_tuple(reading.columns)}",
        "",
        "#: What is predicted: name, and the columns of a table that it makes.",
        f"OUTPUTS = {_dict({name: tuple(columns) for name, columns in outputs.items()})}",
        "",
        "#: Spellings of a missing value, besides an empty cell; and those that mean one in text.",
        f"MISSING = frozenset({_tuple(missing)})",
        f"TOLD = frozenset({_tuple(reading.told)})",
        "",
        '_PACKED = """',
        *textwrap.wrap(packed, 120),
        '"""',
        "",
        "",
        *lines,
    ]
    return f"{head}{chr(10).join(body)}\n\n\n{tail}"


def run(text: str, rows: Any) -> dict[str, NDArray[Any]]:
    """All outputs of the file for rows, as somebody gets them who imports it."""
    made: dict[str, NDArray[Any]] = _loaded(text)["outputs"](rows)
    return made


def computed(graph: Graph, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The outputs of a graph for inputs of its own types."""
    with np.errstate(all="ignore"):
        text = as_text(graph, "", {}, {}, Reading(()))
        made: dict[str, NDArray[Any]] = _loaded(text)["_graph"](inputs)
    return made


def _loaded(text: str) -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": "exported"}
    exec(compile(text, "<exported>", "exec"), space)
    return space


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', "'''")


def _tuple(values: Sequence[Any]) -> str:
    return "(\n" + "".join(f"    {value!r},\n" for value in values) + ")" if values else "()"


def _dict(values: Mapping[str, Any]) -> str:
    return "{\n" + "".join(f"    {name!r}: {value!r},\n" for name, value in values.items()) + "}"


class _Writer:
    """The function of a graph, and the arrays that it reads."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._names = {port.name: f"_in[{port.name!r}]" for port in graph.inputs}
        self._arrays: dict[str, NDArray[Any]] = {}
        self._constants: list[str] = []

    def lines(self) -> tuple[list[str], str]:
        """The lines of the file, and its arrays as text."""
        graph = self._graph
        body = [self._line(node) for node in graph.nodes]
        made = ", ".join(f"{port.name!r}: {self._value(name)}" for port, name in graph.outputs)
        packed = io.BytesIO()
        np.savez_compressed(packed, **self._arrays)  # type: ignore[arg-type]
        return [
            "def _graph(_in):",
            "    c = _constants()",
            *(f"    {line}" for line in body),
            f"    return {{{made}}}",
            "",
            "",
            "def _constants():",
            "    if not _KNOWN:",
            "        packed = _unpacked(_PACKED)",
            "        _KNOWN.update(packed)",
            *(f"        {line}" for line in self._constants),
            "    return _KNOWN",
            "",
            "",
            "_KNOWN = {}",
        ], base64.b64encode(packed.getvalue()).decode()

    def _line(self, node: Node) -> str:
        names = [self._value(name) for name in node.inputs if not self._inlined(node, name)]
        if node.operator == "LabelEncoder":
            names.append(self._table(node))
        made = EXPRESSIONS[node.operator](self._graph, node, names)
        self._names[node.output] = f"v{node.output}"
        return f"v{node.output} = {made}"

    def _inlined(self, node: Node, name: str) -> bool:
        """Whether it is part of the line: a shape, axes."""
        inlined = ("Reshape", "ReduceSum", "CumSum")
        return node.operator in inlined and name == node.inputs[1]

    def _table(self, node: Node) -> str:
        """The name of a dict of numbers by text."""
        number = len(self._constants)
        keys, values = node.attributes["keys_strings"], node.attributes["values_int64s"]
        self._arrays[f"texts{number}"] = np.frombuffer(json.dumps(keys).encode(), np.uint8)
        self._arrays[f"numbers{number}"] = np.array(values, np.int64)
        name = f"table{number}"
        self._constants.append(
            f"_KNOWN[{name!r}] = _table(packed['texts{number}'], packed['numbers{number}'])"
        )
        return f"c[{name!r}]"

    def _value(self, name: str) -> str:
        if name not in self._names:
            self._names[name] = self._constant(name, self._graph.constants[name])
        return self._names[name]

    def _constant(self, name: str, array: NDArray[Any]) -> str:
        if array.dtype.kind in "UO":
            array = array.astype(str)
        if array.size > _FEW or array.dtype.kind == "U":
            self._arrays[name] = array
        else:
            kind = f"np.{array.dtype.name if array.dtype.kind != 'b' else 'bool_'}"
            numbers = _literal(array.tolist())
            written = f"np.array({numbers}, {kind})" if array.ndim else f"{kind}({numbers})"
            self._constants.append(f"_KNOWN[{name!r}] = {written}")
        return f"c[{name!r}]"


def _literal(numbers: Any) -> str:
    return repr(numbers).replace("nan", "np.nan").replace("inf", "np.inf")
