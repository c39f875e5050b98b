"""Committees: several networks that predict as one."""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab import config
from trimtab.core import checks
from trimtab.core.container import Contents, checked_path, read, refuse
from trimtab.core.tasks import BINARY
from trimtab.core.types import Floats
from trimtab.distributed import say
from trimtab.engines.base import Evaluation, Rows
from trimtab.errors import FileFormatError, InvalidArgument, NotBuilt, TrimtabError
from trimtab.insight.uncertainty.moments import RunningMoments
from trimtab.insight.uncertainty.task import Task, task_of
from trimtab.model.contents import model_contents, write
from trimtab.model.model import Model
from trimtab.model.population import fit_population
from trimtab.model.reading import model_from
from trimtab.nn import data
from trimtab.program.structure import difference
from trimtab.training import passes
from trimtab.training.progress import format_logs
from trimtab.training.row_prints import RowPrints
from trimtab.training.settings import checked_batch_size, checked_verbose

if TYPE_CHECKING:
    from trimtab.insight.uncertainty import Intervals, PredictionSets
    from trimtab.training.callbacks import BestEpochs

__all__ = ["Committee", "committee_from", "members_of"]


class Committee:
    """Several networks that predict as one (an ensemble): the mean of their predictions.

    Its members differ in first weights, row orders and dropout masks (:meth:`fit`), or are one
    network at its best epochs (:meth:`of_epochs`). If their errors differ, the mean has a smaller
    error than a member has on average, and the spread shows where they disagree.

    Source:
        Hansen & Salamon 1990, "Neural network ensembles"; Lakshminarayanan, Pritzel & Blundell
        2017, "Simple and scalable predictive uncertainty estimation using deep ensembles".

    Args:
        models: built and compiled models with the same columns, outputs and loss.
        name: of the committee.

    Attributes:
        members: the models.

    Raises:
        InvalidArgument: no models, one model twice, or models with different tasks.
        NotBuilt, NotCompiled: a model is not built or not compiled.

    Example:
        >>> import numpy as np
        >>> import trimtab
        >>> from trimtab import layers
        >>> def build(seed):
        ...     model = trimtab.Sequential([layers.Dense(8, "relu"), layers.Dense(1)], seed=seed)
        ...     model.compile(optimizer="adam", loss="mae")
        ...     return model
        >>> x = np.random.default_rng(0).normal(size=(60, 2)).astype("float32")
        >>> committee = trimtab.Committee.fit(build, x, x[:, 0], members=3, epochs=2)
        >>> committee.predict(x).shape, committee.spread(x).shape
        ((60, 1), (60, 1))
    """

    def __init__(self, models: Sequence[Model], name: str = "committee") -> None:
        self.members = _checked(models)
        self.name = checks.name_of("committee", name)
        self.task: Task = task_of(self.members[0])

    # -- making -----------------------------------------------------------------------------------

    @classmethod
    def fit(
        cls,
        build: Callable[[int], Model],
        x: Any,
        y: Any,
        *,
        members: int = 5,
        seeds: Sequence[int] | None = None,
        callbacks: Callable[[], Any] | None = None,
        verbose: Any = 0,
        **options: Any,
    ) -> Committee:
        """Builds and trains a committee.

        Members with one architecture are trained at once by
        :func:`~trimtab.training.population.fit_population`. They are trained one after another if
        architectures differ, with callbacks, and with arguments that only
        :meth:`trimtab.Sequential.fit` has. On the native engine the results are the same.

        Args:
            build: a function from a seed to a compiled model that uses it,
                ``Sequential(..., seed=seed)``.
            x, y: rows to train on.
            members: number of members.
            seeds: one per member; None: drawn from ``trimtab.config``.
            callbacks: a function that returns the callbacks of one member, such as
                ``lambda: [EarlyStopping(patience=5)]``: each member needs its own.
            verbose: as in :meth:`trimtab.Sequential.fit`.
            options: other arguments of ``Sequential.fit`` or ``fit_population``.

        Returns:
            The trained committee.

        Raises:
            InvalidArgument: ``build`` returns no model, the same model twice, or ignores its seed;
                or neither function has an argument.
        """
        if seeds is None:
            members = checks.positive_integer("members", members)
            seeds = [config.next_seed() for _ in range(members)]
        numbers = [checks.integer("seed", s, minimum=0, maximum=2**64 - 1) for s in seeds]
        models = [_built(build, number) for number in numbers]
        if not models:
            raise InvalidArgument("Committee.fit needs at least one seed, received none.")
        own = [model.fixed_seed for model in models]
        if len(models) > 1 and own[0] is not None and len(set(own)) == 1:
            raise InvalidArgument(
                f"build gave every member the seed {own[0]}: they would all be the same. "
                "Pass its argument on: Sequential([...], seed=seed)."
            )
        if callbacks is not None and not callable(callbacks):
            raise InvalidArgument(
                "callbacks must be a function that makes the callbacks of one member, received "
                f"{type(callbacks).__name__}. Use callbacks=lambda: [...]."
            )
        together, alone = (_arguments(function) for function in (fit_population, Model.fit))
        _refuse_unknown("Committee.fit", options, together | alone)
        features = models[0].features(x)
        for model in models:
            model.features(features)
            model.learn_columns(x)
        if callbacks is None and set(options) <= together and _alike(models):
            fit_population(models, features, y, verbose=verbose, **options)
            prints = _prints(models[0], features, y, options.get("validation_data"))
            for model in models:
                model.row_prints = prints
        else:
            _refuse_unknown("fit of members one after another", options, alone)
            for model in models:
                listed = None if callbacks is None else callbacks()
                model.fit(features, y, verbose=verbose, callbacks=listed, **options)
        return cls(models)

    @classmethod
    def of_epochs(cls, callback: BestEpochs) -> Committee:
        """A committee of the best epochs of one ``fit``.

        It costs one training instead of several; its members are much more alike.

        Args:
            callback: the :class:`~trimtab.callbacks.BestEpochs` of that ``fit``.
        """
        return cls(callback.models())

    # -- predicting -------------------------------------------------------------------------------

    def predict_members(self, x: Any) -> Floats:
        """The predictions of each member, ``(members, rows, outputs)``, in inference mode."""
        features = self.members[0].features(x)
        return np.stack([member.predict(features, verbose=0) for member in self.members])

    def moments(self, x: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation over the members, ``(rows, outputs)`` each.

        For classes, those of probabilities, ``(rows, classes)``; a binary output counts as two
        classes.
        """
        features = self.members[0].features(x)
        moments: RunningMoments | None = None
        for member in self.members:
            values = self.task.values(member.predict(features, verbose=0))
            moments = RunningMoments(values) if moments is None else moments
            moments.add([values])
        assert moments is not None
        return moments.result()

    def predict(self, x: Any, verbose: Any = 0) -> Floats:
        """The mean prediction ``(rows, outputs)``.

        For classes, the mean of the members' probabilities; if the loss takes logits, the logits of
        that mean, so the output has the same meaning as a member's.

        Args:
            x: rows.
            verbose: accepted; nothing is printed.
        """
        checked_verbose(verbose)
        return self.task.outputs(self.moments(x)[0])

    def spread(self, x: Any) -> Floats:
        """Standard deviation of the members' predictions (or probabilities), ``(rows, outputs)``.

        It shows where the members disagree. It is not calibrated: use :meth:`predict_interval` for
        a confidence.
        """
        spread = self.moments(x)[1]
        return (spread[:, 1:] if self.task.kind == BINARY else spread).astype(np.float32)

    def predict_interval(
        self,
        x: Any,
        level: float = 0.9,
        calibration: Any = None,
        *,
        scaled: bool | None = None,
        floor: float | None = None,
        groups: Any = None,
    ) -> Intervals | PredictionSets:
        """Predicts intervals, as :meth:`trimtab.Sequential.predict_interval`.

        They are centered at the mean of the members and scaled by their spread.

        Args:
            x: rows.
            level: share of targets to cover.
            calibration: ``(x, y)``, rows used neither for training nor for early stopping.
            scaled, floor, groups: as in :func:`~trimtab.uncertainty.calibrate`.
        """
        from trimtab.insight.uncertainty import calibration as calibrated

        return calibrated.predict_interval(
            self, x, level, calibration, scaled=scaled, floor=floor, groups=groups
        )

    def evaluate(
        self,
        x: Any,
        y: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Computes loss and metrics of the mean prediction.

        The arguments are those of :meth:`trimtab.Sequential.evaluate`. Penalties of regularizers
        are left out, since each member has its own. The metrics are those of the first member.
        """
        size = checked_batch_size(batch_size)
        verbose = checked_verbose(verbose)
        first = self.members[0]
        features = first.features(x)
        rows = data.as_rows(features, y, sample_weight, first.program())
        predictions = self.predict(features)
        loss = first.loss_function(rows.y, predictions, rows.weight)
        logs = passes.evaluation_logs(first, rows, Evaluation(loss, predictions), size)
        if verbose != 0:
            say(" - ".join(format_logs(logs, ": ")))
        return logs if return_dict else first.scalar_or_list(logs)

    # -- shape and files --------------------------------------------------------------------------

    @property
    def built(self) -> bool:
        """True: all members are built."""
        return True

    @property
    def input_shape(self) -> Any:
        """``(None, n)``."""
        return self.members[0].input_shape

    def built_width(self) -> int:
        """The number of input columns."""
        width: int = self.members[0].built_width()
        return width

    @property
    def output_shape(self) -> Any:
        """``(None, n)``."""
        return self.members[0].output_shape

    def __len__(self) -> int:
        return len(self.members)

    def __repr__(self) -> str:
        return f"<Committee name={self.name}, members={len(self.members)}>"

    def save(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Saves all members to one file; ``trimtab.load_model`` loads the committee.

        Args:
            filepath: the file; ``.trimtab`` is added if it has no extension.
            overwrite: False refuses to replace an existing file.

        Raises:
            InvalidArgument: the extension is one of Keras' formats, or the file exists and
                ``overwrite`` is False.
        """
        write(checked_path(filepath), self.contents(), overwrite)

    def to_onnx(self, path: str | os.PathLike[str], **asked: Any) -> Any:
        """Writes an ONNX file of the mean of all members, as :meth:`trimtab.Model.to_onnx` does."""
        # By its public name: files of other formats stand on models, which do not import them.
        return importlib.import_module("trimtab").export(self, path, "onnx", **asked)

    def contents(self) -> Contents:
        """The contents of the committee's file."""
        contents = Contents("committee")
        contents.documents["committee"] = {"name": self.name, "members": len(self.members)}
        for number, member in enumerate(self.members):
            contents.nest(str(number), model_contents(member))
        return contents

    @classmethod
    def load(
        cls, filepath: str | os.PathLike[str], custom_objects: Mapping[str, Any] | None = None
    ) -> Committee:
        """Loads a committee that :meth:`save` wrote. Nothing in the file is executed.

        Args:
            filepath: the file; ``.trimtab`` may be left out.
            custom_objects: as in ``trimtab.load_model``.

        Raises:
            FileNotFoundError: there is no such file.
            FileFormatError: the file is damaged, is not a trimtab file, was written by a newer
                trimtab, or holds no committee.
        """
        path = checks.path("filepath", filepath)
        contents = read(path)
        if contents.kind != "committee":
            refuse(path, f"holds a {contents.kind}, no committee", "Use trimtab.load_model().")
        return committee_from(path, contents, custom_objects, True)


def members_of(model: Model | Committee) -> list[Any]:
    """The networks behind a prediction: the members of a committee, or the model alone."""
    return model.members if isinstance(model, Committee) else [model]


def _checked(models: Any) -> list[Any]:
    """The members, fit to be taken together."""
    if not isinstance(models, Sequence):
        raise InvalidArgument(
            f"a committee takes a list of models, received a {type(models).__name__}. "
            "Use Committee([first, second])."
        )
    models = list(models)
    if not models:
        raise InvalidArgument("a committee needs at least one model, received none.")
    for number, model in enumerate(models):
        if not isinstance(model, Model):
            raise InvalidArgument(
                f"a committee is made of models, received a {type(model).__name__} as member "
                f"{number}. Pass a list of Sequential models."
            )
        if any(model is other for other in models[:number]):
            raise InvalidArgument(
                f"{model.name} is in the committee twice. Every member must be a model of its own."
            )
        if not model.built:
            raise NotBuilt(
                f"member {number}, {model.name}, is not built yet. Fit it first, or build it."
            )
        task_of(model)  # refuses one that is not compiled
        if number:
            for what, here, there in zip(
                ("input columns", "outputs", "loss"), _face(model), _face(models[0]), strict=True
            ):
                if here != there:
                    raise InvalidArgument(
                        f"the members of a committee must agree in {what}: member {number} has "
                        f"{here}, member 0 has {there}."
                    )
    return list(models)


def _face(model: Model) -> tuple[int, int, str]:
    """What members have in common."""
    return model.built_width(), model.output_width(), model.loss_function.lower().loss


def _built(build: Callable[[int], Model], seed: int) -> Model:
    model = build(seed)
    if not isinstance(model, Model):
        raise InvalidArgument(
            f"build must return a model, received a {type(model).__name__}. "
            "Return Sequential([...], seed=seed), compiled."
        )
    model.need_compile("Committee.fit")
    return model


def _alike(models: Sequence[Model]) -> bool:
    """Whether they can be trained as one population."""
    first = models[0]
    return all(
        model.runner.choice == first.runner.choice
        and difference(first.program(), model.program()) is None
        for model in models
    )


def _arguments(function: Callable[..., Any]) -> set[str]:
    """What can be passed on to it by name."""
    own = {"self", "models", "x", "y", "verbose", "callbacks", "resume"}
    return set(inspect.signature(function).parameters) - own


def _refuse_unknown(owner: str, options: Mapping[str, Any], known: set[str]) -> None:
    checks.unknown_arguments(owner, [name for name in options if name not in known], sorted(known))


def _prints(model: Model, x: Floats, y: Any, validation: Any) -> RowPrints:
    program = model.program()
    rows = data.as_rows(x, y, None, program)
    held: Rows | None = None if validation is None else model.validation_rows(validation)
    return RowPrints.of(rows, held)


#: Of the members' documents and tables: ``0/model``, ``0/weights``, ``1/model``, ...
_SEPARATOR = "/"


def committee_from(
    path: Path,
    contents: Contents,
    custom_objects: Mapping[str, Any] | None,
    compile: bool,  # noqa: A002 (as in load_model)
) -> Committee:
    """The committee that these contents of a file are."""
    if not compile:
        raise InvalidArgument(
            f"{str(path)!r} holds a committee, which needs its members' loss to know what they "
            "predict. Leave compile=False out."
        )
    record = contents.documents.get("committee")
    if not isinstance(record, dict) or not isinstance(record.get("name"), str):
        refuse(path, "lacks its part 'committee'")
    members = _parted(path, contents)
    if not members or record.get("members") != len(members):
        refuse(path, "holds another number of members than it says")
    models = [model_from(path, member, custom_objects, compile) for member in members]
    try:
        return Committee(models, name=record["name"])
    except TrimtabError as problem:
        raise FileFormatError(
            f"{str(path)!r} holds models that are no committee ({problem}). "
            "Save the committee again with committee.save()."
        ) from problem


def _parted(path: Path, contents: Contents) -> list[Contents]:
    """The contents of the members' own files."""
    numbers: dict[str, None] = {}
    for name in (*contents.documents, *contents.tables):
        if name == "committee":
            continue
        number, separator, _ = name.partition(_SEPARATOR)
        if not separator:
            refuse(path, f"holds {name!r}, which is no member's")
        numbers[number] = None
    members = {number: contents.nested(number, "model") for number in numbers}
    if set(members) != {str(number) for number in range(len(members))}:
        refuse(path, "numbers its members otherwise than 0, 1, 2, ...")
    return [members[str(number)] for number in range(len(members))]
