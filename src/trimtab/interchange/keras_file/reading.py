"""Models from records of Keras: layers that trimtab knows, connected as the record says."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import FileFormatError, TrimtabError, Unsupported
from trimtab.interchange.keras_file.archive import refuse
from trimtab.interchange.keras_file.places import Place, own_weights
from trimtab.interchange.keras_file.ranks import axes_after
from trimtab.interchange.keras_file.records import of_keras, short
from trimtab.model.contents import BAD
from trimtab.model.model import Model
from trimtab.model.sequential import Sequential
from trimtab.nn.layers import InputLayer, Layer
from trimtab.nn.layers.nested import nested
from trimtab.nn.layers.table import deserialize

__all__ = ["Read", "Reader"]

#: Names of Keras' two kinds of models in files.
_MODELS = ("Sequential", "Functional", "Model")
#: How deep models may lie inside models.
_DEEPEST = 16
#: Types of numbers of which only the weights matter.
_MIXED = ("mixed_bfloat16", "mixed_float16")


class Read:
    """A model that was read.

    Attributes:
        model: the model; its weights have no values yet.
        places: its layers in Keras' order.
    """

    def __init__(self, model: Model, places: list[Place]) -> None:
        self.model, self.places = model, places


class Reader:
    """Makes models of a file's records. Layers that several models share are made once.

    Args:
        path: of the file, for messages.
        graphs: reads functional models.
    """

    def __init__(self, path: Path, graphs: Callable[[Reader, dict[str, Any]], Read]) -> None:
        self.path, self._graphs = path, graphs
        self._shared: dict[Any, Place] = {}
        self._frozen: list[Layer] = []
        self._mixed = False
        self._depth = 0

    def model(self, record: Any) -> Read:
        """The model of a file.

        Raises:
            FileFormatError: it cannot be made; the message names the layer.
        """
        try:
            read = self._model(record)
            for layer in self._frozen:  # outer ones first: setting one sets those inside it
                layer.trainable = False
        except FileFormatError:
            raise
        except BAD as problem:
            refuse(
                self.path,
                f"holds a model that trimtab cannot make ({type(problem).__name__}: {problem})",
            )
        if self._mixed:
            warnings.warn(
                f"{str(self.path)!r}: the model was made for mixed precision and computes in "
                "float32 here. Use compile(precision='mixed_bfloat16') on an accelerator.",
                stacklevel=checks.outside(),
            )
        return read

    def _model(self, record: Any) -> Read:
        kind = record["class_name"]
        if kind not in _MODELS or not of_keras(record) or not isinstance(record["config"], dict):
            refuse(
                self.path,
                f"holds a {brief(kind, 60)}, and trimtab reads Sequential and functional models",
                "Describe the network with Model(inputs, outputs) in Keras and save it again.",
            )
        config = record["config"]
        self._depth += 1
        if self._depth > _DEEPEST:
            refuse(self.path, f"holds models inside models, more than {_DEEPEST} deep")
        read = self._row(config) if kind == "Sequential" else self._graphs(self, config)
        self._depth -= 1
        return read

    def _row(self, config: dict[str, Any]) -> Read:
        places = [self.place(entry) for entry in config["layers"]]
        shape = config.get("build_input_shape")
        width = shape[-1] if isinstance(shape, list) and shape else None
        axes, known = 2, width
        for place, entry in zip(places, config["layers"], strict=True):
            if not isinstance(place.layer, InputLayer):
                axes = self.axes(place, entry, axes, known)
                known = None
        if axes != 2:
            refuse(
                self.path,
                f"holds {brief(config.get('name'))}, whose output has three axes",
                "End it with Flatten() in Keras and save it again.",
            )
        model = Sequential.unbuilt(
            {"name": str(config["name"]), "layers": [place.layer for place in places]}
        )
        if width is None:
            width = model.known_width()
        if width is not None:
            model.declare(checks.positive_integer("input width", width))
            for place in places:
                place.weights = [] if place.inside else own_weights(place.layer)
        inputs = [place for place in places if isinstance(place.layer, InputLayer)]
        return Read(model, [place for place in places if place not in inputs])

    def axes(self, place: Place, entry: Any, axes: int, width: int | None) -> int:
        """The axes that a layer returns in Keras.

        Args:
            place: the layer.
            entry: its record.
            axes, width: of its input.
        """
        try:
            return axes_after(place.class_name, entry["config"], axes, width)
        except Unsupported as problem:
            refuse(self.path, f"holds the layer {place.name!r}, and {problem}", "")

    def place(self, entry: Any) -> Place:
        """A layer, or a model inside the model as one."""
        if not isinstance(entry, dict) or not isinstance(entry.get("config"), dict):
            raise TypeError("a layer is no record")
        key = entry.get("shared_object_id")
        if key is not None and key in self._shared:
            return self._shared[key]
        config, kind = entry["config"], entry["class_name"]
        if kind in _MODELS and of_keras(entry):
            frozen = len(self._frozen)
            read = self._model(entry)
            layer: Layer = nested(read.model)
            place = Place(kind, layer.name, layer, [], read.places)
            if config.get("trainable") is False:
                self._frozen.insert(frozen, layer)
        else:
            layer = self._layer(entry)
            place = Place(kind, layer.name, layer)
        if key is not None:
            self._shared[key] = place
        return place

    def _layer(self, entry: dict[str, Any]) -> Layer:
        record = short(entry)
        config = record["config"]
        dtype = config.get("dtype")
        if isinstance(dtype, dict):  # a policy
            dtype = (dtype.get("config") or {}).get("name")
        if dtype in _MIXED:
            self._mixed, dtype = True, "float32"
        if record["class_name"] == "Discretization":  # Keras' default depends on its version
            dtype = None
        if "dtype" in config:
            config["dtype"] = dtype
        try:
            return deserialize(record)
        except BAD as problem:
            name = brief(str(config.get("name")), 60)
            problem_text = (
                str(problem)
                if isinstance(problem, TrimtabError)
                else (f"its record does not fit ({type(problem).__name__}: {problem}).")
            )
            refuse(
                self.path,
                f"holds the layer {name}, a {brief(entry['class_name'], 60)}, that trimtab cannot "
                f"make: {problem_text}",
                "",
            )
