"""The Python side of the native engine; its C++ sources are in ``native/``."""

import atexit

from trimtab.core import _native
from trimtab.engines.native.engine import NativeEngine

__all__ = ["NativeEngine"]

# Daemon threads may still be training when the interpreter ends.
atexit.register(_native.stop)
