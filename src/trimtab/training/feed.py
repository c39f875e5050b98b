"""Batches on their way into a network: converted, checked, epoch after epoch."""

from __future__ import annotations

import itertools
import time
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core import random
from trimtab.core.memory import memory_size
from trimtab.core.types import Floats
from trimtab.core.words import count
from trimtab.distributed import say
from trimtab.engines.base import Rows
from trimtab.errors import InvalidData, TrimtabError
from trimtab.nn import data
from trimtab.nn.sources import Source, parts_of
from trimtab.training.batches import cut

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["ArraySource", "Feed", "features_of", "read_all"]

#: Seconds of reading after which something is said.
PATIENCE = 10.0

#: Share of the memory that batches may take that are kept: they are put together once.
SHARE = 0.4


class ArraySource(Source):
    """The batches of arrays, for an epoch of another number of steps than they have.

    Args:
        rows: converted.
        batch_size: rows a batch.
        seed: of the orders of the rows; None: they are not shuffled.
    """

    def __init__(self, rows: Rows, batch_size: int, seed: int | None) -> None:
        self._rows, self._batches, self._seed = rows, cut(len(rows), batch_size), seed
        self._passes = 0
        super().__init__([rows])
        self.what, self.length = "table", self._batches.steps

    def batches(self, order: NDArray[np.int64] | None = None) -> Iterator[Any]:
        x, y, weight = self._rows.x, self._rows.y, self._rows.weight
        drawn = None
        if self._seed is not None:
            drawn = random.permutation(self._seed, random.Stream.ORDER, self._passes, len(x))
        self._passes += 1
        for number in range(self._batches.steps):
            part: Any = self._batches.part(number)
            part = part if drawn is None else drawn[part]
            yield Rows(
                x[part], None if y is None else y[part], None if weight is None else weight[part]
            )


class Feed:
    """What a network trains on, where that comes in batches.

    Args:
        model: compiled; built for the first batch.
        source: of the batches.
        steps: batches an epoch; None: those of a pass.
        shuffle: draw the order of the batches anew in each pass, where the source can do that.
        class_weight: as ``fit`` takes it.

    Attributes:
        steps: batches an epoch.
        what: the source is, for messages.
    """

    def __init__(
        self,
        model: Network,
        source: Source,
        steps: int | None = None,
        *,
        shuffle: bool = False,
        class_weight: Any = None,
    ) -> None:
        self._model = model
        self._source = source
        self._given_steps = steps
        self._shuffle = shuffle and source.orders and source.length is not None
        self._class_weight = class_weight
        self._going: Iterator[Rows] | None = None
        self._largest = 0
        self.what = source.what
        if source.once or not model.built:
            first = source.first()
            if not model.built:
                features_of(model, parts_of(first, 0, source.what)[0], 0, source.what)

    @property
    def steps(self) -> int:
        """Batches an epoch."""
        steps = self._given_steps if self._given_steps is not None else self._source.length
        assert steps is not None
        return steps

    def begin_epoch(self) -> None:
        """Before the first batch of an epoch."""
        self._source.begin_epoch()

    def end_epoch(self) -> None:
        """After the last one."""
        if self._given_steps is None:
            self.close()
        self._source.end_epoch()

    def batches(self) -> Iterator[Rows]:
        """The batches of the next epoch; fewer where a source with one pass comes to its end.

        Raises:
            InvalidArgument, InvalidData, Unsupported: a batch does not fit; its number is named.
        """
        if self._going is None:
            self._going = self._passes()
        return itertools.islice(self._going, self.steps)

    def room_for(self, rows: int) -> int:
        """Rows of the largest batch so far, this one included: engines make room for them once."""
        self._largest = max(self._largest, rows)
        return self._largest

    def exhausted(self) -> bool:
        """Whether the only pass of its source is over: another epoch has no batch."""
        if not self._source.once:
            return False
        if self._going is None:
            self._going = self._passes()
        first = next(self._going, None)
        if first is None:
            return True
        self._going = itertools.chain([first], self._going)
        return False

    def close(self) -> None:
        """Lets go of the pass under way, and of threads that read ahead."""
        going, self._going = self._going, None
        if going is not None and hasattr(going, "close"):
            going.close()

    def _passes(self) -> Iterator[Rows]:
        """Pass after pass: one where there is one, else without an end."""
        while True:
            length = self._source.length
            order = None
            if self._shuffle and length is not None:
                seed, step = self._model.run_seed(), self._model.runner.step
                order = random.permutation(seed, random.Stream.ORDER, step, length)
            number = -1
            batches = self._source.batches(order)
            try:
                for number, batch in enumerate(batches):
                    yield self._rows(batch, number)
            finally:
                if hasattr(batches, "close"):
                    batches.close()
            if number < 0 and not self._source.once:
                raise self._source.empty()
            if self._source.once:
                return

    def _rows(self, batch: Any, number: int) -> Rows:
        if isinstance(batch, Rows):
            return batch
        return rows_of(self._model, batch, number, self.what, self._class_weight, learn=True)

    def ended(self, done: int) -> None:
        """Warns that the source ran dry within an epoch, after so many batches of it."""
        warnings.warn(
            f"the {self.what} ended after {count(done, 'batch', 'batches')} of an epoch of "
            f"{self.steps}: training ends here. It must give steps_per_epoch * epochs batches: let "
            "it begin anew in a `while True:`. Or leave steps_per_epoch out: it is read once, and "
            "each epoch takes what it has.",
            UserWarning,
            stacklevel=2,
        )


