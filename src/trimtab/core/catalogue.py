"""Refuses names of Keras that trimtab does not have, and says what to use instead."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import Any

from trimtab.core import checks
from trimtab.core.keras_names import LAYERS_FOR_TABLES, NAMES, OUTSIDE
from trimtab.errors import TrimtabError, Unsupported

PURPOSE = "trimtab trains dense networks with dropout and batch normalization on tables."

_FUNCTIONAL = (
    "There is no functional API: use Sequential([...]), and layers.Residual(...) for skip "
    "connections."
)
_GENERATORS = "Pass arrays or DataFrames to fit."
_CUSTOM_LAYERS = "Subclass layers.Layer and write call(self, x) in jax.numpy."
_REGISTER = "Use trimtab.register, or pass custom_objects= when loading."

#: What to use in place of a name of Keras.
_INSTEAD = {
    "keras.Model": _FUNCTIONAL,
    "models.Model": _FUNCTIONAL,
    "keras.KerasTensor": _FUNCTIONAL,
    "keras.Function": _FUNCTIONAL,
    "utils.PyDataset": _GENERATORS,
    "utils.Sequence": _GENERATORS,
    "layers.Softmax": "Use layers.Activation('softmax').",
    "keras.ops": "Write custom layers and losses in jax.numpy.",
    "keras.random": "Use jax.random with self.random_key() in a layer's call.",
    "keras.Variable": "Use self.add_weight(...) in a layer's build.",
    "layers.Lambda": _CUSTOM_LAYERS,
    "layers.JaxLayer": _CUSTOM_LAYERS,
    "layers.FlaxLayer": _CUSTOM_LAYERS,
    "saving.get_custom_objects": _REGISTER,
    "utils.get_custom_objects": _REGISTER,
    "callbacks.SwapEMAWeights": "Use callbacks.ExponentialMovingAverage.",
}


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
    plain = name.replace("_", "").lower()
    candidates = sorted(n for n in names(module) if n.replace("_", "").lower() == plain)
    return name if name in candidates else next(iter(candidates), None)


def sentence(module: str, name: str) -> str:
    """The message about a name that Keras has and trimtab has not."""
    full = f"{module}.{name}"
    if full in _INSTEAD:
        return f"{full} is not supported. {_INSTEAD[full]}"
    if name in OUTSIDE or (module == "layers" and name not in LAYERS_FOR_TABLES):
        return f"{full} is not supported: {PURPOSE}"
    return f"{full} is not supported yet."


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
    return UnknownAttribute(f"{module} has no {name!r}. {checks.nearest(name, own)}".rstrip())


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
