"""Shared by all tests: the environment, the order, and how much memory they may take.

Nothing heavy: most files import neither Keras nor JAX.
"""

from __future__ import annotations

import ctypes
import gc
import importlib.metadata
import importlib.util
import os
import resource
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest

# Read when Keras and JAX are first imported, by whichever test comes first.
os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

#: Compiled code stays out of the user's cache folder. Each process has one of its own, which its
#: subprocesses share: JAX writes there without a lock, and its warning of a torn file is an error.
_COMPILED = tempfile.mkdtemp(prefix="trimtab-tests-")
os.environ["TRIMTAB_CACHE_DIR"] = _COMPILED

# A shell that runs tests in the background has them ignore Ctrl-C, which some tests send.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Beside other workers each takes one core: networks this small wait more than they compute where
# two teams of threads share the cores. The bits are the same; tests of threads say how many.
if "PYTEST_XDIST_WORKER" in os.environ:
    for _name in ("TRIMTAB_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(_name, "1")

#: In `-m "not slow"` XLA compiles without optimizing, in a third of the time: these tests ask what
#: a program computes. All other runs compile as users do.
_QUICKLY = "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false"

#: Folders in the order they run: where an error is easiest to find, then the longest files, so that
#: no worker is left alone with one; then the others.
_FIRST = ("program", "core", "contracts", "engines", "parity", "lesson")

#: Most memory that a process of tests may ever hold, in megabytes, and how much it may gather
#: before compiled code goes: in the middle of a file, and when one ends.
MOST_MEMORY = 2200
MUCH_MEMORY = 400
SOME_MEMORY = 100
_PEAK = "peak memory in megabytes"
_peaks: dict[str, int] = {}
_held = 0


def pytest_configure(config: pytest.Config) -> None:
    if config.option.markexpr == "not slow" and _knows_quickly():
        os.environ.setdefault("XLA_FLAGS", _QUICKLY)
    if importlib.util.find_spec("hypothesis") is not None:
        from hypothesis import settings

        # An example that other programs hold up is no failure.
        settings.register_profile("patient", deadline=None)
        settings.load_profile("patient")


def _knows_quickly() -> bool:
    """Whether this XLA is of the versions tried: it ends the process at a flag it does not know."""
    try:
        version = importlib.metadata.version("jaxlib")
    except importlib.metadata.PackageNotFoundError:
        return False
    return (0, 7) <= tuple(int(part) for part in version.split(".")[:2]) <= (0, 10)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    root = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(root).parts[0] if item.path.is_relative_to(root) else ""
        return _FIRST.index(folder) if folder in _FIRST else len(_FIRST)

    items.sort(key=rank)


def pytest_collection_finish() -> None:
    """What was collected stays to the end: no collection of garbage looks through it again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """A file stays with one worker, unless --dist says otherwise: it sets up and compiles once."""
    if config.option.dist != "load":
        return None
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False  # in the order above
    return LoadFileScheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """When much has gathered, compiled code goes; at the end of a file, when some has.

    A process would grow to gigabytes otherwise.
    """
    global _held
    ends = nextitem is None or nextitem.path != item.path
    if _holds() > _held + (SOME_MEMORY if ends else MUCH_MEMORY):
        gc.collect()
        if "jax" in sys.modules:
            sys.modules["jax"].clear_caches()
        _give_back()
        _held = _holds()


def _give_back() -> None:
    """Freed memory goes back to the system, where the C library has a call for that."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


# -- memory ----------------------------------------------------------------------------------------


def _holds() -> int:
    """The memory this process holds now, in megabytes; 0 where the system does not say."""
    try:
        pages = Path("/proc/self/statm").read_text().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE") // 2**20


def _peak() -> int:
    """The most memory this process has held so far, in megabytes."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object, error: object) -> None:
    """A worker has ended: its peak is kept."""
    output = getattr(node, "workeroutput", {})
    if _PEAK in output:
        _peaks[node.gateway.id] = output[_PEAK]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_PEAK] = _peak()
        return
    if not _peaks:
        _peaks["this process"] = _peak()
    if max(_peaks.values()) > MOST_MEMORY and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, peak in sorted(_peaks.items()):
        if peak > MOST_MEMORY:
            terminalreporter.write_line(
                f"{name} held {peak} MB, more than {MOST_MEMORY}: let something go between files",
                red=True,
            )
    peaks = ", ".join(f"{name} {peak} MB" for name, peak in sorted(_peaks.items()))
    terminalreporter.write_line(f"peak memory: {peaks}")


def pytest_unconfigure() -> None:
    shutil.rmtree(_COMPILED, ignore_errors=True)


@pytest.fixture
def quick_report(monkeypatch):
    """Reports of ``train`` are empty pages."""
    from tests.support import reports

    monkeypatch.setattr(reports.MAKES, reports.at_once)


@pytest.fixture(autouse=True)
def _no_figures_left():
    """Figures of pyplot, once a test has loaded it, stay open until they are closed."""
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")
