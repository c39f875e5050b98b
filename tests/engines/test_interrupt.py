"""Ctrl-C in the middle of an epoch: prompt, between steps, and the engine lives on."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest

from tests.engines.test_steps import assert_same_state, program_for
from tests.support.close import assert_same_bits
from tests.support.engines import engine
from tests.support.programs import draw_rows, initial_state
from trimtab.engines import TrainCall

#: Seconds from the signal to the exception; a step takes well under a millisecond.
PROMPT = 5.0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", ["native", "jax"])
@pytest.mark.parametrize("watched", [False, True])
def test_ctrl_c_stops_after_a_step(name: str, watched: bool) -> None:
    program = program_for(name)
    count, batch_size = 200_000, 2
    rows = draw_rows(program, count)
    made = engine(name, program, initial_state(program))
    settings = {"batch_size": batch_size, "seed": 3}
    warm = np.arange(2 * batch_size)
    made.train(TrainCall(rows, warm, learning_rates=np.zeros(2, np.float32), **settings))
    made.load(initial_state(program))
    sent: list[float] = []
    over = threading.Event()

    def interrupt() -> None:
        # Again and again: Python loses an interrupt that falls into a callback of JAX's.
        while not over.wait(0.2):
            if name == "jax" and made._step == 0:
                continue  # still on the way to the device, where there is nothing to keep
            sent.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)
            if name == "native":
                return

    # An order of a thousand epochs: far longer than the wait.
    order = np.resize(np.arange(count), 20 * count)
    steps = len(order) // batch_size
    rates = np.full(steps, 1e-4, np.float32)
    timer = threading.Thread(target=interrupt)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            made.train(
                TrainCall(
                    rows,
                    order,
                    learning_rates=rates,
                    watch=(lambda done, loss: False) if watched else None,
                    **settings,
                )
            )
    finally:
        over.set()
        timer.join()
    assert time.monotonic() - sent[0] < PROMPT
    after = made.dump()
    assert 0 < after.step < steps
    # What was done is exactly that many steps, and training goes on from there.
    again = engine(name, program, initial_state(program))
    part = order[: after.step * batch_size]
    result = again.train(TrainCall(rows, part, learning_rates=rates[: after.step], **settings))
    assert_same_state(after, again.dump())
    partial = getattr(caught.value, "partial", None)
    if partial is not None:
        assert (partial.steps, partial.total) == (result.steps, result.total)
    for one in (made, again):
        one.train(TrainCall(rows, warm, learning_rates=rates[:2], **settings))
    assert_same_bits(made.dump().parameters, again.dump().parameters)
