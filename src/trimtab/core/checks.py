"""Checks of arguments; each message names the rule, the value received and the next step."""

from __future__ import annotations

import difflib
import inspect
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from trimtab.core.argument_names import ADVISED, ARGUMENTS
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, UnknownArgument, Unsupported

#: Names from elsewhere that no search for similar names would find.
_FORMER_NAMES = {
    "lr": "learning_rate",
    "batch_input_shape": "input_shape",
    "p": "rate",
    "eps": "epsilon",
    "output_dim": "units",
    "nb_epoch": "epochs",
    "init": "kernel_initializer",
    "bias": "use_bias",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
}

#: Characters of a list of names in a message.
_LISTED = 400


#: So many names are listed where none is similar.
_FEW = 8


def _next_step(hint: str) -> str:
    return f" {hint}" if hint else ""


def nearest(name: Any, known: Iterable[str]) -> str:
    """``Did you mean 'relu'?``, or empty if no known name is similar."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    text = name if isinstance(name, str) else brief(name)
    text = text[:_LISTED].lower()
    close = difflib.get_close_matches(text, by_lower, n=3, cutoff=0.6)
    close.sort(key=lambda each: sorted(each) != sorted(text))  # two letters that changed places
    return f"Did you mean {brief(by_lower[close[0]])}?" if close else ""


def listing(known: Iterable[str]) -> str:
    """Names in quotes, separated by commas; of very many the first ones, and how many more."""
    names = [brief(name, 60) for name in known]
    shown, length = 0, 0
    while shown < len(names) and length + len(names[shown]) <= _LISTED:
        length += len(names[shown]) + 2
        shown += 1
    rest = f" and {len(names) - shown:,} more" if shown < len(names) else ""
    return ", ".join(names[:shown]) + rest


def choice(name: str, value: Any, known: Iterable[str]) -> str:
    """``value`` if it is one of the known names."""
    known = list(known)
    if isinstance(value, str) and value in known:
        return value
    raise InvalidArgument(
        f"{name} must be one of {listing(known)}, received {brief(value)}."
        + _next_step(nearest(value, known))
    )


def path(name: str, value: Any) -> Path:
    """``value`` as a path if it can be that of a file."""
    text = value if isinstance(value, str) else None
    if isinstance(value, os.PathLike):
        text = os.fspath(value)
    if isinstance(text, str) and text and "\0" not in text:
        if max(map(len, Path(text).parts), default=0) <= 255:
            return Path(text)
        raise InvalidArgument(f"{name} must have shorter names, received {brief(value)}.")
    raise InvalidArgument(f"{name} must be the path of a file, received {brief(value)}.")


def boolean(name: str, value: Any) -> bool:
    """``value`` if it is True or False."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise InvalidArgument(f"{name} must be True or False, received {brief(value)}.")


def integer(name: str, value: Any, *, minimum: int, maximum: int, hint: str = "") -> int:
    """``value`` if it is an integer in the range, both ends included."""
    if (
        isinstance(value, int | np.integer)
        and not isinstance(value, bool)
        and minimum <= value <= maximum
    ):
        return int(value)
    raise InvalidArgument(
        f"{name} must be an integer from {minimum} to {maximum}, received {brief(value)}."
        + _next_step(hint)
    )


def positive_integer(name: str, value: Any, *, hint: str = "") -> int:
    """``value`` if it is an integer of 1 or more; one that no machine counts to is none."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if whole and 1 <= value < 2**31:
        return int(value)
    if whole and value >= 1:
        hint = f"At most {2**31 - 1:,}."
    raise InvalidArgument(
        f"{name} must be a positive integer, received {brief(value)}." + _next_step(hint)
    )


def seed(name: str, value: Any) -> int | None:
    """``value`` if it is None or an integer of at most 64 bits."""
    if value is None:
        return None
    if (
        isinstance(value, int | np.integer)
        and not isinstance(value, bool)
        and 0 <= int(value) < 2**64
    ):
        return int(value)
    raise InvalidArgument(
        f"{name} must be None or an integer from 0 to 2**64 - 1, received {brief(value)}."
    )


def is_number(value: Any) -> bool:
    """Whether a value is a number, of Python or NumPy; True and False are none."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return False
    return not isinstance(value, int) or value.bit_length() <= 1023  # what a float can hold


