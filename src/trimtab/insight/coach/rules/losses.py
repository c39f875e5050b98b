"""Rules about output activation, loss and labels that fit is content with and that do not match."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trimtab.insight.coach import remedies
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.insight.coach.labels import is_one_hot
from trimtab.insight.coach.output import final_function

__all__ = ["labels_as_numbers", "wrong_loss"]

#: A row of targets adds up to 1 within this, and so must all but this share of the rows.
NEAR, FEW = 0.01, 0.01


@dataclass(frozen=True)
class _Better:
    """What belongs together.

    Attributes:
        sentence: What does not.
        activation: Of the outputs; "" leaves it.
        loss: As code; "" leaves it.
        name: Of the loss, for an edit.
        numbers: Whether one-hot columns become class numbers.
    """

    sentence: str
    activation: str = ""
    loss: str = ""
    name: str = ""
    numbers: bool = False


def wrong_loss(facts: Facts) -> Iterator[Finding]:
    """Softmax, sigmoid, loss and labels in combinations that learn badly."""
    better = _better(facts)
    if better is None or facts.loss is None:
        return
    function = final_function(facts)
    evidence = {
        "function": function,
        "loss": type(facts.model.loss_function).__name__,
        "outputs": facts.outputs,
    }
    edits = [Edit("output_activation", {"name": better.activation})] if better.activation else []
    edits += [Edit("loss", {"name": better.name})] if better.name else []
    yield Finding.of(
        Code.WRONG_LOSS,
        better.sentence,
        evidence,
        layer=facts.chain.last.path,
        edits=edits,
        steps=_code(facts, better),
    )


def _better(facts: Facts) -> _Better | None:
    """What would belong together; None where it does, or where another rule speaks."""
    table, loss, outputs = facts.y, facts.loss, facts.outputs
    function = final_function(facts)
    if table is None or loss is None or not loss.native or facts.labels or not outputs:
        return None
    if not table.finite or (loss.loss.endswith("_logits") and function != "linear"):
        return None
    y = table.values
    if loss.sparse:
        if function != "sigmoid" or outputs == 1:
            return None
        return _Better(
            "{loss} asks for one class of {outputs}, and {function} gives each its own probability",
            activation="softmax",
        )
    if outputs == 1:
        if function != "sigmoid" or loss.loss != "mean_absolute_error" or not _two_labels(y):
            return None
        return _Better(
            "y holds 0 and 1, and {loss} is least where a {function} gives the more frequent one "
            "for sure",
            loss='"binary_crossentropy"',
            name="binary_crossentropy",
        )
    if is_one_hot(y):
        return _for_classes(function, loss.loss)
    within = bool(((y >= 0) & (y <= 1)).all())
    if function != "softmax" or not within:
        return None
    if float((np.abs(y.sum(axis=1) - 1) > NEAR).mean()) <= FEW:
        return None
    labels = bool(((y == 0) | (y == 1)).all())
    cross = labels and facts.regresses
    return _Better(
        "the outputs of a {function} add up to 1, and the rows of y do not",
        activation="sigmoid",
        loss='"binary_crossentropy"' if cross else "",
        name="binary_crossentropy" if cross else "",
    )


def _for_classes(function: str, loss: str) -> _Better | None:
    """For one-hot columns: one class of several."""
    sparse = "sparse_categorical_crossentropy"
    code, name = f'"{sparse}"', sparse
    if function == "softmax":
        sentence = "y is one-hot, and {loss} of a {function} hardly corrects it where it is wrong"
        if loss == "binary_crossentropy":
            sentence = "y is one-hot, and {loss} takes the {outputs} outputs for so many questions"
        return _Better(sentence, loss=code, name=name, numbers=True)
    if function == "sigmoid":
        sentence = "y is one-hot: one class of {outputs}, and a {function} gives each its own "
        sentence += "probability"
        return _Better(sentence, "softmax", code, name, numbers=True)
    if function == "linear" and loss == "binary_crossentropy_logits":
        return _Better(
            "y is one-hot: one class of {outputs}, and {loss} takes the outputs for so many "
            "questions",
            loss="losses.SparseCategoricalCrossentropy(from_logits=True)",
            name=name,
            numbers=True,
        )
    return None


def _code(facts: Facts, better: _Better) -> str:
    lines = []
    if better.numbers:
        names = ["y", "y_valid"] if facts.split == "data" else ["y"]
        lines += ["import numpy as np", ""]
        lines += [f"{name} = np.asarray({name}).argmax(axis=1)" for name in names]
        lines += ["# Predicted classes: model.predict(x).argmax(axis=1)."]
    if better.activation:
        lines.append(remedies.activated(facts, facts.chain.last.layer, better.activation))
    if better.loss:
        lines.append(remedies.recompiled(facts.model, facts.plan, loss=better.loss))
    return "\n".join(lines)


def _two_labels(y: np.ndarray) -> bool:
    return bool(((y == 0) | (y == 1)).all() and (y == 0).any() and (y == 1).any())


def labels_as_numbers(facts: Facts) -> Iterator[Finding]:
    """A regression, without an output activation, on labels of 0 and 1."""
    table, last = facts.y, facts.chain.last
    if table is None or not facts.regresses or facts.labels is not None or not table.finite:
        return
    one_hot = table.width > 1 and is_one_hot(table.values)
    if final_function(facts) != "linear" or not (one_hot or _one_column(table.values)):
        return
    evidence = {
        "loss": type(facts.model.loss_function).__name__,
        "classes": max(2, table.width),
        "percent": 100 * float(table.columns.mean.max()),
    }
    activation = "softmax" if one_hot else "sigmoid"
    name = "sparse_categorical_crossentropy" if one_hot else "binary_crossentropy"
    better = _Better("", activation, f'"{name}"', name, numbers=one_hot)
    if last.kind != "dense":  # no activation to set: the loss takes what comes
        kind = "SparseCategoricalCrossentropy" if one_hot else "BinaryCrossentropy"
        better = _Better("", "", f"losses.{kind}(from_logits=True)", name, numbers=one_hot)
    edits = [Edit("output_activation", {"name": activation}), Edit("loss", {"name": name})]
    what = "is one-hot, with {classes} columns" if one_hot else "holds 0 and 1 alone"
    yield Finding.of(
        Code.LABELS_AS_NUMBERS,
        f"y {what}, and {{loss}} of a linear output takes them for quantities",
        evidence,
        layer=last.path,
        edits=edits,
        steps=_code(facts, better),
    )


def _one_column(y: np.ndarray) -> bool:
    return y.shape[1] == 1 and _two_labels(y)
