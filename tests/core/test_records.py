"""Records: what is written comes back, and everything else is one clear refusal."""

import json
import math
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pytest

from trimtab.core.records import from_record, to_record
from trimtab.core.types import Doubles
from trimtab.errors import InvalidArgument


@dataclass(frozen=True)
class Part:
    name: str
    size: float
    flag: bool = False

    def __post_init__(self):
        if self.size < 0:
            raise ValueError(f"size must be 0 or more, received {self.size}.")


@dataclass(frozen=True)
class Whole:
    parts: tuple[Part, ...]
    rows: int
    labels: tuple[str | int | float | bool, ...] = ()
    best: float | None = None
    by_name: Mapping[str, float] = field(default_factory=dict)
    inner: Mapping[str, Part] = field(default_factory=dict)
    how: Literal["one", "two"] = "one"
    notes: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, eq=False)
class Knots:
    knots: Doubles
    of: str


WHOLE = Whole((Part("a", 1.5), Part("b", 2.0, True)), 3, ("x", 1, 2.5, True), None, {"m": 1.0})
RECORD = {
    "parts": [
        {"name": "a", "size": 1.5, "flag": False},
        {"name": "b", "size": 2.0, "flag": True},
    ],
    "rows": 3,
    "labels": ["x", 1, 2.5, True],
    "best": None,
    "by_name": {"m": 1.0},
    "inner": {},
    "how": "one",
    "notes": [],
}


def test_plain_data_and_back():
    assert to_record(WHOLE) == RECORD
    again = from_record(Whole, json.loads(json.dumps(RECORD)))
    assert again == WHOLE
    assert [type(label) for label in again.labels] == [str, int, float, bool]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, -0.0, 5e-324])
def test_floats_come_back_as_they_are(number):
    again = from_record(Whole, {**RECORD, "best": number}).best
    assert np.float64(again).tobytes() == np.float64(number).tobytes()


def test_an_integer_stands_for_a_float():
    again = from_record(Part, {"name": "a", "size": 2})
    assert (again.size, type(again.size)) == (2.0, float)


def test_defaults_may_be_missing():
    assert from_record(Whole, {"parts": [], "rows": 0}) == Whole((), 0)


def test_arrays_travel_beside_the_record():
    knots = Knots(np.array([1.0, 2.0]), "size")
    record = to_record(knots, without=("knots",))
    assert record == {"of": "size"}
    again = from_record(Knots, record, knots=knots.knots)
    assert again.knots is knots.knots
    with pytest.raises(InvalidArgument, match=r"^Knots has no field 'knots' in a record\.$"):
        from_record(Knots, {"of": "size", "knots": [1.0]}, knots=knots.knots)
    with pytest.raises(InvalidArgument, match=r"^Knots has no field 'record'\.$"):
        from_record(Knots, record, knots=knots.knots, record=1)
    with pytest.raises(InvalidArgument, match=r"^knots must be numpy\.ndarray, received \[1\.0\]"):
        from_record(Knots, {"of": "size", "knots": [1.0]})


def part(**changes):
    return {**RECORD, "parts": [RECORD["parts"][0], {**RECORD["parts"][1], **changes}]}


REFUSED = {
    "Whole must be a dict, received [1].": [1],
    "Whole must be a dict, received None.": None,
    "rows must be int, received '3'.": {**RECORD, "rows": "3"},
    "rows must be int, received True.": {**RECORD, "rows": True},
    "rows must be int, received 3.0.": {**RECORD, "rows": 3.0},
    "parts[0] must have the field 'size', received {'name': 'a'}.": {
        **RECORD,
        "parts": [{"name": "a"}],
    },
    "Whole has no field 'seed', received 1.": {**RECORD, "seed": 1},
    "each key of Whole must be str, received {1: 2}.": {1: 2},
    "parts must be list, received {}.": {**RECORD, "parts": {}},
    "parts[1].name must be str, received 5.": part(name=5),
    "parts[1].name must be str, received None.": part(name=None),
    "parts[1].flag must be bool, received 0.": part(flag=0),
    "parts[1] has no field 'x', received [].": part(x=[]),
    "parts[1]: size must be 0 or more, received -1.0.": part(size=-1),
    "parts[1] must be dict, received 7.": {**RECORD, "parts": [RECORD["parts"][0], 7]},
    "labels[1] must be bool | int | float | str, received None.": {**RECORD, "labels": ["", None]},
    "by_name[each] must be float, received {'m': '1'}.": {**RECORD, "by_name": {"m": "1"}},
    "inner['a'] has no field 'x', received 0.": {
        **RECORD,
        "inner": {"a": {"name": "a", "size": 0, "x": 0}},
    },
    "how must be one of its known values, received 'three'.": {**RECORD, "how": "three"},
    "best must be float | None, received '99999999999999999...999999999999999999'.": {
        **RECORD,
        "best": "9" * 70,
    },
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_refusals_name_field_rule_and_value(sentence):
    with pytest.raises(InvalidArgument) as refusal:
        from_record(Whole, REFUSED[sentence])
    assert str(refusal.value) == sentence


def test_a_long_document_is_not_repeated_whole():
    with pytest.raises(InvalidArgument) as refusal:
        from_record(Whole, {**RECORD, "by_name": [{"m": i} for i in range(10_000)]})
    assert len(str(refusal.value)) < 200


def test_numbers_beyond_float64():
    with pytest.raises(InvalidArgument):
        from_record(Part, {"name": "a", "size": 10**400})


def test_msgspec_waits_until_a_record_is_read():
    code = "import trimtab, trimtab.core.records, sys; assert 'msgspec' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
