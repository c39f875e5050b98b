"""The coach: finds likely problems before training, with evidence, a remedy as code and a source.

``model.check()`` runs it. :mod:`~trimtab.coach.codes` lists all findings,
:mod:`~trimtab.coach.facts` holds what is known of a model and its fit, and
:mod:`~trimtab.coach.rules` turns facts into findings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trimtab.insight.coach.codes import Code, Severity
from trimtab.insight.coach.collecting import collect
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding, Findings
from trimtab.insight.coach.rules import RULES
from trimtab.insight.coach.steps import measure_start

if TYPE_CHECKING:
    from trimtab.nn.network import Network
    from trimtab.training.settings import FitSettings

__all__ = ["RULES", "Code", "Facts", "Finding", "Findings", "Severity", "check"]


def check(model: Network, x: Any, y: Any, settings: FitSettings, **circumstances: Any) -> Findings:
    """Runs all rules; see :meth:`trimtab.Sequential.check`.

    Args:
        model: The network; built, if ``x`` is given.
        x, y: Training rows and targets, or None.
        settings: The settings of the fit.
        circumstances: See :func:`~trimtab.coach.collecting.collect`.
    """
    facts = collect(model, x, y, settings, **circumstances)
    measure_start(facts)
    # Twice: the first time the rules say what their remedies change, the second time each remedy
    # is written so that it undoes none of the others.
    for _ in range(2):
        found = [finding for rule in RULES.values() for finding in rule(facts)]
    return Findings(found, facts.unchecked)
