"""The rule about targets of which a few are far away from all others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trimtab.core.types import Doubles
from trimtab.insight.coach import remedies
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.insight.coach.output import outside

__all__ = ["heavy_tailed", "heavy_tailed_target"]

#: Fewest rows, and the share of them that is looked at: the farthest from the mean.
FEWEST, FARTHEST = 100, 0.01

#: Share of the sum of squares from which on these make up too much: 0.09 in a normal distribution,
#: 0.22 in an exponential one, 0.5 in a lognormal one with sigma 1.
TOO_MUCH = 1 / 3


def heavy_tailed(facts: Facts) -> float:
    """Share of the squares that the farthest targets make up; 0 where that does no harm."""
    table, loss = facts.y, facts.loss
    if table is None or loss is None or loss.loss != "mean_squared_error" or table.width > 1:
        return 0.0
    if facts.labels is not None or facts.model.runner.step or not table.finite:
        return 0.0
    if outside(facts) is not None or len(np.unique(table.values[:1000])) <= 2:
        return 0.0
    share = _share(table.values[:, 0].astype(np.float64))
    return share if share >= TOO_MUCH else 0.0


def _share(y: Doubles) -> float:
    if len(y) < FEWEST:
        return 0.0
    squares = np.square(y - y.mean())
    total = float(squares.sum())
    if not 0 < total < np.inf:
        return 0.0
    few = max(1, int(FARTHEST * len(y)))
    return float(np.partition(squares, -few)[-few:].sum()) / total


def heavy_tailed_target(facts: Facts) -> Iterator[Finding]:
    """Squared errors of a target of which one row in a hundred makes up most."""
    share = heavy_tailed(facts)
    table = facts.y
    if not share or table is None:
        return
    y = table.values[:, 0].astype(np.float64)
    code, edits = _remedy(facts, y)
    evidence = {
        "share": share,
        "percent": 100 * share,
        "median": float(np.median(y)),
        "farthest": float(y[np.abs(y - y.mean()).argmax()]),
    }
    yield Finding.of(
        Code.HEAVY_TAILED_TARGET,
        "the 1 % of the rows that are farthest from the mean make up {percent:.0f} % of the "
        "squares of y; its median is {median:.4g}, the farthest {farthest:.4g}",
        evidence,
        edits=edits,
        steps=code,
    )


def _remedy(facts: Facts, y: Doubles) -> tuple[str, list[Edit]]:
    """Code for a curve that brings the tails in, or for an absolute error where none does."""
    last = facts.chain.last
    bounded = last.kind == "activation" and last.range[0] >= 0
    if last.kind == "activation" and last.range[1] < np.inf:
        return _absolute(facts)
    positive = bool((y > 0).all())
    middle = float(np.median(y))
    spread = float(np.subtract(*np.quantile(y, [0.75, 0.25]))) or float(y.std())
    if bounded and middle > 0:
        bent, there, back = np.log1p(y / middle), "np.log1p({y} / unit)", "np.expm1(z) * unit"
        constants = f"unit = {middle:.4g}"
    elif positive and not bounded:
        bent, there, back = np.log(y), "np.log({y})", "np.exp(z)"
        constants = ""
    elif not bounded and spread > 0:
        middle, spread = float(f"{middle:.4g}"), float(f"{spread:.4g}")
        bent = np.arcsinh((y - middle) / spread)
        there, back = "np.arcsinh(({y} - origin) / unit)", "np.sinh(z) * unit + origin"
        constants = f"origin, unit = {middle!r}, {spread!r}"
    else:
        return _absolute(facts)
    if _share(bent) >= TOO_MUCH:
        return _absolute(facts)
    names = ["y", "y_valid"] if facts.split == "data" else ["y"]
    lines = ["import numpy as np", "", *([constants] if constants else [])]
    curved = [there.replace("{y}", f"np.asarray({name}, np.float64)") for name in names]
    if bounded:
        lines += [f"{name} = {code}" for name, code in zip(names, curved, strict=True)]
        lines.append(f"# Predictions: z = model.predict(x), then {back}.")
    else:  # around 0, as a new network's outputs are
        center, scale = (float(f"{value:.6g}") for value in (bent.mean(), bent.std()))
        lines.append(f"center, scale = {center!r}, {scale!r}")
        lines += [
            f"{name} = ({code} - center) / scale" for name, code in zip(names, curved, strict=True)
        ]
        lines.append(f"# Predictions: z = model.predict(x) * scale + center, then {back}.")
    return "\n".join(lines), [Edit("log_target"), Edit("loss", {"name": "mean_absolute_error"})]


def _absolute(facts: Facts) -> tuple[str, list[Edit]]:
    code = remedies.recompiled(facts.model, facts.plan, loss='"mae"')
    return code, [Edit("loss", {"name": "mean_absolute_error"})]
