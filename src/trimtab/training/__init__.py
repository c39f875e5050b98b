"""Training: the loop, callbacks, history, statistics, progress."""

from trimtab.training import callbacks

__all__ = ["callbacks"]
