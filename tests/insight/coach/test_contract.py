"""One contract for every rule: it fires, it keeps still, its texts are whole, its remedy works."""

import json
import re

import numpy as np
import pytest

from tests.insight.coach import cases, structure_cases
from tests.insight.coach.cases import check
from tests.insight.coach.course.test_contract import EDITS
from trimtab import Sequential
from trimtab.insight.coach import COURSE_RULES, RULES, Code, Severity

FIRES = cases.FIRES | structure_cases.FIRES
SILENT = cases.SILENT | structure_cases.SILENT

BEFORE = [code for code in Code if code not in COURSE_RULES]
FIRING = [(code, i) for code in Code for i in range(len(FIRES.get(code, [])))]
KEEPING_STILL = [(code, i) for code in Code for i in range(len(SILENT.get(code, [])))]


def name(value):
    return value.code if isinstance(value, Code) else str(value)


def found(code, case):
    return [finding for finding in case.check() if finding.code == code.code]


def test_every_code_has_a_rule_and_cases():
    assert set(RULES) == set(BEFORE) == set(FIRES) == set(SILENT)
    assert all(FIRES.values()) and all(SILENT.values())
    assert len(set(RULES.values())) == len(RULES)


@pytest.mark.parametrize("code", Code, ids=name)
def test_texts_are_whole(code):
    text = code.value
    assert isinstance(text.severity, Severity)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code.code)
    assert text.title[0].isupper() and text.title[-1].isalnum()
    assert text.meaning[0].isupper() and text.meaning.endswith(".")
    assert ". " not in text.meaning, "one sentence"
    assert len(text.source) > 20 and text.remedy
    assert (RULES | COURSE_RULES)[code].__doc__


@pytest.mark.parametrize(("code", "i"), FIRING, ids=name)
def test_fires(code, i):
    findings = found(code, FIRES[code][i]())
    assert findings
    for finding in findings:
        assert finding.severity == code.value.severity and finding.title == code.value.title
        assert finding.sentence and not re.search(r"[{}]|nan|inf\b", finding.sentence)
        assert not finding.sentence.endswith(".")
        assert finding.evidence
        json.dumps(dict(finding.evidence), allow_nan=False)
        json.dumps([edit.record() for edit in finding.edits], allow_nan=False)
        assert {edit.name for edit in finding.edits} <= EDITS
        compile(finding.remedy, "remedy", "exec")
        assert max(map(len, finding.remedy.splitlines())) <= 96


@pytest.mark.parametrize(("code", "i"), KEEPING_STILL, ids=name)
def test_keeps_still(code, i):
    assert found(code, SILENT[code][i]()) == []


@pytest.mark.parametrize(("code", "i"), FIRING, ids=name)
def test_remedy_runs_and_silences(code, i, monkeypatch):
    """What is pasted runs as it is; a ``fit`` in it is checked the next time."""
    case = FIRES[code][i]()
    options = dict(case.options)
    fit = Sequential.fit

    def recorded(model, x, y, validation_data=None, **given):
        options.update(given)
        return fit(
            model, x, y, validation_data=validation_data, **{**given, "epochs": 1}, verbose=0
        )

    monkeypatch.setattr(Sequential, "fit", recorded)
    names = {"model": case.model, **case.data}
    names |= {key: options[key] for key in ("callbacks", "sample_weight") if key in options}
    for remedy in dict.fromkeys(finding.remedy for finding in found(code, case)):
        exec(remedy, names)  # what a user does with it
    options |= {key: names[key] for key in ("sample_weight",) if key in names}
    if "x_valid" in names:
        options.pop("validation_split", None)
    model = names["model"]
    assert [finding for finding in check(model, names, options) if finding.code == code.code] == []
    if np.isfinite(np.asarray(names["x"], np.float64)).all():
        fit(model, names["x"], names["y"], batch_size=32, verbose=0)  # and it can be trained
