"""From a table to a :class:`~trimtab.predictor.Predictor`: read, divide, prepare, train, score."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import os
import platform
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab import config
from trimtab.core import words
from trimtab.core.types import Doubles
from trimtab.core.version import __version__
from trimtab.engines.base import Rows
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.insight.uncertainty.task import task_of
from trimtab.predictor.calibration import FOLDS, TEST, VALIDATION, ConformityScores
from trimtab.predictor.predictor import Predictor
from trimtab.predictor.scores import Baseline, Scores, score
from trimtab.predictor.training import curves, defaults, events
from trimtab.predictor.training.events import Event, Report
from trimtab.predictor.training.fingerprint import fingerprint
from trimtab.predictor.training.options import TrainOptions
from trimtab.predictor.training.parts import Chosen, numbered, prepared
from trimtab.predictor.training.places import Place
from trimtab.predictor.training.resuming import Before
from trimtab.predictor.training.run import Limits, NetworkState, Part, Recipe, Units, fit_network
from trimtab.predictor.training.state import FOLD, MEMBER, Network, Run
from trimtab.training.row_prints import RowPrints

if TYPE_CHECKING:
    from trimtab.model.committee import Committee
    from trimtab.model.sequential import Sequential
    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.files.table import Table
    from trimtab.tables.preprocessing import Preprocessor, Unseen
    from trimtab.tables.splits.plan import Split

__all__ = ["train"]

Numbers = NDArray[np.int64]

#: Most prints that are kept of validation and test rows, of which all are needed to find them.
MOST_PRINTS = 100_000

#: Rows of the sample that is looked at for what is suspicious: it takes less than reading.
SUSPECTED_IN = 20_000

#: Columns of which it is told that rows held out hold what those to train on did not.
MOST_UNSEEN = 5

#: What a diverged run can be cured by.
_CURES = (
    "Standardize the inputs (without raw), put batch normalization into the layers (bn), or lower "
    "the learning rate (lr)"
)


def train(
    data: Any,
    target: str | None = None,
    *,
    out: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    resume: bool = False,
    report: Report | None = None,
    **options: Any,
) -> Predictor:
    """Trains a network on a table, and returns it with all that leads from the table to it.

    The rows are divided, the columns prepared as the training rows say, a network is trained until
    the validation rows get no better, and it is scored on rows that it was not trained on. Nothing
    has to be told; every decision can be.

    Ctrl-C ends training between two steps: the best network so far is scored, saved and returned,
    with :attr:`~trimtab.Predictor.unfinished` set, and ``resume=True`` goes on to the very bits
    that a run in one go would have ended with (on JAX, to rounding). The same holds for the time
    limit. A second Ctrl-C raises KeyboardInterrupt and leaves no half file. With ``out``, the state
    is also saved every minute or so at the end of an epoch, for whatever else may happen.

    Of a committee each network has its share of the time, and its own best epoch. With folds, one
    network is trained on each of them and scored on the rest, and a last one on all rows for as
    many epochs as were best in the median; the scores to quote are those of the folds.

    The same data, options and seed give the same network, to the bit on the native engine with any
    number of threads. The files of two such runs differ in the seconds it took and in the salt of
    the row prints.

    Args:
        data: a path, ``"-"`` for standard input, the name of a table that comes with trimtab
            (``"red-wine"``, ``"concrete"``), a data frame (pandas, polars, pyarrow), or columns by
            name.
        target: column to predict.
        out: file to save to; the learning curves go beside it as ``.png``, the options as
            ``.toml``.
        overwrite: whether ``out`` may replace whatever is there; a model of the same table and
            target it may replace in any case.
        resume: go on with the interrupted run in ``out``. Its options are used; ``epochs`` may be
            raised, ``time_limit`` set anew.
        report: is handed the :mod:`~trimtab.predictor.events` as they happen.
        options: any of :class:`~trimtab.predictor.options.TrainOptions`.

    Errors:
        ``InvalidData`` for tables that cannot be used as they are, with the place;
        ``InvalidArgument`` for options that cannot, for a run that diverged before it learned
        anything, and for another table or other options than those of the run to go on with;
        ``FileFormatError`` for a file that is damaged.

    Example:
        >>> import trimtab
        >>> predictor = trimtab.train("red-wine", layers="16 relu", epochs=2)
        >>> predictor.task, list(predictor.history.history)
        ('regression', ['loss', 'val_loss'])
        >>> predictor.predict("red-wine").shape
        (1599,)
    """
    if resume and out is None:
        raise InvalidArgument("resume goes on with the run in a file. Name it: out='NAME.trimtab'.")
    if target is not None:
        options = {"target": target, **options}
    place = None if out is None else Place(out)
    if resume:
        assert place is not None
        before = Before.of(place, options)
        training = _Training(before.given, place, report or _nobody, before)
    else:
        given = _with_target(TrainOptions.of(options), data)
        training = _Training(given, place, report or _nobody)
    with _threads(training.given.threads):
        return training.run(data, overwrite or resume)


def _nobody(event: Event) -> None:
    """Listens to nothing."""


def _with_target(given: TrainOptions, data: Any) -> TrainOptions:
    """The usual target of a table that comes with trimtab; else it has to be named."""
    from trimtab.tables.files.reading import SHIPPED, read_chunks

    if given.target is not None:
        return given
    if isinstance(data, str) and data in SHIPPED and not Path(data).exists():
        return dataclasses.replace(given, target=SHIPPED[data].target)
    head = next(iter(read_chunks(data, given.read_options(), rows=100)))
    raise InvalidArgument(
        "train has to know which column to predict. Name it, target='COLUMN' (--target COLUMN): "
        f"{head.name} has {words.listed(list(head.frame.columns), most=50)}."
    )


@contextmanager
def _threads(threads: int | None) -> Iterator[None]:
    """At most so many threads meanwhile."""
    if threads is None:
        yield
        return
    before = config._threads
    config.set_threads(threads)
    try:
        yield
    finally:
        config.set_threads(before)


class _Training:
    """One call of :func:`train`, stage by stage."""

    table: Table
    schema: Schema
    split: Split
    parts: dict[str, Chosen]
    decided: TrainOptions
    preprocessor: Preprocessor
    unseen: Unseen

    def __init__(
        self,
        given: TrainOptions,
        place: Place | None,
        report: Report,
        before: Before | None = None,
    ) -> None:
        self.given = given
        self.place = place
        self.report = report
        self.before = before
        self.seconds: dict[str, float] = {}
        self.inputs: dict[str, Rows] = {}
        self.networks: list[Network] = []
        self.fingerprint = 0
        self.size = (0, 0)

    def run(self, data: Any, overwrite: bool) -> Predictor:
        """All stages."""
        if self.place is not None:
            self.place.spare(data, self.given.valid, self.given.test)
        with self._stage("read"):
            self._read(data)
        if self.place is not None and not overwrite:
            named = isinstance(data, str | os.PathLike) and data != "-"
            columns = None if named else list(self.table.frame.columns)
            self.place.check(self.table.name, self.given.target, columns)
        with self._stage("understand"):
            self._understand()
            self._divide()
        owned = isinstance(data, str | os.PathLike)
        with Limits(self.given.time_limit) as limits:
            self._train(limits, owned)
            return self._finish()

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    # -- the table --------------------------------------------------------------------------------

    def _read(self, data: Any) -> None:
        from trimtab.tables.files.reading import read

        self.table = read(data, self.given.read_options(), text=self._told_texts())
        self.size = self.table.frame.shape
        self.report(
            events.Read(
                source=self.table.name,
                rows=len(self.table),
                columns=self.size[1],
                guesses=tuple(self.table.guesses),
                notes=tuple(self.table.notes),
            )
        )

    def _told_texts(self) -> set[str]:
        """Columns to read as they stand in the file, as far as that is known before reading."""
        from trimtab.tables.columns.schema import told_texts

        return set(told_texts(self.given.types, self.given.id))

    def _understand(self) -> None:
        from trimtab.tables.columns.inference import infer_schema

        given = self.given
        if self.before is None:
            self.schema = infer_schema(
                self.table,
                given.target,
                task=given.task,
                kinds=given.types,
                drop=given.drop,
                ids=given.id,
                group=given.group,
                time=given.time,
                weight=given.weight,
            )
        else:
            self.schema = self.before.predictor.schema
            self.schema.check(self.table, target=True)
        rows = len(self.schema.usable_rows(self.table))
        self.report(events.Understood(self.schema, rows, tuple(self.schema.notes)))
        if self.before is None:
            self._suspect()

    def _suspect(self) -> None:
        """Says what may make scores too good, unless the options show that it is known."""
        from trimtab.tables.columns.suspicions import suspicions

        given = self.given
        words = ["leak", "identifier"]
        test_drawn = not isinstance(given.test, str) and given.test > 0
        drawn = test_drawn or not isinstance(given.valid, str)
        if drawn and given.group is None and given.time is None:
            words.append("groups")
        found = tuple(
            each
            for each in suspicions(self.table, self.schema, only=words, most=SUSPECTED_IN)
            if each.what != "identifier" or not given.types.keys() & each.columns
        )
        if found:
            self.report(events.Suspected(found))

    def _divide(self) -> None:
        from trimtab.tables.splits.plan import make_split

        split = self.split = make_split(self.table, self.schema, self.given.split_plan())
        self.parts = {
            name: Chosen.of(self.schema, self.table, rows, split.groups)
            for name, rows in (("train", split.train), ("valid", split.valid), ("test", split.test))
            if len(rows)
        }
        how = [split.how] if split.how != "All train." else []
        tables = [self.table]
        for name, word in (("valid", "Validation"), ("test", "Test")):
            path = getattr(self.given, name)
            if isinstance(path, str):
                self.parts[name] = self._part_of_file(path)
                tables.append(self.parts[name].table)
                how.append(f"{word} rows are those of {self.parts[name].table.name}.")
        if len(tables) > 1:
            self._check_groups()
        self.how = " ".join(how)
        self.fingerprint = fingerprint(tables, self.schema)
        before = self.before
        if before is not None and before.run.fingerprint != self.fingerprint:
            began = before.predictor.provenance.get("data")
            raise InvalidArgument(
                f"{self.table.name} is not the table that the run in {before.path} began with "
                f"({began}): its columns or rows differ. Go on with that table, or train anew, "
                "without resume."
            )
        decided = (
            defaults.decide(self.given, task=self.task, rows=len(self.parts["train"]))
            if before is None
            else before.decided
        )
        self.decided = decided
        self.report(
            events.Divided(
                how=self.how,
                train=len(self.parts["train"]),
                valid=len(self.parts.get("valid", ())),
                test=len(self.parts.get("test", ())),
                folds=len(split.folds),
            )
        )

    def _check_groups(self) -> None:
        """No group on two sides, where parts are files of their own."""
        for name in self.schema.role("group"):
            seen: dict[str, str] = {}
            for part in self.parts.values():
                own = {str(value) for value in self.schema.values(part.table, name, part.rows)}
                twice = sorted((own & seen.keys()) - {"None", "nan", "NaT"})
                if twice:
                    raise InvalidData(
                        f"no group of {name!r} may be on both sides, and {part.table.name} shares "
                        f"{len(twice)} with {seen[twice[0]]}, such as {twice[0]!r}. Leave their "
                        "rows out of one of the two files, or train without group."
                    )
                seen.update(dict.fromkeys(own, part.table.name))

    def _part_of_file(self, path: str) -> Chosen:
        """The rows of a file of its own."""
        from trimtab.tables.files.reading import read

        schema = self.schema
        texts = {*self._told_texts(), *schema.text_columns}
        table = read(path, self.given.read_options(), text=texts)
        schema.check(table, target=True)
        rows = schema.usable_rows(table)
        if not len(rows):
            raise InvalidData(f"{table.name}: no row has a target in column {schema.target!r}.")
        groups = None
        for name in schema.role("group"):
            if name not in table.frame.columns:
                raise InvalidData(f"{table.name} lacks the column of groups, {name!r}.")
            groups = numbered(table, name)
        return Chosen.of(schema, table, rows, groups)

    # -- the networks -----------------------------------------------------------------------------

    @property
    def task(self) -> str:
        assert self.schema.task is not None
        return self.schema.task

    @property
    def outputs(self) -> int:
        """Of a network."""
        return len(self.schema.classes) if self.task == "multiclass" else 1

    def _train(self, limits: Limits, owned: bool) -> None:
        """All networks, or those before Ctrl-C."""
        folds, members = len(self.split.folds), self.given.committee
        before = list(self.before.run.networks) if self.before else []
        to_come = folds + members
        for number, (train, valid) in enumerate(self.split.folds):
            self._fold(number, train, valid, limits, 1 / (to_come - number), before)
            if self.networks[-1].reason == "interrupted":
                return
        epochs = None
        if folds:
            best = [each.best_epoch or max(each.epochs, 1) for each in self.networks]
            epochs = round(statistics.median(best))
        with self._stage("prepare"):
            self._prepare(owned)
        for number in range(members):
            label = f"network {number + 1} of {members}" if members > 1 else ""
            if folds:
                label = f"final {label or 'network'}"
            share = 1 / (members - number)
            part = Part(label, self.inputs["train"], self.inputs.get("valid"))
            network = self._network(
                MEMBER, part, self.preprocessor, limits, share, before, number, epochs=epochs
            )
            self.networks.append(network)
            if network.reason == "interrupted":
                return

    def _fold(
        self,
        number: int,
        train: Numbers,
        valid: Numbers,
        limits: Limits,
        share: float,
        before: list[Network],
    ) -> None:
        """A fold of the cross-validation, prepared and trained by itself."""
        label = f"fold {number + 1} of {len(self.split.folds)}"
        if len(before) > number and before[number].kind == FOLD and before[number].state is None:
            self.networks.append(before[number])
            return
        whole = self.parts["train"]
        chosen = [whole.taken(rows) for rows in (train, valid)]
        with self._stage("prepare"):
            self.preprocessor = self._fitted(chosen[0])
            self.inputs = dict(
                zip(
                    ("train", "valid"),
                    self._prepared(chosen, consume=False),
                    strict=True,
                )
            )
        if number == 0:
            self._say_prepared()
        part = Part(label, self.inputs["train"], self.inputs["valid"])
        self.fold = {"train": chosen[0], "valid": chosen[1]}
        network = self._network(FOLD, part, self.preprocessor, limits, share, before)
        assert network.model is not None
        network.outputs = network.model.predict(self.inputs["valid"].x, verbose=0)
        network.target = self.preprocessor.target
        if network.reason == "time":
            network.state = None  # the next fold begins; this one has had its share
        self.networks.append(network)

    def _prepare(self, owned: bool) -> None:
        """The parts as the networks that predict see them."""
        before = self.before
        goes_on = before is not None and any(n.kind == MEMBER for n in before.run.networks)
        if before is not None and goes_on:
            self.preprocessor = before.predictor.preprocessor
        else:
            self.preprocessor = self._fitted(self.parts["train"])
        rows = self._prepared(list(self.parts.values()), consume=owned)
        self.inputs = dict(zip(self.parts, rows, strict=True))
        if not self.split.folds:
            self._say_prepared()

    def _fitted(self, chosen: Chosen) -> Preprocessor:
        from trimtab.tables.preprocessing import Preprocessor

        given = self.given
        return Preprocessor.fit(
            chosen.table,
            self.schema,
            chosen.rows,
            raw=given.raw,
            scaling=given.scaling,
            target_scaling=given.target_scaling,
            weights=chosen.weights,
        )

    def _prepared(self, chosen: Sequence[Chosen], *, consume: bool) -> list[Rows]:
        from trimtab.tables.preprocessing import Unseen

        self.unseen = Unseen()
        return prepared(
            self.preprocessor,
            chosen,
            balanced=self.given.class_weight is not None,
            consume=consume,
            report=self.unseen,
        )

    def _unseen(self) -> list[str]:
        """What the rows held out have that those to train on had not; of many columns some."""
        parts = {"valid": "validation", "test": "test"}
        held_out = [word for part, word in parts.items() if part in self.inputs]
        said = self.unseen.sentences(f"{' and '.join(held_out)} rows")
        if len(said) > MOST_UNSEEN:
            said[MOST_UNSEEN:] = [f"So it is in {len(said) - MOST_UNSEEN} columns more."]
        return said

    def _say_prepared(self) -> None:
        preprocessor = self.preprocessor
        self.report(
            events.Prepared(
                columns=len(self.schema.features),
                inputs=preprocessor.width,
                embeddings=tuple(name for name, _ in preprocessor.embeddings),
                how=tuple(preprocessor.describe()),
                notes=(*preprocessor.notes, *self._unseen()),
            )
        )
        model = self._built(preprocessor, self.decided.seed, len(self.inputs["train"]))
        decided = self.decided
        assert decided.batch_size is not None and decided.epochs is not None
        self.report(
            events.Network(
                layers=decided.layers or "",
                parameters=sum(weight.size for weight in model.trainable_weights),
                loss=str(decided.loss),
                batch_size=decided.batch_size,
                epochs=decided.epochs,
                learning_rate=float(decided.lr or 0.0),
                members=decided.committee,
            )
        )

    def _built(self, preprocessor: Preprocessor, seed: int, rows: int) -> Sequential:
        """A new network, compiled."""
        model = defaults.network(
            self.decided,
            width=preprocessor.width,
            embeddings=preprocessor.embeddings,
            outputs=self.outputs,
            task=self.task,
            seed=seed,
        )
        defaults.compile_network(model, self.decided, rows=rows)
        return model

    def _network(
        self,
        kind: str,
        part: Part,
        preprocessor: Preprocessor,
        limits: Limits,
        share: float,
        before: list[Network],
        number: int = 0,
        *,
        epochs: int | None = None,
    ) -> Network:
        """Trains a network, or goes on with it.

        Args:
            share: of the time that is left.
            number: of the member, from 0.
            epochs: at most, where folds have said how many.
        """
        decided = self.decided
        earlier = before[len(self.networks)] if len(before) > len(self.networks) else None
        if earlier is not None and earlier.state is None:
            return earlier
        state = None if earlier is None else earlier.state
        rows = len(part.train)
        model = self._built(preprocessor, _member_seed(decided.seed, number), rows)
        if state is not None:
            fresh, model = model, state.model()
            assert self.before is not None
            if self.before.longer:  # the rate falls more slowly from here on
                model.optimizer.learning_rate = (
                    fresh.optimizer.schedule or fresh.optimizer.learning_rate
                )
            self._say_resumed(part.label, model)
        assert decided.batch_size is not None and decided.patience is not None
        recipe = Recipe(
            batch_size=decided.batch_size,
            epochs=epochs or decided.epochs or 1,
            patience=decided.patience,
            last_batch=defaults.LAST_BATCH,
        )
        units = Units(preprocessor.scale if self.task == "regression" else 1.0)

        def keep(state: NetworkState, best: float | None) -> None:
            meanwhile = Network.under_way(kind, part.label, state, best)
            with suppress(OSError):  # the end will say so; until then training goes on
                self._save(self._predictor([*self.networks, meanwhile], "running"), "state")

        with self._stage("fit"):
            limits.start(share)
            fitted = fit_network(
                model,
                part,
                recipe,
                limits=limits,
                units=units,
                report=self.report,
                state=state,
                keep=None if self.place is None else keep,
            )
        if not fitted.usable:
            where = f" ({part.label})" if part.label else ""
            raise InvalidArgument(
                f"training diverged in epoch {fitted.diverged}{where}: the loss is no number any "
                f"more, and no epoch before it can be used. {_CURES}; received "
                f"lr={decided.lr:g}, layers={decided.layers!r}."
            )
        return Network.of(kind, part.label, fitted)

    def _say_resumed(self, label: str, model: Sequential) -> None:
        assert self.before is not None
        position = model.position
        epochs = model.history.epoch if model.history is not None else []
        self.report(
            events.Resumed(
                path=str(self.before.path),
                part=label,
                epoch=(position.epoch if position else epochs[-1] + 1 if epochs else 0) + 1,
                batch=position.batches + 1 if position else 1,
            )
        )

    # -- what comes of them -----------------------------------------------------------------------

    def _predictor(self, networks: Sequence[Network], reason: str | None) -> Predictor:
        """The networks so far with all that belongs to them.

        Args:
            reason: why the run is not over; None: it is.
        """
        members = [each for each in networks if each.kind == MEMBER]
        used = [each for each in members if each.epochs] or members[:1] or [networks[-1]]
        models = [each.model for each in used if each.model is not None]
        parts = self.parts if members else self.fold
        train = parts["train"]
        predictor = Predictor(
            model=models[0] if len(models) == 1 else _committee(models),
            schema=self.schema,
            preprocessor=self.preprocessor,
            history=used[0].history,
            scores={},
            baseline=Baseline.of(
                self.task, train.y, weights=train.weights, classes=len(self.schema.classes)
            ),
            options=self.decided.record(),
            split=self._split_record(networks),
            provenance=self._provenance(networks[-1].reason),
        )
        self._score(predictor, parts, networks)
        predictor.prints = {
            name: RowPrints.of(rows, most=None if name == "train" else MOST_PRINTS)
            for name, rows in self.inputs.items()
        }
        if reason is not None:
            run = Run(reason, self.given.record(), self.fingerprint, networks)
            predictor.unfinished = run.unfinished()
        return predictor

    def _score(
        self, predictor: Predictor, parts: Mapping[str, Chosen], networks: Sequence[Network]
    ) -> None:
        """Scores on rows that it was not trained on, and what intervals need."""
        found: dict[str, tuple[Chosen, Doubles]] = {}
        for part in ("valid", "test"):
            if part in self.inputs:
                found[part] = parts[part], predictor.outputs_of_inputs(self.inputs[part].x)
        folds = self.split.folds
        over = [each for each in networks if each.outputs is not None and each.state is None]
        if folds and len(over) == len(folds):
            found["folds"] = self._out_of_fold(networks)
        words = {"valid": "validation rows", "test": "test rows", "folds": f"{len(folds)}-fold"}
        for part, (chosen, outputs) in found.items():
            predictor.scores[part] = self._scored(predictor, chosen, outputs, words[part])
        for part, basis in (("test", TEST), ("valid", VALIDATION), ("folds", FOLDS)):
            if part in found:
                chosen, outputs = found[part]
                predictor.calibration = ConformityScores.of(
                    self.task, chosen.y, outputs, part=basis, groups=chosen.groups
                )
                return

    def _scored(self, predictor: Predictor, chosen: Chosen, outputs: Doubles, part: str) -> Scores:
        return score(
            self.task,
            chosen.y,
            outputs,
            baseline=predictor.baseline,
            groups=chosen.groups,
            weights=chosen.weights,
            part=part,
            target=predictor.target,
            classes=self.schema.classes,
        )

    def _out_of_fold(self, networks: Sequence[Network]) -> tuple[Chosen, Doubles]:
        """What each fold's network says of the rows it did not see, in the order of rows."""
        task = task_of(_first_model(networks))
        rows, outputs = [], []
        for (_, valid), network in zip(self.split.folds, networks, strict=False):
            assert network.outputs is not None and network.target is not None
            values = task.values(network.outputs)
            if self.task == "regression":
                values = network.target.to_units(values[:, 0])
            rows.append(valid)
            outputs.append(values)
        together = np.concatenate(rows)
        order = np.argsort(together, kind="stable")
        return self.parts["train"].taken(together[order]), np.concatenate(outputs)[order]

    def _split_record(self, networks: Sequence[Network]) -> dict[str, Any]:
        plan = self.given.split_plan()
        return {
            "how": self.how,
            "seed": plan.seed,
            "plan": None if isinstance(self.given.valid, str) else dataclasses.asdict(plan),
            **{part: len(self.parts.get(part, ())) for part in ("train", "valid", "test")},
            "folds": [
                {"rows": len(valid), "best_epoch": each.best_epoch, "history": each.history.history}
                for (_, valid), each in zip(self.split.folds, networks, strict=False)
            ],
        }

    def _provenance(self, ended: str) -> dict[str, Any]:
        engine = _first_engine(self.decided)
        packages = ["numpy", "pandas", "scikit-learn", *(["jax"] if engine == "jax" else [])]
        versions = {"trimtab": __version__, "python": platform.python_version()}
        versions |= {name: importlib.metadata.version(name) for name in packages}
        return {
            "versions": versions,
            "data": self.table.name,
            "rows": self.size[0],
            "columns": self.size[1],
            "fingerprint": self.fingerprint,
            "engine": engine,
            "threads": config.get_threads(),
            "ended": ended,
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
        }

    # -- the end ----------------------------------------------------------------------------------

    def _finish(self) -> Predictor:
        ended = self.networks[-1].reason
        stopped = [each.reason for each in self.networks if each.state is not None]
        reason = "interrupted" if "interrupted" in stopped else stopped[0] if stopped else None
        with self._stage("score"):
            predictor = self._predictor(self.networks, reason)
        predictor.provenance["seconds"] |= {"score": round(self.seconds["score"], 3)}
        notes = self._notes(predictor, reason)
        if self.place is not None:
            with self._stage("save"):
                notes += self._write(predictor)
        evidence = predictor.best_evidence
        assert evidence is not None
        self.report(
            events.Finished(
                reason=ended,
                sentence=evidence.sentence(),
                scores=evidence,
                notes=tuple(notes),
                seconds=dict(self.seconds),
                caveat=predictor.caveat,
            )
        )
        return predictor

    def _notes(self, predictor: Predictor, reason: str | None) -> list[str]:
        """What should be known besides how good it is."""
        notes = []
        if "folds" in predictor.scores and "test" in predictor.scores:
            notes.append(predictor.scores["test"].sentence())
        if reason == "interrupted":
            notes.append("It was interrupted: trained to the end it might be better.")
        if reason is not None and self.place is not None:
            notes.append("resume=True (--resume) goes on with it.")
        if not any(each.kind == MEMBER for each in self.networks):
            notes.append(
                f"This is the network of {self.networks[-1].label}: the cross-validation and the "
                "network on all rows are still to come."
            )
        diverged = [each for each in self.networks if each.reason == "diverged"]
        if diverged:
            notes.append(f"Training diverged; kept is the best epoch before that. {_CURES}.")
        if "folds" in predictor.scores and any(n.kind == MEMBER for n in self.networks):
            epochs = max(each.epochs for each in self.networks if each.kind == MEMBER)
            notes.append(
                f"The scores are of the networks of the folds, on rows that they did not see; the "
                f"one that predicts was trained on all rows for {words.count(epochs, 'epoch')}."
            )
        return notes

    def _write(self, predictor: Predictor) -> list[str]:
        """Model, picture and options; sentences about what was not written."""
        place = self.place
        assert place is not None
        try:
            self._save(predictor, "model")
        except OSError as problem:
            raise InvalidArgument(
                f"cannot write {place.model}: {problem.strerror}. Make room, or name another place."
            ) from None
        notes = []
        try:
            if place.may_draw():
                curves.draw(predictor, self.networks, _title(predictor), place.picture)
                self.report(events.Saved(str(place.picture), "picture"))
            else:
                notes.append(f"{place.picture} is not train's own file and was left as it is.")
            if place.write_options(self.decided):
                self.report(events.Saved(str(place.options), "options"))
            else:
                notes.append(f"{place.options} is not train's own file and was left as it is.")
        except OSError as problem:  # the model is there, which is what counts
            notes.append(f"The files beside the model could not be written: {problem.strerror}.")
        return notes

    def _save(self, predictor: Predictor, what: str) -> None:
        assert self.place is not None
        path = predictor.save(self.place.model)
        self.report(events.Saved(str(path), what))


def _member_seed(seed: int, number: int) -> int:
    """The first network of a committee is the one that would be trained alone."""
    if number == 0:
        return seed
    return int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0])


def _committee(models: Sequence[Sequential]) -> Committee:
    from trimtab.model.committee import Committee

    return Committee(models)


def _first_model(networks: Sequence[Network]) -> Sequential:
    return next(each.model for each in networks if each.model is not None)


def _first_engine(options: TrainOptions) -> str:
    """The engine that runs, where nobody named one."""
    named = options.engine
    return (os.environ.get("TRIMTAB_ENGINE") or "native") if named == "auto" else named


def _title(predictor: Predictor) -> str:
    return f"{predictor.provenance['data']}: {predictor.target}"
