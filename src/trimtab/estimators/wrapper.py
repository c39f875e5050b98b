"""What the two estimators around a Keras-shaped network share."""

from __future__ import annotations

import copy
import inspect
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted, validate_data

from trimtab import config
from trimtab.core import checks
from trimtab.core.types import Doubles, Floats
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.estimators.arguments import check_flag
from trimtab.estimators.coached import coach_network
from trimtab.estimators.routing import PREFIXES, call_with, callbacks_of, compile_arguments, routed
from trimtab.estimators.rows import checked_weights
from trimtab.estimators.seeds import seed_of
from trimtab.estimators.threads import threads_of
from trimtab.model.model import Model

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["KerasEstimator"]

#: Parts of ``compile`` that arguments are routed to; those to ``model`` and methods always count.
_COMPILING = ("optimizer", "loss", "metrics", "compile")


class KerasEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """An estimator around a function that builds a :class:`~trimtab.Sequential`.

    Args:
        model: a function that returns a new network, or a network, which is copied for each
            ``fit``. The function may name ``meta`` (what is known of the data: ``n_features_in_``,
            ``n_outputs_``, ``n_classes_``, ``target_type_``) and ``compile_kwargs`` (optimizer,
            loss and metrics, made from the arguments below) among its arguments.
        build_fn: the same as ``model``.
        optimizer: a name, a class or an instance.
        loss: a name, a class or an instance; None: the usual one of the task.
        metrics: names, classes or instances.
        batch_size: rows of a step; None: 32.
        epochs: how many.
        validation_split: share of the rows, from the end, to validate on.
        shuffle: whether each epoch has an order of its own.
        callbacks: instances, which are copied for each ``fit``, or classes.
        warm_start: ``fit`` goes on with the network of the last ``fit``.
        random_state: seed of initial weights, row order and dropout: an integer, a RandomState, or
            None for another one each time.
        n_jobs: number of threads; None: 1, or what ``joblib.parallel_config`` says. -1: all cores.
        verbose: 0, 1 or 2, as in :meth:`trimtab.Sequential.fit`.
        arguments: of the function ``model``, by name or as ``model__NAME``; of parts, as
            ``optimizer__learning_rate``, ``loss__from_logits``, ``callbacks__patience``; of
            methods, as ``fit__last_batch``.

    Attributes:
        model_: the network.
        history_: losses and metrics, by name, of all epochs.
        n_features_in_: columns of X.
        feature_names_in_: their names, where X is a data frame.
        n_iter_: epochs.
    """

    model_: Model
    history_: dict[str, list[float]]
    n_features_in_: int
    n_iter_: int

    def __init__(
        self,
        model: Any = None,
        *,
        build_fn: Any = None,
        optimizer: Any = "adam",
        loss: Any = None,
        metrics: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        validation_split: float = 0.0,
        shuffle: bool = True,
        callbacks: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        **arguments: Any,
    ) -> None:
        self.model = model
        self.build_fn = build_fn
        self.optimizer = optimizer
        self.loss = loss
        self.metrics = metrics
        self.batch_size = batch_size
        self.epochs = epochs
        self.validation_split = validation_split
        self.shuffle = shuffle
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        for name, value in arguments.items():
            setattr(self, name, value)

    # -- parameters -------------------------------------------------------------------------------

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """All arguments, those of the function ``model`` and routed ones included.

        Args:
            deep: changes nothing; scikit-learn passes it.
        """
        own = super().get_params(deep=False)
        return {**own, **{name: getattr(self, name) for name in self._further()}}

    def set_params(self, **params: Any) -> KerasEstimator:
        """Sets arguments; routed ones and those of the function ``model`` need not be there yet.

        Args:
            params: by name.

        Raises:
            UnknownArgument: the function has no such argument.
        """
        known = {*self.get_params(), *_names(self._builder(params))}
        for name, value in params.items():
            head, route, _ = name.partition("__")
            if not (route and head in PREFIXES) and name not in known:
                raise checks.unknown_argument(type(self).__name__, name, sorted(known))
            setattr(self, name, value)
        return self

    def _further(self) -> list[str]:
        """Names of arguments that are not in the signature."""
        own = set(super().get_params(deep=False))
        return sorted(
            name
            for name in vars(self)
            if name not in own and not name.startswith("_") and not name.endswith("_")
        )

    def _builder(self, params: Any = ()) -> Any:
        for name in ("model", "build_fn"):
            found = params[name] if name in params else getattr(self, name)
            if found is not None:
                return found
        return None

    # -- training ---------------------------------------------------------------------------------

    @abstractmethod
    def _answers(self, y: Any, classes: Any, *, first: bool) -> NDArray[Any]:
        """The answers as the network takes them; sets what is known from them."""

    @abstractmethod
    def _usual_loss(self) -> str:
        """The loss where none is named."""

    def _meta(self) -> dict[str, Any]:
        """What is known of the data, for the function that builds."""
        return {"n_features_in_": self.n_features_in_}

    def _class_weights(self, y: NDArray[Any], weights: Doubles | None) -> Doubles | None:
        """Weights of rows, with those of their classes."""
        return weights

    def _train(
        self, X: Any, y: Any, sample_weight: Any, *, classes: Any = None, part: bool = False
    ) -> None:
        """Builds the network where it begins anew, and trains it."""
        warm = check_flag("warm_start", self.warm_start)
        first = not (hasattr(self, "model_") and (part or warm))
        x, targets = self._rows(X, y, classes, first=first)
        weights = self._class_weights(targets, checked_weights(sample_weight, len(x)))
        values = self.get_params()
        options = {
            "batch_size": self.batch_size,
            "epochs": checks.positive_integer("epochs", self.epochs),
            "validation_split": self.validation_split,
            "shuffle": self.shuffle,
            "verbose": self.verbose,
            "callbacks": callbacks_of(values),
            **routed(values, "fit"),
        }
        if part:
            options |= {"epochs": 1, "validation_split": 0.0}
        with config.seeded(seed_of(self.random_state)):
            model = self._built(values) if first else self.model_
            model.runner.limit_threads(threads_of(self.n_jobs))
            try:
                history = model.fit(x, targets, sample_weight=weights, **options)
            finally:
                model.pull()  # changing the threads ends the engine, and it has the weights
                model.runner.limit_threads(None)
        before = {} if first else self.history_
        self.history_ = {
            name: [*before.get(name, []), *losses] for name, losses in history.history.items()
        }
        self.n_iter_ = len(self.history_["loss"])
        self.model_ = model

    def coach(
        self, X: Any, y: Any, *, groups: Any = None, validation_data: Any = None, **asked: Any
    ) -> Any:
        """Tries what may help beside this network, and says what does: :func:`trimtab.coach`.

        The estimator does not change, and needs no ``fit`` before.

        Args:
            X: ``(rows, columns)`` numbers.
            y: their answers.
            groups: of the rows; those of a group stay on one side of each split.
            validation_data: rows ``(X, y)`` that no trial sees; the network is measured on them
                before and after.
            asked: ``time_limit`` (5 minutes by default), ``trials``, ``splits``, ``metric``, ...
                of :func:`trimtab.coach`.

        Returns:
            A :class:`~trimtab.coaching.Prescription`: ``print`` shows it, ``code()`` is the network
            that helps, ``model`` the same trained on all rows.

        Raises:
            InvalidArgument, InvalidData: as for ``fit`` and :func:`trimtab.coach`.

        Example:
            >>> import numpy, trimtab
            >>> from trimtab import layers
            >>> def build():
            ...     return trimtab.Sequential([layers.Dense(8, activation="relu"), layers.Dense(1)])
            >>> X = numpy.linspace(0, 1, 120).reshape(-1, 1)
            >>> model = trimtab.KerasRegressor(build, epochs=2, random_state=0)
            >>> found = model.coach(X, 3 * X[:, 0], trials=12)
            >>> found.comparison.metric
            'rmse'
        """
        own = clone(self)  # what ``fit`` sets stays as it is
        more = {"groups": groups, **asked}
        return own._coached(X, y, validation_data, more)  # noqa: SLF001 - of the same class

    def _coached(self, X: Any, y: Any, validation_data: Any, asked: dict[str, Any]) -> Any:
        x, targets = self._rows(X, y, None, first=True)
        values = self.get_params()
        options = {
            "epochs": checks.positive_integer("epochs", self.epochs),
            "batch_size": self.batch_size,
            "validation_split": self.validation_split or None,
            "shuffle": self.shuffle,
            "callbacks": callbacks_of(values) or None,
            "class_weight": self._weight_of_classes(targets),
            **routed(values, "fit"),
        }
        told = {name: value for name, value in options.items() if value is not None}
        told |= {"seed": seed_of(self.random_state) % 2**32, "jobs": threads_of(self.n_jobs)}
        if validation_data is not None:
            x_valid, y_valid = validation_data
            told["validation_data"] = self._rows(x_valid, y_valid, None, first=False)
        names = getattr(self, "feature_names_in_", None)
        return coach_network(lambda: self._built(values), x, targets, names, told | asked)

    def _rows(self, X: Any, y: Any, classes: Any, *, first: bool) -> tuple[Floats, NDArray[Any]]:
        """Rows and answers as the network takes them."""
        x = self._inputs(X, reset=first, least=1)
        targets = self._answers(y, classes, first=first)
        if len(x) != len(targets):
            raise InvalidData(
                f"X has {len(x):,} rows and y {len(targets):,}. Pass one value for each row."
            )
        return x, targets

    def _weight_of_classes(self, y: NDArray[Any]) -> dict[int, float] | None:
        """The weight of each class, by its number; None: all have the same."""
        return None

    def _built(self, values: dict[str, Any]) -> Model:
        """A new network, compiled."""
        builder = self._builder()
        if builder is None or (self.model is not None and self.build_fn is not None):
            raise InvalidArgument(
                f"{type(self).__name__} needs a function that builds a network, received "
                f"model={brief(self.model)} and build_fn={brief(self.build_fn)}. Use "
                f"{type(self).__name__}(build), where build() returns a trimtab.Sequential."
            )
        compiling = compile_arguments(values, self._usual_loss())
        if isinstance(builder, Model):
            model = copy.deepcopy(builder)
        elif callable(builder):
            own = {name: values[name] for name in self._further() if "__" not in name}
            own |= routed(values, "model")
            offered = {"meta": self._meta(), "compile_kwargs": compiling}
            model = call_with(builder, own, offered)
        else:
            model = builder
        if not isinstance(model, Model):
            raise InvalidArgument(
                "model must be a trimtab.Sequential or a function that returns one, received "
                f"{brief(model)}."
            )
        if not model.compiled:
            model.compile(**compiling)
        elif "compile_kwargs" not in _names(builder):
            late = [
                each for each in values if each.partition("__")[0] in _COMPILING and "__" in each
            ]
            if late:
                raise InvalidArgument(
                    f"{late[0]} would change nothing: the network is compiled where it is built. "
                    "Leave compile() to the estimator, or take compile_kwargs as an argument and "
                    "call model.compile(**compile_kwargs)."
                )
        return model

    # -- predicting -------------------------------------------------------------------------------

    def _inputs(self, X: Any, *, reset: bool, least: int = 1) -> Floats:
        # Numbers of float64 that float32 lacks are infinite afterwards; the check is before.
        x: Floats = validate_data(
            self,
            X,
            reset=reset,
            dtype=np.float32,
            order="C",
            ensure_min_samples=least,
        )
        return x

    def _outputs(self, X: Any) -> Floats:
        check_is_fitted(self)
        x = self._inputs(X, reset=False)
        options = {"verbose": 0, **routed(self.get_params(), "predict")}
        outputs: Floats = self.model_.predict(x, **options)
        return outputs

    # -- what the training hands out --------------------------------------------------------------

    @property
    def learning_curve_(self) -> pd.DataFrame:
        """Losses and metrics of each epoch, from 1."""
        import pandas as pd

        check_is_fitted(self)
        index = pd.RangeIndex(1, self.n_iter_ + 1, name="epoch")
        whole = {name: each for name, each in self.history_.items() if len(each) == self.n_iter_}
        return pd.DataFrame(whole, index=index)

    def plot(self, *keys: str, ax: Axes | None = None, title: str | None = None) -> Axes:
        """Draws the learning curves.

        Args:
            keys: what to draw, by its name in ``history_``; None: the loss.
            ax: axes to draw on; new ones by default.
            title: of the axes.
        """
        from trimtab.training.history import History

        check_is_fitted(self)
        history = History()
        history.history, history.epoch = self.history_, list(range(self.n_iter_))
        return history.plot(*keys, ax=ax, title=title)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags


def _names(function: Any) -> list[str]:
    """The arguments of a function; none of a network."""
    if isinstance(function, Model) or not callable(function):
        return []
    return list(inspect.signature(function).parameters)
