"""Advice in the words of Python: who calls ``train`` has arguments, no flags.

Sentences name options as the command line has them, since most of them are printed there; some
both ways, ``valid=0.2 (--valid 0.2)``, and these stay.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from trimtab.core.options import Option
from trimtab.errors import TrimtabError
from trimtab.predictor.training.options import OPTIONS, TrainOptions

__all__ = ["in_python_words", "python_words"]

#: A word of a shell, which may have parts in quotes.
_WORD = r"(?:'[^']*'|\"[^\"]*\"|[^\s'\"(])+"

#: Both ways, one behind the other; else a flag, and the word behind it.
_FLAG = re.compile(
    r"(?:=(?:\S+|\{[^}]*\}|\[[^]]*\]) \(|\w+=?, )--[a-z-]+"
    rf"|--[a-z-]+(?: {_WORD})? \(\w+="
    rf"|--(?P<flag>[a-z]+(?:-[a-z]+)*)(?![\w-])(?: (?P<word>{_WORD}))?"
)

#: Words behind a flag that go on with the sentence.
_GOES_ON = frozenset({"and", "or", "if", "to", "is"})

#: Ends of a sentence or a clause, no part of a value.
_MARKS = ".,;:!?)"


def python_words(text: str) -> str:
    """A sentence with arguments of Python in place of flags.

    Flags that ``train`` has no argument for stay.

    Example:
        >>> python_words("Use --test 0.2 or --fold 5 for an unbiased one.")
        'Use test=0.2 or fold=5 for an unbiased one.'
        >>> python_words("If it could be one, use --type 'a b=numeric:1234,5'.")
        "If it could be one, use types={'a b': 'numeric:1234,5'}."
        >>> python_words("Name it with positive='yes' (--positive yes), or use --drop id.")
        "Name it with positive='yes' (--positive yes), or use drop=['id']."
    """
    return _FLAG.sub(_argument, text)


@contextmanager
def in_python_words(wanted: bool) -> Iterator[None]:
    """Errors that leave the block speak of arguments, not flags, where that is wanted."""
    try:
        yield
    except TrimtabError as error:
        if wanted and len(error.args) == 1 and isinstance(error.args[0], str):
            error.args = (python_words(error.args[0]),)
        raise


def _argument(found: re.Match[str]) -> str:
    flag, word = found["flag"], found["word"]
    name = next((name for name, each in OPTIONS.items() if each.flag == flag), None)
    if name is None:
        return found[0]
    option = OPTIONS[name]
    behind = "" if word is None else f" {word}"
    if option.switch:
        return f"{name}=True{behind}"
    if word is None or word in _GOES_ON:
        return name + behind
    value = word.rstrip(_MARKS)
    try:
        return f"{name}={_value(name, option, shlex.split(value))}{word[len(value) :]}"
    except (ValueError, TrimtabError):
        return found[0]


def _value(name: str, option: Option, words: list[str]) -> str:
    """The value as Python writes it."""
    (text,) = words
    parsed: Any = option.parse(text)
    default = getattr(TrainOptions(), name)
    if isinstance(default, Mapping) or (option.many and isinstance(parsed, tuple)):
        return repr(dict([parsed]))
    return repr([parsed] if isinstance(default, tuple) else parsed)
