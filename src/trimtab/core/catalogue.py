"""Refuses names of Keras that trimtab does not have, and says what to use instead."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

from trimtab.core import checks
from trimtab.core.former_names import MODULES
from trimtab.core.instead import ALIASES, INSTEAD
from trimtab.core.keras_names import LAYERS_FOR_TABLES, NAMES, OUTSIDE
from trimtab.errors import TrimtabError, Unsupported

PURPOSE = (
    "trimtab trains dense networks with dropout and batch normalization on tables. Use Keras here."
)

#: What Keras has for other things than tables.
_ELSEWHERE = frozenset(
    f"{module}.{name}"
    for module, names in (
        ("losses", "CTC Circle Dice Tversky circle ctc dice tversky"),
        ("initializers", "STFT STFTInitializer stft"),
    )
    for name in names.split()
)

#: Families that the layers, losses, metrics, ... of Keras may still join.
_GROWING = frozenset(
    "layers activations initializers regularizers losses metrics optimizers schedules".split()
)


class MissingAttribute(Unsupported, AttributeError):
    """The name exists in Keras and not in trimtab."""


class MissingImport(Unsupported, ModuleNotFoundError):
    """The same in an import statement."""


class UnknownAttribute(TrimtabError, AttributeError):
    """The name exists neither in Keras nor in trimtab."""


class UnknownImport(TrimtabError, ModuleNotFoundError):
    """The same in an import statement."""


def names(module: str) -> frozenset[str]:
    """Public names of a module of Keras: ``layers``, ``losses``, ...; ``keras`` for the top."""
    return frozenset(NAMES.get(module, "").split())


def find(module: str, name: str) -> str | None:
    """The public name of Keras that a text means, ignoring case and underscores."""
    plain = ALIASES.get(name.lower(), name).replace("_", "").lower()
    candidates = sorted(n for n in names(module) if n.replace("_", "").lower() == plain)
    return name if name in candidates else next(iter(candidates), None)


def sentence(module: str, name: str) -> str:
    """The message about a name that Keras has and trimtab has not."""
    full = f"{module}.{name}"
    image = module == "layers" and name not in LAYERS_FOR_TABLES
    if name in OUTSIDE or (image and full not in INSTEAD):
        return f"{full} is not supported: {PURPOSE}"
    yet = " yet" if module in _GROWING and full not in _ELSEWHERE else ""
    return f"{full} is not supported{yet}. {INSTEAD.get(full, '')}".rstrip()


def refusals(module: str, own: Iterable[str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module: refuses a name of Keras as such, a typo with a suggestion.

    ``hasattr`` needs an ``AttributeError``, but ``from module import name`` swallows it together
    with its text. An import statement therefore asks the finders of ``sys.meta_path`` for what the
    module lacks, as it does in every package, and :class:`_Finder` answers. A module is a package
    if it has a ``__path__``; the empty one here holds no files.

    Args:
        module: Its name in Keras: ``layers``, ``losses``, ...; ``keras`` for the top.
        own: Its public names.
    """

    def __getattr__(name: str) -> Any:  # noqa: N807 - that is what it becomes
        if name == "__path__":
            return []
        raise missing(module, name, own)

    return __getattr__


def missing(module: str, name: str, own: Iterable[str]) -> AttributeError:
    """The error for a name that a module lacks."""
    if name.startswith("__"):
        return AttributeError(f"module 'trimtab.{module}' has no attribute {name!r}")
    if name in names(module):
        return MissingAttribute(sentence(module, name))
    if name in MODULES.get(module, {}):
        return MissingAttribute(f"{module} has no {name!r}. {MODULES[module][name]}")
    if module in ("losses", "metrics") and name.lower() in ALIASES:
        if ALIASES[name.lower()] in own:
            return UnknownAttribute(
                f"{module} has no {name!r}. Did you mean {ALIASES[name.lower()]!r}?"
            )
        return MissingAttribute(sentence(module, ALIASES[name.lower()]))
    return UnknownAttribute(f"{module} has no {name!r}. {checks.nearest(name, own)}".rstrip())


def missing_member(thing: Any, name: str, advice: Mapping[str, str]) -> Any:
    """The end of a ``__getattr__`` of models, layers and optimizers: raises what Python would.

    Args:
        thing: What lacks the attribute.
        name: Of the attribute.
        advice: What to use instead, by name; where there is some, it is said.
    """
    if name in advice and not hasattr(type(thing), name):
        raise MissingAttribute(f"{type(thing).__name__} has no {name!r}. {advice[name]}")
    # Looked up again: an error from inside a property keeps its own text.
    return object.__getattribute__(thing, name)


class _Finder:
    """Turns a module's refusal of a name into an ``ImportError`` with the same text.

    Without the base class of ``importlib.abc``, which takes 20 ms to load.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> None:
        parent, _, name = fullname.rpartition(".")
        if parent.partition(".")[0] != "trimtab":
            return
        try:
            getattr(sys.modules[parent], name)
        except MissingAttribute as refusal:
            raise MissingImport(str(refusal)) from None
        except UnknownAttribute as refusal:
            raise UnknownImport(str(refusal)) from None
        except AttributeError:
            return


# At the end: it is asked for what no other finder has, and finds nothing itself.
sys.meta_path.append(_Finder())
