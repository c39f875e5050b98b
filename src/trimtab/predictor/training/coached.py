"""The coaching behind a training, where it is asked for: what would help."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trimtab.core.durations import seconds_in
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, TrimtabError
from trimtab.predictor.predictor import Predictor
from trimtab.predictor.training import events
from trimtab.predictor.training.job import Job
from trimtab.predictor.training.places import Place

__all__ = ["TIME", "CoachWish", "coach_afterwards"]

#: Time for a coaching where none is named.
TIME = "5m"


@dataclass(frozen=True)
class CoachWish:
    """The coaching that is wanted.

    Attributes:
        seconds: for all of it, on top of the training.
    """

    seconds: float

    @classmethod
    def of(cls, coach: Any, data: Any) -> CoachWish | None:
        """What the argument of ``train`` asks for; None: no coaching.

        Args:
            coach: True, False, or the time for it.
            data: the table: it is read once more.

        Raises:
            InvalidArgument: the argument breaks its rule, or the table can be read only once.
        """
        if coach is False:
            return None
        if isinstance(data, str) and data == "-":
            raise InvalidArgument(
                "coach=True (--coach) reads the table again, and standard input can be read once. "
                "Write it to a file first: cat > table.csv"
            )
        if coach is True:
            return cls(seconds_in("coach", TIME))
        if isinstance(coach, str | int | float):
            return cls(seconds_in("coach", coach))
        raise InvalidArgument(
            "coach must be True, False, or the time for it, such as '10m' or a number of seconds, "
            f"received {brief(coach)}. Use coach=True."
        )


def coach_afterwards(job: Job, predictor: Predictor, data: Any, wish: CoachWish) -> None:
    """Tries what would help, says it, and adds it to the report.

    The model is written by then, and stands whatever happens here.

    Args:
        job: the training; its events go on.
        predictor: what came of it; receives the prescription.
        data: the table.
        wish: what is wanted.
    """
    if predictor.unfinished is not None and predictor.unfinished.reason == "interrupted":
        return  # who presses Ctrl-C wants to be done
    job.report(events.Coaching(wish.seconds))
    ended, said = "done", []
    try:
        found = predictor.coach(
            data, time_limit=wish.seconds, verbose="auto" if getattr(job.report, "draws", 0) else 0
        )
        predictor.prescription = found
        ended = found.comparison.unfinished or ended
        said = [*_saved(job, found, predictor), *_reported(job, found)]
    except KeyboardInterrupt:
        ended, said = "interrupted", ["The coaching was interrupted; the model is not affected."]
    except Exception as problem:  # noqa: BLE001 - whatever it is, the model is what counts
        what = str(problem) if isinstance(problem, TrimtabError) else repr(problem)
        ended = "failed"
        said = [f"The coaching could not be made; the model is not affected. It says: {what}"]
    job.report(events.Coached(ended, predictor.prescription, tuple(said)))


def _saved(job: Job, found: Any, predictor: Predictor) -> list[str]:
    """Writes what helps beside the model; sentences about what was not written."""
    if job.place is None or not found.edits:
        return []
    model = job.place.model
    path = model.with_name(f"{model.stem}.coached{model.suffix}")
    try:
        Place(path).check(str(predictor.provenance.get("data")), predictor.targets)
        found.save(path)
    except InvalidArgument:
        return [f"{path} is another file and is left unchanged."]
    except OSError as problem:
        return [f"{path} could not be written: {problem.strerror}."]
    job.report(events.Saved(str(path), "coached"))
    return []


def _reported(job: Job, found: Any) -> list[str]:
    """Adds the section to the report, if there is one; sentences about what was not written."""
    from trimtab.predictor.reporting.writing import write_page

    if not job.facts or job.page is None:
        return []
    try:
        write_page({**job.facts, "coaching": found.section()}, Path(os.fspath(job.page.path)))
    except OSError as problem:
        return [f"The report {job.page.path} could not be written: {problem.strerror}."]
    return []
