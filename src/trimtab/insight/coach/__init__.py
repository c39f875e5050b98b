"""The coach: names what is wrong, with evidence, a remedy as code, and a source.

``model.check()`` asks it before training. :mod:`~trimtab.coach.findings` holds every finding there
is, :mod:`~trimtab.coach.facts` collects what is known, :mod:`~trimtab.coach.rules` turns it into
findings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trimtab.insight.coach.codes import Code, Severity
from trimtab.insight.coach.collecting import collect
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding, Findings
from trimtab.insight.coach.rules import RULES

if TYPE_CHECKING:
    from trimtab.nn.network import Network
    from trimtab.training.settings import FitSettings

__all__ = ["RULES", "Code", "Facts", "Finding", "Findings", "Severity", "check"]


def check(model: Network, x: Any, y: Any, settings: FitSettings, **circumstances: Any) -> Findings:
    """What all rules find; see :meth:`trimtab.Sequential.check`.

    Args:
        model: built, if ``x`` is given.
        x, y: rows and targets to train on, or None.
        settings: of the fit.
        circumstances: see :func:`~trimtab.coach.collecting.collect`.
    """
    facts = collect(model, x, y, settings, **circumstances)
    found = [finding for rule in RULES.values() for finding in rule(facts)]
    return Findings(found, facts.unchecked)
