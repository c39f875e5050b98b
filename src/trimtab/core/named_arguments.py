"""Functions that say which argument was meant where a call does not fit."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from trimtab.core import checks
from trimtab.core.argument_names import READING
from trimtab.core.words import count, listed
from trimtab.errors import InvalidArgument, UnknownArgument

__all__ = ["WrongCall", "constructor", "named_arguments"]

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type[Any])


class WrongCall(InvalidArgument, TypeError):
    """A call with an argument that is given twice or not at all, or with too many of them."""


def named_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """A function that names the nearest argument, or what it is called here.

    Python itself says only that there is an unexpected argument.

    Example:
        >>> @named_arguments
        ... def bake(cake, *, heat=180):
        ...     return heat
        >>> bake("apple", haet=200)
        Traceback (most recent call last):
            ...
        trimtab.errors.UnknownArgument: bake has no argument 'haet'. Did you mean 'heat'?
    """

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:  # a call that fits costs nothing more
            return function(*args, **kwargs)
        except TypeError:
            wrong = _wrong_call(function, args, kwargs)
            if wrong is None:
                raise
        raise wrong

    return called


def constructor(cls: C) -> C:
    """A class whose constructor, inherited or not, names the nearest argument.

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
    function = cls.__init__

    @functools.wraps(function)
    def called(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            function(self, *args, **kwargs)
            return
        except TypeError:
            known = _keywords(type(self))
            unknown = [name for name in kwargs if name not in known]
            places = _places(function)
            if unknown:
                wrong: InvalidArgument = checks.unknown_argument(
                    type(self).__name__, unknown[0], known
                )
            elif len(args) > len(places):
                wrong = WrongCall(
                    f"{type(self).__name__} takes {_at_most(len(places))} without a name, received "
                    f"{len(args)}. Name the others, as in {_next(places, known)}=..."
                )
            else:
                raise
        raise wrong

    cls.__init__ = called
    return cls


def _places(function: Callable[..., Any]) -> list[str]:
    """Arguments of a constructor that may come without a name."""
    parameters = inspect.signature(function).parameters.values()
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return [""] * 1000
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [each.name for each in parameters if each.kind in kinds][1:]


def _at_most(places: int) -> str:
    return f"at most {count(places, 'argument')}" if places else "no argument"


def _next(places: list[str], known: list[str]) -> str:
    return next((name for name in known if name not in places), "name")


def _keywords(cls: type[Any]) -> list[str]:
    """What a constructor may name; of a class that passes arguments on, those of its bases too."""
    names: list[str] = []
    for each in cls.__mro__[:-1]:
        parameters = inspect.signature(each).parameters.values()
        names += [
            one.name
            for one in parameters
            if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY) and one.name != "self"
        ]
        if not any(one.kind is one.VAR_KEYWORD for one in parameters):
            break
    return names


def _wrong_call(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Exception | None:
    """The error for a call that does not fit; None: the TypeError is about something else."""
    signature = inspect.signature(function)
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        pass
    else:
        return None
    known = [
        name
        for name, each in signature.parameters.items()
        if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL) and name != "self"
    ]
    more = any(each.kind is each.VAR_KEYWORD for each in signature.parameters.values())
    owner = function.__name__
    unknown = [name for name in kwargs if name not in known]
    if unknown and not more:
        return _unknown(owner, unknown[0], known)
    return WrongCall(_why(owner, signature, known, args, kwargs))


def _unknown(owner: str, name: str, known: list[str]) -> UnknownArgument:
    """The error for a name that a function lacks."""
    reading = name if name in READING else checks.renamed(name, READING)
    if reading and "options" in known:
        return UnknownArgument(
            f"{owner} has no argument {name!r}. Use "
            f"options=trimtab.tables.ReadOptions({reading}=...)."
        )
    return checks.unknown_argument(owner, name, known)


def _why(
    owner: str,
    signature: inspect.Signature,
    known: list[str],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> str:
    """Why a call does not fit, where all its names are known."""
    places = [
        name
        for name, each in signature.parameters.items()
        if each.kind is each.POSITIONAL_OR_KEYWORD
    ]
    by_place = [name for name in places[: len(args)] if name in kwargs]
    if by_place:
        return (
            f"{owner} received {by_place[0]} twice, by its place and as {by_place[0]}=. Leave out "
            "one of the two."
        )
    if len(args) > len(places):
        most = len([name for name in places if name != "self"])
        return (
            f"{owner} takes at most {most} arguments without a name. Name the others, as in "
            f"{known[most]}=..."
            if most < len(known)
            else f"{owner} takes at most {most} arguments."
        )
    missing = [
        name
        for name, each in signature.parameters.items()
        if each.default is each.empty and name in known and name not in kwargs
    ][max(0, len(args) - (places[:1] == ["self"])) :]
    for strange in (name for name in kwargs if name not in known):
        hint = checks.renamed(strange, known)
        if hint in missing:
            return f"{owner} has no argument {strange!r}. Use {hint}."
    return f"{owner} needs {listed(missing)}."
