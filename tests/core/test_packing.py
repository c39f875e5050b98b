"""What a program remembers, as plain data and back."""

import json

import numpy as np
import pytest

from tests.support.refusals import assert_refused
from trimtab.core.packing import packed, unpacked
from trimtab.errors import InvalidArgument

VALUES = [
    None,
    True,
    3,
    -0.1,
    "text",
    [],
    {},
    {"a": [1, {"b": (2.5, None)}], 3: "number"},
    {"array": "0"},
    {"dict": [["a", 1]]},
    ((), [()], {"tuple": 1}),
]


@pytest.mark.parametrize("value", VALUES)
def test_back_and_forth(value):
    arrays = {}
    document = json.loads(json.dumps(packed(value, arrays, "It")))
    again = unpacked(document, arrays)
    assert again == value and type(again) is type(value) and arrays == {}


@pytest.mark.parametrize("dtype", ["bool", "int64", "uint8", "float32", "float64"])
def test_arrays_keep_type_shape_and_bits(dtype):
    arrays, value = {}, np.arange(6).reshape(2, 3).astype(dtype)
    again = unpacked(packed([value, {"b": value[:, 1:]}], arrays, "It"), arrays)
    for one, other in ((again[0], value), (again[1]["b"], value[:, 1:])):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    value[:] = 0  # training goes on: what was packed stays
    assert again[0].any()


def test_numbers_of_numpy_are_numbers():
    assert packed([np.float32(0.5), np.int64(3), np.bool_(True)], {}, "It") == [0.5, 3, True]


@pytest.mark.parametrize("value", [{1, 2}, 1j, print, np.array(["a"]), np.array([None])])
def test_what_no_file_holds(value):
    with pytest.raises(InvalidArgument, match=r"^Mine\.get_state must return numbers, texts, "):
        packed({"a": [value]}, {}, "Mine.get_state")


def test_the_refusal():
    assert_refused(
        InvalidArgument,
        "Mine.get_state must return numbers, texts, arrays, and lists and dicts of these, received "
        "{1} (set). Leave it out, or return its numbers.",
        lambda: packed({1}, {}, "Mine.get_state"),
    )


@pytest.mark.parametrize("document", [{"array": "7"}, {"set": []}, {}, {"a": 1, "b": 2}])
def test_what_was_not_packed(document):
    with pytest.raises((KeyError, ValueError, TypeError)):
        unpacked(document, {})
