"""From a table to a :class:`~trimtab.predictor.Predictor`, stage by stage.

:func:`train` reads and divides the table (``data.py``), prepares its columns (``preparing.py``),
trains the networks (``fitting.py``, one network in ``run.py``), scores them (``scoring.py``), and
writes and reports the result (``finishing.py``). Each stage hands a frozen result to the next one.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from trimtab import config
from trimtab.core import words
from trimtab.errors import InvalidArgument
from trimtab.predictor.predictor import Predictor
from trimtab.predictor.training.data import load_data
from trimtab.predictor.training.events import Event, Report
from trimtab.predictor.training.finishing import finish, save_state
from trimtab.predictor.training.fitting import fit_networks
from trimtab.predictor.training.job import Job
from trimtab.predictor.training.limits import Limits
from trimtab.predictor.training.options import TrainOptions
from trimtab.predictor.training.places import Place
from trimtab.predictor.training.resuming import Before

__all__ = ["train"]


def train(
    data: Any,
    target: str | None = None,
    *,
    out: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    resume: bool = False,
    report: Report | None = None,
    **options: Any,
) -> Predictor:
    """Trains a network on a table, and returns it with all that leads from the table to it.

    The rows are divided, the columns prepared as the training rows say, a network is trained until
    the validation rows get no better, and it is scored on rows that it was not trained on. Nothing
    has to be told; every decision can be.

    Ctrl-C ends training between two steps: the best network so far is scored, saved and returned,
    with :attr:`~trimtab.Predictor.unfinished` set, and ``resume=True`` goes on to the very bits
    that a run in one go would have ended with (on JAX, to rounding). The same holds for the time
    limit. A second Ctrl-C raises KeyboardInterrupt and leaves no half file. With ``out``, the state
    is also saved every minute or so at the end of an epoch, for whatever else may happen.

    Of a committee each network has its share of the time, and its own best epoch. With folds, one
    network is trained on each of them and scored on the rest, and a last one on all rows for as
    many epochs as were best in the median; the scores to quote are those of the folds.

    The same data, options and seed give the same network, to the bit on the native engine with any
    number of threads. The files of two such runs differ in the seconds it took and in the salt of
    the row prints.

    Args:
        data: a path, ``"-"`` for standard input, the name of a table that comes with trimtab
            (``"red-wine"``, ``"concrete"``), a data frame (pandas, polars, pyarrow), or columns by
            name.
        target: column to predict.
        out: file to save to; the learning curves go beside it as ``.png``, the options as
            ``.toml``.
        overwrite: whether ``out`` may replace whatever is there; a model of the same table and
            target it may replace in any case.
        resume: go on with the interrupted run in ``out``. Its options are used; ``epochs`` may be
            raised, ``time_limit`` set anew.
        report: is handed the :mod:`~trimtab.predictor.events` as they happen.
        options: any of :class:`~trimtab.predictor.options.TrainOptions`.

    Errors:
        ``InvalidData`` for tables that cannot be used as they are, with the place;
        ``InvalidArgument`` for options that cannot, for a run that diverged before it learned
        anything, and for another table or other options than those of the run to go on with;
        ``FileFormatError`` for a file that is damaged.

    Example:
        >>> import trimtab
        >>> predictor = trimtab.train("red-wine", layers="16 relu", epochs=2)
        >>> predictor.task, list(predictor.history.history)
        ('regression', ['loss', 'val_loss'])
        >>> predictor.predict("red-wine").shape
        (1599,)
    """
    if resume and out is None:
        raise InvalidArgument("resume goes on with the run in a file. Name it: out='NAME.trimtab'.")
    if target is not None:
        options = {"target": target, **options}
    job = _job(data, out, resume, report or _nobody, options)
    with _threads(job.given.threads):
        table = load_data(job, data, overwrite=overwrite or resume)
        keep = None if job.place is None else partial(save_state, job, table)
        with Limits(job.given.time_limit) as limits:
            trained = fit_networks(job, table, limits, keep)
            return finish(job, table, trained)


def _job(
    data: Any,
    out: str | os.PathLike[str] | None,
    resume: bool,
    report: Report,
    options: Mapping[str, Any],
) -> Job:
    """What a call of :func:`train` asks for."""
    place = None if out is None else Place(out)
    if resume:
        assert place is not None
        before = Before.of(place, options)
        return Job(before.given, place, report, before)
    return Job(_with_target(TrainOptions.of(options), data), place, report)


def _nobody(event: Event) -> None:
    """Listens to nothing."""


def _with_target(given: TrainOptions, data: Any) -> TrainOptions:
    """The usual target of a table that comes with trimtab; else it has to be named."""
    from trimtab.tables.files.reading import SHIPPED, read_chunks

    if given.target is not None:
        return given
    if isinstance(data, str) and data in SHIPPED and not Path(data).exists():
        return dataclasses.replace(given, target=SHIPPED[data].target)
    head = next(iter(read_chunks(data, given.read_options(), rows=100)))
    raise InvalidArgument(
        "train has to know which column to predict. Name it, target='COLUMN' (--target COLUMN): "
        f"{head.name} has {words.listed(list(head.frame.columns), most=50)}."
    )


@contextmanager
def _threads(threads: int | None) -> Iterator[None]:
    """At most so many threads meanwhile."""
    if threads is None:
        yield
        return
    before = config._threads
    config.set_threads(threads)
    try:
        yield
    finally:
        config.set_threads(before)
