"""Halves, candidates, and the list of faults."""

import pytest

from benchmarks.coach import plan, store
from benchmarks.coach.families import FAMILIES
from benchmarks.coach.faults import FAULTS
from benchmarks.coach.halves import HALVES, SEEN, dealt
from benchmarks.coach.truths import ALSO, SHOWN_BY
from trimtab.insight.coach import Code


def test_halves_share_no_table_and_no_family() -> None:
    for of in (plan.tables_of, plan.families_of):
        one, other = (set(of(half)) for half in HALVES)
        assert one and other and not one & other
        assert abs(len(one) - len(other)) <= 4
    assert set(SEEN) <= set(plan.tables_of("choose"))


def test_dealing_depends_on_names_alone() -> None:
    kinds = {f"table{number}": "a" if number % 2 else "b" for number in range(12)}
    assert dealt(kinds) == dealt(dict(reversed(kinds.items())))


@pytest.mark.parametrize("half", HALVES)
def test_candidates_of_each_label(half: plan.Half) -> None:
    for label in plan.labels():
        runs = plan.candidates(label, half)
        assert runs == plan.candidates(label, half)
        assert len({run.name for run in runs}) == len(runs) >= plan.wanted(label)
        assert len({run.table for run in runs}) >= 3
        assert {run.table for run in runs} <= set(plan.tables_of(half))
        assert {run.family for run in runs} <= set(plan.families_of(half))


def test_every_present_code_has_faults() -> None:
    # A note that no run is sick of.
    assert {code.code for code in Code} - {"labels-as-numbers"} <= set(FAULTS)


def test_what_else_is_true_names_labels() -> None:
    assert set(ALSO) == set(FAULTS)
    named = {code for codes in (*ALSO.values(), *SHOWN_BY.values()) for code in codes}
    assert named <= set(FAULTS)
    assert len(FAMILIES) >= 12


@pytest.mark.parametrize("half", HALVES)
def test_stored_rows_are_planned(half: plan.Half) -> None:
    planned = {run.name for label in plan.labels() for run in plan.candidates(label, half)}
    assert set(store.read(half)) <= planned
