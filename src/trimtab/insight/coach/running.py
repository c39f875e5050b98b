"""Runs all rules on what is known of a network, its fit, and its training if that is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trimtab.engines.base import Rows
from trimtab.insight.coach.collecting import collect
from trimtab.insight.coach.course import Course, findings_of
from trimtab.insight.coach.course.advice import renewed
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding, Findings
from trimtab.insight.coach.rules import RULES
from trimtab.insight.coach.steps import measure_start
from trimtab.training.history import History

if TYPE_CHECKING:
    from trimtab.nn.network import Network
    from trimtab.training.settings import FitSettings

__all__ = ["before_training", "check"]


def check(
    model: Network,
    x: Any,
    y: Any,
    settings: FitSettings,
    *,
    history: History | None = None,
    **circumstances: Any,
) -> Findings:
    """Runs all rules; see :meth:`trimtab.Sequential.check`.

    Args:
        model: The network; built, if ``x`` is given.
        x, y: Training rows and targets, or None.
        settings: The settings of the fit.
        history: Of the fit, if it is over.
        circumstances: See :func:`~trimtab.insight.coach.collecting.collect`.
    """
    facts = collect(model, x, y, settings, **circumstances)
    if history is not None and history.history.get("learning_rate"):
        facts.highest_rate = max(map(float, history.history["learning_rate"]))
    found = before_training(facts)
    if history is not None:
        found = renewed(facts, found) + findings_of(_course_of(facts, history))
    return Findings(found, facts.unchecked)


def before_training(facts: Facts) -> list[Finding]:
    """What the rules about a network and its data find."""
    measure_start(facts)
    # The first time the rules say what their remedies change, the second time each remedy is
    # written so that it undoes none of the others.
    found = _ruled(facts)
    return _ruled(facts) if found else found


def _ruled(facts: Facts) -> list[Finding]:
    return [finding for rule in RULES.values() for finding in rule(facts)]


def _course_of(facts: Facts, history: History) -> Course:
    """What is known of a training from its history, and the network and rows that are left."""
    rows = valid = None
    if facts.x is not None and facts.y is not None and facts.labels is None:
        rows = Rows(facts.x.values, facts.y.values)
    if facts.x_valid is not None and facts.y_valid is not None and facts.labels is None:
        valid = Rows(facts.x_valid.values, facts.y_valid.values)
    return Course.of_history(history, facts, rows, valid)
