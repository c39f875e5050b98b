"""``fit`` for many models of one architecture at once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from trimtab import config, distributed
from trimtab.core.types import Floats
from trimtab.engines.base import EngineState, Rows, TrainCall, TrainResult
from trimtab.engines.population import Population, make_population
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.nn import data
from trimtab.program import Program
from trimtab.training import loop, passes
from trimtab.training.callback import Logs, plain_logs
from trimtab.training.history import History
from trimtab.training.progress import format_logs
from trimtab.training.settings import FitSettings, checked_batch_size

if TYPE_CHECKING:
    from trimtab.model.fitting import Fitting

__all__ = ["fit_population"]

_Numbers = NDArray[np.int64]

#: Row numbers from which on their orders are drawn by several threads.
_MANY = 1 << 18


def fit_population(
    models: Sequence[Fitting],
    x: Any,
    y: Any,
    *,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: Any = 0,
    validation_data: Any = None,
    shuffle: bool = True,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    validation_batch_size: int | None = None,
    validation_freq: Any = 1,
    last_batch: str = "keep",
    train_rows: Sequence[Any] | None = None,
    valid_rows: Sequence[Any] | None = None,
    engine: str | None = None,
    devices: Any = None,
    precision: str | None = None,
    threads: int | None = None,
) -> list[History]:
    """Fits models of one architecture, all at once.

    They may differ in seeds, dropout rates above 0, learning rates and schedules, weight decay,
    metrics, and in the rows they train and are validated on. Each ends as if it had been fitted
    alone, ``model.fit(x[rows], y[rows], ...)``, with the same weights, optimizer state and
    History: the same bits on the native engine; on JAX one step from the same state agrees to 1e-6.
    Callbacks are not part of it: there is one call for all models, and nobody in between but the
    History of each.

    Args:
        models: compiled models; no two of them share a layer.
        x, y, sample_weight, batch_size, epochs, shuffle, initial_epoch, validation_batch_size,
            validation_freq, last_batch: as in :meth:`~trimtab.Sequential.fit`, the same for all
            models.
        verbose: 0 silent, else a line an epoch with the means over the models.
        validation_data: ``(x, y)`` or ``(x, y, sample_weight)``, the same for all models.
        train_rows: for each model, which rows of ``x`` it trains on: row numbers, a mask, or None
            for all. Without it all models train on all rows.
        valid_rows: for each model, which rows of ``x`` it is validated on.
        engine, devices, precision: as in :meth:`~trimtab.Sequential.compile`; where none of the
            three is given, what the models are compiled for. Several devices share the models.
        threads: of the native engine, for all models together; ``trimtab.config.get_threads()`` by
            default.

    Returns:
        The History of each model.

    Errors:
        ``InvalidArgument`` where the models are not of one architecture, with the first
        difference; rows that are not in ``x``.

    Raises:
        KeyboardInterrupt: Ctrl-C. Every model is left at its last finished step, and goes on
            exactly there when it is fitted with this ``initial_epoch``, alone or with the others.

    Example:
        >>> import numpy as np
        >>> import trimtab
        >>> from trimtab import layers
        >>> from trimtab.training.population import fit_population
        >>> def network(seed, rate):
        ...     stack = [layers.Dense(8, "relu"), layers.Dropout(rate), layers.Dense(1)]
        ...     model = trimtab.Sequential(stack, seed=seed)
        ...     model.compile(optimizer="adam", loss="mae")
        ...     return model
        >>> x = np.random.default_rng(0).normal(size=(60, 2))
        >>> y = x[:, 0] - x[:, 1]
        >>> models = [network(seed, rate) for seed in (1, 2) for rate in (0.1, 0.3)]
        >>> histories = fit_population(models, x, y, epochs=3, validation_data=(x, y))
        >>> len(histories), list(histories[0].history)
        (4, ['loss', 'val_loss'])

        Two folds of the same rows:

        >>> folds = [np.arange(60) < 30, np.arange(60) >= 30]
        >>> histories = fit_population(models[:2], x, y, train_rows=folds, valid_rows=folds[::-1])
    """
    models = _checked(models)
    size = checked_batch_size(batch_size)
    settings = FitSettings(
        batch_size=size,
        epochs=epochs,
        verbose=verbose,
        shuffle=shuffle,
        initial_epoch=initial_epoch,
        validation_batch_size=size
        if validation_batch_size is None
        else checked_batch_size(validation_batch_size, "validation_batch_size"),
        validation_freq=validation_freq,
        last_batch=last_batch,
    )
    features = models[0].features(x)
    for model in models[1:]:
        model.features(features)
    handed = [model.hand_out() for model in models]
    programs = [program for program, _ in handed]
    rows = data.as_rows(features, y, sample_weight, programs[0])
    population = make_population(
        programs, threads=threads, **_choice(models, engine, devices, precision)
    )
    trained = [_Part(rows, part) for part in _parts("train_rows", train_rows, models, rows)]
    validated: _Validation | None = None
    if validation_data is not None:
        if valid_rows is not None:
            raise InvalidArgument(
                "fit_population takes validation_data (the same rows for all models) or valid_rows "
                "(rows of x for each), received both. Leave one out."
            )
        common = models[0].validation_rows(validation_data, programs[0])
        validated = _Validation(common, [_Part(common, None)] * len(models))
    elif valid_rows is not None:
        parts = _parts("valid_rows", valid_rows, models, rows)
        validated = _Validation(rows, [_Part(rows, part) for part in parts])
    return _Fit(models, handed, population, rows, trained, validated, settings).run()


class _Part:
    """Rows of a table. It is what ``Rows`` is; ``x`` is copied out only where somebody asks.

    Attributes:
        chosen: numbers of the rows; None: all.
    """

    def __init__(self, table: Rows, chosen: _Numbers | None) -> None:
        self._table = table
        self.chosen = chosen
        assert table.y is not None
        self.y: Floats = table.y if chosen is None else table.y[chosen]
        weight = table.weight
        self.weight = weight if weight is None or chosen is None else weight[chosen]

    @property
    def x(self) -> Floats:
        return self._table.x if self.chosen is None else self._table.x[self.chosen]

    def __len__(self) -> int:
        return len(self.y)


class _Validation:
    """Where the models are validated."""

    def __init__(self, rows: Rows, parts: list[_Part]) -> None:
        self.rows = rows
        self.parts = parts


class _Fit:
    """The fit under way."""

    def __init__(
        self,
        models: list[Fitting],
        handed: list[tuple[Program, EngineState]],
        population: Population,
        rows: Rows,
        trained: list[_Part],
        validated: _Validation | None,
        settings: FitSettings,
    ) -> None:
        self.models = models
        self.handed = handed
        self.population = population
        self.rows = rows
        self.trained = trained
        self.validated = validated
        self.settings = settings

    def run(self) -> list[History]:
        histories = [self._history(model, part) for model, part in self._members()]
        self.population.load([state for _, state in self.handed])
        try:
            for epoch in range(self.settings.initial_epoch, self.settings.epochs):
                start = time.perf_counter()
                logs = self._train(epoch)
                if self.validated is not None and self.settings.validates(epoch):
                    for own, measured in zip(logs, self._validate(self.validated), strict=True):
                        own |= {f"val_{name}": value for name, value in measured.items()}
                for history, own in zip(histories, logs, strict=True):
                    history.on_epoch_end(epoch, plain_logs(own))
                if self.settings.verbose != 0:
                    self._show(epoch, time.perf_counter() - start, logs)
        finally:
            states = self.population.dump()
            for model, (program, _), state in zip(self.models, self.handed, states, strict=True):
                model.take_back(program, state)
        return histories

    def _pass(self, member: int, epoch: int) -> loop.Pass:
        return loop.Pass(
            self.models[member], cast(Rows, self.trained[member]), epoch, self.settings
        )

    def _members(self) -> list[tuple[Fitting, _Part]]:
        return list(zip(self.models, self.trained, strict=True))

    def _history(self, model: Fitting, part: _Part) -> History:
        history = History()
        history.set_model(model)
        steps = self.settings.cut(len(part)).steps
        history.set_params(
            {"verbose": self.settings.verbose, "epochs": self.settings.epochs, "steps": steps}
        )
        history.on_train_begin()
        model.stop_training = False
        model.run_seed()  # drawn now, model by model, where it has none yet
        return history

    def _train(self, epoch: int) -> list[Logs]:
        """One epoch of all models."""
        members = range(len(self.models))
        passes: Iterable[loop.Pass] = (self._pass(member, epoch) for member in members)
        if len(members) * len(self.rows) >= _MANY:
            # Orders are drawn without Python's lock.
            with ThreadPoolExecutor(config.get_threads()) as pool:
                passes = pool.map(lambda member: self._pass(member, epoch), members)
        passes = list(passes)
        try:
            results = self.population.train(self._calls(passes))
        except KeyboardInterrupt as stop:
            partial: list[TrainResult] | None = getattr(stop, "partial", None)
            for each, result in zip(passes, partial or (), strict=partial is not None):
                if result.steps:
                    each.take(result)
                if each.done:
                    each.mark()
                    # With a fingerprint instead of the rows: each has a copy of its own.
                    assert each.model.position is not None
                    each.model.position = each.model.position.sealed()
            raise
        for each, result in zip(passes, results, strict=True):
            each.take(result)
        return [each.logs() for each in passes]

    def _calls(self, passes: Sequence[loop.Pass]) -> list[TrainCall]:
        size = max(each.batches.size for each in passes)
        predictions = any(each.measured for each in passes)
        return [
            TrainCall(
                self.rows,
                _order(each),
                batch_size=size,
                seed=each.seed,
                learning_rates=each.model.optimizer.learning_rates(*_left(each)),
                sizes=None if each.batches.sizes is None else each.batches.sizes[each.done :],
                dropout_rates=each.dropout_rates(*_left(each)),
                predictions=predictions,
            )
            for each in passes
        ]

    def _validate(self, validated: _Validation) -> list[Logs]:
        results = self.population.evaluate(
            validated.rows,
            [part.chosen for part in validated.parts],
            predictions=any(bool(model.meters) for model in self.models),
        )
        return [
            passes.evaluation_logs(
                model, cast(Rows, part), result, self.settings.validation_batch_size
            )
            for model, part, result in zip(self.models, validated.parts, results, strict=True)
        ]

    def _show(self, epoch: int, seconds: float, logs: list[Logs]) -> None:
        means = {
            name: float(np.mean([own[name] for own in logs]))
            for name in logs[0]
            if all(name in own for own in logs)
        }
        head = f"Epoch {epoch + 1}/{self.settings.epochs} - {seconds:.2f}s"
        mean = f"mean of {len(logs)}"
        distributed.say(" - ".join([head, mean, *format_logs(means, ": ")]), flush=True)


def _left(each: loop.Pass) -> tuple[int, int]:
    """The number of the next step, and how many are left."""
    return each.model.runner.step, each.batches.steps - each.done


def _order(each: loop.Pass) -> _Numbers | None:
    """The rows of the table that are left to train on, in order."""
    part = cast(_Part, each.rows)
    order = each.order
    if each.done:
        order = np.arange(len(part), dtype=np.int64) if order is None else order
        order = order[each.batches.edges[each.done] :]
    if part.chosen is None:
        return order
    return part.chosen if order is None else part.chosen[order]


def _checked(models: Sequence[Fitting]) -> list[Fitting]:
    """The models, each compiled, each with layers of its own."""
    models = list(models)
    if not models:
        raise InvalidArgument("fit_population needs at least one model, received none.")
    owner: dict[int, int] = {}
    for number, model in enumerate(models):
        model.need_compile("fit_population")
        for layer in model.layers:
            other = owner.setdefault(id(layer), number)
            if other != number:
                what = "are one model" if models[other] is model else f"share layer {layer.name!r}"
                raise InvalidArgument(
                    f"models {other} and {number} {what}. Give every model of a population layers "
                    "of its own; trimtab.clone_model makes another model of the same architecture."
                )
    return models


def _choice(
    models: list[Fitting], engine: str | None, devices: Any, precision: str | None
) -> dict[str, Any]:
    """The engine asked for, or else that of the models."""
    if engine is None and devices is None and precision is None:
        own: dict[str, Any] = models[0].runner.choice
        for number, model in enumerate(models):
            if model.runner.choice != own:
                raise InvalidArgument(
                    f"models 0 and {number} are compiled for different engines: {own} and "
                    f"{model.runner.choice}. Say which to use, fit_population(engine='native')."
                )
        return own
    return {
        "engine": "auto" if engine is None else engine,
        "devices": devices,
        "precision": config.dtype_policy() if precision is None else config.check_policy(precision),
    }


def _parts(
    name: str, given: Sequence[Any] | None, models: list[Fitting], rows: Rows
) -> list[_Numbers | None]:
    """Row numbers for each model."""
    if given is None:
        return [None] * len(models)
    if len(given) != len(models):
        raise InvalidArgument(
            f"{name} must hold one array of row numbers a model, {len(models)} of them, received "
            f"{len(given)}."
        )
    return [
        None if each is None else _numbers(f"{name}[{number}]", each, len(rows))
        for number, each in enumerate(given)
    ]


def _numbers(name: str, given: Any, count: int) -> _Numbers:
    """Row numbers from row numbers or a mask."""
    array = np.asarray(given)
    if array.dtype.kind == "b":
        if array.shape != (count,):
            raise InvalidData(
                f"{name} is a mask of shape {array.shape}, but x has {count} rows. Pass one value "
                "a row, or row numbers."
            )
        array = np.flatnonzero(array)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise InvalidData(
            f"{name} must hold row numbers in one vector, received {array.dtype} of shape "
            f"{array.shape}."
        )
    if len(array) == 0:
        raise InvalidData(f"{name} has no rows. At least one is needed.")
    if array.min() < 0 or array.max() >= count:
        wrong = array.min() if array.min() < 0 else array.max()
        raise InvalidData(f"{name} names row {wrong}, but x has the rows 0 to {count - 1}.")
    return np.ascontiguousarray(array, np.int64)
