"""The networks of a training: new ones, and those that an earlier process left."""

from __future__ import annotations

import numpy as np

from trimtab.core.words import brief, listed
from trimtab.errors import InvalidArgument
from trimtab.model.chosen_rows import RowNumbers
from trimtab.model.sequential import Sequential
from trimtab.predictor import notation
from trimtab.predictor.network_size import fixed_edges, moving_statistics
from trimtab.predictor.training import defaults, events
from trimtab.predictor.training.data import Data
from trimtab.predictor.training.effort import said
from trimtab.predictor.training.job import Job
from trimtab.predictor.training.options import TrainOptions
from trimtab.predictor.training.preparing import Prepared, prepared_event
from trimtab.predictor.training.state import NetworkState

__all__ = ["built", "cures", "describe", "diverged", "member_seed", "resumed", "say_resumed"]

#: Said where widths alone were given.
_RELU = (
    "layers names no activation, so relu follows each layer; write '64 linear, 64 linear' for none"
)


def describe(job: Job, data: Data, prepared: Prepared, networks: int) -> None:
    """Reports what the networks are trained on, and what they are.

    Args:
        job: what was asked for.
        data: the table.
        prepared: its rows as networks see them.
        networks: how many predict as one.
    """
    if not job.heard:
        return
    options = data.options
    job.report(prepared_event(data, prepared))
    model = built(data, prepared, options.seed)
    assert options.batch_size is not None and options.epochs is not None
    relu = _RELU if isinstance(job.given.layers, notation.Completed) else ""
    job.report(
        events.Network(
            layers=options.layers or "",
            parameters=sum(weight.size for weight in model.trainable_weights),
            statistics=moving_statistics(model),
            edges=fixed_edges(model),
            loss=str(options.loss),
            batch_size=options.batch_size,
            epochs=options.epochs,
            learning_rate=float(options.lr or 0.0),
            members=networks,
            sharing=options.members,
            note="; ".join(each for each in (said(options), relu) if each),
        )
    )


def built(
    data: Data, prepared: Prepared, seed: int, chosen: RowNumbers | None = None
) -> Sequential:
    """A new network, compiled.

    Args:
        data: the table.
        prepared: its rows as networks see them.
        seed: of weights, row orders and dropout.
        chosen: numbers of the training rows that it trains on; None: all of them.
    """
    model = defaults.network(
        data.options,
        width=prepared.preprocessor.width,
        embeddings=prepared.preprocessor.embeddings,
        numbers=prepared.preprocessor.numbers,
        rows=prepared.inputs["train"].x,
        targets=prepared.inputs["train"].y,
        chosen=chosen,
        outputs=data.outputs,
        task=data.task,
        seed=seed,
    )
    rows = len(prepared.inputs["train"]) if chosen is None else len(chosen)
    defaults.compile_network(model, data.options, rows=rows)
    return model


def member_seed(seed: int, number: int) -> int:
    """The first network of a committee is the one that would be trained alone."""
    if number == 0:
        return seed
    return int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0])


def resumed(job: Job, data: Data, state: NetworkState, fresh: Sequential) -> Sequential:
    """The network that an earlier process left, with the schedule of a new one."""
    before = job.before
    assert before is not None
    model = state.model()
    model.runner.limit_threads(data.options.threads)
    if before.longer:  # the rate falls more slowly from here on
        model.optimizer.learning_rate = fresh.optimizer.schedule or fresh.optimizer.learning_rate
    return model


def say_resumed(job: Job, label: str, model: Sequential) -> None:
    """Reports from where a network goes on."""
    before, position = job.before, model.position
    assert before is not None
    epochs = model.history.epoch if model.history is not None else []
    job.report(
        events.Resumed(
            path=str(before.path),
            part=label,
            epoch=(position.epoch if position else epochs[-1] + 1 if epochs else 0) + 1,
            batch=position.batches + 1 if position else 1,
        )
    )


def diverged(options: TrainOptions, label: str, epoch: int | None) -> InvalidArgument:
    """The error where training diverged before anything was learned."""
    where = f" ({label})" if label else ""
    return InvalidArgument(
        f"training diverged in epoch {epoch}{where}: the loss became NaN or infinite, and no "
        f"earlier epoch is usable. {cures(options)}; received lr={options.lr:g}, "
        f"layers={brief(options.layers)}."
    )


def cures(options: TrainOptions) -> str:
    """What to do about a run that diverged: what is not done already.

    Args:
        options: decided.
    """
    ways = [f"lower the learning rate, such as lr={(options.lr or 1e-3) / 10:g} (--lr)"]
    if "bn" not in (options.layers or ""):
        ways.insert(0, "add batch normalization to the layers (bn)")
    if options.raw or options.scaling == "none":
        how = "raw" if options.raw else "scaling='none'"
        ways.insert(0, f"standardize the inputs (leave out {how})")
    text = listed(ways, last=" or " if len(ways) == 2 else ", or ")
    return text[0].upper() + text[1:]
