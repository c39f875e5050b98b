"""Trials: variants of a network beside the present one, on the same seeds and the same rows.

:func:`compare` runs them and says which helped, by how much and how surely;
:mod:`~trimtab.trials.edits` has changes to try.
"""

from __future__ import annotations

from trimtab.trials import edits
from trimtab.trials.comparing import compare
from trimtab.trials.results import Comparison
from trimtab.trials.stream import read_outcomes
from trimtab.trials.trial import Outcome, Trial
from trimtab.trials.verdicts import Verdict

__all__ = ["Comparison", "Outcome", "Trial", "Verdict", "compare", "edits", "read_outcomes"]
