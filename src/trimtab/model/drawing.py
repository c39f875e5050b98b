"""A model as a picture of its layers: what is in the boxes, and the files it is written to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab.core import checks
from trimtab.core.replacing import replacing
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, NotBuilt
from trimtab.model.summary import columns_text
from trimtab.nn import activations
from trimtab.nn.layers import Layer, Residual
from trimtab.nn.network import Network

if TYPE_CHECKING:
    from trimtab.report.pictures.network import Frame, Node

__all__ = ["Drawing", "kind_of", "plot_model"]

#: What boxes of these layers are coloured as; others by whether they have weights.
_KINDS = {
    "BatchNormalization": "normalization",
    **dict.fromkeys(("Dropout", "FeatureDropout", "DropConnect"), "dropout"),
}


@dataclass(frozen=True)
class Drawing:
    """A picture of a model; a notebook shows it.

    Attributes:
        svg: the picture, a document of SVG.
        path: the file that it was written to, or None.
    """

    svg: str
    path: str | None

    def __repr__(self) -> str:
        return f"Drawing({self.path!r})"

    def _repr_svg_(self) -> str:
        return self.svg


@dataclass(frozen=True)
class _Wish:
    """What is said in the boxes."""

    shapes: bool
    dtype: bool
    names: bool
    nested: bool
    activations: bool
    trainable: bool


def plot_model(
    model: Network,
    to_file: str | os.PathLike[str] | None = "model.svg",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
) -> Drawing:
    """Draws the layers of a model and what flows between them.

    Args:
        model: built.
        to_file: an ``.svg``; with CairoSVG installed a ``.png`` or ``.pdf``, too. None: no file.
        show_shapes: say what each layer takes and returns.
        show_dtype: say the type of the numbers.
        show_layer_names: say the names of the layers, not only their classes.
        rankdir: ``TB`` from top to bottom, ``LR`` from left to right.
        expand_nested: draw the layers in blocks, each block in a frame.
        dpi: resolution of a PNG.
        show_layer_activations: say the activation of layers that have one.
        show_trainable: say whether weights are trained.
        splines: accepted, without effect: lines are curves that pass beside the boxes.

    Returns:
        The picture, which a notebook shows.

    Raises:
        NotBuilt: the number of columns is not known yet.
        InvalidArgument: a file of another kind, or one that needs CairoSVG, or another direction.
        FileNotFoundError: there is no such folder.

    Example:
        >>> import tempfile
        >>> import trimtab
        >>> from trimtab import layers
        >>> from trimtab.keras import utils
        >>> stack = [layers.Dense(8, activation="relu", input_shape=[3]), layers.Dense(1)]
        >>> model = trimtab.Sequential(stack)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     drawing = utils.plot_model(model, f"{folder}/model.svg", show_shapes=True)
        >>> "(None, 8)" in drawing.svg
        True
    """
    from trimtab.report.pictures.network import network

    if not isinstance(model, Network):
        raise InvalidArgument(f"plot_model takes a model, received {brief(model)}.")
    if not model.built:
        raise NotBuilt(
            f"{model.name} is not built: its first layer does not know its columns. Use "
            "model.build(columns), or give the first layer input_shape=[columns]."
        )
    wish = _Wish(
        shapes=checks.boolean("show_shapes", show_shapes),
        dtype=checks.boolean("show_dtype", show_dtype),
        names=checks.boolean("show_layer_names", show_layer_names),
        nested=checks.boolean("expand_nested", expand_nested),
        activations=checks.boolean("show_layer_activations", show_layer_activations),
        trainable=checks.boolean("show_trainable", show_trainable),
    )
    rankdir = checks.choice("rankdir", rankdir, ("TB", "LR"))
    dpi = checks.positive_integer("dpi", dpi)
    path = None if to_file is None else _checked(checks.path("to_file", to_file))
    nodes, edges, frames = _parts(model, wish)
    svg = str(network(nodes, edges, title=model.name, frames=frames, sideways=rankdir == "LR"))
    if path is not None:
        content = _converted(svg, path.suffix.lower(), dpi)
        with replacing(path) as file:
            file.write(content)
    return Drawing(svg, None if path is None else str(path))


def _checked(path: Path) -> Path:
    """The file, ``.svg`` where it has no ending; refuses one that cannot be written."""
    if not path.suffix:
        return path.with_suffix(".svg")
    kind = path.suffix.lower()
    if kind not in (".svg", ".png", ".pdf"):
        raise InvalidArgument(
            f"to_file must end in .svg, .png or .pdf, received {brief(str(path))}. Use "
            f"to_file={str(path.with_suffix('.svg'))!r}."
        )
    if kind != ".svg":
        _converter(path)
    return path


def _converter(path: Path) -> Any:
    try:
        import cairosvg
    except (ImportError, OSError):  # the package, or the library that it calls
        raise InvalidArgument(
            f"writing {path.suffix} takes CairoSVG, which is not installed. Use to_file="
            f"{str(path.with_suffix('.svg'))!r}, or install it: pip install cairosvg."
        ) from None
    return cairosvg


def _converted(svg: str, kind: str, dpi: int) -> bytes:
    if kind == ".svg":
        return svg.encode()
    converter = _converter(Path(f"model{kind}"))
    scale = dpi / 96  # of a unit of SVG, by its standard
    made: bytes = (
        converter.svg2png(svg.encode(), scale=scale)
        if kind == ".png"
        else converter.svg2pdf(svg.encode())
    )
    return made


def _parts(model: Network, wish: _Wish) -> tuple[list[Node], list[tuple[str, str]], list[Frame]]:
    """Boxes, lines and frames of a row of layers."""
    from trimtab.report.pictures.network import Node

    width = model.input_shape[1]
    rows = []
    if wish.dtype:
        rows.append(("type", "float32"))
    if wish.shapes:
        rows.append(("shape", f"(None, {width})"))
    nodes = [Node("input", "Input", tuple(rows), "input")]
    edges: list[tuple[str, str]] = []
    frames: list[Frame] = []
    last, reads = "input", (width, str(width))
    for layer in model.layers:
        last = _add(layer, last, reads, "", wish, nodes, edges, frames)
        reads = _written(layer, reads)
    return nodes, edges, frames


def _add(
    layer: Layer,
    last: str,
    reads: tuple[int, str],
    prefix: str,
    wish: _Wish,
    nodes: list[Node],
    edges: list[tuple[str, str]],
    frames: list[Frame],
) -> str:
    """Adds a layer, or those of a block; the key of what the next one reads.

    Args:
        reads: the columns that the layer reads, and how they are said.
    """
    from trimtab.report.pictures.network import Frame, Node

    key = f"{prefix}{layer.name}"
    if not (wish.nested and isinstance(layer, Residual)):
        nodes.append(
            Node(key, _title(layer, wish), tuple(_rows(layer, reads, wish)), kind_of(layer))
        )
        edges.append((last, key))
        return key
    first, inner, at = len(nodes), last, reads
    frames.append(Frame("", frozenset()))
    place = len(frames) - 1
    for each in layer.sublayers:
        inner = _add(each, inner, at, f"{key}/", wish, nodes, edges, frames)
        at = _written(each, at)
    skipped = last
    if at[0] != reads[0]:
        skipped = f"{key}/projection"
        nodes.append(Node(skipped, "projection", (), "weights"))
        edges.append((last, skipped))
    nodes.append(Node(key, "+", (), "sum"))
    edges.extend([(inner, key), (skipped, key)])
    frames[place] = Frame(layer.name, frozenset(node.key for node in nodes[first:]))
    return key


def _title(layer: Layer, wish: _Wish) -> str:
    kind = type(layer).__name__
    return f"{layer.name} ({kind})" if wish.names else kind


def kind_of(layer: Layer) -> str:
    """What a layer is coloured as: one of the kinds of ``report.pictures.network``."""
    named = _KINDS.get(type(layer).__name__)
    return named or ("weights" if layer.weights else "other")


def _written(layer: Layer, reads: tuple[int, str]) -> tuple[int, str]:
    """The columns that a layer returns, and how they are said: of members, those of one."""
    width = layer.output_width or reads[0]
    return width, columns_text(layer, width)


def _rows(layer: Layer, reads: tuple[int, str], wish: _Wish) -> Iterator[tuple[str, str]]:
    activation = getattr(layer, "activation", None)
    if wish.activations and activation is not None:
        yield "activation", str(activations.serialize(activation))
    if wish.dtype:
        yield "type", "float32"
    if wish.shapes:
        yield "takes", f"(None, {reads[1]})"
        yield "returns", f"(None, {_written(layer, reads)[1]})"
    if wish.trainable and layer.weights:
        yield "trained", "yes" if layer.trainable else "no"
