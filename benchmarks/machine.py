"""The machine that a result was measured on, in words that name nobody's machine."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.peers import cores

# Of the dozens of flags a processor lists, those that decide how fast a matrix product can be.
INSTRUCTION_SETS = (
    "sse4_2",
    "avx",
    "fma",
    "avx2",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "amx_tile",
    "asimd",
    "sve",
    "sve2",
)


def processor() -> dict[str, str]:
    """Model name and instruction sets; what `platform` knows where there is no /proc."""
    path = Path("/proc/cpuinfo")
    if not path.is_file():
        return {"processor": platform.processor() or platform.machine(), "instruction sets": "?"}
    fields: dict[str, str] = {}
    for line in path.read_text().splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), value.strip())
    flags = (fields.get("flags") or fields.get("Features") or "").split()
    name = fields.get("model name", platform.machine())
    family = [f"{key} {fields[key]}" for key in ("cpu family", "model") if key in fields]
    return {
        "processor": f"{name} ({', '.join(family)})" if family else name,
        "instruction sets": " ".join(name for name in INSTRUCTION_SETS if name in flags),
    }


def describe() -> dict[str, str]:
    return processor() | {
        "cores": str(cores()),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def named() -> str:
    """The processor, its cores and Python, in one line."""
    facts = describe()
    return f"{facts['processor']}, {facts['cores']} cores, Python {facts['Python']}"


def versions() -> dict[str, str]:
    """Of what prepares the data and holds the BLAS; the peers tell their own."""
    return {name: version(name) for name in ("numpy", "pandas", "scikit-learn", "scipy")}


def load_average() -> float | None:
    """Runnable processes over the last minute: other people's work shows here."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None
