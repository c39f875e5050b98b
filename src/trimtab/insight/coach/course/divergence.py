"""The rule about divergence: when, where and why; the batches are run again to find out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.core.types import Floats
from trimtab.core.words import listed
from trimtab.engines.base import EngineState, Rows
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.course import advice, thresholds
from trimtab.insight.coach.course.facts import Course, end_of
from trimtab.insight.coach.course.lab import Lab, Replay, part_of
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.insight.coach.scaling import uneven_columns
from trimtab.program import Op, Program

__all__ = ["Place", "diverged", "first_bad_epoch", "why"]


def first_bad_epoch(course: Course) -> int | None:
    """The first epoch with a loss that is not finite, or far above the lowest; None: there is none.

    A finite loss counts as diverged if a constant prediction is better, too.
    """
    curves = course.curves
    bad = ~np.isfinite(curves.loss) | np.isinf(curves.val_loss)
    if not course.curves.validated:
        known = np.isfinite(curves.val_loss)
        later = np.flatnonzero(known)
        if len(later) and len(later) > later.max():  # validated from the first epoch on
            bad |= np.isnan(curves.val_loss)
    if bad.any():
        return int(curves.epochs[int(np.argmax(bad))])
    loss, constant = curves.loss, course.constant
    if len(loss) < 2 or constant is None:
        return None
    high = loss > thresholds.BLOWN_UP * np.minimum.accumulate(loss)
    if high[-1] and end_of(loss) > thresholds.BLOWN_UP * constant:
        return int(curves.epochs[int(np.argmax(high))])
    return None


def diverged(course: Course) -> Iterator[Finding]:
    """A loss or weights that are not finite, or a loss far above where it was."""
    epoch = first_bad_epoch(course)
    if epoch is None and course.weights_finite:
        return
    curves, facts = course.curves, course.facts
    place, cause, because, more = why(course)
    at = curves.epochs == epoch
    value = float(curves.loss[at][0]) if epoch is not None and at.any() else math.nan
    which = "loss"
    if math.isfinite(value) and epoch is not None:
        other = float(curves.val_loss[at][0])
        if not math.isfinite(other) and np.isfinite(curves.val_loss).any():
            which, value = "validation loss", other
    evidence: dict[str, Any] = {"epoch": epoch, "epochs": len(curves), "which": which}
    if epoch is None:
        sentence = "the losses are finite, and weights of {layers_bad} are not"
        evidence["layers_bad"] = listed(_bad_layers(course), 4)
    else:
        sentence = "the {which} is {value} in epoch {epoch} of {epochs}"
    words = {"value": _word(value)}
    layer = None
    if place is not None:
        layer = place.layer
        evidence |= {
            "batch": place.batch,
            "part": place.part,
            "largest": place.largest,
            "loss_before": place.loss_before,
        }
        sentence += ", from batch {batch} on: there {what} is the first to be {how}"
        finite = which == "loss" and math.isfinite(value)
        words |= {"what": place.what, "how": "too large" if finite else "NaN or infinite"}
    if facts is not None:
        evidence |= {"cause": cause, **more}
        if because:
            sentence += "; " + because
    evidence = {key: _plain(each) for key, each in evidence.items()}
    yield Finding.of(
        Code.DIVERGED,
        sentence,
        evidence,
        layer=layer,
        words=words,
        edits=_edits(cause),
        steps=_remedy(course, cause, evidence),
    )


def _plain(value: Any) -> Any:
    """JSON knows no NaN and no infinity."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _word(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "infinite" if math.isinf(value) else f"{value:.3g}"


def _bad_layers(course: Course) -> list[str]:
    assert course.facts is not None
    found = [
        weight.path.rpartition("/")[0]
        for weight in course.facts.model.weights
        if not np.isfinite(weight.numpy()).all()
    ]
    return list(dict.fromkeys(found))


