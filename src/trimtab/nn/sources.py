"""Batches that users pass instead of arrays: generators, data sets and loaders.

A source is whatever gives one batch after the other. It is asked for a *pass*, its batches from
the first to the last. A generator has one pass and is empty then; a :class:`PyDataset`, a
``DataLoader`` of torch or a ``Dataset`` of TensorFlow has as many as are asked for. Nothing of
torch or TensorFlow is imported: their batches are arrays by NumPy's protocol.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.words import brief
from trimtab.engines.base import Rows
from trimtab.errors import InvalidArgument, InvalidData, Unsupported

__all__ = ["Source", "is_source", "parts_of"]

#: What arrays, frames and sparse matrices have, and sources of batches lack.
_OF_ARRAYS = (
    *("__array__", "__array_interface__", "__dataframe__", "__arrow_c_stream__"),
    *("__arrow_c_array__", "__dlpack__", "nnz", "iloc"),
)


def is_source(x: Any) -> bool:
    """Whether this gives batches, and is no array, table or list of rows.

    Example:
        >>> import numpy as np
        >>> [is_source(x) for x in (iter([]), (n for n in []), np.eye(2), [[1.0]], None)]
        [True, True, False, False, False]
    """
    if type(x) is np.ndarray or x is None:
        return False
    if isinstance(x, Iterator) or _is_dataset(x):
        return True
    if isinstance(x, Sequence | Mapping | Set) or not isinstance(x, Iterable):
        return False
    return not any(hasattr(x, name) for name in _OF_ARRAYS)


def _is_dataset(x: Any) -> bool:
    """Whether it is a PyDataset: ours, or the one of Keras, which is not imported for this."""
    return any(
        kind.__name__ == "PyDataset" and kind.__module__.partition(".")[0] in ("trimtab", "keras")
        for kind in type(x).__mro__
    )


class Source:
    """What batches come from.

    Attributes:
        what: it is, for messages.
        once: whether it has one pass only.
        length: batches of a pass; None where it does not say.
        orders: whether the batches of a pass can be asked for in any order.
    """

    def __init__(self, given: Any) -> None:
        self._given = given
        self._iterator: Iterator[Any] | None = None
        self.orders = _is_dataset(given)
        self.once = isinstance(given, Iterator) and not self.orders
        self.what = "PyDataset" if self.orders else type(given).__name__
        self.length = self._length()
        if self.length == 0:
            raise self.empty()

    def empty(self) -> InvalidData:
        """The error for a source without a batch."""
        return InvalidData(
            f"the {self.what} has no batch. It must give at least one, such as (x, y)."
            + (" A generator that was read before is empty: make a new one." if self.once else "")
        )

    def first(self) -> Any:
        """The first batch; it still comes in the next pass.

        Raises:
            InvalidData: there is none.
        """
        if self.orders:
            return self._given[0]
        iterator = iter(self._given)
        try:
            batch = next(iterator)
        except StopIteration:
            raise self.empty() from None
        if self.once:
            self._given = itertools.chain([batch], iterator)
        return batch

    def batches(self, order: NDArray[np.int64] | None = None) -> Iterator[Any]:
        """The batches of the next pass, as they are given.

        Args:
            order: of the batches; None: as they are.
        """
        if not self.orders:
            return iter(self._given)
        numbers: Iterable[int] = itertools.count() if self.length is None else range(self.length)
        if order is not None:
            numbers = order.tolist()
        workers = int(getattr(self._given, "workers", 1))
        if workers > 1 or (workers == 1 and getattr(self._given, "use_multiprocessing", False)):
            waiting = max(workers, int(getattr(self._given, "max_queue_size", 10)))
            return _ahead(self._given, numbers, workers, waiting)
        return (self._given[number] for number in numbers)

    def begin_epoch(self) -> None:
        """Calls the hook of a PyDataset."""
        if self.orders and hasattr(self._given, "on_epoch_begin"):
            self._given.on_epoch_begin()

    def end_epoch(self) -> None:
        """Calls the hook of a PyDataset; it may have another number of batches then."""
        if self.orders and hasattr(self._given, "on_epoch_end"):
            self._given.on_epoch_end()
            self.length = self._length()

    def _length(self) -> int | None:
        try:
            if self.orders:
                number = self._given.num_batches
                return None if number is None else int(number)
            return None if self.once else len(self._given)
        except (TypeError, NotImplementedError):  # of unknown length: each library says so its way
            return None


def _ahead(dataset: Any, numbers: Iterable[int], workers: int, waiting: int) -> Iterator[Any]:
    """The batches in this order, made by threads while others are used."""
    numbers = iter(numbers)
    threads = ThreadPoolExecutor(workers, "trimtab-batches")
    pending: deque[Future[Any]] = deque()
    try:
        while True:
            for number in itertools.islice(numbers, waiting - len(pending)):
                pending.append(threads.submit(dataset.__getitem__, number))
            if not pending:
                return
            yield pending.popleft().result()
    finally:
        threads.shutdown(wait=True, cancel_futures=True)


def parts_of(batch: Any, number: int, what: str) -> tuple[Any, Any, Any]:
    """x, y and sample weights of a batch; None for what it does not hold.

    Args:
        batch: as a source gives it.
        number: of the batch, from 0, for messages.
        what: the source is.

    Raises:
        InvalidArgument, Unsupported: it is no batch.
    """
    if isinstance(batch, Rows):
        return batch.x, batch.y, batch.weight
    if isinstance(batch, Mapping):
        raise Unsupported(
            f"batch {number} of the {what} is a {type(batch).__name__}: named inputs are not "
            "supported. Give (x, y), x with a column for each feature."
        )
    if not isinstance(batch, tuple | list):
        return batch, None, None
    if not 1 <= len(batch) <= 3:
        raise InvalidArgument(
            f"batch {number} of the {what} must be (x, y) or (x, y, sample_weight), received "
            f"{len(batch)} parts. A batch holds all its rows in one array x."
        )
    x, y, weight = (*batch, None, None)[:3]
    if x is None or isinstance(x, str | bytes):
        raise InvalidArgument(
            f"batch {number} of the {what} must be (x, y) or (x, y, sample_weight), received "
            f"{brief(x)} as x."
        )
    return x, y, weight
