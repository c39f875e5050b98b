"""Dataclasses as plain data for JSON documents, and back, strictly.

A record holds what the constructor takes: ``cls`` checks it, and nothing else is executed. What
JSON cannot hold (arrays) travels beside the document.
"""

from __future__ import annotations

import dataclasses
import re
import reprlib
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument

__all__ = ["by_kind", "from_record", "to_record"]

T = TypeVar("T")

#: What msgspec calls JSON's types, in Python's words.
_TYPES = {"object": "dict", "array": "list", "null": "None"}

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 40


def to_record(instance: Any, without: Collection[str] = ()) -> dict[str, Any]:
    """The fields of a dataclass as plain data, nested dataclasses and tuples included.

    Args:
        instance: of a dataclass.
        without: fields that are not recorded, such as arrays.

    Example:
        >>> @dataclasses.dataclass
        ... class Point:
        ...     x: float
        ...     tags: tuple[str, ...] = ()
        >>> to_record(Point(1.5, ("a", "b")))
        {'x': 1.5, 'tags': ['a', 'b']}
    """
    return {
        field.name: _plain(getattr(instance, field.name))
        for field in dataclasses.fields(instance)
        if field.name not in without
    }


def from_record(cls: type[T], record: Any, /, **beside: Any) -> T:
    """The dataclass instance that :func:`to_record` wrote.

    Types are checked strictly: no text becomes a number and no number a flag; an integer may
    stand for a float, and floats may be NaN or infinite. Fields with a default may be missing.
    Rules that types cannot state belong into the ``__post_init__`` of the class, as ``ValueError``
    or ``TypeError``. Annotations must be importable at run time.

    Args:
        cls: a dataclass.
        record: plain data, as ``json.loads`` returns it.
        beside: fields that the record does not hold (``without`` of :func:`to_record`).

    Raises:
        InvalidArgument: a field is missing, unknown, of another type, or breaks a rule of its
            class. The message names the field, the rule and the value received.

    Example:
        >>> @dataclasses.dataclass
        ... class Point:
        ...     x: float
        ...     tags: tuple[str, ...] = ()
        >>> from_record(Point, {"x": 1, "tags": ["a"]})
        Point(x=1.0, tags=('a',))
        >>> from_record(Point, {"x": "1"})
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: x must be float, received '1'.
    """
    import msgspec

    if not isinstance(record, Mapping):
        raise InvalidArgument(f"{cls.__name__} must be a dict, received {_shown(record)}.")
    for name in beside:
        if name not in cls.__dataclass_fields__:  # type: ignore[attr-defined]
            raise InvalidArgument(f"{cls.__name__} has no field {name!r}.")
        if name in record:
            raise InvalidArgument(f"{cls.__name__} has no field {name!r} in a record.")
    try:
        made: T = msgspec.convert({**record, **beside}, cls, strict=True)
    except msgspec.ValidationError as problem:
        raise InvalidArgument(_sentence(problem, cls, record)) from None
    except OverflowError as problem:
        raise InvalidArgument(f"{cls.__name__} holds a number out of range: {problem}.") from None
    _refuse_unknown(record, made, "")
    return made


def by_kind(
    what: str, record: Any, classes: Mapping[str, type[T]]
) -> tuple[type[T], dict[str, Any]]:
    """The class that a record names by its ``kind``, and the rest of the record.

    Args:
        what: what messages call the thing that is recorded.
        record: plain data with a ``kind``.
        classes: the known kinds.

    Raises:
        InvalidArgument: there is no such kind.

    Example:
        >>> by_kind("number", {"kind": "whole", "value": 3}, {"whole": int, "real": float})
        (<class 'int'>, {'value': 3})
    """
    if not isinstance(record, Mapping) or "kind" not in record:
        raise InvalidArgument(f"{what} must be a dict with a kind, received {_shown(record)}.")
    kind = checks.choice(f"kind of {what}", record["kind"], classes)
    return classes[kind], {name: value for name, value in record.items() if name != "kind"}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_record(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _refuse_unknown(record: Any, made: Any, place: str) -> None:
    """Fields that a dataclass lacks: msgspec would leave them out without a word."""
    if dataclasses.is_dataclass(made) and isinstance(record, Mapping):
        for name in record:
            if name not in made.__dataclass_fields__:
                raise InvalidArgument(
                    f"{place or type(made).__name__} has no field {name!r}, received "
                    f"{_shown(record[name])}."
                )
            _refuse_unknown(record[name], getattr(made, name), f"{place}.{name}".lstrip("."))
    elif isinstance(made, Mapping) and isinstance(record, Mapping):
        for key in record.keys() & made.keys():
            _refuse_unknown(record[key], made[key], f"{place}[{key!r}]")
    elif isinstance(made, list | tuple) and isinstance(record, list | tuple):
        for index, (item, each) in enumerate(zip(record, made, strict=False)):
            _refuse_unknown(item, each, f"{place}[{index}]")


def _sentence(problem: Exception, cls: type[Any], record: Any) -> str:
    """The field, the rule and the value, from msgspec's ``Expected `int`, got `str` - at `$.x```"""
    found = re.fullmatch(r"(.*?)(?: - at (?:`(key)` in )?`\$(.*)`)?", str(problem), re.DOTALL)
    assert found is not None
    rule, of_keys, path = found[1], found[2], found[3] or ""
    place = path.lstrip(".") or cls.__name__
    if problem.__cause__ is not None:  # raised by the class itself
        return f"{place}: {problem.__cause__}" if path else str(problem.__cause__)
    received = f"received {_shown(_value_at(path, record))}."
    if missing := re.fullmatch("Object missing required field `(.*)`", rule):
        return f"{place} must have the field {brief(missing[1])}, {received}"
    if rule.startswith("Invalid enum value"):
        rule = "one of its known values"
    rule = re.sub("(?:, got `[^`]*`)|`", "", rule.removeprefix("Expected "))
    rule = re.sub(r"\w+", lambda word: _TYPES.get(word[0], word[0]), rule)
    which = f"each key of {place}" if of_keys else place.replace("[...]", "[each]")
    return f"{which} must be {rule}, {received}"


def _value_at(path: str, record: Any) -> Any:
    """The value that a path names; the whole mapping where msgspec does not say which key."""
    for name, index in re.findall(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]", path):
        try:
            record = record[name] if name else record[int(index)]
        except (ValueError, KeyError, IndexError, TypeError):
            break
    return record


def _shown(value: Any) -> str:
    return _SHORT.repr(value)  # never the whole of a document that may be large
