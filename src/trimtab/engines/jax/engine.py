"""The engine: holds the vectors of a program and calls its compiled functions."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from trimtab.engines.base import (
    EngineState,
    Evaluation,
    Floats,
    Probe,
    Rows,
    TrainResult,
    Watch,
    check_state,
)
from trimtab.engines.jax import compute, registry
from trimtab.errors import EngineError
from trimtab.program import Program

#: Steps in one compiled call. An epoch is cut into such pieces, the last one filled with steps
#: that do nothing: every epoch length runs the same code (and gives the same bits), and
#: ``watch`` and Ctrl-C are looked at in between.
CHUNK = 32

#: Rows in one block of :meth:`JaxEngine.predict`; the last one is filled with zeros.
BLOCK = 256


class JaxEngine:
    """Runs a program on JAX. See :class:`~trimtab.engines.base.Engine` for the protocol."""

    name = "jax"

    def __init__(self, program: Program) -> None:
        registry.check(program)
        self.program = program
        self._carry: compute.Carry = (
            jnp.zeros(program.parameter_count, jnp.float32),
            jnp.zeros(program.state_count, jnp.float32),
            jnp.zeros(program.slot_count, jnp.float32),
            jnp.uint32(0),
        )
        self._chunk = jax.jit(partial(compute.chunk, program))
        self._block = jax.jit(partial(compute.block, program))
        self._forward = jax.jit(partial(compute.forward, program), static_argnames="training")
        self._look = jax.jit(partial(compute.look, program), static_argnames="training")

    def load(self, state: EngineState) -> None:
        check_state(self.program, state)
        self._carry = (
            jnp.array(state.parameters),
            jnp.array(state.state),
            jnp.array(state.slots),
            jnp.uint32(state.step),
        )

    def dump(self) -> EngineState:
        parameters, state, slots, step = self._carry
        return EngineState(np.array(parameters), np.array(state), np.array(slots), int(step))

    def train(
        self,
        rows: Rows,
        order: NDArray[np.int64] | None,
        *,
        batch_size: int,
        seed: int,
        learning_rates: Floats,
        predictions: bool = False,
        watch: Watch | None = None,
    ) -> TrainResult:
        if self.program.loss is None or self.program.optimizer is None:
            raise EngineError("this program has no loss or no optimizer; it only predicts.")
        table = _table(rows)
        order = np.arange(len(rows)) if order is None else order
        total, whole = len(order), len(order) // batch_size
        pieces = [(start, min(CHUNK, whole - start)) for start in range(0, whole, CHUNK)]
        if total > whole * batch_size:  # a short last batch has a shape, so a program, of its own
            pieces.append((whole, 1))
        done, seen, loss_sum, stopped = 0, 0, 0.0, False
        outputs = []
        for start, steps in pieces:
            size = batch_size if start < whole else total - whole * batch_size
            first = start * batch_size
            index = np.zeros((CHUNK, size), np.int32)
            index[:steps] = order[first : first + steps * size].reshape(steps, size)
            rates = np.zeros(CHUNK, np.float32)
            rates[:steps] = learning_rates[start : start + steps]
            carry, losses, output = self._chunk(
                self._carry, table, index, rates, np.int32(steps), _words(seed)
            )
            self._carry = carry
            done += steps
            seen += steps * size
            loss_sum += size * float(np.sum(np.asarray(losses[:steps], np.float64)))
            if predictions:
                outputs.append(np.asarray(output[:steps]).reshape(steps * size, -1))
            if watch is not None and watch(done, loss_sum / seen) and seen < total:
                stopped = True
                break
        return TrainResult(
            loss=loss_sum / seen,
            steps=done,
            predictions=np.concatenate(outputs) if predictions else None,
            stopped=stopped,
            total=loss_sum,
        )

    def evaluate(self, rows: Rows, *, predictions: bool = False) -> Evaluation:
        if self.program.loss is None:
            raise EngineError("this program has no loss; it only predicts.")
        x, y, weight = _table(rows)
        parameters, state = self._carry[:2]
        losses, outputs = [], []
        for start in range(0, len(rows), BLOCK):
            part = [_padded(array[start : start + BLOCK]) for array in (x, y, weight)]
            loss, output = self._block(parameters, state, *part)
            count = min(BLOCK, len(rows) - start)
            losses.append(np.asarray(loss[:count], np.float64))
            outputs.append(np.asarray(output[:count]))
        penalty = float(compute.penalty(self.program, parameters))
        return Evaluation(
            loss=float(np.sum(np.concatenate(losses))) / len(rows) + penalty,
            predictions=np.concatenate(outputs) if predictions else None,
        )

    def predict(self, x: Floats) -> Floats:
        parameters, state = self._carry[:2]
        result = np.empty((len(x), self.program.output_width), np.float32)
        for start in range(0, len(x), BLOCK):
            part = result[start : start + BLOCK]
            output, _ = self._forward(
                parameters,
                state,
                _padded(x[start : start + BLOCK]),
                _words(0),
                np.uint32(0),
                training=False,
            )
            part[:] = output[: len(part)]
        return result

    def forward(
        self, x: Floats, *, training: bool, seed: int = 0, step: int = 0, update: bool = True
    ) -> Floats:
        parameters, state, slots, done = self._carry
        output, moved = self._forward(
            parameters, state, x, _words(seed), np.uint32(step), training=training
        )
        if training and update:
            self._carry = (parameters, moved, slots, done)
        return np.array(output)

    def probe(self, rows: Rows, *, training: bool = False, seed: int = 0, step: int = 0) -> Probe:
        parameters, state = self._carry[:2]
        common: dict[str, Any] = {
            "seed": _words(seed),
            "step": np.uint32(step),
            "training": training,
        }
        if rows.y is None or self.program.loss is None:
            values, _ = compute.run(self.program, parameters, state, jnp.asarray(rows.x), **common)
            return Probe(_numbered(values), float("nan"))
        loss, values, gradient, by_value = self._look(parameters, state, *_table(rows), **common)
        return Probe(
            values=_numbered(values),
            loss=float(loss),
            gradients=np.array(gradient),
            value_gradients=_numbered(by_value),
        )


def _table(rows: Rows) -> tuple[jax.Array, jax.Array, jax.Array]:
    if rows.y is None:
        raise EngineError("training and evaluation need targets, received y=None.")
    weight = np.ones(len(rows), np.float32) if rows.weight is None else rows.weight
    return jnp.asarray(rows.x), jnp.asarray(rows.y), jnp.asarray(weight)


def _padded(array: Any) -> jax.Array:
    missing = BLOCK - len(array)
    return jnp.pad(array, [(0, missing)] + [(0, 0)] * (np.ndim(array) - 1))


def _words(seed: int) -> NDArray[np.uint32]:
    return np.array([seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF], np.uint32)


def _numbered(values: list[jax.Array]) -> dict[int, Floats]:
    return {number: np.array(value) for number, value in enumerate(values)}
