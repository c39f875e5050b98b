"""What trimtab and Keras share: the very same lines, given one `keras` module or the other."""

from __future__ import annotations

from typing import Any

from benchmarks.data import Data
from benchmarks.networks import BatchNormalization, Dense, Dropout, Run
from trimtab.core.types import Floats


def network(keras: Any, run: Run, columns: int) -> Any:
    """The run as a built, uncompiled `Sequential`."""
    stack: list[Any] = [keras.Input((columns,))]
    for layer in run.layers:
        match layer:
            case Dense(units, relu):
                stack.append(keras.layers.Dense(units, activation="relu" if relu else None))
            case Dropout(rate):
                stack.append(keras.layers.Dropout(rate))
            case BatchNormalization(momentum, epsilon):
                stack.append(keras.layers.BatchNormalization(momentum=momentum, epsilon=epsilon))
    return keras.Sequential(stack, **({"members": run.members} if run.members > 1 else {}))


def compiled(keras: Any, run: Run, columns: int, **options: Any) -> Any:
    """The run as the lesson's reader has it right before `fit`."""
    model = network(keras, run, columns)
    model.compile(optimizer=run.optimizer, loss="mae", **options)
    return model


def validation(data: Data) -> tuple[Floats, Floats] | None:
    return (data.x_valid, data.y_valid) if data.validates else None


def fit(model: Any, run: Run, data: Data, **options: Any) -> list[float]:
    """The lesson's `fit` call, silent."""
    history = model.fit(
        data.x_train,
        data.y_train,
        validation_data=validation(data),
        batch_size=run.batch_size,
        epochs=run.epochs,
        verbose=0,
        **options,
    )
    return [float(loss) for loss in history.history.get("val_loss", [])]
