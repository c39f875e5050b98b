"""Rules about codes of categories: whether they reach their embedding, and are in its range."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from trimtab.insight.coach import remedies, source
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.columns import GivenTable
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.nn.layers import CategoryEmbedding
from trimtab.nn.layers.attachment import attachment

__all__ = [
    "codes_changed",
    "codes_out_of_range",
    "given_a_number",
    "with_one_more",
    "without_codes",
]


def codes_changed(facts: Facts) -> Iterator[Finding]:
    """Embeddings of the table behind a layer that changes the codes."""
    for node in facts.chain.of_kind("embedding"):
        changing = []
        before = facts.chain.before(node)
        while before is not None and before.kind in (
            "dropout",
            "noise",
            "batch_normalization",
            "row_normalization",
            "rescaling",
            "encoding",
            "activation",
        ):
            if before.kind != "dropout" or facts.rate(before):
                changing.append(before)
            before = facts.chain.before(before)
        inside = attachment(node.layer).block is not None
        if not changing or inside or before is None or before.kind != "input":
            continue
        code = source.constructor(node.layer)
        if facts.model.built:
            code = source.with_argument(code, f"input_shape=[{facts.model.built_width()}]")
        layers = facts.model.layers_without_inputs
        yield Finding.of(
            Code.CODES_CHANGED,
            "{layers} before it change{s} the codes",
            {"layers": ", ".join(other.path for other in reversed(changing))},
            layer=node.path,
            words={"s": "s" * (len(changing) == 1)},
            network=remedies.network(
                facts,
                renewed=layers[: layers.index(node.layer)],
                removed=[node.layer],
                first=code,
            ),
        )


def codes_out_of_range(facts: Facts) -> Iterator[Finding]:
    """Columns with codes outside the range of their embedding."""
    tables = [table for table in (facts.x, facts.x_valid) if table is not None]
    stray = {}
    for column, codes in facts.codes.items():
        values = np.concatenate([table.values[:, column] for table in tables])
        outside = np.isfinite(values) & ~((values > -1) & (values < codes.size))
        if outside.any():
            stray[column] = (values[outside], float(outside.mean()))
    if not stray:
        return
    worst = max(stray, key=lambda column: stray[column][1])
    evidence = {
        "columns": [tables[0].column(column) for column in stray],
        "worst": tables[0].column(worst),
        "size": facts.codes[worst].size,
        "last": facts.codes[worst].size - 1,
        "least": float(stray[worst][0].min()),
        "greatest": float(stray[worst][0].max()),
        "percent": 100 * stray[worst][1],
    }
    names = ["x", "x_valid"] if facts.split == "data" else ["x"]
    lines = [] if tables[0].is_frame else ["import numpy as np", ""]
    lines += given_a_number(facts, tables[0], names, list(stray))
    sentence = (
        "{worst}{more}: {size} categories take codes 0 to {last}, but {percent:.3g} % of the "
    )
    sentence += "codes are "
    same = evidence["least"] == evidence["greatest"]
    sentence += "{least:g}" if same else "outside, from {least:g} to {greatest:g}"
    yield Finding.of(
        Code.CODES_OUT_OF_RANGE,
        sentence,
        evidence,
        words={"more": f" (and {len(stray) - 1:,} more)" * (len(stray) > 1)},
        steps="\n".join([*lines, "", with_one_more(facts, list(stray))]),
    )


def given_a_number(
    facts: Facts, table: GivenTable, names: list[str], columns: list[int]
) -> list[str]:
    """Code that replaces codes out of range by one more category."""
    lines = []
    for name in names:
        lines.append(f"{name} = {name}.copy()" if table.is_frame else f"{name} = np.array({name})")
        for column in columns:
            size, label = facts.codes[column].size, repr(table.label(column))
            at = f"{name}[{label}]" if table.is_frame else f"{name}[:, {label}]"
            if table.is_frame:
                lines.append(f"{at} = {at}.where({at}.between(0, {size - 1}), {size})")
            else:
                lines.append(f"{at} = np.where(({at} >= 0) & ({at} < {size}), {at}, {size})")
    return lines


def with_one_more(facts: Facts, columns: list[int]) -> str:
    """Code for a network whose embeddings have one more category for these columns."""
    changes: dict[str, dict[str, Any]] = {}
    for column in columns:
        codes = facts.codes[column]
        layer = codes.layer
        if isinstance(layer, CategoryEmbedding):
            own = changes.setdefault(
                layer.path, {"sizes": list(layer.sizes), "dims": list(layer.dims)}
            )
            own["sizes"][codes.place] += 1
        else:
            changes[layer.path] = {"input_dim": codes.size + 1}
    return remedies.network(facts, changes=changes)


def without_codes(facts: Facts, columns: set[int]) -> tuple[dict[str, dict[str, Any]], list[Any]]:
    """Changes to embeddings whose columns of codes go, and the embeddings that none is left of."""
    changes, gone = {}, []
    for layer in dict.fromkeys(codes.layer for codes in facts.codes.values()):
        if not isinstance(layer, CategoryEmbedding):  # one table for any number of columns
            continue
        own = [(column, codes) for column, codes in facts.codes.items() if codes.layer is layer]
        kept = [codes.place for column, codes in own if column not in columns]
        if not kept:
            gone.append(layer)
        elif len(kept) < len(own):
            changes[layer.path] = {
                "sizes": [layer.sizes[place] for place in kept],
                "dims": [layer.dims[place] for place in kept],
            }
    return changes, gone
