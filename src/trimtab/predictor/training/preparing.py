"""The second stage of ``train``: columns become the inputs of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trimtab.engines.base import Rows
from trimtab.predictor.metric_names import score_name
from trimtab.predictor.training import defaults, events
from trimtab.predictor.training.data import Data
from trimtab.predictor.training.job import Job
from trimtab.predictor.training.parts import Chosen, prepared
from trimtab.tables.preprocessing.target import TAILS

if TYPE_CHECKING:
    from trimtab.tables.preprocessing import Preprocessor, Unseen

__all__ = ["Prepared", "prepare", "prepared_event"]

#: Columns that are reported because rows held out have categories that training rows lack.
MOST_UNSEEN = 5


@dataclass(frozen=True, eq=False)
class Prepared:
    """Parts of a table as a network sees them.

    Attributes:
        preprocessor: fitted on the rows to train on.
        parts: rows by part.
        inputs: inputs, targets and weights of these.
        unseen: what rows held out have that those to train on lack.
    """

    preprocessor: Preprocessor
    parts: Mapping[str, Chosen]
    inputs: Mapping[str, Rows]
    unseen: Unseen


def prepare(
    job: Job,
    data: Data,
    parts: Mapping[str, Chosen],
    preprocessor: Preprocessor | None = None,
    *,
    consume: bool,
    balanced: bool = True,
) -> Prepared:
    """Fits the preparation on the training rows and applies it to all parts.

    Args:
        job: what was asked for.
        data: the table.
        parts: rows by part, ``train`` first.
        preprocessor: fitted already, or None.
        consume: let go of columns that are prepared.
        balanced: whether classes to train on get their weights, where that is asked for.
    """
    from trimtab.tables.preprocessing import Preprocessor, Unseen

    given, train = job.given, parts["train"]
    unseen = Unseen()
    with job.stage("prepare"):
        if preprocessor is None:
            preprocessor = Preprocessor.fit(
                train.table,
                data.schema,
                train.rows,
                raw=given.raw,
                scaling=given.scaling,
                also_categories=given.also_categories,
                target_scaling=given.target_scaling,
                target_scale=given.target_scale,
                means=defaults.predicts_means(data.options),
                weights=train.weights,
            )
        rows = prepared(
            preprocessor,
            list(parts.values()),
            balanced=balanced and data.options.class_weight is not None,
            consume=consume,
            report=unseen,
        )
    return Prepared(preprocessor, parts, dict(zip(parts, rows, strict=True)), unseen)


def prepared_event(data: Data, ready: Prepared) -> events.Prepared:
    """What became of the columns."""
    preprocessor = ready.preprocessor
    return events.Prepared(
        columns=len(data.schema.features),
        inputs=preprocessor.width,
        embeddings=tuple(name for name, _ in preprocessor.embeddings),
        how=tuple(preprocessor.describe()),
        notes=(
            *(_advised(note, data) for note in preprocessor.notes),
            *_joint_loss(data),
            *_unseen(ready),
        ),
    )


def _joint_loss(data: Data) -> list[str]:
    """What losses are in where there are several targets."""
    names = data.schema.target_names
    if len(names) < 2:
        return []
    own = "each in units of its standard deviation" if data.options.target_scaling else "unscaled"
    return [f"Losses are means over {len(names)} targets, {own}."]


def _advised(note: str, data: Data) -> str:
    """A note with advice, unless it is followed already."""
    if TAILS not in note:
        return note
    if score_name(str(data.options.loss)) == "mae":
        return f"{note} The loss, the absolute error, weighs all rows alike."
    return f"{note} Few rows dominate the squared error: loss='mae' (--loss mae) weighs all alike."


def _unseen(ready: Prepared) -> list[str]:
    """What rows held out have that those to train on lack; of many columns some."""
    words = {"valid": "validation", "test": "test"}
    held_out = [word for part, word in words.items() if part in ready.inputs]
    said = ready.unseen.sentences(f"{' and '.join(held_out)} rows")
    if len(said) > MOST_UNSEEN:
        said[MOST_UNSEEN:] = [f"The same holds for {len(said) - MOST_UNSEEN:,} more columns."]
    return said
