"""Sequential: layers in a row, with what Keras users call on a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self, TypeVar

from trimtab.core import checks
from trimtab.core.named_arguments import constructor
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, NotBuilt
from trimtab.model.model import Model
from trimtab.nn.graph import Graph, GraphCall
from trimtab.nn.heads import Head
from trimtab.nn.layers import InputLayer, Layer
from trimtab.nn.layers import symbol as symbols
from trimtab.nn.layers.attachment import attachment
from trimtab.nn.layers.members import seat_layers
from trimtab.nn.layers.nested import model_class, nested
from trimtab.nn.layers.symbol import Symbol
from trimtab.nn.layers.table import deserialize as layer_from
from trimtab.nn.layers.table import serialize as layer_record
from trimtab.nn.names import automatic_name
from trimtab.nn.network import Network, clone_network
from trimtab.program import Builder
from trimtab.program.ops import LossOp

__all__ = ["Sequential", "clone_model"]

M = TypeVar("M", bound=Model)


@model_class
@constructor
class Sequential(Model):
    """A model of layers in a row: each layer takes the output of the one before it.

    The model is built (weights get their shapes and first values) as soon as the number of input
    columns is known: from an :class:`~trimtab.layers.Input` or ``input_shape=`` in front, from
    :meth:`build`, or from the first data.

    Args:
        layers: the layers, in order; :meth:`add` adds more.
        trainable: False freezes all layers.
        name: of the model.
        seed: of first weights, row orders and dropout masks; by default drawn from
            ``trimtab.config`` (reproducible after ``set_random_seed``).
        members: more than 1: a committee in one network. The members share kernels, differ in
            vectors and in their last kernel, and are trained at once, each on its own loss;
            predictions are averaged, :meth:`predict_members` and :meth:`spread` show each. See
            below.

    Members:
        With ``members=k``, the layers before the first ``Dense`` are shared. The first ``Dense``
        multiplies its input by a vector of each member, random signs at first (``adapter``). Its
        kernel and those of the following ones are shared; each member has its own factors of their
        outputs (``scale``, ones at first) and biases. The last ``Dense`` has a kernel for each.
        Factors have no weight decay, and penalties on what is a member's own count a k-th. Layers
        between work on each member's columns, dropout with different masks.

        The loss of a training step is the mean of the members' losses. Everything else is that of
        the mean prediction: metrics, validation, ``evaluate``. Of classes, probabilities are
        averaged. A product takes k times the time of a single network's, and little is spent
        beside it. :class:`~trimtab.Committee` trains independent networks.

    Source:
        Wen, Tran & Ba 2020, "BatchEnsemble"; Gorishniy et al. 2025, "TabM".

    Attributes:
        history: the :class:`~trimtab.callbacks.History` of the last ``fit``, or None.
        optimizer: set by :meth:`compile`.
        stop_training: set it to True in a callback to end training.

    Raises:
        InvalidArgument: something that is not a layer, two layers with the same name, or an
            ``Input`` that is not first; members without a ``Dense``, or that do not end in one.
        Unsupported: with several members, a layer after the first ``Dense`` that does not take its
            columns one by one, such as a custom layer.

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
        >>> stack = [layers.Dense(8, activation="relu"), layers.Dropout(0.1), layers.Dense(1)]
        >>> model = trimtab.Sequential(stack, members=4, seed=3)
        >>> model.compile(optimizer="adam", loss="mae")
        >>> history = model.fit(x, x[:, 0], epochs=2, verbose=0)
        >>> model.predict(x).shape, model.predict_members(x).shape, model.spread(x).shape
        ((64, 1), (4, 64, 1), (64, 1))
    """

    #: Of models that were pickled before networks had several members, too.
    _member_count = 1

    def __init__(
        self,
        layers: Sequence[Any] | None = None,
        trainable: bool = True,
        name: str | None = None,
        *,
        seed: int | None = None,
        members: int = 1,
    ) -> None:
        if isinstance(layers, str) or (layers is not None and not hasattr(layers, "__iter__")):
            raise InvalidArgument(
                f"Sequential takes a list of layers, received {brief(layers)}. "
                "Use Sequential([Dense(64), Dense(1)])."
            )
        name = automatic_name(type(self).__name__) if name is None else str(name)
        Network.__init__(self, name, seed)  # a row says by itself how it is connected
        self._member_count = checks.positive_integer("members", members)
        self._input: InputLayer | None = None
        for layer in layers or ():
            self._append(layer)
        if not checks.boolean("trainable", trainable):
            self.trainable = False
        self._build_if_known()

    def __len__(self) -> int:
        """The number of members: 1 for a plain network."""
        return self._member_count

    # -- layers in a row ------------------------------------------------------------------------

    def add(self, layer: Any) -> None:
        """Adds a layer at the end; the other layers keep their weights.

        Args:
            layer: the layer.

        Raises:
            InvalidArgument: not a layer, a name that is taken, or an ``Input`` after other layers.
        """
        if self._member_count > 1 and self.built:
            raise InvalidArgument(
                f"{self.name} is built, and its last Dense belongs to its {self._member_count} "
                "members. Pass all layers at once: Sequential([...], members=...)."
            )
        self._append(layer)
        if self._member_count == 1:  # else the layer may not be the last
            self._build_if_known()

    def pop(self) -> Layer:
        """Removes the last layer and returns it.

        Raises:
            InvalidArgument: there is no layer.
        """
        if not self._layers:
            raise InvalidArgument(f"{self.name} has no layers to remove.")
        layer = self._layers[-1]
        if layer.seat is not None and layer.built:
            raise InvalidArgument(
                f"{layer.name} is part of a built network of {self._member_count} members. Make a "
                "new model without it."
            )
        self.detach(layer)
        return layer

    def _append(self, layer: Any) -> None:
        if isinstance(layer, type) and issubclass(layer, Layer):
            raise InvalidArgument(
                f"{layer.__name__} is a class, not a layer. Add parentheses: {layer.__name__}(...)."
            )
        if isinstance(layer, Symbol):
            if layer.source.inputs:
                raise InvalidArgument(
                    f"Sequential holds layers, received the output of {layer.name!r}. Pass the "
                    "layers, or use Model(inputs, outputs)."
                )
            layer = layer.layer
        if isinstance(layer, Network):
            self._refuse_several(layer)
            layer = nested(layer)
        if not isinstance(layer, Layer):
            raise InvalidArgument(
                f"Sequential holds layers of trimtab.layers, received {brief(layer)} "
                f"({type(layer).__name__})."
            )
        if isinstance(layer, InputLayer):
            if self._input is not None or self._layers:
                raise InvalidArgument(
                    f"{self.name} already has its first layer. Input must come first, and once."
                )
            self._input = layer
            return
        if attachment(layer).block is not None:
            raise InvalidArgument(f"{layer.path} is part of a block. Make a new layer.")
        if any(layer.name == known.name for known in self._layers):
            raise InvalidArgument(
                f"{self.name} already has a layer named {layer.name!r}. Give one of the two "
                "another name."
            )
        self.attach(layer)

    def _refuse_several(self, model: Network) -> None:
        """Refuses a model that no row can hold."""
        if not model.built:
            return  # a row
        for what, number in (
            ("inputs", len(model.input_widths or ())),
            ("outputs", len(model.heads)),
        ):
            if number > 1:
                raise InvalidArgument(
                    f"{model.name} has {number} {what}, and a Sequential passes one value on. Use "
                    "Model(inputs, outputs)."
                )

    def _build_if_known(self) -> None:
        width = self.known_width()
        if width is not None and self._layers:
            self.build_for(width)

    def known_width(self) -> int | None:
        """The number of input columns, None while no layer says it."""
        if self.width is not None:
            return self.width
        if self._input is not None:
            return self._input.width
        if self._layers:
            first = self._layers[0]
            return first.input_shape_argument or first.input_width
        return None

    def output_width(self) -> int:
        """Columns of the output of the last layer."""
        width, behind = self.width, list(self._layers)  # behind the last that knows its width
        for number, layer in enumerate(self._layers):
            if not layer.any_width:
                width, behind = layer.output_width, self._layers[number + 1 :]
        assert width is not None
        for layer in behind:
            (width,) = symbols.widths_of_call(layer, [width])
        return width // self._member_count

    @property
    def heads(self) -> list[Head]:
        """The output of the last layer."""
        return [Head(self._layers[-1].name, 0, self.output_width())]

    def changed(self) -> None:
        super().changed()
        self._symbols = None

    def build_layers(self, width: int) -> None:
        """Builds each layer for what the one before it returns."""
        if not self._layers:
            raise NotBuilt(f"{self.name} has no layers. Use add() first.")
        known = self.known_width()
        if known is not None and known != width:
            raise InvalidArgument(
                f"{self.name} takes {known} columns and cannot be built for {width}."
            )
        inner = width
        self._seat_layers()
        for layer in self._layers:
            built_for = None if layer.any_width else layer.input_width
            expected = built_for or layer.input_shape_argument or inner
            if expected != inner:
                raise InvalidArgument(
                    f"{layer.name} takes {expected} columns, but receives {inner} from the layer "
                    "before it."
                )
            if not layer.built:
                layer.build(inner)
            assert layer.output_width is not None
            inner = symbols.widths_of_call(layer, [inner])[0]

    @property
    def layers(self) -> list[Layer]:
        """The layers, without the ``Input``."""
        return list(self._layers)

    def _seat_layers(self) -> None:
        if self._member_count > 1:
            seat_layers(self.name, self._layers, self._member_count)
            return
        for layer in self._layers:
            if layer.seat is not None:
                raise InvalidArgument(
                    f"{layer.name} is part of a network of {layer.seat.members} members. Make a "
                    f"new layer, or use Sequential([...], members={layer.seat.members})."
                )

    def graph(self) -> Graph:
        """Each layer reads what the one before it writes."""
        calls = tuple(
            GraphCall(layer, (number,), (number + 1,)) for number, layer in enumerate(self._layers)
        )
        source = self._input
        if source is None and self.width is not None:
            source = InputLayer((self.width,), name="input")
        return Graph((source,), calls, (len(calls),))

    def emit(self, builder: Builder) -> int:
        """Emits the ops of all layers, with several members their average."""
        value = super().emit(builder)
        if self._member_count == 1:
            return value
        return builder.emit("average", [value], members=self._member_count, of=self._average_of())

    def _average_of(self) -> str:
        """What predictions are the mean of: probabilities, also where the network gives logits."""
        loss = self._loss.lower().loss if self.compiled else ""
        if not loss.endswith("_logits"):
            return "numbers"
        return "sigmoid_logits" if loss.startswith("binary") else "softmax_logits"

    def training_loss(self) -> LossOp:
        """The compiled loss; with several members the mean of theirs."""
        return replace(super().training_loss(), members=self._member_count)

    # -- files ----------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The architecture as plain data, without weights and compilation."""
        layers = [layer_record(layer) for layer in self._layers]
        if self._input is not None:
            layers.insert(0, layer_record(self._input))
        record: dict[str, Any] = {"name": self.name, "layers": layers}
        width = self.known_width()
        if width is not None:
            record["build_input_shape"] = [None, width]
        if self.fixed_seed is not None:
            record["seed"] = self.fixed_seed
        if self._member_count > 1:
            record["members"] = self._member_count
        return record

    def build_as(self, config: Mapping[str, Any]) -> None:
        shape = config.get("build_input_shape")
        if shape is not None:
            self.build(shape)

    @classmethod
    def unbuilt(cls, config: dict[str, Any]) -> Self:
        """A model of this configuration whose layers are not built; layers may be made already."""
        options = {"members": config["members"]} if "members" in config else {}
        model = cls(name=config.get("name"), seed=config.get("seed"), **options)
        for record in config.get("layers", []):
            model._append(record if isinstance(record, Layer) else layer_from(record))
        return model


def clone_model(model: M) -> M:
    """A new model of the same architecture, with new weights.

    Example:
        >>> import trimtab
        >>> model = trimtab.Sequential([trimtab.layers.Dense(1, input_shape=[2])])
        >>> trimtab.keras.models.clone_model(model).output_shape
        (None, 1)
    """
    return clone_network(model)
