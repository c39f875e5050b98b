"""Options in TOML files: a section per group, a key per option."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trimtab.core import checks
from trimtab.core.options import IN_MEMORY, Option, checked
from trimtab.core.words import brief
from trimtab.errors import FileFormatError, InvalidArgument

__all__ = ["from_toml", "text_of", "to_toml"]


def to_toml(
    options: Mapping[str, Option],
    values: Any,
    folder: str | os.PathLike[str],
    *,
    title: str = "",
) -> str:
    """All options as the text of a TOML file; those that are None become comments.

    Args:
        options: The options, by name.
        values: The object that has their values as attributes.
        folder: The folder of the file; paths are written relative to it.
        title: A comment for the first line.
    """
    lines = [f"# {title}"] if title else []
    group = ""
    for name, option in options.items():
        if option.group != group:
            group = option.group
            lines += ["", f"[{group}]"]
        value = getattr(values, name)
        if value is None:
            lines.append(f"# {name} is not set: {option.unset}")
            continue
        if option.path and value == IN_MEMORY:
            lines.append(f"# {name} was a table in memory: pass {name}= in Python again")
            continue
        if option.path and isinstance(value, str):
            value = _relative(value, folder)
        lines.append(f"{name} = {_toml(value)}")
    return "\n".join(lines).lstrip("\n") + "\n"


def from_toml(
    options: Mapping[str, Option], text: str, folder: str | os.PathLike[str], name: str
) -> dict[str, Any]:
    """The options that a TOML text sets, checked, by name.

    Args:
        options: All options, by name.
        text: The content of the file.
        folder: The folder of the file; paths in the file are relative to it.
        name: The name of the file, for messages.

    Raises:
        FileFormatError: The text is not TOML.
        InvalidArgument: A key is unknown, or a value breaks its rule.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise FileFormatError(
            f"{name} is not a TOML file: {problem}. Lines read like epochs = 20, and text is in "
            'quotes: target = "price".'
        ) from None
    groups = dict.fromkeys(option.group for option in options.values())
    values: dict[str, Any] = {}
    for key, value in document.items():
        if key in groups:
            if not isinstance(value, dict):
                raise InvalidArgument(
                    f"{key} in {name} must be a section, received {brief(value)}. Write [{key}]."
                )
            _merge(values, value, name)
        elif key in options:
            _merge(values, {key: value}, name)
        else:
            hint = checks.nearest(key, [*groups, *options])
            raise InvalidArgument(
                f"{name} has an unknown section or key {key!r}. "
                + (hint or f"The sections are {checks.listing(groups)}.")
            )
    values = checked(options, values, owner=name, called=lambda option: f"{option} in {name}")
    for key, value in values.items():
        if options[key].path and isinstance(value, str):
            values[key] = os.path.normpath(os.path.join(folder, value))
    return values


def text_of(path: str | os.PathLike[str]) -> str:
    """The text of an options file, for :func:`from_toml`.

    Raises:
        FileFormatError: The file cannot be read.
    """
    path = Path(path)
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise FileFormatError(f"{path} does not exist.") from None
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8 text"
        raise FileFormatError(f"{path} cannot be read: {reason}.") from None


def _merge(values: dict[str, Any], more: Mapping[str, Any], name: str) -> None:
    for key, value in more.items():
        if key in values:
            raise InvalidArgument(f"{name} sets {key} twice. Keep one of them.")
        values[key] = value


def _relative(path: str, folder: str | os.PathLike[str]) -> str:
    if os.path.isabs(path):
        return path
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return os.path.abspath(path)


def _toml(value: Any) -> str:
    """Plain data as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # TOML's basic strings are JSON's, but that DEL has to be escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        inner = ", ".join(f"{_toml(key)} = {_toml(each)}" for key, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return repr(value)
