"""One call of ``train``: its options, its output file and its listener."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trimtab.predictor.training.events import Event, Report
from trimtab.predictor.training.layer_looks import LayerLooks
from trimtab.predictor.training.options import TrainOptions
from trimtab.predictor.training.places import Place
from trimtab.predictor.training.report_wish import ReportWish
from trimtab.predictor.training.resuming import Before
from trimtab.predictor.training.start import Start

if TYPE_CHECKING:
    from trimtab.predictor.predictor import Predictor
    from trimtab.tables.columns.column import Label

__all__ = ["Job", "nobody"]


def nobody(event: Event) -> None:
    """Listens to no events."""


@dataclass(frozen=True)
class Job:
    """One call of ``train``.

    Attributes:
        given: the options as given.
        place: files to write; None: nothing is written.
        report: receives the events; :func:`nobody` where they go nowhere.
        before: the interrupted run to resume, or None.
        held: part -> its rows, where they are a table in memory: ``valid``, ``test``.
        start: the predictor whose network is trained further, or None.
        classes: all that there are, where the rows at hand may lack some.
        page: the report to make; None: none.
        looks: what the layers of the first network that predicts do while it trains; None: nobody
            looks, which saves 5 to 13 % of the time of small networks.
        seconds: each stage took so far.
        facts: of the report that was written; empty: none was.
    """

    given: TrainOptions
    place: Place | None
    report: Report
    before: Before | None = None
    held: Mapping[str, Any] = field(default_factory=dict)
    start: Start | None = None
    classes: tuple[Label, ...] = ()
    page: ReportWish | None = None
    looks: LayerLooks | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def heard(self) -> bool:
        """Whether anybody listens: what is found out only to be said costs time."""
        return self.report is not nobody

    @property
    def known(self) -> Predictor | None:
        """The predictor whose schema tells what the columns are; None: the table does."""
        if self.before is not None:
            return self.before.predictor
        return None if self.start is None else self.start.predictor

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Adds the time inside to a stage's seconds."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start
