"""The rule about validation rows that are unlike the training rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles
from trimtab.core.words import listed
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.columns import GivenTable
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.insight.coach.rules.order import is_sorted, sorted_column
from trimtab.insight.coach.rules.validation import resplit
from trimtab.insight.coach.two_samples import different_columns, distance, probability

__all__ = ["LEVEL", "unlike_validation"]

#: Probability of a finding where there is no difference.
LEVEL = 0.001

#: Smaller differences of the distribution functions do no harm: 0.2 is what a shift by half a
#: standard deviation does to a normal distribution.
LARGE = 0.2

#: Fewest rows on either side, and most that are looked at: with these a distance is known to 0.02.
FEWEST, MOST = 20, 2_000

#: A column is scaled differently where its mean is so many standard deviations away, or its
#: standard deviation so many times as large or as small.
SHIFTED, STRETCHED = 2.0, 3.0

#: Most columns in a sentence.
NAMED = 4


def unlike_validation(facts: Facts) -> Iterator[Finding]:
    """Columns, or targets, of validation rows that are distributed unlike those of training."""
    x, x_valid = facts.x, facts.x_valid
    if x is None or x_valid is None:
        return
    if facts.split == "split" and (is_sorted(facts) or sorted_column(facts) is not None):
        return  # that is the cause
    rows, rows_valid = _rows(len(x), _groups(facts, 0)), _rows(len(x_valid), _groups(facts, 1))
    if min(len(rows), len(rows_valid)) < FEWEST:
        return
    pairs = _pairs(facts, rows, rows_valid)
    found = [(name, distance(*both), both) for name, _, both in pairs]
    chances = [probability(size, len(both[0]), len(both[1])) for _, size, both in found]
    different = [i for i in different_columns(chances, LEVEL) if found[i][1] >= LARGE]
    if not different:
        return
    worst = max(different, key=lambda number: found[number][1])
    name, size, (one, other) = found[worst]
    scaled = [pairs[i][1] for i in different if pairs[i][1] is not None and _scaled(*found[i][2])]
    evidence = {
        "columns": [found[i][0] for i in different],
        "worst": name,
        "distance": size,
        "median": float(np.median(one)),
        "median_valid": float(np.median(other)),
        "tested": len(found),
        "level": LEVEL,
        "scaled": len(scaled) == len(different),
    }
    others = [found[i][0] for i in different if i != worst]
    yield Finding.of(
        Code.UNLIKE_VALIDATION,
        "{worst}: median {median:.4g} in the training and {median_valid:.4g} in the validation "
        "rows, distribution functions {distance:.2f} apart{more}; at most one table in {once} "
        "shows this by chance",
        evidence,
        words={
            "more": f" (also {listed(others, most=NAMED)})" if others else "",
            "once": f"{1 / LEVEL:,.0f}",
        },
        steps=_rescaled(facts, scaled) if evidence["scaled"] else _redrawn(facts),
    )


def _groups(facts: Facts, side: int) -> list[Any] | None:
    if facts.groups is None:
        return None
    return facts.groups.valid if side else facts.groups.train


def _rows(total: int, groups: list[Any] | None) -> NDArray[np.int64]:
    """Rows that are independent of each other: one of each group, and not too many."""
    order = np.random.default_rng(0).permutation(total)
    if groups is not None:
        number = {label: i for i, label in enumerate(dict.fromkeys(groups))}
        own = np.array([number[label] for label in groups])[order]
        order = order[np.unique(own, return_index=True)[1]]
    return order[:MOST]


_Pair = tuple[str, int | None, tuple[Doubles, Doubles]]


def _pairs(facts: Facts, rows: NDArray[np.int64], rows_valid: NDArray[np.int64]) -> list[_Pair]:
    """Name, number (None: a target) and values of each column on both sides, if enough."""
    assert facts.x is not None and facts.x_valid is not None
    sides: list[tuple[GivenTable, GivenTable]] = [(facts.x, facts.x_valid)]
    if facts.y is not None and facts.y_valid is not None and facts.y.width == facts.y_valid.width:
        sides.append((facts.y, facts.y_valid))
    pairs: list[_Pair] = []
    for one, other in sides:
        for i in range(one.width):
            values = [_finite(one.values[rows, i]), _finite(other.values[rows_valid, i])]
            if min(map(len, values)) < FEWEST:
                continue
            name = one.column(i) if one is facts.x else one.name
            pairs.append((name, i if one is facts.x else None, (values[0], values[1])))
    return pairs


def _finite(values: Any) -> Doubles:
    kept: Doubles = values[np.isfinite(values)].astype(np.float64)
    return kept


def _scaled(one: Doubles, other: Doubles) -> bool:
    """Whether a shift and a factor, both large ones together, make one like the other."""
    spread, spread_other = float(one.std()), float(other.std())
    if not (spread > 0 and spread_other > 0):
        return False
    ratio = spread_other / spread
    far = abs(float(other.mean() - one.mean())) / spread
    if far < SHIFTED and 1 / STRETCHED < ratio < STRETCHED:
        return False
    alike = (other - other.mean()) / ratio + one.mean()
    return distance(one, alike) < LARGE


def _rescaled(facts: Facts, columns: list[int | None]) -> str:
    """Code that brings columns of the validation rows to the scale of the training rows."""
    assert facts.x is not None and facts.x_valid is not None
    labels = [facts.x.label(number) for number in columns if number is not None]
    lines = [
        "import numpy as np",
        "",
        "# Better: scale validation rows with the numbers of the training rows. Where these are",
        "# gone, bring both to one mean and standard deviation.",
    ]
    if facts.split == "split":
        kept = len(facts.x)
        lines += [f"kept = {kept}  # the rest are validation rows"]
        lines += ["x = x.copy()" if facts.x.is_frame else "x = np.array(x, np.float64)"]
        for label in labels:
            train = f"x[{label!r}].iloc[:kept]" if facts.x.is_frame else f"x[:kept, {label!r}]"
            column = f"x[{label!r}]" if facts.x.is_frame else f"x[:, {label!r}]"
            lines += [
                f"one, rest = np.asarray({train}), np.asarray({column})[kept:]",
                "rest = (rest - rest.mean()) / rest.std() * one.std() + one.mean()",
                f"{column} = np.concatenate([one, rest])",
            ]
        return "\n".join(lines)
    frame = facts.x_valid.is_frame
    lines += ["x_valid = x_valid.copy()" if frame else "x_valid = np.array(x_valid, np.float64)"]
    lines += [f"for column in {labels!r}:"]
    one = "x[column]" if facts.x.is_frame else "np.asarray(x)[:, column]"
    other = "x_valid[column]" if frame else "x_valid[:, column]"
    lines += [
        f"    one, rest = np.asarray({one}), np.asarray({other})",
        f"    {other} = (rest - rest.mean()) / rest.std() * one.std() + one.mean()",
    ]
    return "\n".join(lines)


def _redrawn(facts: Facts) -> str:
    """Code that splits all rows anew."""
    return (
        "# Where validation rows are to be others on purpose, such as later ones, leave them so.\n"
        + resplit(facts)
    )
