"""``trimtab show``: what a model file holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trimtab.cli.refusals import refusals
from trimtab.core.words import count, figure

if TYPE_CHECKING:
    from trimtab.model.committee import Committee
    from trimtab.model.sequential import Sequential
    from trimtab.predictor import Predictor

    Network = Sequential | Committee

__all__ = ["show"]

#: Where what is said of a thing begins.
_MARGIN = 12


def show(
    model: Annotated[str, typer.Argument(help="A model file.", metavar="MODEL")],
    layers: Annotated[
        bool, typer.Option("--layers", help="The network's layers too, with their weights.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object instead of text.")
    ] = False,
) -> None:
    """Say what a model is: data, columns, network, training, and how good it is."""
    with refusals():
        from trimtab.predictor import Predictor
        from trimtab.predictor.loading import load_any

        found = load_any(model)
        if isinstance(found, Predictor):
            network, record, lines = found.model, _record(found), _lines(found)
        else:
            network, record, lines = found, _network_record(found), _network_lines(found)
        if as_json:
            typer.echo(json.dumps(record, ensure_ascii=False, allow_nan=False))
            return
        for line in (*lines, "", _code(network)):
            typer.echo(line)
        if layers:
            typer.echo("")
            for member in _members(network)[:1]:
                member.summary(print_fn=typer.echo)


# -- text -----------------------------------------------------------------------------------------


def _lines(predictor: Predictor) -> Iterator[str]:
    schema, provenance, split = predictor.schema, predictor.provenance, predictor.split
    classes = f": {_listed(schema.classes)}" if schema.classes else ""
    yield _entry("target", f"{predictor.target} ({predictor.task}{classes})")
    sizes = [f"{_number(provenance[each])} {each}" for each in _SIZES if each in provenance]
    yield _entry("data", ", ".join([str(provenance.get("data", "unknown")), *sizes]))
    parts = [f"{_number(split[part])} {word}" for part, word in _PARTS.items() if split.get(part)]
    how = split.get("how")
    yield _entry("rows", ". ".join([", ".join(parts), *([str(how)] if how else [])]))
    yield ""
    yield from _columns(predictor)
    yield ""
    yield from _network_lines(predictor.model, predictor)
    yield ""
    evidence = predictor.best_evidence
    for scores in predictor.scores.values():
        yield scores.sentence()
    if predictor.caveat:
        yield predictor.caveat
    if evidence is not None:
        yield ""
        yield from evidence.lines()
    yield ""
    versions = provenance.get("versions")
    if isinstance(versions, dict):
        yield _entry("versions", ", ".join(f"{name} {each}" for name, each in versions.items()))
    if predictor.unfinished is not None:
        yield _entry("unfinished", f"{predictor.unfinished.reason}; train --resume goes on with it")


#: What is said of a table's size, and of the parts of its rows.
_SIZES = ("rows", "columns")
_PARTS = {"train": "to train on", "valid": "to validate on", "test": "to test on"}


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _columns(predictor: Predictor) -> Iterator[str]:
    """How each column of the table enters."""
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
        yield f"  {column.name:{wide}}  {column.kind:{kinds}}  {how}"
    for role in ("id", "group", "time", "weight"):
        if schema.role(role):
            yield _entry(role, _listed(schema.role(role)))
    for column in schema.columns:
        if column.role == "dropped":
            yield _entry("left out", f"{column.name}: {column.reason or 'on request'}")


def _network_lines(network: Network, predictor: Predictor | None = None) -> Iterator[str]:
    members = _members(network)
    first = members[0]
    weights = sum(member.count_params() for member in members)
    sizes = (
        (first.input_shape[1], "input"),
        (first.output_shape[1], "output"),
        (weights, "weight"),
    )
    head = ", ".join(count(number, what) for number, what in sizes)
    if network is not first:
        head = f"committee of {len(members)}; {head}"
    yield _entry("network", head)
    told = predictor.options.get("layers") if predictor is not None else None
    if told:
        yield _entry("layers", str(told))
    history = first.history if predictor is None else predictor.history
    if history is not None and history.epoch:
        yield from _training(history, predictor)
    elif first.compiled:
        yield _entry("training", "compiled, not trained")


def _code(network: Network) -> str:
    from trimtab.predictor import notation

    first = _members(network)[0]
    return notation.to_python(first.layers, inputs=first.input_shape[1])


def _training(history: Any, predictor: Predictor | None) -> Iterator[str]:
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


#: Why training ended, by the word that files have for it.
_ENDINGS = {
    "patience": "; stopped when it no longer became better",
    "time": "; stopped when the time was up",
    "interrupted": "; interrupted",
    "diverged": "; diverged",
}


def _members(network: Network) -> list[Sequential]:
    return list(getattr(network, "members", [network]))


def _entry(name: str, text: str) -> str:
    return f"{name:{_MARGIN}}{text}"


def _listed(values: Any, most: int = 10) -> str:
    texts = [str(value) for value in values]
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


# -- plain data -----------------------------------------------------------------------------------


def _record(predictor: Predictor) -> dict[str, Any]:
    from trimtab.core.words import plain

    preprocessor = predictor.preprocessor
    return {
        "kind": "predictor",
        "target": predictor.target,
        "task": predictor.task,
        "schema": predictor.schema.record(),
        "inputs": [
            {"name": each.name, "source": each.source, "how": each.how}
            for each in preprocessor.columns
        ],
        "split": plain(predictor.split),
        "options": plain(predictor.options),
        "network": _network_record(predictor.model),
        "history": plain(predictor.history.history),
        "scores": {
            part: {**scores.record(), "sentence": scores.sentence()}
            for part, scores in predictor.scores.items()
        },
        "caveat": predictor.caveat,
        "provenance": plain(predictor.provenance),
        "unfinished": None if predictor.unfinished is None else predictor.unfinished.reason,
    }


def _network_record(network: Network) -> dict[str, Any]:
    members = _members(network)
    first = members[0]
    return {
        "kind": "model" if network is first else "committee",
        "members": len(members),
        "inputs": first.input_shape[1],
        "outputs": first.output_shape[1],
        "weights": sum(member.count_params() for member in members),
        "python": _code(network),
    }
