"""Many networks as one: each gives what it gives alone, whatever the others do."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.engines.test_steps import assert_same_state
from tests.support.close import assert_close, assert_same_bits
from tests.support.drift import ALLOWED, LEAST_DRIFT, TOLERANCE, distance
from tests.support.engines import ENGINES, engine
from tests.support.processes import run_python
from tests.support.programs import ADAM, SGD, dense, draw_rows, initial_state, network
from tests.support.refusals import assert_refused
from trimtab.engines import EngineState, Rows, TrainCall
from trimtab.engines.base import TrainResult
from trimtab.engines.native.population import budget
from trimtab.engines.population import Population, make_population
from trimtab.errors import EngineError, InvalidArgument, Unsupported
from trimtab.program import Builder, Program
from trimtab.program.ops import ConstraintOp, Function, LossOp, OptimizerOp
from trimtab.program.structure import difference, structure

#: Everything that members may differ in, by member; the last two have all rows.
RATES = (0.1, 0.3, 0.5, 0.3)
DECAYS = (0.0, 0.01, 0.1, 0.01)
SEEDS = (3, 2**40 + 1, 5, 2**63)
BATCH = 4


def program_of(rate: float = 0.3, decay: float = 0.01, **options: Any) -> Program:
    # One block: what is compiled here, again and again, is to be small.
    options = {"hidden": (16,), **options}
    return network(rate=rate, optimizer=replace(ADAM, weight_decay=decay), **options)


PROGRAMS = tuple(program_of(rate, decay) for rate, decay in zip(RATES, DECAYS, strict=True))
STATES = [initial_state(PROGRAMS[0], seed=member) for member in range(4)]
ROWS = draw_rows(PROGRAMS[0], 50, weighted=True)


def draw_orders() -> list[np.ndarray | None]:
    """Other rows, and more or fewer of them; with short last batches of one row and of three."""
    generator = np.random.default_rng(7)
    picked = generator.permutation(50)[:31]
    return [
        generator.permutation(picked),
        generator.permutation(50)[:21],
        None,
        np.arange(50)[::-1],
    ]


ORDERS = draw_orders()
STEPS = (8, 6, 13, 13)


def settings(orders: list[np.ndarray | None], **options: Any) -> dict[str, Any]:
    steps = [-(-(50 if order is None else len(order)) // BATCH) for order in orders]
    rates = [np.linspace(0.01 * (k + 1), 0.005, n).astype(np.float32) for k, n in enumerate(steps)]
    return {
        "orders": orders,
        "batch_size": BATCH,
        "seeds": SEEDS[: len(orders)],
        "learning_rates": rates,
        **options,
    }


def calls_of(
    orders: Any,
    seeds: Any,
    learning_rates: Any,
    sizes: Any = None,
    dropout_rates: Any = None,
    rows: Rows = ROWS,
    **common: Any,
) -> list[TrainCall]:
    """One call a member."""
    each = [None] * len(orders)
    return [
        TrainCall(
            rows, order, seed=seed, learning_rates=rates, sizes=size, dropout_rates=own, **common
        )
        for order, seed, rates, size, own in zip(
            orders, seeds, learning_rates, sizes or each, dropout_rates or each, strict=True
        )
    ]


def population(name: str, programs: Any = PROGRAMS, states: Any = None) -> Population:
    if name == "jax":
        pytest.importorskip("jax", reason="JAX is not installed")
    made = make_population(programs, name)
    made.load(STATES[: len(programs)] if states is None else states)
    return made


def alone(
    name: str, member: int, arguments: dict[str, Any], state: EngineState | None = None
) -> tuple[TrainResult, EngineState]:
    """What a member does by itself."""
    made = engine(name, PROGRAMS[member], STATES[member] if state is None else state)
    order, rates = arguments["orders"][member], arguments["learning_rates"][member]
    if order is not None and len(order) == 0:
        return TrainResult(float("nan"), 0), made.dump()
    call = TrainCall(
        ROWS,
        None if order is None else np.ascontiguousarray(order),
        batch_size=BATCH,
        seed=arguments["seeds"][member],
        learning_rates=rates,
        predictions=True,
    )
    result = made.train(call)
    return result, made.dump()


def numbers(result: TrainResult, state: EngineState) -> dict[str, Any]:
    return {
        "loss": result.loss,
        "predictions": result.predictions,
        "parameters": state.parameters,
        "state": state.state,
        "slots": state.slots,
    }


@cache
def trained(name: str) -> tuple[list[TrainResult], list[EngineState]]:
    """A pass of all four members over their own rows."""
    made = population(name)
    results = made.train(calls_of(**settings(ORDERS, predictions=True)))
    return results, made.dump()


# -- the same numbers ---------------------------------------------------------------------------


def test_native_members_give_the_bits_they_give_alone() -> None:
    for member, (result, state) in enumerate(zip(*trained("native"), strict=True)):
        expected, after = alone("native", member, settings(ORDERS))
        assert (result.steps, result.stopped) == (STEPS[member], False)
        assert result.total == expected.total
        assert result.loss == expected.loss
        assert_same_bits(result.predictions, expected.predictions, "predictions")
        assert_same_state(state, after)


@pytest.mark.optimized
def test_jax_members_take_the_step_they_take_alone() -> None:
    """One step of each from where a run has led it, against the native engine's."""
    _, states = trained("native")
    made = population("jax", PROGRAMS, states)
    # One stands still: then the code is that of a pass of different lengths.
    one = [np.arange(50)[member : member + BATCH] for member in range(3)]
    arguments = settings([*one, np.arange(0)])
    results = made.train(calls_of(predictions=True, **arguments))
    for member, state in enumerate(made.dump()[:3]):
        expected = numbers(*alone("native", member, arguments, states[member]))
        for what, value in numbers(results[member], state).items():
            assert distance(value, expected[what]) <= TOLERANCE, (member, what)
        assert state.step == states[member].step + 1


