"""The list's rules, and the rule that halves it."""

from collections import Counter

import pytest

from benchmarks.accuracy.halves import SEEN, halves
from benchmarks.accuracy.tables import LIMIT, Table, find, tables

from .made import table

LISTED = list(tables().values())


def test_there_are_enough_tables_large_ones_and_kinds() -> None:
    assert len(LISTED) >= 30
    assert sum(table.large for table in LISTED) >= 10
    assert {table.task for table in LISTED} == {"regression", "binary", "multiclass"}


@pytest.mark.parametrize("listed", LISTED, ids=lambda table: table.name)
def test_a_table_says_all_that_is_needed(listed: Table) -> None:
    assert listed.version[0].isdigit(), "a pinned version"
    assert 5 <= listed.columns <= 100
    assert 200 <= listed.rows <= min(listed.limit, LIMIT)
    assert all(reason for reason in listed.drop.values())
    assert len(listed.sha256) == len(listed.file_sha256) == 64
    assert listed.source and listed.licence
    assert listed.target not in listed.drop


def test_no_file_is_listed_twice() -> None:
    assert max(Counter((table.package, table.file) for table in LISTED).values()) == 1


def test_an_unknown_table_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match="no table moon; have house_prices"):
        find("moon")


def test_both_halves_have_numbers_and_classes_large_and_small() -> None:
    half = halves(LISTED)
    groups = Counter((half[t.name], t.classes, t.large) for t in LISTED)
    for classes in (False, True):
        for large in (False, True):
            dealt = [groups[side, classes, large] for side in ("choose", "judge")]
            assert min(dealt) >= 3
            assert abs(dealt[0] - dealt[1]) <= 1 + 2 * len(SEEN)
    assert Counter(half.values())["judge"] >= len(LISTED) // 2 - len(SEEN)


def test_the_halves_do_not_hang_on_the_order_of_the_list() -> None:
    assert halves(LISTED) == halves(reversed(LISTED))


def test_the_halves_are_those_of_the_seed() -> None:
    named = [table(name=f"t{number}") for number in range(20)]
    assert halves(named, "one") == halves(named, "one")
    assert halves(named, "one") != halves(named, "another")


def test_the_halves_stay_as_they_were_dealt() -> None:
    """Evidence was gathered with these: a table that changes sides has been looked at."""
    judging = sorted(name for name, half in halves(LISTED).items() if half == "judge")
    assert judging == [
        "bike_rentals",
        "caravan",
        "check_times",
        "communities",
        "contraceptive",
        "credit_card",
        "diamonds",
        "doctor_visits",
        "evaluations",
        "heart",
        "hpc_jobs",
        "incomes",
        "letters",
        "loans",
        "orange_juice",
        "salaries",
        "songs",
        "taxi_tips",
        "telescope",
        "tuition",
    ]
