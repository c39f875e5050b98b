"""What is known before training; rules use nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.insight.coach.chain import PASSING, Chain, Node
from trimtab.insight.coach.columns import GivenTable
from trimtab.insight.coach.giveaways import telling_columns
from trimtab.insight.coach.known_loss import known_loss
from trimtab.insight.coach.labels import Labels
from trimtab.insight.coach.measurements import Measurements
from trimtab.insight.coach.plan import Plan
from trimtab.insight.coach.reach import FirstStep
from trimtab.insight.coach.start import Start
from trimtab.nn.layers.dropout import Dropping
from trimtab.nn.losses import Loss
from trimtab.nn.optimizers import Optimizer
from trimtab.program.ops import LossOp
from trimtab.training.batches import cut
from trimtab.training.callbacks import BestEpochs, EarlyStopping, ModelCheckpoint
from trimtab.training.settings import FitSettings

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["CodeColumn", "Facts", "Groups"]


@dataclass(frozen=True)
class Groups:
    """The group of each row, on both sides of the split."""

    train: list[Any]
    valid: list[Any]


@dataclass(frozen=True)
class CodeColumn:
    """A column of x that holds codes of categories.

    Attributes:
        layer: The embedding that reads it.
        place: Its index among the columns of codes of that layer.
        size: Number of categories: codes 0 to size - 1 have a vector.
    """

    layer: Any
    place: int
    size: int


@dataclass
class Facts:
    """A model and the ``fit`` it is about to run.

    Attributes:
        model: The model; nothing here changes it.
        chain: Its layers as a graph.
        settings: The settings of the fit.
        validation_split: An argument of the fit.
        callbacks: Those of the fit.
        x, y: Training rows and targets, or None.
        x_valid, y_valid: Validation rows and targets, or None.
        split: Where these come from: ``data`` (``validation_data``), ``split``
            (``validation_split``), or empty if there are none.
        groups: Groups of the rows, or None.
        labels: How the targets are written, if the loss does not take them as they are; ``y``
            and ``y_valid`` then hold what it does take.
        knows_epochs: Whether the number of epochs was said.
        given: More arguments of the fit, as code; for remedies.
        class_weight: An argument of the fit.
        one_callback: Whether ``callbacks`` was one, not a list.
        plan: What the remedies change.
        start: The network before its first step; None if that was not measured.
        first_step: What the first step does to the loss; None if that was not measured.
        highest_rate: The highest learning rate of a fit that is over, if a callback has changed it.
    """

    model: Network
    chain: Chain
    settings: FitSettings
    validation_split: float = 0.0
    callbacks: list[Any] = field(default_factory=list)
    x: GivenTable | None = None
    y: GivenTable | None = None
    x_valid: GivenTable | None = None
    y_valid: GivenTable | None = None
    split: str = ""
    groups: Groups | None = None
    labels: Labels | None = None
    knows_epochs: bool = True
    given: dict[str, str] = field(default_factory=dict)
    class_weight: Mapping[Any, Any] | None = None
    one_callback: bool = False
    plan: Plan = field(default_factory=Plan)
    start: Start | None = None
    first_step: FirstStep | None = None
    highest_rate: float | None = None
    _rows: int | None = None

    def changed(self, rows: int | None = None, **settings: Any) -> Facts:
        """The facts of a fit with other settings, on so many rows; for trying a remedy."""
        new = replace(self, settings=replace(self.settings, **settings), _rows=rows or self._rows)
        # They are the same, and some take time.
        for name in ("loss", "moving", "normalized_output", "measured"):
            vars(new)[name] = getattr(self, name)
        return new

    @property
    def optimizer(self) -> Optimizer | None:
        """The compiled optimizer; None before ``compile``."""
        optimizer: Optimizer | None = self.model.optimizer
        return optimizer

    @cached_property
    def loss(self) -> LossOp | None:
        """The loss as an op; None before ``compile``."""
        loss: Loss | None = self.model.loss_function
        return None if loss is None else known_loss(loss)

    @property
    def regresses(self) -> bool:
        """Whether the loss is one for regression."""
        return self.loss is not None and self.loss.loss.startswith("mean_")

    @property
    def outputs(self) -> int | None:
        """Number of output columns; None before the model is built."""
        return self.model.output_width() if self.model.built else None

    # -- batches --------------------------------------------------------------------------------

    @property
    def rows(self) -> int | None:
        """Number of training rows."""
        return self._rows or (None if self.x is None else len(self.x))

    @cached_property
    def batches(self) -> list[int] | None:
        """Number of rows in each batch of an epoch."""
        if self.rows is None:
            return None
        batches = cut(self.rows, self.settings.batch_size, self.settings.last_batch)
        sizes: list[int] = np.diff(batches.edges).tolist()
        return sizes

    @property
    def epoch_steps(self) -> int | None:
        """Batches per epoch."""
        return None if self.batches is None else len(self.batches)

    @property
    def steps(self) -> int | None:
        """Batches over all epochs; None: unknown."""
        if self.epoch_steps is None or not self.knows_epochs:
            return None
        return self.epoch_steps * self.epochs

    @property
    def epochs(self) -> int:
        """Number of epochs."""
        return max(0, self.settings.epochs - self.settings.initial_epoch)

    # -- layers ---------------------------------------------------------------------------------

    def rate(self, node: Node) -> float:
        """The highest dropout rate of a node during the fit; 0 if it drops nothing."""
        layer = node.layer
        if node.kind not in ("dropout", "dense") or not isinstance(layer, Dropping):
            return 0.0
        if layer.schedule is None or not self.steps:
            return layer.rate
        return float(layer.schedule.rates(0, self.steps, self.epoch_steps).max())

    @cached_property
    def moving(self) -> list[Node]:
        """The batch normalizations that use batch statistics in training, but not on the output."""
        found = [node for node in self.chain.of_kind("batch_normalization") if node.layer.trainable]
        gone = {node.number for node in self.normalized_output}
        return [node for node in found if node.number not in gone]

    @cached_property
    def normalized_output(self) -> list[Node]:
        """The batch normalizations between the last dense layer and the loss, which do not stay."""
        found = []
        node: Node | None = self.chain.nodes[self.chain.output]
        passing = (*PASSING, "activation", "batch_normalization", "rescaling")
        while node is not None and node.kind in passing:
            if node.kind == "batch_normalization" and node.layer.trainable:
                found.append(node)
            node = self.chain.before(node)
        ends = node is not None and node.kind == "dense" and self.loss is not None
        return found if ends else []

    @cached_property
    def codes(self) -> Mapping[int, CodeColumn]:
        """The columns of x that hold codes of categories, by column number."""
        if self.x is None:
            return {}
        found = {}
        for node in self.chain.of_kind("embedding"):
            before = self.chain.before(node)
            while before is not None and before.kind not in (
                "input", "dense", "embedding", "join", "own"
            ):  # fmt: skip
                before = self.chain.before(before)
            if before is None or before.kind != "input":
                continue
            sizes = node.layer.code_sizes
            for place, size in enumerate(sizes):
                found[self.x.width - len(sizes) + place] = CodeColumn(node.layer, place, size)
        return found

    # -- the rest -------------------------------------------------------------------------------

    @cached_property
    def measured(self) -> Measurements:
        """Measured by sending rows through the network."""
        return Measurements(self.model, self.x, self.steps, self.epoch_steps)

    @cached_property
    def copies(self) -> tuple[int, int] | None:
        """Number of validation rows that are also training rows, and of distinct training rows."""
        if any(part is None for part in (self.x, self.y, self.x_valid, self.y_valid)):
            return None
        assert self.x and self.y and self.x_valid and self.y_valid
        train = np.sort(self.x.keys(self.y))
        valid = self.x_valid.keys(self.y_valid)
        places = np.minimum(np.searchsorted(train, valid), len(train) - 1)
        return int((train[places] == valid).sum()), len(self.distinct_rows)

    @cached_property
    def distinct_rows(self) -> NDArray[np.int64]:
        """Numbers of the training rows that repeat no earlier one, target included."""
        if self.x is None or self.y is None:
            return np.arange(0)
        keys = self.x.keys(self.y)
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        return np.sort(order[np.append(True, keys[1:] != keys[:-1])])

    @cached_property
    def telling_columns(self) -> Mapping[int, str]:
        """Number of a column of x that gives the target away -> how, in words."""
        if self.x is None or self.y is None:
            return {}
        return telling_columns(self.x, self.y, self.distinct_rows)

    @property
    def keeps_best(self) -> bool:
        """Whether a callback keeps the best epoch."""
        return any(
            isinstance(callback, EarlyStopping | BestEpochs)
            or (isinstance(callback, ModelCheckpoint) and callback.save_best_only)
            for callback in self.callbacks
        )

    @property
    def unchecked(self) -> list[str]:
        """What was not checked, and why."""
        reasons = []
        if self.x is None:
            reasons.append("data and number of steps (no x was passed)")
        else:
            if self.y is None:
                reasons.append("targets (no y was passed)")
            if not self.knows_epochs and (self.moving or (self.optimizer and self.y)):
                reasons.append("what depends on the number of steps (no epochs were passed)")
        if self.optimizer is None:
            reasons.append("optimizer and loss (the model is not compiled)")
        own = [node.path for node in self.chain.of_kind("own")]
        if own:
            reasons.append(f"the inside of custom layers ({', '.join(own)})")
        return reasons