def number(name: str, value: Any, *, hint: str = "") -> float:
    """``value`` as a float if it is a finite number."""
    if is_number(value) and math.isfinite(value):
        return float(value)
    raise InvalidArgument(
        f"{name} must be a finite number, received {brief(value)}." + _next_step(hint)
    )


def positive_number(name: str, value: Any, *, hint: str = "") -> float:
    """``value`` as a float if it is a finite number above 0."""
    if is_number(value) and 0 < value < math.inf:
        return float(value)
    raise InvalidArgument(
        f"{name} must be a number above 0, received {brief(value)}." + _next_step(hint)
    )


def non_negative_number(name: str, value: Any, *, hint: str = "") -> float:
    """``value`` as a float if it is a finite number of 0 or more."""
    if is_number(value) and 0 <= value < math.inf:
        return float(value)
    raise InvalidArgument(
        f"{name} must be a number of 0 or more, received {brief(value)}." + _next_step(hint)
    )


def probability(name: str, value: Any, *, hint: str = "") -> float:
    """``value`` as a float if it is between 0 and 1, both included."""
    if is_number(value) and 0 <= value <= 1:
        return float(value)
    raise InvalidArgument(
        f"{name} must be a float between 0 and 1, received {brief(value)}." + _next_step(hint)
    )


def decay_factor(name: str, value: Any) -> float:
    """``value`` as a float if it is in [0, 1): the factor of a running average."""
    if is_number(value) and 0 <= value < 1:
        return float(value)
    raise InvalidArgument(
        f"{name} must be a float of at least 0 and below 1, received {brief(value)}."
    )


def name_of(kind: str, value: Any) -> str:
    """``value`` if it can be the name of a layer or weight: text without a slash."""
    if isinstance(value, str) and value and "/" not in value:
        return value
    raise InvalidArgument(f"name of a {kind} must be a text without '/', received {brief(value)}.")


def unsupported(owner: str, **arguments: Any) -> None:
    """Refuses arguments of Keras that trimtab does not support, if they are set."""
    for name, value in arguments.items():
        if value is not None and value is not False:
            raise Unsupported(
                f"{owner}: {name} is not supported, received {name}={brief(value)}. Leave it out."
            )


def unknown_arguments(owner: str, received: Iterable[str], known: Iterable[str]) -> None:
    """Refuses unknown keyword arguments and suggests a similar one."""
    known = list(known)
    for name in received:
        raise unknown_argument(owner, name, known)


def unknown_argument(owner: str, name: str, known: Iterable[str]) -> UnknownArgument:
    """The error for an unknown keyword argument."""
    known = list(known)
    here = renamed(name, known)
    hint = f"Use {here}." if here else ADVISED.get(name, {}).get(owner) or nearest(name, known)
    if not hint:  # a misspelled name of another library
        like = nearest(name, [each for each in ARGUMENTS if ARGUMENTS[each] in known])
        here = ARGUMENTS.get(like.removeprefix("Did you mean '").removesuffix("'?"), "")
        hint = f"Use {here}." if here else ""
    if not hint and len(known) <= _FEW:
        hint = f"It has {listing(known)}." if known else "It has none."
    return UnknownArgument(f"{owner} has no argument {brief(name)}." + _next_step(hint))


def renamed(name: str, known: Iterable[str]) -> str:
    """What an argument of another library is called here; empty if that is not known."""
    known = set(known)
    tables = [table for table in (_FORMER_NAMES, ARGUMENTS) if table.get(name) in known]
    return tables[0][name] if tables else ""


def outside() -> int:
    """The ``stacklevel`` with which a warning points at the first line outside of trimtab."""
    level, frame = 0, inspect.currentframe()
    while frame and frame.f_back and frame.f_globals.get("__name__", "").startswith("trimtab."):
        frame = frame.f_back
        level += 1
    return level
