"""What ``fit``, ``evaluate`` and ``predict`` do with rows that come in batches."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.core.words import count
from trimtab.distributed import process_count, say
from trimtab.engines.base import Rows
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import data
from trimtab.nn.layers import InputLayer, PiecewiseLinearEmbedding
from trimtab.nn.network import Network
from trimtab.nn.sources import Source, is_source, parts_of
from trimtab.training.batches import cut
from trimtab.training.callback import Logs
from trimtab.training.callback_list import CallbackList
from trimtab.training.feed import ArraySource, Feed, features_of, read_all, rows_of
from trimtab.training.settings import FitSettings

__all__ = ["evaluate", "first_steps", "is_source", "predict", "to_train_on", "to_validate_on"]


def to_train_on(
    model: Network,
    x: Any,
    y: Any,
    sample_weight: Any,
    class_weight: Any,
    settings: FitSettings,
    *,
    steps: Any,
    batch_size: Any,
    validation_split: Any,
) -> tuple[Rows | Feed, FitSettings]:
    """What a fit trains on, where it comes in batches or ``steps_per_epoch`` is given.

    A source that has one pass, such as a generator, is read once where no number of steps is
    given: its rows are a table, and the settings say where its batches end.

    Args:
        model: compiled; built for the first batch.
        x, y, sample_weight, class_weight, steps, batch_size, validation_split: as ``fit`` has them.
        settings: of the fit.

    Raises:
        InvalidArgument, InvalidData, Unsupported: an argument does not go with batches, or a batch
            does not fit.
    """
    if steps is not None:
        steps = checks.positive_integer(
            "steps_per_epoch", steps, hint="Leave it out for epochs of all rows."
        )
    if validation_split != 0 or validation_split is True:
        raise InvalidArgument(
            "validation_split takes rows of arrays, and there is no last row of batches, or of "
            "epochs of a number of steps. Pass validation_data=(x, y)."
        )
    if process_count() > 1:
        raise Unsupported(
            "several processes train on arrays: each must have the same rows. Pass arrays to fit, "
            "without steps_per_epoch."
        )
    if is_source(x):
        source = _source(x, y, sample_weight, batch_size, "fit")
        if settings.last_batch != "keep":
            raise InvalidArgument(
                f"last_batch={settings.last_batch!r} cuts rows into batches, and the {source.what} "
                "gives its own. Leave it out."
            )
        if steps is None and source.length is None:
            if not source.once and source.orders:
                raise InvalidArgument(
                    "the PyDataset has no end: it lacks __len__. Pass steps_per_epoch=100, or "
                    "define __len__(self), the number of batches."
                )
            return _kept(model, source, class_weight, settings)
    else:
        features = model.features(x)
        rows = data.as_rows(
            features, y, sample_weight, model.program_for(sample_weight), class_weight=class_weight
        )
        model.learn_columns(x)
        class_weight = None
        seed = model.run_seed() if settings.shuffle else None
        source = ArraySource(rows, settings.batch_size, seed)
    _refuse_looks(model, source.what, settings)
    feed = Feed(model, source, steps, shuffle=settings.shuffle, class_weight=class_weight)
    return feed, settings


def _kept(
    model: Network, source: Source, class_weight: Any, settings: FitSettings
) -> tuple[Rows, FitSettings]:
    """All rows of a source with one pass, and its batches, epoch after epoch in their order."""
    rows, edges = read_all(
        model, source, class_weight=class_weight, verbose=settings.verbose, learn=True
    )
    ends = tuple(edges[1:].tolist())
    if settings.verbose != 0:
        each = ", in the same order in each epoch" if settings.epochs > 1 else ""
        say(
            f"read {count(len(ends), 'batch', 'batches')}, {count(len(rows), 'row')}, from the "
            f"{source.what}: they are kept, and trained on as they came{each}"
        )
    return rows, replace(settings, shuffle=False, ends=ends)


def _refuse_looks(model: Network, what: str, settings: FitSettings) -> None:
    """Refuses what looks at all rows, where they never lie in memory together."""
    asked = {
        "statistics='population'": settings.statistics == "population",
        "track": bool(settings.track),
    }
    for name, given in asked.items():
        if given:
            raise InvalidArgument(
                f"{name} looks at all training rows, and they come in batches from the {what}. "
                "Pass arrays to fit, without steps_per_epoch, or leave it out."
            )
    stack = [layer for layer in model.layers if not isinstance(layer, InputLayer)]
    first = stack[0] if stack else None
    if isinstance(first, PiecewiseLinearEmbedding) and not first.is_adapted:
        raise InvalidArgument(
            f"{first.name} takes its bins from rows, and these come in batches from the {what}. "
            f"Call model.get_layer({first.name!r}).adapt(rows) with some thousand of them first."
        )


def to_validate_on(
    model: Network, given: Any, steps: Any, batch_size: int, verbose: Any = 0
) -> tuple[Rows, int]:
    """Rows to validate on, read once, and the rows of a batch of them.

    Args:
        model: compiled and built.
        given: what was passed as ``validation_data``.
        steps: as ``fit`` has ``validation_steps``.
        batch_size: of arrays.
        verbose: 0: say nothing.

    Raises:
        InvalidArgument, InvalidData, Unsupported: it does not fit.
    """
    if steps is not None:
        steps = checks.positive_integer(
            "validation_steps", steps, hint="Leave it out for all rows."
        )
    if is_source(given):
        source = Source(given)
        if steps is None and source.length is None and source.orders:
            raise InvalidArgument(
                "the PyDataset has no end: it lacks __len__. Pass validation_steps=100."
            )
        rows, edges = read_all(model, source, steps, verbose=verbose, advice="validation_steps")
        return rows, int(edges[1])
    if not isinstance(given, tuple | list) or len(given) not in (2, 3):
        what = (
            f"{len(given)} parts"
            if isinstance(given, tuple | list)
            else f"a {type(given).__name__}"
        )
        raise InvalidArgument(
            "validation_data must be (x, y) or (x, y, sample_weight), a PyDataset or a generator "
            f"of batches, received {what}."
        )
    model.check_columns(given[0], "validation x")
    features = data.as_features(given[0], model.built_width(), "validation x")
    weight = given[2] if len(given) == 3 else None
    rows = data.as_rows(features, given[1], weight, model.program_for(weight), prefix="validation ")
    kept = first_steps("validation_steps", steps, batch_size, len(rows))
    return Rows(rows.x[:kept], _part(rows.y, kept), _part(rows.weight, kept)), batch_size


def first_steps(name: str, steps: Any, batch_size: int, rows: int) -> int:
    """How many rows so many batches of arrays have; warns if there are fewer.

    Args:
        name: of the argument.
        steps: its value; None: all rows.
        batch_size: rows a batch.
        rows: there are.
    """
    if steps is None:
        return rows
    steps = checks.positive_integer(name, steps, hint="Leave it out for all rows.")
    there = cut(rows, batch_size).steps
    if steps > there:
        warnings.warn(
            f"there are {count(there, 'batch', 'batches')} of batch_size={batch_size}, fewer than "
            f"{name}={steps}.",
            UserWarning,
            stacklevel=3,
        )
    return min(rows, int(steps) * batch_size)


def _part(array: Floats | None, rows: int) -> Floats | None:
    return None if array is None else array[:rows]


def _source(x: Any, y: Any, sample_weight: Any, batch_size: Any, method: str) -> Source:
    """The source; refuses what belongs into its batches."""
    source = Source(x)
    for name, given in (("y", y), ("sample_weight", sample_weight)):
        if given is not None:
            raise InvalidArgument(
                f"{method}: {name} belongs into the batches of the {source.what}. Give (x, y) or "
                f"(x, y, sample_weight) there, and leave {name} out."
            )
    if batch_size is not None:
        warnings.warn(
            f"{method}: batch_size={batch_size} has no effect, since the {source.what} gives its "
            "own batches. Leave it out.",
            UserWarning,
            stacklevel=4,
        )
    return source


def _batches(
    source: Source, steps: Any, listed: CallbackList | None, verbose: Any
) -> Iterator[tuple[int, Any]]:
    """Batches and their numbers; warns if there are fewer than asked for."""
    if steps is not None:
        steps = checks.positive_integer("steps", steps, hint="Leave it out for all batches.")
    elif source.orders and source.length is None:
        raise InvalidArgument("the PyDataset has no end: it lacks __len__. Pass steps=100.")
    if listed is not None:
        listed.set_params(
            {"verbose": verbose, "epochs": 1, "steps": source.length if steps is None else steps}
        )
    return _read(source, steps)


def _read(source: Source, steps: int | None) -> Iterator[tuple[int, Any]]:
    number = -1
    source.begin_epoch()
    batches = source.batches()
    try:
        for number, batch in enumerate(itertools.islice(batches, steps)):
            yield number, batch
    finally:
        if hasattr(batches, "close"):
            batches.close()
    if number < 0:
        raise source.empty()
    if steps is not None and number + 1 < steps:
        warnings.warn(
            f"the {source.what} has {count(number + 1, 'batch', 'batches')}, fewer than "
            f"steps={steps}.",
            UserWarning,
            stacklevel=4,
        )
    source.end_epoch()


def evaluate(
    model: Network,
    x: Any,
    y: Any,
    sample_weight: Any,
    batch_size: Any,
    steps: Any,
    listed: CallbackList | None,
    verbose: Any,
) -> Logs:
    """Loss and metrics of batches, one at a time in memory; arguments as ``evaluate`` has them.

    Args:
        listed: the callbacks, which know the model; None: there are none.
    """
    source = _source(x, y, sample_weight, batch_size, "evaluate")
    batches = _batches(source, steps, listed, verbose)
    if listed is not None:
        listed.on_test_begin()
    total, seen, meters = 0.0, 0, None
    for number, batch in batches:
        rows = rows_of(model, batch, number, source.what)
        if meters is None:
            meters = model.meters  # of a built model
            meters.reset()
        if listed is not None:
            listed.on_test_batch_begin(number)
        result = model.inference_engine().evaluate(rows, predictions=bool(meters))
        total += float(result.loss) * len(rows)
        seen += len(rows)
        if result.predictions is not None:
            assert rows.y is not None
            meters.update(rows.y, result.predictions, rows.weight)
        if listed is not None:
            listed.on_test_batch_end(number, {"loss": total / seen, **meters.results()})
    assert meters is not None
    logs: Logs = {"loss": total / seen, **meters.results()}
    logs = {name: logs[name] for name in sorted(logs)}
    if listed is not None:
        listed.on_test_end(logs)
    return logs


def predict(
    model: Network, x: Any, batch_size: Any, steps: Any, listed: CallbackList | None, verbose: Any
) -> Floats:
    """Predictions of batches, one at a time in memory; targets in them are left aside."""
    source = _source(x, None, None, batch_size, "predict")
    batches = _batches(source, steps, listed, verbose)
    if listed is not None:
        listed.on_predict_begin()
    pieces = []
    for number, batch in batches:
        features = features_of(model, parts_of(batch, number, source.what)[0], number, source.what)
        if listed is not None:
            listed.on_predict_batch_begin(number)
        pieces.append(model.inference_engine().predict(features))
        if listed is not None:
            listed.on_predict_batch_end(number, {"outputs": pieces[-1]})
    if listed is not None:
        listed.on_predict_end()
    joined: Floats = np.concatenate(pieces)
    return joined
