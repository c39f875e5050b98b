"""Rules about weights: those a network starts with, and what pulls them to 0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from trimtab.insight.coach import remedies
from trimtab.insight.coach.chain import Node
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.insight.coach.output import last_dense
from trimtab.insight.coach.reach import foretold, total_rate
from trimtab.insight.coach.source import Expression
from trimtab.insight.coach.start import Start
from trimtab.nn.layers import Dense
from trimtab.nn.optimizers import SGD

__all__ = ["strong_penalty", "unusable_weights"]

#: Outputs that start so many times larger than those of a usual start, and than the targets, do
#: harm. Measured on two tables: from here on a tenth or more of what can be explained is lost, and
#: from 10 on, most.
FAR_TOO_LARGE = 3.0

#: So does a layer of which more than this share starts saturated; below half, less.
SATURATED = 0.5

#: What then is drawn anew: kernels so many times as large as Glorot's.
LARGE = 1.5

#: A penalty's gradient, as a share of the loss', from which on a network learns clearly less. With
#: cross-entropies, whose gradient grows again where all classes are the same, it can be larger.
STRONG, STRONG_FOR_CLASSES = 0.3, 0.7

#: Share of the strong penalty that is left.
WEAKER = 0.03

#: Adam moves a weight by about the learning rate in a step, weight decay by the rate times this.
STRONG_DECAY = 0.3

#: Weight decay that replaces one that is too strong: AdamW's own, and for SGD.
USUAL_DECAY, USUAL_DECAY_OF_SGD = 0.004, 1e-4


# -- the start ----------------------------------------------------------------------------------


def unusable_weights(facts: Facts) -> Iterator[Finding]:
    """Kernels without a gradient, units that are all alike, outputs that start far too large."""
    start = facts.start
    if start is None or len(facts.model) > 1:
        return
    dense = [node for node in facts.chain.of_kind("dense") if _has_kernel(start, node)]
    found = _without_gradient(start, dense) or _alike(facts, start, dense)
    found = found or _too_large(facts, start, dense)
    if found is None:
        return
    nodes, sentence, evidence = found
    changes = {node.path: {"kernel_initializer": "glorot_uniform"} for node in nodes}
    yield Finding.of(
        Code.UNUSABLE_WEIGHTS,
        sentence,
        {**evidence, "layers": [node.path for node in nodes]},
        layer=nodes[0].path,
        edits=[Edit("initializer", {"name": "glorot_uniform"})],
        network=remedies.network(facts, changes=changes),
    )


_Found = tuple[list[Node], str, dict[str, Any]]


def _has_kernel(start: Start, node: Node) -> bool:
    return isinstance(node.layer, Dense) and start.kernel(node.path) is not None


def _without_gradient(start: Start, dense: list[Node]) -> _Found | None:
    """All kernels have gradient 0, and some are 0 themselves: nothing but the last bias moves."""
    kernels = [f"{node.path}/kernel" for node in dense]
    if not kernels or any(start.gradients[name].any() for name in kernels):
        return None
    zero = [node for node in dense if not start.weights[f"{node.path}/kernel"].any()]
    if not zero:
        return None
    evidence = {"kernels": len(kernels)}
    return zero, "all of its weights are 0, and no kernel of the network has a gradient", evidence


def _alike(facts: Facts, start: Start, dense: list[Node]) -> _Found | None:
    """Hidden layers whose units have the same weights and the same gradient."""
    final = last_dense(facts)
    alike = []
    for node in dense:
        if node.layer.units < 2 or (final is not None and node.number == final.number):
            continue
        name = f"{node.path}/kernel"
        if _equal_columns(start.weights[name]) and _equal_columns(start.gradients[name]):
            alike.append(node)
    if not alike:
        return None
    units = alike[0].layer.units
    constant = [node for node in dense if not np.ptp(start.weights[f"{node.path}/kernel"])]
    alike += [node for node in constant if node not in alike]
    return alike, "all of its {units} units have the same weights and gradient", {"units": units}


def _equal_columns(values: Any) -> bool:
    size = float(np.abs(values).max())
    return bool(np.isfinite(size) and np.ptp(values, axis=1).max() <= 1e-5 * size)


def _too_large(facts: Facts, start: Start, dense: list[Node]) -> _Found | None:
    """Outputs far larger than with Glorot's weights and than the targets, or saturated units."""
    large = [
        node
        for node in dense
        if _size(start.weights[f"{node.path}/kernel"]) > LARGE * _usual_size(start, node)
    ]
    if not large:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        size, saturated = _size(start.logits(start.values)), start.saturated(start.values)
        wanted = _size(start.targets) if facts.regresses else 1.0
        if size <= FAR_TOO_LARGE * wanted and saturated <= SATURATED:
            return None
        usual = start.values_with(_drawn(start, dense))
        usual_size, usually_saturated = _size(start.logits(usual)), start.saturated(usual)
    grows = size > FAR_TOO_LARGE * max(usual_size, wanted)
    saturates = saturated > max(SATURATED, 2 * usually_saturated)
    if not np.isfinite(usual_size) or not (grows or saturates or not np.isfinite(size)):
        return None
    kernels = [start.weights[f"{node.path}/kernel"] for node in large]
    positive = all(float(kernel.min()) >= 0 for kernel in kernels)
    times = size / usual_size if np.isfinite(size) and usual_size > 0 else None
    evidence = {
        "positive": positive,
        "output_size": size if np.isfinite(size) else None,
        "usual_size": usual_size,
        "times": "more than a million" if times is None else f"{times:,.3g}",
        "saturated": 100 * saturated,
    }
    sentence = "the outputs start {times} times as large as with glorot_uniform"
    if saturates and not grows:
        sentence = "{saturated:.0f} % of the values of a tanh or sigmoid start at its ends"
    if positive:
        sentence = "with positive weights only, " + sentence
    return large, sentence, evidence


