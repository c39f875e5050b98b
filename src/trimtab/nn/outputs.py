"""What several outputs are compiled with: their losses, weights and metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.core import checks
from trimtab.errors import InvalidArgument
from trimtab.nn import losses
from trimtab.nn.heads import Head
from trimtab.nn.losses.several import HeadLoss, SeveralLosses, by_head
from trimtab.nn.meters import LossMeter, Meters
from trimtab.nn.metrics import resolve_metric

__all__ = ["losses_of", "meters_of", "metric_list", "metrics_of"]


def metric_list(given: Any) -> list[Any]:
    """The metrics in what was given: one, or a list, lists in it taken apart."""
    if given is None:
        return []
    if isinstance(given, str) or callable(given) or not isinstance(given, list | tuple):
        given = [given]
    flat: list[Any] = []
    for item in given:
        flat += list(item) if isinstance(item, list | tuple) else [item]
    return flat


def losses_of(loss: Any, weights: Any, heads: Sequence[Head]) -> SeveralLosses:
    """The sum of the losses of several outputs."""
    if isinstance(loss, SeveralLosses):  # of a model with the same outputs
        weights = {part.head.name: part.weight for part in loss.parts}
        loss = {part.head.name: part.loss for part in loss.parts}
    one = not isinstance(loss, list | tuple | Mapping) or "class_name" in loss
    every = [loss] * len(heads) if one else by_head("loss", loss, heads)
    if weights is None:
        factors = [1.0] * len(heads)
    else:
        factors = [
            1.0 if each is None else checks.number("loss_weights", each)
            for each in by_head("loss_weights", weights, heads)
        ]
    parts = [
        HeadLoss(head, losses.get(each[0] if _is_single(each) else each), factor)
        for head, each, factor in zip(heads, every, factors, strict=True)
        if each is not None
    ]
    if not parts:
        raise InvalidArgument("compile needs a loss for one output at least. Use loss='mse'.")
    for part in parts:
        try:
            part.loss.lower().check_outputs(part.head.width)
        except InvalidArgument as problem:
            raise InvalidArgument(f"output {part.head.name!r}: {problem}") from None
    return SeveralLosses(parts)


def _is_single(given: Any) -> bool:
    """Whether it is a list of one: Keras takes the loss of an output in a list of its own, too."""
    return isinstance(given, list | tuple) and len(given) == 1


def metrics_of(what: str, given: Any, heads: Sequence[Head]) -> dict[str, list[Any]]:
    """The metrics of each output."""
    if given is None or (isinstance(given, list | tuple) and not given):
        return {}
    if isinstance(given, list | tuple) and len(given) != len(heads):
        raise InvalidArgument(
            f"compile: {what} is a list of {len(given)}, and the model has {len(heads)} outputs. "
            f"Pass a list for each: {what}={{{heads[0].name!r}: [...], ...}}."
        )
    each = by_head(what, given, heads)
    return {
        head.name: metric_list(own)
        for head, own in zip(heads, each, strict=True)
        if own is not None
    }


def meters_of(loss: SeveralLosses, specs: tuple[Any, ...], heads: Sequence[Head]) -> Meters:
    """The losses and metrics of several outputs, each on its own columns."""
    meters = Meters()
    place = 0
    known = {part.head.name: part.loss for part in loss.parts}
    targets: dict[str, slice] = {}
    beside: dict[str, int | None] = {}
    for lowered in loss.lower().parts:
        end = place + lowered.targets
        targets[lowered.name], beside[lowered.name] = slice(place, end), None
        if lowered.weighted:
            beside[lowered.name] = end
        place += lowered.target_columns
    if len(loss.parts) > 1:
        for part in loss.parts:
            own = targets[part.head.name], part.head.columns
            name, weights = part.head.name, beside[part.head.name]
            meters.add(
                f"{name}_loss", LossMeter(part.loss), weighted=True, part=own, weights=weights
            )
    for weighted, by_name in zip((False, True), specs, strict=True):
        for head in heads:
            for spec in by_name.get(head.name, []):
                if head.name not in known:
                    raise InvalidArgument(
                        f"metrics of {head.name!r}: the output has no loss, and so no targets. "
                        "Give it a loss; with a weight of 0 it is only measured: "
                        f"loss_weights={{{head.name!r}: 0.0}}."
                    )
                metric = resolve_metric(spec, known[head.name].lower(), head.width)
                own = targets[head.name], head.columns
                meters.add(
                    metric.name,
                    metric,
                    weighted=weighted,
                    output=head.name,
                    part=own,
                    weights=beside[head.name],
                )
    meters.sort_behind(len(loss.parts) if len(loss.parts) > 1 else 0)
    return meters
