"""From a table to a :class:`~trimtab.predictor.Predictor`, stage by stage.

:func:`train` reads and divides the table (``data.py``), prepares its columns (``preparing.py``),
trains the networks (``fitting.py``, one network in ``run.py``), scores them (``scoring.py``), and
writes and reports the result (``finishing.py``). Each stage hands a frozen result to the next one.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from trimtab.core import checks
from trimtab.core.named_arguments import named_arguments
from trimtab.errors import InvalidArgument
from trimtab.model.committee import members_of
from trimtab.predictor.predictor import Predictor
from trimtab.predictor.training.coached import CoachWish, coach_afterwards
from trimtab.predictor.training.data import load_data
from trimtab.predictor.training.events import Report
from trimtab.predictor.training.finishing import finish, save_state
from trimtab.predictor.training.fitting import fit_networks
from trimtab.predictor.training.held import is_answers, is_pair, taken_out, with_answers
from trimtab.predictor.training.job import Job, nobody
from trimtab.predictor.training.layer_looks import LayerLooks
from trimtab.predictor.training.limits import Limits
from trimtab.predictor.training.listeners import printed
from trimtab.predictor.training.live import LiveTraining, shown
from trimtab.predictor.training.options import TrainOptions
from trimtab.predictor.training.places import Place
from trimtab.predictor.training.python_words import in_python_words
from trimtab.predictor.training.report_wish import ReportWish
from trimtab.predictor.training.resuming import Before

__all__ = ["run_stages", "train"]


@named_arguments
def train(
    data: Any,
    target: Any = None,
    *,
    y: Any = None,
    out: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    resume: bool = False,
    verbose: Any = "auto",
    report: Any = True,
    baselines: bool = True,
    private: bool = False,
    coach: Any = False,
    live: Any = False,
    listener: Report | None = None,
    **options: Any,
) -> Predictor:
    """Trains a network on a table and returns a predictor.

    Rows are divided, columns are prepared from the training rows, a network is trained until the
    validation loss stops improving, and it is scored on rows that it was not trained on. Every
    decision has a default, and an option.

    Ctrl-C ends training between two steps: the best network so far is scored, saved and returned,
    with :attr:`~trimtab.Predictor.unfinished` set. ``resume=True`` continues to the same bits as an
    uninterrupted run (on JAX, to rounding). The same holds for the time limit. A second Ctrl-C
    raises KeyboardInterrupt and leaves no partial file. With ``out``, the state is also saved about
    once a minute, inside long epochs too, so that a run that is killed can be resumed.

    In a committee each network has its share of the time and its own best epoch. With ``fold``,
    networks are trained at once, each without one fold, and their average predicts. Each is scored
    on its fold, and kept at the epoch that the other folds say; the scores to quote are out of
    fold. With ``time``, a last network is trained on all rows for the median of the best epochs,
    and predicts.

    The same data, options and seed give the same network: on the native engine to the bit, with any
    number of threads. The files of two such runs differ in the seconds they took and in the salt of
    the row prints.

    Args:
        data: a path, ``"-"`` for standard input, the name of a table that comes with trimtab
            (``"red-wine"``, ``"concrete"``), a data frame (pandas, polars, pyarrow), columns by
            name, a list of dicts, or an array, whose columns are numbered from 0; or a pair
            ``(X, y)``. A folder, a pattern (``"sales/*.csv"``) or a list of paths is one table in
            several files.
        target: the column to predict, by name or by number, or a list of several; or ``y``, the
            answers themselves, as in ``train(X, y)``: their name becomes that of the column,
            ``"target"`` if they have none. Several must be numbers; one network predicts all of
            them, each scaled and scored by itself. Rows that lack one of them are left out.
        y: the same as ``target``, for ``train(X, y=y)``.
        out: file to save to; the learning curves are saved beside it as ``.png``, the report as
            ``.html``, the options as ``.toml``.
        overwrite: whether ``out`` may replace any file; it always may replace a model of the same
            table and target.
        resume: resume the interrupted run in ``out`` with its options; only ``epochs`` may be
            raised and ``time_limit`` changed.
        verbose: 1 prints what the command prints: how the table was read, what was left out, and
            the scores. 2 also prints each epoch, 0 nothing. ``"auto"`` is 1 in a notebook, else 0.
        report: whether to make a report beside the model, or the path of one, ``"report.html"``.
            False also spares the looks at layers that a report made later would show.
        baselines: whether the report compares the network with a linear model and gradient
            boosting, trained on the same rows.
        private: whether the report leaves out every value of a row.
        coach: whether to try what would help (:func:`trimtab.coach`) once the model is saved: True
            for 5 minutes of it, or the time, ``"10m"``; ``time_limit`` is that of the training
            alone. The report has a section on it, ``predictor.prescription`` holds it, and what
            helps is saved beside ``out`` as ``.coached.trimtab``. Ctrl-C ends it with what is done.
        live: whether to show the training while it runs, as a page on this machine: curves, layers,
            findings, time left, and a button that does what Ctrl-C does, after the epoch. It is
            opened where somebody sits at this machine; a terminal without a browser draws the
            same as text. A number is the port of the page.
        listener: receives the :mod:`~trimtab.predictor.events` as they happen. (A function given
            as ``report`` is one, as in earlier versions.)
        options: any of :class:`~trimtab.predictor.options.TrainOptions`. ``valid`` and ``test``
            may also be tables in memory, or pairs ``(X, y)``.

    Raises:
        InvalidData: the table cannot be used; the message names the place.
        InvalidArgument: options are invalid, the run diverged before it learned anything, or the
            run to resume has another table or other options.
        FileFormatError: the file to resume is damaged.

    Example:
        >>> import trimtab
        >>> predictor = trimtab.train("red-wine", layers="16 relu", epochs=2)
        >>> predictor.task, list(predictor.history.history)
        ('regression', ['loss', 'val_loss'])
        >>> predictor.predict("red-wine").shape
        (1599,)
    """
    if callable(report):
        report, listener = True, report
    with in_python_words(listener is None):
        for name, value in (("overwrite", overwrite), ("resume", resume)):
            checks.boolean(name, value)
        if resume and out is None:
            raise InvalidArgument(
                "resume needs the file of the run: out='NAME.trimtab' (--out NAME.trimtab)."
            )
        if target is None and y is None and isinstance(data, tuple) and is_pair(data):
            data, target = data
        if y is None and is_answers(target, data):
            target, y = None, target
        if y is not None:
            data, target = with_answers(data, y, target)
        if target is not None:
            options = {"target": target, **options}
        wanted = CoachWish.of(coach, data)
        with (
            printed(verbose if listener is None else 0) as printing,
            shown(live, listener or printing or nobody) as (hears, watched),
        ):
            job = _job(data, out, resume, hears, options, (report, baselines, private))
            predictor = run_stages(job, data, overwrite=overwrite or resume, live=watched)
            if wanted is not None:
                coach_afterwards(job, predictor, data, wanted)
            return predictor


def run_stages(
    job: Job, data: Any, *, overwrite: bool = False, live: LiveTraining | None = None
) -> Predictor:
    """The stages of a training; :func:`train` and the estimators call it.

    Args:
        job: what was asked for.
        data: a table with its target, as :func:`train` takes it.
        overwrite: whether the model may replace whatever is in its place.
        live: shows it while it runs; None: nothing does.

    Raises:
        InvalidData, InvalidArgument, FileFormatError: as in :func:`train`.
    """
    table = load_data(job, data, overwrite=overwrite)
    keep = None if job.place is None else partial(save_state, job, table)
    with Limits(job.given.time_limit) as limits:
        if live is not None:
            live.of(job, limits)
        trained = fit_networks(job, table, limits, keep)
        predictor = finish(job, table, trained)
    for member in members_of(predictor.model):  # the number of threads was that of the training
        member.pull()
        member.runner.limit_threads(None)
    return predictor


def _job(
    data: Any,
    out: str | os.PathLike[str] | None,
    resume: bool,
    report: Report,
    options: Mapping[str, Any],
    page: tuple[Any, Any, Any],
) -> Job:
    """What a call of :func:`train` asks for."""
    place = None if out is None else Place(out)
    wish = ReportWish.of(page[0], place, *page[1:])
    options, held = taken_out(options)
    if resume:
        assert place is not None
        before = Before.of(place, options)
        looks = LayerLooks(before.predictor.provenance.get("layers")) if page[0] else None
        return Job(before.given, place, report, before, held, page=wish, looks=looks)
    given = _with_target(TrainOptions.of(options), data)
    looks = LayerLooks() if page[0] else None  # a report made later shows them, too
    return Job(given, place, report, held=held, page=wish, looks=looks)


def _with_target(given: TrainOptions, data: Any) -> TrainOptions:
    """The options with a target; tables that come with trimtab have a default one."""
    from trimtab.tables.files.reading import SHIPPED, read_chunks

    if given.target is not None:
        return given
    if isinstance(data, str) and data in SHIPPED and not Path(data).exists():
        return dataclasses.replace(given, target=SHIPPED[data].target)
    head = next(iter(read_chunks(data, given.read_options(), rows=100)))
    file = isinstance(data, str | os.PathLike)
    apart = "" if file else " Or pass the values themselves: train(X, y)."
    raise InvalidArgument(
        "train needs the column to predict: target='COLUMN' (--target COLUMN). "
        f"{head.name} has {checks.listing(head.frame.columns)}.{apart}"
    )