def _size(values: Any) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _usual_size(start: Start, node: Node) -> float:
    inputs, units = start.weights[f"{node.path}/kernel"].shape
    return float(np.sqrt(2.0 / (inputs + units)))


def _drawn(start: Start, dense: list[Node]) -> dict[str, Any]:
    """Kernels drawn as glorot_uniform draws them."""
    generator = np.random.default_rng(0)
    names = [f"{node.path}/kernel" for node in dense]
    limits = [np.sqrt(3.0) * _usual_size(start, node) for node in dense]
    return {
        name: generator.uniform(-limit, limit, start.weights[name].shape)
        for name, limit in zip(names, limits, strict=True)
    }


# -- what pulls them to 0 -----------------------------------------------------------------------


def strong_penalty(facts: Facts) -> Iterator[Finding]:
    """Penalties, or a weight decay, against which the loss cannot hold the weights."""
    start = facts.start
    if start is None or facts.optimizer is None or len(facts.model) > 1:
        return
    yield from _penalty(facts, start)
    yield from _decay(facts, start)


def _kernels(facts: Facts, start: Start) -> dict[str, tuple[Node, Any]]:
    """Name -> layer and weight, without kernels before a batch normalization.

    Their size has no effect on what the network computes.
    """
    normalized = {facts.chain.nodes[node.inputs[0]].number for node in facts.moving}
    return {
        f"{node.path}/kernel": (node, node.layer.kernel)
        for node in facts.chain.of_kind("dense")
        if _has_kernel(start, node) and node.number not in normalized
    }


def _strong(facts: Facts) -> float:
    return STRONG if facts.regresses else STRONG_FOR_CLASSES


def _penalty(facts: Facts, start: Start) -> Iterator[Finding]:
    held = {name: each for name, each in _kernels(facts, start).items() if any(each[1].penalty)}
    pull = force = 0.0
    for name, (_, weight) in held.items():
        l1, l2 = weight.penalty
        values = start.weights[name]
        pull += float(np.square(l1 * np.sign(values) + 2 * l2 * values).sum())
        force += float(np.square(start.gradients[name]).sum())
    ratio = float(np.sqrt(pull / force)) if force > 0 else 0.0
    if not _strong(facts) <= ratio < np.inf:
        return
    share = WEAKER * _strong(facts) / ratio
    changes = {}
    for node, weight in held.values():
        l1, l2 = (float(f"{share * factor:.1g}") for factor in weight.penalty)
        changes[node.path] = {"kernel_regularizer": Expression(_regularizer(l1, l2))}
    node, weight = next(iter(held.values()))
    evidence = {
        "l1": float(weight.penalty[0]),
        "l2": float(weight.penalty[1]),
        "ratio": ratio,
        "layers": [each.path for each, _ in held.values()],
    }
    named = " and ".join(f"{{{name}:g}} for {name}" for name in ("l1", "l2") if evidence[name])
    yield Finding.of(
        Code.STRONG_PENALTY,
        f"with {named}, the gradient of the penalty starts {{ratio:.2g}} times as large as that of "
        "the loss",
        evidence,
        layer=node.path,
        edits=[Edit("no_penalty")],
        steps=remedies.network(facts, changes=changes),
    )


def _regularizer(l1: float, l2: float) -> str:
    if l1 and l2:
        return f"regularizers.L1L2(l1={l1!r}, l2={l2!r})"
    return f"regularizers.L1({l1!r})" if l1 else f"regularizers.L2({l2!r})"


def _decay(facts: Facts, start: Start) -> Iterator[Finding]:
    optimizer = facts.optimizer
    assert optimizer is not None
    if not foretold(optimizer):
        return
    decay = float(optimizer.weight_decay or 0.0)
    update = optimizer.lower()
    pull = force = count = 0.0
    for name, (_, weight) in _kernels(facts, start).items():
        if decay and weight.decays and update.decays(name):
            values = decay * start.weights[name]
            pull += float(np.square(values).sum())
            force += float(np.square(start.gradients[name]).sum())
            count += values.size
    if not pull or not force:
        return
    if isinstance(optimizer, SGD):
        ratio, most, usual = np.sqrt(pull / force), _strong(facts), USUAL_DECAY_OF_SGD
        sentence = "a weight decay of {decay:g} starts {ratio:.2g} times as large as the gradient"
    else:  # whose steps have the size of the learning rate, whatever the gradient
        ratio, most, usual = np.sqrt(pull / count), STRONG_DECAY, USUAL_DECAY
        sentence = "a weight decay of {decay:g} takes {ratio:.2g} times as much as a step gives"
    total = total_rate(optimizer, facts.model.runner.step, facts.steps or 0)
    if ratio < most or (facts.steps and decay * total < 1):
        return
    code = remedies.changed_optimizer(facts, weight_decay=usual)
    yield Finding.of(
        Code.STRONG_PENALTY,
        sentence,
        {"decay": decay, "ratio": float(ratio)},
        edits=[Edit("weight_decay", {"value": usual})],
        steps=remedies.recompiled(facts.model, facts.plan, optimizer=code),
    )
