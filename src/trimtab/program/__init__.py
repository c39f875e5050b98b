"""What stands between declarations and engines: a flat, frozen list of operations.

Layers *lower* themselves into a :class:`Program` through a :class:`Builder`; engines read the
program and nothing else. A program is checked by :func:`verify` before any engine sees it.
"""

from trimtab.program.build import Builder
from trimtab.program.ops import OPS, Op
from trimtab.program.program import Program, ScheduledRate, Slot
from trimtab.program.verify import verify

__all__ = ["OPS", "Builder", "Op", "Program", "ScheduledRate", "Slot", "verify"]
