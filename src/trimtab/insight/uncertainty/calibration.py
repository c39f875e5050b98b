"""Calibrated predictions of a model or a committee."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from trimtab import config
from trimtab.core import checks
from trimtab.core.tasks import REGRESSION
from trimtab.core.types import Doubles, Floats
from trimtab.errors import CalibrationWarning, InvalidArgument
from trimtab.insight.uncertainty import monte_carlo, nonconformity
from trimtab.insight.uncertainty.conformal import check_level, group_numbers, quantile, rows_needed
from trimtab.insight.uncertainty.moments import Moments
from trimtab.insight.uncertainty.results import Coverage, Intervals, PredictionSets, class_numbers
from trimtab.insight.uncertainty.task import Task, task_of
from trimtab.nn import data

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["Calibration", "calibrate", "predict_interval"]


#: Where spreads come from.
DROPOUT, MEMBERS, NONE = "dropout", "members", "none"


class _Source(Protocol):
    """Where predictions and their spread come from."""

    kind: str
    task: Task

    def moments(self, x: Any) -> tuple[Doubles, Doubles | None]:
        """Means and standard deviations ``(rows, values)``; None: there is no spread."""


class _Dropout:
    kind = DROPOUT

    def __init__(self, model: Network, samples: int, seed: int) -> None:
        self.task = task_of(model)
        self._model, self._samples, self._seed = model, samples, seed

    def moments(self, x: Any) -> tuple[Doubles, Doubles]:
        features = self._model.features(x)
        found: list[tuple[Doubles, Doubles]] = []
        moments: Moments | None = None
        for which, _, block in monte_carlo.blocks(self._model, features, self._samples, self._seed):
            if which.start == 0:
                if moments is not None:
                    found.append(moments.result())
                moments = Moments(self.task.values(block[0]))
            assert moments is not None
            moments.add(self.task.values(sample) for sample in block)
        assert moments is not None
        found.append(moments.result())
        means, spreads = zip(*found, strict=True)
        return np.concatenate(means), np.concatenate(spreads)


class _Plain:
    kind = NONE

    def __init__(self, model: Any) -> None:
        self.task = task_of(_networks(model)[0])
        self._model = model

    def moments(self, x: Any) -> tuple[Doubles, None]:
        return self.task.values(self._model.predict(x, verbose=0)), None


class _Members:
    kind = MEMBERS

    def __init__(self, committee: Any) -> None:
        self.task = committee.task
        self._committee = committee

    def moments(self, x: Any) -> tuple[Doubles, Doubles]:
        means, spreads = self._committee.moments(x)
        return means, spreads


def _source(model: Any, kind: str, samples: int | None, seed: int | None) -> _Source:
    if kind == DROPOUT:
        assert samples is not None and seed is not None
        return _Dropout(model, samples, seed)
    return _Members(model) if kind == MEMBERS else _Plain(model)


def _kind(model: Any, scaled: bool | None, width: int) -> str:
    """Where this model's spread comes from."""
    if scaled is False:
        return NONE
    if hasattr(model, "members"):
        kind = MEMBERS if len(model.members) > 1 else NONE
    else:
        if not model.built:
            model.build((None, width))
        kind = DROPOUT if monte_carlo.draws(monte_carlo.present_program(model)) else NONE
    if scaled and kind == NONE:
        lack = "one member" if hasattr(model, "members") else "no dropout"
        raise InvalidArgument(
            f"scaled=True needs a spread, and {model.name} has {lack}. Leave scaled out for "
            "intervals of one width."
        )
    return kind


