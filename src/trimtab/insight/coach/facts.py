"""What is known before training, collected once; rules look at nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.engines import choosing
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.insight.coach.chain import Chain, Node
from trimtab.insight.coach.columns import Table
from trimtab.insight.probe.tracking import spread
from trimtab.nn import data
from trimtab.nn.layers.dropout import Dropping
from trimtab.nn.layers.vectors import state_of
from trimtab.nn.losses import Loss
from trimtab.nn.optimizers import Optimizer
from trimtab.program import Builder, Program
from trimtab.program.ops import Dropping as DroppingOp
from trimtab.program.ops import LossOp
from trimtab.training.batches import cut
from trimtab.training.callback_list import CallbackList
from trimtab.training.callbacks import BestEpochs, EarlyStopping, ModelCheckpoint
from trimtab.training.settings import FitSettings
from trimtab.training.statistics import Population, layer_of, variance_ratio

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["Codes", "Facts", "Groups", "collect"]

#: Rows that are sent through the network to see what dropout does to variances.
PROBE_ROWS = 512


@dataclass(frozen=True)
class Groups:
    """The group of each row, on either side of the split."""

    train: list[Any]
    valid: list[Any]


@dataclass(frozen=True)
class Codes:
    """A column of x with codes of categories.

    Attributes:
        layer: the embedding that reads it.
        place: which of the layer's columns of codes it is.
        size: how many categories the layer knows there: 0 to size - 1 have a vector.
    """

    layer: Any
    place: int
    size: int


@dataclass
class Facts:
    """A model, and the ``fit`` that it is about to go through.

    Attributes:
        model: as it is; nothing here changes it.
        chain: its layers.
        settings: of the fit.
        validation_split: of the fit.
        callbacks: of the fit.
        x, y: training rows and targets; None where they were not given.
        x_valid, y_valid: those validated on.
        split: whether these came from ``validation_data`` ("data"), from ``validation_split``
            ("split"), or are not there ("").
        groups: of the rows, or None.
    """

    model: Network
    chain: Chain
    settings: FitSettings
    validation_split: float = 0.0
    callbacks: list[Any] = field(default_factory=list)
    x: Table | None = None
    y: Table | None = None
    x_valid: Table | None = None
    y_valid: Table | None = None
    split: str = ""
    groups: Groups | None = None

    @property
    def optimizer(self) -> Optimizer | None:
        """None before ``compile``."""
        optimizer: Optimizer | None = self.model.optimizer
        return optimizer

    @cached_property
    def loss(self) -> LossOp | None:
        """What the loss lowers to; None before ``compile``."""
        loss: Loss | None = self.model.loss_function
        return None if loss is None else loss.lower()

    @property
    def regresses(self) -> bool:
        """Whether the loss measures a distance to the targets."""
        return self.loss is not None and self.loss.loss.startswith("mean_")

    @property
    def outputs(self) -> int | None:
        """Number of output columns; None before the model is built."""
        return self.model.output_shape[1] if self.model.built else None

    # -- batches --------------------------------------------------------------------------------

    @property
    def rows(self) -> int | None:
        """Rows trained on."""
        return None if self.x is None else len(self.x)

    @cached_property
    def batches(self) -> list[int] | None:
        """Rows of each batch of an epoch."""
        if self.rows is None:
            return None
        batches = cut(self.rows, self.settings.batch_size, self.settings.last_batch)
        sizes: list[int] = np.diff(batches.edges).tolist()
        return sizes

    @property
    def epoch_steps(self) -> int | None:
        """Batches of an epoch."""
        return None if self.batches is None else len(self.batches)

    @property
    def steps(self) -> int | None:
        """Batches of all epochs."""
        return None if self.epoch_steps is None else self.epoch_steps * self.settings.epochs

    # -- layers ---------------------------------------------------------------------------------

    def rate(self, node: Node) -> float:
        """The greatest rate at which a node drops during the fit; 0 where it does not drop."""
        layer = node.layer
        if node.kind not in ("dropout", "dense") or not isinstance(layer, Dropping):
            return 0.0
        if layer.schedule is None or not self.steps:
            return layer.rate
        return float(layer.schedule.rates(0, self.steps, self.epoch_steps).max())

    @cached_property
    def moving(self) -> list[Node]:
        """The batch normalizations that use batch statistics in training."""
        return [node for node in self.chain.of_kind("batch_normalization") if node.layer.trainable]

    @cached_property
    def codes(self) -> Mapping[int, Codes]:
        """The columns of x that are codes of categories, by their numbers."""
        if self.x is None:
            return {}
        found = {}
        for node in self.chain.of_kind("embedding"):
            before = self.chain.before(node)
            while before is not None and before.kind not in ("input", "dense", "embedding", "own"):
                before = self.chain.before(before)
            if before is None or before.kind != "input":
                continue
            sizes = node.layer.code_sizes
            for place, size in enumerate(sizes):
                found[self.x.width - len(sizes) + place] = Codes(node.layer, place, size)
        return found

    # -- measured -------------------------------------------------------------------------------

    @cached_property
    def _program(self) -> Program | None:
        """The network without its loss; None where there is nothing to measure or no quick way."""
        if self.x is None or not self.x.finite or not self.model.built:
            return None
        builder = Builder(self.x.width)
        value = 0
        for layer in self.model.layers:
            value = layer.lower(builder, value)
        program = builder.finish(value)
        # Rates on a schedule are held at their greatest, for which rules look.
        peaks = {
            each.value: float(each.rates(0, self.steps or 1, self.epoch_steps).max())
            for each in program.schedules
        }
        held = (
            replace(op, rate=peaks[op.output])
            if isinstance(op, DroppingOp) and op.output in peaks
            else op
            for op in program.ops
        )
        program = replace(program, ops=tuple(held), schedules=())
        # What only JAX runs would have to be compiled first.
        return program if program.native and program.ops else None

    @cached_property
    def probed(self) -> int:
        """Rows that are measured over."""
        return 0 if self.x is None else min(len(self.x), PROBE_ROWS)

    @cached_property
    def variance_ratios(self) -> Mapping[str, float]:
        """Path of a batch normalization -> variance of its input, inference over training.

        As :class:`~trimtab.training.tracking.StatisticsTracker` measures it: the normalizations
        before hold the statistics of these rows.
        """
        program = self._program
        if program is None or self.x is None or self.probed < 2:
            return {}
        threads = self.model.runner.threads
        population = Population(
            program, lambda part: choosing.make_engine(part, "native", threads=threads), frozen=True
        )
        if not population.ops:
            return {}
        x = spread(self.x.values, PROBE_ROWS)
        self.model.pull()
        state = state_of(program, self.model.weights, None, 0)
        _, inference = population.refreshed(state, x)
        training = population.in_training(state, x, seed=0, step=0)
        ratios = {
            layer_of(program, op): variance_ratio(seen, trained)
            for op, seen, trained in zip(population.ops, inference, training, strict=True)
        }
        return {path: ratio for path, ratio in ratios.items() if math.isfinite(ratio)}

    @cached_property
    def output_size(self) -> float | None:
        """Root mean square of the outputs now, batch normalizations using the rows' statistics."""
        program = self._program
        if program is None or self.x is None:
            return None
        engine = choosing.make_engine(program, "native", threads=self.model.runner.threads)
        self.model.pull()
        engine.load(state_of(program, self.model.weights, None, 0))
        x = spread(self.x.values, PROBE_ROWS)
        out = engine.forward(x, training=True, update=False).astype(np.float64)
        size = float(np.sqrt(np.mean(np.square(out))))
        return size if math.isfinite(size) else None

    @property
    def keeps_best(self) -> bool:
        """Whether a callback ends with the best epoch."""
        return any(
            isinstance(callback, EarlyStopping | BestEpochs)
            or (isinstance(callback, ModelCheckpoint) and callback.save_best_only)
            for callback in self.callbacks
        )

    @property
    def unchecked(self) -> list[str]:
        """What could not be looked at, and why."""
        reasons = []
        if self.x is None:
            reasons.append("data and numbers of steps: no x was given")
        elif self.y is None:
            reasons.append("targets: no y was given")
        if self.optimizer is None:
            reasons.append("optimizer and loss: the model is not compiled")
        own = [node.path for node in self.chain.of_kind("own")]
        if own:
            reasons.append(f"what happens inside {', '.join(own)}: layers of your own")
        return reasons


