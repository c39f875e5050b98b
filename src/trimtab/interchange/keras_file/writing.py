"""Models as records of Keras."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from trimtab.errors import InvalidArgument
from trimtab.interchange.keras_file.equivalents import Part, Wire, draw, flatten, needs_flatten
from trimtab.interchange.keras_file.places import Place
from trimtab.interchange.keras_file.records import to_keras
from trimtab.model.model import Model
from trimtab.model.sequential import Sequential
from trimtab.nn.graph import Graph, GraphCall, layers_of, trace
from trimtab.nn.layers import (
    CategoryEncoding,
    Discretization,
    Embedding,
    Flatten,
    InputLayer,
    Nested,
    Reshape,
)
from trimtab.nn.layers.base import trainable_itself
from trimtab.nn.layers.symbol import Call, Symbol

__all__ = ["Drawing", "places_of"]

#: Layers that may return three axes in Keras.
_THREE_AXES = (CategoryEncoding, Discretization, Embedding)


@dataclass
class Inner(Part):
    """A model inside the model."""

    drawing: Drawing | None = None

    @property
    def class_name(self) -> str:
        assert self.drawing is not None
        return self.drawing.class_name


@dataclass(frozen=True)
class _Made:
    """What a call returned, as records refer to it.

    Attributes:
        name: of the layer.
        call: its number among the calls of the layer.
        place: among what the call returned.
        described: whether the layer is a functional model, which counts its own description as a
            call where ends of a model are named.
    """

    name: str
    call: int
    place: int
    described: bool = False

    def tensor(self) -> dict[str, Any]:
        """As what another layer reads; Keras works the shape out again."""
        history = [self.name, self.call, self.place]
        config = {"shape": [None, None], "dtype": "float32", "keras_history": history}
        return {"class_name": "__keras_tensor__", "config": config}

    def end(self) -> list[Any]:
        """As an input or output of the model."""
        return [self.name, self.call + self.described, self.place]


class Drawing:
    """A model as the layers and operators of Keras that compute the same.

    Args:
        model: the model; it must be built.

    Attributes:
        graph: calls of parts, in Keras' order.

    Raises:
        Unsupported: Keras has not what it is made of; the message names it.
    """

    def __init__(self, model: Model) -> None:
        if len(model) > 1:
            raise InvalidArgument(
                f"{model.name} is a network of {len(model)} members, which Keras does not have. "
                "Use model.save('model.trimtab')."
            )
        model.built_width()
        self.model = model
        self._parts: dict[str, Part] = {}
        plan = model.graph()
        wires = [self._made(_input(source), [], _width_of(source)) for source in plan.inputs]
        known: dict[int, Symbol] = dict(enumerate(wires))
        self._laid = _laid_flat(plan)
        for call in plan.calls:
            read = [known[number] for number in call.inputs]
            known.update(zip(call.outputs, self._call(call, read), strict=True))
        self.graph: Graph = trace(model.name, wires, [known[number] for number in plan.outputs])
        for number, source in enumerate(_parts(self.graph.inputs)):
            readers = [call.layer for call in self.graph.calls if number in call.inputs]
            if all(reader.class_name == "CategoryEncoding" for reader in _parts(readers)):
                source.record["config"]["dtype"] = "int32"  # not every back end rounds codes

    def _call(self, call: GraphCall, read: list[Symbol]) -> Sequence[Symbol]:
        layer = call.layer
        if not isinstance(layer, Nested):
            flat = partial(self._made, laid=id(layer) in self._laid)
            return [draw(layer, read, sum(wire.width for wire in read), flat)]
        part = self._parts.get(layer.name)
        if part is None or part.layer is not layer:
            part = self._one(Inner(layer.name, {}, layer, drawing=Drawing(layer.model)))
        return Call(part, read, layer.output_widths).outputs

    def _made(self, part: Part, wires: Sequence[Wire], width: int, *, laid: bool = False) -> Symbol:
        """What a part returns; a layer that is called again is the same part.

        Args:
            part: that is called.
            wires: that it reads.
            width: columns that it returns.
            laid: whether layers behind it lay its axes side by side.
        """
        part = self._one(part)
        made = Call(part, wires, [width]).outputs[0]
        if wires and not laid and not part.operator and needs_flatten(part, wires[0].width):
            return self._made(flatten(part), [made], width)
        return made

    def _one(self, part: Part) -> Part:
        known = self._parts.setdefault(part.name, part)
        if known is not part and not known.same(part):
            raise InvalidArgument(
                f"{self.model.name}: two layers would be called {part.name!r} in Keras. Give one "
                "of them another name."
            )
        return known

    # -- as records -----------------------------------------------------------------------------

    @property
    def row(self) -> bool:
        """Whether it is a row of layers, as ``Sequential`` holds them."""
        parts = _parts(layers_of(self.graph))
        plain = len(parts) == len(self.graph.calls) and not any(part.operator for part in parts)
        return isinstance(self.model, Sequential) and plain and self.graph.straight

    @property
    def class_name(self) -> str:
        """Of the model in Keras."""
        return "Sequential" if self.row else "Functional"

    def record(self, name: str | None = None, trainable: bool = True) -> dict[str, Any]:
        """The model's record, without compilation.

        Args:
            name: of the model.
            trainable: whether it is frozen as a whole.
        """
        common = {"name": name or self.model.name, "trainable": trainable}
        if self.row:
            width = self.model.built_width()
            parts = [*_parts(self.graph.inputs), *_parts(layers_of(self.graph))]
            layers = [self._layer(part) for part in parts]
            return {
                "module": "keras",
                "class_name": "Sequential",
                "config": {**common, "layers": layers, "build_input_shape": [None, width]},
                "registered_name": None,
            }
        return {
            "module": "keras.src.models.functional",
            "class_name": "Functional",
            "config": {**common, **self._functional()},
            "registered_name": "Functional",
        }

    def _layer(self, part: Part) -> dict[str, Any]:
        if isinstance(part, Inner):
            assert part.drawing is not None and part.layer is not None
            return part.drawing.record(part.name, trainable_itself(part.layer))
        return part.record

    def _functional(self) -> dict[str, Any]:
        made: dict[int, _Made] = {}
        layers: list[dict[str, Any]] = []
        for number, source in enumerate(_parts(self.graph.inputs)):
            made[number] = _Made(source.name, 0, 0)
            layers.append({**source.record, "name": source.name, "inbound_nodes": []})
        nodes: dict[int, list[dict[str, Any]]] = {}
        for call in self.graph.calls:
            part: Any = call.layer
            if id(part) not in nodes:
                own = nodes[id(part)] = []
                layers.append({**self._layer(part), "name": part.name, "inbound_nodes": own})
            read = [made[number].tensor() for number in call.inputs]
            for place, number in enumerate(call.outputs):
                described = isinstance(part, Inner) and part.class_name == "Functional"
                made[number] = _Made(part.name, len(nodes[id(part)]), place, described)
            joins = part.joins or len(read) > 1
            nodes[id(part)].append({"args": [read if joins else read[0], *part.key], "kwargs": {}})
        inputs = [made[number].end() for number in range(len(self.graph.inputs))]
        outputs = [made[number].end() for number in self.graph.outputs]
        return {
            "layers": layers,
            "input_layers": _keyed(self.model.input_keys, inputs),
            "output_layers": _keyed(self.model.output_keys, outputs),
        }

    # -- weights --------------------------------------------------------------------------------

    def places(self) -> list[Place]:
        """The layers in Keras' order, with their weights."""
        return list(self._places())

    def _places(self) -> Iterator[Place]:
        for part in _parts(layers_of(self.graph)):
            if isinstance(part, Inner):
                assert part.drawing is not None
                inside = part.drawing.places()
                yield Place(part.drawing.class_name, part.name, part.layer, [], inside)
            elif not part.operator:
                yield Place(part.class_name, part.name, part.layer, part.weights)


