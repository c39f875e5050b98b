"""What a served model is, for programs: the schema of its rows and of its answers."""

from __future__ import annotations

from typing import Any

from trimtab.core.version import __version__
from trimtab.predictor.layout import CLASSES, LOWER, PREDICTION, UPPER
from trimtab.predictor.predicting import intervals_said
from trimtab.serving.answering import Answering
from trimtab.serving.fields import Field, usual_row

__all__ = ["answers", "body", "schema"]


def schema(answering: Answering) -> dict[str, Any]:
    """What ``GET /schema`` says: targets, columns, intervals and how good the model is."""
    predictor, level = answering.predictor, answering.level
    evidence = predictor.best_evidence
    return {
        "by": f"trimtab {__version__}",
        "targets": list(predictor.targets),
        "task": predictor.task,
        "classes": predictor.classes.tolist() if predictor.classifies else [],
        "columns": [field.record() for field in answering.fields],
        "example": usual_row(answering.fields),
        "interval": None
        if level is None
        else {"level": level, "words": intervals_said(predictor, level)},
        "score": "" if evidence is None else evidence.sentence(),
        "caveat": predictor.caveat,
    }


def body(answering: Answering) -> dict[str, Any]:
    """The body of ``POST /predict`` for the OpenAPI document."""
    fields = answering.fields
    row = {
        "type": "object",
        "title": "Row",
        "required": [field.name for field in fields],
        "properties": {field.name: _property(field) for field in fields},
        "example": usual_row(fields),
    }
    several = {"oneOf": [row, {"type": "array", "items": row}]}
    line = ",".join(map(_quoted, usual_row(fields)))
    cells = ",".join(_quoted(cell) for cell in usual_row(fields).values())
    return {
        "required": True,
        "content": {
            "application/json": {"schema": several, "example": [usual_row(fields)]},
            "text/csv": {"schema": {"type": "string"}, "example": f"{line}\n{cells}\n"},
        },
    }


def answers(answering: Answering) -> dict[str, Any]:
    """The answer to ``POST /predict`` for the OpenAPI document."""
    predictor = answering.predictor
    cells: dict[str, Any]
    if predictor.classifies:
        one = {"anyOf": [{"const": label} for label in predictor.classes.tolist()]}
        cells = {
            PREDICTION: one,
            "probabilities": {"type": "object", "additionalProperties": {"type": "number"}},
            CLASSES: {"type": "array", "items": one},
        }
    else:
        targets = predictor.targets
        endings = [f"_{name}" for name in targets] if len(targets) > 1 else [""]
        kinds = (PREDICTION, LOWER, UPPER) if answering.level is not None else (PREDICTION,)
        cells = {what + end: {"type": "number"} for end in endings for what in kinds}
    refusal = {
        "type": "object",
        "properties": {
            "row": {"type": "integer", "description": "Counted from 1."},
            "column": {"type": ["string", "null"]},
            "message": {"type": "string"},
        },
    }
    return {
        "type": "object",
        "properties": {
            "predictions": {
                "type": "array",
                "description": "One for each row, in its order; null for a refused row.",
                "items": {"type": ["object", "null"], "properties": cells},
            },
            "refused": {"type": "array", "items": refusal},
            "notes": {"type": "array", "items": {"type": "string"}},
        },
    }


_TYPES = {"numeric": "number", "integer": "number", "boolean": "boolean"}


def _property(field: Field) -> dict[str, Any]:
    kinds = [_TYPES.get(field.kind, "string")]
    if field.column.written is not None:
        kinds.append("string")
    found: dict[str, Any] = {"type": [*kinds, "null"], "description": _words(field)}
    return found | ({} if field.usual is None else {"example": field.usual})


def _words(field: Field) -> str:
    listed = ", ".join(map(repr, field.categories[:20]))
    more = len(field.categories) - 20
    known = f": {listed}{f' and {more:,} more' if more > 0 else ''}" if listed else ""
    written = f", also written like {field.column.format}" if field.column.written else ""
    return f"{field.kind}{written}{known}"


def _quoted(cell: Any) -> str:
    text = "" if cell is None else str(cell)
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',;"\n') else text
