"""The Python side of the C++ engine; the C++ side lies in ``native/`` at the top of the project."""

from trimtab.engines.native.engine import NativeEngine

__all__ = ["NativeEngine"]