def _laid_flat(plan: Graph) -> set[int]:
    """Layers that return three axes in Keras and are read by ``Flatten`` alone."""
    made = {number: call.layer for call in plan.calls for number in call.outputs}
    found = {id(layer) for layer in made.values() if isinstance(layer, _THREE_AXES)}
    for call in plan.calls:
        flat = isinstance(call.layer, Reshape) and len(call.layer.target_shape) == 1
        if not (flat or isinstance(call.layer, Flatten)):
            found -= {id(made[number]) for number in call.inputs if number in made}
    return found - {id(made[number]) for number in plan.outputs if number in made}


def places_of(model: Model) -> list[Place]:
    """The layers of a model in Keras' order, with their weights.

    Args:
        model: the model; it must be built.
    """
    return Drawing(model).places()


def _input(source: InputLayer | None) -> Part:
    assert source is not None
    config = {"name": source.name, "batch_shape": [None, source.width], "dtype": "float32"}
    record = to_keras({"class_name": "InputLayer", "config": config}, "keras.layers")
    return Part(source.name, record)


def _width_of(source: InputLayer | None) -> int:
    assert source is not None
    return source.width


def _parts(layers: Iterable[Any]) -> list[Part]:
    """What the layers of a drawing's graph are."""
    return list(layers)


def _keyed(keys: list[str] | None, ends: list[Any]) -> Any:
    if keys is not None:
        return dict(zip(keys, ends, strict=True))
    return ends[0] if len(ends) == 1 else ends
