"""``compare``: variants beside a base, trial by trial."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from trimtab import config
from trimtab.core import checks
from trimtab.core.durations import seconds_in
from trimtab.core.live_line import is_live
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.live.view import wanted_view
from trimtab.trials.designs import Design, make_design
from trimtab.trials.halving import kept, rounds
from trimtab.trials.measures import is_error
from trimtab.trials.population import MOST
from trimtab.trials.results import Comparison
from trimtab.trials.running import run
from trimtab.trials.selection import choosing_splits, chosen, gains, split_means
from trimtab.trials.sequential import wealth
from trimtab.trials.stream import Stream
from trimtab.trials.tasks import NetworkTask, TableTask, Task
from trimtab.trials.trial import BASE, Outcome, Trial
from trimtab.trials.variants import is_network, named
from trimtab.trials.verdicts import verdicts
from trimtab.trials.watching import Nobody, watcher

__all__ = ["Session", "compare", "seed_list"]

#: Share of the base's error that matters, where nothing else is said.
MATTERS = 0.01


def compare(
    base: Any,
    variants: Any,
    x: Any = None,
    y: Any = None,
    *,
    target: Any = None,
    seeds: int | Sequence[int] = 1,
    splits: int = 16,
    design: str = "auto",
    test: float = 0.25,
    metric: Any = None,
    smallest: float | None = None,
    groups: Any = None,
    times: Any = None,
    seed: int = 0,
    jobs: int | None = None,
    results: str | os.PathLike[str] | None = None,
    time_limit: Any = None,
    stop_early: bool = False,
    halving: bool = False,
    live: Any = False,
    verbose: Any = "auto",
    **settings: Any,
) -> Comparison:
    """Compares variants of a network with the present one, on the same seeds and the same rows.

    Each trial trains one network on some rows and measures it on others. All variants see the same
    rows, first weights, orders and masks (so far as their layers allow), so that differences are
    paired. Trials run at once, one a core; inside ``joblib.parallel_config`` on its back end, with
    the same numbers.

    With several variants, a third of the pairs choose the best one, and the others, tested on other
    rows, say what it and the others are worth.

    Ctrl-C and ``time_limit`` end it early, with what is done; with ``results``, the same call goes
    on from there.

    Args:
        base: a compiled :class:`~trimtab.Sequential`, or a function that returns one; weights are
            drawn anew in each trial. Or options of :func:`trimtab.train` (``{}`` are its defaults),
            or hidden layers as text.
        variants: what to try, by name or as a list. For networks: :mod:`edits
            <trimtab.trials.edits>`, lists of edits, compiled models, functions that return one. For
            tables: options that replace the base's, hidden layers as text, edits.
        x, y: rows and targets, as ``fit`` takes them; or a table, as ``train`` takes it, and the
            column to predict.
        target: the same as ``y`` for a table.
        seeds: how many seeds each split has, or which; their mean counts as one difference.
        splits: pairs that report.
        design: ``parts`` that share no row, ``holdout``, ``folds``, or ``auto``: parts where each
            has 1,000 rows, else holdouts, which overlap and find less.
        test: share of the rows of a split to test on.
        metric: that decides, on the test rows: ``mae``, ``rmse``, ``r2``; of classes ``log_loss``,
            ``accuracy``, ``balanced_accuracy``, ``roc_auc``. By default the loss of the base, or
            what its option ``optimize`` says.
        smallest: difference of the metric that matters; by default 1 % of the base's.
        groups: of rows that stay together; of a table, its option ``group``.
        times: of rows; later ones are tested on. Of a table, its option ``time``.
        seed: of the splits.
        jobs: trials at a time; one a core by default.
        results: file that outcomes are appended to as they end, lines of JSON. What is there
            already is not run again.
        time_limit: seconds, or a text such as ``"10m"``.
        stop_early: stop once each variant is decided, by a test that allows for looking after each
            pair. It needs parts.
        halving: drop the weaker half of several variants again and again while choosing, so that
            only one is reported.
        live: whether to show the table as a page on this machine while it runs, with a button that
            ends it; a number is the port of the page.
        verbose: 1 shows a table while it runs, 0 nothing; ``auto``: 1 on a terminal.
        settings: of networks arguments of ``fit``: ``epochs``, ``batch_size``, ``callbacks``,
            ``validation_split``, ...; of tables options of ``train`` for the base and all variants.

    Returns:
        The :class:`~trimtab.trials.Comparison`.

    Raises:
        InvalidArgument: an argument breaks its rule, an edit does not fit, or ``results`` is of
            another comparison.
        InvalidData: there are too few rows, or they cannot be used.
        FileFormatError: the file of results is damaged.

    Example:
        >>> import numpy as np
        >>> import trimtab
        >>> from trimtab import layers, trials
        >>> x = np.random.default_rng(0).normal(size=(400, 3))
        >>> y = 5 * x[:, 0] - x[:, 1]
        >>> model = trimtab.Sequential([layers.Dense(8, "relu"), layers.Dense(1)])
        >>> model.compile("adam", "mae")
        >>> found = trials.compare(model, trials.edits.epochs(4), x, y, epochs=2, splits=4)
        >>> found.verdicts[0].word, found.winner
        ('helped', 'epochs(factor=4.0)')
    """
    wanted = named(variants)
    seed = checks.integer("seed", seed, minimum=0, maximum=2**32 - 1)
    listed = seed_list(seeds)
    limit = math.inf if time_limit is None else seconds_in("time_limit", time_limit)
    if smallest is not None:
        smallest = checks.positive_number("smallest", smallest)
    workers = config.get_threads() if jobs is None else checks.positive_integer("jobs", jobs)
    task: Task
    if is_network(base):
        if target is not None:
            raise InvalidArgument("target names a column of a table. For arrays use y=.")
        task = NetworkTask(base, wanted, x, y, settings, metric, groups, times)
    else:
        for name, value, option in (("groups", groups, "group"), ("times", times, "time")):
            if value is not None:
                raise InvalidArgument(f"{name} is for arrays. Of a table use {option}='COLUMN'.")
        own = {"layers": base} if isinstance(base, str) else dict(base or {})
        column = target if y is None else y
        task = TableTask({**settings, **own}, wanted, x, column, metric)
    choosing = choosing_splits(len(wanted), splits)
    made = make_design(
        task.units, kind=design, splits=splits, choosing=choosing, test=test, seed=seed
    )
    if checks.boolean("stop_early", stop_early) and made.kind != "parts":
        raise InvalidArgument(
            "stop_early needs splits that share no row, but these overlap. Use design='parts' "
            "(--design parts) with fewer splits, or leave stop_early out."
        )
    fingerprint = {
        "rows": task.fingerprint(),
        "base": task.digests[BASE],
        "design": [made.kind, splits, choosing, float(test)],
        "seed": seed,
    }
    task.divide(made)
    others = {name: found for name, found in task.digests.items() if name != BASE}
    stream = Stream(results, fingerprint, others)
    wanted_view(live)
    drawn = verbose == 1 or (verbose == "auto" and is_live())
    session = Session(task, made, listed, stream, workers, limit)
    with watcher(list(others), task.metric, "Comparison", drawn=drawn) as watching:
        session.watching = watching
        try:
            session.compare(list(others), halving=halving, stop_early=stop_early)
        finally:
            stream.close()
    found = session.comparison(list(others), smallest, results)
    watching.tell([found.sentence()])
    return found


def seed_list(seeds: Any) -> list[int]:
    """The seeds of a number of them, or of a list of different ones, checked."""
    if isinstance(seeds, int) and not isinstance(seeds, bool):
        return list(range(checks.positive_integer("seeds", seeds)))
    if isinstance(seeds, Sequence) and not isinstance(seeds, str) and len(seeds):
        found = [checks.integer("seeds", each, minimum=0, maximum=2**32 - 1) for each in seeds]
        if len(set(found)) == len(found):
            return found
    raise InvalidArgument(
        f"seeds must be a number of seeds or a list of different ones, received {brief(seeds)}. "
        "Use seeds=3."
    )


class Session:
    """The trials of one comparison, stage by stage.

    Args:
        task: what is compared on which rows; it has been divided.
        design: the splits.
        seeds: of each split.
        stream: outcomes on disk.
        jobs: trials at a time.
        limit: seconds for all.

    Attributes:
        watching: draws a table meanwhile.
        outcomes: of the trials that have run.
        dropped: variants that are not reported.
        unfinished: why it ended early; empty: it did not.
        end: when to give up, on the clock of ``time.monotonic``.
    """

    def __init__(
        self,
        task: Task,
        design: Design,
        seeds: list[int],
        stream: Stream,
        jobs: int,
        limit: float,
    ) -> None:
        self.task = task
        self.design = design
        self.seeds = seeds
        self.stream = stream
        self.jobs = jobs
        self.watching: Any = Nobody()
        self.outcomes: dict[Trial, Outcome] = {
            trial: outcome
            for trial, outcome in stream.known.items()
            if trial.split < len(design.splits) and trial.seed in seeds
        }
        self.dropped: list[str] = []
        self.unfinished = ""
        self.decided = False
        self._begin = time.monotonic()
        self.end = self._begin + limit
        self._error = is_error(task.metric)

    def compare(self, variants: list[str], *, halving: bool, stop_early: bool) -> None:
        """Runs all trials, or as many as there is time for."""
        alive = list(variants)
        choosing, reporting = self.design.choosing, self.design.reporting
        ends = rounds(len(variants), len(choosing)) if halving else [len(choosing)]
        stages = [(choosing[:end], True) for end in ends] if choosing else []
        for splits, chooses in [*stages, (reporting, False)]:
            after = len(reporting) + len(choosing) - len(splits) if chooses else 0
            if not self.run(alive, splits, stop_early and not chooses, after):
                return
            if chooses and halving and len(alive) > 1:
                best = kept({name: list(self.gains(name, splits)) for name in alive})
                self.dropped += [name for name in alive if name not in best]
                alive = [name for name in alive if name in best]

    def run(self, alive: list[str], splits: list[int], stop_early: bool, after: int) -> bool:
        """Runs the trials of these variants and the base; whether there is more to do.

        Args:
            alive: the variants.
            splits: their numbers.
            stop_early: whether to stop once all variants are decided.
            after: splits that come later, to tell the time that is left.
        """
        trials = [
            Trial(split, seed, name)
            for split in splits
            for seed in self.seeds
            for name in [BASE, *alive]
        ]
        left = [trial for trial in trials if trial not in self.outcomes]
        if stop_early and self._all_decided(alive):
            self.decided = True
            return False
        running = self._outcomes(left)
        try:
            for done, outcome in enumerate(running, 1):
                self.outcomes[outcome.trial] = outcome
                self.stream.add(outcome)
                self._check_base(outcome)
                pace = (time.monotonic() - self._begin) / done
                self._show(alive, len(left) - done, pace, after)
                if stop_early and self._all_decided(alive):
                    self.decided = True
                    return False
                if self.watching.stopping:
                    self.unfinished = "interrupted"
                    return False
        except KeyboardInterrupt:
            if not self.outcomes:
                raise
            self.unfinished = "interrupted"
            return False
        except TimeoutError:
            self.unfinished = "time"
            return False
        finally:
            running.close()
        return True

    def _outcomes(self, trials: list[Trial]) -> Generator[Outcome, None, None]:
        """Runs trials: those that can be trained at once, then the others."""
        by_variant: dict[str, list[Trial]] = {}
        for trial in trials:
            if trial.variant in self.task.joined:
                by_variant.setdefault(trial.variant, []).append(trial)
        for joined in by_variant.values():
            for begin in range(0, len(joined), MOST):
                yield from self.task.together(joined[begin : begin + MOST])
                if time.monotonic() >= self.end:
                    raise TimeoutError
        alone = [trial for trial in trials if trial.variant not in self.task.joined]
        yield from run([self.task.call(trial) for trial in alone], self.jobs, self.end)

    def _check_base(self, outcome: Outcome) -> None:
        """Nothing can be compared with a base that fails."""
        if outcome.trial.variant == BASE and outcome.failed and len(self.outcomes) <= self.jobs + 1:
            raise InvalidArgument(f"the base cannot be trained: {outcome.failed}")

    def _show(self, alive: list[str], left: int, pace: float, after: int) -> None:
        means = self.means()
        shown = {
            name: gains(means, name, range(len(self.design.splits)), error=self._error)
            for name in alive
        }
        more = left + after * len(self.seeds) * (len(alive) + 1)
        self.watching.show(shown, len(self.outcomes), more, more * pace, self.dropped)

    def means(self) -> dict[str, dict[int, float]]:
        """The metric of each variant on each split, the mean over seeds."""
        return split_means(self.outcomes.values(), self.task.metric, self.seeds)

    def gains(self, variant: str, splits: Iterable[int]) -> Any:
        """What a variant gains on these splits."""
        return gains(self.means(), variant, splits, error=self._error)

    def _prefix(self, alive: Sequence[str]) -> list[int]:
        """The splits that report and have ended, up to the first that has not.

        Which trial ends first may depend on its result; their order does not.
        """
        means = self.means()
        ended = []
        for split in self.design.reporting:
            if not all(split in means.get(name, {}) for name in [BASE, *alive]):
                break
            ended.append(split)
        return ended

    def _all_decided(self, alive: list[str]) -> bool:
        splits = self._prefix(alive)
        for name in alive:
            found = self.gains(name, splits)
            if not np.isfinite(found).all() or not wealth(found, len(alive)).decided(len(alive)):
                return False
        return bool(splits)

    def comparison(
        self,
        variants: list[str],
        smallest: float | None,
        results: Any,
        *,
        in_order: bool = False,
    ) -> Comparison:
        """What the outcomes say.

        Args:
            variants: their names.
            smallest: difference that matters; None: 1 % of the base's metric.
            results: the file of outcomes, or None.
            in_order: whether ``variants`` are ranked by the pairs that choose, and tested in this
                order.
        """
        alive = [name for name in variants if name not in self.dropped]
        reporting = self._prefix(alive) if self.decided else self.design.reporting
        means = self.means()
        found = {name: self.gains(name, reporting) for name in variants}
        if smallest is None:
            known = [abs(value) for value in means.get(BASE, {}).values() if math.isfinite(value)]
            smallest = MATTERS * float(np.mean(known)) if known else math.nan
        said = verdicts(
            found,
            self.outcomes.values(),
            metric=self.task.metric,
            overlap=self.design.overlap,
            smallest=smallest,
            planned=len(self.design.reporting),
            dropped=self.dropped,
            sequential=self.decided,
            order=variants if in_order else (),
        )
        choosing: Mapping[str, Any] = {
            name: self.gains(name, self.design.choosing) for name in alive
        }
        best = alive[0] if len(variants) == 1 else chosen(choosing)
        return Comparison(
            metric=self.task.metric,
            design=self.design,
            seeds=tuple(self.seeds),
            outcomes=tuple(self.outcomes[trial] for trial in sorted(self.outcomes)),
            gains=found,
            verdicts=tuple(said),
            best=best,
            smallest=smallest,
            unfinished=self.unfinished,
            decided=self.decided,
            seconds=time.monotonic() - self._begin,
            results=None if results is None else str(results),
            in_order=in_order,
        )
