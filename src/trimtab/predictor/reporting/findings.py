"""What may go wrong: what the coach, the table, the curves and the held-out rows say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from trimtab.core.words import count, figure, listed
from trimtab.insight.coach.codes import Severity
from trimtab.insight.coach.course import Course, Curves
from trimtab.insight.coach.course.curves import overfitting, still_falling
from trimtab.model.committee import members_of
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.batches import LAST_BATCH
from trimtab.predictor.class_words import advised
from trimtab.predictor.reporting.rows import Known, Seen
from trimtab.predictor.scores import Scores
from trimtab.predictor.several.scores import SeveralScores
from trimtab.tables.columns.suspicions import suspicions
from trimtab.tables.preprocessing import Unseen

__all__ = ["NOTE", "SERIOUS", "WORTH", "findings", "of_curve"]

#: How much a finding matters.
SERIOUS, WORTH, NOTE = "serious", "worth a look", "note"

#: What is suspicious about a table -> how much it matters.
_SUSPICIONS = {"leak": SERIOUS, "groups": SERIOUS, "mistakes": WORTH, "order": WORTH}

#: The same -> what is said where values of rows are left out.
_PRIVATE = {
    "mistakes": "has cells that look like mistakes",
    "leak": "may give the target away",
    "groups": "may hold groups of rows that belong together: train with --group",
    "order": "is in the order of the rows, which are divided at random",
    "duplicates": "rows repeat earlier rows",
    "identifier": "looks like an identifier",
    "codes": "may hold codes, which are read as numbers",
    "rare": "has categories of few rows",
    "tails": "has outliers",
}

#: Rows that suspicions are looked for in, and rows that the coach looks at.
_SUSPECTED_IN, _COACHED = 20_000, 2_000

#: Most findings of one kind that are listed.
_MOST_ALIKE = 4

#: The best epoch is among the last ones after this share of the epochs; a few are no curve.
_LATE, _FEW = 0.9, 4

#: So many times the loss of the rows trained on says that a network knows them by heart.
_MEMORIZED = 3.0

Finding = dict[str, Any]


def findings(
    predictor: PredictorBase,
    scores: Scores | SeveralScores | None,
    seen: Seen | None,
    known: Known | None,
    facts: Mapping[str, Any],
    *,
    private: bool,
) -> list[Finding]:
    """What may go wrong, the most serious first.

    Args:
        predictor: the model.
        scores: to quote.
        seen: rows held out.
        known: rows trained on.
        facts: collected so far: ``course``, ``health``, ``unlike``.
        private: whether values of rows are left out.
    """
    found = [
        *_of_training(predictor, facts),
        *(_of_scores(predictor, scores) if scores is not None else ()),
        *(_of_table(predictor, known or seen, private) if known or seen else ()),
        *(_of_new_rows(predictor, seen, facts, private) if seen is not None else ()),
        *(_of_layers(facts)),
        *(_of_coach(predictor, known, private) if known is not None else ()),
    ]
    order = (SERIOUS, WORTH, NOTE)
    return sorted(found, key=lambda each: order.index(each["severity"]))


def _finding(severity: str, text: str, code: str = "", source: str = "") -> Finding:
    return {"severity": severity, "text": text, "code": code, "source": source}


def _of_training(predictor: PredictorBase, facts: Mapping[str, Any]) -> Iterator[Finding]:
    """What the course of training says."""
    course = facts["course"]
    if predictor.unfinished is not None:
        yield _finding(SERIOUS, "Training was not finished. Resume it with --resume (resume=True).")
    if course["ended"] == "diverged":
        yield _finding(
            SERIOUS,
            "Training diverged: the loss became NaN or infinite, and the best epoch before that is "
            f"kept. Train again with a lower learning rate: --lr {_tenth(predictor)}.",
        )
    panel = course["panels"][-1:]
    curve = (panel[0]["mean"] or panel[0]["curves"][0]) if panel else None
    if curve and curve["loss"]:
        yield from of_curve(course, curve)


def of_curve(course: Mapping[str, Any], curve: Mapping[str, Any]) -> Iterator[Finding]:
    """What the coach's rules find in a curve, with options of ``train`` as remedies.

    Args:
        course: ``learning_rate`` by epoch, or None, and how training ``ended``; None: it has not.
        curve: ``loss`` and ``val_loss``.
    """
    rates = course["learning_rate"]
    number = len(curve["loss"])
    own = Curves.of(
        curve["loss"],
        curve["val_loss"],
        rates=None if rates is None or None in rates else np.array(rates[:number]),
    )
    more = "a longer --time-limit" if course["ended"] == "time" else f"--epochs {2 * number}"
    falling = list(still_falling(Course(own))) if course["ended"] in ("epochs", "time") else []
    best = int(np.nanargmin(own.judged)) if own.finite else 0
    if not falling and own.decayed and number > _FEW and best + 1 > _LATE * number:
        yield _finding(
            NOTE,
            f"The best epoch is among the last ones ({best + 1:,} of {number:,}), where the "
            f"learning rate has decayed: it decays more slowly with {more}.",
        )
    for found in falling:
        yield _finding(
            WORTH,
            f"{found.title}: {found.sentence}. It may go on improving with {more}.",
            source=found.source,
        )
    for found in overfitting(Course(own)):
        # The best epoch is kept; it is worth a word where the rows are known by heart.
        if found.evidence["last"] > _MEMORIZED * found.evidence["loss"] > 0:
            yield _finding(
                WORTH,
                f"{found.title}: {found.sentence}. The best epoch is kept; more rows, fewer "
                "columns or more dropout may help: --dropout 0.4.",
                source=found.source,
            )


def _tenth(predictor: PredictorBase) -> str:
    rate = predictor.options.get("lr")
    return figure(rate / 10) if isinstance(rate, float) else "0.0002"


def _of_scores(predictor: PredictorBase, scores: Scores | SeveralScores) -> Iterator[Finding]:
    """What the scores say besides how good they are."""
    for text in advised(predictor, scores):
        yield _finding(WORTH, text)


def _of_table(
    predictor: PredictorBase, rows: Seen | Known | None, private: bool
) -> Iterator[Finding]:
    """What is suspicious about the table, unless the options show that it is known."""
    assert rows is not None
    schema, options = predictor.schema, predictor.options
    told = set(options.get("types") or ())
    by = bool(schema.role("group") or schema.role("time"))
    alike: dict[str, int] = {}
    for each in suspicions(rows.table, schema, most=_SUSPECTED_IN):
        if each.what == "groups" and by:
            continue
        if each.what in ("identifier", "codes") and {*each.columns} <= told:
            continue
        alike[each.what] = alike.get(each.what, 0) + 1
        if alike[each.what] > _MOST_ALIKE:
            continue
        text = each.text
        if private:
            said = _PRIVATE.get(each.what, "is worth a look")
            text = (
                f"{listed(map(repr, each.columns), 6)}: {said}."
                if each.columns
                else (f"{said[0].upper()}{said[1:]}.")
            )
        yield _finding(_SUSPICIONS.get(each.what, NOTE), text)
    for what, number in alike.items():
        if number > _MOST_ALIKE:
            yield _finding(NOTE, f"The same of {number - _MOST_ALIKE:,} more columns ({what}).")


def _of_new_rows(
    predictor: PredictorBase, seen: Seen, facts: Mapping[str, Any], private: bool
) -> Iterator[Finding]:
    """What rows held out have that those trained on lack."""
    unseen = Unseen()
    predictor.preprocessor.transform(seen.table, seen.rows, report=unseen)
    rows = len(seen)
    many = sum(unseen.categories.values())
    if many:
        # Of folds the categories are those of all rows; of parts those of the training rows.
        named = listed(map(repr, unseen.categories), 4, last=" and ")
        yield _finding(
            WORTH if many > 0.02 * rows else NOTE,
            f"{count(many, 'cell')} of {rows:,} {seen.words} have categories that are rare or new "
            f"({named}). They are predicted as unknown.",
        )
    if not private:
        for sentence in unseen.sentences(seen.words)[len(unseen.categories) :]:
            yield _finding(NOTE, sentence)
    for note in seen.notes:
        yield _finding(WORTH, note)
    unlike = facts.get("unlike")
    if unlike and unlike["clear"]:
        times = unlike["ratio"]
        yield _finding(
            WORTH,
            "Rows unlike those it was trained on are predicted worse: the "
            f"{100 * unlike['share']:.0f} % of {seen.words} that are farthest from all training "
            f"rows have a loss of {unlike['said'][0]}, the others {unlike['said'][1]}"
            + (f" ({times:.1f} times as much)." if times else "."),
        )


def _of_layers(facts: Mapping[str, Any]) -> Iterator[Finding]:
    health = facts.get("health")
    for note in (health or {}).get("notes", []):
        yield _finding(NOTE, note)


#: Severity of the coach -> ours.
_OF_COACH = {Severity.ERROR: SERIOUS, Severity.WARNING: WORTH, Severity.NOTE: NOTE}


def _of_coach(predictor: PredictorBase, known: Known, private: bool) -> Iterator[Finding]:
    """What the coach finds in the network, its fit and, unless private, the rows."""
    first = members_of(predictor.model)[0]
    if not first.compiled:
        return
    rows = known.rows[:: max(1, len(known.rows) // _COACHED)][:_COACHED]
    x = predictor.preprocessor.transform(known.table, rows)
    y = predictor.preprocessor.targets(known.table, rows)
    options = predictor.options
    size, epochs = options.get("batch_size"), options.get("epochs")
    found = first.check(
        None if private else x,
        None if private else y,
        batch_size=size if isinstance(size, int) else None,
        epochs=epochs if isinstance(epochs, int) else None,
        last_batch=LAST_BATCH,
    )
    for each in found:
        yield _finding(
            _OF_COACH.get(each.severity, NOTE),
            f"{each.title}: {each.sentence}. {each.meaning}",
            each.remedy,
            each.source,
        )
