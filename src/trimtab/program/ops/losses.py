"""The loss that ends a program."""

from __future__ import annotations

import math
from dataclasses import MISSING, dataclass, fields
from typing import Any

from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, InvalidProgram
from trimtab.program.ops.base import Function, check_members

#: What targets are: any numbers, numbers from 0 on, numbers from 0 to 1, or one class number a row.
NUMBERS, COUNTS, SHARES, CLASSES = "numbers", "counts", "shares", "classes"


@dataclass(frozen=True)
class LossKind:
    """What a loss takes.

    Attributes:
        targets: what its targets are.
        settings: the attributes of the op that it uses.
    """

    targets: str = NUMBERS
    settings: tuple[str, ...] = ()


_SMOOTHED = ("label_smoothing",)
_FOCAL = ("label_smoothing", "alpha", "gamma")

#: Name of the loss -> what it takes.
LOSSES = {
    "mean_absolute_error": LossKind(),
    "mean_squared_error": LossKind(),
    "binary_crossentropy": LossKind(SHARES, _SMOOTHED),
    "binary_crossentropy_logits": LossKind(SHARES, _SMOOTHED),
    "sparse_categorical_crossentropy": LossKind(CLASSES, _SMOOTHED),
    "sparse_categorical_crossentropy_logits": LossKind(CLASSES, _SMOOTHED),
    "mean_absolute_percentage_error": LossKind(),
    "mean_squared_logarithmic_error": LossKind(COUNTS),
    "huber": LossKind(settings=("delta",)),
    "log_cosh": LossKind(),
    "poisson": LossKind(COUNTS),
    "quantile": LossKind(settings=("levels",)),
    "expectile": LossKind(settings=("levels",)),
    "gaussian_negative_log_likelihood": LossKind(settings=("epsilon",)),
    "cosine_similarity": LossKind(),
    "hinge": LossKind(),
    "squared_hinge": LossKind(),
    "categorical_hinge": LossKind(SHARES),
    "kl_divergence": LossKind(SHARES),
    "categorical_crossentropy": LossKind(SHARES, _SMOOTHED),
    "categorical_crossentropy_logits": LossKind(SHARES, _SMOOTHED),
    "categorical_focal_crossentropy": LossKind(SHARES, _FOCAL),
    "categorical_focal_crossentropy_logits": LossKind(SHARES, _FOCAL),
    "binary_focal_crossentropy": LossKind(SHARES, (*_FOCAL, "balanced")),
    "binary_focal_crossentropy_logits": LossKind(SHARES, (*_FOCAL, "balanced")),
    "categorical_generalized_cross_entropy": LossKind(CLASSES, ("q",)),
}

#: Name of a custom loss; only JAX computes it.
FUNCTION = "function"
#: Name of the sum of several losses, of columns each.
SEVERAL = "several"


