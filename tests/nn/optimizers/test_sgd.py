"""SGD: its rule, its refusals."""

from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument
from trimtab.nn import optimizers


def test_rule():
    assert optimizers.SGD().lower().rule == "sgd"
    assert optimizers.SGD(nesterov=True).lower().rule == "sgd"
    op = optimizers.SGD(momentum=0.9, nesterov=True).lower()
    assert (op.rule, op.momentum, op.nesterov) == ("sgd_momentum", 0.9, True)


def test_refused():
    assert_refused(
        InvalidArgument,
        "momentum must be a float between 0 and 1, received 1.1.",
        lambda: optimizers.SGD(momentum=1.1),
    )
    assert_refused(
        InvalidArgument,
        "nesterov must be True or False, received 1.",
        lambda: optimizers.SGD(nesterov=1),
    )
