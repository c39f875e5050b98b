"""One thread for these small networks: two that wait for each other are slow on a busy machine."""

import pytest

from trimtab import config


@pytest.fixture(autouse=True)
def _one_thread():
    config.set_threads(1)
    yield
    config.set_threads(None)