@dataclass(frozen=True, kw_only=True)
class LossOp:
    """``sum_i weight[i] * loss(target[i], prediction[i]) / rows``, penalties added.

    Formulas for a row (p prediction, t target, d = t - p), as in Keras 3; the mean over outputs,
    unless it says sum:

    - mean_absolute_error: ``|d|``; mean_squared_error: ``d^2``
    - mean_absolute_percentage_error: ``100 |d| / max(|t|, 1e-7)``
    - mean_squared_logarithmic_error: ``(log(1 + p) - log(1 + t))^2``, both at least 1e-7
    - huber: ``d^2 / 2`` where ``|d| <= delta``, else ``delta |d| - delta^2 / 2``
    - log_cosh: ``log(cosh(d))``; poisson: ``p - t log(p + 1e-7)``
    - quantile: ``max(l d, (l - 1) d)`` (Koenker & Bassett 1978); of several levels l, each target
      has as many outputs, side by side
    - expectile: ``l d^2`` where d is above 0, ``(1 - l) d^2`` below (Newey & Powell 1987)
    - gaussian_negative_log_likelihood: ``(log(2 pi v) + d^2 / v) / 2``, v = exp(s) + epsilon;
      outputs are the means of all targets, then the s of all (Nix & Weigend 1994)
    - cosine_similarity: minus the sum of ``t p / (|t| |p|)``, the norms of rows, at least 1e-7
    - hinge: ``max(1 - t p, 0)``, a t of 0 counting as -1; squared_hinge: its square
    - categorical_hinge: ``max(max_j((1 - t) p) - sum_j(t p) + 1, 0)``
    - kl_divergence: the sum of ``t log(t / p)``, both clipped to [1e-7, 1]
    - binary_crossentropy: ``-(t log p + (1 - t) log(1 - p))``, p clipped to [1e-7, 1 - 1e-7];
      ``_logits``: ``max(x, 0) - x t + log(1 + exp(-|x|))``; with label_smoothing s,
      t becomes ``t (1 - s) + s / 2``
    - categorical_crossentropy: the sum of ``-t log(p / sum p)``, clipped; ``_logits``:
      ``-t log_softmax(x)``; with label_smoothing s, t becomes ``t (1 - s) + s / outputs``
    - sparse_categorical_crossentropy: ``-log(p[t] / sum p)``, clipped;
      ``_logits``: ``-log_softmax(x)[t]``; with label_smoothing s, ``(1 - s)`` times that plus
      ``s`` times its mean over all classes in place of t
    - binary_focal_crossentropy (Lin et al. 2017): the cross-entropy times ``u^gamma``, u =
      ``t + p - 2 t p``, at least 1e-7; where balanced, times ``t alpha + (1 - t) (1 - alpha)``;
      ``_logits``: p = sigmoid(x)
    - categorical_focal_crossentropy: the sum of ``-alpha t (1 - q)^gamma log q``, q = p / sum p,
      clipped; ``_logits``: q = softmax(x), clipped
    - categorical_generalized_cross_entropy: ``(1 - p[t]^q) / q`` (Zhang & Sabuncu 2018)
    - several: the sum of ``weight * loss`` of the parts, each of which reads its own columns of
      outputs and targets; columns that no part reads have no gradient
    - function: a custom function of (t, p), written in ``jax.numpy``; targets may have any number
      of columns, and a single number for the batch is the loss of each of its rows

    A value that is clipped has no derivative.

    Attributes:
        members: with more than 1, the program ends in the average over its members. In training,
            the loss of a row is the mean over the members of the losses of what each of them
            predicts, before the average; in inference it is the loss of the average.
        parts: of several losses, one for each.
    """

    loss: str
    label_smoothing: float = 0.0
    function: Function | None = None
    members: int = 1
    delta: float = 1.0
    gamma: float = 2.0
    q: float = 0.5
    epsilon: float = 1e-6
    balanced: bool = False
    alpha: tuple[float, ...] = (0.25,)
    levels: tuple[float, ...] = (0.5,)
    parts: tuple[LossPart, ...] = ()

    @property
    def targets(self) -> str:
        """What its targets are; those of a custom loss are any numbers."""
        return LOSSES[self.loss].targets if self.loss in LOSSES else NUMBERS

    @property
    def sparse(self) -> bool:
        """Whether targets are class numbers, one per row."""
        return self.targets == CLASSES

    @property
    def outputs_per_target(self) -> int:
        """How many outputs of the network belong to one column of the targets."""
        if self.loss == "gaussian_negative_log_likelihood":
            return 2
        return len(self.levels) if self.loss == "quantile" else 1

    def target_width(self, outputs: int) -> int | None:
        """Columns of the target array for this number of outputs; None for any number."""
        if self.function is not None:
            return None
        if self.parts:
            return sum(part.target_columns for part in self.parts)
        return 1 if self.sparse else outputs // self.outputs_per_target

    @property
    def native(self) -> bool:
        """Whether the native engine computes it."""
        return self.loss in LOSSES or (
            bool(self.parts) and all(part.loss.native for part in self.parts)
        )

    @property
    def functions(self) -> list[Function]:
        """The custom functions in it."""
        inner = [each for part in self.parts for each in part.loss.functions]
        return inner if self.function is None else [self.function, *inner]

    def check(self) -> None:
        check_members("loss", self.members)
        if self.parts or self.loss == SEVERAL:
            self._check_parts()
            return
        if not self.native and self.loss != FUNCTION:
            raise InvalidProgram(
                f"loss must be one of {', '.join(LOSSES)}, received {brief(self.loss)}."
            )
        if self.native == isinstance(self.function, Function):
            raise InvalidProgram(
                "loss='function' needs a function, and no other loss takes one, received "
                f"loss={brief(self.loss)}, function={brief(self.function)}."
            )
        for name, default in _SETTINGS.items():
            if name not in self._used() and getattr(self, name) != default:
                raise InvalidProgram(
                    f"loss {self.loss} takes no {name}, received {brief(getattr(self, name))}."
                )

    def _check_parts(self) -> None:
        if self.loss != SEVERAL or not self.parts or self.members > 1 or self.function is not None:
            raise InvalidProgram(
                f"loss={SEVERAL!r} has parts, no function and one member, and no other loss has "
                f"parts, received loss={brief(self.loss)} with {len(self.parts)} parts."
            )
        place = 0
        for part in self.parts:
            if part.start < place or part.outputs < 1 or part.loss.parts:
                raise InvalidProgram(
                    "the parts of a loss read columns one after another and have no parts, "
                    f"received {part.outputs} columns from {part.start} on after {place}."
                )
            place = part.start + part.outputs
            if not math.isfinite(part.weight):
                raise InvalidProgram(f"the weight of a loss must be finite, not {part.weight}.")
            part.loss.check()

    def check_outputs(self, outputs: int) -> None:
        """Refuses a number of outputs that the loss cannot read.

        Raises:
            InvalidArgument: it is no multiple of the outputs of one target, or not what ``alpha``
                has numbers for.
        """
        if self.parts:
            last = self.parts[-1]
            if last.start + last.outputs > outputs:
                raise InvalidProgram(
                    f"a part of the loss reads {last.outputs} outputs from {last.start} on, of "
                    f"{outputs}."
                )
            for part in self.parts:
                part.loss.check_outputs(part.outputs)
        each = self.outputs_per_target
        if outputs % each:
            reads = "a mean and a variance" if self.loss != "quantile" else f"{each} levels"
            raise InvalidArgument(
                f"loss {self.loss} reads {reads} of each target, and the model has {outputs} "
                f"output{'s' * (outputs != 1)}. Make the last layer {each} units wide for one "
                f"target, {2 * each} for two."
            )
        if "alpha" in self._used() and len(self.alpha) not in (1, outputs):
            raise InvalidArgument(
                f"alpha must be one number, or one for each of {outputs} outputs, received "
                f"{len(self.alpha)} numbers."
            )

    def _used(self) -> tuple[str, ...]:
        return LOSSES[self.loss].settings if self.loss in LOSSES else ()

    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = {"loss": self.loss, "label_smoothing": self.label_smoothing}
        record |= {name: getattr(self, name) for name in self._used()}
        if self.members > 1:
            record["members"] = self.members
        if self.parts:
            record["parts"] = [part.record() for part in self.parts]
        return record if self.function is None else record | {"function": self.function.name}


