"""Names for custom classes and functions, by which files refer to them.

A file holds names, never code. What :func:`register` was given is found again by its name in any
process that has run the same registration.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar, Token
from typing import Any, TypeVar, overload

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument

__all__ = ["CustomObjectScope", "register", "registered_name", "registered_object"]

T = TypeVar("T")

#: Record of a function, as Keras writes it.
FUNCTION = "function"

_objects: dict[str, Any] = {}
_scopes: ContextVar[tuple[CustomObjectScope, ...]] = ContextVar("custom objects", default=())


class NotRegistered(InvalidArgument):
    """A custom class or function that is not registered in this process."""


@overload
def register(target: T, *, package: str = "Custom", name: str | None = None) -> T: ...
@overload
def register(
    target: None = None, *, package: str = "Custom", name: str | None = None
) -> Callable[[T], T]: ...
def register(target: Any = None, *, package: str = "Custom", name: str | None = None) -> Any:
    """Names a class (layer, loss, metric, ...) or a function (loss, metric) for files.

    Use it as a decorator, with or without arguments, or call it. A model with custom objects can be
    saved if they are registered, and loaded in any process that has registered them: import the
    module that registers them before ``load_model``.

    Args:
        target: the class or function.
        package: prefix of the name: files say ``package>name``.
        name: name to register; by default that of the class or function.

    Raises:
        InvalidArgument: not a class or function, a lambda without a name, or a name that another
            object has.

    Example:
        >>> import trimtab
        >>> @trimtab.register(package="docs")
        ... def pinball(y_true, y_pred):
        ...     return abs(y_true - y_pred)
        >>> trimtab.keras.saving.get_registered_name(pinball)
        'docs>pinball'
    """
    if target is None:
        return lambda target: register(target, package=package, name=name)
    if not _has_name(target):
        hint = " Use @trimtab.register(package=...)." if isinstance(target, str) else ""
        raise InvalidArgument(
            f"register takes a class or a function, received {brief(target)}.{hint}"
        )
    name = target.__name__ if name is None else name
    if name == "<lambda>":
        raise InvalidArgument("a lambda has no name. Write def, or use register(..., name=...).")
    for what, text in (("package", package), ("name", name)):
        if not isinstance(text, str) or not text or ">" in text:
            raise InvalidArgument(f"{what} must be a text without '>', received {brief(text)}.")
    key = f"{package}>{name}"
    known = _objects.get(key)
    if known is not None and _origin(known) != _origin(target):
        raise InvalidArgument(
            f"{key!r} is taken by {'.'.join(_origin(known))}. "
            "Use register(package=...) or register(name=...) for another name."
        )
    _objects[key] = target  # a cell or module that runs again takes the place of its first run
    _names[target] = key
    return target


_names: dict[Any, str] = {}


def _has_name(target: Any) -> bool:
    """Whether it is a class or function, a compiled one (``jax.jit``) included."""
    return callable(target) and hasattr(target, "__qualname__") and hasattr(target, "__module__")


def _origin(target: Any) -> tuple[str, str]:
    return target.__module__, target.__qualname__


def registered_name(target: Any) -> str | None:
    """``package>name`` of a class or function, or None."""
    for scope in reversed(_scopes.get()):
        for name, known in scope.objects.items():
            if known is target:
                return name
        if scope.open and _has_name(target):
            name = f"{target.__module__}>{target.__qualname__}#{len(scope.objects)}"
            scope.objects[name] = target
            return name
    try:
        return _names.get(target)
    except TypeError:  # not hashable
        return None


def registered_object(name: str) -> Any:
    """What ``package>name`` stands for, or None; the objects of a scope go first.

    A scope may name it without the package.
    """
    bare = name.rpartition(">")[2]
    for scope in reversed(_scopes.get()):
        for key in (name, bare):
            if key in scope.objects:
                return scope.objects[key]
    return _objects.get(name)


def function_named(identifier: Any) -> Any:
    """The registered function that a text names, or None."""
    found = registered_object(identifier) if isinstance(identifier, str) else None
    return found if callable(found) and not isinstance(found, type) else None


class CustomObjectScope:
    """Inside ``with``, these names stand for these objects as if they were registered.

    Args:
        objects: name -> class or function.
        open: whether what is not registered gets a name on its own, for as long as the scope
            lasts (to copy something by its configuration).

    Example:
        >>> from trimtab import keras
        >>> with keras.saving.custom_object_scope({"worst": max}):
        ...     keras.saving.get_registered_object("worst") is max
        True
    """

    def __init__(self, objects: Mapping[str, Any] | None = None, *, open: bool = False) -> None:  # noqa: A002
        if objects is not None and not isinstance(objects, Mapping):
            raise InvalidArgument(
                f"custom_objects must be a dict from name to class or function, received "
                f"{brief(objects)}."
            )
        self.objects: dict[str, Any] = dict(objects or {})
        self.open = open
        self._tokens: list[Token[tuple[CustomObjectScope, ...]]] = []

    def __enter__(self) -> CustomObjectScope:
        self._tokens.append(_scopes.set((*_scopes.get(), self)))
        return self

    def __exit__(self, *problem: object) -> None:
        _scopes.reset(self._tokens.pop())


# -- records ------------------------------------------------------------------------------------


def record_of_instance(instance: Any) -> dict[str, Any]:
    """Keras' record of an object of a custom class; refuses what could not be read back."""
    cls = type(instance)
    name = _name_of(cls, "class")
    config = instance.get_config()
    _check_complete(cls, config)
    for key, value in config.items():
        try:
            json.dumps(value)
        except (TypeError, ValueError):
            raise InvalidArgument(
                f"{cls.__name__}.get_config must hold plain data (numbers, texts, lists, dicts), "
                f"received {brief(value)} for {key!r}."
            ) from None
    try:
        cls.from_config(dict(config))
    except Exception as problem:
        raise InvalidArgument(
            f"{cls.__name__} cannot be made again from what its get_config returns, {config!r} "
            f"({type(problem).__name__}: {problem}). Take **kwargs in __init__ and hand them to "
            "super().__init__(**kwargs), and return every other argument from get_config."
        ) from problem
    return {
        "module": cls.__module__,
        "class_name": cls.__name__,
        "config": config,
        "registered_name": name,
    }


