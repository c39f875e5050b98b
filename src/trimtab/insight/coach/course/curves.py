"""Rules about the losses by epoch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from trimtab.core.words import count
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.course import advice, thresholds
from trimtab.insight.coach.course.facts import Course, end_of, jitter_of, smoothed
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.findings import Finding

__all__ = [
    "falling",
    "few_steps",
    "impatient_stopping",
    "noisy_validation",
    "overfitting",
    "plateau",
    "still_falling",
    "training_above_validation",
    "underfitting",
]


def overfitting(course: Course) -> Iterator[Finding]:
    """A validation loss that has risen since its best epoch, while the training loss fell."""
    curves = course.curves
    if course.diverged or not curves.validated or len(curves) < thresholds.FEW_EPOCHS:
        return
    if curves.kept is not None:
        return  # the network is that of its best epoch
    smooth = smoothed(curves.val_loss)
    best = int(np.argmin(smooth))
    lowest, last = float(smooth[best]), end_of(curves.val_loss)
    risen = last - lowest
    if not lowest > 0 or risen < thresholds.LEAST_RISEN * lowest:
        return
    learned = math.inf if course.constant is None else max(0.0, course.constant - lowest)
    if risen < min(thresholds.RISEN * lowest, thresholds.LOST * learned):
        return
    uncertain = thresholds.SAME_ROWS * (course.noise or 0.0)
    if risen < max(uncertain, thresholds.SURE * jitter_of(curves.val_loss)):
        return
    if end_of(curves.loss) > (1 - thresholds.FALLEN_MEANWHILE) * float(curves.loss[best]):
        return
    own, other = course.trained_loss, course.judged_loss
    if own is not None and other is not None and other.mean < thresholds.GAP * own.mean:
        return  # no worse on rows it has not seen: the statistics are to blame, or the epoch
    evidence: dict[str, Any] = {
        "epochs": len(curves),
        "best_epoch": int(curves.epochs[best]),
        "lowest": lowest,
        "last": last,
        "percent": 100 * risen / lowest,
        "loss_then": float(curves.loss[best]),
        "loss": end_of(curves.loss),
    }
    sentence = (
        "from epoch {best_epoch} to the last of {epochs} the validation loss rises from "
        "{lowest:.4g} to {last:.4g} ({percent:.0f} %), while the training loss falls from "
        "{loss_then:.4g} to {loss:.4g}"
    )
    if own is not None and other is not None and own.mean > 0:
        evidence |= {"trained": own.mean, "judged": other.mean, "gap": other.mean / own.mean}
        sentence += "; the network now does {gap:.1f} times as badly on validation rows"
    rates = [0.3, 20]
    yield Finding.of(
        Code.OVERFITTING,
        sentence,
        evidence,
        edits=[
            Edit("early_stopping", {"patience": rates[1]}),
            Edit("dropout", {"rate": rates[0]}),
            Edit("weight_decay", {"value": 0.01}),
            Edit("units", {"factor": 0.5}),
        ],
        steps=advice.with_callback(
            course.facts,
            f"EarlyStopping(patience={rates[1]}, restore_best_weights=True)",
            "EarlyStopping",
        ),
    )


def falling(course: Course) -> tuple[float, float] | None:
    """The level a fifth of the epochs ago and now, if the loss still falls; else None."""
    curves = course.curves
    if course.diverged or len(curves) < thresholds.FEW_EPOCHS:
        return None
    values = curves.judged
    window = max(2, round(thresholds.LAST * len(values)))
    if len(values) < 2 * window:
        return None
    before, now = (
        float(np.median(values[-2 * window : -window])),
        float(np.median(values[-window:])),
    )
    best = int(np.argmin(smoothed(values)))
    if best < len(values) - 1 - max(1, thresholds.BEST_IN * len(values)):
        return None
    fallen = before - now
    learned = math.inf if course.constant is None else max(0.0, course.constant - now)
    enough = max(thresholds.LEAST_FALLING * before, thresholds.LEARNED_LATELY * learned)
    if not before > 0 or fallen < min(thresholds.STILL_FALLING * before, enough):
        return None
    if fallen < thresholds.SURE * jitter_of(values):
        return None
    start = course.constant or float(values[0])
    return (before, now) if fallen >= thresholds.NOTICEABLE * start else None


def still_falling(course: Course) -> Iterator[Finding]:
    """A loss that goes on falling to the last epoch, at a learning rate that has not decayed."""
    curves, levels = course.curves, falling(course)
    if levels is None or (curves.kept is not None and course.stopped is not None):
        return
    if curves.planned is not None and curves.epochs[-1] < curves.planned:
        return  # something has ended it: that is another finding
    if curves.decayed:
        return
    before, now = levels
    window = max(2, round(thresholds.LAST * len(curves)))
    yield Finding.of(
        Code.STILL_FALLING,
        "over the last {window} of {epochs} epochs the {which} loss has fallen by {percent:.1f} % "
        "against the {window} before, from {before:.4g} to {now:.4g}",
        {
            "epochs": len(curves),
            "window": window,
            "before": before,
            "now": now,
            "percent": 100 * (before - now) / before,
            "which": "validation" if curves.validated else "training",
        },
        edits=[Edit("epochs", {"factor": 2}), Edit("learning_rate", {"factor": 3})],
        steps=_longer(course, 2),
    )


def _longer(course: Course, times: int) -> str:
    facts = course.facts
    if facts is None:
        return ""
    return advice.again(facts, fit={"epochs": repr(times * max(1, len(course.curves)))})


def few_steps(course: Course) -> Iterator[Finding]:
    """So few steps that the network has not learned what there is."""
    steps, facts = course.steps, course.facts
    if facts is None or course.diverged or steps is None or steps >= thresholds.FEW_STEPS:
        return
    found, more = course.reference, _gained(course)
    if found is None or more is None:
        return
    before, after = more
    times = max(2, -(-2 * thresholds.FEW_STEPS // steps))
    yield Finding.of(
        Code.FEW_STEPS,
        "{steps:,} in all, {each:,} in each of {many}: {more} steps more bring the training loss "
        "from {before:.4g} to {after:.4g}, and {compared}",
        {
            "steps": steps,
            "each": facts.epoch_steps,
            "more": course.more_steps,
            "before": before,
            "after": after,
            "epochs": len(course.curves),
            "network": found.network,
            "reference": found.reference,
        },
        words={"many": count(len(course.curves), "epoch"), "compared": compared(course)},
        edits=[Edit("epochs", {"factor": times}), Edit("batch_size", {"value": 32})],
        steps=_longer(course, times),
    )


def _gained(course: Course) -> tuple[float, float] | None:
    """The training loss now and a few steps later, if these steps are what lacks; else None."""
    rates = course.curves.rates
    if rates is None:
        return None
    now, later = course.tried(0.0), course.tried(float(rates[-1]))
    if now is None or later is None:
        return None
    own, other = now[0].less(later[0]), now[1].less(later[1])
    if own.mean < thresholds.GAINED_SOON * now[0].mean or own.mean < thresholds.SURE * own.error:
        return None
    lacks = other.mean > max(thresholds.GAINED * now[1].mean, thresholds.SURE * other.error)
    return (now[0].mean, later[0].mean) if lacks or course.underfits else None


def compared(course: Course) -> str:
    """The network beside the reference, in words."""
    found = course.reference
    assert found is not None
    measure = "share of wrong classes" if found.measure != "loss" else "loss"
    return (
        f"the {measure} on rows trained on is {found.network:.3g}, and ridge regression on random "
        f"features has {found.reference:.3g} on rows it has not seen"
    )


def underfitting(course: Course) -> Iterator[Finding]:
    """A network that is worse on its own rows than a quick model is on other rows."""
    found = course.reference
    if found is None or not course.underfits:
        return
    yield Finding.of(
        Code.UNDERFITTING,
        "{compared}",
        {
            "measure": found.measure,
            "network": found.network,
            "reference": found.reference,
            "error": found.error,
        },
        words={"compared": compared(course)},
        edits=[
            Edit("units", {"factor": 2}),
            Edit("epochs", {"factor": 2}),
            Edit("no_dropout"),
            Edit("no_penalty"),
        ],
        steps=_longer(course, 2),
    )


def plateau(course: Course) -> Iterator[Finding]:
    """A training loss that has stood still for half of the epochs while there is more to learn."""
    curves = course.curves
    if course.diverged or len(curves) < 2 * thresholds.FEW_EPOCHS or not course.underfits:
        return
    half = curves.loss[len(curves) // 2 :]
    third = max(2, len(half) // 3)
    before, now = float(np.median(half[:third])), float(np.median(half[-third:]))
    if not before > 0 or abs(before - now) > thresholds.STANDS_STILL * before:
        return
    found, constant = course.reference, course.constant
    assert found is not None
    evidence = {
        "epoch": int(curves.epochs[len(curves) // 2]),
        "epochs": len(curves),
        "before": before,
        "now": now,
        "constant": constant,
        "network": found.network,
        "reference": found.reference,
    }
    sentence = "from epoch {epoch} to {epochs} the training loss stays at {now:.4g}"
    if constant is not None and now > thresholds.NOTHING_LEARNED * constant:
        sentence += ", and predicting the same for all rows has {constant:.4g}"
    rate = None if curves.rates is None else float(curves.rates.max())
    yield Finding.of(
        Code.PLATEAU,
        sentence + "; {compared}",
        evidence,
        words={"compared": compared(course)},
        edits=[
            Edit("learning_rate", {"factor": 0.1}),
            Edit("batch_norm", {"place": "before_activation"}),
            Edit("learning_rate", {"factor": 10}),
        ],
        steps=advice.again(course.facts)
        if rate is None
        else advice.other_rate(course.facts, rate * 0.1),
    )


def noisy_validation(course: Course) -> Iterator[Finding]:
    """A validation loss that is known less well than the epochs it compares differ."""
    curves, noise = course.curves, course.noise
    if course.diverged or noise is None or not curves.validated:
        return
    loss = course.judged_loss
    facts = course.facts
    assert loss is not None and facts is not None
    if loss.rows > thresholds.NOISY_ROWS or not loss.mean > 0:
        return
    if noise < thresholds.NOISY * loss.mean:
        return
    if noise < thresholds.NOISY_OF_ALL * (course.constant or 0.0):
        return
    half = curves.val_loss[len(curves) // 2 :]
    differ = float(half.max() - half.min())
    if differ > thresholds.NOISY_DIFFER * noise:
        return
    rows = loss.rows
    needed = int(np.ceil(rows * (noise / (0.05 * loss.mean)) ** 2))
    yield Finding.of(
        Code.NOISY_VALIDATION,
        "over {rows:,} rows the validation loss is {loss:.4g} give or take {noise:.2g} "
        "({percent:.0f} %), and the epochs of the second half differ by {differ:.2g}; for 5 % it "
        "takes about {needed:,} rows",
        {
            "rows": rows,
            "loss": loss.mean,
            "noise": noise,
            "percent": 100 * noise / loss.mean,
            "differ": differ,
            "needed": needed,
        },
        steps=_folds(course),
    )


def _folds(course: Course) -> str:
    """Code that has every row validated on once."""
    facts = course.facts
    assert facts is not None
    code, modules = _compiling(course)
    whole = "x_all, y_all = np.asarray(x), np.asarray(y)"
    if facts.split == "data":
        whole = "x_all, y_all = np.concatenate([x, x_valid]), np.concatenate([y, y_valid])"
    imports = f"from trimtab import {', '.join(modules)}\n" if modules else ""
    return (
        f"import numpy as np\nfrom sklearn.model_selection import KFold\n{imports}"
        "from trimtab.keras.models import clone_model\n\n"
        f"{whole}\n"
        "losses, old = [], model\n"
        "for train, valid in KFold(5, shuffle=True, random_state=0).split(x_all):\n"
        "    model = clone_model(old)\n"
        f"    {code}\n"
        f"    model.fit(x_all[train], y_all[train], epochs={max(1, len(course.curves))}, "
        f"batch_size={facts.settings.batch_size}, verbose=0)\n"
        "    losses.append(model.evaluate(x_all[valid], y_all[valid], verbose=0))\n"
        "print(losses)  # every row is validated on once"
    )


def _compiling(course: Course) -> tuple[str, list[str]]:
    from trimtab.insight.coach import remedies

    assert course.facts is not None
    code, modules = remedies.compiling(course.facts.model)
    return code.replace("\n", "\n    "), sorted(modules)


def impatient_stopping(course: Course) -> Iterator[Finding]:
    """An early stopping that gave up within the noise, while the training loss still fell."""
    stop, curves = course.stopped, course.curves
    if stop is None or course.diverged or not curves.validated or stop.monitor != "val_loss":
        return
    if stop.patience > thresholds.LITTLE_PATIENCE or len(curves) < 2:
        return
    best = int(np.argmin(curves.val_loss))
    risen = float(np.median(curves.val_loss[best + 1 :])) - float(curves.val_loss[best])
    noise = course.noise
    limit = thresholds.RISEN * float(curves.val_loss[best]) if noise is None else noise
    before, now = float(curves.loss[best]), float(curves.loss[-1])
    if len(curves) >= 6:  # dropout makes single epochs jump
        before, now = float(np.median(curves.loss[-6:-3])), float(np.median(curves.loss[-3:]))
    if risen > limit or before - now < thresholds.FALLEN_MEANWHILE * before:
        return
    planned = curves.planned
    if planned is not None and len(curves) > thresholds.STOPPED_EARLY * planned:
        return
    yield Finding.of(
        Code.IMPATIENT_STOPPING,
        "with patience {patience} training stopped after epoch {epoch}{planned_words}: the "
        "validation loss was {risen:.2g} above its best, {limit_words}, and the training loss "
        "still fell, lately from {loss_then:.4g} to {loss:.4g}",
        {
            "patience": stop.patience,
            "epoch": int(curves.epochs[-1]),
            "planned": planned,
            "risen": risen,
            "limit": limit,
            "loss_then": before,
            "loss": now,
        },
        words={
            "planned_words": f" of {planned}" if planned is not None else "",
            "limit_words": f"within its standard error of {limit:.2g} over the rows"
            if noise is not None
            else f"{100 * risen / float(curves.val_loss[best]):.1f} % of it",
        },
        edits=[Edit("early_stopping", {"patience": 20})],
        steps=advice.with_callback(
            course.facts,
            "EarlyStopping(patience=20, restore_best_weights=True)",
            "EarlyStopping",
        ),
    )


def training_above_validation(course: Course) -> Iterator[Finding]:
    """A training loss above the validation loss that comes of dropout alone."""
    curves, facts = course.curves, course.facts
    own, other = course.trained_loss, course.judged_loss
    if facts is None or course.diverged or not curves.validated or own is None or other is None:
        return
    rate = course.dropout
    shown, valid = end_of(curves.loss), end_of(curves.val_loss)
    if not rate or not shown > (1 + thresholds.ABOVE) * valid:
        return
    if own.mean > other.mean + max(thresholds.WITHIN * other.mean, other.error):
        return
    yield Finding.of(
        Code.TRAINING_ABOVE_VALIDATION,
        "the training loss is {shown:.4g} with dropout of up to {rate:g} and {own:.4g} without, "
        "the validation loss {valid:.4g}",
        {"shown": shown, "rate": rate, "own": own.mean, "valid": valid},
        steps="model.evaluate(x, y)  # the training loss with dropout off",
    )
