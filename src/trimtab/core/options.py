"""Options, each declared once: as a field of a frozen dataclass in the module that uses it.

Name and default are the field's; :func:`option` adds the rule, the help and the group. The command
line, keyword arguments, TOML files and documentation are made from what :func:`declared` finds.
"""

from __future__ import annotations

import dataclasses
import decimal as decimals
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument

__all__ = [
    "IN_MEMORY",
    "Check",
    "Option",
    "checked",
    "declared",
    "number_in",
    "one_of",
    "option",
    "optional",
    "percentage_in",
    "share_in",
    "text",
    "texts",
]

#: What stands for a table in memory where the path of a file may be.
IN_MEMORY = ":memory:"

#: Checks a value and returns it as it is kept; the first argument is the name in messages.
Check = Callable[[str, Any], Any]


@dataclass(frozen=True)
class Option:
    """An option without its name and default, which are the field's.

    Attributes:
        group: The section in ``--help`` and in the TOML file.
        help: One sentence.
        unset: What None stands for; empty for other defaults.
        check: The rule.
        parse: From the text of the command line to the value to check.
        metavar: The placeholder for the value in ``--help``.
        flag: The name at the command line, without the dashes.
        switch: Whether it is on or off (``--raw``, ``--no-raw``).
        many: Whether it is repeatable at the command line.
        path: Whether a text is the path of a file.
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
    """A field of a dataclass that is an option; for the arguments see :class:`Option`.

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
    """The options among the fields of a dataclass, by name, in order."""
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
    """Values of some options, each checked by its rule.

    Args:
        options: All options, by name.
        values: The values to check, by name.
        owner: Who has the options, for the message about an unknown one.
        called: From the name of an option to its name in messages.

    Raises:
        InvalidArgument: A name is unknown, or a value breaks its rule.
    """
    checks.unknown_arguments(owner, [name for name in values if name not in options], options)
    return {name: options[name].check(called(name), value) for name, value in values.items()}


# -- rules that several options share -------------------------------------------------------------


def optional(check: Check) -> Check:
    """A rule that also allows None."""
    return lambda name, value: None if value is None else check(name, value)


def one_of(known: Iterable[str]) -> Check:
    """The rule for one of these names."""
    known = tuple(known)
    return lambda name, value: checks.choice(name, value, known)


def text(name: str, value: Any) -> str:
    """The rule for a string that is not empty."""
    if isinstance(value, str) and value:
        return str(value)
    raise InvalidArgument(f"{name} must be a non-empty string, received {brief(value)}.")


def texts(name: str, value: Any) -> tuple[str, ...]:
    """The rule for several strings, each kept once; a single one needs no list."""
    given = [value] if isinstance(value, str) else value
    if isinstance(given, Collection) and not isinstance(given, Mapping):
        found = list(given)
        if all(isinstance(each, str) for each in found):
            return tuple(dict.fromkeys(map(str, found)))
    raise InvalidArgument(
        f"{name} must be a list of strings, received {brief(value)}.{_as_texts(name, given)}"
    )


def _as_texts(name: str, given: Any) -> str:
    """What to write where numbers were given, or rows that come one by one."""
    if checks.is_number(given) and abs(given) < 1e15:
        return f" Use {name}=['{given}']."
    if isinstance(given, Iterator):
        return f" Use {name}=list(...)."
    return ""


# -- from the command line's text -----------------------------------------------------------------


def share_in(text: str) -> Any:
    """As :func:`number_in`; a percentage becomes a share.

    Example:
        >>> share_in("20%"), share_in("12.5 %"), share_in("0.2"), share_in("wine%")
        (0.2, 0.125, 0.2, 'wine%')
    """
    number = number_in(text.strip().removesuffix("%"))
    if not text.strip().endswith("%") or isinstance(number, str):
        return number_in(text)
    return float(decimals.Decimal(str(number)) / 100)


def percentage_in(text: str) -> Any:
    """As :func:`share_in`; so is a number from 10 to 100.

    Below, it may as well be a slip: 1.5 for 0.15.

    Example:
        >>> percentage_in("0.3"), percentage_in("30"), percentage_in("30%"), percentage_in("2")
        (0.3, 0.3, 0.3, 2)
    """
    value = share_in(text)
    return share_in(f"{text}%") if checks.is_number(value) and 10 <= value <= 100 else value


def number_in(text: str) -> Any:
    """A number if the text is one; else the text, which the rule then refuses.

    Example:
        >>> number_in("7"), number_in("0.5"), number_in("many")
        (7, 0.5, 'many')
    """
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
