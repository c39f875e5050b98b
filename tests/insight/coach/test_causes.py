"""A symptom is listed below its cause."""

from tests.insight.coach.course.runs import trained
from trimtab.insight.coach import Code
from trimtab.insight.coach.causes import EXPLAINS, causes_of
from trimtab.insight.coach.findings import Finding, Findings

CODES = {code.code for code in Code}


def finding(code):
    return Finding.of(code, "so it is", {"number": 1}, steps="pass", network="pass")


def test_only_codes_are_named_and_no_cause_explains_itself():
    assert {*EXPLAINS, *(each for codes in EXPLAINS.values() for each in codes)} <= CODES
    assert all(cause not in explained for cause, explained in EXPLAINS.items())


def test_every_consequence_has_its_root():
    """Whatever is found together, following causes ends at one that nothing explains."""
    causes = causes_of([code.code for code in Code])
    assert causes and not {*causes.values()} & {*causes}


def test_the_cause_comes_first_however_severe_the_consequence_is():
    found = Findings(
        [finding(Code.CONSTANT_COLUMNS), finding(Code.DIVERGED), finding(Code.INPUT_SCALES)]
    )
    assert found.codes == ["input-scales", "diverged", "constant-columns"]
    assert found.causes == {"diverged": "input-scales"}
    text = str(found)
    assert text.startswith("1 error, 1 warning, 1 note\n\nWARNING input-scales")
    assert "\n  ERROR diverged" in text
    assert "Follows from input-scales; mend that first." in text
    assert text.count("Remedy:") == 2
    assert "follows from input-scales" in found._repr_html_()


def test_alone_it_is_a_cause_itself():
    found = Findings([finding(Code.DIVERGED)])
    assert found.causes == {} and "Remedy:" in str(found)


def test_in_a_run():
    coach, _, _ = trained(Code.SATURATED_UNITS, 0)
    assert coach.findings.codes[0] == "input-scales"
    assert coach.findings.causes["saturated-units"] == "input-scales"
