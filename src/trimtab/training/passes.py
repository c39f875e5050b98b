"""Passes over rows in inference mode: evaluate and predict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trimtab.core.types import Floats
from trimtab.engines.base import Engine, Evaluation, Rows
from trimtab.training.batches import cut
from trimtab.training.callback import Logs
from trimtab.training.callback_list import CallbackList

if TYPE_CHECKING:
    from trimtab.nn.network import Network


def evaluate(
    model: Network, rows: Rows, batch_size: int, callbacks: CallbackList | None = None
) -> Logs:
    """Loss and metrics in inference mode."""
    measured = bool(model.meters)
    if callbacks is not None:
        callbacks.on_test_begin()
    engine = model.inference_engine()  # after the hook, which may set weights
    if callbacks is not None and callbacks.wants_test_batches():
        _walk(model, engine, rows, batch_size, callbacks)
    result = engine.evaluate(rows, predictions=measured)
    logs = evaluation_logs(model, rows, result, batch_size)
    if callbacks is not None:
        callbacks.on_test_end(logs)
    return logs


def evaluation_logs(model: Network, rows: Rows, result: Evaluation, batch_size: int) -> Logs:
    """Loss and metrics of what an engine's ``evaluate`` gave."""
    logs: Logs = {"loss": float(result.loss)}
    if model.meters:
        assert rows.y is not None and result.predictions is not None
        edges = cut(len(rows), batch_size).edges
        logs |= model.meters.measure(rows.y, result.predictions, rows.weight, edges)
    return {name: logs[name] for name in sorted(logs)}


def _walk(
    model: Network, engine: Engine, rows: Rows, batch_size: int, callbacks: CallbackList
) -> None:
    """Calls the batch hooks of an evaluation with the running means."""
    meters = model.meters
    meters.reset()
    total = 0.0
    assert rows.y is not None
    batches = cut(len(rows), batch_size)
    for batch in range(batches.steps):
        callbacks.on_test_batch_begin(batch)
        part = batches.part(batch)
        weight = None if rows.weight is None else rows.weight[part]
        piece = Rows(rows.x[part], rows.y[part], weight)
        result = engine.evaluate(piece, predictions=bool(meters))
        total += float(result.loss) * len(piece)
        if result.predictions is not None:
            meters.update(rows.y[part], result.predictions, weight)
        callbacks.on_test_batch_end(batch, {"loss": total / part.stop, **meters.results()})


def predict(
    model: Network, x: Floats, batch_size: int, callbacks: CallbackList | None = None
) -> Floats:
    """Predictions, ``(n, outputs)``."""
    if callbacks is None:
        return model.inference_engine().predict(x)
    callbacks.on_predict_begin()
    predictions = model.inference_engine().predict(x)  # after the hook, which may set weights
    if callbacks.wants_predict_batches():
        batches = cut(len(x), batch_size)
        for batch in range(batches.steps):
            callbacks.on_predict_batch_begin(batch)
            part = predictions[batches.part(batch)]
            callbacks.on_predict_batch_end(batch, {"outputs": part})
    callbacks.on_predict_end()
    return predictions
