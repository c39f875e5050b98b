"""How one network is made and trained, as plain data that edits change."""

from __future__ import annotations

import copy
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from trimtab.core import checks
from trimtab.errors import InvalidArgument
from trimtab.model.model import Model
from trimtab.model.sequential import Sequential
from trimtab.nn import losses, optimizers
from trimtab.nn.layers.nested import Nested
from trimtab.nn.layers.table import serialize as layer_record
from trimtab.nn.registration import NotRegistered
from trimtab.predictor.training.optimizing import course
from trimtab.trials.stack import Record, Stack

__all__ = ["FIT_ARGUMENTS", "HELD", "Recipe", "digest"]

#: Arguments of ``fit`` that a comparison takes; rows and validation are those of the trial.
FIT_ARGUMENTS = (
    "batch_size",
    "callbacks",
    "class_weight",
    "epochs",
    "freeze_statistics_after",
    "last_batch",
    "shuffle",
    "statistics",
    "validation_split",
)

#: Share of a trial's training rows that early stopping watches, where nothing else is said.
HELD = 0.2


@dataclass(frozen=True)
class Recipe:
    """A network before it has weights, its compilation and its ``fit``.

    Attributes:
        layers: records of the layers, without an ``Input``.
        optimizer: its record.
        loss: the loss as an object; it holds no state.
        engine: engine, devices and precision, as ``compile`` takes them.
        members: of a committee in one network.
        fit: arguments of ``fit``, of :data:`FIT_ARGUMENTS`.
        schedule: course of the learning rate over all steps of the trial; None: the optimizer's.
        standardized: whether inputs are standardized by the training rows of the trial.
        target: scale that a target of numbers is learned on: ``standard``, ``log``, or None.
        dropped: columns of ``x`` that are left out, by number or by name in a data frame.
        balanced: whether classes are weighted so that each has the same total.
        patience: epochs without improvement before training stops; None: it does not.
        by_group: whether the rows that early stopping watches are whole groups.
    """

    layers: tuple[Record, ...]
    optimizer: Record
    loss: Any
    engine: Mapping[str, Any] = field(default_factory=dict)
    members: int = 1
    fit: Mapping[str, Any] = field(default_factory=dict)
    schedule: str | None = None
    standardized: bool = False
    target: str | None = None
    dropped: tuple[Any, ...] = ()
    balanced: bool = False
    patience: int | None = None
    by_group: bool = False

    @classmethod
    def of(cls, model: Any, fit: Mapping[str, Any] | None = None) -> Recipe:
        """The recipe of a compiled model; its weights are no part of it.

        Args:
            model: a compiled :class:`~trimtab.Sequential`, built or not, or a
                :class:`~trimtab.Model` that is a row of layers.
            fit: arguments of ``fit``.

        Raises:
            InvalidArgument: it is neither, or ``fit`` has an argument that trials lack.
            NotCompiled: the model is not compiled.
        """
        if not isinstance(model, Model):
            raise InvalidArgument(
                "a network to compare must be a compiled Sequential, or a function that returns "
                f"one, received a {type(model).__name__}. Use model.compile(...) and pass the "
                "model."
            )
        if not isinstance(model, Sequential):
            _refuse_branches(model)
        model.need_compile("compare")
        checks.unknown_arguments("compare", set(fit or ()) - set(FIT_ARGUMENTS), FIT_ARGUMENTS)
        return cls(
            layers=tuple(layer_record(layer) for layer in model.layers_without_inputs),
            optimizer=optimizers.serialize(model.optimizer),
            loss=model.loss_function,
            engine=dict(model.runner.choice),
            members=len(model),
            fit=dict(fit or {}),
        )

    # -- what edits change ------------------------------------------------------------------------

    def stack(self) -> Stack:
        """The layers, to be changed; :meth:`with_stack` puts them back."""
        return Stack(self.layers)

    def with_stack(self, stack: Stack) -> Recipe:
        """The recipe with other layers."""
        return replace(self, layers=tuple(stack.records))

    def with_optimizer(self, **config: Any) -> Recipe:
        """The recipe with other arguments of the optimizer."""
        record = copy.deepcopy(self.optimizer)
        record["config"] |= config
        return replace(self, optimizer=record)

    def with_fit(self, **arguments: Any) -> Recipe:
        """The recipe with other arguments of ``fit``."""
        return replace(self, fit={**self.fit, **arguments})

    # -- what a trial takes -----------------------------------------------------------------------

    @property
    def epochs(self) -> int:
        """Epochs of a trial, where nothing stops it."""
        return int(self.fit.get("epochs", 1))

    @property
    def batch_size(self) -> int:
        """Rows per step."""
        return int(self.fit.get("batch_size") or 32)

    @property
    def validated(self) -> float:
        """Share of the training rows of a trial that are held out to validate on."""
        share = float(self.fit.get("validation_split", 0.0))
        return share or (HELD if self.patience is not None else 0.0)

    @property
    def logits(self) -> bool:
        """Whether the network of classes gives logits."""
        return str(self.loss.lower().loss).endswith("_logits")

    def model(self, seed: int | None = None, *, rows: int | None = None) -> Sequential:
        """A new, compiled model; its weights are drawn from the seed once it is built.

        Args:
            seed: of weights, orders and masks.
            rows: to train on, which a schedule over all steps depends on.
        """
        config: dict[str, Any] = {"layers": copy.deepcopy(list(self.layers)), "seed": seed}
        if self.members > 1:
            config["members"] = self.members
        model = Sequential.unbuilt(config)
        record = copy.deepcopy(self.optimizer)
        if self.schedule is not None:
            steps = self.epochs * math.ceil((rows or self.batch_size) / self.batch_size)
            rate = course(self.schedule, self.rate(), max(steps, 1))
            record["config"]["learning_rate"] = rate
        engine = {"engine": "auto", **self.engine}
        model.compile(optimizers.deserialize(record), losses.get(self.loss), **engine)
        return model

    def rate(self) -> float:
        """The learning rate; of a schedule the one it starts from, or rises to.

        Raises:
            InvalidArgument: the schedule is one of the user's own.
        """
        rate = self.optimizer["config"]["learning_rate"]
        if not isinstance(rate, Mapping):
            return float(rate)
        config = rate.get("config", {})
        top = config.get("warmup_target") or config.get("initial_learning_rate")
        if top is None:
            raise InvalidArgument(
                f"the learning rate follows {rate.get('class_name')}, a schedule of your own, "
                "whose top is not known. Compile with a number, learning_rate=0.001."
            )
        return float(top)

    def record(self) -> dict[str, Any]:
        """What decides the numbers, as plain data; names of layers do not."""
        fit = {name: value for name, value in self.fit.items() if name != "callbacks"}
        fit["callbacks"] = [_described(each) for each in self.fit.get("callbacks") or ()]
        return {
            "layers": _unnamed(list(self.layers)),
            "optimizer": _unnamed(self.optimizer),
            "loss": _loss_record(self.loss),
            "engine": {name: str(value) for name, value in sorted(self.engine.items())},
            "fit": fit,
            **{
                name: getattr(self, name)
                for name in (
                    *("members", "schedule", "standardized", "target", "dropped", "balanced"),
                    *("patience", "by_group"),
                )
            },
        }


