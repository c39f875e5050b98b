"""The verdict: the network beside the best constant and beside simpler models."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trimtab.core.types import Doubles
from trimtab.core.words import listed
from trimtab.insight.uncertainty.conformal import group_numbers
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.classes.deciding import decided
from trimtab.predictor.classes.metrics import metrics_of_classes
from trimtab.predictor.draws import CLEAR, Draws, Measured, Score, weights_or_ones
from trimtab.predictor.metric_names import ERRORS, METRICS, SHARES, title
from trimtab.predictor.number_metrics import metrics_of_numbers
from trimtab.predictor.reporting.plain import said, score_record
from trimtab.predictor.reporting.rivals import LINEAR, Rival
from trimtab.predictor.reporting.rows import Seen
from trimtab.predictor.scores import Scores
from trimtab.predictor.several.baselines import SeveralBaselines
from trimtab.predictor.several.scores import SeveralScores
from trimtab.tables.columns.storage import shown

__all__ = ["verdict_facts"]

#: Most targets of several that have a table of their own.
MOST_TABLES = 6

Metrics = Mapping[str, Measured]


def verdict_facts(
    predictor: PredictorBase,
    scores: Scores | SeveralScores,
    seen: Seen | None,
    found: Sequence[Rival],
    notes: Sequence[str],
) -> dict[str, Any]:
    """How good the network is.

    Args:
        predictor: the model.
        scores: to quote.
        seen: the rows that simpler models were compared on.
        found: simpler models.
        notes: what is worth knowing besides.
    """
    several = isinstance(scores, SeveralScores)
    each = dict(scores.targets) if isinstance(scores, SeveralScores) else {scores.target: scores}
    tables = []
    for place, (name, own) in enumerate(each.items()):
        if place < MOST_TABLES:
            tables.append(_table(predictor, own, name, place if several else None, seen, found))
    quality, headline = _headline(scores, tables)
    return {
        "headline": headline,
        "quality": quality,
        "sentence": scores.sentence(),
        "caveat": predictor.caveat,
        "rows": scores.rows,
        "groups": scores.groups,
        "part": scores.part,
        "tables": tables,
        "subject": _subject(tables[0]),
        "more": max(0, len(each) - MOST_TABLES),
        "notes": [*notes, *_of_fewer_rows(seen, found)],
    }


def _table(
    predictor: PredictorBase,
    scores: Scores,
    target: str,
    place: int | None,
    seen: Seen | None,
    found: Sequence[Rival],
) -> dict[str, Any]:
    """The metrics of all models for one target."""
    quoted = scores.quoted or next(iter(scores.metrics))
    names = list(scores.metrics)
    averaged = scores.averaged
    networks = averaged.networks if averaged is not None else 1
    models = []
    own = {name: score_record(each) for name, each in scores.metrics.items()}
    if averaged is not None:
        # Its error is that of one network, which is all that is known of it.
        about: dict[str, list[float | None]] = {
            name: [value, scores.metrics[name].error]
            for name, value in averaged.metrics.items()
            if name in scores.metrics
        }
        if quoted in about:
            models.append(
                _model(f"average of {networks} (estimated)", "average", about, names, None)
            )
    factor = 1.0
    if averaged is not None and quoted in averaged.metrics and scores.metrics[quoted].value:
        factor = averaged.metrics[quoted] / scores.metrics[quoted].value
    name = "network" if averaged is None else f"one network of {networks}"
    models.append(_model(name, "network", own, names, None))
    compared = []
    for rival in found:
        assert seen is not None
        ours, theirs = _on_same_rows(predictor, scores, place, seen, rival)
        values = {n: score_record(each) for n, each in theirs["scores"].items() if n in names}
        difference = _difference(quoted, ours, theirs, factor)
        models.append(_model(rival.name, rival.kind, values, names, difference))
        compared.append((rival.name, difference))
    constant = {name: score_record(each) for name, each in scores.baseline.items()}
    models.append(_model("best constant", "constant", constant, names, None))
    positive = "" if scores.positive is None else shown(scores.positive)
    return {
        "target": target,
        "quoted": quoted,
        "label": title(quoted, positive) + (f" of {target}" if quoted in ("mae", "rmse") else ""),
        "metrics": [
            {
                "name": name,
                "title": title(name, positive),
                "less": name in ERRORS,
                "share": name in SHARES,
                "constant": (scores.constants or {}).get(name, ""),
            }
            for name in names
        ],
        "models": models,
        "gain": score_record(scores.gain),
        "relative": score_record(scores.relative),
    }


def _subject(table: Mapping[str, Any]) -> str:
    """What simpler models are compared with."""
    average = next((each for each in table["models"] if each["kind"] == "average"), None)
    if average is not None:
        return f"The {average['name'].partition(' (')[0]} networks"
    own = next(each for each in table["models"] if each["kind"] == "network")
    return "The network" if own["name"] == "network" else own["name"].capitalize()


def _model(
    name: str,
    kind: str,
    values: Mapping[str, list[float | None]],
    names: Sequence[str],
    difference: Mapping[str, Any] | None,
) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "values": dict(values),
        "said": {each: said(each, values[each]) for each in names if each in values},
        "difference": difference,
    }


def _on_same_rows(
    predictor: PredictorBase, scores: Scores, place: int | None, seen: Seen, rival: Rival
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The metrics of the network and of another model on the rows that both predict."""
    rows = seen.at(rival.places)
    ours = _measured(predictor, scores, place, rows, rows.outputs)
    return ours, _measured(predictor, scores, place, rows, rival.outputs)


