"""Nothing is registered without an oracle and examples."""

from __future__ import annotations

import pytest

from tests.contracts import oracles
from tests.contracts.test_ops import examples
from tests.support.programs import op_program
from trimtab.engines.choosing import make_engine
from trimtab.errors import TrimtabError
from trimtab.program.ops import LOSSES, OPS, RULES
from trimtab.program.ops.losses import FUNCTION


def test_every_op_loss_and_rule_has_an_oracle() -> None:
    assert oracles.OPS.keys() == OPS.keys()
    assert oracles.LOSSES.keys() == LOSSES.keys()
    assert oracles.RULES.keys() == RULES.keys()


@pytest.mark.parametrize("kind", OPS)
def test_every_op_has_examples_that_make_programs(kind: str) -> None:
    examples = OPS[kind].examples()
    assert examples
    for example in examples:
        program = op_program(OPS[kind], example)
        assert program.ops[-1].kind == kind
        assert str(program)


def test_jax_has_every_op_loss_and_rule() -> None:
    pytest.importorskip("jax", reason="JAX is not installed")
    from trimtab.engines.jax import registry

    assert registry.FORWARD.keys() == OPS.keys()
    assert registry.LOSSES.keys() == {*LOSSES, FUNCTION}
    assert registry.RULES.keys() == RULES.keys()


def test_native_has_every_op_that_does_not_say_otherwise() -> None:
    pytest.importorskip("trimtab.core._native", reason="the native extension is not built")
    for kind, op in OPS.items():
        program = op_program(op, op.examples()[0])
        assert program.native == op.native, kind
        if op.native:
            assert make_engine(program, "native").program is program
        else:
            with pytest.raises(TrimtabError, match="engine='native' does not support"):
                make_engine(program, "native")


@pytest.mark.parametrize("kind", OPS)
def test_the_cases_for_jax_hold_every_setting(kind: str) -> None:
    """Fewer shapes than on the native engine, but no setting less."""
    chosen = [example for _, example in examples("jax", OPS[kind])]
    settings = {repr(example.attributes) for example in OPS[kind].examples()}
    assert {repr(example.attributes) for example in chosen} >= settings
