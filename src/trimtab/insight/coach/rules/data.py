"""Rules about the table: harmful values and useless columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from trimtab.core.words import listed
from trimtab.insight.coach import remedies
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.columns import GivenTable
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.insight.coach.rules import embedding
from trimtab.insight.coach.scaling import float32_columns

__all__ = [
    "constant_columns",
    "dropped",
    "float32_resolution",
    "non_finite_values",
]

#: A column is nearly constant if at most this share of its rows differ from the rest.
FEW = 0.001

#: Most entries in a list of columns.
NAMED = 4


def non_finite_values(facts: Facts) -> Iterator[Finding]:
    """Tables with NaN or infinite values."""
    tables = [
        table
        for table in (facts.x, facts.y, facts.x_valid, facts.y_valid)
        if table is not None and not table.finite
    ]
    if not tables:
        return
    # A remedy may mend several tables: what is cut from one table is in both.
    codes = [_repaired(facts, table, np.flatnonzero(_wrong(table))) for table in tables]
    table = tables[0]
    columns, wrong = table.columns, _wrong(table)
    evidence = {
        "table": table.name,
        "missing": int(columns.missing.sum()),
        "infinite": int(columns.infinite.sum()),
        "columns": _names(table, np.flatnonzero(wrong)),
        "tables": [each.name for each in tables],
    }
    parts = [f"{{{kind}:,}} {kind}" for kind in ("missing", "infinite") if evidence[kind]]
    values = "values" if int(wrong.sum()) > 1 else "value"
    sentence = f"{{table}} has {' and '.join(parts)} {values}"
    if table.width > 1:
        sentence += ", in {columns}"
    if len(tables) > 1:
        sentence += f"; there are some in {listed(each.name for each in tables[1:])} as well"
    steps = "\n".join(dict.fromkeys(codes))
    yield Finding.of(Code.NON_FINITE_VALUES, sentence, evidence, steps=steps)


def _wrong(table: GivenTable) -> Any:
    """Number of values in each column that are missing or infinite."""
    return table.columns.missing + table.columns.infinite


def _repaired(facts: Facts, table: GivenTable, where: Any) -> str:
    """Code that removes rows without a target and fills features with their column's median.

    Missing codes become a category of their own.
    """
    x, y = ("x_valid", "y_valid") if table.name.startswith("validation") else ("x", "y")
    if facts.split == "split":  # both are parts of what was given
        x, y = "x", "y"
    if table.name.endswith("y"):
        rows = facts.x if x == "x" else facts.x_valid
        kept = x if rows is not None and rows.is_frame else f"np.asarray({x})"
        lines = [
            f"known = np.isfinite(np.asarray({y}, float)).reshape(len({y}), -1).all(axis=1)",
            f"{x}, {y} = {kept}[known], np.asarray({y})[known]",
        ]
        if x == "x":
            if "sample_weight" in facts.given:
                lines.append("sample_weight = np.asarray(sample_weight)[known]")
            if facts.groups is not None and facts.split == "split":
                lines.append("groups = np.asarray(groups)[known]")
        if facts.groups is not None and facts.split == "data":
            both = ["groups[0]", "groups[1]"]
            place = 0 if x == "x" else 1
            both[place] = f"np.asarray({both[place]})[known]"
            lines.append(f"groups = ({both[0]}, {both[1]})")
        return "\n".join(lines)
    empty = np.isnan(table.columns.mean)
    if empty.any():
        gone = [table.label(int(i)) for i in np.flatnonzero(empty)]
        code = dropped(facts, table, np.flatnonzero(empty), "non_finite_values")
        return f"# columns without any value: {gone}\n{code}"
    codes = [int(i) for i in where if int(i) in facts.codes]
    lines, network = [], []
    if codes:
        lines = embedding.given_a_number(facts, table, [x], codes)
        network = ["", embedding.with_one_more(facts, codes)]
    others = len(where) > len(codes)
    if others and table.is_frame:
        lines.append(f"{x} = {x}.replace([np.inf, -np.inf], np.nan)")
        lines.append(f"{x} = {x}.fillna(x.median())")
    elif others:
        lines.append(f"{x} = np.where(np.isfinite({x}), {x}, np.nan)")
        lines.append(f"{x} = np.where(np.isnan({x}), np.nanmedian(x, axis=0), {x})")
    return "\n".join(lines + network)


def float32_resolution(facts: Facts) -> Iterator[Finding]:
    """Columns of x whose standard deviation is only a few float32 steps."""
    table, coarse = facts.x, float32_columns(facts)
    if table is None or not coarse:
        return
    columns = table.columns
    worst = min(coarse, key=coarse.__getitem__)
    evidence = {
        "columns": [table.column(i) for i in coarse],
        "worst": table.column(worst),
        "mean": float(columns.mean[worst]),
        "deviation": float(columns.deviation[worst]),
        "steps": coarse[worst],
    }
    names = [(table.label(i), float(columns.mean[i])) for i in coarse]
    tables = ["x", "x_valid"] if facts.split == "data" else ["x"]
    lines = []
    for name in tables:
        if table.is_frame:
            lines.append(f"{name} = {name}.copy()")
            lines += [f"{name}[{label!r}] -= {mean!r}" for label, mean in names]
        else:
            lines.append(f"{name} = np.array({name}, np.float64)")
            lines += [f"{name}[:, {label}] -= {mean!r}" for label, mean in names]
    if not table.is_frame:
        lines = ["import numpy as np", "", *lines]
    yield Finding.of(
        Code.FLOAT32_RESOLUTION,
        "{worst}{more}: mean {mean:.6g}, standard deviation {deviation:.3g}, or {steps:.3g} "
        "float32 steps",
        evidence,
        words={"more": f" (and {len(coarse) - 1:,} more)" * (len(coarse) > 1)},
        edits=[Edit("standardize_inputs")],
        steps="\n".join(lines),
    )


def constant_columns(facts: Facts) -> Iterator[Finding]:
    """Columns of x with one value in all, or nearly all, rows."""
    table = facts.x
    if table is None or len(table) < 2:
        return
    columns = table.columns
    known = len(table) - columns.missing - columns.infinite
    constant = (columns.others == 0) & (known > 0)
    # Two values, one of them very rare; in a column of many values most differ from the median.
    nearly = ~constant & (columns.others <= FEW * known)
    where = np.flatnonzero(constant | nearly)
    gone = earlier_dropped(facts, "constant_columns")
    where = where[~np.isin(where, gone)]
    if not where.size or where.size + len(gone) == table.width:
        return
    evidence = {
        "constant": [table.column(int(i)) for i in where if constant[i]],
        "nearly": [table.column(int(i)) for i in where if nearly[i]],
        "columns": _names(table, where),
        "rows": len(table),
        "others": int(columns.others[where].max()),
    }
    sentence = "{columns}: the same value in all {rows:,} rows"
    if nearly[where].any():
        sentence = "{columns}: the same value in all but {others} of {rows:,} rows"
    yield Finding.of(
        Code.CONSTANT_COLUMNS,
        sentence,
        evidence,
        edits=[Edit("drop_columns", {"columns": [table.label(int(i)) for i in where]})],
        steps=dropped(facts, table, where, "constant_columns"),
    )


def dropped(facts: Facts, table: GivenTable, where: Any, who: str) -> str:
    """Code that drops columns from the table, and a network for the others.

    Args:
        facts: The facts.
        table: x, or a table of the same columns.
        where: The columns.
        who: The rule; remedies come in the order of :data:`~.rules.RULES`.
    """
    own = sorted({int(i) for i in where} - {*earlier_dropped(facts, who)})
    facts.plan.dropped[who] = own
    before = earlier_dropped(facts, who)
    labels = [table.label(i) for i in own]
    names = ["x", "x_valid"] if facts.split == "data" else ["x"]
    every = [table.label(number) for number in range(table.width)]
    if table.is_frame and len(set(every)) == len(every):
        lines = [f"{name} = {name}.drop(columns={labels!r})" for name in names]
    elif table.is_frame:  # names that occur twice
        kept = f"np.delete(np.arange({table.width - len(before)}), {_shifted(own, before)})"
        lines = ["import numpy as np", "", f"kept = {kept}"]
        lines += [f"{name} = {name}.iloc[:, kept]" for name in names]
    else:
        lines = ["import numpy as np", ""]
        lines += [f"{name} = np.delete({name}, {_shifted(own, before)}, axis=1)" for name in names]
    # All layers up to the first dense one are as wide as the table.
    wide = []
    for layer in facts.model.layers_without_inputs:
        wide.append(layer)
        if any(node.kind == "dense" and node.layer is layer for node in facts.chain.nodes):
            break
    gone = {*own, *before}
    changes, empty = embedding.without_codes(facts, gone)
    network = remedies.network(
        facts, changes=changes, renewed=wide, removed=empty, columns=table.width - len(gone)
    )
    return "\n".join([*lines, network])


def earlier_dropped(facts: Facts, who: str) -> list[int]:
    """The columns that remedies before this one have dropped."""
    order = ["non_finite_values", "leaking_column", "constant_columns"]
    earlier = order[: order.index(who)]
    return [number for each in earlier for number in facts.plan.dropped.get(each, [])]


def _shifted(own: list[int], before: list[int]) -> list[int]:
    """The numbers of columns once others are gone."""
    return [number - sum(other < number for other in before) for number in own]


def _names(table: GivenTable, where: Any) -> str:
    """The names of columns in a sentence."""
    return listed((table.column(int(i)) for i in where), most=NAMED)