@pytest.mark.optimized
def test_jax_members_run_as_alone() -> None:
    """A whole pass, within ten times what one unit in the last place of the kernels makes of it."""
    member = 1
    results, states = trained("jax")
    result = results[member]
    assert (result.steps, result.stopped) == (STEPS[member], False)
    made = numbers(result, states[member])
    expected = numbers(*alone("jax", member, settings(ORDERS)))
    moved = STATES[member].parameters.copy()
    for slot in PROGRAMS[member].parameters:
        if len(slot.shape) == 2:
            moved[slot.place] = np.nextafter(moved[slot.place], np.float32(1))
    nudged = numbers(
        *alone("jax", member, settings(ORDERS), replace(STATES[member], parameters=moved))
    )
    for what, value in made.items():
        drift = max(distance(nudged[what], expected[what]), LEAST_DRIFT)
        assert distance(value, expected[what]) <= ALLOWED * drift, what


@pytest.mark.parametrize("name", ENGINES)
def test_members_have_tables_of_their_own(name: str) -> None:
    """One step of each on its own rows, some of them short, against the native engine's alone."""
    program = program_of(normalize=False, categories=(3, 20))
    states = [initial_state(program, seed=member) for member in range(3)]
    rows = draw_rows(program, 50, weighted=True)
    orders = [np.arange(4), np.arange(10, 13), np.arange(30, 31)]
    made = population(name, (program,) * 3, states)
    arguments = settings(orders)
    made.train(calls_of(rows=rows, **arguments))
    for member, after in enumerate(made.dump()):
        own = engine("native", program, states[member])
        own.train(calls_of(rows=rows, **arguments)[member])
        expected = own.dump()
        assert expected.slots[program.parameters[1].place].any()
        for what in ("parameters", "slots"):
            off = distance(getattr(after, what), getattr(expected, what))
            assert off <= TOLERANCE, (member, what)


