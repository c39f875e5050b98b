"""``fit`` for many models of one architecture at once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from trimtab import config, distributed
from trimtab.engines.base import EngineState, Rows, TrainCall, TrainResult
from trimtab.engines.population import Population, make_population
from trimtab.errors import InvalidArgument
from trimtab.model.adapting import adapt_front
from trimtab.model.chosen_rows import ChosenRows, RowNumbers, chosen_rows
from trimtab.nn import averages, data
from trimtab.program import Program
from trimtab.training import passes
from trimtab.training.callback import Logs, plain_logs
from trimtab.training.epoch import Epoch
from trimtab.training.frozen import warn_if_frozen
from trimtab.training.history import History
from trimtab.training.progress import format_logs
from trimtab.training.settings import FitSettings, checked_batch_size

if TYPE_CHECKING:
    from trimtab.model.fitting import Fitting

__all__ = ["fit_population"]

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
    """Fits several models of one architecture at once.

    They may differ in seeds, dropout rates above 0, learning rates and schedules, weight decay,
    metrics, and in the rows they are trained and validated on. Each model ends as if it had been
    fitted alone with ``model.fit(x[rows], y[rows], ...)``: with the same bits on the native engine;
    on JAX, one step from the same state agrees to 1e-6. Callbacks are not supported.

    Args:
        models: compiled models; no two of them share a layer.
        x, y, sample_weight, batch_size, epochs, shuffle, initial_epoch, validation_batch_size,
            validation_freq, last_batch: as in :meth:`~trimtab.Sequential.fit`, the same for all
            models.
        verbose: 0 silent, else one line per epoch with the means over the models.
        validation_data: ``(x, y)`` or ``(x, y, sample_weight)``, the same for all models.
        train_rows: for each model, which rows of ``x`` it trains on: row numbers, a mask, or None
            for all. Without it all models train on all rows.
        valid_rows: for each model, which rows of ``x`` it is validated on.
        engine, devices, precision: as in :meth:`~trimtab.Sequential.compile`; by default, what the
            models are compiled for. Several devices share the models.
        threads: of the native engine, for all models together; ``trimtab.config.get_threads()`` by
            default.

    Returns:
        The History of each model.

    Raises:
        InvalidArgument: the models do not have one architecture (the message gives the first
            difference), or an argument does not fit.
        InvalidData: chosen rows are not in ``x``, or the data does not fit.
        KeyboardInterrupt: Ctrl-C. Every model keeps its last finished step; fitting it with this
            ``initial_epoch``, alone or with the others, resumes there.

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
    programs = [model.program() for model in models]
    rows = data.as_rows(features, y, sample_weight, programs[0])
    for model in models:
        model.learn_columns(x)
    warn_if_frozen("fit_population", models[0])
    population = make_population(
        programs, threads=threads, **_choice(models, engine, devices, precision)
    )
    trained = chosen_rows("train_rows", train_rows, len(models), rows)
    for model, own in zip(models, trained, strict=True):
        adapt_front(model, own)
    exported = [model.export_state() for model in models]
    validated: tuple[Rows, list[ChosenRows]] | None = None
    if validation_data is not None:
        if valid_rows is not None:
            raise InvalidArgument(
                "fit_population takes validation_data (the same rows for all models) or valid_rows "
                "(rows of x for each), received both. Leave one out."
            )
        common = models[0].validation_rows(validation_data)
        validated = common, chosen_rows("validation_data", None, len(models), common)
    elif valid_rows is not None:
        validated = rows, chosen_rows("valid_rows", valid_rows, len(models), rows)
    return _PopulationFit(models, exported, population, rows, trained, validated, settings).run()


class _PopulationFit:
    """A fit of several models, epoch by epoch."""

    def __init__(
        self,
        models: list[Fitting],
        exported: list[tuple[Program, EngineState]],
        population: Population,
        rows: Rows,
        trained: list[ChosenRows],
        validated: tuple[Rows, list[ChosenRows]] | None,
        settings: FitSettings,
    ) -> None:
        self.models = models
        self.exported = exported
        self.population = population
        self.rows = rows
        self.trained = trained
        self.validated = validated
        self.settings = settings

    def run(self) -> list[History]:
        histories = [self._history(model, part) for model, part in self._members()]
        self.population.load([state for _, state in self.exported])
        try:
            for epoch in range(self.settings.initial_epoch, self.settings.epochs):
                start = time.perf_counter()
                logs = self._train(epoch)
                if self.validated is not None and self.settings.validates(epoch):
                    for own, measured in zip(logs, self._validate(*self.validated), strict=True):
                        own |= {f"val_{name}": value for name, value in measured.items()}
                for history, own in zip(histories, logs, strict=True):
                    history.on_epoch_end(epoch, plain_logs(own))
                if self.settings.verbose != 0:
                    self._show(epoch, time.perf_counter() - start, logs)
        finally:
            states = self.population.dump()
            for model, (program, _), state in zip(self.models, self.exported, states, strict=True):
                model.import_state(program, state)
        for model in self.models if self.settings.initial_epoch < self.settings.epochs else ():
            averages.take(model)
        return histories

    def _pass(self, member: int, epoch: int) -> Epoch:
        return Epoch(self.models[member], cast(Rows, self.trained[member]), epoch, self.settings)

    def _members(self) -> list[tuple[Fitting, ChosenRows]]:
        return list(zip(self.models, self.trained, strict=True))

    def _history(self, model: Fitting, part: ChosenRows) -> History:
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
        passes: Iterable[Epoch] = (self._pass(member, epoch) for member in members)
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

    def _calls(self, passes: Sequence[Epoch]) -> list[TrainCall]:
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

    def _validate(self, table: Rows, parts: list[ChosenRows]) -> list[Logs]:
        """Loss and metrics of each model on its validation rows."""
        results = self.population.evaluate(
            table,
            [part.chosen for part in parts],
            predictions=any(bool(model.meters) for model in self.models),
        )
        return [
            passes.evaluation_logs(
                model, cast(Rows, part), result, self.settings.validation_batch_size
            )
            for model, part, result in zip(self.models, parts, results, strict=True)
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


def _left(each: Epoch) -> tuple[int, int]:
    """The number of the next step, and how many are left."""
    return each.model.runner.step, each.batches.steps - each.done


def _order(each: Epoch) -> RowNumbers | None:
    """The rows of the table that are left to train on, in order."""
    part = cast(ChosenRows, each.rows)
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
        for layer in model.layers_without_inputs:
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
