"""A predictor as a graph, from raw columns to answers."""

from __future__ import annotations

from trimtab.errors import Unsupported
from trimtab.insight.uncertainty.conformal import check_level
from trimtab.interchange.graph import networks
from trimtab.interchange.graph.answers.classes import corrected, decided, in_set, label_type
from trimtab.interchange.graph.answers.numbers import in_units, interval
from trimtab.interchange.graph.columns.preparation import inputs_of
from trimtab.interchange.graph.graph import Graph
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.calibration import ConformityScores
from trimtab.predictor.layout import LOWER, PREDICTION, UPPER
from trimtab.predictor.predicting import calibration_of
from trimtab.predictor.several.calibrations import SeveralCalibrations
from trimtab.tables.columns.alike import ALIKE
from trimtab.tables.preprocessing.several_targets import SeveralTargets

__all__ = ["IN_SET", "PROBABILITIES", "graph_of", "output_columns"]

#: Outputs of classes.
PROBABILITIES, IN_SET = "probabilities", "in_set"


def graph_of(
    predictor: PredictorBase, level: float | None, *, gaps: bool, texts: bool = False
) -> Graph:
    """The graph of a predictor.

    Args:
        predictor: the model.
        level: of intervals, or sets, that are further outputs; None: there are none.
        gaps: as in :func:`inputs_of`.
        texts: whether whoever feeds it makes text of categories as reading does; otherwise the
            graph has to.

    Raises:
        Unsupported: something in it cannot be expressed.
        InvalidArgument: it has no intervals, or the level is not between 0 and 1.
        InvalidData: there were too few rows for this level.
    """
    if level is not None:
        calibration_of(predictor).quantile(check_level(level))
    if not texts:
        _refuse_alike(predictor)
    graph = Graph()
    told = tuple(predictor.options.get("missing") or ())
    x = inputs_of(graph, predictor.preprocessor, gaps=gaps, missing=() if texts else told)
    values = networks.meanings(graph, predictor.model, x)
    answer = _classes if predictor.classifies else _numbers
    answer(graph, predictor, values, level)
    return graph


def _refuse_alike(predictor: PredictorBase) -> None:
    """No operator takes blanks and capitals out of text."""
    used = {step.source for step in predictor.preprocessor.steps}
    for column in predictor.schema.features:
        if column.format == ALIKE and column.name in used:
            raise Unsupported(
                f"column {column.name!r} is read without regard to capitals and blanks, which "
                "ONNX has no operators for. Use trimtab export --to python (to='python'), or "
                f"train with --type {column.name}=category."
            )


def _numbers(graph: Graph, predictor: PredictorBase, values: str, level: float | None) -> None:
    target = predictor.preprocessor.target
    each = target.each if isinstance(target, SeveralTargets) else (target,)
    calibration = None if level is None else calibration_of(predictor)
    for at, (name, one) in enumerate(zip(predictor.targets, each, strict=True)):
        behind = f"_{name}" if len(each) > 1 else ""
        y = in_units(graph, one, graph.columns(values, [at]))
        made = {PREDICTION: y}
        if calibration is not None and level is not None:
            own = calibration
            if isinstance(own, SeveralCalibrations):
                own = own[name]
            made[LOWER], made[UPPER] = interval(graph, own, level, y)
        for word, value in made.items():
            output = graph.free_output(word + behind)
            graph.output(output, graph.reshape(value, -1), "float64", None)


def _classes(graph: Graph, predictor: PredictorBase, p: str, level: float | None) -> None:
    classes = predictor.schema.classes
    if predictor.recalibration is not None:
        p = corrected(graph, predictor.recalibration, p)
    label = decided(graph, p, classes, predictor.schema.positive_class, predictor.threshold)
    graph.output(graph.free_output(PREDICTION), label, label_type(classes), None)
    graph.output(graph.free_output(PROBABILITIES), p, "float64", len(classes))
    if level is not None:
        calibration = calibration_of(predictor)
        assert isinstance(calibration, ConformityScores)
        held = in_set(graph, p, calibration.quantile(level))
        graph.output(graph.free_output(IN_SET), held, "bool", len(classes))


def output_columns(predictor: PredictorBase, graph: Graph) -> dict[str, tuple[str, ...]]:
    """The columns of a table that each output makes."""
    labels = predictor.schema.classes
    words = {PROBABILITIES: "probability", IN_SET: IN_SET}
    return {
        port.name: tuple(f"{words[port.name.rstrip('_')]}_{label}" for label in labels)
        if port.width is not None
        else (port.name,)
        for port, _ in graph.outputs
    }
