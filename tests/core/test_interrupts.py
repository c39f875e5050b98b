"""Ctrl-C in other hands: taken inside, given back outside, left alone where it cannot be had."""

import signal
import threading

import pytest

from trimtab.core.interrupts import HeldInterrupts, InterruptHandler


class Counter(InterruptHandler):
    def __init__(self):
        self.seen = 0

    def note(self, number, frame):
        assert number == signal.SIGINT
        self.seen += 1


@pytest.fixture(params=[signal.default_int_handler, lambda number, frame: None])
def handler(request):
    before = signal.signal(signal.SIGINT, request.param)
    yield request.param
    signal.signal(signal.SIGINT, before)


def test_taken_inside_and_given_back(handler):
    with Counter() as counter:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert counter.seen == 2
    assert signal.getsignal(signal.SIGINT) is handler


def test_given_back_after_an_error(handler):
    with pytest.raises(ValueError, match="no"), Counter():
        raise ValueError("no")
    assert signal.getsignal(signal.SIGINT) is handler


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Counter() as counter:
            signal.raise_signal(signal.SIGINT)
        assert counter.seen == 0 and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_leave_it_alone(handler):
    found = []

    def work():
        with Counter():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [handler]


@pytest.fixture
def plain():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_waits_until_it_is_delivered(plain):
    done = []

    def work():
        with HeldInterrupts() as held:
            held.deliver()  # there is none yet
            signal.raise_signal(signal.SIGINT)
            done.append(1)
            held.deliver()
            done.append(2)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == [1]


def test_or_to_the_end(plain):
    done = []

    def work():
        with HeldInterrupts():
            signal.raise_signal(signal.SIGINT)
            done.append(1)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == [1]


def test_a_second_interrupt_does_not_wait(plain):
    def work():
        with HeldInterrupts():
            for _ in range(2):
                signal.raise_signal(signal.SIGINT)
            pytest.fail("not reached")

    with pytest.raises(KeyboardInterrupt):
        work()


def test_an_error_goes_before_an_interrupt_that_waits(plain):
    def work():
        with HeldInterrupts():
            signal.raise_signal(signal.SIGINT)
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        work()
