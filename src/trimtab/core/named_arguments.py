"""Functions that say which argument was meant where a call does not fit."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from trimtab.core import checks
from trimtab.core.argument_names import READING
from trimtab.core.words import listed
from trimtab.errors import InvalidArgument, UnknownArgument

__all__ = ["WrongCall", "told_apart"]

P = ParamSpec("P")
R = TypeVar("R")


class WrongCall(InvalidArgument, TypeError):
    """A call with an argument that is given twice or not at all, or with too many of them."""


def told_apart(function: Callable[P, R]) -> Callable[P, R]:
    """A function that names the nearest argument, or what it is called here.

    Python itself says only that there is an unexpected argument.

    Example:
        >>> @told_apart
        ... def bake(cake, *, heat=180):
        ...     return heat
        >>> bake("apple", haet=200)
        Traceback (most recent call last):
            ...
        trimtab.errors.UnknownArgument: bake has no argument 'haet'. Did you mean 'heat'?
    """
    signature = inspect.signature(function)
    known = [
        name
        for name, each in signature.parameters.items()
        if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL) and name != "self"
    ]
    more = any(each.kind is each.VAR_KEYWORD for each in signature.parameters.values())

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            signature.bind(*args, **kwargs)
        except TypeError:
            owner = function.__name__
            if not more:
                for name in kwargs:
                    if name not in known:
                        raise _unknown(owner, name, known) from None
            raise WrongCall(_why(owner, signature, known, args, kwargs)) from None
        return function(*args, **kwargs)

    return called


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
