"""What an activation is: a function on arrays, and the op that layers lower it to."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.core.words import brief, listed
from trimtab.errors import InvalidArgument

__all__ = ["ACTIVATIONS", "Activation", "Formula", "enter", "run"]

Activation = Callable[..., Floats]


@dataclass(frozen=True)
class Formula:
    """What a function lowers to.

    Attributes:
        function: the function on arrays; its further arguments are those of ``settings``.
        kind: of the op; None: nothing.
        settings: the op's attributes from the arguments, which it checks.
        needed: an example of the arguments that have no default.
    """

    function: Activation
    kind: str | None
    settings: Callable[..., dict[str, Any]]
    needed: Mapping[str, float]

    @property
    def name(self) -> str:
        return self.function.__name__

    def attributes(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Attributes of the op.

        Raises:
            InvalidArgument: an argument is unknown, missing or out of range.
        """
        known = inspect.signature(self.settings).parameters
        unknown = [name for name in arguments if name not in known]
        checks.unknown_arguments(f"activation {self.name}", unknown, known)
        missing = [name for name in self.needed if name not in arguments]
        if missing:
            example = ", ".join(f"{name}={value}" for name, value in self.needed.items())
            raise InvalidArgument(
                f"activation {brief(self.name)} needs {listed(missing, last=' and ')}. Use "
                f"functools.partial(activations.{self.name}, {example})."
            )
        named = {"function": self.name} if self.kind in ("activation", "softmax") else {}
        return {**named, **self.settings(**arguments)}


#: Name -> formula, in the order in which names are listed.
ACTIVATIONS: dict[str, Formula] = {}


def _none() -> dict[str, Any]:
    return {}


def enter(
    function: Activation,
    kind: str | None = "activation",
    settings: Callable[..., dict[str, Any]] = _none,
    **needed: float,
) -> None:
    """Enters a function of trimtab; an op of several functions is told its name."""
    ACTIVATIONS[function.__name__] = Formula(function, kind, settings, needed)


def run(name: str, x: ArrayLike, **arguments: Any) -> Floats:
    """An activation on an array of any shape; the last axis holds the columns."""
    # Upward, like Layer.__call__: declarations declare, engines compute.
    from trimtab.engines.eager import run_op

    formula = ACTIVATIONS[name]
    assert formula.kind is not None
    return run_op(formula.kind, x, **formula.attributes(arguments))
