"""The layers of a network and their weights: built, listed, found by name, set and read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Self

from numpy.typing import ArrayLike

from trimtab import config
from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.errors import InvalidArgument, NotBuilt
from trimtab.nn.graph import Graph
from trimtab.nn.heads import Head
from trimtab.nn.layers import Layer, Nested, Weight
from trimtab.nn.layers.attachment import attachment
from trimtab.nn.layers.merging import split
from trimtab.nn.layers.shapes import width_of_shape
from trimtab.nn.layers.vectors import initialize
from trimtab.nn.layers.weight import assign_all
from trimtab.nn.runner import Runner
from trimtab.program import Builder

__all__ = ["Structure"]


class Structure(ABC):
    """Layers and their weights. How the layers are connected is up to the subclass.

    A subclass puts its layers in with :meth:`attach`, builds them in :meth:`build_layers`, says in
    :meth:`graph` how they are connected, and describes itself in :meth:`get_config`.

    Args:
        name: of the network.
        seed: of first weights, row orders and dropout masks; None: drawn when first needed.

    Attributes:
        name: of the network.
        runner: holds the engine, the step count and the optimizer's slots.
        position: the place inside an epoch, or None; set by the training loop.
        as_layer: the layer that it is inside other networks, or None.
    """

    #: Of networks that were pickled before they could lie inside others, too.
    as_layer: Nested | None = None

    def __init__(self, name: str, seed: int | None) -> None:
        self.name = name
        self._layers: list[Layer] = []
        self._width: int | None = None  # input columns, once built
        self._fixed_seed = checks.seed("seed", seed)
        self._seed: int | None = self._fixed_seed
        self._run_seed: int | None = self._fixed_seed
        self._eager_calls = 0
        self.runner = Runner()
        self.position: Any = None

    # -- what a subclass writes -------------------------------------------------------------------

    @abstractmethod
    def known_width(self) -> int | None:
        """The number of input columns, None while it is unknown."""

    @abstractmethod
    def output_width(self) -> int:
        """The number of output columns of a built network."""

    @abstractmethod
    def build_layers(self, width: int) -> None:
        """Builds the layers for an input of this width."""

    @abstractmethod
    def graph(self) -> Graph:
        """How its layers are connected."""

    @abstractmethod
    def get_config(self) -> dict[str, Any]:
        """The architecture as plain data, without weights and compilation."""

    @classmethod
    @abstractmethod
    def unbuilt(cls, config: dict[str, Any]) -> Self:
        """A network of this configuration, none of its layers built."""

    @classmethod
    @abstractmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """A new network of this architecture, with new weights."""

    # -- the graph --------------------------------------------------------------------------------

    def emit(self, builder: Builder) -> int:
        """Emits the ops of the network and returns the value they end in."""
        return self.emit_layers(builder)

    def emit_layers(self, builder: Builder) -> int:
        """Emits the ops of all layers and returns the value they end in.

        Several inputs are columns of one value, and so are several outputs. Of several members the
        outputs lie side by side; their average is left to :meth:`emit`.
        """
        steps = self.graph().steps()
        values = [0]
        if steps.inputs > 1:
            widths = self.input_widths
            assert widths is not None
            values = split(builder, 0, widths)
        for step in steps.steps:
            values.append(builder.lower(step.layer, *(values[i] for i in step.inputs)))
        outputs = [values[i] for i in steps.outputs]
        return outputs[0] if len(outputs) == 1 else builder.emit("concatenate", outputs)

    @property
    def input_widths(self) -> list[int] | None:
        """The width of each input; None while it is unknown."""
        width = self.known_width()
        return None if width is None else [width]

    @property
    def heads(self) -> list[Head]:
        """The outputs of a built network."""
        return [Head(self.name, 0, self.output_width())]

    def recall(self) -> None:
        """Lets the layers know the calls that they are connected by, as symbols."""
        if self.built:
            self.graph().symbols()

    # -- layers -----------------------------------------------------------------------------------

    def attach(self, layer: Layer) -> None:
        """Makes a layer part of this network.

        Raises:
            InvalidArgument: the network is part of another one.
        """
        self._refuse_inside()
        self.pull()
        self._layers.append(layer)
        attachment(layer).networks.add(self)
        self.changed()

    def detach(self, layer: Layer) -> None:
        """Takes a layer out of this network.

        Raises:
            InvalidArgument: the network is part of another one.
        """
        self._refuse_inside()
        self.pull()
        self._layers = [own for own in self._layers if own is not layer]
        attachment(layer).networks.remove(self)
        if not self._layers:
            self._width = None
        self.changed()

    def _refuse_inside(self) -> None:
        if self.as_layer is not None:
            raise InvalidArgument(
                f"{self.name} is part of another model, so its layers stay as they are. Make a new "
                "one, or change it before you use it as a layer."
            )

    def all_layers(self) -> Iterator[Layer]:
        """All layers, those inside blocks too, outer ones first."""
        return _all_layers(self._layers)

    def changed(self) -> None:
        """Called after a layer was attached or detached."""
        self.position = None

    @property
    def layers(self) -> list[Layer]:
        """The layers, without the ``Input``."""
        return list(self._layers)

    @property
    def layers_without_inputs(self) -> list[Layer]:
        """The layers that compute."""
        return list(self._layers)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer with this name or at this index.

        Args:
            name: of the layer.
            index: place in :attr:`layers`; negative numbers count from the end.

        Raises:
            InvalidArgument: there is no such layer, or not exactly one of the two was given.
        """
        if (name is None) == (index is None):
            raise InvalidArgument("get_layer takes either a name or an index.")
        if index is not None:
            layers = self.layers
            if not -len(layers) <= index < len(layers):
                raise InvalidArgument(
                    f"index {index} is out of range: {self.name} has {len(layers)} layers."
                )
            return layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = [layer.name for layer in self.layers]
        raise InvalidArgument(
            f"{self.name} has no layer {name!r}. {checks.nearest(name, names)} "
            f"Layers are: {', '.join(names)}."
        )

    @property
    def trainable(self) -> bool:
        """Whether any layer is trainable. Setting it sets all layers.

        Takes effect at the next training call.
        """
        return any(layer.trainable for layer in self._layers)

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self._layers:
            layer.trainable = value

    # -- building ---------------------------------------------------------------------------------

    def build(self, input_shape: Any = None) -> None:
        """Creates all weights and draws their first values.

        Args:
            input_shape: ``(None, n)``, ``(n,)`` or ``n``; not needed if an ``Input`` or
                ``input_shape=`` gives it.

        Raises:
            NotBuilt: the number of input columns is unknown.
            InvalidArgument: the layers take another number of columns.
        """
        width = self.known_width() if input_shape is None else width_of_shape(input_shape)
        if width is None:
            raise NotBuilt(
                f"{self.name} does not know how many columns its input has. Put Input((n,)) "
                "first, or call build((None, n)) or fit()."
            )
        self.build_for(width)

    def build_for(self, width: int) -> None:
        """Creates all weights for this many input columns and draws their first values."""
        self.declare(width)
        if self._seed is None and any(weight.stored is None for weight in self.weights):
            self._seed = config.next_seed()
        if self._seed is not None:
            initialize(self.weights, self._seed)

    def declare(self, width: int) -> None:
        """Creates all weights without values; the caller sets them."""
        self.build_layers(width)
        self._width = width

    @property
    def built(self) -> bool:
        """Whether all weights have shapes and values."""
        return self._width is not None and all(layer.built for layer in self._layers)

    @property
    def width(self) -> int | None:
        """The number of input columns, once built."""
        return self._width

    def built_width(self) -> int:
        """The number of input columns.

        Raises:
            NotBuilt: the network has no weights yet.
        """
        if self._width is None or not self.built:
            raise NotBuilt(
                f"{self.name} is not built yet. Call build((None, n)) or fit() first, or put "
                "Input((n,)) in front."
            )
        return self._width

    @property
    def input_shape(self) -> tuple[None, int]:
        """``(None, n)`` for ``n`` input columns."""
        return (None, self.built_width())

    @property
    def output_shape(self) -> tuple[None, int]:
        """``(None, n)`` for ``n`` output columns."""
        self.built_width()
        return (None, self.output_width())

    # -- weights ----------------------------------------------------------------------------------

    @property
    def weights(self) -> list[Weight]:
        """All weights, layer by layer."""
        found = {id(weight): weight for layer in self._layers for weight in layer.all_weights()}
        return list(found.values())  # once each: two models inside may share layers

    @property
    def variables(self) -> list[Weight]:
        """The same as :attr:`weights`."""
        return self.weights

    @property
    def trainable_weights(self) -> list[Weight]:
        """The weights that the optimizer updates."""
        return [weight for weight in self.weights if weight.trainable]

    @property
    def trainable_variables(self) -> list[Weight]:
        """The same as :attr:`trainable_weights`."""
        return self.trainable_weights

    @property
    def non_trainable_weights(self) -> list[Weight]:
        """Moving statistics, and the weights of frozen layers."""
        return [weight for weight in self.weights if not weight.trainable]

    @property
    def non_trainable_variables(self) -> list[Weight]:
        """The same as :attr:`non_trainable_weights`."""
        return self.non_trainable_weights

    def get_weights(self) -> list[Floats]:
        """Copies of all arrays in the order of :attr:`weights`.

        A dense layer has kernel and bias; a batch normalization has gamma, beta, moving mean and
        moving variance.
        """
        self.pull()
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Sets all arrays; nothing changes if one of them does not fit.

        Args:
            weights: arrays as :meth:`get_weights` returns them.

        Raises:
            InvalidArgument: the number of arrays differs, or the shape of one of them.
            NotBuilt: the network has no weights yet.
        """
        self.built_width()
        assign_all(self.name, self.weights, weights)

    def count_params(self) -> int:
        """The number of parameters, moving statistics included."""
        self.built_width()
        return sum(weight.size for weight in self.weights)

    def pull(self) -> None:
        """Reads the weights back from the engine if it has changed them."""
        self.runner.pull(self.weights)

    def touched(self) -> None:
        """A weight was set by hand: the engine is loaded again before it next runs."""
        self.runner.touched()
        self.position = None

    # -- random state -----------------------------------------------------------------------------

    @property
    def fixed_seed(self) -> int | None:
        """The seed that was given, or None."""
        return self._fixed_seed

    def run_seed(self) -> int:
        """The seed of row orders and dropout masks; drawn at the first training."""
        if self._run_seed is None:
            self._run_seed = config.next_seed()
        return self._run_seed

    def known_run_seed(self) -> int | None:
        """:meth:`run_seed`, None if it is not drawn yet."""
        return self._run_seed

    def random_state(self) -> dict[str, int | None]:
        """Seeds and counts of draws, as files hold them."""
        return {"seed": self._seed, "run_seed": self._run_seed, "eager_calls": self._eager_calls}

    def set_random_state(self, seed: int | None, run_seed: int | None, eager_calls: int) -> None:
        """Sets what :meth:`random_state` returned."""
        self._seed, self._run_seed, self._eager_calls = seed, run_seed, eager_calls

    def restart_runs(self) -> None:
        """The next training begins with the given seed again, or with a new one."""
        self._run_seed = self._fixed_seed

    def next_eager_call(self) -> int:
        """Counts a call of the network in training mode; each call drops other units."""
        self._eager_calls += 1
        return self._eager_calls

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _all_layers(layers: Iterable[Layer]) -> Iterator[Layer]:
    for layer in layers:
        yield layer
        yield from _all_layers(layer.sublayers)
