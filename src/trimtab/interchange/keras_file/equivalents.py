"""Layers of trimtab as layers of Keras that compute the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from trimtab.core.words import listed
from trimtab.errors import Unsupported
from trimtab.interchange.keras_file.places import own_weights
from trimtab.interchange.keras_file.ranks import adds_axis
from trimtab.interchange.keras_file.records import in_keras, to_keras
from trimtab.nn import activations, initializers, regularizers
from trimtab.nn.layers import (
    Activation,
    CategoryEmbedding,
    ColumnSlice,
    Dense,
    Layer,
    Residual,
    ScaledBy,
    Weight,
)
from trimtab.nn.layers.base import is_custom, trainable_itself
from trimtab.nn.layers.symbol import widths_of_call
from trimtab.nn.layers.table import serialize

__all__ = ["Part", "Wire", "draw", "flatten", "needs_flatten"]

#: Options of trimtab alone, by class.
_OWN = {"BatchNormalization": ("debias", "virtual_batch_size", "weighted")}
#: Activations whose arguments a layer of Keras takes.
_FUNCTIONS = {"elu": "ELU", "leaky_relu": "LeakyReLU", "relu": "ReLU"}
_INSTEAD = "Use model.save('model.trimtab'), which holds everything."

#: What a wire is in the drawing of a model.
Wire = Any


@dataclass
class Part:
    """A layer of Keras, or an operator on symbols.

    Attributes:
        name: in the model.
        record: as Keras' file has it.
        layer: of trimtab that it stands for, if for one alone.
        weights: in Keras' order.
        operator: whether it is an operator, which has no weights and is no layer.
        joins: whether it is called on a list.
        key: what further arguments a call of it takes.
    """

    name: str
    record: dict[str, Any]
    layer: Layer | None = None
    weights: list[Weight] = field(default_factory=list)
    operator: bool = False
    joins: bool = False
    key: tuple[Any, ...] = ()

    @property
    def class_name(self) -> str:
        """Of the layer in Keras."""
        return str(self.record["class_name"])

    def same(self, other: Part) -> bool:
        """Whether both stand for one thing, which is called several times."""
        return (
            self.layer is other.layer
            and self.class_name == other.class_name
            and self.key == other.key
            and [id(weight) for weight in self.weights] == [id(weight) for weight in other.weights]
        )


#: Calls a part on wires: the wire that it returns, of this width.
Call = Callable[[Part, Sequence[Wire], int], Wire]


def draw(layer: Layer, wires: Sequence[Wire], width: int, call: Call) -> Wire:
    """Calls what Keras has in the place of a layer.

    Args:
        layer: the layer.
        wires: that it reads.
        width: columns of what it reads, all together.
        call: calls a part.

    Raises:
        Unsupported: Keras has nothing that computes the same.
    """
    (made,) = widths_of_call(layer, [wire.width for wire in wires])
    if isinstance(layer, Residual):
        return _residual(layer, wires, width, call)
    if isinstance(layer, CategoryEmbedding):
        return _categories(layer, wires, width, call)
    if isinstance(layer, ColumnSlice):
        if layer.activity_regularizer is not None:
            raise Unsupported(f"{layer.path}: columns of Keras have no penalty. {_INSTEAD}")
        return call(_columns(layer.name, layer.start, layer.stop, layer.step), wires, made)
    if isinstance(layer, ScaledBy):
        config = {**_named(layer), "scale": layer.factor, "offset": layer.offset}
        return call(Part(layer.name, _record("Rescaling", config), layer), wires, made)
    behind = _with_arguments(layer)
    if behind is None:
        return call(_same(layer), wires, made)
    if type(layer) is Activation:
        return call(behind, wires, made)
    front = _same(layer, activation="linear", activity_regularizer=None)
    return call(behind, [call(front, wires, made)], made)


def needs_flatten(part: Part, width: int) -> bool:
    """Whether Keras returns three axes where trimtab lays them side by side."""
    return adds_axis(part.class_name, part.record["config"].get("output_mode"), width)


def flatten(part: Part) -> Part:
    """The ``Flatten`` behind a layer that returns three axes."""
    name = f"{part.name}_flat"
    return Part(name, _record("Flatten", {"name": name}))


def _named(layer: Layer) -> dict[str, Any]:
    """What the last of several layers of Keras has of the layer: its name, and its penalty."""
    own = regularizers.serialize(layer.activity_regularizer)
    return {"name": layer.name, **({} if own is None else {"activity_regularizer": own})}


def _record(class_name: str, config: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = to_keras({"class_name": class_name, "config": config}, "keras.layers")
    return record


def _with_arguments(layer: Layer) -> Part | None:
    """The layer of Keras for an activation with arguments, which its ``Dense`` does not hold."""
    if type(layer) not in (Activation, Dense):
        return None
    spec = layer.get_config()["activation"]
    if not isinstance(spec, dict) or spec["class_name"] not in _FUNCTIONS:
        return None
    function = spec["class_name"]
    name = layer.name if type(layer) is Activation else f"{layer.name}_{function}"
    config = {**_named(layer), "name": name, **spec["config"]}
    return Part(name, _record(_FUNCTIONS[function], config))


def _same(layer: Layer, **changed: Any) -> Part:
    """A layer that Keras has, too, or one of the user's own.

    Args:
        layer: the layer.
        changed: arguments that differ in Keras.
    """
    kind = type(layer).__name__
    record = serialize(layer)
    if is_custom(layer) or "registered_name" in record:
        return Part(layer.name, to_keras(record), layer, own_weights(layer))
    if not in_keras("layers", kind):
        raise Unsupported(f"{layer.path}: Keras has no layers.{kind}. {_INSTEAD}")
    config = {**record["config"], **changed}
    own = [name for name in _OWN.get(kind, ()) if config.get(name)]
    if own:
        raise Unsupported(
            f"{layer.path}: {kind} of Keras has no {listed(own, last=' and ')}. {_INSTEAD}"
        )
    if isinstance(config.get("rate"), dict):
        raise Unsupported(
            f"{layer.path}: the rate of a {kind} follows a schedule, which Keras does not have. "
            f"Use model.get_layer({layer.name!r}).rate = 0.3, or: "
            f"{_INSTEAD[0].lower()}{_INSTEAD[1:]}"
        )
    if isinstance(config.get("activation"), dict):
        name = activations.name_of(config["activation"])
        raise Unsupported(
            f"{layer.path}: Keras' files hold no activation with arguments, and this is {name} "
            f"with some. {_INSTEAD}"
        )
    if config.get("activation") == "glu":
        raise Unsupported(
            f"{layer.path}: Keras takes the output of glu for twice as wide as it is and cannot "
            f"build the layer behind it. {_INSTEAD}"
        )
    config.pop("synchronized", None)
    if kind == "Reshape":  # rows are flat, whatever sizes of 1 there are
        config["target_shape"] = [-1]
    if kind == "Discretization":
        config = {k: v for k, v in config.items() if k != "trainable"}
    else:
        config = {**config, "dtype": "float32"}
    joins = hasattr(layer, "join")
    return Part(layer.name, _record(kind, config), layer, own_weights(layer), joins=joins)


# -- layers that Keras has under several others ----------------------------------------------


def _operator(kind: str, name: str, *key: Any) -> Part:
    record = {
        "module": "keras.src.ops.numpy",
        "class_name": kind,
        "config": {"name": name},
        "registered_name": kind,
    }
    return Part(name, record, operator=True, key=key)


def _columns(name: str, start: Any, stop: Any, step: Any = None) -> Part:
    def ends(start: Any, stop: Any, step: Any) -> dict[str, Any]:
        config = {"start": start, "stop": stop, "step": step}
        return {"class_name": "__slice__", "config": config}

    return _operator("GetItem", name, [ends(None, None, None), ends(start, stop, step)])


def _residual(layer: Residual, wires: Sequence[Wire], width: int, call: Call) -> Wire:
    """The block, a projection if the widths differ, and their sum."""
    (made,) = widths_of_call(layer, [width])
    value, inner = wires[0], width
    for each in layer.layers:
        value = draw(each, [value], inner, call)
        (inner,) = widths_of_call(each, [inner])
    around = wires[0]
    if layer.kernel is not None:
        name = f"{layer.name}_projection"
        config = {
            "name": name,
            "trainable": trainable_itself(layer),
            "units": made,
            "use_bias": False,
            "kernel_initializer": initializers.serialize(layer.kernel_initializer),
            "kernel_regularizer": regularizers.serialize(layer.kernel_regularizer),
        }
        around = call(Part(name, _record("Dense", config), None, [layer.kernel]), wires, made)
    total = Part(layer.name, _record("Add", _named(layer)), joins=True)
    return call(total, [around, value], made)


def _categories(layer: CategoryEmbedding, wires: Sequence[Wire], width: int, call: Call) -> Wire:
    """The columns that pass, an embedding for each of the others, side by side."""
    passing = width - len(layer.sizes)
    weights = own_weights(layer)
    config = layer.get_config()
    parts = []
    if passing:
        parts.append(call(_columns(f"{layer.name}_columns", None, passing), wires, passing))
    for number, (size, dim) in enumerate(zip(layer.sizes, layer.dims, strict=True)):
        name, column = f"{layer.name}_{number}", passing + number
        code = call(_columns(f"{name}_code", column, column + 1), wires, 1)
        own = {
            "name": name,
            "trainable": config["trainable"],
            "input_dim": size,
            "output_dim": dim,
            **{key: config[key] for key in config if key.startswith("embeddings_")},
        }
        part = Part(name, _record("Embedding", own), None, [weights[number]])
        parts.append(call(part, [code], dim))
    if len(parts) == 1 and layer.activity_regularizer is None:
        return parts[0]
    joined = Part(layer.name, _record("Concatenate", _named(layer)), joins=True)
    return call(joined, parts, sum(part.width for part in parts))
