"""From the raw columns of a table to the inputs of a network."""

from __future__ import annotations

from collections.abc import Sequence

from trimtab.errors import Unsupported
from trimtab.interchange.graph.columns.categories import categories
from trimtab.interchange.graph.columns.dates import dates
from trimtab.interchange.graph.columns.numbers import Parts, dtype_of, numbers, placed
from trimtab.interchange.graph.columns.scaling import scaled
from trimtab.interchange.graph.graph import Graph
from trimtab.tables.preprocessing.also_categories import AlsoCategories
from trimtab.tables.preprocessing.categories import Codes, OneHot
from trimtab.tables.preprocessing.dates import Moment
from trimtab.tables.preprocessing.numeric import Numeric
from trimtab.tables.preprocessing.preprocessor import Preprocessor
from trimtab.tables.preprocessing.step import Step

__all__ = ["inputs_of"]


def inputs_of(
    graph: Graph, preprocessor: Preprocessor, *, gaps: bool, missing: Sequence[str] = ()
) -> str:
    """Declares an input for each column that is used, and makes the network's input of them.

    Args:
        graph: takes the nodes.
        preprocessor: whose steps these are.
        gaps: whether any column of numbers may have gaps: all are float64 then. Otherwise whole
            numbers, and yes and no, that had none in training are int64 and bool.
        missing: spellings of a missing cell in columns of text, besides "".

    Returns:
        ``(rows, width)`` in float32.

    Raises:
        Unsupported: a step is of a kind that is not known here.
    """
    kinds = {column.name: column.kind for column in preprocessor.schema.features}
    by_name = {step.source: (step, place) for step, place in _placed(preprocessor.steps)}
    number_steps, moments, texts = [], [], []
    for name in (name for name in kinds if name in by_name):
        step, place = by_name[name]
        if isinstance(step, Numeric | AlsoCategories):
            dtype = dtype_of(step, kinds[name], gaps=gaps)
            number_steps.append((step, place, dtype))
        elif isinstance(step, OneHot | Codes):
            dtype = "str"
            texts.append((step, place))
        elif isinstance(step, Moment):
            dtype = "int64"
            moments.append((step, place))
        else:
            raise Unsupported(
                f"column {name!r} enters the network by {step.kind!r}, which cannot be exported. "
                f"Train without it: drop=[{name!r}]."
            )
        graph.input(name, dtype)
    parts = Parts()
    numbers(graph, number_steps, parts)
    dates(graph, moments, parts)
    if parts.to_scale:
        values = graph.joined([value for value, _, _ in parts.to_scale])
        scalings = [scaling for _, each, _ in parts.to_scale for scaling in each]
        places = [place for _, _, each in parts.to_scale for place in each]
        parts.made.append((graph.cast(scaled(graph, values, scalings), "float32"), places))
    categories(graph, texts, missing, parts)
    return placed(graph, parts.made)


def _placed(steps: Sequence[Step]) -> list[tuple[Step, int]]:
    """Each step, and the first of its inputs."""
    found, place = [], 0
    for step in steps:
        found.append((step, place))
        place += len(step.columns)
    return found
