"""Where Keras' arrays have an axis more than the columns of trimtab.

An embedding of several columns has three axes in Keras, and ``Flatten`` lays them side by side. In
trimtab they lie so already, so ``Flatten`` changes nothing; a layer that reads three axes in Keras
would compute something else.
"""

from __future__ import annotations

from typing import Any

from trimtab.errors import Unsupported

__all__ = ["adds_axis", "axes_after"]

#: Layers that treat each number by itself, whatever the axes.
_ANY_AXES = frozenset(
    {"Dropout", "Flatten", "GaussianDropout", "GaussianNoise", "Identity", "Reshape"}
)


def adds_axis(class_name: str, output_mode: Any, width: int | None) -> bool:
    """Whether a layer that reads rows of so many columns returns three axes in Keras.

    Args:
        class_name: of the layer.
        output_mode: its argument of this name, or None.
        width: of its input; None: unknown, taken for several.
    """
    if class_name == "Embedding":
        return True
    encodes = class_name in ("CategoryEncoding", "Discretization") and output_mode == "one_hot"
    return encodes and width != 1


def axes_after(class_name: str, config: Any, axes: int, width: int | None) -> int:
    """The axes that a layer of Keras returns.

    Args:
        class_name: of the layer.
        config: its arguments.
        axes: of its input: 2 for rows of columns, 1 for a single column without an axis.
        width: of its input; None: unknown.

    Raises:
        Unsupported: the layer would compute something else here.
    """
    mode = config.get("output_mode") if isinstance(config, dict) else None
    if axes == 1:
        if class_name != "Embedding":
            raise Unsupported(
                "it reads a column without an axis, as x[:, 3] gives it in Keras. Write x[:, 3:4] "
                "there."
            )
        return 2
    if class_name == "Reshape" and isinstance(config, dict):
        sizes = config.get("target_shape")
        return 1 + len(sizes) if isinstance(sizes, list | tuple) else 2
    if axes == 3:
        if class_name not in _ANY_AXES:
            raise Unsupported(
                "it reads three axes, as an embedding of several columns gives them in Keras. Put "
                "Flatten() before it there."
            )
        return 2 if class_name == "Flatten" else 3
    return 3 if adds_axis(class_name, mode, width) else 2
