"""Options that are declared once, as fields of a frozen dataclass.

Whoever uses an option declares it: its name and default are the field's, and :func:`option` adds
the rule, the help and the group. Command line, keyword arguments, TOML files and documentation are
made from what :func:`declared` finds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.core import checks
from trimtab.errors import InvalidArgument

__all__ = [
    "Check",
    "Option",
    "checked",
    "declared",
    "number_in",
    "one_of",
    "option",
    "optional",
    "text",
    "texts",
]

#: Judges a value by the option's rule and returns it as it is kept; the first argument is what the
#: one who gave it calls the option.
Check = Callable[[str, Any], Any]


@dataclass(frozen=True)
class Option:
    """What is known of an option besides its name and default.

    Attributes:
        group: under which it stands in ``--help`` and in the TOML file.
        help: one sentence.
        unset: what happens where nobody sets it; empty where the default says it.
        check: its rule.
        parse: from the text of the command line to the value that the rule judges.
        metavar: what stands for the value in ``--help``.
        flag: its name at the command line, without the dashes.
        switch: whether it is on or off (``--raw``, ``--no-raw``).
        many: whether it is given several times at the command line.
        path: whether a text is the path of a file.
    """

    group: str
    help: str
    unset: str
    check: Check
    parse: Callable[[str], Any]
    metavar: str
    flag: str
    switch: bool
    many: bool
    path: bool


def option(
    group: str,
    sentence: str,
    check: Check,
    *,
    default: Any = None,
    unset: str = "",
    parse: Callable[[str], Any] = str,
    metavar: str = "TEXT",
    flag: str = "",
    switch: bool = False,
    many: bool = False,
    path: bool = False,
) -> Any:
    """A field of a dataclass that is an option; see :class:`Option` for the arguments.

    Example:
        >>> @dataclass(frozen=True)
        ... class Baking:
        ...     heat: int = option(
        ...         "Oven", "Degrees.", checks.positive_integer, default=180, parse=number_in
        ...     )
        >>> declared(Baking)["heat"].flag, Baking().heat
        ('heat', 180)
    """
    known = Option(group, sentence, unset, check, parse, metavar, flag, switch, many, path)
    if isinstance(default, dict):
        return dataclasses.field(default_factory=dict, metadata={"option": known})
    return dataclasses.field(default=default, metadata={"option": known})


def declared(options: type) -> dict[str, Option]:
    """The options among the fields of a dataclass, by name, in their order."""
    found = {
        each.name: each.metadata["option"]
        for each in dataclasses.fields(options)
        if "option" in each.metadata
    }
    return {
        name: dataclasses.replace(each, flag=each.flag or name.replace("_", "-"))
        for name, each in found.items()
    }


def checked(
    options: Mapping[str, Option],
    values: Mapping[str, Any],
    *,
    owner: str,
    called: Callable[[str], str] = str,
) -> dict[str, Any]:
    """Some of the options by name, each judged by its rule.

    Args:
        options: that there are.
        values: name -> value.
        owner: who has the options, for the message about an unknown one.
        called: from an option's name to what messages call it.

    Raises:
        InvalidArgument: an unknown name, with the nearest known one; a value that breaks its rule.
    """
    checks.unknown_arguments(owner, [name for name in values if name not in options], options)
    return {name: options[name].check(called(name), value) for name, value in values.items()}


# -- rules that several options have --------------------------------------------------------------


def optional(check: Check) -> Check:
    """The rule for everything but None."""
    return lambda name, value: None if value is None else check(name, value)


def one_of(known: Iterable[str]) -> Check:
    """One of these names."""
    known = tuple(known)
    return lambda name, value: checks.choice(name, value, known)


def text(name: str, value: Any) -> str:
    """A text that is not empty."""
    if isinstance(value, str) and value:
        return str(value)
    raise InvalidArgument(f"{name} must be a text that is not empty, received {value!r}.")


def texts(name: str, value: Any) -> tuple[str, ...]:
    """Several texts, each kept once; one alone may stand without a list."""
    given = [value] if isinstance(value, str) else value
    if isinstance(given, Collection) and not isinstance(given, Mapping):
        found = list(given)
        if all(isinstance(each, str) for each in found):
            return tuple(dict.fromkeys(found))
    raise InvalidArgument(f"{name} must be a list of texts, received {value!r}.")


# -- from the command line's text -----------------------------------------------------------------


def number_in(text: str) -> Any:
    """A number where the text is one; else the text, for the rule to refuse.

    >>> number_in("7"), number_in("0.5"), number_in("many")
    (7, 0.5, 'many')
    """
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