@pytest.mark.parametrize("name", ENGINES)
def test_a_population_of_one(name: str) -> None:
    made = population(name, PROGRAMS[2:3], STATES[2:3])
    arguments = settings([None])
    arguments["seeds"] = SEEDS[2:3]
    (result,) = made.train(calls_of(predictions=True, **arguments))
    whole = settings([None] * 4)
    whole["learning_rates"] = arguments["learning_rates"] * 4
    expected = numbers(*alone("native", 2, whole))
    tolerance = 0 if name == "native" else 1e-5
    for what, value in numbers(result, made.dump()[0]).items():
        assert distance(value, expected[what]) <= tolerance, what


@pytest.mark.parametrize("name", ENGINES)
def test_a_member_without_rows_stands_still(name: str) -> None:
    made = population(name)
    arguments = settings([ORDERS[0], np.arange(0), None, np.arange(0)])
    results = made.train(calls_of(predictions=True, **arguments))
    assert [result.steps for result in results] == [8, 0, 13, 0]
    states = made.dump()
    for member in (1, 3):
        assert_same_state(states[member], STATES[member])
        assert np.isnan(results[member].loss)
        assert results[member].total == 0
        assert results[member].predictions.shape == (0, 1)
    for member in (0, 2):
        assert_same_state(states[member], trained(name)[1][member])


@pytest.mark.parametrize("name", ENGINES)
def test_a_pass_in_pieces_is_the_pass(name: str) -> None:
    """Each member goes on from where it was, at a step of its own."""
    made = population(name)
    whole = settings(ORDERS)
    cuts = (1, 6, 4, 8)
    for part in (slice(None, 1), slice(1, None)):
        pieces = dict(whole)
        pieces["orders"], pieces["learning_rates"] = [], []
        for member, cut in enumerate(cuts):
            order = np.arange(50) if ORDERS[member] is None else ORDERS[member]
            rates = whole["learning_rates"][member]
            head = part.stop == 1
            pieces["orders"].append(order[: cut * BATCH] if head else order[cut * BATCH :])
            pieces["learning_rates"].append(rates[:cut] if head else rates[cut:])
        made.train(calls_of(predictions=True, **pieces))
    for state, expected in zip(made.dump(), trained(name)[1], strict=True):
        assert_same_state(state, expected)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("same", [False, True])
def test_evaluation_is_that_of_each_on_its_own_rows(name: str, same: bool) -> None:
    made = population(name)
    which = None if same else [np.arange(10, 30), np.array([4]), None, np.arange(50)[::-3]]
    found = made.evaluate(ROWS, which, predictions=True)
    for member, evaluation in enumerate(found):
        part = slice(None) if same or which[member] is None else which[member]
        single = engine("native", PROGRAMS[member], STATES[member])
        own = Rows(ROWS.x[part], ROWS.y[part], ROWS.weight[part])
        expected = single.evaluate(own, predictions=True)
        tolerance = 0 if name == "native" else TOLERANCE
        assert_close(evaluation.loss, expected.loss, tolerance, what=f"loss of {member}")
        assert_close(evaluation.predictions, expected.predictions, tolerance)
    assert made.evaluate(ROWS, which)[0].predictions is None


@pytest.mark.parametrize("name", ENGINES)
def test_predictions_of_all_members(name: str) -> None:
    made = population(name)
    found = made.predict(ROWS.x[:9])
    assert found.shape == (4, 9, 1)
    for member, program in enumerate(PROGRAMS):
        expected = engine("native", program, STATES[member]).predict(ROWS.x[:9])
        assert_close(found[member], expected, 0 if name == "native" else TOLERANCE)
    assert_same_bits(made.predict(ROWS.x[4:5])[:, 0], found[:, 4])


@pytest.mark.parametrize("name", ENGINES)
def test_load_and_dump_copy(name: str) -> None:
    made = population(name)
    given = [
        EngineState(s.parameters.copy(), s.state, s.slots, 7 + k) for k, s in enumerate(STATES)
    ]
    made.load(given)
    given[1].parameters[:] = 0
    dumped = made.dump()
    assert [state.step for state in dumped] == [7, 8, 9, 10]
    for state, expected in zip(dumped, STATES, strict=True):
        assert_same_bits(state.parameters, expected.parameters)
        state.parameters[:] = 0
    assert_same_bits(made.dump()[2].parameters, STATES[2].parameters)


