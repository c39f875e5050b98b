"""The answers to what readers ask first, in a sentence or two each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trimtab.core.words import count, listed
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.draws import CLEAR
from trimtab.predictor.reporting.findings import SERIOUS
from trimtab.predictor.reporting.rows import Seen

__all__ = ["brief_facts"]

#: Columns that are named.
_NAMED = 4


def brief_facts(
    predictor: PredictorBase, seen: Seen | None, facts: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Questions with their answers, and the section that has more.

    Args:
        predictor: the model.
        seen: rows held out.
        facts: all other facts of the report.
    """
    found = []
    verdict = facts["verdict"]
    if verdict is not None:
        found.append(_answer("Is it any good?", "verdict", list(_how_good(predictor, facts))))
    if facts["importance"] is not None:
        found.append(_answer("What does it rely on?", "columns", list(_relies_on(facts))))
    trust = list(_trust(predictor, seen, facts))
    groups = predictor.schema.role("group")
    new = groups[0] if groups else "row"
    found.append(_answer(f"Can I trust it for a new {new}?", "findings", trust))
    return found


def _answer(question: str, section: str, sentences: list[str]) -> dict[str, Any]:
    return {"question": question, "section": section, "answer": " ".join(sentences)}


def _how_good(predictor: PredictorBase, facts: Mapping[str, Any]) -> Iterator[str]:
    verdict = facts["verdict"]
    yield verdict["headline"]
    table = verdict["tables"][0]
    if len(verdict["tables"]) == 1:
        own = next(m for m in table["models"] if m["kind"] == "network")
        average = next((m for m in table["models"] if m["kind"] == "average"), None)
        shown = average if average and table["quoted"] in average["said"] else own
        value = shown["said"][table["quoted"]].split(" ± ")[0]
        about = "about " if shown is average else ""
        where = " on rows it was not trained on" if verdict["honest"] else ""
        yield f"Its {table['label']} is {about}{value}{where}."


def _relies_on(facts: Mapping[str, Any]) -> Iterator[str]:
    columns = facts["importance"]["columns"]
    clear = [
        each["column"]
        for each in columns
        if each["error"] is not None and each["value"] > CLEAR * each["error"]
    ]
    if not clear:
        yield "No column clearly matters: shuffling any of them changes little."
        return
    total = sum(max(each["value"], 0.0) for each in columns)
    first = columns[0]
    share = first["value"] / total if total > 0 else 0.0
    names = listed(clear[:_NAMED], last=" and ")
    word = "Mostly" if len(clear) <= _NAMED else "Most of all"
    yield f"{word} on {names}."
    if share > 0.5 and len(columns) > 1:
        yield f"{first['column']} alone matters more than all other columns together."
    rest = len(columns) - len(clear)
    if rest:
        makes = "makes" if rest == 1 else "make"
        yield f"{rest:,} of {count(len(columns), 'column')} {makes} no clear difference."


def _trust(predictor: PredictorBase, seen: Seen | None, facts: Mapping[str, Any]) -> Iterator[str]:
    schema = predictor.schema
    serious = [each["text"] for each in facts["findings"] if each["severity"] == SERIOUS]
    if serious:
        yield f"Look at this first: {serious[0]}"
        return
    groups, time = schema.role("group"), schema.role("time")
    if facts["verdict"] is not None and facts["verdict"]["quality"] == "poor":
        yield "Not yet: it predicts no better than a constant."
    elif time:
        yield f"For later rows, yes: it was tried on rows later by {time[0]} than those it knew."
    elif groups:
        yield f"For a new {groups[0]}, yes: every {groups[0]} was held out as a whole."
    elif seen is not None and not seen.honest:
        yield "These rows are from another table than the one it was trained on."
    else:
        yield (
            "For rows like those in the table, yes: rows were held out at random. If several rows "
            "belong together (one customer, one patient) and new ones will come, train with "
            "--group COLUMN."
        )
    yield from _intervals(facts)
    unlike = facts["unlike"]
    if unlike and unlike["clear"] and unlike["ratio"]:
        yield f"For rows unlike any of them, errors are {unlike['ratio']:.1f} times as large."


def _intervals(facts: Mapping[str, Any]) -> Iterator[str]:
    for target in facts["targets"][:1]:
        coverage = target["coverage"]
        for each in (coverage or {}).get("levels", []):
            if each["level"] == 0.9:
                what = "sets of classes" if coverage["sets"] else "intervals"
                held = f"{100 * each['inside']:.0f} %"
                size = (
                    f"{each['size']:.2g} classes on average"
                    if coverage["sets"]
                    else f"± {each['size']:.3g}"
                )
                yield f"Its 90 % {what} ({size}) held {held} of rows held out."
