"""The base class of data sets that make a batch when they are asked for it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from trimtab.core import checks

__all__ = ["PyDataset"]


class PyDataset:
    """A data set in batches, each made when it is needed. Subclass it.

    ``fit`` asks for every batch again in each epoch and holds one at a time, so that a table may be
    larger than memory, and a batch may be another one each time. With ``shuffle=True``, the
    default, the *batches* come in a new order in each epoch; rows stay in their batch.

    Args:
        workers: threads that make batches while the network trains. Up to 1: none, a batch is made
            when its turn comes.
        use_multiprocessing: accepted; the workers are threads. NumPy, pandas and reading of files
            run beside each other in threads.
        max_queue_size: most batches that wait for the network.

    Define:
        ``__getitem__(index)`` returns ``(x, y)`` or ``(x, y, sample_weight)``; to predict, ``x``
        alone will do. ``__len__()`` says how many batches there are; without it there is no end,
        and ``fit`` needs ``steps_per_epoch``. ``on_epoch_begin()`` and ``on_epoch_end()`` are
        called around each epoch.

    Raises:
        InvalidArgument: workers or max_queue_size is no whole number, or below 0.

    Example:
        >>> import numpy as np
        >>> import trimtab
        >>> from trimtab import layers
        >>> from trimtab.keras import utils
        >>> class Halves(utils.PyDataset):
        ...     def __len__(self):
        ...         return 2
        ...
        ...     def __getitem__(self, index):
        ...         x = np.linspace(index, index + 1, 16).reshape(-1, 1)
        ...         return x, 3 * x[:, 0]
        >>> model = trimtab.Sequential([layers.Dense(1, input_shape=[1])])
        >>> model.compile(optimizer="adam", loss="mse")
        >>> history = model.fit(Halves(workers=2), epochs=3, verbose=0)
        >>> len(history.history["loss"]), model.predict(Halves()).shape
        (3, (32, 1))
    """

    workers = 1
    use_multiprocessing = False
    max_queue_size = 10

    def __init__(
        self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10
    ) -> None:
        most = 1 << 16
        self.workers = checks.integer("workers", workers, minimum=0, maximum=most)
        self.use_multiprocessing = checks.boolean("use_multiprocessing", use_multiprocessing)
        self.max_queue_size = checks.integer(
            "max_queue_size", max_queue_size, minimum=0, maximum=most
        )

    def __getitem__(self, index: int) -> Any:
        """The batch at this place, from 0."""
        raise NotImplementedError(
            f"{type(self).__name__} does not define __getitem__(self, index). Return a batch, "
            "(x, y), there."
        )

    def __iter__(self) -> Iterator[Any]:
        """The batches in their order."""
        number = self.num_batches
        for index in itertools.count() if number is None else range(number):
            yield self[index]

    @property
    def num_batches(self) -> int | None:
        """How many batches an epoch has; None: there is no end."""
        return len(self) if hasattr(self, "__len__") else None

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch."""
