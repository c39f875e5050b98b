"""The BLAS on one thread: for as long as anybody is inside, whoever leaves first."""

import numpy  # noqa: F401  # brings the BLAS
import pytest
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

from trimtab.core.one_thread import on_one_thread, one_blas_thread


def threads() -> set[int]:
    return {
        library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"
    }


@pytest.mark.parametrize("other", ["the same", "some libraries"])
def test_the_first_to_leave_does_not_give_threads_back(other: str) -> None:
    """Nor does the last one keep them, whoever limits which libraries for which reason."""
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        libraries = ThreadpoolController().select(user_api="blas").lib_controllers
        first = one_blas_thread()
        second = one_blas_thread() if other == "the same" else on_one_thread(libraries)
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert threads() == {1}
        second.__exit__(None, None, None)
        assert threads() == before == {2}


def test_an_error_inside_gives_threads_back() -> None:
    before = threads()
    try:
        with one_blas_thread():
            raise KeyError
    except KeyError:
        pass
    assert threads() == before
