"""The model: layers in a row, with everything Keras users call on it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any, Self

from trimtab.core import checks
from trimtab.errors import InvalidArgument, NotBuilt
from trimtab.model.fitting import Fitting
from trimtab.model.looking import Looking
from trimtab.nn.layers import InputLayer, Layer
from trimtab.nn.layers.base import automatic_name
from trimtab.nn.layers.table import deserialize as layer_from
from trimtab.nn.layers.table import serialize as layer_record
from trimtab.nn.network import clone_network
from trimtab.nn.registration import CustomObjectScope
from trimtab.program import Builder

__all__ = ["Sequential", "clone_model"]


class Sequential(Fitting, Looking):
    """Layers in a row: each takes what the one before it gives.

    It is built (its weights get shapes and first values) as soon as the width of its input is
    known: by :class:`~trimtab.layers.Input` or ``input_shape=`` in front, by :meth:`build`, or
    by the first data.

    Args:
        layers: the layers, in order; more can be added with :meth:`add`.
        trainable: False freezes all layers.
        name: of the model.
        seed: of first weights, row orders and dropout masks; by default drawn from
            ``trimtab.config`` (reproducible after ``set_random_seed``).

    Attributes:
        history: the :class:`~trimtab.callbacks.History` of the last ``fit``, or None.
        optimizer: set by :meth:`compile`.
        stop_training: set it to True in a callback to end training.

    Errors:
        Something that is not a layer, two layers of one name, an ``Input`` that is not first.

    Example:
        >>> import numpy as np
        >>> import trimtab
        >>> from trimtab import layers
        >>> x = np.linspace(-1, 1, 64, dtype="float32").reshape(-1, 1)
        >>> model = trimtab.Sequential(
        ...     [layers.Dense(8, activation="relu", input_shape=[1]), layers.Dense(1)], seed=3
        ... )
        >>> model.compile(optimizer="adam", loss="mae")
        >>> history = model.fit(x, x[:, 0], epochs=2, verbose=0)
        >>> model.predict(x).shape
        (64, 1)
    """

    def __init__(
        self,
        layers: Sequence[Layer] | None = None,
        trainable: bool = True,
        name: str | None = None,
        *,
        seed: int | None = None,
    ) -> None:
        if isinstance(layers, str) or (layers is not None and not hasattr(layers, "__iter__")):
            raise InvalidArgument(
                f"Sequential takes a list of layers, received {layers!r}. "
                "Use Sequential([Dense(64), Dense(1)])."
            )
        name = automatic_name(type(self).__name__) if name is None else str(name)
        super().__init__(name, seed)
        self._input: InputLayer | None = None
        for layer in layers or ():
            self._append(layer)
        if not checks.boolean("trainable", trainable):
            self.trainable = False
        self._build_if_known()

    # -- layers in a row ------------------------------------------------------------------------

    def add(self, layer: Layer) -> None:
        """Adds a layer at the end; the weights of the others stay.

        Raises:
            InvalidArgument: not a layer, a name that is taken, an ``Input`` behind other layers.
        """
        self._append(layer)
        self._build_if_known()

    def pop(self) -> Layer:
        """Takes the last layer off and returns it."""
        if not self._layers:
            raise InvalidArgument(f"{self.name} has no layers to take off.")
        layer = self.let_go()
        if not self._layers:
            self._width = None
        return layer

    def _append(self, layer: Any) -> None:
        if isinstance(layer, type) and issubclass(layer, Layer):
            raise InvalidArgument(
                f"{layer.__name__} is a class, not a layer. Add parentheses: {layer.__name__}(...)."
            )
        if not isinstance(layer, Layer):
            raise InvalidArgument(
                f"Sequential holds layers of trimtab.layers, received {layer!r} "
                f"({type(layer).__name__})."
            )
        if isinstance(layer, InputLayer):
            if self._input is not None or self._layers:
                raise InvalidArgument(
                    f"{self.name} already has its first layer. Input must come first, and once."
                )
            self._input = layer
            return
        if layer.parent_layer is not None:
            raise InvalidArgument(f"{layer.path} is part of a block. Make a new layer.")
        if any(layer.name == known.name for known in self._layers):
            raise InvalidArgument(
                f"{self.name} already has a layer named {layer.name!r}. Give one of the two "
                "another name."
            )
        self.hold(layer)

    def known_width(self) -> int | None:
        """The input's width as far as the layers say it."""
        if self._width is not None:
            return self._width
        if self._input is not None:
            return self._input.width
        if self._layers:
            first = self._layers[0]
            return first.input_shape_argument or first.input_width
        return None

    def declare(self, width: int) -> None:
        """Gives the weights their shapes."""
        if not self._layers:
            raise NotBuilt(f"{self.name} has no layers. Use add() first.")
        known = self.known_width()
        if known is not None and known != width:
            raise InvalidArgument(
                f"{self.name} takes {known} columns and cannot be built for {width}."
            )
        inner = width
        for layer in self._layers:
            expected = layer.input_width or layer.input_shape_argument or inner
            if expected != inner:
                raise InvalidArgument(
                    f"{layer.name} takes {expected} columns, but receives {inner} from the layer "
                    "before it."
                )
            if not layer.built:
                layer.build(inner)
            assert layer.output_width is not None
            inner = layer.output_width
        self._width = width

    def emit(self, builder: Builder) -> int:
        value = 0
        for layer in self._layers:
            value = layer.lower(builder, value)
        return value

    def summary(
        self,
        line_length: int | None = None,
        positions: list[float] | None = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Prints a table of the layers; ``print_fn`` is called once a line.

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
        from trimtab.model.summary import print_summary

        checks.unsupported("summary", layer_range=layer_range)
        print_summary(self, line_length, positions, print_fn, expand_nested, show_trainable)

    # -- files ----------------------------------------------------------------------------------

    def save(
        self, filepath: str | os.PathLike[str], overwrite: bool = True, **options: Any
    ) -> None:
        """Writes architecture, weights, optimizer, history and random state to one file.

        ``trimtab.load_model`` gives the model back, ready to go on training with the same bits.
        The file is written under another name first: a save that fails leaves what was there.

        Args:
            filepath: ``.trimtab`` is added where there is no extension.
            overwrite: False refuses to replace a file.

        Raises:
            InvalidArgument: an extension of Keras' own formats, or a file that is there.
        """
        from trimtab.model import save_model

        checks.unknown_arguments("save", options, ["filepath", "overwrite"])
        save_model(self, filepath, overwrite=overwrite)

    def save_weights(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Writes weights and optimizer state, without the architecture; see :meth:`save`."""
        from trimtab.model import save_weights

        save_weights(self, filepath, overwrite=overwrite)

    def load_weights(self, filepath: str | os.PathLike[str], **options: Any) -> None:
        """Reads weights from a file of :meth:`save_weights` or :meth:`save`.

        They are matched in order and must have the same names and shapes; names of layers do not
        matter. Optimizer state is taken over where this model is compiled with the same kind of
        optimizer. Nothing changes if the file does not fit.

        Raises:
            FileFormatError: the file is damaged or foreign, or does not fit this model.
        """
        from trimtab.model import load_weights

        checks.unknown_arguments("load_weights", options, ["filepath"])
        load_weights(self, filepath)

    def get_config(self) -> dict[str, Any]:
        """The architecture as plain data; no weights, no compilation."""
        layers = [layer_record(layer) for layer in self._layers]
        if self._input is not None:
            layers.insert(0, layer_record(self._input))
        record: dict[str, Any] = {"name": self.name, "layers": layers}
        width = self._width if self._width is not None else self.known_width()
        if width is not None:
            record["build_input_shape"] = [None, width]
        if self._fixed_seed is not None:
            record["seed"] = self._fixed_seed
        return record

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """A new model of this architecture; its weights are drawn anew.

        Args:
            config: what :meth:`get_config` gave.
            custom_objects: name -> class, for layers of one's own that are not registered.
        """
        with CustomObjectScope(custom_objects):
            model = cls.unbuilt(config)
            shape = config.get("build_input_shape")
            if shape is not None:
                model.build(shape)
        return model

    def to_json(self, **options: Any) -> str:
        """:meth:`get_config` as JSON."""
        record = {"class_name": type(self).__name__, "config": self.get_config()}
        return json.dumps(record, **options)

    @classmethod
    def unbuilt(cls, config: dict[str, Any]) -> Self:
        """The layers of a configuration, none of them built."""
        model = cls(name=config.get("name"), seed=config.get("seed"))
        for record in config.get("layers", []):
            model._append(layer_from(record))
        return model


def clone_model(model: Sequential) -> Sequential:
    """A new model of the same architecture; its weights are drawn anew."""
    return clone_network(model)