# -- where ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where numbers stopped being finite.

    Attributes:
        batch: number of the batch in its epoch, from 1.
        layer: path of the layer, the last one where it is the loss; None: it has no weights.
        part: ``output``, ``gradient`` or ``loss``.
        largest: size of the largest weight before this batch.
        loss_before: the losses of the last batches before, the latest last.
        rate: the learning rate.
        calm: whether the same batches stay finite at a tenth of the rate; None: not tried.
    """

    batch: int
    layer: str | None
    part: str
    largest: float
    loss_before: list[float]
    rate: float
    calm: bool | None

    @property
    def what(self) -> str:
        """In words."""
        return "the loss" if self.part == "loss" else f"the {self.part} of {self.layer}"


def _found_again(course: Course, epoch: int) -> Place | None:
    """Runs the batches again from the last finite weights; None without any, or with too many."""
    lab, watched = course.bench, course.watched
    snapshot = watched.snapshot
    if lab is None or snapshot is None or lab.settings.statistics == "population":
        return None
    if lab.settings.freeze_statistics_after is not None:
        return None
    first = max(watched.snapshot_epoch, int(course.curves.epochs[0]) - 1)
    steps = lab.settings.cut(len(lab.rows)).steps
    if (epoch - first) * steps > thresholds.MOST_REPLAYED:
        return None
    rates = dict(zip(course.curves.epochs.astype(int).tolist(), watched.rates, strict=False))
    schedule = lab.model.optimizer.schedule
    replay = Replay(lab, snapshot)

    def rate_now(number: int) -> float:
        if schedule is not None:
            return float(lab.model.optimizer.learning_rates(snapshot.step + replay.done, 1)[0])
        return float(rates.get(number, math.nan))

    for number in range(first + 1, epoch + 1):
        before, order, losses = replay.state, replay.order(), []
        for batch in range(steps):
            rate = rate_now(number)
            if not rate > 0:
                return None
            losses.append(float(replay.batch(order, batch, rate).loss))
            if not _bearable(losses, course):
                return _place(course, lab, before, order, batch, losses, rate)
        after = replay.state
        if not np.isfinite(after.parameters).all():
            return _place(course, lab, before, order, steps - 1, losses, rate_now(number))
    return None


def _bearable(losses: list[float], course: Course) -> bool:
    """Whether the loss of the last batch is finite, and not far above all before."""
    if not math.isfinite(losses[-1]):
        return False
    constant = course.constant
    if constant is None or not course.curves.finite or len(losses) < 2:
        return True
    return losses[-1] < thresholds.BLOWN_UP**2 * max(constant, min(losses[:-1]))


def _place(
    course: Course,
    lab: Lab,
    before: EngineState,
    order: Any,
    batch: int,
    losses: list[float],
    rate: float,
) -> Place:
    """Looks at the batch that went wrong, from the beginning of its epoch."""
    state, rate_then = _run(lab, before, order, batch, rate)
    rows = part_of(lab.rows, order[lab.settings.cut(len(lab.rows)).part(batch)])
    if not np.isfinite(state.parameters).all() and batch > 0:
        # The batch before left weights that are not finite: its gradient was not.
        batch -= 1
        losses = losses[:-1]
        state, rate_then = _run(lab, before, order, batch, rate)
        rows = part_of(lab.rows, order[lab.settings.cut(len(lab.rows)).part(batch)])
    layer, part = _first_bad(lab, state, rows)
    calm = None
    if not state.step - before.step > thresholds.MOST_STEPS:
        replay = Replay(lab, before)
        tried = [
            replay.batch(order, number, rate_then * thresholds.LOWER).loss
            for number in range(batch + 1)
        ]
        calm = bool(np.isfinite(tried).all() and np.isfinite(replay.state.parameters).all())
    with np.errstate(invalid="ignore"):
        largest = float(np.abs(state.parameters).max(initial=0.0))
    return Place(batch + 1, layer, part, largest, losses[-4:-1], rate_then, calm)


def _run(
    lab: Lab, before: EngineState, order: Any, batches: int, rate: float
) -> tuple[EngineState, float]:
    """The state after the first batches of an epoch, and the rate of the next one."""
    schedule = lab.model.optimizer.schedule
    replay = Replay(lab, before)
    for number in range(batches):
        own = rate
        if schedule is not None:
            own = float(lab.model.optimizer.learning_rates(before.step + number, 1)[0])
        replay.batch(order, number, own)
    return replay.state, rate


def _first_bad(lab: Lab, state: EngineState, rows: Rows) -> tuple[str | None, str]:
    """The layer whose output, or else whose gradient, is the first that is not finite."""
    engine, program = lab.training_engine, lab.program
    engine.load(state)
    rates = program.dropout_rates(state.step, 1, lab.settings.cut(len(lab.rows)).steps)
    with np.errstate(all="ignore"):
        probe = engine.probe(
            rows, training=True, seed=lab.model.run_seed(), step=state.step, dropout_rates=rates
        )
    for op in program.ops:
        if not np.isfinite(probe.values[op.output]).all():
            return _layer_of(program, op), "output"
    if probe.gradients is not None and math.isfinite(probe.loss):
        for op in reversed(program.ops):
            for number in op.parameters:
                slot = program.parameters[number]
                if slot.trainable and not np.isfinite(probe.gradients[slot.place]).all():
                    return _layer_of(program, op), "gradient"
    return _layer_of(program, program.ops[-1]), "output" if math.isfinite(probe.loss) else "loss"


def _layer_of(program: Program, op: Op) -> str | None:
    """The path of the layer that an op is part of, or that of the last one before with weights."""
    for each in reversed(program.ops[: program.ops.index(op) + 1]):
        names = [program.parameters[number].name for number in each.parameters]
        if names:
            return names[0].rpartition("/")[0]
    return None


# -- why ------------------------------------------------------------------------------------------


#: The place, the cause in a word and in a sentence, and its evidence.
_Why = tuple[Place | None, str, str, dict[str, Any]]


def why(course: Course) -> _Why:
    """Where a training diverged and why: the place, a word, a sentence and its evidence."""
    known: list[_Why] = course.replayed
    if not known:
        epoch, facts = first_bad_epoch(course), course.facts
        place = None if epoch is None else _found_again(course, epoch)
        known.append((place, *(("rate", "", {}) if facts is None else _why(course, facts, place))))
    return known[0]


def _why(course: Course, facts: Facts, place: Place | None) -> tuple[str, str, dict[str, Any]]:
    """The cause, in a word and in a sentence, and its evidence."""
    rows = course.rows
    if rows is not None:
        bad = _non_finite(rows)
        if bad is not None:
            return "missing", "row {bad_row} of {table} holds a missing or infinite value", bad
    if rows is not None:
        far = _far_row(facts, rows)
        if far is not None:
            sentence = "row {far_row} holds {far_value:.3g} in {far_column}, {far:.3g} standard "
            return "row", sentence + "deviations from the mean of the other rows", far
    uneven = uneven_columns(facts)
    if uneven is not None and facts.x is not None:
        size = float(uneven.size[uneven.large])
        return (
            "scales",
            "{scale_column} enters with root mean square {scale:.3g}" + _at_tenth(place),
            {"scale_column": facts.x.column(uneven.large), "scale": size, **_tenth(place)},
        )
    rates = course.curves.rates
    rate = place.rate if place is not None else None if rates is None else float(rates.max())
    target = facts.y
    if target is not None and facts.regresses:
        sizes = target.columns.size
        size = float(np.nanmax(sizes))
        if size > thresholds.FAR_ROW:
            return (
                "target",
                "y has root mean square {target_size:.3g}" + _at_tenth(place),
                {"target_size": size, **_tenth(place)},
            )
    if rate is None or not math.isfinite(rate):
        return "rate", "", {}
    return (
        "rate",
        "the learning rate is {rate:.3g}" + _at_tenth(place),
        {"rate": rate, **_tenth(place)},
    )


def _at_tenth(place: Place | None) -> str:
    if place is None or place.calm is None:
        return ""
    if place.calm:
        return "; at a tenth of the learning rate the same batches stay finite"
    return "; at a tenth of the learning rate the same batches diverge as well"


def _tenth(place: Place | None) -> dict[str, Any]:
    return {} if place is None or place.calm is None else {"calm_at_a_tenth": place.calm}


def _non_finite(rows: Rows) -> dict[str, Any] | None:
    for name, values in (("x", rows.x), ("y", rows.y)):
        if values is None:
            continue
        bad = ~np.isfinite(values).all(axis=1)
        if bad.any():
            return {"bad_row": int(np.argmax(bad)), "table": name}
    return None


def _far_row(facts: Facts, rows: Rows) -> dict[str, Any] | None:
    """A number that is far from all others of its column."""
    assert rows.y is not None
    tables = [("x", rows.x)]
    if facts.regresses:
        tables.append(("y", rows.y))
    best: dict[str, Any] | None = None
    for name, every in tables:
        place = _farthest(every)
        if place is None:
            continue
        number, column, far = place
        if best is None or far > best["far"]:
            table = facts.x if name == "x" else facts.y
            said = f"column {column}" if table is None else table.column(column)
            best = {
                "far_row": number,
                "far_value": float(every[number, column]),
                "far_column": said if name == "x" else "y",
                "far": far,
            }
    return best


def _farthest(every: Floats) -> tuple[int, int, float] | None:
    """Row, column and distance of the number that is farthest from the others of its column."""
    wide = every.astype(np.float64)
    away = np.abs(wide - np.median(wide, axis=0))
    others = np.sort(away, axis=0)[: max(1, int(0.99 * len(wide)))]
    spread = np.sqrt(np.square(others).mean(axis=0))
    spread[spread == 0] = np.inf  # nearly constant columns are another finding
    far = away / spread
    column = int(np.argmax(far.max(axis=0)))
    value = float(far[:, column].max())
    if value < thresholds.FAR_ROW:
        return None
    return int(np.argmax(far[:, column])), column, value


# -- remedies -------------------------------------------------------------------------------------


def _edits(cause: str) -> list[Edit]:
    lower, clipped = Edit("learning_rate", {"factor": 0.1}), Edit("clip_norm", {"value": 1.0})
    if cause == "scales":
        return [Edit("standardize_inputs"), Edit("batch_norm", {"place": "input"}), lower]
    if cause == "target":
        return [Edit("standardize_target"), lower, clipped]
    return [] if cause == "missing" else [lower, clipped, Edit("standardize_inputs")]


def _remedy(course: Course, cause: str, evidence: dict[str, Any]) -> str:
    facts = course.facts
    if facts is None:
        return ""
    if cause == "missing":
        lines = ["import numpy as np", "", "keep = np.isfinite(np.asarray(x, float)).all(axis=1)"]
        lines += ["keep &= np.isfinite(np.asarray(y, float)).reshape(len(keep), -1).all(axis=1)"]
        return "\n".join([*lines, "x, y = x[keep], y[keep]", advice.again(facts)])
    if cause == "row":
        row = evidence["far_row"]
        lines = ["import numpy as np", "", f"print(x[{row} : {row + 1}])  # a mistake? if it is:"]
        lines += [f"keep = np.arange(len(x)) != {row}", "x, y = x[keep], y[keep]"]
        return "\n".join([*lines, advice.again(facts)])
    if cause == "scales":
        names = ["x", "x_valid"] if facts.split == "data" else ["x"]
        lines = ["import numpy as np", "", "x = np.asarray(x, np.float64)"]
        lines += ["center, scale = x.mean(axis=0), x.std(axis=0)", "scale[scale == 0] = 1"]
        lines += [f"{name} = ({name} - center) / scale" for name in names]
        return "\n".join([*lines, advice.again(facts)])
    if cause == "target":
        names = ["y", "y_valid"] if facts.split == "data" else ["y"]
        lines = ["import numpy as np", "", "y = np.asarray(y, np.float64)"]
        lines += ["center, scale = y.mean(axis=0), y.std(axis=0)"]
        lines += [f"{name} = ({name} - center) / scale" for name in names]
        return "\n".join([*lines, advice.again(facts)])
    optimizer = facts.optimizer
    rates = course.curves.rates
    if optimizer is None or rates is None or not len(rates):
        return advice.again(facts)
    return advice.other_rate(facts, float(np.nanmax(rates)) * thresholds.LOWER)
