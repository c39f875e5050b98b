"""The rule about how targets are written: whether the loss takes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from trimtab.core.words import listed
from trimtab.insight.coach import remedies, source
from trimtab.insight.coach.chain import Node
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.insight.coach.labels import Form, Labels
from trimtab.insight.coach.output import last_dense
from trimtab.nn.layers import Activation, Layer, PReLU
from trimtab.nn.layers.activation import FunctionLayer

__all__ = ["labels_mismatch", "takes_another_loss", "widened"]

#: Most labels in a sentence.
NAMED = 5


def labels_mismatch(facts: Facts) -> Iterator[Finding]:
    """Targets in a form that the loss does not take."""
    labels = facts.labels
    if labels is None or facts.loss is None:
        return
    loss = type(facts.model.loss_function).__name__
    evidence: dict[str, Any] = {
        "form": str(labels.form),
        "classes": list(labels.classes)[:100],
        "loss": loss,
        "outputs": facts.outputs,
        "columns": labels.columns,
    }
    written, code = _REMEDIES[labels.form](facts, labels)
    if facts.loss.sparse:
        wanted = f"whole numbers from 0 to {(facts.outputs or 1) - 1}, in one column"
    else:
        wanted = "numbers from 0 to 1, in a column for each output"
    yield Finding.of(
        Code.LABELS_MISMATCH,
        "{written}; with its outputs, {loss} takes {wanted}",
        evidence,
        words={"written": written, "wanted": wanted},
        steps=code,
    )


def takes_another_loss(facts: Facts) -> bool:
    """Whether the remedy for the labels makes another loss of the present one."""
    labels, loss = facts.labels, facts.loss
    if labels is None or loss is None:
        return False
    if labels.form in (Form.CLASSES, Form.ONE_HOT):
        return not loss.sparse and not labels.outputs == facts.outputs == 1
    return labels.form is Form.NUMBERS


def _both(facts: Facts, code: str) -> list[str]:
    """A line for y, and the same for y_valid where there is one."""
    names = ["y", "y_valid"] if facts.split == "data" else ["y"]
    return [code.replace("{y}", name) for name in names]


def _two(facts: Facts, labels: Labels) -> tuple[str, str]:
    low, high = labels.classes
    lines = ["import numpy as np", "", f"low, high = {low!r}, {high!r}  # become 0 and 1"]
    lines += _both(facts, "{y} = (np.asarray({y}, np.float32) - low) / (high - low)")
    lines += _weights_by_number(facts, labels)
    return f"y holds {low} and {high}", "\n".join(lines)


def _percent(facts: Facts, labels: Labels) -> tuple[str, str]:
    lines = ["import numpy as np", "", "# Predictions are shares: 100 * model.predict(x) for %."]
    lines += _both(facts, "{y} = np.asarray({y}, np.float32) / 100")
    return "y holds numbers above 1 and up to 100, as percentages are", "\n".join(lines)


def _one_hot(facts: Facts, labels: Labels) -> tuple[str, str]:
    lines = ["import numpy as np", "", *_both(facts, "{y} = np.asarray({y}).argmax(axis=1)")]
    lines += _other_network(facts, labels)
    return f"y is one-hot, with {labels.columns} columns", "\n".join(lines)


def _classes(facts: Facts, labels: Labels) -> tuple[str, str]:
    classes = list(labels.classes)
    what = listed(map(repr, classes), most=NAMED)
    lines = ["import numpy as np", ""]
    if classes != list(range(len(classes))):
        lines += _numbered(facts, labels)
    lines += _other_network(facts, labels)
    return f"y holds {what}", "\n".join(lines)


def _numbered(facts: Facts, labels: Labels) -> list[str]:
    """Code that replaces classes by their numbers."""
    lines = []
    if facts.split == "data":
        lines.append("classes = np.unique(np.concatenate([np.ravel(y), np.ravel(y_valid)]))")
        lines += _both(facts, "{y} = np.searchsorted(classes, np.ravel({y}))")
    else:
        lines.append("classes, y = np.unique(np.ravel(y), return_inverse=True)")
    one = labels.outputs == 1
    lines.append(
        "# model.predict(x) is the probability of classes[1]."
        if one
        else "# Predicted classes: classes[model.predict(x).argmax(axis=1)]."
    )
    return lines + _weights_by_number(facts, labels)


def _weights_by_number(facts: Facts, labels: Labels) -> list[str]:
    """Code that gives class weights the new numbers of their classes."""
    weights = facts.class_weight
    if not weights or not set(weights) <= set(labels.classes):
        return []
    new = {labels.classes.index(label): weight for label, weight in weights.items()}
    facts.given["class_weight"] = repr(new)
    return [f"class_weight = {new!r}"]


def _other_network(facts: Facts, labels: Labels) -> list[str]:
    """Code for a network with an output for each class and a loss that takes class numbers."""
    assert facts.loss is not None
    last, final = facts.chain.last, last_dense(facts)
    if labels.outputs == facts.outputs and not takes_another_loss(facts):
        return []
    if final is None:
        return [f"# make the last layer {labels.outputs} units wide"]
    facts.plan.change(final.path, units=labels.outputs)
    if not facts.loss.sparse:
        logits = last.kind != "activation"
        if not logits:
            facts.plan.change(last.path, activation="softmax")
        loss = '"sparse_categorical_crossentropy"'
        if logits:
            loss = "losses.SparseCategoricalCrossentropy(from_logits=True)"
        facts.plan.compile["loss"] = loss
    return ["", widened(facts, final, {last.path, final.path})]


def widened(facts: Facts, final: Node, paths: set[str], removed: Sequence[Layer] = ()) -> str:
    """Code for a network whose last dense layer, and with it all behind it, are made anew."""
    layers = facts.model.layers_without_inputs
    behind = layers[layers.index(source.outermost(final.layer)) + 1 :]
    changes = {path: facts.plan.layers[path] for path in paths & facts.plan.layers.keys()}
    return remedies.network(facts, changes=changes, renewed=behind, removed=removed)


def _numbers(facts: Facts, labels: Labels) -> tuple[str, str]:
    """A regression: another output and another loss, and targets around 0."""
    last, final = facts.chain.last, last_dense(facts)
    lines = ["import numpy as np", ""]
    lines += ["center, scale = np.mean(y, axis=0), np.std(y, axis=0)  # these are quantities"]
    lines += _both(facts, "{y} = (np.asarray({y}) - center) / scale")
    lines += ["# Predictions: model.predict(x) * scale + center.", ""]
    facts.plan.compile["loss"] = '"mse"'
    if final is None:
        lines.append(remedies.recompiled(facts.model, facts.plan, loss='"mse"'))
        return _quantities(labels), "\n".join(lines)
    facts.plan.change(final.path, units=labels.columns)
    # One that is of one function goes.
    removed = [last.layer] if isinstance(last.layer, FunctionLayer | PReLU) else []
    removed = [layer for layer in removed if type(layer) is not Activation]
    if last.kind == "activation" and not removed:
        facts.plan.change(last.path, activation="linear")
    lines.append(widened(facts, final, {last.path, final.path}, removed))
    return _quantities(labels), "\n".join(lines)


def _quantities(labels: Labels) -> str:
    return "y holds quantities, not classes or probabilities"


_REMEDIES = {
    Form.TWO: _two,
    Form.CLASSES: _classes,
    Form.ONE_HOT: _one_hot,
    Form.PERCENT: _percent,
    Form.NUMBERS: _numbers,
}
