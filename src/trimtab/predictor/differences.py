"""What differs between two predictors: data, columns, split, options, network, scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.core.words import listed, plain
from trimtab.insight.uncertainty.predictive import weights_digest
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.metric_names import title
from trimtab.predictor.network_size import size_of
from trimtab.predictor.reporting.again import option_text
from trimtab.predictor.scores import Scores
from trimtab.predictor.several.scores import SeveralScores
from trimtab.tables.columns.column import Column

__all__ = ["Difference", "differences", "same_rows"]


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same.

    Attributes:
        section: ``data``, ``target``, ``columns``, ``split``, ``options``, ``network``,
            ``scores`` or ``versions``.
        name: what it is.
        a, b: what it is in the one and in the other; empty: it is not there.
    """

    section: str
    name: str
    a: str
    b: str

    def record(self) -> dict[str, str]:
        """Plain data for JSON."""
        return {"section": self.section, "name": self.name, "a": self.a, "b": self.b}


def differences(a: PredictorBase, b: PredictorBase) -> list[Difference]:
    """What differs between two predictors, by section.

    Example:
        >>> import trimtab
        >>> small = {"epochs": 1, "layers": "4 relu", "effort": "quick"}
        >>> a = trimtab.train("red-wine", **small)
        >>> b = trimtab.train("red-wine", drop=["pH"], **small | {"layers": "8 relu"})
        >>> [(each.name, each.a, each.b) for each in differences(a, b)][1:3]
        [('pH', 'numeric, standard', 'left out'), ('drop', '', 'pH')]
    """
    found = []
    for section, pairs in (
        ("data", (_data(a), _data(b))),
        ("target", (_target(a), _target(b))),
        ("columns", (_columns(a), _columns(b))),
        ("split", (_split(a), _split(b))),
        ("options", (_options(a), _options(b))),
        ("network", (_network(a), _network(b))),
        ("scores", (_scores(a), _scores(b))),
        ("versions", (_versions(a), _versions(b))),
    ):
        found += [Difference(section, *each) for each in _apart(*pairs)]
    return found


def same_rows(a: PredictorBase, b: PredictorBase) -> bool:
    """Whether two files show that their scores are of the same rows.

    They do not where columns differ: the checksum of a table is that of its columns, too.
    """
    told = [
        (
            each.provenance.get("fingerprint"),
            each.split.get("plan"),
            each.split.get("seed"),
            None if each.best_evidence is None else each.best_evidence.part,
        )
        for each in (a, b)
    ]
    return told[0] == told[1] and told[0][0] is not None


def _apart(a: Mapping[str, str], b: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for name in dict.fromkeys((*a, *b)):
        one, other = a.get(name, ""), b.get(name, "")
        if one != other:
            yield name, one, other


def _data(of: PredictorBase) -> dict[str, str]:
    provenance = of.provenance
    checksum = provenance.get("fingerprint")
    return {
        "name": str(provenance.get("data", "")),
        "rows": _number(provenance.get("rows")),
        "columns": _number(provenance.get("columns")),
        "fingerprint": f"{checksum:08x}" if isinstance(checksum, int) else "",
    }


def _target(of: PredictorBase) -> dict[str, str]:
    return {
        "target": listed(of.targets, 20),
        "task": of.task,
        "classes": listed(of.schema.classes, 20),
        "positive": "" if of.positive is None else str(of.positive),
        "threshold": "" if of.threshold is None else f"{of.threshold:.6g}",
    }


def _columns(of: PredictorBase) -> dict[str, str]:
    ways: dict[str, dict[str, None]] = {}
    for each in of.preprocessor.columns:
        ways.setdefault(each.source, {})[each.how] = None
    return {
        column.name: _way(column, ways.get(column.name))
        for column in of.schema.columns
        if column.role != "target"
    }


def _way(column: Column, ways: dict[str, None] | None) -> str:
    if column.role == "dropped":
        return "left out"
    if column.role != "feature":
        return column.role
    return f"{column.kind}, {'; '.join(ways or {'not used': None})}"


def _split(of: PredictorBase) -> dict[str, str]:
    counts = {part: _number(of.split.get(part)) for part in ("train", "valid", "test")}
    return {"how": str(of.split.get("how", ""))} | counts


def _options(of: PredictorBase) -> dict[str, str]:
    return {
        name: option_text(plain(value)) for name, value in of.options.items() if name != "target"
    }


def _network(of: PredictorBase) -> dict[str, str]:
    from trimtab.model.committee import members_of

    every = members_of(of.model)
    return {
        "networks": str(len(every) * len(every[0])),
        "inputs": _number(of.preprocessor.width),
        "size": size_of(every[0]),
        "epochs": _number(len(of.history.epoch)),
        "weights": weights_digest(of.model)[:8],
    }


def _scores(of: PredictorBase) -> dict[str, str]:
    evidence = of.best_evidence
    if evidence is None:
        return {}
    found = {"rows": f"{evidence.rows:,} {evidence.part}"}
    if isinstance(evidence, SeveralScores):
        for name, each in evidence.targets.items():
            found |= {f"{metric} of {name}": said for metric, said in _metrics(each).items()}
        return found
    return found | _metrics(evidence)


def _metrics(scores: Scores) -> dict[str, str]:
    return {title(name): str(score) for name, score in scores.metrics.items()}


def _versions(of: PredictorBase) -> dict[str, str]:
    versions = of.provenance.get("versions")
    return (
        {name: str(each) for name, each in versions.items()} if isinstance(versions, dict) else {}
    )


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else ""
