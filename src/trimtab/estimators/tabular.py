"""What the two estimators for tables share: the training behind ``fit``, and what it hands out."""

from __future__ import annotations

import os
import warnings
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.estimators.arguments import (
    arguments,
    check_flag,
    check_fraction,
    in_own_words,
    options_of,
)
from trimtab.estimators.coached import coach_options
from trimtab.estimators.rows import (
    Rows,
    checked_groups,
    checked_inputs,
    checked_weights,
    columns_of,
    counting_columns,
    names_of,
    row_count,
    with_names,
)
from trimtab.estimators.seeds import seed_of
from trimtab.estimators.threads import threads_of
from trimtab.model.committee import members_of
from trimtab.predictor.training.job import Job, nobody
from trimtab.predictor.training.listeners import printed
from trimtab.predictor.training.start import Start
from trimtab.predictor.training.train import run_stages
from trimtab.tables.splits.plan import LEAST_ROWS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from trimtab.insight.uncertainty import Intervals, PredictionSets
    from trimtab.predictor.importance import Importance
    from trimtab.predictor.predictor import Predictor
    from trimtab.predictor.training.options import TrainOptions

__all__ = ["TabularEstimator"]


class TabularEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """An estimator that runs the training of :func:`trimtab.train`.

    Attributes:
        predictor_: the :class:`~trimtab.Predictor` that ``fit`` made.
        n_features_in_: columns of X.
        feature_names_in_: their names, where X is a data frame.
        n_iter_: epochs of the longest of its networks, over all calls that went on with it.
    """

    predictor_: Predictor
    n_features_in_: int
    n_iter_: int
    _columns: list[str]

    #: ``regression`` or ``classification``.
    _task: str

    # -- training ---------------------------------------------------------------------------------

    @abstractmethod
    def _answers(self, y: Any, classes: Any, start: Predictor | None) -> NDArray[Any]:
        """The answers, checked; sets what is known from them."""

    @abstractmethod
    def _answer_options(self, targets: Sequence[str], y: NDArray[Any]) -> dict[str, Any]:
        """Options that follow from the answers."""

    def _answer_kinds(self, targets: Sequence[str]) -> dict[str, str]:
        """Types of the columns of answers, where their cells must not decide."""
        return {}

    def _class_weights(self, y: NDArray[Any], weights: Doubles | None) -> Doubles | None:
        """Weights of rows, with those of their classes."""
        return weights

    def _told_classes(self) -> tuple[Any, ...]:
        """All classes, for a training that may not see each of them."""
        return ()

    def _settle(self) -> None:
        """Takes over what the training found out."""

    def _train(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        groups: Any,
        *,
        start: Start | None = None,
        classes: Any = None,
        part: bool = False,
    ) -> None:
        """Trains by the course of :func:`trimtab.train`.

        Args:
            X: rows.
            y: answers.
            sample_weight: of the rows.
            groups: of the rows.
            start: to go on from.
            classes: all of them, where y may lack some.
            part: one epoch on these rows, which are some of many.
        """
        known = None if start is None else start.predictor
        with in_own_words(), printed(self.verbose) as report:
            X, table, options = self._asked(X, y, sample_weight, groups, known, classes, part)
            job = Job(options, None, report or nobody, start=start, classes=self._told_classes())
            self.predictor_ = predictor = run_stages(job, table)
        if known is not None:
            _join(known, predictor)
        else:
            self._columns = columns_of(X)
        self.n_iter_ = len(predictor.history.epoch)
        self._settle()
        unfinished, predictor.unfinished = predictor.unfinished, None  # holds rows; nothing resumes
        if unfinished is not None and unfinished.reason == "interrupted":
            raise KeyboardInterrupt  # a search ends, too; the best network so far is kept

    def _asked(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        groups: Any,
        known: Predictor | None = None,
        classes: Any = None,
        part: bool = False,
    ) -> tuple[Any, Any, TrainOptions]:
        """X as it was checked, the table with its answers, and the options to train it with."""
        X = checked_inputs(self, X, reset=known is None, least=1 if part else 2)
        names = names_of(y)
        y = self._answers(y, classes, known)
        weights = self._class_weights(y, checked_weights(sample_weight, row_count(X)))
        found = Rows.of(
            X,
            y,
            names,
            weights,
            checked_groups(groups, row_count(X)),
            () if known is None else known.targets,
            self._columns if known is not None else None,
        )
        values = self._options(row_count(X), part=part, further=known is not None)
        values |= self._answer_options(found.targets, y)
        values["target"] = found.targets
        values["weight"] = found.weight
        if known is None:
            kinds = {**counting_columns(X), **(self.types or {})}
            values["types"] = kinds | self._answer_kinds(found.targets)
        if found.group is not None:
            if self.group is not None:
                raise InvalidArgument(
                    f"groups are passed to fit, but group={self.group!r} names a column of X, "
                    "too. Leave out one of the two."
                )
            values["group"] = found.group
        return X, found.table, options_of(self, values)

    def coach(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None, **asked: Any
    ) -> Any:
        """Tries what may help beside these arguments, and says what does: :func:`trimtab.coach`.

        The estimator does not change, and needs no ``fit`` before.

        Args:
            X: rows.
            y: their answers.
            sample_weight: of the rows.
            groups: of the rows; those of a group stay on one side of each split.
            asked: ``time_limit`` (5 minutes by default), ``trials``, ``splits``, ``metric``, ...
                of :func:`trimtab.coach`.

        Returns:
            A :class:`~trimtab.coaching.Prescription`; ``print`` shows it. Where something helps,
            ``options()`` are arguments for ``set_params``.

        Raises:
            InvalidArgument, InvalidData: as for ``fit`` and :func:`trimtab.coach`.

        Example:
            >>> import numpy, trimtab
            >>> X = numpy.linspace(0, 1, 120).reshape(-1, 1)
            >>> model = trimtab.TabularRegressor(layers="8 relu", epochs=2, fold=0, random_state=0)
            >>> found = model.coach(X, 3 * X[:, 0], trials=12)
            >>> better = model.set_params(**found.options()) if found.edits else model
            >>> better.fit(X, 3 * X[:, 0]).predict(X).shape
            (120,)
        """
        own = clone(self)  # what ``fit`` sets stays as it is
        return own._coached(X, y, sample_weight, groups, asked)  # noqa: SLF001 - of the same class

    def _coached(
        self, X: Any, y: Any, sample_weight: Any, groups: Any, asked: dict[str, Any]
    ) -> Any:
        with in_own_words():
            _, table, options = self._asked(X, y, sample_weight, groups)
            return coach_options(self, self._task, table, options, asked)

    def _start(self, *, optimizer: bool = False) -> Start | None:
        """What a call goes on from; None: there is nothing yet."""
        if not hasattr(self, "predictor_"):
            return None
        networks = len(members_of(self.predictor_.model))
        if networks > 1:
            warnings.warn(
                f"the last fit averaged {networks} networks; training goes on with the first of "
                "them. Use fold=0 for one network from the beginning.",
                UserWarning,
                stacklevel=checks.outside(),
            )
        return Start(self.predictor_, optimizer)

    def _options(self, rows: int, *, part: bool, further: bool) -> dict[str, Any]:
        """The options of this training, by their name in ``train``."""
        values = {
            each.option: getattr(self, each.name) for each in arguments(self._task) if each.option
        }
        stopping = self._flag("early_stopping") and not part
        one = part or further or self._flag("warm_start") or not stopping
        fraction = check_fraction(self.validation_fraction)
        if one and self.fold and not part:
            why = (
                "warm_start=True goes on with one network"
                if stopping
                else "early_stopping=False holds no rows out"
            )
            raise InvalidArgument(
                f"{why}, but fold={brief(self.fold)} trains one for each fold. Leave fold out."
            )
        if stopping and rows < LEAST_ROWS:
            warnings.warn(
                f"{rows} rows are too few to hold some out, {LEAST_ROWS} are needed: the network "
                "is trained on all of them for all epochs, as with early_stopping=False.",
                UserWarning,
                stacklevel=checks.outside(),
            )
            stopping, one = False, True
        values |= {
            "seed": seed_of(self.random_state),
            "threads": threads_of(self.n_jobs),
            "valid": fraction if stopping else 0,
            "fold": 0 if one else self.fold,
        }
        if part:
            values |= {"epochs": 1, "committee": 1, "schedule": "constant"}
        return values

    def _flag(self, name: str) -> bool:
        return check_flag(name, getattr(self, name))

    # -- predicting -------------------------------------------------------------------------------

    def _checked(self, X: Any) -> Any:
        """X as the predictor takes it."""
        check_is_fitted(self)
        return with_names(checked_inputs(self, X, reset=False), self._columns)

    def predict_interval(self, X: Any, level: float = 0.9) -> Intervals | PredictionSets:
        """Intervals, or sets of classes, that hold the target with probability ``level``.

        Args:
            X: rows.
            level: share of new rows whose target is inside.

        Raises:
            InvalidArgument: no rows were held out (``early_stopping=False``), or the level is not
                between 0 and 1.
        """
        X = self._checked(X)
        if self.predictor_.calibration is None:
            raise InvalidArgument(
                "intervals need errors on rows that the network was not trained on, and all were "
                "trained on. Fit with early_stopping=True, on 20 rows at least."
            )
        with in_own_words():
            return self.predictor_.predict_interval(X, level)

    def explain(self, X: Any, y: Any, *, repeats: int = 10, seed: int = 0) -> Importance:
        """Column importance: how much worse predictions get when a column is shuffled.

        Args:
            X: rows.
            y: their answers.
            repeats: how often each column is shuffled.
            seed: of the shuffling.

        Raises:
            InvalidData: fewer than two rows, or answers that ``fit`` did not see.
        """
        check_is_fitted(self)
        X = checked_inputs(self, X, reset=False)
        y = self._answers(y, None, self.predictor_)
        table = Rows.of(X, y, known=self.predictor_.targets, columns=self._columns).table
        with in_own_words():
            return self.predictor_.explain(table, repeats=repeats, seed=seed)

    # -- what the training hands out --------------------------------------------------------------

    @property
    def learning_curve_(self) -> pd.DataFrame:
        """Losses and metrics of each epoch, from 1; those of numbers in the target's own units."""
        import pandas as pd

        check_is_fitted(self)
        history = self.predictor_.history
        index = pd.RangeIndex(1, len(history.epoch) + 1, name="epoch")
        return pd.DataFrame(history.history, index=index)

    def plot(self, *keys: str, ax: Axes | None = None, title: str | None = None) -> Axes:
        """Draws the learning curves.

        Args:
            keys: columns of ``learning_curve_``; None: the loss.
            ax: axes to draw on; new ones by default.
            title: of the axes.
        """
        check_is_fitted(self)
        return self.predictor_.history.plot(*keys, ax=ax, title=title)

    def save(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> Path:
        """Writes the predictor to one file; :func:`trimtab.load` reads it.

        Args:
            filepath: ``.trimtab`` is added if there is no extension.
            overwrite: False refuses to replace a file.
        """
        check_is_fitted(self)
        return self.predictor_.save(filepath, overwrite)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.target_tags.required = True
        return tags


def _join(before: Predictor, now: Predictor) -> None:
    """Puts the epochs of an earlier training in front of the history."""
    old, new = before.history, now.history
    names = [name for name in new.history if name in old.history]
    new.history = {name: [*old.history[name], *new.history[name]] for name in names}
    new.epoch = list(range(len(old.epoch) + len(new.epoch)))
