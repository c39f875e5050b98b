"""Resident memory of this process, now and at its peak. Linux only: it reads /proc."""

from __future__ import annotations

from pathlib import Path

SELF = Path("/proc/self")


def status_bytes(field: str) -> int:
    for line in (SELF / "status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    raise RuntimeError(f"/proc/self/status has no {field}")


def resident_bytes() -> int:
    return status_bytes("VmRSS")


def peak_bytes() -> int:
    return status_bytes("VmHWM")


def reset_peak() -> None:
    """Let the peak start again from what is resident now."""
    (SELF / "clear_refs").write_text("5")
