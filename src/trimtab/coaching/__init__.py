"""The coach's prescriptions: what is wrong with a network, and which change is proved to help.

:func:`coach` watches a training, tries the remedies of what it finds beside the present network
(:mod:`trimtab.trials`), and returns a :class:`Prescription`.
"""

from __future__ import annotations

from trimtab.coaching.coach import coach
from trimtab.coaching.prescription import Prescription

__all__ = ["Prescription", "coach"]
