"""Model: layers connected as a graph, with what Keras users call on a model."""

from __future__ import annotations

import importlib
import inspect
import json
import os
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from trimtab.core import checks, formats
from trimtab.core.named_arguments import constructor, named_arguments
from trimtab.core.types import Floats
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.model.contents import load_weights, save_model, save_weights
from trimtab.model.fitting import Fitting
from trimtab.model.looking import Looking
from trimtab.model.membership import Membership
from trimtab.model.summary import print_summary
from trimtab.nn import inputs as given_inputs
from trimtab.nn.graph import Graph, checked, layers_of, trace
from trimtab.nn.heads import Head, heads_of
from trimtab.nn.layers import Layer, Nested
from trimtab.nn.layers import symbol as symbols
from trimtab.nn.layers.attachment import attachment
from trimtab.nn.layers.nested import model_class, nested
from trimtab.nn.layers.symbol import Symbol
from trimtab.nn.layers.table import deserialize as layer_from
from trimtab.nn.layers.table import serialize as layer_record
from trimtab.nn.names import automatic_name
from trimtab.nn.registration import CustomObjectScope

__all__ = ["Model"]


@model_class
@constructor
class Model(Fitting, Looking, Membership):
    """A model of layers that are connected as a graph: branches, several inputs and outputs.

    Call layers on what :func:`~trimtab.Input` and other layers return, and pass the first and the
    last of these symbols. :class:`~trimtab.Sequential` is the straight case: each layer takes the
    output of the one before it.

    A layer that is called several times is shared: its weights are the same in each place. A model
    that is called on symbols becomes a layer of another one, and shares its weights with it.

    Args:
        inputs: what ``Input`` returned: one, a list, or a dict from name to input. What a layer
            returned begins a model there, which shares the layers behind it: a decoder, say.
        outputs: what layers returned: one, a list, or a dict from name to output.
        trainable: False freezes all layers.
        name: of the model.
        seed: of first weights, row orders and dropout masks; by default drawn from
            ``trimtab.config`` (reproducible after ``set_random_seed``).

    Attributes:
        history: the :class:`~trimtab.callbacks.History` of the last ``fit``, or None.
        optimizer: set by :meth:`compile`.
        stop_training: set it to True in a callback to end training.

    Raises:
        InvalidArgument: an output depends on an input that is not among ``inputs``, an input leads
            nowhere, or two layers have one name.
        Unsupported: a subclass with a ``call`` of its own.

    Example:
        >>> import numpy as np
        >>> import trimtab
        >>> from trimtab import layers
        >>> x = trimtab.Input((4,))
        >>> deep = layers.Dense(8, activation="relu")(x)
        >>> joined = layers.Concatenate()([x, deep])
        >>> model = trimtab.Model(x, layers.Dense(1)(joined), seed=3)
        >>> model.compile(optimizer="adam", loss="mae")
        >>> rows = np.eye(4, dtype="float32")
        >>> history = model.fit(rows, rows[:, 0], epochs=2, verbose=0)
        >>> model.predict(rows).shape
        (4, 1)
    """

    _symbols: tuple[list[Symbol], list[Symbol]] | None = None
    _input_keys: list[str] | None = None
    _output_keys: list[str] | None = None
    _graph: Graph
    _heads: list[Head]

    def __init__(
        self,
        inputs: Any = None,
        outputs: Any = None,
        trainable: bool = True,
        name: str | None = None,
        *,
        seed: int | None = None,
    ) -> None:
        if inputs is None or outputs is None:
            raise InvalidArgument(
                "Model takes inputs and outputs: x = Input((n,)); Model(x, Dense(1)(x)). A class "
                "of your own with a call is not supported: write custom layers instead."
            )
        self.describe(
            inputs, outputs, automatic_name("Functional") if name is None else str(name), seed
        )
        if not checks.boolean("trainable", trainable):
            self.trainable = False
        self.build_as({})

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "call" in vars(cls):
            raise Unsupported(
                f"{cls.__name__}: models with a call of their own are not supported. Describe the "
                "network with Model(inputs, outputs), and write what no layer computes as a custom "
                "layer."
            )

    # -- the graph --------------------------------------------------------------------------------

    def describe(self, inputs: Any, outputs: Any, name: str, seed: int | None) -> None:
        """Takes the graph between these symbols; draws no weights."""
        super().__init__(name, seed)
        self._input_keys, inner = checked(name, "inputs", inputs)
        self._output_keys, ends = checked(name, "outputs", outputs)
        self._graph = trace(name, inner, ends)
        if not any(symbol.source.inputs for symbol in inner):  # else it has inputs of its own
            self._symbols = inner, ends
        named = [symbol.name for symbol in ends] if self._output_keys is None else self._output_keys
        self._heads = heads_of(named, [symbol.width for symbol in ends])
        for layer in layers_of(self._graph):
            self._take(layer)

    def _take(self, layer: Layer) -> None:
        block = attachment(layer).block
        if block is not None and not isinstance(block, Nested):
            raise InvalidArgument(f"{layer.path} is part of a block. Make a new layer.")
        if layer.seat is not None:
            raise InvalidArgument(
                f"{layer.name} is part of a network of {layer.seat.members} members. Make a new "
                "layer."
            )
        self.attach(layer)

    def build_as(self, config: Mapping[str, Any]) -> None:
        """Draws the first weights of a model from a configuration, as far as it says the width."""
        del config
        width = self.known_width()
        assert width is not None
        self.build_for(width)

    def graph(self) -> Graph:
        """How the layers are connected."""
        return self._graph

    @property
    def layers(self) -> list[Layer]:
        """The layers, its inputs among them, in Keras' order: the farthest from the outputs first.

        Of a ``Sequential`` the layers without the ``Input``.
        """
        graph = self.graph()
        return list(graph.order) or [*filter(None, graph.inputs), *self._layers]

    @property
    def input_widths(self) -> list[int] | None:
        """The width of each input; None while it is unknown."""
        sources = self.graph().inputs
        widths = [source.width for source in sources if source is not None]
        return widths if len(widths) == len(sources) else None

    def known_width(self) -> int | None:
        """The number of input columns, of all inputs together."""
        widths = self.input_widths
        return None if widths is None else sum(widths)

    def build_layers(self, width: int) -> None:
        """Checks the width: the layers were built when they were called."""
        if width != self.known_width():
            raise InvalidArgument(
                f"{self.name} takes {self.known_width()} columns and cannot be built for {width}."
            )

    @property
    def heads(self) -> list[Head]:
        """The outputs, in order, each with its columns among those of all."""
        return self._heads

    def output_width(self) -> int:
        """Columns of all outputs together."""
        return sum(head.width for head in self.heads)

    @property
    def input_names(self) -> list[str]:
        """The name of each input, by which ``fit`` finds its columns in a dict or a DataFrame."""
        if self._input_keys is not None:
            return list(self._input_keys)
        return [source.name for source in self.graph().inputs if source is not None]

    @property
    def output_names(self) -> list[str]:
        """The name of each output: that of its layer, or its key in a dict of outputs."""
        return [head.name for head in self.heads]

    @property
    def input_keys(self) -> list[str] | None:
        """The names in the dict that the inputs were given as, or None."""
        return None if self._input_keys is None else list(self._input_keys)

    @property
    def output_keys(self) -> list[str] | None:
        """The names in the dict that the outputs were given as, or None."""
        return None if self._output_keys is None else list(self._output_keys)

    def symbol_ends(self) -> tuple[list[Symbol], list[Symbol]]:
        """The symbols of inputs and outputs; made anew for a model from a file, or of a row."""
        if self._symbols is None:
            self.built_width()
            graph = self.graph()
            known = graph.symbols()
            inner = [known[number] for number in range(len(graph.inputs))]
            self._symbols = inner, [known[number] for number in graph.outputs]
        return self._symbols

    def recall(self) -> None:
        if self.built:
            self.symbol_ends()

    @property
    def inputs(self) -> list[Symbol]:
        """The symbols of the inputs, to connect further layers to: ``Model(base.inputs, ...)``."""
        return list(self.symbol_ends()[0])

    @property
    def outputs(self) -> list[Symbol]:
        """The symbols of the outputs."""
        return list(self.symbol_ends()[1])

    @property
    def input(self) -> Any:
        """The symbol of the input; of several a list."""
        return _one_or_all(self.inputs)

    @property
    def output(self) -> Any:
        """The symbol of the output; of several a list."""
        return _one_or_all(self.outputs)

    @property
    def input_shape(self) -> Any:
        """``(None, n)`` for ``n`` input columns; of several inputs a list."""
        width = self.built_width()
        return _one_or_all([(None, each) for each in self.input_widths or [width]])

    @property
    def output_shape(self) -> Any:
        """``(None, n)`` for ``n`` output columns; of several outputs a list."""
        self.built_width()
        return _one_or_all([(None, head.width) for head in self.heads])

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer, or the input, with this name; or the layer at this index.

        Args:
            name: of the layer.
            index: place in :attr:`layers`; negative numbers count from the end.

        Raises:
            InvalidArgument: there is no such layer, or not exactly one of the two was given.
        """
        if name is not None and index is None:
            for source in self.graph().inputs:
                if source is not None and source.name == name:
                    return source
        return super().get_layer(name, index)

    def on_symbols(self, x: Any) -> Any:
        """The symbols that the model makes of others, as a layer of another model."""
        if isinstance(x, Mapping):
            missing = [name for name in self.input_names if name not in x]
            if missing:
                raise InvalidArgument(
                    f"{self.name} was called on a dict without {missing[0]!r}; its inputs are "
                    f"{', '.join(self.input_names)}."
                )
            x = [x[name] for name in self.input_names]
        made = symbols.apply(nested(self), x)
        if self._output_keys is None:
            return made
        several = made if isinstance(made, list) else [made]
        return dict(zip(self._output_keys, several, strict=True))

    def learn_columns(self, x: Any) -> None:
        if len(self.graph().inputs) == 1:  # several take theirs by name, in any order
            super().learn_columns(x)

    def features(self, x: Any, name: str = "x") -> Floats:
        """The rows of all inputs side by side, in float32; builds the network if need be."""
        widths = self.input_widths
        if widths is not None:
            if len(widths) == 1:
                self.check_columns(x, name)
            x = given_inputs.as_matrix(x, self.input_names, widths, name)
        return super().features(x, name)

    @named_arguments
    def summary(
        self,
        line_length: int | None = None,
        positions: list[float] | None = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Prints a table of the layers with output shapes and numbers of parameters.

        Args:
            line_length: width of the table; None: as wide as needed.
            positions: ends of the columns, as shares of ``line_length`` or in characters.
            print_fn: called with each line instead of ``print``.
            expand_nested: show the layers of blocks, too.
            show_trainable: add a column that says which layers are trainable.
            layer_range: not supported.

        Example:
            >>> import trimtab
            >>> from trimtab import layers
            >>> model = trimtab.Sequential(name="small")
            >>> model.add(layers.Dense(4, input_shape=[2], name="hidden"))
            >>> model.add(layers.Dropout(0.5, name="drop"))
            >>> model.summary()
            Model: "small"
            ─────────────────────────────────────
            Layer (type)    Output Shape  Param #
            ═════════════════════════════════════
            hidden (Dense)  (None, 4)          12
            drop (Dropout)  (None, 4)           0
            ─────────────────────────────────────
            Total params: 12 (48.00 B)
            Trainable params: 12 (48.00 B)
            Non-trainable params: 0 (0.00 B)
        """
        checks.unsupported("summary", layer_range=layer_range)
        print_summary(self, line_length, positions, print_fn, expand_nested, show_trainable)

    def by_output(self, columns: Floats) -> Any:
        """One array for each output: a list, or a dict where the outputs are one."""
        if self._output_keys is None and len(self.heads) == 1:
            return columns
        each = [np.ascontiguousarray(columns[..., head.columns]) for head in self.heads]
        return (
            each if self._output_keys is None else dict(zip(self._output_keys, each, strict=True))
        )

    # -- files ----------------------------------------------------------------------------------

    def save(
        self, filepath: str | os.PathLike[str], overwrite: bool = True, **options: Any
    ) -> None:
        """Saves architecture, weights, optimizer, history and random state to one file.

        ``trimtab.load_model`` loads the model; training it further gives the same bits as without
        the file. The file is written under another name and then renamed, so a save that fails
        leaves the old file as it was.

        A name that ends in ``.keras`` makes a file that Keras 3 loads: architecture, weights,
        compilation and the state of the optimizer. History and random state are not in it.

        Args:
            filepath: the file; ``.trimtab`` is added if it has no extension.
            overwrite: False refuses to replace an existing file.

        Raises:
            EngineError: h5py is not installed, which ``.keras`` needs.
            InvalidArgument: the extension is another one of Keras' formats, or the file exists and
                ``overwrite`` is False.
            Unsupported: Keras does not have a layer or an option of the model, which the message
                names.
        """
        checks.unknown_arguments("save", options, ["filepath", "overwrite"])
        save_model(self, filepath, overwrite=overwrite)

    def to_onnx(self, path: str | os.PathLike[str], **asked: Any) -> Any:
        """Writes an ONNX file that takes what ``predict`` takes, checked on a thousand rows.

        Args:
            path: of the file.
            asked: ``data``, ``overwrite`` of :func:`trimtab.export`.

        Returns:
            What was written, as :func:`trimtab.export` does.

        Raises:
            Unsupported, ExportError, InvalidArgument: as :func:`trimtab.export`.
        """
        # By its public name: files of other formats stand on models, which do not import them.
        return importlib.import_module("trimtab").export(self, path, "onnx", **asked)

    def save_weights(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Saves weights and optimizer state, without the architecture.

        A name that ends in ``.weights.h5`` makes a file that Keras 3 loads into the same layers.

        Args:
            filepath: the file; ``.trimtab`` is added if it has no extension.
            overwrite: False refuses to replace an existing file.

        Raises:
            EngineError, InvalidArgument, Unsupported: as for :meth:`save`.
            NotBuilt: the model has no weights yet.
        """
        save_weights(self, filepath, overwrite=overwrite)

    def load_weights(self, filepath: str | os.PathLike[str], **options: Any) -> None:
        """Loads weights from a file of :meth:`save_weights` or :meth:`save`, or of Keras 3.

        Weights are matched in order; their names and shapes must agree, names of layers need not.
        If the model is compiled with the same kind of optimizer, the optimizer state is loaded,
        too. Nothing changes if the file does not fit.

        Args:
            filepath: the file.

        Raises:
            FileNotFoundError: there is no such file.
            FileFormatError: the file is damaged, is not a trimtab file, or does not fit this
                model.
        """
        checks.unknown_arguments("load_weights", options, ["filepath"])
        load_weights(self, filepath)

    def to_torch(self) -> Any:
        """The network as a ``torch.nn.Module`` of plain layers with these weights.

        A row of layers is a ``torch.nn.Sequential`` of ``Linear``, ``BatchNorm1d``, ``Dropout``,
        ...; a graph takes a tensor for each input. It is in inference mode and predicts the same;
        ``train()`` makes it trainable. Its batch normalization keeps unbiased variances, as
        PyTorch's does, and codes that a table does not have raise an error there.

        Raises:
            EngineError: PyTorch is not installed.
            NotBuilt: the model has no weights yet.
            Unsupported: PyTorch has no plain layer for one of the model's, which is named.
        """
        return formats.module("torch").to_torch(self)

    def get_config(self) -> dict[str, Any]:
        """The architecture as plain data, without weights and compilation."""
        graph = self.graph()
        layers = self.layers_without_inputs
        places = {id(layer): number for number, layer in enumerate(layers)}
        record: dict[str, Any] = {
            "name": self.name,
            "inputs": [layer_record(source) for source in graph.inputs if source is not None],
            "layers": [layer_record(layer) for layer in layers],
            "calls": [[places[id(call.layer)], list(call.inputs)] for call in graph.calls],
            "outputs": list(graph.outputs),
            "input_keys": self._input_keys,
            "output_keys": self._output_keys,
        }
        if self.fixed_seed is not None:
            record["seed"] = self.fixed_seed
        return record

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """A new model of this architecture, with new weights.

        Args:
            config: what :meth:`get_config` returned.
            custom_objects: name -> class, for custom layers that are not registered.
        """
        with CustomObjectScope(custom_objects):
            model = cls.unbuilt(config)
            model.build_as(config)
        return model

    def to_json(self, **options: Any) -> str:
        """:meth:`get_config` as JSON.

        Args:
            options: passed to ``json.dumps``.
        """
        record = {"class_name": type(self).__name__, "config": self.get_config()}
        return json.dumps(record, **options)

    @classmethod
    def unbuilt(cls, config: dict[str, Any]) -> Self:
        """A model of this configuration whose weights have no values."""
        missing = [name for name in _STRUCTURE if name not in config]
        if missing:
            raise InvalidArgument(
                f"the configuration of a {cls.__name__} has no {missing[0]!r}. Pass what "
                "get_config() of a model returns."
            )
        inner = [symbols.source(layer_from(record)) for record in config["inputs"]]
        layers = [layer_from(record) for record in config["layers"]]
        known = list(inner)
        for place, inputs in config["calls"]:
            given = [known[number] for number in inputs]
            layer = layers[place]
            made = symbols.apply(layer, given if hasattr(layer, "join") else given[0])
            known += made if isinstance(made, list) else [made]
        ends = [known[number] for number in config["outputs"]]
        inputs = _keyed(config.get("input_keys"), inner)
        outputs = _keyed(config.get("output_keys"), ends)
        if cls.__init__ is not Model.__init__:
            own = {name: value for name, value in config.items() if name not in _KEYS}
            arguments = {"inputs": inputs, "outputs": outputs, "name": config["name"], **own}
            if _takes(cls, arguments):
                return cls(**arguments)
        model = cls.__new__(cls)
        model.describe(inputs, outputs, str(config["name"]), config.get("seed"))
        return model

    # -- pickling ---------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        # Symbols hold each other in long chains; they are made anew where they are asked for.
        return {**super().__getstate__(), "_symbols": None}


#: What a configuration must have, and what it may have beside the arguments of a subclass.
_STRUCTURE = ("name", "inputs", "layers", "calls", "outputs")
_KEYS = frozenset({*_STRUCTURE, "input_keys", "output_keys"})


def _takes(cls: type[Model], arguments: Mapping[str, Any]) -> bool:
    """Whether a subclass can be made of inputs and outputs, and of what its configuration adds."""
    try:
        inspect.signature(cls).bind(**arguments)
    except TypeError:
        return False
    return True


def _one_or_all(several: list[Any]) -> Any:
    return several[0] if len(several) == 1 else several


def _keyed(keys: Any, made: list[Symbol]) -> Any:
    """Inputs or outputs in the form they were given in."""
    return made if keys is None else dict(zip(keys, made, strict=True))
