"""Options in TOML files: a section for each group, a key for each option."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trimtab.core import checks
from trimtab.core.options import Option, checked
from trimtab.errors import FileFormatError, InvalidArgument

__all__ = ["from_toml", "read_toml", "to_toml"]


def to_toml(
    options: Mapping[str, Option],
    values: Any,
    folder: str | os.PathLike[str],
    *,
    title: str = "",
) -> str:
    """All options as the text of a TOML file; those that are None stand there as comments.

    Args:
        options: by name.
        values: an object that has a value for each as an attribute.
        folder: that the file will lie in; paths are written relative to it.
        title: a first line.
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
        if option.path and isinstance(value, str):
            value = _relative(value, folder)
        lines.append(f"{name} = {_toml(value)}")
    return "\n".join(lines).lstrip("\n") + "\n"


def from_toml(
    options: Mapping[str, Option], text: str, folder: str | os.PathLike[str], name: str
) -> dict[str, Any]:
    """The options that a TOML file sets, judged, by name.

    Args:
        options: that there are, by name.
        text: of the file.
        folder: that it lies in; paths in it are relative to that.
        name: of the file, for messages.

    Raises:
        FileFormatError: the text is no TOML.
        InvalidArgument: an unknown key or a value that breaks a rule.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise FileFormatError(f"{name} is no TOML file: {problem}.") from None
    groups = dict.fromkeys(option.group for option in options.values())
    values: dict[str, Any] = {}
    for key, value in document.items():
        if key in groups:
            if not isinstance(value, dict):
                raise InvalidArgument(
                    f"{key} in {name} must be a section, received {value!r}. Write [{key}]."
                )
            _merge(values, value, name)
        elif key in options:
            _merge(values, {key: value}, name)
        else:
            hint = checks.nearest(key, [*groups, *options])
            raise InvalidArgument(
                f"{name} has a section or key {key!r} that nobody knows. "
                + (hint or f"Sections are {checks.listing(groups)}.")
            )
    values = checked(options, values, owner=name, called=lambda option: f"{option} in {name}")
    for key, value in values.items():
        if options[key].path and isinstance(value, str):
            values[key] = os.path.normpath(os.path.join(folder, value))
    return values


def read_toml(options: Mapping[str, Option], path: str | os.PathLike[str]) -> dict[str, Any]:
    """:func:`from_toml` of a file.

    Raises:
        FileFormatError: it cannot be read, or is no TOML.
        InvalidArgument: as :func:`from_toml`.
    """
    path = Path(path)
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise FileFormatError(f"{path}: there is no such file.") from None
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is no UTF-8 text"
        raise FileFormatError(f"{path} cannot be read: {reason}.") from None
    return from_toml(options, text, path.parent, str(path))


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
