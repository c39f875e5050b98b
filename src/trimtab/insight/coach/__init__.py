"""The coach: finds problems before and after training, with evidence, a remedy and a source.

``model.check()`` runs it, and :class:`~trimtab.callbacks.Coach` at the end of a ``fit``.
:mod:`~trimtab.insight.coach.codes` lists all findings, :mod:`~trimtab.insight.coach.facts` holds
what is known of a model and its fit, and :mod:`~trimtab.insight.coach.rules` turns facts into
findings. :mod:`~trimtab.insight.coach.course` does the same for a training that is over.
"""

from __future__ import annotations

from trimtab.insight.coach.codes import Code, Severity
from trimtab.insight.coach.course import COURSE_RULES
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding, Findings
from trimtab.insight.coach.rules import RULES
from trimtab.insight.coach.running import check

__all__ = ["COURSE_RULES", "RULES", "Code", "Facts", "Finding", "Findings", "Severity", "check"]
