"""Files in both directions, with Keras on NumPy, which compiles nothing.

Run as a process of its own, since a process has one back end of Keras::

    KERAS_BACKEND=numpy python -m tests.interchange.keras_file.on_numpy FOLDER

It prints a line of JSON for each case.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

import trimtab
from tests.interchange.keras_file.both import far, rich, to_ours, to_theirs
from tests.parity.graphs import Shape, graph, rows, shapes
from trimtab import keras as ours

#: One input, several inputs, several outputs.
GRAPHS = [*shapes(16), *shapes(12, inputs=3), *shapes(12, inputs=2, outputs=3)]

#: Layers that both have, with arguments; each reads four columns.
LAYERS: dict[str, list[tuple[Any, dict[str, Any]]]] = {
    "Activation": [((name,), {}) for name in ("relu", "gelu", "hard_silu", "softmax", "celu")],
    "ActivityRegularization": [((0.1, 0.2), {})],
    "AlphaDropout": [((0.3,), {})],
    "BatchNormalization": [
        ((), {}),
        ((), {"center": False, "momentum": 0.7}),
        ((), {"scale": False}),
    ],
    "CategoryEncoding": [
        ((5,), {"output_mode": mode}) for mode in ("one_hot", "multi_hot", "count")
    ],
    "Dense": [
        ((3,), {"activation": "selu", "kernel_initializer": "he_normal"}),
        ((4,), {"use_bias": False, "activation": "swish", "name": "narrow"}),
        ((3,), {"activity_regularizer": "l2"}),
        ((3,), {"kernel_regularizer": "l1", "kernel_constraint": "max_norm", "trainable": False}),
    ],
    "Discretization": [(([-0.5, 0.5, 1.5],), {"output_mode": mode}) for mode in ("int", "one_hot")],
    "Dropout": [((0.3,), {}), ((0.3,), {"noise_shape": (None, 1), "seed": 3})],
    "ELU": [((0.5,), {})],
    "Embedding": [((5, 3), {}), ((5, 3), {"embeddings_regularizer": "l2"})],
    "Flatten": [((), {})],
    "GaussianDropout": [((0.3,), {})],
    "GaussianNoise": [((0.3,), {})],
    "Identity": [((), {})],
    "LayerNormalization": [((), {}), ((), {"epsilon": 0.01, "center": False})],
    "LeakyReLU": [((0.2,), {})],
    "Normalization": [
        ((), {}),
        ((), {"mean": [0.0, 1.0, 2.0, 3.0], "variance": [1.0, 2.0, 3.0, 4.0]}),
        ((), {"axis": None, "invert": True}),
    ],
    "PReLU": [((), {})],
    "RMSNormalization": [((), {})],
    "ReLU": [((), {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2})],
    "Rescaling": [((0.5,), {"offset": 1.0}), (([1.0, 2.0, 3.0, 4.0],), {})],
    "Reshape": [(((4,),), {}), (((-1,),), {})],
    "Softmax": [((), {})],
    "UnitNormalization": [((), {})],
}
#: Those whose input are codes.
CODES = ("CategoryEncoding", "Embedding")

Case = Callable[[Any], Any]


def _nested_rows(library: Any) -> Any:
    layers = library.layers
    first = library.Sequential([library.Input((4,)), layers.Dense(3, name="a")], name="first")
    last = library.Sequential([layers.Dense(2), layers.Dense(2, name="z")], name="last")
    return library.Sequential([library.Input((4,)), first, layers.BatchNormalization(), last])


def _without_input(library: Any) -> Any:
    layers = library.layers
    model = library.Sequential([layers.Dense(5, "relu"), layers.Dropout(0.2), layers.Dense(2)])
    model.build((None, 4))
    return model


def _two_outputs_inside(library: Any) -> Any:
    layers = library.layers
    given = library.Input((4,), name="given")
    ends = {"p": layers.Dense(2, name="p")(given), "q": layers.Dense(1, name="q")(given)}
    inner = library.Model(given, ends, name="inner")
    z = library.Input((4,), name="z")
    made = inner(z)
    return library.Model({"z": z}, {"one": layers.Dense(1, name="end")(made["p"]), "q": made["q"]})


def _dropped(library: Any) -> Any:
    layers = library.layers
    x = library.Input((4,), name="x")
    value = layers.GaussianNoise(0.1, name="noise")(x)
    for number in range(2):
        value = layers.Dense(6, activation="relu", name=f"dense{number}")(value)
        value = layers.BatchNormalization(name=f"norm{number}")(value)
        value = layers.AlphaDropout(0.1, name=f"alpha{number}")(value)
        value = layers.Dropout(0.3, name=f"drop{number}")(value)
    return library.Model(x, layers.Dense(1, name="end")(value))


def _model_at_the_end(library: Any) -> Any:
    given = library.Input((3,), name="given")
    inner = library.Model(given, library.layers.Dense(2, name="in")(given), name="inner")
    z = library.Input((4,), name="z")
    return library.Model(z, inner(library.layers.Dense(3, name="before")(z)))


def _arithmetic(library: Any) -> Any:
    layers = library.layers
    x = library.Input((4,), name="x")
    value = layers.Dense(3, name="d")(x)
    value = (1.0 - value) * 2.0 - value * value + value / 4.0
    return library.Model(x, layers.Concatenate(name="c")([-value, x[:, 1:3], x[:, ::2]]))


def _one_column_of_codes(library: Any) -> Any:
    layers = library.layers
    x = library.Input((4,), name="x")
    code = layers.Flatten(name="flat")(layers.Embedding(5, 2, name="table")(x[:, 3:]))
    return library.Model(x, layers.Dense(1, name="end")(layers.Concatenate()([x[:, :3], code])))


def _products_and_penalties(library: Any) -> Any:
    layers = library.layers
    x = library.Input((4,), name="x")
    a = layers.Dense(3, name="a", activity_regularizer="l2")(x)
    dots = [
        layers.Dot(axes=1, normalize=bool(each), name=f"dot{each}")([a, x[:, :3]])
        for each in (0, 1)
    ]
    dropped = layers.Dropout(0.2, name="drop")
    wide = layers.Multiply(name="wide")([dropped(a), dropped(dots[0])])  # one column with three
    return library.Model(x, layers.Concatenate(name="c")([*dots, wide]))


#: Models that no row of one layer and no generated graph is.
MODELS: dict[str, Case] = {
    "rows inside a row": _nested_rows,
    "a row without Input": _without_input,
    "two outputs inside": _two_outputs_inside,
    "a model at the end": _model_at_the_end,
    "dropped in training": _dropped,
    "arithmetic": _arithmetic,
    "one column of codes": _one_column_of_codes,
    "products and penalties": _products_and_penalties,
}


def cases() -> Iterator[tuple[str, Case, Any]]:
    """Name, what makes the model in a library, and rows."""
    for shape in GRAPHS:
        x = rows(shape)[0]
        yield str(shape), _graph(shape), x if len(x) > 1 else x[0]
    for kind, several in LAYERS.items():
        for number, (args, options) in enumerate(several):
            draw = np.random.default_rng(number)
            x = draw.normal(size=(16, 4)).astype(np.float32)
            if kind in CODES:
                x = draw.integers(0, 5, (16, 4)).astype(np.float32)
            yield f"{kind} {number}", _row(kind, args, options, x), x

    draw = np.random.default_rng(0)
    x = np.abs(draw.normal(0, 2, size=(16, 4))).round().clip(0, 4).astype(np.float32)
    for name, make in MODELS.items():
        yield name, make, {"z": x} if name == "two outputs inside" else x


def names() -> list[str]:
    """Names of all cases."""
    return [name for name, _, _ in cases()]


def _graph(shape: Shape) -> Case:
    return lambda library: graph(library, shape)


def _row(kind: str, args: Any, options: dict[str, Any], x: Any) -> Case:
    def made(library: Any) -> Any:
        layer = getattr(library.layers, kind)(*args, **options)
        if kind == "Normalization" and "mean" not in options:
            layer.adapt(x)
        wide = kind == "Embedding" or (library is keras and options.get("output_mode") == "one_hot")
        flat = [library.layers.Flatten()] if wide else []
        ends = [library.layers.Dense(2, activation="tanh")]
        dtype = "int32" if kind in CODES else "float32"
        return library.Sequential([library.Input((4,), dtype=dtype), layer, *flat, *ends])

    return made


def measured(make: Case, x: Any, folder: Path) -> dict[str, float]:
    """How far apart predictions are, as shares of the largest.

    Returns:
        there: of Keras' model, read here, and that one read in Keras; described: of a model that
        was described here, read in Keras, and that one read here.
    """
    theirs = rich(make(keras), 1)
    expected = theirs(x, training=False)
    here = to_ours(theirs, folder)
    back = to_theirs(here, folder)
    own = make(ours)
    own.set_weights(here.get_weights())
    there = to_theirs(own, folder)
    again = to_ours(there, folder)
    names = [layer.name for layer in again.layers if not layer.name.endswith("_flat")]
    same = names == [layer.name for layer in own.layers]
    return {
        "here": far(here.predict(x, verbose=0), expected),
        "back": far(back(x, training=False), expected),
        "there": far(there(x, training=False), own.predict(x, verbose=0)),
        "again": far(again.predict(x, verbose=0), own.predict(x, verbose=0)),
        "named": 0.0 if same and here.name == theirs.name else 1.0,
    }


def main(folder: Path) -> None:
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", message="__array__ implementation doesn't accept a copy")
    for name, make, x in cases():
        trimtab.set_random_seed(1)
        keras.utils.set_random_seed(1)
        try:
            found: dict[str, Any] = measured(make, x, folder)
        except Exception as problem:  # noqa: BLE001 - the test names it
            found = {"problem": f"{type(problem).__name__}: {problem}"}
        print(json.dumps({"name": name, **found}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
