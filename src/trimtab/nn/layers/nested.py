"""A model inside a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, TypeVar

from trimtab.core.words import brief, count, listed
from trimtab.errors import InvalidArgument
from trimtab.nn.layers.attachment import attachment
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.merging import split
from trimtab.nn.layers.table import REGISTRY
from trimtab.program import Builder

__all__ = ["Nested", "model_class", "nested"]

#: Name in files -> class of models that may lie inside others; the classes enter themselves.
_MODELS: dict[str, type[Any]] = {}

C = TypeVar("C", bound=type[Any])


def model_class(cls: C) -> C:
    """Makes models of this class known to files that hold them inside others; written above it."""
    _MODELS[cls.__name__] = cls
    return cls


@REGISTRY.register()
class Nested(Layer):
    """A model as a layer of another one: ``inner(x)`` of a symbol, or an entry of a ``Sequential``.

    The two share their layers: training one trains the other. What is not here is asked of the
    model: ``outer.get_layer("encoder").predict(x)``.

    Shape:
        that of the model. Weights: those of its layers.

    Args:
        model: the model.

    Attributes:
        model: the model.

    Raises:
        InvalidArgument: it is called on other inputs than those of the model.

    Example:
        >>> import trimtab
        >>> from trimtab import layers
        >>> inner = trimtab.Sequential([layers.Input((2,)), layers.Dense(3)], name="inner")
        >>> outer = trimtab.Sequential([inner, layers.Dense(1)])
        >>> [layer.name for layer in outer.layers][0], outer.get_layer("inner").count_params()
        ('inner', 9)
    """

    def __init__(self, model: Any, **kwargs: Any) -> None:
        super().__init__(**{"name": model.name, **kwargs})
        self.model = model
        model.as_layer = self
        self.input_shape_argument = model.known_width()
        with ExitStack() as renaming:
            for network in _networks_of(model):
                renaming.enter_context(network.renamed())
            for layer in model.layers_without_inputs:
                own = attachment(layer)
                if own.block is None:  # else it is in a third model, too, and keeps its path
                    own.join(self)
        if model.built:
            self.input_width, self.output_width = model.built_width(), model.output_width()

    @property
    def sublayers(self) -> list[Layer]:
        return list(self.model.layers_without_inputs)

    @property
    def output_widths(self) -> list[int]:
        """The width of each output."""
        widths: list[int] = [head.width for head in self.model.heads]
        return widths

    def join(self, widths: Sequence[int]) -> None:
        """Refuses other inputs than those of the model."""
        own = self.model.input_widths
        if own is not None and list(widths) != own:
            takes, given = (
                listed([f"(None, {width})" for width in each], last=" and ")
                for each in (own, widths)
            )
            raise InvalidArgument(
                f"{self.name} takes {count(len(own), 'input')} of shape {takes}, received {given}."
            )

    def build(self, input_shape: Any) -> None:
        if not self.model.built:
            self.model.declare(input_shape[-1])

    def compute_output_shape(self, input_shape: Any) -> tuple[None, int]:
        return (None, self.model.output_width())

    def lower(self, builder: Builder, *values: int) -> int:
        """Emits the ops of the model's layers; several inputs may be columns of one value."""
        steps = self.model.graph().steps()
        if len(values) == 1 < steps.inputs:
            values = tuple(split(builder, values[0], self.model.input_widths))
        found = list(values)
        for step in steps.steps:
            found.append(builder.lower(step.layer, *(found[i] for i in step.inputs)))
        outputs = [found[i] for i in steps.outputs]
        return outputs[0] if len(outputs) == 1 else builder.emit("concatenate", outputs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "model" not in vars(self) or name in ("input", "output"):
            return super().__getattr__(name)  # type: ignore[misc]
        return getattr(self.model, name)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "model": {
                "class_name": type(self.model).__name__,
                "config": self.model.get_config(),
            },
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Nested:
        record = config["model"]
        if not isinstance(record, Mapping) or record.get("class_name") not in _MODELS:
            raise InvalidArgument(
                f"a model inside a model must be one of {', '.join(sorted(_MODELS))}, received "
                f"{brief(record)}."
            )
        made = _MODELS[record["class_name"]].unbuilt(record["config"])
        return cls(made, name=config.get("name"), trainable=config.get("trainable", True))


def _networks_of(model: Any) -> list[Any]:
    """The model, and others that hold layers of it."""
    found = {id(model): model}
    for layer in model.all_layers():
        for network in attachment(layer).holders().all():
            found[id(network)] = network
    return list(found.values())


def nested(model: Any) -> Nested:
    """A model as a layer: the same one each time.

    Args:
        model: a :class:`~trimtab.Model` or :class:`~trimtab.Sequential`.
    """
    if model.as_layer is None:
        return Nested(model)
    found: Nested = model.as_layer
    return found
