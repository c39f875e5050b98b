"""The Python side of the C++ engine; the C++ side lies in ``native/`` at the top of the project."""

import atexit

from trimtab.core import _native
from trimtab.engines.native.engine import NativeEngine

__all__ = ["NativeEngine"]

# Daemon threads may still be training when the interpreter ends.
atexit.register(_native.stop)
