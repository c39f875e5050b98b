"""Programs connect layers and engines: each is a flat, frozen list of operations.

Layers *lower* themselves into a :class:`Program` through a :class:`Builder`. Engines read only the
program. :func:`verify` checks a program before any engine gets it.
"""

from trimtab.program.build import Builder
from trimtab.program.ops import OPS, Op
from trimtab.program.program import Program, ScheduledRate, Slot
from trimtab.program.verify import verify

__all__ = ["OPS", "Builder", "Op", "Program", "ScheduledRate", "Slot", "verify"]
