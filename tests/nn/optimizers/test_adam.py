"""Adam and AdamW: their rule, their refusals."""

import pytest

from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument
from trimtab.nn import optimizers


def test_rule():
    assert optimizers.Adam().lower().weight_decay == 0.0
    assert optimizers.AdamW().lower().weight_decay == 0.004
    assert optimizers.Adam().lower().rule == optimizers.AdamW().lower().rule == "adam"


@pytest.mark.parametrize("cls", [optimizers.Adam, optimizers.AdamW])
def test_refused(cls):
    for beta in ("beta_1", "beta_2"):
        assert_refused(
            InvalidArgument,
            f"{beta} must be a float of at least 0 and below 1, received 1.0.",
            lambda beta=beta: cls(**{beta: 1.0}),
        )
    assert_refused(
        InvalidArgument,
        "epsilon must be a number above 0, received 0.",
        lambda: cls(epsilon=0),
    )
    assert_refused(
        InvalidArgument,
        "amsgrad must be True or False, received 1.",
        lambda: cls(amsgrad=1),
    )


def test_adamw_needs_a_decay():
    assert_refused(
        InvalidArgument,
        "weight_decay must be a number of 0 or more, received None. "
        "Use Adam to train without weight decay.",
        lambda: optimizers.AdamW(weight_decay=None),
    )
