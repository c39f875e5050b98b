"""Rules about how much there is to train: nothing, or far more than there are rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from trimtab.core.words import listed
from trimtab.insight.coach import remedies, steps
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.nn import data

__all__ = ["more_parameters_than_rows", "nothing_to_train"]

#: Parts that work against overfitting, or may.
HOLDING = ("noise", "own")

#: Parameters per row above which a network is far too free.
FREE = 10


def nothing_to_train(facts: Facts) -> Iterator[Finding]:
    """A network whose weights are all frozen, or that has none."""
    model = facts.model
    if not model.built or model.trainable_weights or facts.chain.of_kind("own"):
        return
    frozen = [layer for layer in model.layers if not layer.trainable and layer.all_weights()]
    if frozen:
        code = "for layer in model.layers:\n    layer.trainable = True"
        sentence = "all of its weights are frozen ({layers})"
    else:
        width = 1 if facts.y is None else facts.y.width
        code = remedies.network(facts, last=f"layers.Dense({width})")
        sentence = "none of its layers has weights"
    yield Finding.of(
        Code.NOTHING_TO_TRAIN,
        sentence,
        {"layers": listed((layer.path for layer in frozen), most=4)},
        edits=[Edit("unfreeze")] if frozen else [],
        steps=code,
    )


def more_parameters_than_rows(facts: Facts) -> Iterator[Finding]:
    """A network far larger than its table, with nothing against overfitting."""
    if facts.rows is None or facts.optimizer is None or facts.keeps_best:
        return
    weights = facts.model.trainable_weights
    held = facts.optimizer.weight_decay or any(
        any(weight.penalty) or weight.constraint is not None for weight in weights
    )
    if held or any(facts.rate(node) or node.kind in HOLDING for node in facts.chain.nodes):
        return
    parameters = sum(weight.size for weight in weights)
    if parameters <= FREE * facts.rows:
        return
    yield Finding.of(
        Code.MORE_PARAMETERS_THAN_ROWS,
        "{parameters:,} parameters for {rows:,} rows, without dropout, penalty, weight decay or "
        "early stopping",
        {"parameters": parameters, "rows": facts.rows},
        edits=[Edit("early_stopping", {"patience": 20}), Edit("dropout", {"rate": 0.3})],
        fit=_stopped(facts),
    )


def _stopped(facts: Facts) -> str:
    """A fit with early stopping on rows that are held back, if there are none yet."""
    first, changes = "", {"callbacks": "[stop]"}
    if facts.callbacks:
        given = "callbacks" if facts.one_callback else "*callbacks"
        first, changes = f"callbacks = [{given}, stop]\n", {"callbacks": "callbacks"}
    held = {} if facts.split else _held_back(facts)
    return first + remedies.fitting(facts, shared=False, **changes, **held)


def _held_back(facts: Facts) -> dict[str, str]:
    """Arguments that hold rows back for validation and lead to nothing else that is found."""
    assert facts.rows is not None
    settings = facts.settings
    shares = [share for share in (0.2, 0.25, 0.3, 0.15) if facts.rows * share >= 1]
    for even in (False, True):
        for share in shares:
            changes: dict[str, Any] = {"last_batch": "even"} if even else {}
            rows = data.split(facts.rows, share) if facts.rows > 1 else 1
            trial = facts.changed(rows=rows, **changes)
            if not steps.found(trial) - steps.found(facts):
                code = {"validation_split": repr(share)}
                return code | ({"last_batch": '"even"'} if even else {})
    longer = math.ceil(settings.epochs * 1.5)
    more = {"epochs": repr(longer)} if facts.knows_epochs else {}
    return {"validation_split": "0.2", "statistics": '"population"', **more}
