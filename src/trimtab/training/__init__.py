"""Training: data conversion, the loop, history, callbacks, progress."""

from trimtab.training import callbacks

__all__ = ["callbacks"]