def collect(
    model: Network,
    x: Any,
    y: Any,
    settings: FitSettings,
    *,
    validation_data: Any = None,
    validation_split: float = 0.0,
    groups: Any = None,
    callbacks: Any = None,
) -> Facts:
    """Facts about a model that is built, if ``x`` is given.

    Raises:
        InvalidData: rows, targets or groups that do not belong together.
        InvalidArgument: groups without validation rows.
    """
    facts = Facts(model, Chain(model), settings, callbacks=CallbackList(callbacks).callbacks)
    if x is None:
        if y is not None or validation_data is not None or groups is not None:
            raise InvalidData(
                "x is missing. Pass the rows that y, groups and validation belong to."
            )
        return facts
    width = model.input_shape[1]
    total = len(data.as_features(x, width))
    kept = total
    if validation_data is not None:
        facts.split = "data"
    elif isinstance(validation_split, bool) or validation_split != 0:
        kept = data.split(total, validation_split)
        facts.split, facts.validation_split = "split", validation_split
    facts.x = Table(x, "x", width, slice(None, kept))
    if y is not None:
        _check_targets(model, y, total)
        facts.y = Table(y, "y", rows=slice(None, kept))
    if facts.split == "data":
        if not isinstance(validation_data, tuple | list) or len(validation_data) not in (2, 3):
            raise InvalidArgument(
                "validation_data must be (x, y) or (x, y, sample_weight), received "
                f"a {type(validation_data).__name__}."
            )
        facts.x_valid = Table(validation_data[0], "validation x", width)
        _check_targets(model, validation_data[1], len(facts.x_valid), "validation ")
        facts.y_valid = Table(validation_data[1], "validation y")
    elif facts.split == "split":
        facts.x_valid = Table(x, "validation x", width, slice(kept, None))
        facts.y_valid = None if y is None else Table(y, "validation y", rows=slice(kept, None))
    if groups is not None:
        facts.groups = _groups(facts, groups, total, kept)
    return facts