def rows_of(
    model: Network,
    batch: Any,
    number: int,
    what: str,
    class_weight: Any = None,
    *,
    learn: bool = False,
) -> Rows:
    """A batch to train or evaluate on.

    Args:
        model: compiled; built for the batch if it is not built yet.
        batch: as a source gives it.
        number: of the batch, for messages.
        what: the source is.
        class_weight: as ``fit`` takes it.
        learn: keep the names of columns, if it is a frame.

    Raises:
        InvalidArgument, InvalidData, Unsupported: it does not fit; its number is named.
    """
    x, y, weight = parts_of(batch, number, what)
    features = features_of(model, x, number, what)
    if y is None:
        raise InvalidData(
            f"batch {number} of the {what} has no targets. Give (x, y), or (x, y, sample_weight)."
        )
    try:
        rows = data.as_rows(
            features, y, weight, model.program_for(weight), class_weight=class_weight
        )
    except TrimtabError as wrong:
        raise type(wrong)(f"batch {number} of the {what}: {wrong}") from None
    if learn:
        model.learn_columns(x)
    return rows


def features_of(model: Network, x: Any, number: int, what: str) -> Floats:
    """The rows of a batch, converted; builds the network for them if it is not built yet."""
    try:
        return model.features(x)
    except TrimtabError as wrong:
        raise type(wrong)(f"batch {number} of the {what}: {wrong}") from None


def read_all(
    model: Network,
    source: Source,
    steps: int | None = None,
    *,
    class_weight: Any = None,
    verbose: Any = 0,
    advice: str = "steps_per_epoch",
    learn: bool = False,
) -> tuple[Rows, NDArray[np.int64]]:
    """All rows of the next pass in one table, and where its batches end.

    Args:
        model: compiled; built for the first batch.
        source: of the batches.
        steps: how many to read; None: all.
        class_weight: as ``fit`` takes it.
        verbose: 0: say nothing where reading takes long.
        advice: the argument that reads fewer.
        learn: keep the names of columns, if batches are frames.

    Raises:
        InvalidArgument, InvalidData, Unsupported: there is no batch, one does not fit, or they do
            not fit into memory.
    """
    room, size, said = SHARE * memory_size(), 0, False
    kept: list[Rows] = []
    began = time.monotonic()
    source.begin_epoch()
    batches = source.batches()
    for number, batch in enumerate(itertools.islice(batches, steps)):
        rows = rows_of(model, batch, number, source.what, class_weight, learn=learn)
        kept.append(rows)
        size += sum(part.nbytes for part in (rows.x, rows.y, rows.weight) if part is not None)
        if size > room:
            raise InvalidData(
                f"the {source.what} does not fit into memory: {len(kept):,} batches take "
                f"{size / 1e9:.1f} GB, and there are more. Name the batches with {advice}=1000."
            )
        if verbose != 0 and not said and time.monotonic() - began > PATIENCE:
            said = True
            say(
                f"reading the {source.what}: {len(kept):,} batches so far; one without an end "
                f"needs {advice}"
            )
    if hasattr(batches, "close"):
        batches.close()
    source.end_epoch()
    if not kept:
        raise source.empty()
    if steps is not None and len(kept) < steps:
        warnings.warn(
            f"the {source.what} has {count(len(kept), 'batch', 'batches')}, fewer than "
            f"{advice}={steps}.",
            UserWarning,
            stacklevel=2,
        )
    edges = np.cumsum([0, *map(len, kept)], dtype=np.int64)
    return _together(kept), edges


def _together(kept: list[Rows]) -> Rows:
    """One table of several, which are let go of on the way."""
    if len(kept) == 1:
        return kept[0]
    weight = None
    if any(each.weight is not None for each in kept):
        ones = (np.ones(len(e), np.float32) if e.weight is None else e.weight for e in kept)
        weight = np.concatenate([*ones])
    x = np.concatenate([each.x for each in kept])
    y = np.concatenate([each.y for each in kept if each.y is not None])
    return Rows(x, y, weight)