@dataclass(frozen=True, kw_only=True)
class LossPart:
    """The loss of one of several outputs.

    Attributes:
        name: of the output.
        loss: of the output.
        start: its first column among all outputs.
        outputs: its number of columns.
        weight: what its loss is multiplied by in the sum.
        weighted: whether one more column behind its targets weighs its rows.
    """

    name: str
    loss: LossOp
    start: int
    outputs: int
    weight: float = 1.0
    weighted: bool = False

    @property
    def targets(self) -> int:
        """Columns of its targets; a custom loss has one for each output here."""
        width = self.loss.target_width(self.outputs)
        return self.outputs if width is None else width

    @property
    def target_columns(self) -> int:
        """Columns of its targets and of the weights of its rows."""
        return self.targets + self.weighted

    @property
    def columns(self) -> slice:
        """Its columns among all outputs."""
        return slice(self.start, self.start + self.outputs)

    def record(self) -> dict[str, Any]:
        """The part as plain data."""
        return {
            **self.loss.record(),
            "start": self.start,
            "outputs": self.outputs,
            "weight": self.weight,
            "weighted": self.weighted,
        }


#: Name -> default of what some losses take and others do not.
_SETTINGS = {
    field.name: field.default
    for field in fields(LossOp)
    if field.default is not MISSING and field.name not in ("function", "members", "parts")
}