def _check_targets(model: Network, y: Any, rows: int, prefix: str = "") -> None:
    """Refuses targets of another shape than ``fit`` takes; what they hold is for the rules."""
    table = Table(y, f"{prefix}y")
    loss = None if model.loss_function is None else model.loss_function.lower()
    width = model.output_shape[1] if loss is not None else table.width
    zeros = np.zeros_like(table.values)
    data.as_targets(zeros, rows, width, loss, f"{prefix}y", f"{prefix}x")


def _groups(facts: Facts, groups: Any, total: int, kept: int) -> Groups:
    """The groups of both sides."""
    if not facts.split:
        raise InvalidArgument(
            "groups are compared between training and validation rows, and there are none to "
            "validate on. Pass validation_data=(x_valid, y_valid) or validation_split=0.2, too."
        )
    if facts.split == "split":
        both = _labels(groups, total, "x")
        return Groups(both[:kept], both[kept:])
    if not isinstance(groups, tuple | list) or len(groups) != 2:
        raise InvalidArgument(
            "with validation_data, groups must be a pair: those of the rows of x and those of the "
            "validation rows. Use groups=(groups_train, groups_valid)."
        )
    assert facts.x_valid is not None
    return Groups(
        _labels(groups[0], total, "x"), _labels(groups[1], len(facts.x_valid), "validation x")
    )


def _labels(given: Any, rows: int, name: str) -> list[Any]:
    labels = np.asarray(given)
    if labels.shape != (rows,):
        raise InvalidData(
            f"groups must hold one label for each of the {rows} rows of {name}, received shape "
            f"{labels.shape}."
        )
    return list(labels.tolist())
