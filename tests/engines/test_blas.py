"""Products of every shape; and SciPy's BLAS for them on request, handed over by its capsule."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.close import assert_close, assert_same_bits
from tests.support.engines import THREADS, engine, native_level, native_levels
from tests.support.processes import run_python
from tests.support.programs import dense, initial_state
from trimtab.engines import Rows
from trimtab.program import Builder

_native = pytest.importorskip("trimtab.core._native", reason="the native extension is not built")

INPUTS = (1, 2, 15, 64, 200)
UNITS = (1, 2, 8, 9, 31, 100, 256)


@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize("units", UNITS)
def test_products_of_every_shape(inputs: int, units: int) -> None:
    generator = np.random.default_rng(0)
    builder = Builder(inputs)
    program = builder.finish(dense(builder, 0, units, "dense", use_bias=False))
    kernel = generator.normal(size=(inputs, units)).astype(np.float32)
    state = initial_state(program)
    state.parameters[:] = kernel.reshape(-1)
    for level in native_levels():
        first: dict[int, Rows] = {}
        for threads in THREADS:
            with native_level(level):
                made = engine("native", program, state, threads=threads)
            for count in (1, 3, 64, 129):
                x = np.random.default_rng(count).normal(size=(count, inputs)).astype(np.float32)
                expected = x.astype(float) @ kernel.astype(float)
                scale = np.abs(x).astype(float) @ np.abs(kernel)
                trained = made.forward(x, training=True)
                for actual in (made.predict(x), trained):
                    assert_close(actual, expected, 3e-6, scale=scale)
                known = first.setdefault(count, trained)
                assert_same_bits(trained, known, f"{threads} threads")


def test_nothing_of_scipy_is_loaded_unless_asked_for() -> None:
    script = """
    import sys
    from trimtab.engines import make_engine
    from trimtab.engines.native import _native
    import numpy as np
    from trimtab.program import Builder
    builder = Builder(3)
    made = make_engine(builder.finish(builder.emit("activation", [0], function="relu")))
    made.predict(np.ones((3, 3), np.float32))
    print(any(name.startswith("scipy") for name in sys.modules), _native.uses_blas())
    """
    assert run_python(script, TRIMTAB_MATMUL="") == "False False"


def test_an_unknown_choice_is_refused() -> None:
    script = """
    import numpy as np
    from trimtab.engines import make_engine
    from trimtab.errors import InvalidArgument
    from trimtab.program import Program
    try:
        make_engine(Program((3,), (), 0, (), ())).predict(np.ones((1, 3), np.float32))
    except InvalidArgument as error:
        print(error)
    """
    message = "TRIMTAB_MATMUL must be one of kernels, blas, received 'mkl'."
    assert run_python(script, TRIMTAB_MATMUL="mkl") == message


def test_the_capsule_of_scipy_is_accepted_and_another_is_not() -> None:
    script = """
    import ctypes
    from scipy.linalg import cython_blas
    from trimtab.engines.native import _native
    new = ctypes.pythonapi.PyCapsule_New
    new.restype = ctypes.py_object
    new.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    assert not _native.uses_blas()
    _native.use_blas(cython_blas.__pyx_capi__["sgemm"])
    for wrong in (cython_blas.__pyx_capi__["dgemm"], new(1, b"void (int *)", None), "sgemm"):
        try:
            _native.use_blas(wrong)
        except (TypeError, ValueError) as error:
            assert isinstance(wrong, str) or "has another signature" in str(error), error
        else:
            raise AssertionError(wrong)
        assert _native.uses_blas(), "a refused capsule leaves the good one"
    _native.use_blas(None)
    print(_native.uses_blas())
    """
    assert run_python(script) == "False"


BLAS = """
import numpy as np
from tests.engines.test_threads import NETWORKS, trained
from tests.support.close import assert_close, assert_same_bits
from tests.support.engines import THREADS
"""


def test_with_the_blas_runs_have_the_same_bits_for_any_number_of_threads() -> None:
    script = (
        BLAS
        + """
from trimtab.engines.native import _native
for name, program in NETWORKS.items():
    first = trained(program, 1)
    for threads in THREADS:
        assert_same_bits(trained(program, threads).parameters, first.parameters, name)
print(_native.uses_blas())
"""
    )
    assert run_python(script, TRIMTAB_MATMUL="blas") == "True"


def test_with_the_blas_products_are_right_and_rows_do_not_depend_on_neighbours() -> None:
    # On their place among 64 they do: a BLAS may compute the last rows of a call differently.
    script = """
import numpy as np
import tests.engines.test_rows as rows
import tests.engines.test_blas as blas
from tests.support.close import assert_same_bits
from tests.support.engines import engine
from tests.support.programs import draw_rows, initial_state
for inputs in blas.INPUTS:
    for units in blas.UNITS:
        blas.test_products_of_every_shape(inputs, units)
for program in rows.PROGRAMS.values():
    made = engine("native", program, initial_state(program))
    x = draw_rows(program, 300).x
    whole = made.predict(x)
    for count in (1, 63, 65, 299):
        assert_same_bits(made.predict(x[:count]), whole[:count])
print(blas._native.uses_blas())
"""
    assert run_python(script, TRIMTAB_MATMUL="blas", timeout=300) == "True"


def test_the_threads_of_scipys_blas_are_given_back() -> None:
    script = (
        BLAS
        + """
import scipy.linalg
from threadpoolctl import threadpool_info, threadpool_limits
from tests.support.engines import engine
from tests.support.programs import draw_rows, initial_state
from trimtab.engines import TrainCall
def counts():
    return {p["filepath"]: p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"}
program = NETWORKS["lesson"]
made = engine("native", program, initial_state(program))
rows = draw_rows(program, 100)
made.predict(rows.x)  # loads the BLAS
during = []
with threadpool_limits(2, user_api="blas"):
    before = counts()
    made.train(TrainCall(rows, np.resize(np.arange(100), 100_000), batch_size=10, seed=0,
                         learning_rates=np.full(10_000, 1e-3, np.float32),
                         watch=lambda done, loss: during.append(counts())))
    assert counts() == before, (counts(), before)
scipys = [path for path in before if "scipy" in path.lower().rsplit("/", 2)[1]]
assert during
for seen in during:
    for path, threads in seen.items():
        assert threads == (1 if path in scipys or not scipys else before[path]), (seen, before)
print("given back")
"""
    )
    assert run_python(script, TRIMTAB_MATMUL="blas") == "given back"