def digest(record: Any) -> str:
    """Eight signs that differ where plain data differs.

    Example:
        >>> digest({"rate": 0.1}) == digest({"rate": 0.2})
        False
    """
    text = json.dumps(record, sort_keys=True, default=str)
    return f"{zlib.crc32(text.encode()):08x}"


def _loss_record(loss: Any) -> list[Any]:
    try:
        return [type(loss).__name__, _unnamed(loss.get_config())]
    except NotRegistered:  # a function of the user's own: its name has to do
        function = getattr(loss, "fn", loss)
        return [type(loss).__name__, getattr(function, "__qualname__", str(function))]


def _unnamed(value: Any) -> Any:
    """Plain data without the names of layers, which count up in a process."""
    if isinstance(value, Mapping):
        return {name: _unnamed(each) for name, each in value.items() if name != "name"}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_unnamed(each) for each in value]
    return value


def _described(callback: Any) -> list[Any]:
    plain = {
        name: value
        for name, value in vars(callback).items()
        if isinstance(value, str | int | float | bool) and not name.startswith("_")
    }
    return [type(callback).__name__, plain]


def _refuse_branches(model: Model) -> None:
    """Refuses a graph whose layers are no row: edits and remedies change the layers of a row."""
    nested = [layer.name for layer in model.layers_without_inputs if isinstance(layer, Nested)]
    if model.graph().straight and not nested:
        return
    what = f"holds a model, {nested[0]!r}" if nested else "has branches"
    raise InvalidArgument(
        f"trials and coach change networks that are a row of layers, and {model.name} {what}. "
        "model.check(x, y) finds what is wrong with it; fit variants of your own on the same rows, "
        "with several seeds, and compare what model.evaluate(x, y) says of them."
    )
