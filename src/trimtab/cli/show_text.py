"""The text that ``trimtab show`` prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from trimtab.core.paragraphs import Paragraph
from trimtab.core.words import count, figure, listed

if TYPE_CHECKING:
    from trimtab.model.committee import Committee
    from trimtab.model.sequential import Sequential
    from trimtab.predictor import Predictor

    Network = Sequential | Committee

__all__ = ["code", "network_lines", "predictor_lines"]

#: Width of the labels.
_MARGIN = 12


def predictor_lines(predictor: Predictor) -> Iterator[str | Paragraph]:
    """What is known of a predictor, line by line."""
    from trimtab.predictor.class_words import advised, class_rules
    from trimtab.predictor.training.own_words import own_words
    from trimtab.tables.columns.storage import plain_labels

    schema, provenance, split = predictor.schema, predictor.provenance, predictor.split
    classes = f": {_listed(plain_labels(schema.classes))}" if schema.classes else ""
    yield _entry("target", f"{_listed(predictor.targets)} ({predictor.task}{classes})")
    for name, text in class_rules(predictor):
        yield _entry(name, text)
    sizes = [f"{_number(provenance[each])} {each}" for each in _SIZES if each in provenance]
    yield _entry("data", ", ".join([str(provenance.get("data", "unknown")), *sizes]))
    parts = [f"{_number(split[part])} {word}" for part, word in _PARTS.items() if split.get(part)]
    how = split.get("how")
    yield _entry("rows", ". ".join([", ".join(parts), *([str(how)] if how else [])]))
    yield ""
    yield from _columns(predictor)
    yield ""
    yield from network_lines(predictor.model, predictor)
    yield ""
    evidence = predictor.best_evidence
    for scores in predictor.scores.values():
        yield Paragraph(scores.sentence())
    if predictor.caveat:
        yield Paragraph(predictor.caveat)
    if evidence is not None:
        yield from (Paragraph(own_words(each)) for each in advised(predictor, evidence))
        yield ""
        yield from evidence.lines()
        yield ""
    versions = provenance.get("versions")
    if isinstance(versions, dict):
        yield _entry("versions", ", ".join(f"{name} {each}" for name, each in versions.items()))
    if predictor.unfinished is not None:
        reason = predictor.unfinished.reason
        yield _entry("unfinished", f"{reason}; resume with trimtab train DATA --resume --out FILE")


#: The words for a table's size, and for the parts of its rows.
_SIZES = ("rows", "columns")
_PARTS = {"train": "to train on", "valid": "to validate on", "test": "to test on"}


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _columns(predictor: Predictor) -> Iterator[str | Paragraph]:
    """How each column of the table becomes inputs."""
    from trimtab.predictor.training.own_words import own_words

    schema, inputs = predictor.schema, predictor.preprocessor.columns
    ways: dict[str, dict[str, None]] = {}
    for each in inputs:
        ways.setdefault(each.source, {})[each.how] = None
    features = schema.features
    width = predictor.preprocessor.width
    yield _entry("columns", f"{count(len(features), 'feature')}, {count(width, 'input')}")
    wide = max((len(column.name) for column in features), default=0)
    kinds = max((len(column.kind) for column in features), default=0)
    for column in features:
        how = "; ".join(ways.get(column.name, {"not used": None}))
        how += f", written like {column.format}" if column.written is not None else ""
        yield f"  {column.name:{wide}}  {column.kind:{kinds}}  {how}"
    for role in ("id", "group", "time", "weight"):
        if schema.role(role):
            yield _entry(role, _listed(schema.role(role)))
    for column in schema.columns:
        if column.role == "dropped":
            reason = own_words(column.reason) or "on request"
            yield _entry("left out", f"{column.name}: {reason}")


def network_lines(
    network: Network, predictor: Predictor | None = None
) -> Iterator[str | Paragraph]:
    """What is known of a network; its predictor, if it has one, knows how it was trained."""
    from trimtab.model.committee import members_of
    from trimtab.predictor.network_size import size_of

    every = members_of(network)
    first = every[0]
    sizes = [
        count(first.input_shape[1], "input"),
        count(first.output_shape[1], "output"),
        size_of(first),
    ]
    head = "" if network is first else f"committee of {len(every)}, each "
    head += f"{len(first)} members that share kernels, " if len(first) > 1 else ""
    yield _entry("network", head + ", ".join(sizes))
    told = predictor.options.get("layers") if predictor is not None else None
    if told:
        yield _entry("layers", str(told))
    history = first.history if predictor is None else predictor.history
    if history is not None and history.epoch:
        yield from _training(history, predictor)
    elif first.compiled:
        yield _entry("training", "compiled, not trained")


def code(network: Network) -> str:
    """Python code that builds the network."""
    from trimtab.model.committee import members_of
    from trimtab.predictor import notation

    first = members_of(network)[0]
    return notation.to_python(first.layers, inputs=first.input_shape[1], members=len(first))


def _training(history: Any, predictor: Predictor | None) -> Iterator[str | Paragraph]:
    epochs = count(len(history.epoch), "epoch")
    losses = history.history.get("val_loss")
    if losses:
        best = min(
            range(len(losses)), key=lambda place: (losses[place] != losses[place], losses[place])
        )
        epochs += f", lowest val_loss {figure(losses[best], fixed=True)} in epoch {best + 1}"
    if predictor is not None:
        epochs += _ENDINGS.get(str(predictor.provenance.get("ended")), "")
    yield _entry("training", epochs)


#: Why training ended, by the word that model files have for it.
_ENDINGS = {
    "patience": "; stopped early, no longer improving",
    "time": "; stopped at the time limit",
    "interrupted": "; interrupted",
    "diverged": "; diverged",
}


def _entry(name: str, text: str) -> Paragraph:
    return Paragraph(text, f"{name:{_MARGIN}}")


def _listed(values: Iterable[Any]) -> str:
    return listed(values, 10)