@dataclass(frozen=True, eq=False)
class Calibration:
    """What calibration rows said about a model; predicts with it from then on.

    It belongs to the model's weights as they were. Made by :func:`calibrate`.

    Attributes:
        model: the model or committee.
        level: share of new targets inside.
        quantile: by output, how many spreads an interval reaches to either side; for classes one
            number, ``1 - p`` of the least likely class that is in a set.
        floor: by output, the least spread; empty where nothing is scaled.
        spread: ``dropout``, ``members`` or ``none``.
        samples: passes through the network with dropout on; None without.
        seed: of their masks; None without.
        rows: calibration rows.
        groups: groups of them, as many as rows where none were given.
        weights: says which weights of the model this is for.
    """

    model: Any = field(repr=False)
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

        Raises:
            InvalidArgument: the model's weights are others than those that were calibrated.
        """
        if _weights_of(self.model) != self.weights:
            raise InvalidArgument(
                f"{self.model.name} has other weights than when it was calibrated: what was found "
                "then says nothing about it now. Calibrate again."
            )
        source = _source(self.model, self.spread, self.samples, self.seed)
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
        """Coverage and mean width (or set size) on rows used for nothing else."""
        return self.predict(x).evaluate(y, groups)

    def get_config(self) -> dict[str, Any]:
        """Everything but the model, as plain data."""
        record = {each.name: getattr(self, each.name) for each in fields(self)}
        del record["model"]
        return {**record, "quantile": list(self.quantile), "floor": list(self.floor)}

    @classmethod
    def from_config(cls, config: dict[str, Any], model: Any) -> Calibration:
        """The inverse of :meth:`get_config`.

        Raises:
            InvalidArgument: what is missing or wrong.
        """
        names = [each.name for each in fields(cls) if each.name != "model"]
        checks.unknown_arguments("a calibration", [n for n in config if n not in names], names)
        missing = [name for name in names if name not in config]
        if missing:
            raise InvalidArgument(f"a calibration needs {checks.listing(missing)}.")
        spread = checks.choice("spread", config["spread"], (DROPOUT, MEMBERS, NONE))
        committee = hasattr(model, "members")
        if spread == (DROPOUT if committee else MEMBERS):
            raise InvalidArgument(
                f"{model.name} is a {'committee' if committee else 'single network'}, and this "
                f"calibration is by the spread of {spread}. Pass the model it was made for."
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
    model: Any,
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
    """Finds out from rows set aside how far predictions have to reach to be right.

    The promise: at least ``level`` of new targets lie inside, on average over calibration and new
    rows, if these rows are exchangeable with the new ones and were used neither for training nor
    for stopping; see :mod:`trimtab.uncertainty` for what that means and when it fails. Every
    output of several keeps it by itself.

    Formula, numbers: ``score = |y - m| / max(s, floor)`` with ``m`` and ``s`` mean and standard
    deviation over the samples (with dropout on) or over the members of a committee; intervals are
    ``m ± q max(s, floor)``, ``q`` being the quantile of the calibration rows' scores (see
    :func:`trimtab.uncertainty.conformal.quantile`). Without a spread ``m`` is the prediction,
    ``s`` is 1, and all intervals are equally wide. ``q`` is what makes the widths mean something;
    ``s`` by itself does not.

    Formula, classes: ``score = 1 - p[y]``, ``p`` being the mean probabilities over samples or
    members; a set holds the classes with ``1 - p <= q``.

    By default the floor is the median spread of the calibration rows (the mean where the median is
    0, and 1 where all spreads are): the steadier half of the rows gets intervals of one width, the
    others wider ones. The spread is that of the network and knows nothing of the noise in the
    target, which does not go away where the network is sure; a lower floor leaves such rows with
    too little, and makes ``q`` large for all others. Strictly the floor would have to be known
    before looking at these rows; a median hardly moves with any one of them, and nor does the
    coverage.

    Source: Papadopoulos, Gammerman & Vovk 2008, "Normalized nonconformity measures for regression
    conformal prediction"; Lei et al. 2018, "Distribution-Free Predictive Inference for
    Regression", section 5.2; classes: Sadinle, Lei & Wasserman 2019, "Least Ambiguous Set-Valued
    Classifiers with Bounded Error Levels". Dropout: Gal & Ghahramani 2016.

    Args:
        model: a compiled model, or a committee. A loss of one's own counts as one for numbers.
        x, y: the calibration rows.
        level: share of new targets that have to lie inside; 0.9 needs at least 9 rows, 0.95
            needs 19.
        samples: passes through the network with dropout on.
        seed: of their masks; None: drawn from ``trimtab.config``, and kept.
        scaled: False leaves dropout off (of a committee: takes its mean only), for intervals of one
            width; None: scaled where there is something to scale by.
        floor: of the spread, in units of the target, instead of the rule above.
        groups: one value a row, where rows of one group are not independent (several rows of one
            patient, songs of one album) and new rows will be of *new* groups. Every group then
            counts the same, and it takes as many groups as otherwise rows. Rows of a group must
            all be set aside: none of them trained on.

    Errors:
        ``InvalidData`` for too few rows, saying how many are needed; for predictions that are not
        finite. ``InvalidArgument`` for a level outside (0, 1), a floor that is not above 0,
        ``scaled=True`` where there is no spread. ``NotCompiled``.

    Warns:
        CalibrationWarning: half of these rows or more are among those that the model was last
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
Set more aside, or ask for a lower level.
    """
    level = check_level(level)
    samples = monte_carlo.checked_samples(samples)
    seed = checks.seed("seed", seed)
    if scaled is not None:
        scaled = checks.boolean("scaled", scaled)
    if floor is not None:
        floor = checks.positive_number("floor", floor)
    features = data.as_features(x, _width(model), "calibration x")
    kind = _kind(model, scaled, features.shape[1])
    drawn = kind == DROPOUT
    if drawn and seed is None:
        seed = config.next_seed()
    source = _source(model, kind, samples, seed)
    numbers = group_numbers(groups, len(features))
    count = int(numbers.max()) + 1
    if count < rows_needed(level):  # before the work, in the words of the one who looks
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
        weights=_weights_of(model),
    )


def predict_interval(
    model: Any, x: Any, level: float, calibration: Any, **options: Any
) -> Intervals | PredictionSets:
    """:func:`calibrate` and :meth:`Calibration.predict` in one."""
    pair = isinstance(calibration, tuple | list) and len(calibration) == 2
    if not pair:
        raise InvalidArgument(
            "predict_interval needs calibration=(x, y), rows used neither for training nor for "
            f"stopping, received {type(calibration).__name__}. Set some aside before fit."
        )
    known, targets = calibration
    return calibrate(model, known, targets, level=level, **options).predict(x)


def _floors(spread: Doubles | None, given: float | None) -> Doubles:
    """The least spread of each output; empty where nothing is scaled."""
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
        raise InvalidArgument(f"{name} must be a list of numbers, received {values!r}.")
    return tuple(checks.non_negative_number(name, value) for value in values)


def _width(model: Any) -> int | None:
    return None if not model.built else model.input_shape[1]


def _networks(model: Any) -> Sequence[Network]:
    return model.members if hasattr(model, "members") else [model]


def _weights_of(model: Any) -> str:
    """A hash of all weights."""
    digest = hashlib.blake2b(digest_size=16)
    for network in _networks(model):
        for array in network.get_weights():
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _warn_of_known_rows(model: Any, x: Floats, y: Any) -> None:
    found = 0
    for network in _networks(model):
        if network.row_prints is not None:
            program = network.inference_engine().program
            rows = data.as_rows(x, y, None, program, prefix="calibration ")
            assert rows.y is not None
            found = max(found, network.row_prints.suspects(rows.x, rows.y))
    if found:
        what = "intervals" if task_of(_networks(model)[0]).kind == REGRESSION else "sets"
        warnings.warn(
            f"{found} of {len(x)} calibration rows are among those that {model.name} was fitted on "
            f"or validated with. It knows them better than new rows: the {what} will be too "
            "narrow. Calibrate on rows set aside before fit.",
            CalibrationWarning,
            stacklevel=checks.outside(),
        )
