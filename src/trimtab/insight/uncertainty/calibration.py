"""Calibrated predictions of a model or a committee."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from trimtab import config
from trimtab.core import checks
from trimtab.core.tasks import REGRESSION
from trimtab.core.types import Doubles, Floats
from trimtab.core.words import brief
from trimtab.errors import CalibrationWarning, InvalidArgument
from trimtab.insight.uncertainty import monte_carlo, nonconformity
from trimtab.insight.uncertainty.conformal import check_level, group_numbers, quantile, rows_needed
from trimtab.insight.uncertainty.coverage import Coverage
from trimtab.insight.uncertainty.predictive import (
    Predictive,
    is_committee,
    networks_in,
    weights_digest,
)
from trimtab.insight.uncertainty.results import Intervals, PredictionSets, class_numbers
from trimtab.insight.uncertainty.spreads import DROPOUT, MEMBERS, NONE, spread_kind, spread_of
from trimtab.insight.uncertainty.task import task_of
from trimtab.nn import data
from trimtab.program import Program
from trimtab.program.ops.losses import SHARES

__all__ = ["Calibration", "calibrate", "predict_interval"]


@dataclass(frozen=True, eq=False)
class Calibration:
    """A calibrated model; :func:`calibrate` makes it.

    It is valid for the weights that the model had then.

    Attributes:
        model: The model or committee.
        level: Share of new targets inside.
        quantile: For each output, the half-width of an interval in spreads; for classes one number,
            ``1 - p`` of the least likely class in a set.
        floor: For each output, the smallest spread; empty if intervals are not scaled.
        spread: ``dropout``, ``members`` or ``none``.
        samples: Passes with dropout on; None without.
        seed: Seed of their masks; None without.
        rows: Number of calibration rows.
        groups: Number of their groups; without groups, the number of rows.
        weights: A hash of the model's weights.
    """

    model: Predictive = field(repr=False)
    level: float
    quantile: tuple[float, ...]
    floor: tuple[float, ...]
    spread: str
    samples: int | None
    seed: int | None
    rows: int
    groups: int
    weights: str = field(repr=False)

    def predict(self, x: Any) -> Intervals | PredictionSets:
        """Intervals for numbers, sets for classes.

        Args:
            x: The rows.

        Raises:
            InvalidArgument: The model's weights changed since it was calibrated.
        """
        if weights_digest(self.model) != self.weights:
            raise InvalidArgument(
                f"the weights of {self.model.name} changed since it was calibrated. "
                "Calibrate it again."
            )
        source = spread_of(self.model, self.spread, self.samples, self.seed)
        center, spread = source.moments(x)
        if source.task.classifies:
            return PredictionSets(
                nonconformity.sets(center, self.quantile[0]),
                center.astype(np.float32),
                self.level,
                self._basis(),
            )
        scale = _floored(spread, np.array(self.floor), center)
        lower, upper = nonconformity.bounds(center, np.array(self.quantile), scale)
        return Intervals(
            _below(lower),
            -_below(-upper),
            center.astype(np.float32),
            scale.astype(np.float32),
            self.level,
            self._basis(),
        )

    def evaluate(self, x: Any, y: Any, groups: Any = None) -> Coverage:
        """Coverage and mean width (or set size) on rows used for nothing else.

        Args:
            x, y: The rows and their targets.
            groups: One value per row; rows of a group count as one draw for the standard errors.
        """
        return self.predict(x).evaluate(y, groups)

    def get_config(self) -> dict[str, Any]:
        """Everything except the model, as plain data."""
        record = {each.name: getattr(self, each.name) for each in fields(self)}
        del record["model"]
        return {**record, "quantile": list(self.quantile), "floor": list(self.floor)}

    @classmethod
    def from_config(cls, config: dict[str, Any], model: Predictive) -> Calibration:
        """The inverse of :meth:`get_config`.

        Args:
            config: What :meth:`get_config` returned.
            model: The model that was calibrated.

        Raises:
            InvalidArgument: An entry is missing, unknown or invalid.
        """
        names = [each.name for each in fields(cls) if each.name != "model"]
        checks.unknown_arguments("a calibration", [n for n in config if n not in names], names)
        missing = [name for name in names if name not in config]
        if missing:
            raise InvalidArgument(f"a calibration needs {checks.listing(missing)}.")
        spread = checks.choice("spread", config["spread"], (DROPOUT, MEMBERS, NONE))
        committee = is_committee(model)
        if spread == (DROPOUT if committee else MEMBERS):
            raise InvalidArgument(
                f"this calibration uses the spread of {spread}, but {model.name} is a "
                f"{'committee' if committee else 'single network'}. Pass the calibrated model."
            )
        drawn = spread == DROPOUT
        return cls(
            model=model,
            level=check_level(config["level"]),
            quantile=_numbers("quantile", config["quantile"]),
            floor=_numbers("floor", config["floor"]),
            spread=spread,
            samples=monte_carlo.checked_samples(config["samples"]) if drawn else None,
            seed=checks.integer("seed", config["seed"], minimum=0, maximum=2**64 - 1)
            if drawn
            else None,
            rows=checks.positive_integer("rows", config["rows"]),
            groups=checks.positive_integer("groups", config["groups"]),
            weights=str(config["weights"]),
        )

    def _basis(self) -> str:
        groups = None if self.groups == self.rows else self.groups
        by = nonconformity.calibrated_on(self.rows, groups)
        if self.spread == DROPOUT:
            return f"from {self.samples} dropout samples, {by}"
        if self.spread == MEMBERS:
            return f"from the members of a committee, {by}"
        return by


def calibrate(
    model: Predictive,
    x: Any,
    y: Any,
    *,
    level: float = 0.9,
    samples: int = 200,
    seed: int | None = None,
    scaled: bool | None = None,
    floor: float | None = None,
    groups: Any = None,
) -> Calibration:
    """Calibrates a model on rows set aside, for prediction intervals or sets.

    At least ``level`` of new targets lie inside, on average over calibration and new rows, if the
    calibration rows are exchangeable with the new ones and were used neither for training nor for
    early stopping; see :mod:`trimtab.uncertainty`. With several outputs this holds for each one.

    The spread is that of the network. It does not include the noise in the targets, which remains
    where the network is sure. Hence the floor, by default the median spread of the calibration rows
    (the mean if the median is 0, and 1 if all spreads are): the half of the rows with the smaller
    spread gets intervals of one width, the others get wider ones. A lower floor leaves the former
    with intervals that are too narrow, and makes ``q`` large for the others. Strictly, the floor
    must not depend on these rows; but a single row hardly moves a median, and so hardly changes the
    coverage.

    Formula: Numbers: ``score = |y - m| / max(s, floor)``, where ``m`` and ``s`` are mean and
    standard deviation over samples with dropout on, or over the members of a committee. Intervals
    are ``m ± q max(s, floor)``, where ``q`` is the quantile of the calibration rows' scores (see
    :func:`trimtab.uncertainty.conformal.quantile`). Without a spread, ``m`` is the prediction,
    ``s`` is 1, and all intervals are equally wide.
    Classes: ``score = 1 - p[y]``, where ``p`` are the mean probabilities over samples or members.
    A set contains the classes with ``1 - p <= q``.

    Errors are measured on the scale that the model learns. Of a model of logarithms, calibrate the
    logarithms, ``calibrate(model, x, np.log(y))``, and lead both ends back: ``np.exp(lower)`` to
    ``np.exp(upper)`` is as sure, in proportion to the prediction, and never below 0. A predictor
    does that by itself.

    Source: Papadopoulos, Gammerman & Vovk 2008, "Normalized nonconformity measures for regression
    conformal prediction"; Lei et al. 2018, "Distribution-Free Predictive Inference for
    Regression", section 5.2; classes: Sadinle, Lei & Wasserman 2019, "Least Ambiguous Set-Valued
    Classifiers with Bounded Error Levels". Dropout: Gal & Ghahramani 2016.

    Args:
        model: A compiled model, or a committee. A custom loss counts as one for numbers.
        x, y: The calibration rows.
        level: Share of new targets that must lie inside; 0.9 needs at least 9 rows, 0.95 needs 19.
        samples: Passes with dropout on.
        seed: Seed of their masks; None: drawn from ``trimtab.config``.
        scaled: False: intervals of one width, without dropout, or from the mean of a committee.
            True: scaled by the spread. None: scaled if there is a spread.
        floor: Smallest spread, in units of the target, instead of the median.
        groups: One value per row, if rows of a group depend on each other (rows of one patient,
            songs of one album) and new rows will come from *new* groups. Each group then counts
            the same, and ``level`` needs as many groups as otherwise rows. Set whole groups aside:
            train on none of their rows.

    Returns:
        A :class:`Calibration`, whose ``predict`` gives intervals or sets.

    Raises:
        InvalidData: There are too few rows for the level, or predictions that are not finite.
        InvalidArgument: ``level`` is outside (0, 1), ``floor`` is not above 0, or ``scaled`` is
            True and there is no spread.
        NotCompiled: The model has no loss yet.

    Warns:
        CalibrationWarning: At least half of these rows are among those that the model was last
            fitted on or validated with, in this process.

    Example:
        >>> import numpy as np
        >>> import trimtab
        >>> from trimtab import layers
        >>> from trimtab.uncertainty import calibrate
        >>> x = np.random.default_rng(0).normal(size=(90, 1)).astype("float32")
        >>> model = trimtab.Sequential([layers.Dense(8, "relu"), layers.Dense(1)], seed=1)
        >>> model.compile(optimizer="adam", loss="mse")
        >>> history = model.fit(x[:30], x[:30] ** 2, epochs=2, verbose=0)
        >>> calibration = calibrate(model, x[30:60], x[30:60] ** 2)
        >>> calibration.predict(x[60:]).lower.shape
        (30, 1)
        >>> calibrate(model, x[30:38], x[30:38] ** 2)
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidData: level=0.9 needs at least 9 calibration rows, received 8. \
Use level=0.88, or set more of them aside.
    """
    level = check_level(level)
    samples = monte_carlo.checked_samples(samples)
    seed = checks.seed("seed", seed)
    if scaled is not None:
        scaled = checks.boolean("scaled", scaled)
    if floor is not None:
        floor = checks.positive_number("floor", floor)
    for network in networks_in(model):
        network.check_columns(x, "calibration x")
    features = data.as_features(x, _width(model), "calibration x")
    kind = spread_kind(model, scaled, features.shape[1])
    drawn = kind == DROPOUT
    if drawn and seed is None:
        seed = config.next_seed()
    source = spread_of(model, kind, samples, seed)
    numbers = group_numbers(groups, len(features))
    count = int(numbers.max()) + 1
    if count < rows_needed(level):  # refused here, before the work
        quantile(np.zeros(len(features)), level, numbers)
    _warn_of_known_rows(model, features, y)
    center, spread = source.moments(features)
    nonconformity.refuse_non_finite(
        center, "Fill in missing features, and check whether training diverged."
    )
    floors: Doubles = np.zeros(0)
    if source.task.classifies:
        labels = class_numbers(y, len(features), center.shape[1], "calibration x")
        scores = nonconformity.scores_of_classes(labels, center)[:, None]
    else:
        targets = data.as_targets(
            y, len(features), center.shape[1], None, "calibration y", "calibration x"
        )
        floors = _floors(spread, floor)
        scores = nonconformity.scores_of_numbers(targets, center, _floored(spread, floors, center))
    return Calibration(
        model=model,
        level=level,
        quantile=tuple(quantile(column, level, numbers) for column in scores.T),
        floor=tuple(map(float, floors)),
        spread=kind,
        samples=samples if drawn else None,
        seed=seed if drawn else None,
        rows=len(features),
        groups=count,
        weights=weights_digest(model),
    )


def predict_interval(
    model: Predictive, x: Any, level: float, calibration: Any, **options: Any
) -> Intervals | PredictionSets:
    """:func:`calibrate` and :meth:`Calibration.predict` in one."""
    pair = isinstance(calibration, tuple | list) and len(calibration) == 2
    if not pair:
        raise InvalidArgument(
            "predict_interval needs calibration=(x, y), rows used neither for training nor for "
            f"early stopping, received {type(calibration).__name__}. Set some aside before fit."
        )
    known, targets = calibration
    return calibrate(model, known, targets, level=level, **options).predict(x)


def _floors(spread: Doubles | None, given: float | None) -> Doubles:
    """The smallest spread of each output; empty if intervals are not scaled."""
    if spread is None:
        return np.zeros(0)
    if given is not None:
        return np.full(spread.shape[1], given)
    floors = np.median(spread, axis=0)
    floors = np.where(floors > 0, floors, spread.mean(axis=0))
    return np.where(floors > 0, floors, 1.0)


def _floored(spread: Doubles | None, floors: Doubles, center: Doubles) -> Doubles:
    return np.ones_like(center) if spread is None else np.maximum(spread, floors)


def _below(values: Doubles) -> Floats:
    """The largest float32 at or below each value: rounding must not narrow an interval."""
    rounded = values.astype(np.float32)
    return np.where(rounded > values, np.nextafter(rounded, np.float32(-np.inf)), rounded)


def _numbers(name: str, values: Any) -> tuple[float, ...]:
    if not isinstance(values, list | tuple):
        raise InvalidArgument(f"{name} must be a list of numbers, received {brief(values)}.")
    return tuple(checks.non_negative_number(name, value) for value in values)


def _width(model: Predictive) -> int | None:
    return None if not model.built else model.built_width()


def _as_fitted(y: Any, program: Program) -> Any:
    """Class numbers as the network was fitted on them: in one column, or in one for each class."""
    loss, classes = program.loss, program.output_width
    if loss is None or loss.targets != SHARES or classes == 1 or np.ndim(y) > 1:
        return y
    return np.eye(classes, dtype=np.float32)[np.asarray(y, np.int64)]


def _warn_of_known_rows(model: Predictive, x: Floats, y: Any) -> None:
    found = 0
    for network in networks_in(model):
        if network.row_prints is not None:
            program = network.inference_engine().program
            rows = data.as_rows(x, _as_fitted(y, program), None, program, prefix="calibration ")
            assert rows.y is not None
            found = max(found, network.row_prints.suspects(rows.x, rows.y))
    if found:
        what = "intervals" if task_of(networks_in(model)[0]).kind == REGRESSION else "sets"
        warnings.warn(
            f"{model.name} was fitted on or validated with {found:,} of the {len(x):,} calibration "
            f"rows, so the {what} will be too small. Calibrate on rows set aside before fit.",
            CalibrationWarning,
            stacklevel=checks.outside(),
        )
