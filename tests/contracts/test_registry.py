"""Nothing is registered without an oracle and examples."""

from __future__ import annotations

import pytest

from tests.contracts import oracles
from tests.support.programs import ADAM, SGD, FakeWeight, op_program
from trimtab.errors import EngineError
from trimtab.program import Builder
from trimtab.program.ops import LOSSES, OPS, RULES, LossOp, OptimizerOp


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


def test_jax_refuses_by_name_what_it_has_not() -> None:
    pytest.importorskip("jax", reason="JAX is not installed")
    from trimtab.engines.jax import JaxEngine, registry

    assert registry.FORWARD.keys() <= OPS.keys()
    assert registry.LOSSES.keys() <= LOSSES.keys()
    assert registry.RULES.keys() <= RULES.keys()
    for kind in OPS.keys() - registry.FORWARD.keys():
        with pytest.raises(EngineError, match=f"no op '{kind}' yet"):
            JaxEngine(op_program(OPS[kind], OPS[kind].examples()[0]))
    builder = Builder(2)
    output = builder.emit("bias", [0], [FakeWeight("dense/bias", (2,))])
    for name in LOSSES.keys() - registry.LOSSES.keys():
        with pytest.raises(EngineError, match=f"no loss '{name}' yet"):
            JaxEngine(builder.finish(output, LossOp(loss=name), SGD))
    for rule in RULES.keys() - registry.RULES.keys():
        with pytest.raises(EngineError, match=f"no optimizer rule '{rule}' yet"):
            JaxEngine(builder.finish(output, None, OptimizerOp(rule=rule)))
    with pytest.raises(EngineError, match="no optimizer setting 'clipnorm' yet"):
        JaxEngine(builder.finish(output, None, OptimizerOp(rule="sgd", clipnorm=1.0)))
    assert ADAM.rule not in registry.RULES  # or the sketch has grown: widen the tests
