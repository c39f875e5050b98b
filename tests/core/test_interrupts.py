"""Ctrl-C in other hands: taken inside, given back outside, left alone where it cannot be had."""

import signal
import threading

import pytest

from trimtab.core.interrupts import InterruptHandler


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
