"""An interrupted run in a file, and whether it can be resumed with the options given."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.predictor.predictor import Predictor
from trimtab.predictor.training.options import TrainOptions
from trimtab.predictor.training.options import checked as checked_options
from trimtab.predictor.training.places import Place
from trimtab.predictor.training.saved_run import SavedRun
from trimtab.tables.columns.several_targets import named_targets

__all__ = ["Before"]

#: Options that may change when a run is resumed.
_MAY_CHANGE = ("epochs", "time_limit")


@dataclass
class Before:
    """An interrupted run, and what it resumes with.

    Attributes:
        path: its file.
        predictor: the result so far.
        run: its state.
        given: its options as they were given, except for those that may change.
        decided: the same with everything decided.
        longer: whether there are more epochs now.
    """

    path: Path
    predictor: Predictor
    run: SavedRun
    given: TrainOptions
    decided: TrainOptions
    longer: bool

    @classmethod
    def of(cls, place: Place, options: Mapping[str, Any]) -> Before:
        """The run in a file.

        Raises:
            InvalidArgument: there is no such file, the run is finished, or other options are given.
            FileFormatError: the file is damaged.
        """
        from trimtab.predictor.loading import load

        path = place.model
        if not path.exists():
            raise InvalidArgument(
                f"there is no run to resume: {path} does not exist. Leave out resume=True to train "
                "anew."
            )
        predictor = load(path)
        if predictor.unfinished is None:
            raise InvalidArgument(
                f"the run in {path} is finished: there is nothing to resume. Leave out "
                "resume=True to train again."
            )
        run = SavedRun.of(path, predictor.unfinished)
        given = TrainOptions.from_record(run.given)
        decided = TrainOptions.from_record(predictor.options)
        changed = {}
        for name, value in checked_options(options).items():
            if name in _MAY_CHANGE:
                changed[name] = value
            elif name == "target" and _same_targets(predictor, value):
                continue
            elif value not in (getattr(given, name), getattr(decided, name)):
                raise InvalidArgument(
                    f"{name} is {brief(getattr(given, name))} in the run to resume, received "
                    f"{brief(value)}. Leave {name} out, or train again without resume."
                )
        assert decided.epochs is not None
        epochs = changed.get("epochs") or decided.epochs
        if epochs < decided.epochs:
            raise InvalidArgument(
                f"epochs can only be raised when a run is resumed: it has {decided.epochs}, "
                f"received {epochs}. Leave epochs out, or raise it."
            )
        limit = changed.get("time_limit", given.time_limit)
        return cls(
            path=path,
            predictor=predictor,
            run=run,
            given=dataclasses.replace(
                given, time_limit=limit, epochs=changed.get("epochs", given.epochs)
            ),
            decided=dataclasses.replace(decided, epochs=epochs, time_limit=limit),
            longer=epochs > decided.epochs,
        )


def _same_targets(predictor: Predictor, value: Any) -> bool:
    """Whether these are the targets of the run, as a list or as a text with commas."""
    names, _ = named_targets(value, [column.name for column in predictor.schema.columns])
    return names == predictor.targets
