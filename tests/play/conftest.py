"""Playgrounds that end with their test."""

import time

import pytest

from tests.support.commands import trimtab
from trimtab.play.data import Shelf
from trimtab.play.playground import Playground

__all__ = ["trimtab"]


class Opened:
    """A playground, and what pages know of it."""

    def __init__(self, **asked):
        self.playground = Playground(asked.pop("shelf", None) or Shelf(), **asked)

    def told(self, name):
        """The last message of a name."""
        _, messages = self.playground.log.wait(0, 0.0)
        return {key: value for each in messages for key, value in each.items()}[name]

    def until(self, holds, seconds=60.0):
        """Waits until something holds of where training is; returns that."""
        end = time.monotonic() + seconds
        while not holds(now := self.told("now")):
            assert time.monotonic() < end, now
            time.sleep(0.005)
        return now

    def trains(self, epochs):
        """Trains for so many epochs, one by one."""
        for _ in range(epochs):
            self.playground.step()
            self.settles()
        return self.told("now")

    def settles(self):
        """Waits until nothing is under way."""
        end = time.monotonic() + 60
        while self.playground.busy:
            assert time.monotonic() < end
            time.sleep(0.005)


@pytest.fixture
def opens():
    opened = []

    def open_one(**asked):
        opened.append(Opened(**asked))
        return opened[-1]

    yield open_one
    for each in opened:
        each.playground.close()