def test_other_rates_seeds_and_decays_compile_nothing() -> None:
    trained("jax")
    made: Any = population("jax")
    compiled = made._call.train._cache_size()
    others = [
        program_of(rate, decay) for rate, decay in ((0.9, 1.0), (0.2, 0.0), (0.4, 0.0), (0.1, 0.0))
    ]
    other: Any = population("jax", others)
    arguments = settings(ORDERS, predictions=True)
    arguments["seeds"] = (9, 8, 7, 6)
    arguments["learning_rates"] = [rates * 0.1 for rates in arguments["learning_rates"]]
    other.train(calls_of(**arguments))
    assert other._call is made._call
    assert other._call.train._cache_size() == compiled


def test_members_are_shared_out_among_devices() -> None:
    """Three members on two devices: the native engine's numbers."""
    pytest.importorskip("jax", reason="JAX is not installed")
    script = """
        import numpy as np
        from tests.support.programs import ADAM, draw_rows, initial_state, network
        from tests.engines.test_population import calls_of
        from trimtab.engines.population import make_population

        program = network(3, (4,))
        states = [initial_state(program, seed) for seed in range(3)]
        rows = draw_rows(program, 20)
        found = []
        for name, devices in (("native", None), ("jax", "all")):
            made = make_population([program] * 3, name, devices=devices)
            made.load(states)
            orders = [None, np.arange(9), np.arange(20)[::-1]]
            rates = [np.full(n, 0.01, np.float32) for n in (5, 3, 5)]
            made.train(calls_of(orders, (1, 2, 3), rates, rows=rows, batch_size=4))
            losses = [each.loss for each in made.evaluate(rows, [None, np.arange(3), None])]
            parameters = [state.parameters for state in made.dump()]
            found.append((losses, parameters, made.predict(rows.x)))
        assert made._place.shards == 2
        for expected, actual in zip(*found):
            np.testing.assert_allclose(np.array(actual), np.array(expected), rtol=1e-4, atol=1e-5)
        print("same")
    """
    flags = "--xla_force_host_platform_device_count=2"
    assert run_python(script, XLA_FLAGS=flags, JAX_PLATFORMS="cpu") == "same"


