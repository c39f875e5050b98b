"""Messages in the words of the command line: ``--delimiter ';'`` for ``delimiter=';'``.

The library speaks Python. What it tells a user of a command to type has to work when typed.
"""

from __future__ import annotations

import ast
import re
import shlex
from functools import cache
from typing import Any

__all__ = ["own_words"]

#: Names in Python that are no options of training -> the flag.
_MORE = {
    "coach": "coach",
    "out": "out",
    "overwrite": "overwrite",
    "resume": "resume",
    "proba": "proba",
    "ids": "id",
    "part": "part",
    "interval": "interval",
    "level": "interval",
    "to": "to",
    "gaps": "gaps",
}

#: A value as Python writes it.
_VALUE = r"('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\[[^\[\]]*\]|\{[^{}]*\}|\([^()]*\)|[\w.:%+-]*\w)"


def own_words(message: str) -> str:
    """A message with flags for arguments.

    Example:
        >>> own_words("Use delimiter=';'.")
        "Use --delimiter ';'."
        >>> own_words("Replace it (overwrite=True, --overwrite), or use --id COLUMN (ids=[...]).")
        'Replace it (--overwrite), or use --id COLUMN.'
        >>> own_words("Use types={'sold at': 'datetime'} or test=0.2.")
        "Use --type 'sold at=datetime' or --test 0.2."
        >>> own_words("If the point separates thousands, use decimal=','.")
        "If the point separates thousands, use --decimal ','."
    """
    names, pair, both, behind = _patterns()
    message = behind.sub("", message)
    message = both.sub(r"\1", message)
    message = re.sub(rf"{pair} \((--[a-z-]+[^()]*)\)", r"\3", message)
    return re.sub(pair, lambda found: _typed(names, found), message)


@cache
def _patterns() -> tuple[dict[str, str], str, re.Pattern[str], re.Pattern[str]]:
    from trimtab.predictor.training.options import OPTIONS

    names = {name: option.flag for name, option in OPTIONS.items()} | _MORE
    any_name = "|".join(sorted(names, key=len, reverse=True))
    pair = rf"(?<![\w'\"=.-])({any_name})={_VALUE}"
    both = re.compile(rf"(?<![\w-])(?:{any_name})=(?:True)?, (--[a-z-]+)")
    # Not "(out=, --out)", which has the flag within and is not about what stands before it.
    behind = re.compile(rf"(?<=[\w'\"]) \((?:{any_name})=(?:(?!--)[^()])*\)")
    return names, pair, both, behind


def _typed(names: dict[str, str], found: re.Match[str]) -> str:
    flag = f"--{names[found[1]]}"
    try:
        value: Any = ast.literal_eval(found[2])
    except (ValueError, SyntaxError):
        return f"{flag} {found[2]}"
    if value is True:
        return flag
    if value is False:
        return f"--no-{flag[2:]}"
    if isinstance(value, dict):
        return " ".join(f"{flag} {shlex.quote(f'{name}={kind}')}" for name, kind in value.items())
    if isinstance(value, list | tuple):
        return " ".join(f"{flag} {shlex.quote(str(each))}" for each in value)
    typed = str(value)
    # A lone comma would seem to belong to the sentence.
    return f"{flag} {typed!r}" if typed in (",", ".") else f"{flag} {shlex.quote(typed)}"