def record_of_function(function: Any) -> dict[str, Any]:
    """Keras' record of a user's function."""
    name = _name_of(function, "function")
    return {
        "module": function.__module__,
        "class_name": FUNCTION,
        "config": name,
        "registered_name": FUNCTION,
    }


def _name_of(target: Any, what: str) -> str:
    name = registered_name(target)
    if name is None:
        shown = getattr(target, "__name__", repr(target))
        raise NotRegistered(
            f"{shown} is a custom {what} that is not registered, so a file could not say "
            f"what it is. Put @trimtab.register above it"
            + (f" (in {target.__module__})." if hasattr(target, "__module__") else ".")
        )
    return name


def _check_complete(cls: type, config: Mapping[str, Any]) -> None:
    """A configuration holds all that a user's constructor takes: a default would go unnoticed."""
    if not _is_trimtabs(vars(_definer(cls, "from_config"))["from_config"].__func__):
        return  # which makes of the configuration what it likes
    taken: list[str] = []
    for ancestor in cls.__mro__:
        if "__init__" not in vars(ancestor):
            continue
        parameters = list(inspect.signature(vars(ancestor)["__init__"]).parameters.values())[1:]
        if _is_trimtabs(vars(ancestor)["__init__"]):
            # trimtab answers for the configuration of its own arguments.
            passed_on = {parameter.name for parameter in parameters}
            break
        taken += [p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            passed_on = set()
            break
    for name in taken:
        if name not in config and name not in passed_on | _OPTIONAL:
            raise InvalidArgument(
                f"{cls.__name__}.get_config lacks {name!r}, which __init__ takes, so a file could "
                "not hold it. Return "
                f"{{**super().get_config(), {name!r}: self.{name}}} from get_config."
            )


#: Arguments of all layers, losses and metrics that say nothing which has to be kept.
_OPTIONAL = frozenset({"name", "dtype", "reduction"})


def _definer(cls: type, name: str) -> type:
    return next(ancestor for ancestor in cls.__mro__ if name in vars(ancestor))


def _is_trimtabs(function: Any) -> bool:
    return str(function.__module__).partition(".")[0] == "trimtab"


def own_name(record: Mapping[str, Any]) -> str | None:
    """The registered name in a record, or None for something of trimtab or Keras."""
    if record.get("class_name") == FUNCTION:
        name = record.get("config")
    else:
        name = record.get("registered_name")
    return name if isinstance(name, str) and (">" in name or registered_object(name)) else None


def object_of(record: Mapping[str, Any]) -> Any:
    """The class or function of a record that has an :func:`own_name`."""
    name = own_name(record)
    found = None if name is None else registered_object(name)
    if found is None:
        raise NotRegistered(". ".join(missing_text([(str(name), _module(record))])))
    return found


def function_of(record: Mapping[str, Any], what: str) -> Any:
    """The function of a record of a user's function."""
    function = object_of(record)
    if isinstance(function, type) or not callable(function):
        raise InvalidArgument(
            f"{own_name(record)!r} is registered for {function!r}, which is no function for a "
            f"{what}."
        )
    return function


def instance_of(record: Mapping[str, Any], base: type, what: str) -> Any:
    """The object of a record of a custom class."""
    cls = object_of(record)
    if not isinstance(cls, type) or not issubclass(cls, base):
        raise InvalidArgument(
            f"{own_name(record)!r} is registered for {cls!r}, which is no {what}."
        )
    return cls.from_config(dict(record.get("config") or {}))  # type: ignore[attr-defined]


def missing_in(documents: Iterable[Any]) -> list[tuple[str, Any]]:
    """(name, module) of everything in plain data that is not registered, each once."""
    found = dict.fromkeys(
        (name, _module(record))
        for document in documents
        for record in _records(document)
        for name in [own_name(record)]
        if name is not None and registered_object(name) is None
    )
    return list(found)


def missing_text(missing: list[tuple[str, Any]]) -> tuple[str, str]:
    """The message for names that are not registered, and the next step."""
    names = checks.listing(name for name, _ in missing)
    modules = sorted({m for _, m in missing if m is not None and m != "__main__"})
    bare = missing[0][0].rpartition(">")[2]
    step = (
        f"Import {' and '.join(modules)} first"
        if modules
        else "Run the code that has @trimtab.register above it first"
    )
    return (
        f"{names} {'is' if len(missing) == 1 else 'are'} not registered in this process",
        f"{step}, or pass custom_objects={{{bare!r}: {bare}}}.",
    )


def _module(record: Mapping[str, Any]) -> str | None:
    module = record.get("module")
    return module if isinstance(module, str) else None


def _records(value: Any) -> Iterator[Mapping[str, Any]]:
    """Everything serialized in plain data, in the order it is written."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            if "class_name" in item:
                yield item
            waiting += reversed(list(item.values()))
        elif isinstance(item, list | tuple):
            waiting += reversed(item)
