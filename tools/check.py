"""All checks of the project, stage after stage; the last line counts what passed.

    python -m pip install ".[test]" && python tools/check.py

Without arguments every stage runs, also after one has failed. ``python tools/check.py types
native`` runs these two. The Python tests run against the trimtab that is installed. Stages that
keep one core busy at most run beside those that compile; what they print follows when they are
done.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Stage:
    """A stage under way: runs commands in the project's root and keeps count.

    Attributes:
        scratch: an empty folder of its own.
        log: where everything is printed; None: where this process prints.
        counts: of "passed", "failed" and "skipped" checks so far.
    """

    scratch: Path
    log: TextIO | None = None
    counts: Counter[str] = field(default_factory=Counter)

    def say(self, *words: str) -> None:
        print(*words, file=self.log, flush=True)

    def run(self, *command: str | Path, junit: Path | None = None, **env: str) -> bool:
        """Whether the command succeeded. It counts as one check, or as the tests in ``junit``."""
        words = [str(word) for word in command]
        self.say("$", *(f"{name}={value}" for name, value in env.items()), *words)
        errors = None if self.log is None else subprocess.STDOUT
        done = subprocess.run(
            words, cwd=ROOT, env=os.environ | env, stdout=self.log, stderr=errors, check=False
        )
        good = done.returncode == 0
        counts = read_junit(junit) if junit is not None else Counter()
        if not good and not counts["failed"]:
            counts["failed"] = 1
        elif not counts:
            counts["passed"] = 1
        self.counts += counts
        return good

    def pytest(self, *arguments: str, **env: str) -> bool:
        """Runs pytest on the installed package."""
        junit = self.scratch / f"{len(list(self.scratch.iterdir()))}.xml"
        command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
        return self.run(*command, f"--junitxml={junit}", *arguments, junit=junit, **env)


def read_junit(path: Path) -> Counter[str]:
    """How many tests of a JUnit file passed, failed and were skipped."""
    counts: Counter[str] = Counter()
    if not path.exists():
        return counts
    for suite in ET.parse(path).getroot().iter("testsuite"):
        number = {key: int(suite.get(key) or 0) for key in ("tests", "failures", "errors")}
        skipped = int(suite.get("skipped") or 0) + int(suite.get("disabled") or 0)
        failed = number["failures"] + number["errors"]
        counts += Counter(passed=number["tests"] - failed - skipped, failed=failed, skipped=skipped)
    return counts


def tool(name: str) -> str:
    """A program installed beside this Python, else one on the path."""
    return shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name) or name


def native_sources() -> Iterator[Path]:
    for pattern in ("*.h", "*.cc"):
        yield from sorted(path.relative_to(ROOT) for path in (ROOT / "native").rglob(pattern))


# -- the stages ---------------------------------------------------------------------------------


def lint(stage: Stage) -> None:
    stage.run(tool("ruff"), "check", ".")
    stage.run(tool("ruff"), "format", "--check", ".")
    stage.run(tool("clang-format"), "--dry-run", "-Werror", *native_sources())
    stage.run(tool("lint-imports"), "--no-cache", PYTHONPATH=str(ROOT / "src"))
    stage.run(sys.executable, "tools/house.py")


def types(stage: Stage) -> None:
    stage.run(sys.executable, "-m", "mypy", f"--cache-dir={stage.scratch}")


def python(stage: Stage) -> None:
    stage.pytest("-n", "2", "-m", "not slow", "--durations=10", "tests")


def slow(stage: Stage) -> None:
    stage.pytest("-n", "2", "-m", "slow or optimized", "--durations=10", "tests")


def examples(stage: Stage) -> None:
    # Those of the README are in tests/test_readme.py. PyTorch is large, and left to who has it.
    without = [] if importlib.util.find_spec("torch") else ["--ignore-glob=/*/torch_module/*"]
    stage.pytest("--doctest-modules", *without, "--pyargs", "trimtab")


def site(stage: Stage) -> None:
    folder = stage.scratch / "site"
    if stage.run(sys.executable, "tools/website.py", "--site", folder):
        stage.pytest("tests/tools/test_site.py", TRIMTAB_SITE=str(folder))


def package(stage: Stage) -> None:
    stage.run(sys.executable, "tools/package.py", stage.scratch)


def oldest(stage: Stage) -> None:
    if sys.version_info[:2] > (3, 12):
        stage.say("skipped: the oldest versions have no wheels for this Python")
        stage.counts["skipped"] += 1
        return
    junit = stage.scratch / "oldest.xml"
    stage.run(sys.executable, "tools/oldest.py", stage.scratch, junit=junit)


def native(stage: Stage) -> None:
    sanitized(stage, "address,undefined")


def threads(stage: Stage) -> None:
    # The team and whole networks; kernels know nothing of threads, so one level of them will do.
    sanitized(stage, "thread", "engine_test", TRIMTAB_LEVELS="generic")


def sanitized(stage: Stage, sanitizers: str, test: str = "", **more: str) -> None:
    """Builds the native tests, or one of them, under sanitizers, warnings as errors; runs them."""
    build = stage.scratch / "build"
    settings = {
        "CMAKE_MAKE_PROGRAM": tool("ninja"),
        "CMAKE_BUILD_TYPE": "Release",
        "TRIMTAB_NATIVE_TESTS": "ON",
        "TRIMTAB_WERROR": "ON",
        "TRIMTAB_SANITIZE": sanitizers,
        **more,
    }
    definitions = [f"-D{name}={value}" for name, value in settings.items()]
    cmake, target = tool("cmake"), test or "all"
    built = stage.run(cmake, "-S", ".", "-B", build, "-G", "Ninja", *definitions) and stage.run(
        cmake, "--build", build, "--target", target
    )
    if built:
        junit = stage.scratch / "ctest.xml"
        chosen = ["--tests-regex", f"^{test}$"] if test else []
        strict = ["--output-on-failure", "--no-tests=error", "--parallel", "2"]
        ctest = [*same_addresses(), tool("ctest"), "--test-dir", str(build), *strict, *chosen]
        stage.run(*ctest, "--output-junit", junit, junit=junit)


def same_addresses() -> list[str]:
    """A prefix that switches address randomization off, where allowed.

    The thread sanitizer of older compilers does not start where a kernel randomizes by more bits
    than it knows of.
    """
    command = ["setarch", platform.machine(), "-R"]
    if shutil.which("setarch") is None:
        return []
    tried = subprocess.run([*command, "true"], capture_output=True, check=False)
    return command if tried.returncode == 0 else []


STAGES: dict[str, Callable[[Stage], None]] = {
    stage.__name__: stage
    for stage in (lint, types, native, threads, package, oldest, python, slow, examples, site)
}

#: Of one process, or waiting for a package index: they run beside the others, one after another.
BESIDE = ("types", "package", "oldest", "examples", "site")

#: Those that nothing runs beside: some of their tests measure time.
ALONE = ("python", "slow")


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the project's checks.")
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=", ".join(STAGES))
    chosen: list[str] = parser.parse_args().stages or list(STAGES)
    if unknown := [name for name in chosen if name not in STAGES]:
        parser.error(f"no stage {', '.join(unknown)}; stages are {', '.join(STAGES)}")

    installed = importlib.util.find_spec("trimtab")
    if installed is None:
        parser.error('trimtab is not installed: python -m pip install ".[test]"')
    print(f"checking {ROOT}; Python tests run against {installed.origin}", flush=True)

    os.environ.setdefault("MPLBACKEND", "Agg")
    with tempfile.TemporaryDirectory(prefix="trimtab-check-") as folder:
        done = run_stages(chosen, Path(folder))
    total = sum((counts for _, counts in done.values()), Counter[str]())
    print()
    for name, (seconds, counts) in done.items():
        print(f"{name:10} {seconds:7.1f} s   {describe(counts)}")
    print(describe(total))
    return 1 if total["failed"] else 0


#: Seconds that a stage took, and its counts.
Outcome = tuple[float, Counter[str]]


def run_stages(names: list[str], folder: Path) -> dict[str, Outcome]:
    """Runs them, prints what they print, and says how each ended."""
    beside = [name for name in names if name in BESIDE]
    ahead = [name for name in names if name not in BESIDE]
    if not ahead:
        ahead, beside = beside, []
    done: dict[str, Outcome] = {}
    with ThreadPoolExecutor(max_workers=1) as lane:
        waiting: dict[str, Future[Outcome]] = {
            name: lane.submit(run_into, name, folder) for name in beside
        }

        def print_finished(wait: bool = False) -> None:
            for name, future in list(waiting.items()):
                if wait or future.done():
                    done[name] = future.result()
                    print((folder / f"{name}.log").read_text(errors="replace"), end="", flush=True)
                    del waiting[name]

        for name in ahead:
            print_finished(wait=name in ALONE)
            done[name] = run_stage(name, folder)
        print_finished(wait=True)
    return {name: done[name] for name in names}


def run_into(name: str, folder: Path) -> Outcome:
    """Runs a stage with all that it prints in a file."""
    with open(folder / f"{name}.log", "w", encoding="utf-8") as log:
        return run_stage(name, folder, log)


def run_stage(name: str, folder: Path, log: TextIO | None = None) -> Outcome:
    scratch = folder / name
    scratch.mkdir()
    stage = Stage(scratch, log)
    stage.say(f"\n=== {name} ===")
    start = time.monotonic()
    STAGES[name](stage)
    seconds = time.monotonic() - start
    stage.say(f"=== {name}: {seconds:.1f} s, {describe(stage.counts)} ===")
    return seconds, stage.counts


def describe(counts: Counter[str]) -> str:
    """``12 passed, 0 failed, 1 skipped``."""
    return ", ".join(f"{counts[key]} {key}" for key in ("passed", "failed", "skipped"))


if __name__ == "__main__":
    sys.exit(main())
