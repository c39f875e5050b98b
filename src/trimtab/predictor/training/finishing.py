"""The last stage of ``train``: files are written, and the result is reported."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from trimtab.core.types import Doubles
from trimtab.core.words import count, listed
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.predictor.class_words import class_notes
from trimtab.predictor.number_words import other_errors
from trimtab.predictor.predictor import Predictor
from trimtab.predictor.scores import Scores
from trimtab.predictor.training import curves, events
from trimtab.predictor.training.building import cures
from trimtab.predictor.training.data import Data
from trimtab.predictor.training.job import Job
from trimtab.predictor.training.parts import Chosen
from trimtab.predictor.training.places import Place
from trimtab.predictor.training.report_page import write_report
from trimtab.predictor.training.report_wish import ReportWish
from trimtab.predictor.training.scoring import predictor_of, scored_predictor
from trimtab.predictor.training.trained import Trained

__all__ = ["finish", "save_state"]

#: Said in place of a score where every row was trained on.
_UNSCORED = (
    "All rows were trained on: no scores, and no intervals. Use valid=0.2 (--valid 0.2) for both."
)


def save_state(job: Job, data: Data, trained: Trained) -> None:
    """Saves what there is of a run that is still training.

    A full disk is no reason to stop: the end of the run reports it. Neither are predictions that
    are not finite inside an epoch, which cannot be scored.
    """
    assert job.place is not None
    with suppress(OSError, InvalidData):
        _save(job, job.place, predictor_of(job, data, trained, "running"), "state")


def finish(job: Job, data: Data, trained: Trained) -> Predictor:
    """Scores the networks, writes the files and reports the result.

    Raises:
        InvalidArgument: the model cannot be written.
    """
    reason = _why_unfinished(trained)
    with job.stage("score"):
        predictor, held = scored_predictor(job, data, trained, reason)
    predictor.provenance["seconds"] |= {"score": round(job.seconds["score"], 3)}
    notes = _notes(job, data, predictor, trained, reason)
    if job.place is not None:
        with job.stage("save"):
            notes += _write(job, job.place, data, predictor, trained)
    if job.page is not None:
        with job.stage("report"):
            notes += _report(job, job.page, data, predictor, held, reason)
    evidence = predictor.best_evidence
    job.report(
        events.Finished(
            reason=trained.fits[-1].reason,
            sentence=_UNSCORED if evidence is None else evidence.sentence(),
            scores=evidence,
            notes=tuple(notes),
            seconds=dict(job.seconds),
            caveat=predictor.caveat,
        )
    )
    return predictor


def _why_unfinished(trained: Trained) -> str | None:
    """Why the run is not over, or None."""
    stopped = [each.reason for each in trained.fits if not each.over]
    if "interrupted" in stopped:
        return "interrupted"
    return stopped[0] if stopped else None


def _notes(
    job: Job, data: Data, predictor: Predictor, trained: Trained, reason: str | None
) -> list[str]:
    """What one should know besides how good the predictor is."""
    notes = class_notes(predictor)
    quoted = predictor.best_evidence
    if isinstance(quoted, Scores):
        notes = [*other_errors(quoted), *notes]
    if "folds" in predictor.scores and "test" in predictor.scores:
        notes.append(predictor.scores["test"].sentence())
    if reason == "interrupted":
        notes.append("Training was interrupted; a complete run may give a better model.")
    if reason is not None and job.place is not None:
        notes.append("Resume it with resume=True (--resume).")
    if not trained.members:
        notes.append(
            f"This is the network of {trained.fits[-1].label}: the cross-validation is not "
            "finished, and the network on all rows is not trained yet."
        )
    ways = cures(data.options)
    if any(each.reason == "diverged" for each in trained.fits):
        notes.append(f"Training diverged; the best epoch before that is kept. {ways}.")
    if "folds" in predictor.scores and trained.members and not trained.crossed:
        epochs = max(each.epochs for each in trained.members)
        notes.append(
            f"The scores are out of fold; the saved model is refit on all rows for "
            f"{count(epochs, 'epoch')}."
        )
    return notes


def _write(job: Job, place: Place, data: Data, predictor: Predictor, trained: Trained) -> list[str]:
    """Writes model, picture and options; returns sentences about what was not written."""
    try:
        _save(job, place, predictor, "model")
    except OSError as problem:
        raise InvalidArgument(
            f"cannot write {place.model}: {problem.strerror}. Free some space, or choose "
            "another place."
        ) from None
    notes = []
    try:
        if place.may_draw():
            title = f"{data.name}: {listed(predictor.targets, 6)}"
            curves.draw(predictor, trained.fits, title, place.picture)
            job.report(events.Saved(str(place.picture), "picture"))
        else:
            notes.append(f"{place.picture} was not written by train and is left unchanged.")
        if place.write_options(data.options):
            job.report(events.Saved(str(place.options), "options"))
        else:
            notes.append(f"{place.options} was not written by train and is left unchanged.")
    except OSError as problem:  # the model is written, which is what counts
        notes.append(f"The files beside the model could not be written: {problem.strerror}.")
    return notes


def _report(
    job: Job,
    wish: ReportWish,
    data: Data,
    predictor: Predictor,
    held: Mapping[str, tuple[Chosen, Doubles]],
    reason: str | None,
) -> list[str]:
    """Makes the report; returns sentences about what was not made."""
    if reason == "interrupted":  # who presses Ctrl-C wants to be done
        how = "trimtab report MODEL --data FILE makes one"
        return [] if job.place is None else [f"There is no report of a run cut short: {how}."]
    fit = job.seconds.get("fit", 0.0)

    def say(path: Path, facts: dict[str, Any]) -> None:
        job.facts.update(facts)
        job.report(events.Saved(str(path), "report"))

    return write_report(wish, data, predictor, held, fit, say)


def _save(job: Job, place: Place, predictor: Predictor, what: str) -> None:
    path = predictor.save(place.model)
    job.report(events.Saved(str(path), what))
