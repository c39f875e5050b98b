"""The lesson on dropout and batch normalization: three data sets, five networks, their curves.

Rows, networks and settings are those of the scripts in ``examples/``; ``trimtab lesson`` runs them.
"""

from trimtab.lesson.curves import draw_curves
from trimtab.lesson.data import Split, read_table
from trimtab.lesson.lessons import LESSONS, Lesson, Variant
from trimtab.lesson.moving import MOVING, Moving
from trimtab.lesson.outcome import Outcome, train

__all__ = [
    "LESSONS",
    "MOVING",
    "Lesson",
    "Moving",
    "Outcome",
    "Split",
    "Variant",
    "draw_curves",
    "read_table",
    "train",
]
