"""Tables of named classes: from a name, a configuration or an instance to the instance.

One mechanism for initializers, regularizers, losses, metrics, optimizers, schedules and layers.
A serialized object is ``{"class_name": ..., "config": ...}``; Keras' longer form, with
``module`` and ``registered_name``, is read, too, and written for objects of custom
classes, which :mod:`trimtab.nn.registration` has to know.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar

from trimtab.core import catalogue, checks
from trimtab.core.named_arguments import constructor
from trimtab.core.words import brief, listed
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import registration


class Configurable(Protocol):
    """What a registry can hold."""

    def get_config(self) -> dict[str, Any]: ...


T = TypeVar("T", bound=Configurable)
C = TypeVar("C", bound=type[Any])


def snake_case(class_name: str) -> str:
    """``ReLU`` -> ``re_lu``, ``KLDivergence`` -> ``kl_divergence``, as in Keras."""
    words = r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"
    return re.sub(words, "_", class_name).lower()


class Registry(Generic[T]):
    """Classes of one family.

    Attributes:
        what: the family in words, for messages: "initializer".
        module: its module in trimtab and Keras: "initializers".
        classes: class name -> class; contract tests run over this table.
        names: every accepted name -> class.
    """

    def __init__(
        self,
        what: str,
        module: str,
        base: type[T],
    ) -> None:
        self.what = what
        self.module = module
        self.base = base
        self.classes: dict[str, type[T]] = {}
        self.names: dict[str, type[T]] = {}

    def register(self, *aliases: str) -> Callable[[C], C]:
        """Enters a class of trimtab; written above it.

        It is found by its name, by its name in snake case, and by the aliases.
        """

        def enter(cls: C) -> C:
            name = cls.__name__
            constructor(cls)
            self.classes[name] = cls
            for known in (name, snake_case(name), *aliases):
                self.names[known] = cls
            return cls

        return enter

    def find(self, name: str) -> type[T]:
        """The class of this name; an unknown one is refused with the nearest."""
        cls = self.names.get(name)
        if cls is not None:
            return cls
        own = registration.registered_object(name)
        if isinstance(own, type) and issubclass(own, self.base):
            return own
        in_keras = catalogue.find(self.module, name)
        if in_keras is not None and snake_case(in_keras) not in self.names:
            raise Unsupported(catalogue.sentence(self.module, in_keras))
        known = sorted(snake_case(class_name) for class_name in self.classes)
        alike = [own for own in self.names if own.islower() == name.islower()]
        hint = checks.nearest(name, alike)
        raise InvalidArgument(
            f"no {self.what} is called {brief(name)}. "
            + (hint or f"Known are {checks.listing(known)}.")
        )

    def get(self, identifier: Any) -> T:
        """From a name, a class, a serialized form or an instance to an instance."""
        if isinstance(identifier, self.base):
            return identifier
        if isinstance(identifier, str):
            return self._made(self.find(identifier))
        if isinstance(identifier, Mapping):
            return self.deserialize(identifier)
        if isinstance(identifier, type) and issubclass(identifier, self.base):
            return self._made(identifier)
        article = "an" if self.what[0] in "aeio" else "a"
        raise InvalidArgument(
            f"{self.what} must be a name or {article} {self.what} of trimtab.{self.module}, "
            f"received {brief(identifier)}."
        )

    def _made(self, cls: type[T]) -> T:
        """An instance with the defaults of the class; one that has none is refused."""
        kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        needed = [
            name
            for name, each in inspect.signature(cls).parameters.items()
            if each.kind in kinds and each.default is each.empty
        ]
        if needed and cls in self.classes.values():
            arguments = ", ".join(f"{name}=..." for name in needed)
            raise InvalidArgument(
                f"{self.what} {cls.__name__} needs {listed(needed, last=' and ')}. Pass "
                f"{self.module}.{cls.__name__}({arguments})."
            )
        return cls()

    def optional(self, identifier: Any) -> T | None:
        """:meth:`get`, None staying None."""
        return None if identifier is None else self.get(identifier)

    def serialize(self, instance: T) -> dict[str, Any]:
        """The instance as plain data.

        Raises:
            InvalidArgument: its class is custom and not registered.
        """
        if type(instance) not in self.classes.values():
            return registration.record_of_instance(instance)
        return {"class_name": type(instance).__name__, "config": instance.get_config()}

    def deserialize(self, config: Mapping[str, Any]) -> T:
        """The inverse of :meth:`serialize`."""
        if not isinstance(config.get("class_name"), str):
            raise InvalidArgument(
                f"a serialized {self.what} must hold 'class_name' and 'config', "
                f"received {brief(dict(config))}."
            )
        if registration.own_name(config) is not None:
            own: T = registration.instance_of(config, self.base, self.what)
            return own
        cls: Any = self.find(config["class_name"])
        instance: T = cls.from_config(dict(config.get("config") or {}))
        return instance
