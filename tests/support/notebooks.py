"""A notebook's kernel in the place of IPython: what would be displayed is kept."""

from __future__ import annotations

import sys
import types

import pytest


class Place:
    """What one place in the output of a cell showed, from the first to the last."""

    def __init__(self, first):
        self.shown = [first]

    def update(self, bundle, raw=False):
        assert raw
        self.shown.append(bundle)

    @property
    def html(self):
        return self.shown[-1]["text/html"]

    @property
    def text(self):
        return self.shown[-1]["text/plain"]


class FakeNotebook:
    """Attributes: places, in the order in which they came up."""

    def __init__(self):
        self.places = []

    def display(self, bundle, raw=False, display_id=None):
        assert raw and display_id is True
        self.places.append(Place(bundle))
        return self.places[-1]


@pytest.fixture
def notebook(monkeypatch):
    """The program seems to run in a notebook."""
    fake = FakeNotebook()
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: types.SimpleNamespace(kernel=object())
    shows = types.ModuleType("IPython.display")
    shows.display = fake.display
    for name, module in (
        ("IPython", ipython),
        ("IPython.display", shows),
        ("ipykernel", types.ModuleType("ipykernel")),
    ):
        monkeypatch.setitem(sys.modules, name, module)
    return fake
