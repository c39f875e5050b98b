"""While a user's own layer is traced, its weights stand for traced arrays.

The scope says for which. It is entered by :mod:`trimtab.engines.jax.call`, the one place that runs
``call``; layers and weights only ask for it.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from trimtab.layers.base import Layer, Weight


class Scope(Protocol):
    """What weights and layers ask of the trace under way."""

    def read(self, weight: Weight) -> Any:
        """The array that the weight stands for now."""

    def write(self, weight: Weight, value: Any) -> None:
        """Lets a moving weight stand for another array."""

    def random_key(self) -> Any:
        """A key that nobody else of this trace has."""

    def call(self, layer: Layer, x: Any, training: bool | None) -> Any:
        """A layer inside the traced one, called on a traced array."""

    def lowered(self, layer: Layer, lower: Any, x: Any, training: bool) -> Any:
        """The ops of a layer of trimtab, run on a traced array."""


_current: ContextVar[Scope | None] = ContextVar("trace of an own layer", default=None)


def current() -> Scope | None:
    """The scope of the trace under way in this thread, or None."""
    return _current.get()


def enter(scope: Scope) -> Any:
    """Makes it the current one; gives what :func:`leave` takes."""
    return _current.set(scope)


def leave(token: Any) -> None:
    """Makes the one before current again."""
    _current.reset(token)