def _measured(
    predictor: PredictorBase, scores: Scores, place: int | None, rows: Seen, outputs: Doubles
) -> dict[str, Any]:
    groups = None if rows.groups is None else group_numbers(rows.groups, len(rows))
    draws = Draws(weights_or_ones(rows.weights, len(rows)), groups)
    baseline = predictor.baseline
    if isinstance(baseline, SeveralBaselines):
        assert place is not None
        own = baseline[scores.target]
        found, _ = metrics_of_numbers(draws, rows.y[:, place], outputs[:, place], own)
    elif not predictor.classifies:
        found, _ = metrics_of_numbers(draws, rows.y, outputs, baseline)
    else:
        positive = predictor.schema.positive_class
        costs = () if predictor.deciding is None else predictor.deciding.costs
        found, _ = metrics_of_classes(
            draws,
            rows.y.astype(np.int64),
            outputs,
            decided(outputs, positive, predictor.threshold),
            baseline,
            positive=positive,
            costs=costs,
        )
    finite = {name: each for name, each in found.items() if math.isfinite(each.value)}
    known = {name: finite[name] for name in METRICS[scores.task] if name in finite}
    return {
        "measured": known,
        "scores": {name: draws.score(each) for name, each in known.items()},
        "draws": draws,
    }


def _difference(
    quoted: str, ours: Mapping[str, Any], theirs: Mapping[str, Any], factor: float
) -> dict[str, Any] | None:
    """How much better the network is, above 0, with the error of the paired difference.

    Args:
        quoted: the metric.
        ours, theirs: metrics of the network and of another model on the same rows.
        factor: the error of the average of several networks as a share of that of one.
    """
    mine, other = ours["measured"].get(quoted), theirs["measured"].get(quoted)
    if mine is None or other is None:
        return None
    mine = Measured(factor * mine.value, factor * mine.influence)
    draws: Draws = ours["draws"]
    gain = draws.score(other - mine if quoted in ERRORS else mine - other)
    relative = Score(math.nan, math.nan)
    if quoted in ERRORS and other.value:
        relative = draws.score(mine.share_below(other))
    clear = math.isfinite(gain.error) and abs(gain.value) > CLEAR * gain.error
    return {
        "gain": score_record(gain),
        "relative": score_record(relative),
        "better": (1 if gain.value > 0 else -1) if clear else 0,
        "said": _gained(quoted, gain, relative),
    }


def _gained(quoted: str, gain: Score, relative: Score) -> str:
    """The size of a difference in words, whichever sign it has."""
    if quoted in ERRORS and math.isfinite(relative.value):
        return f"{relative.percent(1 if relative.value >= 0 else -1)}"
    sign = 1 if gain.value >= 0 else -1
    if quoted in SHARES:
        return f"{gain.percent(sign).replace(' %', '')} points"
    return str(Score(sign * gain.value, gain.error))


def _headline(
    scores: Scores | SeveralScores, tables: Sequence[Mapping[str, Any]]
) -> tuple[str, str]:
    """``good``, ``mixed`` or ``poor``, and why, in one sentence."""
    first = tables[0]
    quoted = first["quoted"]
    if isinstance(scores, SeveralScores):
        better = scores.relative
        constant = f"On average over {len(scores.targets)} targets it makes"
        if better.value > CLEAR * better.error:
            said_ = f"{constant} {better.percent()} less error than the best constants"
            return "good", f"{said_}{_beside(tables)}."
        return "poor", f"{constant} no less error than the best constants."
    gain, error = scores.gain.value, scores.gain.error
    if not math.isfinite(error):
        return "mixed", "There are too few rows to tell how good it is."
    if gain < -CLEAR * error:
        return "poor", f"It is worse than always predicting the same{_beside(tables)}."
    if not gain > CLEAR * error:
        return "poor", f"It is no better than always predicting the same{_beside(tables)}."
    if quoted in ERRORS and math.isfinite(scores.relative.value):
        word = "error" if scores.task == "regression" else title(quoted)
        said_ = f"It makes {scores.relative.percent()} less {word} than the best constant"
    elif quoted in SHARES:
        points = scores.gain.percent().replace(" %", "")
        said_ = f"Its {title(quoted)} is {points} percentage points above the best constant"
    else:
        said_ = f"Its {title(quoted)} is {scores.gain} above the best constant"
    quality = "good"
    rivals = [m for m in first["models"] if m["difference"] is not None]
    if rivals and not all(each["difference"]["better"] >= 0 for each in rivals):
        quality = "mixed"
    linear = next((each for each in rivals if each["kind"] == LINEAR), None)
    said_ += f"{_beside(tables)}."
    if linear is not None and linear["difference"]["better"] <= 0:
        quality = "mixed"
        said_ += " A linear model would do."
    return quality, said_


def _beside(tables: Sequence[Mapping[str, Any]]) -> str:
    """What simpler models say to it, as the end of a sentence."""
    outcomes: dict[int, list[str]] = {1: [], 0: [], -1: []}
    for model in tables[0]["models"]:
        if model["difference"] is not None and len(tables) == 1:
            name = f"a {model['name']}" if model["kind"] == "linear" else model["name"]
            size = model["difference"]["said"]
            better = model["difference"]["better"]
            outcomes[better].append(f"{name} ({size})" if better else name)
    parts = []
    if outcomes[1]:
        parts.append(f"better than {listed(outcomes[1], last=' and ')}")
    if outcomes[0]:
        parts.append(f"about as good as {listed(outcomes[0], last=' and ')}")
    text = f" and is {' and '.join(parts)}" if parts else ""
    if outcomes[-1]:
        text += f", but {listed(outcomes[-1], last=' and ')} would be better"
    return text


def _of_fewer_rows(seen: Seen | None, found: Sequence[Rival]) -> list[str]:
    if seen is None:
        return []
    return [
        f"The {rival.name} is compared on {len(rival.places):,} of {seen.whole:,} rows."
        for rival in found
        if len(rival.places) < seen.whole
    ]
