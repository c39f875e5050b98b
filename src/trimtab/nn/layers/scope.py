"""While a custom layer is traced, its weights stand for traced arrays.

The scope says for which. It is entered by :mod:`trimtab.nn.layers.custom`, the one place that runs
``call``; layers and weights only ask for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, Protocol

from trimtab.program import Builder

__all__ = ["LayerLike", "Scope", "current", "enter", "leave"]


class LayerLike(Protocol):
    """What weights and calls need of a layer: the files below the base class know only this."""

    name: str
    input_width: int | None

    @property
    def any_width(self) -> bool: ...
    @property
    def activity_penalty(self) -> tuple[float, float]: ...

    @property
    def path(self) -> str: ...
    @property
    def built(self) -> bool: ...
    @property
    def trainable(self) -> bool: ...
    @property
    def weights(self) -> list[Any]: ...
    def all_weights(self) -> Iterator[Any]: ...
    def build(self, input_shape: Any) -> None: ...
    def call(self, x: Any) -> Any: ...
    def lower(self, builder: Builder, value: int) -> int: ...
    def pull(self) -> None: ...
    def touched(self) -> None: ...


class Scope(Protocol):
    """What weights and layers ask of the trace under way."""

    def read(self, weight: Any) -> Any:
        """The array that the weight stands for now."""

    def write(self, weight: Any, value: Any) -> None:
        """Lets a moving weight stand for another array."""

    def random_key(self) -> Any:
        """A key that is drawn once in this trace."""

    def call(self, layer: LayerLike, x: Any, training: bool | None) -> Any:
        """A layer inside the traced one, called on a traced array."""

    def lowered(self, layer: LayerLike, lower: Any, x: Any, training: bool) -> Any:
        """The ops of a layer of trimtab, run on a traced array."""


_current: ContextVar[Scope | None] = ContextVar("trace of a custom layer", default=None)


def current() -> Scope | None:
    """The scope of the trace under way in this thread, or None."""
    return _current.get()


def enter(scope: Scope) -> Any:
    """Makes it the current one; gives what :func:`leave` takes."""
    return _current.set(scope)


def leave(token: Any) -> None:
    """Makes the one before current again."""
    _current.reset(token)
