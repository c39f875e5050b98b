"""How the layers of a network are connected: calls of layers, and the values between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trimtab.core.words import brief, listed
from trimtab.errors import InvalidArgument
from trimtab.nn.layers import InputLayer, Layer, Nested
from trimtab.nn.layers import symbol as symbols
from trimtab.nn.layers.attachment import attachment
from trimtab.nn.layers.symbol import Call, Symbol

__all__ = ["Graph", "GraphCall", "Step", "Steps", "checked", "layers_of", "trace"]


@dataclass(frozen=True)
class GraphCall:
    """One call of a layer.

    Attributes:
        layer: that is called; a model inside the model is one, too.
        inputs: numbers of the values that it reads.
        outputs: numbers of the values that it writes: one, but for models with several outputs.
    """

    layer: Layer
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Step:
    """One call of a layer that computes itself; models inside the model are taken apart.

    Attributes:
        layer: that is called.
        inputs: numbers of the values that it reads.
        output: number of the value that it writes.
    """

    layer: Layer
    inputs: tuple[int, ...]
    output: int


@dataclass(frozen=True)
class Steps:
    """All steps of a network, in an order in which they can be computed.

    Attributes:
        inputs: number of inputs; they are the values 0, 1, ...
        steps: the calls; the value of step i is ``inputs + i``.
        outputs: numbers of the values that are the outputs.
    """

    inputs: int
    steps: tuple[Step, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Graph:
    """A network as calls of layers.

    Attributes:
        inputs: the inputs; they write the values 0, 1, ... (None: of a width not known yet).
        calls: in an order in which they can be computed; outputs are numbered on.
        outputs: numbers of the values that are the outputs.
        order: each layer once, inputs too, in Keras' order.
    """

    inputs: tuple[InputLayer | None, ...]
    calls: tuple[GraphCall, ...]
    outputs: tuple[int, ...]
    order: tuple[Layer, ...] = ()

    @property
    def straight(self) -> bool:
        """Whether it is a row of different layers: each reads what the one before it wrote."""
        ends = [0, *(call.outputs[0] for call in self.calls)]
        reads = [call.inputs for call in self.calls]
        plain = len(self.inputs) == 1 and self.outputs == (ends[-1],)
        plain = plain and len({id(call.layer) for call in self.calls}) == len(self.calls)
        return plain and reads == [(end,) for end in ends[:-1]]

    def steps(self) -> Steps:
        """The calls, with those of models inside taken apart, and without what nothing reads."""
        parts = _TakingApart(len(self.inputs))
        outputs = parts.take(self, range(parts.inputs))
        return _needed(Steps(parts.inputs, tuple(parts.steps), tuple(outputs)))

    def symbols(self) -> dict[int, Symbol]:
        """A symbol for each value; layers get to know the calls, if they do not know any yet."""
        found: dict[int, Symbol] = {}
        for number, source in enumerate(self.inputs):
            if source is not None:
                found[number] = symbols.source(source)
        unknown = {id(call.layer) for call in self.calls if not attachment(call.layer).calls}
        for call in self.calls:
            read = [found[i] for i in call.inputs]
            widths = symbols.widths_of_call(call.layer, [each.width for each in read])
            if id(call.layer) in unknown:
                made = symbols.record(call.layer, read, widths)
            else:
                made = Call(call.layer, read, widths).outputs
            found.update(zip(call.outputs, made, strict=True))
        return found


class _TakingApart:
    """Collects the steps of a graph and of the models inside it."""

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        self.steps: list[Step] = []

    def take(self, graph: Graph, given: Sequence[int]) -> list[int]:
        """Appends the steps of a graph whose inputs are these values; returns its outputs."""
        values = dict(enumerate(given))
        for call in graph.calls:
            inputs = tuple(values[i] for i in call.inputs)
            if isinstance(call.layer, Nested):
                outputs = self.take(call.layer.model.graph(), inputs)
            else:
                outputs = [self.inputs + len(self.steps)]
                self.steps.append(Step(call.layer, inputs, outputs[0]))
            values.update(zip(call.outputs, outputs, strict=True))
        return [values[i] for i in graph.outputs]


def _needed(steps: Steps) -> Steps:
    """Without steps that no output depends on: of a model inside, not every output may be read."""
    needed = set(steps.outputs)
    for step in reversed(steps.steps):
        if step.output in needed:
            needed.update(step.inputs)
    if all(step.output in needed for step in steps.steps):
        return steps
    kept = [step for step in steps.steps if step.output in needed]
    numbers = {i: i for i in range(steps.inputs)}
    numbers |= {step.output: steps.inputs + i for i, step in enumerate(kept)}
    return Steps(
        steps.inputs,
        tuple(
            Step(step.layer, tuple(numbers[i] for i in step.inputs), numbers[step.output])
            for step in kept
        ),
        tuple(numbers[i] for i in steps.outputs),
    )


# -- from symbols ---------------------------------------------------------------------------------


def trace(name: str, inputs: Sequence[Symbol], outputs: Sequence[Symbol]) -> Graph:
    """The graph between symbols.

    The layers are in Keras' order: the farther from the outputs the earlier, and where they are
    equally far in the order in which a walk back from the outputs meets them.

    Args:
        name: of the network, for messages.
        inputs: what ``Input`` returned; what a layer returned begins with an input of its own.
        outputs: what layers returned.

    Raises:
        InvalidArgument: an output depends on something that is no input, an input leads nowhere,
            or two layers have one name.
    """
    begins = {
        id(symbol): symbols.source(InputLayer((symbol.width,)))
        for symbol in inputs
        if symbol.source.inputs
    }
    inputs = [begins.get(id(symbol), symbol) for symbol in inputs]
    if begins:
        outputs = [begins.get(id(symbol), symbol) for symbol in outputs]
    reads = _Reads(begins)
    calls = _walk(name, inputs, outputs, reads)
    depths = _depths(calls, reads)
    for symbol in inputs:
        if symbol.source not in depths:
            raise InvalidArgument(
                f"{name}: no output depends on the input {symbol.name!r}. Use it in a layer, or "
                "leave it out of inputs."
            )
    met = {id(call.layer): number for number, call in reversed(list(enumerate(calls)))}
    everything = sorted(calls, key=lambda call: (-depths[call], met[id(call.layer)]))
    ordered = [call for call in everything if call.inputs]
    numbers = {id(symbol): number for number, symbol in enumerate(inputs)}
    for call in ordered:
        for symbol in call.outputs:
            numbers[id(symbol)] = len(numbers)
    graph = Graph(
        tuple(symbol.layer for symbol in inputs),
        tuple(
            GraphCall(
                call.layer,
                tuple(numbers[id(symbol)] for symbol in reads(call)),
                tuple(numbers[id(symbol)] for symbol in call.outputs),
            )
            for call in ordered
        ),
        tuple(numbers[id(symbol)] for symbol in outputs),
        tuple({id(call.layer): call.layer for call in everything}.values()),
    )
    _check_names(name, [*graph.inputs, *layers_of(graph)])
    return graph


def layers_of(graph: Graph) -> list[Layer]:
    """Each layer once, without the inputs."""
    found: dict[int, Layer] = {}
    for call in graph.calls:
        found.setdefault(id(call.layer), call.layer)
    return list(found.values())


class _Reads:
    """What a call reads, where some symbols are inputs of the network themselves.

    Args:
        begins: by the identity of such a symbol, the input in its place.
    """

    def __init__(self, begins: Mapping[int, Symbol]) -> None:
        self._begins = begins

    def __call__(self, call: Call) -> tuple[Symbol, ...]:
        if not self._begins:
            return call.inputs
        return tuple(self._begins.get(id(symbol), symbol) for symbol in call.inputs)


def _walk(
    name: str, inputs: Sequence[Symbol], outputs: Sequence[Symbol], reads: _Reads
) -> list[Call]:
    """All calls, in the order in which a walk back from the outputs meets them.

    A walk without recursion: networks may be deep.
    """
    known = {id(symbol) for symbol in inputs}
    found: dict[int, Call] = {}
    for output in outputs:
        waiting = [(output, output)]
        while waiting:
            symbol, reader = waiting.pop()
            call = symbol.source
            if not call.inputs and id(symbol) not in known:
                raise InvalidArgument(
                    f"{name}: {reader.name!r} depends on the input {symbol.name!r}, which is not "
                    f"one of its inputs. Add it: inputs=[..., {symbol.name}]."
                )
            if id(call) in found:
                continue
            found[id(call)] = call
            waiting += [(each, symbol) for each in reversed(reads(call))]
    return list(found.values())


def _depths(calls: list[Call], reads: _Reads) -> dict[Call, int]:
    """How far each call is from the outputs.

    A call of a shared layer is no nearer than those of its calls that a walk is done with later.
    """
    depths: dict[Call, int] = {}
    of_layers: dict[int, int] = {}
    for call in reversed(_in_order(calls, reads)):
        depth = max(depths.get(call, 0), of_layers.get(id(call.layer), 0))
        depths[call] = of_layers[id(call.layer)] = depth
        for symbol in reads(call):
            depths[symbol.source] = max(depths.get(symbol.source, 0), depth + 1)
    return depths


def _in_order(calls: list[Call], reads: _Reads) -> list[Call]:
    """Every call after those whose outputs it reads: the order in which a walk is done with it."""
    done: dict[int, Call] = {}
    for start in calls:
        waiting = [start]
        while waiting:
            call = waiting[-1]
            open_ones = [each.source for each in reads(call) if id(each.source) not in done]
            if open_ones:
                waiting.append(open_ones[0])
                continue
            waiting.pop()
            done.setdefault(id(call), call)
    return list(done.values())


def _check_names(name: str, layers: Iterable[Any]) -> None:
    seen: dict[str, Any] = {}
    for layer in layers:
        if seen.setdefault(layer.name, layer) is not layer:
            raise InvalidArgument(
                f"{name} already has a layer named {layer.name!r}. Give one of the two another "
                "name."
            )


def checked(name: str, what: str, value: Any) -> tuple[list[str] | None, list[Symbol]]:
    """Inputs or outputs as they are given: one symbol, a list, or a dict from name to symbol.

    Args:
        name: of the network, for messages.
        what: ``inputs`` or ``outputs``.
        value: what was given.

    Returns:
        The names in a dict, else None; and the symbols, those of a dict by name as in Keras.

    Raises:
        InvalidArgument: it is something else, empty, or holds an input twice.
    """
    names = sorted(value) if isinstance(value, dict) else None
    if isinstance(value, dict):
        listing = [value[key] for key in sorted(value)]
    else:
        listing = list(value) if isinstance(value, list | tuple) else [value]
    hint = "Input((n,)) returned" if what == "inputs" else "layers returned that were called on it"
    for each in listing:
        if not isinstance(each, Symbol):
            nested = " Lists inside lists are not supported." if _is_nested(each) else ""
            raise InvalidArgument(
                f"{name}: {what} must be what {hint}, received {brief(each)}.{nested}"
            )
    if not listing:
        raise InvalidArgument(f"{name} needs {what}, received none.")
    if what == "inputs" and len({id(each) for each in listing}) != len(listing):
        twice = listed([each.name for each in listing], last=" and ")
        raise InvalidArgument(f"{name}: each input once, received {twice}.")
    if names is not None and not all(isinstance(key, str) for key in names):
        raise InvalidArgument(f"{name}: the names of {what} are texts, received {brief(names)}.")
    return names, listing


def _is_nested(value: Any) -> bool:
    return isinstance(value, list | tuple | dict)
