"""Networks of these sizes have nothing to share between threads."""

from collections.abc import Iterator

import pytest

from trimtab import config


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = config.get_threads()
    config.set_threads(1)
    yield
    config.set_threads(before)
