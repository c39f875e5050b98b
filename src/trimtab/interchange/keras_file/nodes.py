"""Functional models from records of Keras: calls of layers and operators, in any order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trimtab.core.words import brief
from trimtab.errors import FileFormatError, Unsupported
from trimtab.interchange.keras_file.archive import refuse
from trimtab.interchange.keras_file.places import Place, own_weights
from trimtab.interchange.keras_file.reading import Read, Reader
from trimtab.interchange.keras_file.records import of_keras
from trimtab.model.contents import BAD
from trimtab.model.model import Model
from trimtab.nn import activations
from trimtab.nn.layers import Activation, Concatenate, InputLayer, Maximum, Minimum, Nested
from trimtab.nn.layers import symbol as symbols
from trimtab.nn.layers.symbol import Symbol

__all__ = ["functional"]


class _Later(Exception):
    """A call reads what has not been computed yet."""


#: Operators of Keras on symbols, and the activations of ``keras.ops``.
_OPERATORS: dict[str, Callable[..., Any]] = {
    "GetItem": lambda x, key: x[tuple(key) if isinstance(key, list) else key],
    "Add": lambda a, b: a + b,
    "Subtract": lambda a, b: a - b,
    "Multiply": lambda a, b: a * b,
    "Divide": lambda a, b: a / b,
    "TrueDivide": lambda a, b: a / b,
    "Negative": lambda x: -x,
    "Maximum": lambda a, b: Maximum()([a, b]),
    "Minimum": lambda a, b: Minimum()([a, b]),
    "Concatenate": lambda several: Concatenate()(several),
}
_FUNCTIONS = {
    name.replace("_", "").lower(): name for name in [*activations.ACTIVATIONS, *activations.ALIASES]
}


def functional(reader: Reader, config: dict[str, Any]) -> Read:
    """The model of a functional record.

    Args:
        reader: makes the layers.
        config: of the model.
    """
    return _Functional(reader, config).read()


class _Functional:
    def __init__(self, reader: Reader, config: dict[str, Any]) -> None:
        self.reader, self.config = reader, config
        self.places: dict[str, Place] = {}
        self.operators: dict[str, dict[str, Any]] = {}
        #: (name of a layer, number of its call) -> what it returned.
        self.made: dict[tuple[str, int], list[Symbol]] = {}
        self.axes: dict[int, int] = {}

    def read(self) -> Read:
        entries = self.config["layers"]
        nodes: dict[str, list[Any]] = {}
        for entry in entries:
            name = entry["name"]
            if not isinstance(name, str) or name in nodes:
                raise ValueError(f"two layers of one name, {brief(name)}")
            nodes[name] = list(entry["inbound_nodes"])
            if _is_operator(entry):
                self.operators[name] = entry
                continue
            place = self.places[name] = self.reader.place(entry)
            if isinstance(place.layer, InputLayer):
                self.made[name, 0] = [symbols.source(place.layer)]
                nodes[name] = []
        self._call_all(entries, nodes)
        name = str(self.config["name"])
        model = Model.__new__(Model)
        inputs, outputs = (
            self._ends(self.config[which]) for which in ("input_layers", "output_layers")
        )
        for symbol in [*(outputs.values() if isinstance(outputs, dict) else outputs)]:
            if self.axes.get(id(symbol), 2) != 2:
                refuse(
                    self.reader.path,
                    f"holds {name!r}, whose output {symbol.name!r} has not two axes",
                    "End it with Flatten() in Keras and save it again.",
                )
        model.describe(inputs, outputs, name, None)
        width = model.known_width()
        assert width is not None
        model.declare(width)
        for place in self.places.values():
            place.weights = [] if place.inside is not None else own_weights(place.layer)
        return Read(model, list(self.places.values()))

    # -- calls ----------------------------------------------------------------------------------

    def _call_all(self, entries: list[Any], nodes: dict[str, list[Any]]) -> None:
        done = dict.fromkeys(nodes, 0)
        waiting = [entry["name"] for entry in entries if nodes[entry["name"]]]
        while waiting:
            before = sum(done.values())
            for name in waiting:
                try:
                    while done[name] < len(nodes[name]):
                        made = self._call(name, nodes[name][done[name]])
                        self.made[name, done[name]] = made
                        done[name] += 1
                except _Later:
                    continue
            waiting = [name for name in waiting if done[name] < len(nodes[name])]
            if waiting and sum(done.values()) == before:
                refuse(
                    self.reader.path,
                    f"holds {brief(waiting[0])}, which reads what is never computed: the calls of "
                    "its layers go in a circle, or one of them is missing",
                )

    def _call(self, name: str, node: Any) -> list[Symbol]:
        if not isinstance(node, dict):
            refuse(
                self.reader.path,
                f"holds the calls of {name!r} in the form of Keras 2",
                "Load it with Keras 3 and save it again.",
            )
        given = self._value(node["args"])
        named = {
            key: value for key, value in self._value(node["kwargs"]).items() if value is not None
        }
        try:
            if name in self.operators:
                return self._operate(name, given, named)
            return self._call_layer(name, given, named)
        except (FileFormatError, _Later):
            raise
        except BAD as problem:
            refuse(
                self.reader.path,
                f"holds a call of {name!r} that trimtab cannot make: {problem}",
                "",
            )

    def _call_layer(self, name: str, given: list[Any], named: dict[str, Any]) -> list[Symbol]:
        if not given and "inputs" in named:
            given = [named.pop("inputs")]
        if named.get("training") is False:  # a default of Keras' layers, which fit overrules
            del named["training"]
        if named or len(given) != 1:
            extra = next(iter(named), None)
            raise Unsupported(
                f"it is called with {extra}={brief(named[extra])}, and layers here take what they "
                "read alone."
                if extra
                else "it is called with several arguments; lists of inputs are one."
            )
        place, (x,) = self.places[name], given
        read = list(x.values()) if isinstance(x, dict) else symbols.flat(name, x)
        told = ("output_mode", "target_shape")
        entry = {"config": {key: getattr(place.layer, key, None) for key in told}}
        joined = isinstance(place.layer, Nested) or len(read) > 1
        axes = 2
        for symbol in read:
            axes = self.reader.axes(
                place, entry, self.axes.get(id(symbol), 2), None if joined else symbol.width
            )
        if isinstance(place.layer, Nested):
            made = place.layer.model(x if isinstance(x, dict) or len(read) > 1 else read[0])
        else:
            made = place.layer(x)
        several = (
            list(made.values())
            if isinstance(made, dict)
            else (made if isinstance(made, list) else [made])
        )
        for symbol in several:
            self.axes[id(symbol)] = axes
        return several

    def _operate(self, name: str, given: list[Any], named: dict[str, Any]) -> list[Symbol]:
        entry = self.operators[name]
        kind = entry["class_name"]
        read = [each for each in _flat(given) if isinstance(each, Symbol)]
        function = _FUNCTIONS.get(kind.lower()) if "numpy" not in entry["module"] else None
        axis = entry["config"].get("axis", -1)
        if any(self.axes.get(id(symbol), 2) != 2 for symbol in read):
            raise Unsupported(
                "operators read two axes here. In Keras, write x[:, 3:4] for a single column, and "
                "put Flatten() behind an embedding of several."
            )
        if kind in _OPERATORS and not named and axis in (-1, 1):
            made = _OPERATORS[kind](*given)
            if kind == "GetItem" and isinstance(given[1][-1], int):
                self.axes[id(made)] = 1
        elif function is not None and axis in (-1, 1) and len(given) == 1 and not named:
            options = {k: v for k, v in entry["config"].items() if k not in ("name", "axis")}
            made = Activation({"class_name": function, "config": options})(given[0])
        else:
            raise Unsupported(
                f"the operator {brief(kind, 60)} is not supported on symbols. Write it as a custom "
                "layer."
            )
        if isinstance(made, Symbol) and not any(made is each for each in read):
            if name not in self.places:
                made.layer.name = name
            return [made]
        raise Unsupported(f"the operator {brief(kind, 60)} was called on numbers alone.")

    # -- what calls read ------------------------------------------------------------------------

    def _value(self, value: Any) -> Any:
        """An argument: symbols, slices, numbers, and lists and dicts of them."""
        if isinstance(value, list):
            return [self._value(each) for each in value]
        if not isinstance(value, dict):
            return value
        kind = value.get("class_name")
        if kind is None:
            return {key: self._value(each) for key, each in value.items()}
        if kind == "__keras_tensor__":
            name, call, number = value["config"]["keras_history"]
            return self._symbol(name, call, number)
        if kind == "__slice__":
            ends = value["config"]
            return slice(ends["start"], ends["stop"], ends["step"])
        if kind == "__ellipsis__":
            return ...
        if kind == "__tuple__":
            return [self._value(each) for each in value["items"]]
        raise Unsupported(f"an argument is a {brief(kind, 60)}, which symbols do not take here.")

    def _symbol(self, name: Any, call: Any, number: Any) -> Symbol:
        if name not in self.places and name not in self.operators:
            raise KeyError(f"no layer {brief(name)}")
        if (name, call) not in self.made:
            raise _Later
        found = self.made[name, call]
        if not isinstance(number, int) or not 0 <= number < len(found):
            raise IndexError(f"no output {brief(number)} of {brief(name)}")
        return found[number]

    def _ends(self, ends: Any) -> Any:
        """Inputs or outputs of the model."""
        if isinstance(ends, dict):
            return {key: self._end(each) for key, each in ends.items()}
        if len(ends) == 3 and isinstance(ends[0], str):
            return [self._end(ends)]
        return [self._end(each) for each in ends]

    def _end(self, end: Any) -> Symbol:
        name, call, number = end
        # A functional model inside another one counts its own description as a call there.
        inside = name in self.places and self.places[name].class_name in ("Functional", "Model")
        try:
            return self._symbol(name, call - inside, number)
        except _Later:
            raise IndexError(f"no call {brief(call)} of {brief(name)}") from None


def _is_operator(entry: dict[str, Any]) -> bool:
    module = entry.get("module")
    return isinstance(module, str) and module.startswith("keras.src.ops") and of_keras(entry)


def _flat(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [found for each in value for found in _flat(each)]
    return [value]
