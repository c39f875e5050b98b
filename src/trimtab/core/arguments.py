"""Calls with a misspelt argument: the error names the nearest argument there is."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from trimtab.core import checks

__all__ = ["constructor", "named_arguments"]

P = ParamSpec("P")
T = TypeVar("T")
C = TypeVar("C", bound=type[Any])

_KEYWORD = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def named_arguments(function: Callable[P, T]) -> Callable[P, T]:
    """Written above a public function or method: unknown arguments are refused with a suggestion.

    A right call costs nothing more.

    Example:
        >>> @named_arguments
        ... def fit(epochs=1):
        ...     return epochs
        >>> fit(epochs=2)
        2
        >>> fit(epoch=2)
        Traceback (most recent call last):
            ...
        trimtab.errors.UnknownArgument: fit has no argument 'epoch'. Did you mean 'epochs'?
    """
    return _answering(function, lambda arguments: (function.__name__, function))


def constructor(cls: C) -> C:
    """Written above a class: the same for its constructor, inherited or not.

    Example:
        >>> @constructor
        ... class Stop:
        ...     def __init__(self, patience=0):
        ...         self.patience = patience
        >>> Stop(patient=3)
        Traceback (most recent call last):
            ...
        trimtab.errors.UnknownArgument: Stop has no argument 'patient'. Did you mean 'patience'?
    """

    def called(arguments: tuple[Any, ...]) -> tuple[str, Callable[..., Any]]:
        return type(arguments[0]).__name__, type(arguments[0])

    cls.__init__ = _answering(cls.__init__, called)
    return cls


def _answering(
    function: Callable[P, T], called: Callable[[tuple[Any, ...]], tuple[str, Callable[..., Any]]]
) -> Callable[P, T]:
    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except TypeError:
            owner, whole = called(args)
            names = _keywords(whole)
            unknown = [name for name in kwargs if name not in names]
            if not unknown:
                raise
            error = checks.unknown_argument(owner, unknown[0], names)
        raise error

    return call


def _keywords(function: Callable[..., Any]) -> list[str]:
    """What a call may name; of a class that passes arguments on, those of its bases too."""
    bases = function.__mro__[1:-1] if isinstance(function, type) else ()
    every: list[Callable[..., Any]] = [function, *bases]
    names: list[str] = []
    for each in every:
        known = inspect.signature(each).parameters.values()
        names += [one.name for one in known if one.kind in _KEYWORD and one.name != "self"]
        if not any(one.kind is one.VAR_KEYWORD for one in known):
            break
    return names
