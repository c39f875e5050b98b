"""What this engine can run: one row an op, a loss, an update rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax

from trimtab.engines.jax import dense, losses, optimizers
from trimtab.engines.jax.call import Call
from trimtab.errors import EngineError
from trimtab.program import Op, Program
from trimtab.program.ops import LossOp, OptimizerOp

#: Value and new state of an op.
Forward = Callable[[Op, Call], tuple[jax.Array, Sequence[jax.Array]]]
#: Losses of the rows from targets and predictions.
RowLosses = Callable[[LossOp, jax.Array, jax.Array], jax.Array]
#: New weights and slots from (weights, slots, gradient, learning rate, step).
Update = Callable[
    [OptimizerOp, jax.Array, jax.Array, jax.Array, jax.Array, jax.Array],
    tuple[jax.Array, jax.Array],
]

FORWARD: dict[str, Forward] = {
    "bias": dense.bias,
    "matmul": dense.matmul,
}

LOSSES: dict[str, RowLosses] = {
    "mean_absolute_error": losses.mean_absolute_error,
    "mean_squared_error": losses.mean_squared_error,
}

RULES: dict[str, Update] = {
    "sgd": optimizers.sgd,
}

#: What an update may be asked for besides its rule that this engine has not.
_SWEEP = ("weight_decay", "clipvalue", "clipnorm", "global_clipnorm")


def check(program: Program) -> None:
    """Raises ``EngineError`` naming the first thing in the program that is not here."""
    for op in program.ops:
        if op.kind not in FORWARD:
            _refuse("op", op.kind, FORWARD)
    if program.loss is not None and program.loss.loss not in LOSSES:
        _refuse("loss", program.loss.loss, LOSSES)
    if program.optimizer is not None:
        if program.optimizer.rule not in RULES:
            _refuse("optimizer rule", program.optimizer.rule, RULES)
        for name in _SWEEP:
            if getattr(program.optimizer, name):
                _refuse("optimizer setting", name, RULES)


def _refuse(
    what: str, name: str, known: dict[str, Forward] | dict[str, RowLosses] | dict[str, Update]
) -> None:
    raise EngineError(
        f"engine='jax' has no {what} {name!r} yet; it has {', '.join(sorted(known))}. "
        "Use engine='native'."
    )