def test_losses_of_ones_own_see_true_batches() -> None:
    """A function of the whole batch: what fills a batch up would change it."""
    jnp = pytest.importorskip("jax.numpy", reason="JAX is not installed")

    def total(y_true: Any, y_pred: Any) -> Any:
        return jnp.sum(jnp.square(y_true - y_pred))

    builder = Builder(3)
    loss = LossOp(loss="function", function=Function(total, "total"))
    program = builder.finish(dense(builder, 0, 1, "output", use_bias=False), loss, SGD)
    states = [initial_state(program, seed) for seed in range(3)]
    rows = draw_rows(program, 11)
    orders = [np.arange(7), np.arange(4), np.arange(4, 11)]
    rates = [np.full(-(-len(order) // 4), 0.01, np.float32) for order in orders]
    made = population("jax", [program] * 3, states)
    results = made.train(calls_of(orders, (1, 2, 3), rates, rows=rows, batch_size=4))
    measured = made.evaluate(rows, orders)
    for member, state in enumerate(made.dump()):
        kernel, losses = states[member].parameters.reshape(3, 1), 0.0
        for batch in (orders[member][:4], orders[member][4:]):
            error = rows.x[batch] @ kernel - rows.y[batch]
            losses += len(batch) * np.sum(error**2)
            kernel = kernel - 0.01 * 2 * rows.x[batch].T @ error
        assert_close(results[member].loss, losses / len(orders[member]), 1e-5)
        assert_close(state.parameters, kernel[:, 0], 1e-5)
        error = rows.x[orders[member]] @ kernel - rows.y[orders[member]]
        assert_close(measured[member].loss, np.sum(error**2), 1e-5)


# -- stopping -----------------------------------------------------------------------------------


def long_pass(name: str) -> dict[str, Any]:
    """On JAX some calls; on the native engine far longer than the time between two looks."""
    order = np.resize(np.arange(50), 50 if name == "jax" else 4_000_000)
    return settings([order, order[: len(order) // 2], order, order])


@pytest.mark.parametrize("name", ENGINES)
def test_watch_stops_all_members_between_steps(name: str) -> None:
    calls: list[tuple[int, float]] = []

    def watch(steps: int, loss: float) -> bool:
        calls.append((steps, loss))
        return True

    made = population(name)
    arguments = long_pass(name)
    results = made.train(calls_of(predictions=True, watch=watch, **arguments))
    assert len(calls) == 1
    assert calls[0][0] > 0
    assert np.isfinite(calls[0][1])
    states = made.dump()
    for member, (result, state) in enumerate(zip(results, states, strict=True)):
        all_steps = len(arguments["learning_rates"][member])
        assert result.steps == state.step <= all_steps
        assert result.stopped == (result.steps < all_steps)
    assert any(result.stopped for result in results)
    assert_as_far_as_it_came(name, results, states, arguments)


def assert_as_far_as_it_came(
    name: str, results: list[TrainResult], states: list[EngineState], arguments: dict[str, Any]
) -> None:
    """What was done is exactly so many steps of each member."""
    again = population(name)
    done = dict(arguments)
    pairs = list(zip(arguments["orders"], results, strict=True))
    done["orders"] = [order[: result.steps * BATCH] for order, result in pairs]
    done["learning_rates"] = [
        rates[: result.steps]
        for rates, result in zip(arguments["learning_rates"], results, strict=True)
    ]
    expected = again.train(calls_of(predictions=True, **done))
    for state, after in zip(states, again.dump(), strict=True):
        assert_same_state(state, after)
    assert [result.total for result in results] == [result.total for result in expected]


@pytest.mark.parametrize("name", ENGINES)
def test_ctrl_c_stops_all_members_and_loses_nothing(name: str) -> None:
    """Raised where Python would raise it: in the thread that waits."""

    def watch(steps: int, loss: float) -> bool:
        raise KeyboardInterrupt

    made = population(name)
    arguments = long_pass(name)
    with pytest.raises(KeyboardInterrupt) as caught:
        made.train(calls_of(predictions=True, watch=watch, **arguments))
    results: Any = caught.value.partial  # type: ignore[attr-defined]
    states = made.dump()
    assert [result.steps for result in results] == [state.step for state in states]
    assert sum(result.steps for result in results) > 0
    assert_as_far_as_it_came(name, results, states, arguments)


def test_a_signal_stops_native_members() -> None:
    made = population("native")
    arguments = long_pass("native")
    sent: list[float] = []

    def interrupt() -> None:
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.2, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt) as caught:
        made.train(calls_of(**arguments))
    timer.join()
    assert time.monotonic() - sent[0] < 5
    assert len(caught.value.partial) == 4  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ENGINES)
def test_an_exception_in_watch_comes_out(name: str) -> None:
    def watch(steps: int, loss: float) -> bool:
        raise LookupError("seen")

    made = population(name)
    with pytest.raises(LookupError, match="seen"):
        made.train(calls_of(predictions=True, watch=watch, **long_pass(name)))
    assert sum(state.step for state in made.dump()) > 0


def test_an_error_of_one_native_member_stops_the_others() -> None:
    made = population("native")
    arguments = long_pass("native")
    arguments["orders"][0] = np.full(50, 50)  # there is no row 50
    arguments["learning_rates"][0] = np.zeros(13, np.float32)
    with pytest.raises(ValueError, match="order points outside x"):
        made.train(calls_of(**arguments))


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
@pytest.mark.parametrize("members", [1, 2, 3, 4, 7, 8, 9])
def test_members_share_the_threads(members: int, threads: int) -> None:
    """Those that begin together never have more than there are, nor leave a whole share idle."""
    budgets = [budget(member, members, threads) for member in range(members)]
    tail = members % threads
    together = budgets[members - tail :] if tail else budgets[-threads:]
    # A budget is divided by the number of networks that run when one begins.
    used = sum(max(1, each // place) for place, each in enumerate(together, start=1))
    assert used <= threads
    assert threads - used < len(together)
    assert budgets[: members - tail] == [1] * (members - tail)


def test_threads_change_no_bit() -> None:
    made = make_population(PROGRAMS, "native", threads=7)
    made.load(STATES)
    made.train(calls_of(**settings(ORDERS)))
    for state, expected in zip(made.dump(), trained("native")[1], strict=True):
        assert_same_state(state, expected)


# -- refusals -----------------------------------------------------------------------------------

_NOT_ALIKE = (
    "all networks of a population must have one architecture, but in member 1 {} as in member 0. "
    "They may differ in seeds, dropout rates above 0, learning rates, weight decay and rows. Make "
    "one population for each architecture."
)


def constrained(program: Program) -> Program:
    first = replace(program.parameters[0], constraint=ConstraintOp(kind="non_negative"))
    return replace(program, parameters=(first, *program.parameters[1:]))


DIFFERENCES: dict[str, Callable[[], Program]] = {
    "the number of input columns is 7, not 6": lambda: program_of(inputs=7),
    "the width of op 0 (matmul) is 8, not 16": lambda: program_of(hidden=(8,)),
    "function of op 2 (activation) is 'tanh', not 'relu'": lambda: program_of(function="tanh"),
    "op 3 is matmul, not dropout": lambda: program_of(rate=0.0),
    "l2 of parameter 0 is 0.1, not 0.0": lambda: program_of(penalty=(0.0, 0.1)),
    "constraint of parameter 0 is ConstraintOp(kind='non_negative', minimum=0.0, maximum=0.0, "
    "rate=1.0, axes=(), function=None), not None": lambda: constrained(program_of()),
    "loss of the loss is 'mean_absolute_error', not 'mean_squared_error'": lambda: program_of(
        loss=LossOp(loss="mean_absolute_error")
    ),
    "the loss is missing, not present": lambda: program_of(loss=None),
    "rule of the optimizer is 'sgd', not 'adam'": lambda: replace(program_of(), optimizer=SGD),
    "beta_1 of the optimizer is 0.8, not 0.9": lambda: replace(
        program_of(), optimizer=OptimizerOp(rule="adam", beta_1=0.8)
    ),
}


@pytest.mark.parametrize("what", DIFFERENCES)
def test_other_architectures_are_refused_by_their_first_difference(what: str) -> None:
    programs = [program_of(), DIFFERENCES[what]()]
    text = _NOT_ALIKE.format(what)
    assert_refused(InvalidArgument, text, lambda: make_population(programs))


def test_no_members_are_refused() -> None:
    text = "a population needs at least one program, received none."
    assert_refused(InvalidArgument, text, lambda: make_population([]))


def test_differences_are_those_of_the_structure() -> None:
    renamed = program_of()
    renamed = replace(
        renamed, parameters=tuple(replace(s, name=f"other/{s.name}") for s in renamed.parameters)
    )
    assert structure(renamed) == structure(program_of())
    for same in (renamed, program_of(rate=0.9), program_of(decay=0.5), program_of(decay=0.0)):
        assert difference(program_of(), same) is None
    assert structure(program_of(decay=0.5)) == structure(program_of())
    for other in DIFFERENCES.values():
        assert structure(other()) != structure(program_of())


@pytest.mark.parametrize("name", ENGINES)
def test_arguments_that_do_not_fit_are_refused(name: str) -> None:
    made = population(name)
    good = settings(ORDERS)
    three = "{} must have one entry per member (4), received 3."
    calls = calls_of(**good)
    assert_refused(EngineError, three.format("calls"), lambda: made.train(calls[:3]))
    others = {"rows": Rows(ROWS.x, ROWS.y), "batch_size": 5, "predictions": True, "watch": print}
    for what, other in others.items():
        assert_refused(
            EngineError,
            f"all members of a population must train with the same {what}; members 0 and 2 differ.",
            lambda k=what, v=other: made.train([*calls[:2], replace(calls[2], **{k: v}), calls[3]]),
        )
    assert_refused(EngineError, three.format("states"), lambda: made.load(STATES[:3]))
    assert_refused(
        EngineError, three.format("which"), lambda: made.evaluate(ROWS, [None, None, None])
    )
    few = {**good, "learning_rates": [*good["learning_rates"][:3], np.zeros(12, np.float32)]}
    assert_refused(
        EngineError,
        "member 3 trains 13 steps and needs as many learning rates, received 12.",
        lambda: made.train(calls_of(**few)),
    )
    with pytest.raises(EngineError, match="targets"):
        made.train(calls_of(rows=Rows(ROWS.x), **good))
    with pytest.raises(EngineError, match="targets"):
        made.evaluate(Rows(ROWS.x))


def test_devices_of_several_processes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("jax", reason="JAX is not installed")
    from trimtab.engines.jax.devices import Placement

    monkeypatch.setattr(Placement, "several_processes", True)
    assert_refused(
        Unsupported,
        "a population runs in one process, received devices of several. Make one population in "
        "each process, with devices=jax.local_devices() and a share of the members.",
        lambda: make_population(PROGRAMS, "jax"),
    )


@pytest.mark.parametrize("name", ENGINES)
def test_programs_that_only_predict_do_not_train(name: str) -> None:
    programs = [program_of(loss=None)] * 2
    programs = [replace(program, optimizer=None) for program in programs]
    states = [initial_state(program) for program in programs]
    made = population(name, programs, states)
    with pytest.raises((EngineError, ValueError), match="no loss"):
        made.train(calls_of(**settings([None, None])))
    with pytest.raises((EngineError, ValueError), match="no loss"):
        made.evaluate(ROWS)


# -- batches of any size, and rates said for each --------------------------------------------------


@pytest.mark.parametrize("name", ENGINES)
def test_sizes_and_rates_are_those_of_each_member(name: str) -> None:
    """The second member keeps its own rates, the third the sizes that its engine chooses."""
    (value,) = (op.output for op in PROGRAMS[0].ops if op.kind == "dropout")
    sizes = [np.array([4, 3, 4, 3], np.int32), np.array([2] * 7, np.int32), None]
    said = [
        {value: np.linspace(0.6, 0.0, 4).astype(np.float32)},
        None,
        {value: np.linspace(0.0, 0.9, 4).astype(np.float32)},
    ]
    orders = [np.random.default_rng(k).permutation(50)[:14] for k in range(3)]
    rates = [np.full(4 if own is None else len(own), 0.01, np.float32) for own in sizes]
    together = population(name, PROGRAMS[:3])
    common = {"batch_size": BATCH, "predictions": True}
    calls = calls_of(orders, SEEDS[:3], rates, sizes, said, **common)
    results = together.train(calls)
    for member, (result, state) in enumerate(zip(results, together.dump(), strict=True)):
        made = engine(name, PROGRAMS[member], STATES[member])
        alone = made.train(calls[member])
        assert result.steps == alone.steps == len(rates[member])
        if name == "native":
            assert_same_state(state, made.dump())
            assert result.total == alone.total
        else:
            assert_close(state.parameters, made.dump().parameters, 1e-4)
            assert_close(result.predictions, alone.predictions, 1e-4)


def test_sizes_and_rates_that_do_not_fit_a_member_are_refused() -> None:
    made = population("native", PROGRAMS[:2])
    rates = np.full(2, 0.01, np.float32)
    common: dict[str, Any] = {
        "orders": [np.arange(8)] * 2,
        "batch_size": BATCH,
        "seeds": SEEDS[:2],
        "learning_rates": [rates] * 2,
    }
    for options, text in (
        ({"sizes": [None, np.array([4, 3], np.int32)]}, "add up to 8 rows"),
        ({"dropout_rates": [None, {1: rates}]}, "which is not the output of a dropout op"),
    ):
        with pytest.raises(EngineError, match=text):
            made.train(calls_of(**common, **options))
