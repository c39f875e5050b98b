"""From the facts of a report to a model card: Markdown with the metadata that hubs of models read.

Source: Mitchell et al. 2019, "Model Cards for Model Reporting"; the metadata block and its
``model-index`` follow Hugging Face's model cards.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from trimtab.core.words import count, listed

__all__ = ["card"]

#: Columns of the table that are described one by one.
_MOST_COLUMNS = 60

#: Characters that Markdown might take for more than a character.
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~&])")

#: What only people know about a model, with what to say.
_TO_FILL_IN = {
    "For": "who uses the predictions, and for which decision.",
    "Not for": "decisions, groups or times for which the table says nothing.",
    "People": "whether rows are people, what they agreed to, and who is worse off if a prediction "
    "is wrong.",
    "Licence": "of the model and of the table (in the block at the top as well).",
    "Contact": "who answers questions and takes the model down.",
}


def card(facts: Mapping[str, Any], model: str) -> str:
    """A model card.

    Args:
        facts: of a report, plain data.
        model: the model's file, for the commands.

    Example:
        >>> import trimtab
        >>> from trimtab.predictor.remarks import Remarks
        >>> from trimtab.predictor.reporting.facts import Settings
        >>> from trimtab.predictor.reporting.writing import facts_of
        >>> predictor = trimtab.train("red-wine", epochs=1, layers="8 relu", effort="quick")
        >>> text = card(facts_of(predictor, None, Settings(), Remarks()), "wine.trimtab")
        >>> text.splitlines()[:2], "# Predicting quality" in text
        (['---', 'library_name: trimtab'], True)
    """
    return "\n".join(_lines(facts, model)) + "\n"


def _lines(facts: Mapping[str, Any], model: str) -> Iterator[str]:
    yield from _metadata(facts)
    yield ""
    yield f"# Predicting {_text(facts['title'])}"
    yield ""
    verdict = facts["verdict"]
    if verdict is not None:
        yield _text(verdict["sentence"])
        if verdict["caveat"]:
            yield ""
            yield _text(verdict["caveat"])
    yield ""
    yield "## Intended use"
    yield ""
    for name, what in _TO_FILL_IN.items():
        yield f"- **{name}:** TO FILL IN: {what}"
    for title, section in (
        ("Data", _data(facts)),
        ("Scores", _scores(facts)),
        ("What to know", _findings(facts)),
        ("What it relies on", _columns(facts)),
        ("Use", _use(facts, model)),
        ("Training", _training(facts)),
    ):
        lines = [*section]
        if lines:
            yield ""
            yield f"## {title}"
            yield ""
            yield from lines


def _metadata(facts: Mapping[str, Any]) -> Iterator[str]:
    """The block at the top, YAML; texts are written as JSON, which YAML reads the same."""
    kind = "tabular-regression" if facts["task"] == "regression" else "tabular-classification"
    yield "---"
    yield "library_name: trimtab"
    yield f"pipeline_tag: {kind}"
    yield "license: unknown"
    yield "tags:"
    yield from (f"- {tag}" for tag in ("trimtab", "tabular", kind))
    if facts["verdict"] is not None:
        yield "model-index:"
        yield f"- name: {_quoted('Predicting ' + facts['title'])}"
        yield "  results:"
        yield from _results(facts, kind)
    yield "---"


def _results(facts: Mapping[str, Any], kind: str) -> Iterator[str]:
    verdict = facts["verdict"]
    for table in verdict["tables"]:
        own = _own(table)
        measured = [each for each in table["metrics"] if _known(own, each["name"])]
        if not measured:
            continue
        yield "  - task:"
        yield f"      type: {kind}"
        yield f"      name: {_quoted('Predicting ' + str(table['target']))}"
        yield "    dataset:"
        yield "      type: tabular"
        yield f"      name: {_quoted(facts['data']['name'])}"
        yield f"      split: {_quoted(verdict['part'])}"
        yield "    metrics:"
        for metric in measured:
            value, error = own["values"][metric["name"]]
            yield f"    - type: {metric['name']}"
            yield f"      name: {_quoted(metric['title'])}"
            yield f"      value: {value:.6g}"
            if error is not None:
                yield f"      standard_error: {error:.3g}"


def _data(facts: Mapping[str, Any]) -> Iterator[str]:
    data = facts["data"]
    parts = {"train": "to train on", "valid": "to validate on", "test": "to test on"}
    sizes = [
        f"{number:,} {parts.get(part, part)}" for part, number in data["parts"].items() if number
    ]
    yield (
        f"{_text(data['name'])}: {_size(data['rows'], 'row')}, {_size(data['columns'], 'column')}. "
        f"{'; '.join(sizes)}. {_text(data['how'])}"
    )
    if data["left_out"]:
        yield ""
        yield "Left out: " + " ".join(_text(str(each)) for each in data["left_out"])
    features = data["features"][:_MOST_COLUMNS]
    ranged = any(each.get("values") for each in features)
    yield ""
    yield f"| column | kind | prepared as |{' values | missing |' if ranged else ''}"
    yield f"|---|---|---|{'---|---|' if ranged else ''}"
    for each in features:
        cells = [_text(each["name"]), each["kind"], _text(each["how"] or each["role"])]
        if ranged:
            missing = each.get("missing")
            cells += [
                _text(each.get("values") or ""),
                "" if missing is None else f"{100 * missing:.3g} %",
            ]
        yield f"| {' | '.join(cells)} |"
    if len(data["features"]) > _MOST_COLUMNS:
        yield ""
        yield f"{len(data['features']) - _MOST_COLUMNS:,} more columns are not listed."


def _scores(facts: Mapping[str, Any]) -> Iterator[str]:
    verdict = facts["verdict"]
    if verdict is None:
        yield "There are none: no rows were held out."
        return
    groups = verdict["groups"]
    of = f", {count(groups, 'group')}" if groups else ""
    yield f"On {verdict['rows']:,} {_text(verdict['part'])}{of}. ± is one standard error."
    for table in verdict["tables"]:
        models = table["models"]
        yield ""
        if len(verdict["tables"]) > 1:
            yield f"**{_text(str(table['target']))}**"
            yield ""
        yield f"| | {' | '.join(_text(each['name']) for each in models)} |"
        yield "|---|" + "---|" * len(models)
        for metric in table["metrics"]:
            said = (_text(each["said"].get(metric["name"], "")) for each in models)
            yield f"| {_text(metric['title'])} | {' | '.join(said)} |"
    for target in facts["targets"]:
        coverage = target["coverage"]
        for each in (coverage or {}).get("levels", []):
            if each["level"] == 0.9:
                what = "sets of classes" if coverage["sets"] else "intervals"
                yield ""
                yield (
                    f"Of {_text(target['name'])}, the 90 % {what} held "
                    f"{100 * each['inside']:.1f} % of these rows."
                )


def _findings(facts: Mapping[str, Any]) -> Iterator[str]:
    for each in facts["findings"]:
        yield f"- **{each['severity'].capitalize()}:** {_text(each['text'])}"
    for answer in facts["brief"]:
        if answer["section"] == "findings":
            yield f"- **{_text(answer['question'])}** {_text(answer['answer'])}"


def _columns(facts: Mapping[str, Any]) -> Iterator[str]:
    importance = facts["importance"]
    if importance is None:
        return
    yield _text(importance["sentence"])
    yield ""
    yield "| column | increase |"
    yield "|---|---|"
    for each in importance["columns"][:20]:
        yield f"| {_text(each['column'])} | {_text(each['said'])} |"
    yield ""
    yield _text(importance["caveat"])


def _use(facts: Mapping[str, Any], model: str) -> Iterator[str]:
    yield "```bash"
    yield "python -m pip install 'trimtab[serve]'"
    yield f"trimtab predict {_shell(model)} NEW.csv --out predictions.csv --interval 0.9"
    yield f"trimtab serve {_shell(model)}"
    yield "```"
    yield ""
    yield "```python"
    yield "import trimtab"
    yield ""
    yield f'predictions = trimtab.load({json.dumps(model)}).predict("NEW.csv")'
    yield "```"


def _training(facts: Mapping[str, Any]) -> Iterator[str]:
    again, network = facts["again"], facts["network"]
    size = f"{_text(network['size'])}, {count(network['inputs'], 'input')}"
    more = network["networks"] * network["members"]
    yield f"{count(more, 'network') + ', each ' if more > 1 else ''}{size}, made by {facts['by']}."
    yield ""
    yield "```bash"
    yield again["command"].replace("```", "") or "# trained from Python"
    yield "```"
    options = {name: said for name, said in again["options"].items() if len(said) <= 200}
    yield ""
    yield "Options: " + ", ".join(f"{name} {_text(said)}" for name, said in options.items()) + "."
    versions = listed((f"{name} {each}" for name, each in again["versions"].items()), 20)
    print_ = f" Fingerprint of the rows: {again['fingerprint']}." if again["fingerprint"] else ""
    yield ""
    yield f"Versions: {_text(versions)}.{print_}"


def _own(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """The scores of the model itself, of its average where it has several networks."""
    kinds = {each["kind"]: each for each in reversed(table["models"])}
    own: Mapping[str, Any] = kinds.get("network") or table["models"][0]
    return own


def _known(own: Mapping[str, Any], metric: str) -> bool:
    value = own["values"].get(metric)
    return value is not None and value[0] is not None


def _size(number: int | None, what: str) -> str:
    return f"unknown {what}s" if number is None else count(number, what)


def _text(text: str) -> str:
    """Text as Markdown shows it, on one line."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _shell(path: str) -> str:
    import shlex

    return shlex.quote(path)
