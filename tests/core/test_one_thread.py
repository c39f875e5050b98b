"""The BLAS on one thread: for as long as anybody is inside, whoever leaves first."""

import numpy  # noqa: F401  # brings the BLAS
from threadpoolctl import threadpool_info, threadpool_limits

from trimtab.core.one_thread import one_blas_thread


def threads() -> set[int]:
    return {
        library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"
    }


def test_the_first_to_leave_does_not_give_threads_back() -> None:
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        first, second = one_blas_thread(), one_blas_thread()
        with second:
            with first:
                assert threads() == {1}
            assert threads() == {1}
        assert threads() == before


def test_an_error_inside_gives_threads_back() -> None:
    before = threads()
    try:
        with one_blas_thread():
            raise KeyError
    except KeyError:
        pass
    assert threads() == before
