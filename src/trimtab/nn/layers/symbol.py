"""Symbols: what layers are called on where a network is described as a graph.

A symbol stands for the output of one call of a layer. It has a width and no numbers. Calls remember
what they were made on, so a model follows them from its outputs back to its inputs
(:mod:`trimtab.nn.graph`).
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

from trimtab.core.catalogue import missing_member
from trimtab.core.former_names import LAYER
from trimtab.core.words import brief, count
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn.layers.attachment import attachment

__all__ = [
    *("Call", "Symbol", "apply", "flat", "given", "member", "operator"),
    *("output_widths", "record", "source", "widths_of_call"),
]


class Call:
    """One call of a layer.

    Attributes:
        layer: that was called.
        inputs: what it was called on; empty for an ``Input``.
        outputs: what it returned; one, but for a model with several outputs.
    """

    def __init__(self, layer: Any, inputs: Sequence[Symbol], widths: Sequence[int]) -> None:
        self.layer = layer
        self.inputs = tuple(inputs)
        self.outputs = tuple(Symbol(self, width) for width in widths)


#: Operator -> what makes the symbol; entered by the files of the layers that compute it.
_OPERATORS: dict[str, Callable[..., Symbol]] = {}


def operator(name: str) -> Callable[[Callable[..., Symbol]], Callable[..., Symbol]]:
    """Makes a function the meaning of an operator of symbols; written above it."""

    def enter(function: Callable[..., Symbol]) -> Callable[..., Symbol]:
        _OPERATORS[name] = function
        return function

    return enter


class Symbol:
    """The output of a layer in a network that is being described: ``Input((3,))`` is the first.

    Call layers on symbols, and pass the last ones to ``Model(inputs, outputs)``. ``x[:, 2:5]`` are
    columns of ``x``; ``x + y``, ``x - y``, ``x * y``, ``-x`` and the same with numbers are
    layers, too.

    Attributes:
        source: the call that it comes from.
        width: number of columns.

    Example:
        >>> from trimtab import Input
        >>> x = Input((11,), name="wine")
        >>> x.shape, x[:, 2:5].shape
        ((None, 11), (None, 3))
    """

    #: NumPy arrays leave operators to this class.
    __array_ufunc__ = None
    #: Not a sequence: ``x[0]`` is refused instead of tried out.
    __iter__ = None

    def __init__(self, source: Call, width: int) -> None:
        self.source = source
        self.width = width

    @property
    def layer(self) -> Any:
        """The layer that computes it."""
        return self.source.layer

    @property
    def name(self) -> str:
        """The name of its layer."""
        name: str = self.layer.name
        return name

    @property
    def shape(self) -> tuple[None, int]:
        """``(None, width)``."""
        return (None, self.width)

    @property
    def ndim(self) -> int:
        """2: rows and columns."""
        return 2

    @property
    def dtype(self) -> str:
        """``float32``."""
        return "float32"

    def __add__(self, other: Any) -> Symbol:
        return _OPERATORS["add"](self, _operand("+", other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Symbol:
        return _OPERATORS["subtract"](self, _operand("-", other))

    def __rsub__(self, other: Any) -> Symbol:
        return _OPERATORS["from"](self, _operand("-", other))

    def __mul__(self, other: Any) -> Symbol:
        return _OPERATORS["multiply"](self, _operand("*", other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Symbol:
        if isinstance(other, Symbol):
            raise Unsupported("/ of two symbols is not supported. Write it as a custom layer.")
        factor: float = 1.0 / _operand("/", other)
        return self * factor

    def __neg__(self) -> Symbol:
        return self * -1.0

    def __getitem__(self, key: Any) -> Symbol:
        return _OPERATORS["columns"](self, key)

    def __bool__(self) -> NoReturn:
        raise InvalidArgument(
            f"{self!r} stands for numbers that are not known yet: it is neither true nor false."
        )

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise InvalidArgument(
            f"{self!r} stands for numbers that are not known yet. Functions of NumPy and JAX take "
            "arrays: write what they compute as a custom layer, or call the model on rows."
        )

    def __repr__(self) -> str:
        return f"<Symbol of {self.name}, shape=(None, {self.width})>"


def _operand(sign: str, value: Any) -> Any:
    """What may stand beside a symbol: another one, or a number."""
    if isinstance(value, Symbol):
        return value
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return float(value)
    raise InvalidArgument(
        f"{sign} of a symbol takes another symbol or a number, received {brief(value)}."
    )


def given(x: Any) -> bool:
    """Whether this is a symbol, or a list with one in it."""
    if isinstance(x, list | tuple):
        return any(isinstance(each, Symbol) for each in x)
    return isinstance(x, Symbol)


def flat(what: str, x: Any) -> list[Symbol]:
    """The symbols in what something was called on.

    Raises:
        InvalidArgument: there is something else among them.
    """
    listed = list(x) if isinstance(x, list | tuple) else [x]
    for each in listed:
        if not isinstance(each, Symbol):
            raise InvalidArgument(
                f"{what} was called on {brief(each)} beside symbols. Call it on what Input((n,)) "
                "and layers returned."
            )
    return listed


def apply(layer: Any, x: Any, training: Any = None, mask: Any = None) -> Any:
    """Calls a layer on one symbol, or on a list of them where it joins several.

    The layer is built if need be. A model with several outputs gives a list.
    """
    symbols = flat(layer.name, x)
    refuse_options(layer.name, training, mask)
    widths = [symbol.width for symbol in symbols]
    joins = getattr(layer, "join", None)
    if joins is not None:
        joins(widths)
    elif len(symbols) != 1:
        raise InvalidArgument(
            f"{layer.name} takes one input, received {len(symbols)}. Join them first: "
            f"{layer.name}(Concatenate()([...]))."
        )
    total = sum(widths)
    if not layer.built:
        layer.build(total)
    elif layer.input_width != total and not layer.any_width:
        raise InvalidArgument(
            f"{layer.path} was built for {count(layer.input_width, 'column')}, and the output of "
            f"{symbols[0].name!r} has {total}. Make another layer for it."
        )
    made = record(layer, symbols, widths_of_call(layer, widths))
    return made[0] if len(made) == 1 else list(made)


def widths_of_call(layer: Any, widths: Sequence[int]) -> list[int]:
    """The width of each output of a call on inputs of these widths."""
    if not layer.any_width:
        return output_widths(layer)
    shapes = [(None, width) for width in widths]
    joins = getattr(layer, "join", None) is not None
    return [layer.compute_output_shape(shapes if joins else shapes[0])[1]]


def output_widths(layer: Any) -> list[int]:
    """The width of each output of a built layer; models inside models may have several."""
    several: list[int] | None = getattr(layer, "output_widths", None)
    return [layer.output_width] if several is None else several


def refuse_options(name: str, training: Any, mask: Any) -> None:
    """Refuses what says how rows pass through, of which there are none yet."""
    if training is not None:
        raise Unsupported(
            f"{name}: training={training!r} in a network that is being described is not supported: "
            "fit trains, predict does not. Use layer.trainable = False to keep a batch "
            "normalization's statistics, and model.predict_samples(x) for dropout in predictions."
        )
    if mask is not None:
        raise Unsupported(f"{name}: mask in a network that is being described is not supported.")


def record(layer: Any, inputs: Sequence[Symbol], widths: Sequence[int]) -> tuple[Symbol, ...]:
    """The outputs of a call that is remembered."""
    call = Call(layer, inputs, widths)
    attachment(layer).calls.append(call)
    return call.outputs


def source(layer: Any) -> Symbol:
    """The symbol of an ``InputLayer``."""
    calls = attachment(layer).calls
    return calls[0].outputs[0] if calls else record(layer, [], [layer.width])[0]


def member(layer: Any, name: str) -> Any:
    """An attribute that a layer does not have: ``input`` and ``output`` of its calls, else refused.

    Args:
        layer: the layer.
        name: of the attribute.
    """
    if name in ("input", "output"):
        calls = list(_calls_of(layer))
        if len(calls) > 1:
            raise InvalidArgument(
                f"{layer.name} was called {len(calls)} times, and each call has an {name} of its "
                "own. Keep what the calls returned."
            )
        if calls:
            found = calls[0].outputs if name == "output" else calls[0].inputs
            return found[0] if len(found) == 1 else list(found)
    return missing_member(layer, name, LAYER)


def _calls_of(layer: Any) -> Iterator[Call]:
    own = attachment(layer)
    if not own.calls:  # of a model that was loaded, or described as a list
        for network in own.networks.all():
            network.recall()
    yield from own.calls
