"""A small engine in plain NumPy: dense layers, relu, mean errors, SGD. Nothing else.

It is written against ``trimtab.engines.base`` alone, so that a test can run the whole of training
on it: what the training loop needs of an engine is what the protocol says, and no more.
"""

from __future__ import annotations

import itertools

import numpy as np

from trimtab.engines.base import EngineState, Evaluation, Probe, Rows, TrainResult
from trimtab.engines.checks import check_state


class PlainEngine:
    """See the module's text. ``interrupt_at`` raises Ctrl-C before that step, as a user might."""

    name = "plain"

    def __init__(self, program, **options):
        self.program = program
        self.interrupt_at = None
        self.calls = []
        self._state = EngineState.zeros(program)

    def load(self, state):
        check_state(self.program, state)
        self.calls.append("load")
        self._state = EngineState(
            state.parameters.copy(), state.state.copy(), state.slots.copy(), state.step
        )

    def dump(self):
        self.calls.append("dump")
        s = self._state
        return EngineState(s.parameters.copy(), s.state.copy(), s.slots.copy(), s.step)

    def train(self, call):
        assert call.dropout_rates is None  # there is no dropout
        self.calls.append("train")
        rows = call.rows
        order = np.arange(len(rows)) if call.order is None else call.order
        if call.sizes is None:
            ends = [*range(call.batch_size, len(order), call.batch_size), len(order)]
        else:
            assert call.sizes.max() <= call.batch_size and call.sizes.sum() == len(order)
            ends = np.cumsum(call.sizes).tolist()
        total, outputs, steps, stopped, end = 0.0, [], 0, False, 0
        for start, end in itertools.pairwise([0, *ends]):
            if self.interrupt_at is not None and self._state.step == self.interrupt_at:
                raise KeyboardInterrupt
            part = order[start:end]
            weight = None if rows.weight is None else rows.weight[part]
            batch = Rows(rows.x[part], rows.y[part], weight)
            values, loss, gradient = self._gradient(batch)
            outputs.append(values[self.program.output])
            total += loss * len(part)
            trained = slice(0, self.program.trainable_count)
            self._state.parameters[trained] -= np.float32(call.learning_rates[steps]) * gradient
            self._state.step += 1
            steps += 1
            if call.watch is not None and call.watch(steps, total / end):
                stopped = end < len(order)
                break
        made = np.concatenate(outputs) if call.predictions else None
        return TrainResult(total / end, steps, made, stopped, total)

    def evaluate(self, rows, *, predictions=False):
        values = self._values(rows.x)
        made = values[self.program.output]
        return Evaluation(self._loss(rows, made), made if predictions else None)

    def predict(self, x):
        return self._values(x)[self.program.output]

    def forward(self, x, *, training, seed=0, step=0, update=True, mask=None):
        return self.predict(x)

    def probe(self, rows, *, training=False, seed=0, step=0):
        values, loss, gradient = self._gradient(rows)
        return Probe(dict(enumerate(values)), loss, gradient)

    # -- arithmetic ---------------------------------------------------------------------------

    def _parameter(self, index, vector=None):
        slot = self.program.parameters[index]
        vector = self._state.parameters if vector is None else vector
        return vector[slot.place].reshape(slot.shape)

    def _values(self, x):
        values = [x]
        for op in self.program.ops:
            a = values[op.inputs[0]]
            if op.kind == "matmul":
                # Row by row, so that a row's bits do not depend on its neighbours.
                kernel = self._parameter(op.parameters[0])
                values.append(np.stack([row @ kernel for row in a]))
            elif op.kind == "bias":
                values.append(a + self._parameter(op.parameters[0]))
            else:
                assert op.kind == "activation" and op.function == "relu"
                values.append(np.maximum(a, 0))
        return values

    def _loss(self, rows, made):
        error = made - rows.y
        per_row = self._per_row(error)
        if rows.weight is not None:
            per_row = per_row * rows.weight
        return float(per_row.mean(dtype=np.float64))

    def _per_row(self, error):
        squared = self.program.loss.loss == "mean_squared_error"
        return (error**2 if squared else np.abs(error)).mean(axis=1)

    def _gradient(self, rows):
        values = self._values(rows.x)
        made = values[self.program.output]
        error = made - rows.y
        squared = self.program.loss.loss == "mean_squared_error"
        slope = (2 * error if squared else np.sign(error)) / error.size
        if rows.weight is not None:
            slope = slope * rows.weight[:, None]
        gradient = np.zeros(self.program.parameter_count, np.float32)
        for op in reversed(self.program.ops):
            a = values[op.inputs[0]]
            if op.kind == "matmul":
                kernel = self._parameter(op.parameters[0])
                self._parameter(op.parameters[0], gradient)[:] = a.T @ slope
                slope = slope @ kernel.T
            elif op.kind == "bias":
                self._parameter(op.parameters[0], gradient)[:] = slope.sum(axis=0)
            else:
                slope = slope * (a > 0)
        return values, self._loss(rows, made), gradient[: self.program.trainable_count]
