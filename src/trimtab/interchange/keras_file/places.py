"""Where the weights of each layer lie in a file of Keras: paths of groups in its HDF5 part.

Keras names them by class, ``layers/dense``, ``layers/dense_1``, in the order of the model's layers;
what several models share is where it comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from trimtab.interchange.keras_file.records import container_name
from trimtab.nn.layers import Layer, Weight
from trimtab.nn.layers.attachment import attachment

__all__ = ["Place", "groups", "own_weights", "variables"]


@dataclass
class Place:
    """A layer among those of a model of Keras.

    Attributes:
        class_name: in Keras.
        name: of the layer, in Keras.
        layer: that it is here, by which it is known again; None of an input.
        weights: in Keras' order; those of layers inside it are not among them.
        inside: of a model its layers, else None.
    """

    class_name: str
    name: str
    layer: Any = None
    weights: list[Weight] = field(default_factory=list)
    inside: list[Place] | None = None


def own_weights(layer: Layer) -> list[Weight]:
    """The weights of a layer itself, in Keras' order: parameters first."""
    return sorted(layer.weights_list, key=lambda weight: weight.is_state)


def variables(places: Iterable[Place]) -> list[Weight]:
    """All weights in the order in which Keras lists those of a model, each once.

    Args:
        places: the layers of the model.
    """
    found: dict[int, Weight] = {}
    for place in places:
        if place.inside is not None:
            own = variables(place.inside)
        else:
            own = place.weights if place.layer is None else list(place.layer.all_weights())
        found.update((id(weight), weight) for weight in own)
    return list(found.values())


def groups(places: Iterable[Place], prefix: str = "") -> Iterator[tuple[str, str, list[Weight]]]:
    """Path of the group, name and weights of each layer, each layer once.

    Args:
        places: the layers of the model.
        prefix: of the paths.
    """
    yield from _groups(places, prefix, set())


def _groups(
    places: Iterable[Place], prefix: str, seen: set[int]
) -> Iterator[tuple[str, str, list[Weight]]]:
    for place, path in _numbered(places, f"{prefix}layers/"):
        if place.layer is not None:
            if id(place.layer) in seen:
                continue
            seen.add(id(place.layer))
        yield path, place.name, place.weights
        if place.inside is not None:
            yield from _groups(place.inside, f"{path}/", seen)
        elif place.layer is not None:
            yield from _in_attributes(place.layer, path, seen)


def _numbered(places: Iterable[Place], prefix: str) -> Iterator[tuple[Place, str]]:
    used: dict[str, int] = {}
    for place in places:
        name = container_name(place.class_name)
        number = used[name] = used.get(name, -1) + 1
        yield place, f"{prefix}{name}" + (f"_{number}" if number else "")


def _in_attributes(
    layer: Layer, path: str, seen: set[int]
) -> Iterator[tuple[str, str, list[Weight]]]:
    """Layers in the attributes of a custom layer, in Keras' order: by name, private ones last."""
    by_attribute: dict[str, list[tuple[bool, Layer]]] = {}
    for inner in layer.sublayers:
        attribute, dot, _ = (attachment(inner).place or inner.name).partition(".")
        by_attribute.setdefault(attribute, []).append((bool(dot), inner))
    for attribute in sorted(by_attribute, key=lambda name: ("~" if name[0] == "_" else "") + name):
        held = by_attribute[attribute]
        if held[0][0]:  # a list of layers
            several = [
                Place(type(inner).__name__, inner.name, inner, own_weights(inner))
                for _, inner in held
            ]
            found = [
                (place.layer, where) for place, where in _numbered(several, f"{path}/{attribute}/")
            ]
        else:
            found = [(inner, f"{path}/{attribute}") for _, inner in held]
        for inner, where in found:
            if id(inner) not in seen:
                seen.add(id(inner))
                yield where, inner.name, own_weights(inner)
                yield from _in_attributes(inner, where, seen)
