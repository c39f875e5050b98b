"""The two kinds of comparison: networks on arrays, and options of ``train`` on a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from trimtab.core import checks
from trimtab.core.hashing import checksum
from trimtab.core.words import brief
from trimtab.engines.choosing import choose
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.nn import data
from trimtab.trials.designs import Design, Units
from trimtab.trials.measures import metric_named
from trimtab.trials.network_trial import run_network
from trimtab.trials.population import can_join, run_population
from trimtab.trials.recipe import Recipe, digest
from trimtab.trials.running import Call, reason
from trimtab.trials.table_trial import run_table
from trimtab.trials.trial import BASE, Outcome, Trial
from trimtab.trials.variants import network_variants, option_variants

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NetworkTask", "TableTask", "Task"]


class Task(Protocol):
    """What is compared on which rows.

    Attributes:
        digests: name of a variant -> fingerprint, the base first.
        units: what the splits divide.
        metric: that decides.
        joined: variants whose trials are trained at once, by :meth:`together`.
    """

    digests: dict[str, str]
    units: Units
    metric: str
    joined: frozenset[str]

    def fingerprint(self) -> str:
        """Of the rows."""
        ...

    def divide(self, design: Design) -> None:
        """Takes the splits; called once, before the first trial."""
        ...

    def together(self, trials: Sequence[Trial]) -> list[Outcome]:
        """Trains the networks of several trials of one variant at once."""
        ...

    def call(self, trial: Trial) -> Call:
        """A trial, to be run."""
        ...


class _Divided:
    """Rows of splits: slices of arrays that are laid out part by part, or row numbers."""

    def __init__(self, design: Design) -> None:
        layout = design.layout()
        self.order = None if layout is None else layout[0]
        self._places: list[tuple[Any, Any]] = (
            [(split.train, split.test) for split in design.splits]
            if layout is None
            else list(layout[1])
        )

    def rows(self, split: int) -> tuple[Any, Any]:
        """Those to train on and those to test on."""
        return self._places[split]


class NetworkTask:
    """Networks on arrays.

    Args:
        base: a compiled ``Sequential`` or a function that returns one.
        variants: by name.
        x, y: the rows.
        fit: arguments of ``fit``.
        metric: as it was asked for, or None.
        groups, times: of each row, or None.
    """

    def __init__(
        self,
        base: Any,
        variants: Mapping[str, Any],
        x: Any,
        y: Any,
        fit: Mapping[str, Any],
        metric: Any,
        groups: Any,
        times: Any,
    ) -> None:
        if x is None or y is None:
            raise InvalidArgument("compare needs the rows: trials.compare(model, variants, x, y).")
        self.recipes = network_variants(base, variants, fit)
        loss = type(self.recipes[BASE].loss).__name__
        classes = "Crossentropy" in loss
        default = "rmse" if "Squared" in loss else None
        self.metric = metric_named(metric, classes=classes, default=default)
        self.classes = classes
        names = list(getattr(x, "columns", ()))
        self.x = data.as_features(x, None)
        self.recipes = {
            name: replace(each, dropped=_numbers(each.dropped, names, self.x.shape[1]))
            for name, each in self.recipes.items()
        }
        self.y = _targets(y, len(self.x))
        self.groups = None if groups is None else np.unique(groups, return_inverse=True)[1]
        numbers = None
        if classes:
            wide = self.y.reshape(len(self.y), -1)
            numbers = wide.argmax(axis=1) if wide.shape[1] > 1 else wide[:, 0]
        self.units = Units.of(
            len(self.x), groups=groups, times=times, classes=numbers, copies=_copies(self.x, self.y)
        )
        if any(recipe.by_group for recipe in self.recipes.values()) and groups is None:
            raise InvalidArgument("group_split() needs the groups of the rows. Use groups=...")
        self.digests = {name: digest(each.record()) for name, each in self.recipes.items()}
        joined = set()
        for name, recipe in self.recipes.items():  # what cannot be built is refused here
            model = recipe.model(0)
            model.build((None, len(np.setdiff1d(np.arange(self.x.shape[1]), recipe.dropped))))
            engine = choose(model.program(), **model.runner.choice)
            if engine == "jax" and can_join(recipe):
                joined.add(name)
        self.joined = frozenset(joined)

    def fingerprint(self) -> str:
        y = np.ascontiguousarray(self.y)
        return f"{checksum([self.x, y, self.groups]):08x}"

    def divide(self, design: Design) -> None:
        self._divided = _Divided(design)
        order = self._divided.order
        if order is not None:  # once, so that each trial reads pieces and copies nothing
            self.x, self.y = np.ascontiguousarray(self.x[order]), self.y[order]
            self.groups = None if self.groups is None else self.groups[order]

    def together(self, trials: Sequence[Trial]) -> list[Outcome]:
        own = self.recipes[trials[0].variant]
        rows = [self._divided.rows(trial.split) for trial in trials]
        try:
            return run_population(own, trials, rows, self.classes, self.x, self.y)
        except Exception as problem:  # noqa: BLE001 - a custom loss may raise anything
            return [Outcome(trial, failed=reason(problem)) for trial in trials]

    def call(self, trial: Trial) -> Call:
        recipe: Recipe = self.recipes[trial.variant]
        train, test = self._divided.rows(trial.split)
        given = (recipe, trial, train, test, self.classes, self.x, self.y, self.groups)
        return Call(trial, run_network, given)


class TableTask:
    """Options of ``train`` on a table.

    Args:
        base: options, or hidden layers as text.
        variants: by name.
        table: a path, a data frame, or what else ``train`` takes.
        target: the column to predict.
        metric: as it was asked for, or None.
    """

    def __init__(
        self, base: Any, variants: Mapping[str, Any], table: Any, target: Any, metric: Any
    ) -> None:
        from trimtab.predictor.training.options import TrainOptions
        from trimtab.tables.columns.inference import infer
        from trimtab.tables.files.reading import read

        self.joined: frozenset[str] = frozenset()
        if table is None or target is None:
            raise InvalidArgument(
                "compare needs a table and the column to predict: "
                "trials.compare({}, variants, 'wine.csv', 'quality')."
            )
        self.options = option_variants(base, variants, target)
        given = TrainOptions.of(self.options[BASE])
        found = read(table, given.read_options())
        schema = infer(found, given.told())
        if len(schema.target_names) > 1:
            raise InvalidArgument(
                f"compare takes one column to predict, received {len(schema.target_names)}. "
                "Compare each by itself."
            )
        rows = np.asarray(schema.usable_rows(found), np.int64)
        self.frame = found.frame.iloc[rows].reset_index(drop=True)
        classes = schema.task != "regression"
        aim = metric if metric is not None else given.optimize
        self.metric = metric_named(aim, classes=classes)
        for options in self.options.values():  # a part of the rows may look like another task
            options.setdefault("task", schema.task)
        numbers = schema.targets(found, rows).astype(np.int64) if classes else None
        group, time = (next(iter(schema.role(role)), None) for role in ("group", "time"))
        codes = {
            name: None if name is None else _codes(self.frame[name], name) for name in (group, time)
        }
        self.units = Units.of(
            len(self.frame),
            groups=codes[group],
            times=codes[time],
            classes=numbers,
            copies=_equal_rows(self.frame),
        )
        self.digests = {
            name: digest({key: value for key, value in options.items() if key != "task"})
            for name, options in self.options.items()
        }

    def fingerprint(self) -> str:
        import pandas as pd

        hashes = pd.util.hash_pandas_object(self.frame, index=False).to_numpy()
        return f"{checksum([np.ascontiguousarray(hashes)]):08x}"

    def divide(self, design: Design) -> None:
        self._divided = _Divided(design)
        if self._divided.order is not None:
            self.frame = self.frame.iloc[self._divided.order].reset_index(drop=True)

    def undivided(self) -> pd.DataFrame:
        """The rows as the design numbers them, whatever order they were laid out in."""
        order = self._divided.order
        return self.frame if order is None else self.frame.iloc[np.argsort(order)]

    def together(self, trials: Sequence[Trial]) -> list[Outcome]:
        raise NotImplementedError("options of train are trained one by one")

    def call(self, trial: Trial) -> Call:
        train, test = self._divided.rows(trial.split)
        return Call(trial, run_table, (self.options[trial.variant], trial, train, test, self.frame))


def _numbers(columns: Sequence[Any], names: list[Any], width: int) -> tuple[int, ...]:
    """Columns by their numbers, however they were named."""
    found = []
    for column in columns:
        if column in names:
            found.append(names.index(column))
        elif isinstance(column, int) and 0 <= column < width:
            found.append(column)
        else:
            hint = checks.nearest(column, map(str, names)) if names else ""
            raise InvalidArgument(
                f"drop_columns: x has no column {brief(column)}. "
                + (hint or f"Its columns are numbered from 0 to {width - 1}.")
            )
    return tuple(sorted(found))


def _targets(y: Any, rows: int) -> Any:
    found = np.asarray(y)
    if found.dtype == object or found.dtype.kind in "USb":
        found = found.astype(np.float64) if found.dtype.kind in "bO" else found
    if found.dtype.kind not in "iuf":
        raise InvalidData(
            f"y must hold numbers or class numbers, received {found.dtype}. Use "
            "numpy.unique(y, return_inverse=True)[1] for class numbers."
        )
    if len(found) != rows:
        raise InvalidData(f"x has {rows} rows and y {len(found)}. Both must have as many.")
    if not np.isfinite(found).all():
        raise InvalidData("y holds NaN or infinity. Leave these rows out.")
    return found


def _copies(x: Any, y: Any) -> Any:
    """The number of each distinct row, the same for copies."""
    import pandas as pd

    wide = np.hstack([np.asarray(x, np.float64), np.asarray(y, np.float64).reshape(len(x), -1)])
    return _equal_rows(pd.DataFrame(wide))


def _equal_rows(frame: Any) -> Any:
    import pandas as pd

    hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    _, first, numbers = np.unique(hashes, return_index=True, return_inverse=True)
    # Numbered by where a row first stands, so that nothing depends on the hash.
    place = np.empty(len(first), np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    return place[numbers.reshape(-1)]


def _codes(column: Any, name: str) -> Any:
    if column.isna().any():
        raise InvalidData(
            f"column {name!r} has empty cells, so rows cannot be divided by it. Fill them."
        )
    return np.unique(column.to_numpy(), return_inverse=True)[1].reshape(-1)
