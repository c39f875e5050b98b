"""One voice for every refusal."""

import math

import numpy as np
import pytest

from tests.support.refusals import assert_refused
from trimtab.core import checks
from trimtab.errors import InvalidArgument, Unsupported


@pytest.mark.parametrize(
    ("check", "value", "text"),
    [
        (checks.positive_integer, 0, "n must be a positive integer, received 0."),
        (checks.positive_integer, 2.0, "n must be a positive integer, received 2.0."),
        (checks.positive_integer, True, "n must be a positive integer, received True."),
        (checks.positive_integer, "3", "n must be a positive integer, received '3'."),
        (checks.number, math.nan, "n must be a finite number, received nan."),
        (checks.number, math.inf, "n must be a finite number, received inf."),
        (checks.number, "1", "n must be a finite number, received '1'."),
        (checks.number, True, "n must be a finite number, received True."),
        (checks.positive_number, 0, "n must be a number above 0, received 0."),
        (checks.positive_number, math.nan, "n must be a number above 0, received nan."),
        (checks.positive_number, math.inf, "n must be a number above 0, received inf."),
        (checks.non_negative_number, -1, "n must be a number of 0 or more, received -1."),
        (checks.non_negative_number, math.nan, "n must be a number of 0 or more, received nan."),
        (checks.probability, 1.3, "n must be a float between 0 and 1, received 1.3."),
        (checks.probability, -0.1, "n must be a float between 0 and 1, received -0.1."),
        (checks.probability, math.nan, "n must be a float between 0 and 1, received nan."),
        (checks.probability, None, "n must be a float between 0 and 1, received None."),
        (checks.decay_factor, 1, "n must be a float of at least 0 and below 1, received 1."),
        (checks.boolean, 1, "n must be True or False, received 1."),
        (checks.seed, -1, "n must be None or an integer from 0 to 2**64 - 1, received -1."),
        (
            checks.seed,
            2**64,
            f"n must be None or an integer from 0 to 2**64 - 1, received {2**64}.",
        ),
        (checks.seed, 1.5, "n must be None or an integer from 0 to 2**64 - 1, received 1.5."),
    ],
)
def test_refused(check, value, text):
    assert_refused(InvalidArgument, text, lambda: check("n", value))


@pytest.mark.parametrize(
    ("check", "value", "expected"),
    [
        (checks.positive_integer, np.int64(3), 3),
        (checks.number, np.float32(0.5), 0.5),
        (checks.number, -2, -2.0),
        (checks.positive_number, 3, 3.0),
        (checks.non_negative_number, 0, 0.0),
        (checks.probability, 0, 0.0),
        (checks.probability, 1, 1.0),
        (checks.probability, np.float64(0.25), 0.25),
        (checks.decay_factor, 0.99, 0.99),
        (checks.boolean, np.True_, True),
        (checks.seed, None, None),
        (checks.seed, 2**64 - 1, 2**64 - 1),
    ],
)
def test_accepted(check, value, expected):
    result = check("n", value)
    assert result == expected and type(result) is type(expected)


def test_integer_names_its_range():
    assert checks.integer("n", 3, minimum=1, maximum=3) == 3
    assert_refused(
        InvalidArgument,
        "n must be an integer from 1 to 3, received 4. Take fewer.",
        lambda: checks.integer("n", 4, minimum=1, maximum=3, hint="Take fewer."),
    )


def test_choice_offers_the_nearest():
    assert checks.choice("mode", "fan_in", ["fan_in", "fan_out"]) == "fan_in"
    assert_refused(
        InvalidArgument,
        "mode must be one of 'fan_in', 'fan_out', received 'fanin'. Did you mean 'fan_in'?",
        lambda: checks.choice("mode", "fanin", ["fan_in", "fan_out"]),
    )
    assert_refused(
        InvalidArgument,
        "mode must be one of 'fan_in', received 7.",
        lambda: checks.choice("mode", 7, ["fan_in"]),
    )


def test_nearest_ignores_case_and_gives_up():
    assert checks.nearest("RELU", ["relu", "selu"]) == "Did you mean 'relu'?"
    assert checks.nearest("zzz", ["relu"]) == ""


def test_names_of_layers():
    assert checks.name_of("layer", "first") == "first"
    for bad in ("", "a/b", 3):
        assert_refused(
            InvalidArgument,
            f"name of a layer must be a text without '/', received {bad!r}.",
            lambda bad=bad: checks.name_of("layer", bad),
        )


def test_unsupported_speaks_only_of_what_is_set():
    checks.unsupported("Dense", lora_rank=None, synchronized=False)
    assert_refused(
        Unsupported,
        "Dense: lora_rank is not supported, received lora_rank=4. Leave it out.",
        lambda: checks.unsupported("Dense", other=None, lora_rank=4),
    )


def test_unknown_arguments():
    checks.unknown_arguments("Adam", [], ["learning_rate"])
    for name, hint in [
        ("lr", " Use learning_rate."),
        ("learn_rate", " Did you mean 'learning_rate'?"),
    ]:
        assert_refused(
            InvalidArgument,
            f"Adam has no argument {name!r}.{hint}",
            lambda name=name: checks.unknown_arguments("Adam", [name], ["learning_rate"]),
        )
    assert_refused(
        InvalidArgument,
        "Dense has no argument 'lr'. It has 'units'.",
        lambda: checks.unknown_arguments("Dense", ["lr"], ["units"]),
    )
